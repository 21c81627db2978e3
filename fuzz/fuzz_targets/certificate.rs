//! No bytes make a certificate that the device CAs vouch for, nor a failure.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mtlsprotect_core::escape::quoted;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::trust::{ClientCertificate, common_name, fingerprint, name_text, validity};
use mtlsprotect_core::vendors::{Sources, Vendors};
use mtlsprotect_pki::Poly;
use openssl::x509::X509;
use std::sync::LazyLock;

/// Judges below CAs whose keys exist in this process alone.
static VENDORS: LazyLock<Vendors> = LazyLock::new(|| {
    let file = std::env::temp_dir().join(format!("mtlsprotect-fuzz-{}.pem", std::process::id()));
    std::fs::write(&file, Poly::shared().bundle_pem()).expect("the temporary directory can be written");
    let mut sources = Sources::default();
    sources.list.add_file(&file).expect("a list of CAs");
    std::fs::remove_file(&file).expect("the file can be removed");
    Vendors::new(&sources, None, None, UnixTime::EPOCH).expect("vendors")
});

fuzz_target!(|input: &[u8]| {
    let Ok(leaf) = X509::from_der(input) else { return };
    let _ = (validity(&leaf), fingerprint(&leaf));
    let said =
        quoted(&[name_text(leaf.subject_name()), name_text(leaf.issuer_name()), common_name(&leaf)].concat(), 256);
    assert!(said.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{said:?}");
    let Ok(certificate) = ClientCertificate::new(leaf.clone(), vec![leaf]) else { return };
    let judged = VENDORS.judge(certificate.leaf(), certificate.sent(), UnixTime::from_seconds(1_800_000_000));
    assert!(judged.is_err(), "{judged:?}");
});
