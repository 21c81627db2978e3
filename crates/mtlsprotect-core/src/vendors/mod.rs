//! The vendors whose phones a virtual host serves, as the operator lists them, and what they say of a certificate.

pub(crate) mod cache;
pub(crate) mod configured;
pub(crate) mod line;
pub(crate) mod sources;
pub(crate) mod trusts;
pub(crate) mod vouched;

pub use cache::{Cache, Intermediates, Remembered};
pub use configured::{Member, Vendors};
pub use line::{LineError, VendorLine};
pub use sources::Sources;
pub use trusts::Trusts;
pub use vouched::{Ownership, Vouched};
