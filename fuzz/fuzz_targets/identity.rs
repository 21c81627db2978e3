//! A subject is the device that OpenSSL's own view of it says.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mtlsprotect_core::reference::identity::reference;
use mtlsprotect_core::trust::{Identity, device_of};
use openssl::x509::X509Name;

fuzz_target!(|input: &[u8]| {
    let _ = device_of(input, &Identity::default());
    // as the module gets it: read by OpenSSL and written again
    let Ok(name) = X509Name::from_der(input) else { return };
    let der = name.to_der().expect("a name that was read can be written");
    let device = device_of(&der, &Identity::default());
    // string types that are not ASCII may hold the same bytes, and are nobody's
    assert!(device.is_none() || device == reference(&name), "{}", input.escape_ascii());
});
