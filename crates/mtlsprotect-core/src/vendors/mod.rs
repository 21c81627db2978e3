//! The vendors whose phones a virtual host serves, as the operator lists them, and what they say of a certificate.

pub(crate) mod configured;
pub(crate) mod line;
pub(crate) mod remembered;
pub(crate) mod sources;
pub(crate) mod trusts;
pub(crate) mod vouched;

pub use configured::{Member, Root, Vendors};
pub use line::{LineError, VendorLine};
pub use remembered::{Missing, Remembered};
pub use sources::Sources;
pub use trusts::Trusts;
pub use vouched::{Ownership, Vouched};
