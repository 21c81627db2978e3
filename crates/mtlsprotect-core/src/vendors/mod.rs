//! The vendors whose phones a virtual host serves, as the operator lists them, and what they say of a certificate.

pub(crate) mod cache;
pub(crate) mod configured;
pub(crate) mod line;

pub use cache::{Answer, Intermediates, Memory};
pub use configured::{Fleet, Member, Sources, Standing, Trusts, Vouched};
pub use line::VendorLine;
