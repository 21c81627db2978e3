//! What `mtlsprotect explain` prints.

use crate::running::{Ran, run};
use mtlsprotect_testkit::{Identity, Poly};
use std::fs;
use std::path::PathBuf;

struct Files(tempfile::TempDir);

impl Files {
    fn new(phone: &Identity) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("ca.pem"), Poly::shared().bundle_pem()).unwrap();
        phone.write(dir.path(), "phone");
        fs::write(dir.path().join("phone.der"), phone.cert.to_der().unwrap()).unwrap();
        Files(dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn explain(&self, cert: Option<&str>, url: &str, options: &[&str]) -> Ran {
        let mut arguments = vec!["explain".to_owned(), "--ca".to_owned(), self.path("ca.pem").display().to_string()];
        if let Some(cert) = cert {
            arguments.extend(["--cert".to_owned(), self.path(cert).display().to_string()]);
        }
        arguments.extend(["--url".to_owned(), url.to_owned()]);
        arguments.extend(options.iter().map(|&option| option.to_owned()));
        run(arguments)
    }
}

fn phone() -> Identity {
    Poly::shared().phone("0004f2aaaaaa")
}

/// The line of a rule, its columns one space apart.
fn rule(ran: &Ran, case: &str) -> String {
    let line = ran.out.lines().find(|line| line.contains(case)).unwrap_or_else(|| panic!("no {case:?} in {}", ran.out));
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_phone_with_its_own_file_goes_through_all_rules() {
    let files = Files::new(&phone());
    for cert in ["phone-chain.crt", "phone.crt", "phone.der"] {
        let ran = files.explain(Some(cert), "https://pbx.example/cfg/0004F2AAAAAA.cfg", &[]);
        ran.said(0, &["\nallow own-file\n", "CN=0004F2AAAAAA", "CN=TEST Polycom Equipment Issuing CA 1", "poly"]);
        assert!(rule(&ran, "25  names the sender").contains("YES"), "{}", ran.out);
        assert!(rule(&ran, "no device CA vouches").contains("no the list vouches for it"), "{}", ran.out);
        assert_eq!(ran.out.matches(" YES ").count(), 1, "{}", ran.out);
    }
}

#[test]
fn loosely_written_digits_are_a_name_where_their_prefix_is_known() {
    let files = Files::new(&phone());
    let loose = |prefix: &str, options: &[&str]| {
        files.explain(Some("phone.crt"), &format!("https://pbx.example/{prefix}~bbbbbb.cfg"), options)
    };
    loose("08000f", &[]).said(1, &["\ndeny mac-mismatch\n"]);
    loose("123456", &[]).said(0, &["\nallow other-file\n"]);
    loose("123456", &["--known-prefix", "123456"]).said(1, &["\ndeny mac-mismatch\n"]);
    let devices = files.path("devices");
    fs::write(&devices, "123456000001 allow\n").unwrap();
    loose("123456", &["--device-file", devices.to_str().unwrap()]).said(1, &["\ndeny mac-mismatch\n"]);
}

#[test]
fn an_exemption_is_told_in_the_rules_that_it_stands_in_for() {
    let files = Files::new(&phone());
    let devices = files.path("devices");
    fs::write(&devices, "0004f2bbbbbb exempt from=203.0.113.0/24 until=2999-12-31\n").unwrap();
    let options = ["--device-file", devices.to_str().unwrap(), "--from", "203.0.113.7"];
    for path in ["sip.ld", "0004f2bbbbbb.cfg"] {
        let ran = files.explain(None, &format!("https://pbx.example/{path}"), &options);
        ran.said(0, &["\nallow exempt-device\n"]);
        assert!(rule(&ran, "11  no certificate").contains("no no certificate came, but the device file exempts it"));
        assert!(rule(&ran, "18  names nobody, reads").contains("no exempt"), "{}", ran.out);
        assert!(rule(&ran, "24  the device file exempts").contains("YES"), "{}", ran.out);
    }
}

#[test]
fn another_phones_file_ends_at_the_rule_that_refuses_it() {
    let ran = Files::new(&phone()).explain(Some("phone.crt"), "https://pbx.example/x?f=0004f2-bbbbbb", &[]);
    ran.said(1, &["\ndeny mac-mismatch\n", "0004f2bbbbbb in query"]);
    let matched = rule(&ran, "names another device");
    assert!(matched.contains("YES the certificate is 0004f2aaaaaa's; names 0004f2bbbbbb in query"), "{matched}");
    assert!(rule(&ran, "25  names the sender").trim_end().ends_with('-'), "not looked at any more: {}", ran.out);
}

#[test]
fn a_certificate_alone_is_judged_for_a_shared_file() {
    let files = Files::new(&phone());
    let ca = files.path("ca.pem");
    let cert = files.path("phone.crt");
    let ran = run(["explain", "--ca", ca.to_str().unwrap(), "--cert", cert.to_str().unwrap()]);
    ran.said(0, &["allow other-file", "GET /"]);
    let stranger = mtlsprotect_testkit::Certificate::leaf("0004f2aaaaaa").issue();
    fs::write(files.path("stranger.pem"), stranger.cert_pem()).unwrap();
    let ran = files.explain(Some("stranger.pem"), "/", &[]);
    ran.said(1, &["deny untrusted-certificate", "signed certificate"]);
}

#[test]
fn a_password_stands_in_for_a_certificate_of_a_device_that_has_proven_nothing() {
    let files = Files::new(&phone());
    fs::write(files.path("learned"), "").unwrap();
    fs::write(files.path("devices"), "0004f2bbbbbb password until=2020-12-31\n").unwrap();
    let [learned, devices] = ["learned", "devices"].map(|name| files.path(name).display().to_string());
    let explain = |url: &str, more: &[&str]| {
        let options = [&["--learned", learned.as_str(), "--password", "until=2099-12-31"], more].concat();
        files.explain(None, url, &options)
    };
    let own = "https://pbx.example/0004f2aaaaaa.cfg";
    let asked = explain(own, &[]);
    asked.said(1, &["\ndeny password\n"]);
    assert!(
        rule(&asked, "may send its password instead").contains("YES 0004f2aaaaaa may send its password"),
        "{}",
        asked.out
    );
    explain(own, &["--user", "00:04:F2:AA:AA:AA"]).said(0, &["\nallow password\n"]);
    explain(own, &["--user", "0004f2bbbbbb"]).said(1, &["\ndeny mac-mismatch\n", "the password is another device's"]);
    explain(own, &["--user", "bob"]).said(1, &["\ndeny no-certificate\n", "the user is not a device"]);
    explain("https://pbx.example/sip.ld", &["--user", "0004f2aaaaaa"]).said(1, &["\ndeny no-certificate\n"]);
    let ended = explain("https://pbx.example/0004f2bbbbbb.cfg", &["--device-file", &devices]);
    ended.said(1, &["\ndeny no-certificate\n", "no device is named that may send its password now"]);
    files.explain(None, own, &["--password", "On"]).said(2, &["--password needs --learned"]);
    files.explain(None, own, &["--password", "maybe"]).said(2, &["expected Off, On or until=DATE"]);
}

#[test]
fn hostile_bytes_do_not_reach_the_terminal() {
    let subject = mtlsprotect_testkit::Subject::cn("0004f2aaaaaa\x1b[31m\n");
    let files = Files::new(&Poly::shared().leaf(subject).issue());
    let ran = files.explain(Some("phone.crt"), "/a\u{1b}[31m", &[]);
    ran.said(1, &["CN=0004f2aaaaaa%1B[31m%0A", "GET /a%1B[31m"]);
    assert!(!ran.out.contains('\x1b'), "{:?}", ran.out);
}

#[test]
fn what_cannot_be_read_is_named() {
    let files = Files::new(&phone());
    files.explain(Some("ca.pem.gone"), "/", &[]).said(3, &["ca.pem.gone: cannot be read"]);
    files.explain(Some("phone.key"), "/", &[]).said(3, &["phone.key: no certificate in PEM or DER"]);
    files.explain(None, "ftp://x/", &[]).said(2, &["expected https:// or http://"]);
    files.explain(None, "/", &["--ignore", "("]).said(2, &["is not a regular expression: unclosed group"]);
    files.explain(None, "/", &["--crl", "/nowhere"]).said(3, &["/nowhere: cannot be read"]);
    files.explain(None, "/", &["--vendor", "poly"]).said(2, &["--vendor \"poly\"", "ca= is missing"]);
    files.explain(None, "/", &["--closed"]).said(2, &["--device-file"]);
    run(["explain", "--cert", "x"]).said(2, &["--ca"]);
}

#[test]
fn a_phone_behind_a_balancer_is_judged_by_the_header() {
    use mtlsprotect_core::forwarded::{Certificates, Format, write};
    let files = Files::new(&phone());
    let certificates = Certificates { leaf: phone().cert.to_der().unwrap(), chain: Vec::new() };
    let header = format!("X-Client-Cert: {}", write(Format::Nginx, &certificates).leaf);
    let explain = |headers: &[&str]| {
        let mut options = vec!["--via", "192.0.2.10 certificate=nginx:X-Client-Cert"];
        options.extend(headers.iter().flat_map(|header| ["--header", header]));
        files.explain(None, "http://backend/cfg/0004F2AAAAAA.cfg", &options)
    };
    explain(&[&header]).said(0, &["\nallow own-file\n", "CN=0004F2AAAAAA", "\n  via         192.0.2.10\n"]);
    explain(&[]).said(1, &["\ndeny no-certificate\n"]);
    explain(&[&header, "X-Forwarded-Proto: http"]).said(1, &["\ndeny plain-http\n"]);
    explain(&[&header, &header]).said(1, &["\ndeny untrusted-certificate\n", "X-Client-Cert came more than once"]);
    explain(&["X-Client-Cert: x"]).said(1, &["\ndeny untrusted-certificate\n", "is not a PEM certificate"]);
    let wrong = files.explain(None, "/", &["--via", "192.0.2.10 certificate=nginx"]);
    assert_eq!(wrong.code, 2, "{}", wrong.err);
}
