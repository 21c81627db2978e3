//! The phones: a certificate of its own for each, and a few keys for all.

use mtlsprotect_testkit::Key;
use mtlsprotect_testkit::measure::Vendor;
use mtlsprotect_testkit::pki::Identity;
use openssl::ssl::SslSession;
use std::sync::Mutex;

const KEYS: usize = 8;

/// One phone.
pub struct Phone {
    pub mac: String,
    pub identity: Identity,
    /// What it would resume.
    pub session: Mutex<Option<SslSession>>,
}

/// So many phones of one vendor.
pub fn phones(vendor: &Vendor, count: usize) -> Vec<Phone> {
    let keys: Vec<Identity> = (0..KEYS).map(|_| vendor.first_phone(Key::Rsa(2048))).collect();
    let phone = |number: usize| {
        let mac = format!("0004f2{number:06x}");
        let identity = vendor.phone(&mac, &keys[number % KEYS]);
        Phone { mac, identity, session: Mutex::new(None) }
    };
    // zeros alone are a file for all
    (1..=count).map(phone).collect()
}
