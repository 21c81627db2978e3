//! Whether device CAs vouch for a certificate, and whose it is.

pub(crate) mod anchors;
pub(crate) mod ca_list;
pub(crate) mod certificate;
mod chain;
pub(crate) mod client_certificate;
pub(crate) mod criteria;
pub(crate) mod device_trust;
pub(crate) mod distrust;
pub(crate) mod identity;
pub(crate) mod presented;
pub(crate) mod revocation;
mod way_up;

pub use ca_list::{Authority, CaList, Pin, Warning};
pub use certificate::{common_name, fingerprint, name_text, validity};
pub use client_certificate::{ClientCertificate, Description, NAME_SHOWN, readable};
pub use criteria::{Criteria, DEFAULT_DEPTH, DEFAULT_SECURITY_LEVEL};
pub use device_trust::{DeviceTrust, Trusted};
pub use distrust::{Distrust, Fault};
pub use identity::{Attribute, Identity, device_of};
pub use presented::Presented;
pub use revocation::{Crl, read_crls};
