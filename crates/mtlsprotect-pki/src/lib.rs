//! Certificates made in the process: a Poly-like PKI, and everything an attacker may present.
//!
//! Their DER is written by hand, not by rcgen or OpenSSL's builders: these make proper certificates only, and the module
//! must survive the others, such as a Common Name of bytes that its string type forbids, two attributes in one RDN, or a
//! CA of version 1.

pub mod der;

mod authority;
mod certificate;
mod crl;
mod identity;
mod key;
mod poly;
mod subject;

pub use authority::Authority;
pub use certificate::{
    ANY_EXTENDED_KEY_USAGE, CLIENT_AUTH, Certificate, DIGITAL_SIGNATURE, KEY_AGREEMENT, KEY_CERT_SIGN,
    KEY_ENCIPHERMENT, SERVER_AUTH,
};
pub use crl::Crl;
pub use identity::{Identity, PemFiles};
pub use key::{Digest, Key};
pub use poly::Poly;
pub use subject::{COMMON_NAME, ORGANIZATION, ORGANIZATIONAL_UNIT, SERIAL_NUMBER, SURNAME, StringType, Subject};
