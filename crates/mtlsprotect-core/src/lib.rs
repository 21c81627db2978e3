//! The decision of mod_mtlsprotect: which device a request names, who sends it, and whether it
//! may have what it asks for.
//!
//! Nothing here knows of Apache. [`verdict::decide`] is the whole rule; everything else finds
//! out what it needs: [`names`] the devices that a request names, [`trust`] whether the device CAs
//! vouch for a certificate, [`identity`] whose certificate it is.
#![forbid(unsafe_code)]

mod anchors;
mod bytes;
pub mod ca_list;
pub mod certificate;
pub mod client;
pub mod date;
pub mod decode;
mod der;
pub mod devices;
pub mod directives;
mod distrust;
pub mod escape;
pub mod finder;
pub mod fleet;
mod fold;
pub mod identity;
mod known_prefixes;
mod mac;
pub mod memory;
pub mod names;
mod owned_prefixes;
pub mod pattern;
pub mod policy;
pub mod presented;
mod reason;
pub mod revocation;
pub mod rule;
pub mod served;
pub mod trust;
pub mod vendor_line;
pub mod vendors;
pub mod verdict;
pub mod words;
pub mod work;

pub use mac::{Mac, Oui};
