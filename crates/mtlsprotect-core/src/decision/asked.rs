//! A request, as the decision is asked about it.

use crate::decision::proven::Proven;
use crate::decision::sender::Sender;
use crate::mac::Mac;
use crate::names::named::Names;
use crate::time::UnixTime;
use std::net::IpAddr;

/// A request as the decision sees it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The method's token.
    pub method: &'a [u8],
    /// The devices that it names.
    pub names: &'a Names,
    /// Who sends it, as far as proven.
    pub sender: Sender<'a>,
    /// The address that it comes from.
    pub from: IpAddr,
    /// When it came, in Unix time.
    pub now: UnixTime,
    /// Who has proven itself before; none where that isn't kept.
    pub proven: Option<&'a dyn Proven>,
    /// Whose password came with it.
    pub user: User,
}

/// Whose password came with the client's request, as httpd's own authentication has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// Nobody's yet: it may be asked for.
    Unknown,
    /// Nobody's that is a device, or nobody can say: it is not asked for.
    NoDevice,
    /// This device's.
    Device(Mac),
}
