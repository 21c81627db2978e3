//! `mtlsprotect pki demo` makes a PKI to try things out with.

use crate::running::run;
use mtlsprotect_testkit::{Httpd, Identity, tools};
use openssl::pkey::PKey;
use openssl::x509::X509;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

fn demo(dir: &Path) {
    run(["pki", "demo", dir.to_str().unwrap()]).said(0, &["FOR TESTS ONLY", "four CAs"]);
}

fn identity(dir: &Path, name: &str) -> Identity {
    let mut chain = X509::stack_from_pem(&fs::read(dir.join(format!("{name}-chain.crt"))).unwrap()).unwrap();
    let key = PKey::private_key_from_pem(&fs::read(dir.join(format!("{name}.key"))).unwrap()).unwrap();
    Identity { key, cert: chain.remove(0), chain }
}

#[test]
fn the_module_judges_its_phones_and_its_attackers_as_the_readme_says() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("pki");
    demo(&dir);
    let httpd = Httpd::builder()
        .protected(fs::read(dir.join("poly.pem")).unwrap())
        .file("poly.crl", fs::read(dir.join("poly.crl")).unwrap())
        .config("MTLSProtectCRLFile poly.crl")
        .page("0004f2aabbcc.cfg", "secret")
        .start();
    for (number, (name, status, reason)) in [
        ("phone-0004f2aabbcc", 200, "own-file"),
        ("phone-64167f001122", 403, "mac-mismatch"),
        ("expired-0004f2aabbcc", 403, "expired-certificate"),
        ("revoked-0004f2aabbcc", 403, "revoked-certificate"),
        ("stranger-0004f2aabbcc", 403, "untrusted-certificate"),
    ]
    .into_iter()
    .enumerate()
    {
        let path = format!("/0004f2aabbcc.cfg?n={number}");
        assert_eq!(httpd.get(&identity(&dir, name), &path).status, status, "{name}");
        assert!(httpd.wait_for_access(&path).contains(&format!("reason={reason}")), "{name}");
    }
}

#[test]
fn openssl_accepts_the_chain_and_the_site_passes_httpd() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("pki");
    demo(&dir);
    let mut openssl = Command::new("openssl");
    openssl
        .args(["verify", "-CAfile", "poly.pem", "-purpose", "sslclient", "phone-0004f2aabbcc.crt"])
        .current_dir(&dir);
    let output = tools::run(&mut openssl, b"");
    assert!(output.ok && output.text.contains("OK"), "{}", output.text);
    // its port may be another's on this machine; the configuration is only tested
    let site = format!("Include \"{}/site.conf\"", dir.display());
    let output = Httpd::builder().with_module().config(&site).configtest();
    assert!(output.ok, "{}", output.text);
}

#[test]
fn everything_is_marked_and_keys_are_nobody_elses() {
    let dir = tempfile::tempdir().unwrap();
    demo(dir.path());
    assert!(fs::read_to_string(dir.path().join("README.txt")).unwrap().starts_with("FOR TESTS ONLY"));
    let bundle = fs::read_to_string(dir.path().join("poly.pem")).unwrap();
    assert_eq!(bundle.matches("# FOR TESTS ONLY").count(), 4);
    for ca in X509::stack_from_pem(bundle.as_bytes()).unwrap() {
        let name = format!("{:?}", ca.subject_name());
        assert!(name.contains("TEST "), "{name}");
    }
    for entry in fs::read_dir(dir.path()).unwrap() {
        let entry = entry.unwrap();
        let is_key = entry.path().extension().is_some_and(|ending| ending == "key");
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert!(!is_key || mode == 0o600, "{:?} {mode:o}", entry.path());
    }
}

#[test]
fn nothing_is_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("mine"), "x").unwrap();
    run(["pki", "demo", dir.path().to_str().unwrap()]).said(3, &["is not empty"]);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    let new = dir.path().join("new");
    run(["pki", "demo", new.to_str().unwrap(), "--phone", "00:04:f2:00:00:01"])
        .said(0, &[": FOR TESTS ONLY: four CAs like Poly's, 1 phone, "]);
    assert!(new.join("phone-0004f2000001.crt").exists());
    run(["pki", "demo", new.to_str().unwrap()]).said(3, &["is not empty"]);
    run(["pki", "demo", "x", "--phone", "nonsense"]).said(2, &["not a device's MAC"]);
}
