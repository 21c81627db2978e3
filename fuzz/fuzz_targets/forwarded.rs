//! A header that a balancer could have sent is read as the obvious way reads it, and never is a certificate that the device
//! CAs vouch for. The first byte chooses the format; what stands behind a newline is the chain.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mtlsprotect_core::forwarded::{Format, forwarded_says_http, proto_says_http, read};
use mtlsprotect_core::reference::forwarded::reference;
use mtlsprotect_core::trust::ClientCertificate;

fuzz_target!(|input: &[u8]| {
    let Some((&first, text)) = input.split_first() else { return };
    let format = Format::ALL[usize::from(first) % Format::ALL.len()];
    let _ = (proto_says_http(text), forwarded_says_http(text));
    let mut parts = text.splitn(2, |&byte| byte == b'\n');
    let (leaf, chain) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if let Ok(found) = read(format, leaf, b"") {
        assert_eq!(reference(format, leaf), Some(found), "{}", leaf.escape_ascii());
    }
    if let Ok(found) = read(format, leaf, chain) {
        if let Ok(certificate) = ClientCertificate::forwarded(&found) {
            let _ = certificate.description();
        }
    }
});
