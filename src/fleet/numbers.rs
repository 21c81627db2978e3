//! Under which numbers a host, its vendors and its roots are found in the block.

use mtlsprotect_fleet::{Fleet, Root, Row};

/// Where the requests of a host are counted.
#[derive(Clone, Copy)]
pub struct HostFleet<'c> {
    /// The block.
    pub fleet: &'c Fleet<'static>,
    /// The host's number; 0 for those that have none.
    pub host: u16,
    /// The rows of senders for whom no list vouches, then of each list's.
    pub rows: &'c [Row],
    /// When the server was started or restarted last, in Unix time.
    pub since: u32,
}

/// The numbers of CA lists that several hosts share.
pub struct ListNumbers {
    /// Of the vendor of each list, in their order; 0 for the plain list, and where there is no room.
    pub vendors: Vec<u16>,
    /// Of the roots, in the order of [`mtlsprotect_core::vendors::Vendors::roots`]; none where there is no room.
    pub roots: Vec<Option<Root>>,
}

impl HostFleet<'_> {
    /// The row of a sender for whom the list with this index vouches.
    pub fn row(&self, list: Option<u16>) -> Row {
        let place = list.map_or(0, |list| usize::from(list) + 1);
        self.rows.get(place).or(self.rows.first()).copied().unwrap_or(Row::OF_OTHERS)
    }
}
