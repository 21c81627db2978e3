//! The decision of mod_mtlsprotect: which device a request names, who sends it, and whether it
//! may have what it asks for.
//!
//! Nothing here knows about Apache. [`decision::decide()`] is the whole rule; everything else determines what it needs:
//! [`names`] the devices that a request names, [`trust`] whether device CAs vouch for a certificate and whose it is,
//! [`vendors`] which vendor's it is, [`learned`] which devices have proven themselves before, [`forwarded`] what a balancer
//! passes on of a certificate.
#![forbid(unsafe_code)]

pub mod built_in;
pub mod decision;
mod der;
pub mod directives;
pub mod escape;
pub mod files;
mod fingerprint;
pub mod forwarded;
pub mod learned;
mod mac;
pub mod names;
#[cfg(any(test, fuzzing))]
pub mod reference;
pub mod time;
pub mod trust;
pub mod vendors;
pub mod wide;
pub mod words;

pub use fingerprint::{Fingerprint, NotAFingerprint};
pub use mac::{Mac, NotAMac, NotAPrefix, Oui, hex_value};
