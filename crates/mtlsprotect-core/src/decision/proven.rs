//! Which devices have proven themselves before.

use crate::mac::Mac;
use std::fmt::Debug;

/// What is known here, where a request is judged, of devices that have proven themselves by a root that is trusted here
/// for their prefix.
pub trait Proven: Debug {
    /// Whether the device has.
    fn is_proven(&self, mac: Mac) -> bool;

    /// Whether it was the certificate that came with this request by which it last did.
    fn was_proven_with_this(&self, mac: Mac) -> bool;
}
