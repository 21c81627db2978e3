//! A real httpd, phones and attackers for the tests, the benches and the demo.
//!
//! [`pki`] is the crate that makes certificates, honest and odd. [`httpd`] runs a private Apache on
//! loopback. [`client`] plays the phone. Everything panics with a message that
//! explains itself, save what a test may want to see fail: handshakes and requests.

pub mod balancer;
pub mod browser;
mod by_hand;
pub mod cases;
pub mod client;
pub mod corpus;
pub mod device_cas;
pub mod httpd;
pub mod measure;
mod ports;
pub mod status;
pub mod tools;
mod waiting;

pub use mtlsprotect_pki as pki;

pub use by_hand::{ASKED_BY_HAND, BY_HAND};
pub use client::{Client, Connection, Response, get};
pub use httpd::{Builder, Httpd, Mpm};
pub use mtlsprotect_core::listed;
pub use pki::{Authority, Certificate, Crl, Digest, Identity, Key, Poly, StringType, Subject};
pub use ports::HeldPort;
pub use tools::{Output, curl, curl_h2, openssl_s_client};
