//! What a trusted certificate of a device is known by where the fleet is counted.

use crate::configuration::lists::ListTrust;
use crate::httpd::with_main_server;
use crate::module::Mtlsprotect;
use mtlsprotect_core::Mac;
use mtlsprotect_fleet::{FirstPlace, Root};

/// A trusted certificate of a device whose prefix its vendor may speak for.
#[derive(Clone, Copy)]
pub struct Credential {
    /// The number of the root that vouches for it; none where there is no room.
    pub root: Option<Root>,
    /// The number of the vendor whose list that is; 0 for none.
    pub vendor: u16,
    /// The first 64 bits of its SHA-256.
    pub leaf: u64,
    /// Where the fleet's record of the device stands most often; none without a fleet.
    pub place: Option<FirstPlace>,
}

impl Credential {
    /// For a device's certificate with these first 64 bits of its SHA-256, for which one of the lists'
    /// [`roots`](mtlsprotect_core::vendors::Vendors::roots) vouches.
    pub fn new(lists: &ListTrust, root: usize, mac: Mac, leaf: u64) -> Self {
        let numbers = lists.numbers.get();
        let member = lists.vendors.roots().get(root).map(|root| root.member);
        Credential {
            root: numbers.and_then(|numbers| numbers.roots.get(root).copied().flatten()),
            vendor: numbers.zip(member).and_then(|(numbers, member)| numbers.vendors.get(member).copied()).unwrap_or(0),
            leaf,
            place: with_main_server(|main| {
                Some(main.config::<Mtlsprotect>().fleet?.fleet.devices.first_place(mac.bits()))
            })
            .flatten(),
        }
    }
}
