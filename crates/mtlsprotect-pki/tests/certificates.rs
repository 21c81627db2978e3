//! Every odd certificate is one that OpenSSL's own command can read.

use mtlsprotect_pki::{ANY_EXTENDED_KEY_USAGE, KEY_ENCIPHERMENT, SERIAL_NUMBER, SERVER_AUTH};
use mtlsprotect_pki::{Authority, Certificate, Digest, Identity, Key, Poly, StringType, Subject};
use mtlsprotect_testkit::tools;
use std::process::Command;

fn text(identity: &Identity) -> String {
    let mut openssl = Command::new("openssl");
    openssl.args(["x509", "-noout", "-text", "-nameopt", "RFC2253,esc_msb"]);
    let output = tools::run(&mut openssl, &identity.cert_pem());
    assert!(output.ok, "{}", output.text);
    output.text
}

fn assert_says(identity: &Identity, wanted: &str) {
    let text = text(identity);
    assert!(text.contains(wanted), "{wanted:?} is not in\n{text}");
}

#[test]
fn odd_subjects() {
    let poly = Poly::shared();
    let two = Subject::cn("0004F2AAAAAA").and_cn("0004F2BBBBBB");
    assert_says(&poly.leaf(two).issue(), "CN=0004F2BBBBBB,CN=0004F2AAAAAA");
    let joined = Subject::cn("0004F2AAAAAA").joined("2.5.4.3", StringType::Utf8, "0004F2BBBBBB");
    assert_says(&poly.leaf(joined).issue(), "CN=0004F2BBBBBB+CN=0004F2AAAAAA");
    let serial = Subject::empty().and(SERIAL_NUMBER, StringType::Printable, "0004F2AAAAAA");
    assert_says(&poly.leaf(serial).issue(), "Subject: serialNumber=0004F2AAAAAA");
    assert_says(&poly.leaf(Subject::empty()).issue(), "Subject: \n");
    assert_says(&poly.leaf("0004F2AAAAAA\0.x").issue(), "CN=0004F2AAAAAA\\00.x");
    assert_says(&poly.leaf("*").issue(), "CN=*");
    assert_says(&poly.leaf(Subject::cn_bmp("0004F2AAAAAA")).issue(), "CN=0004F2AAAAAA");
    for kind in [StringType::T61, StringType::Ia5, StringType::Printable, StringType::Utf8] {
        assert_says(&poly.leaf(Subject::cn_typed(kind, "0004F2AA")).issue(), "CN=0004F2AA");
    }
    let random: Vec<u8> = (0..=255).collect();
    text(&poly.leaf(Subject::cn_typed(StringType::T61, &random)).issue());
    let broken = Subject::cn_typed(StringType::Bmp, [0, 0x30, 0]);
    assert!(poly.leaf(broken).try_issue().is_err());
}

#[test]
fn odd_extensions_keys_and_dates() {
    let poly = Poly::shared();
    let leaf = || poly.leaf("0004F2AAAAAA");
    assert_says(&leaf().issue(), "TLS Web Client Authentication");
    let server = leaf().extended_key_usage(&[SERVER_AUTH]).issue();
    assert_says(&server, "TLS Web Server Authentication");
    let any = leaf().extended_key_usage(&[ANY_EXTENDED_KEY_USAGE]).issue();
    assert_says(&any, "Any Extended Key Usage");
    assert!(!text(&leaf().extended_key_usage(&[]).issue()).contains("Extended Key Usage"));
    assert_says(&leaf().key_usage(&[KEY_ENCIPHERMENT]).issue(), "Key Encipherment");
    assert!(!text(&leaf().key_usage(&[]).issue()).contains("X509v3 Key Usage"));
    assert_says(&leaf().basic_constraints(Some(true)).issue(), "CA:TRUE");
    assert_says(&leaf().version1().issue(), "Version: 1 (0x0)");
    assert_says(&leaf().key(Key::Rsa(1024)).issue(), "(1024 bit)");
    assert_says(&leaf().digest(Digest::Sha1).issue(), "ecdsa-with-SHA1");
    let rsa = Certificate::ca("old root").key(Key::Rsa(1024)).digest(Digest::Md5);
    assert_says(&rsa.issue(), "md5WithRSAEncryption");
    let bare = leaf().without_key_identifiers().issue();
    assert!(!text(&bare).contains("Key Identifier"));
    let short = poly.root.ca("short").path_length(0).permitted_subtree("x").issue();
    assert_says(&short, "CA:TRUE, pathlen:0");
    assert_says(&short, "Name Constraints: critical");
    let now = openssl::asn1::Asn1Time::days_from_now(0).unwrap();
    assert!(*leaf().expired().issue().cert.not_after() < *now);
    assert!(*leaf().not_yet_valid().issue().cert.not_before() > *now);
    assert!(*leaf().days(0, 20_000).issue().cert.not_after() > *now);
}

#[test]
fn chains_verify() {
    let dir = tempfile::tempdir().unwrap();
    let poly = Poly::new();
    let verified = |identity: &Identity| {
        let files = identity.write(dir.path(), "leaf");
        std::fs::write(dir.path().join("root.pem"), poly.root_pem()).unwrap();
        let mut openssl = Command::new("openssl");
        openssl.args(["verify", "-x509_strict", "-purpose", "sslclient", "-CAfile"]);
        openssl.arg(dir.path().join("root.pem")).arg("-untrusted").arg(&files.chain);
        tools::run(openssl.arg(&files.cert), b"").ok
    };
    let phone = poly.phone("0004f2aaaaaa");
    assert_eq!(phone.chain.len(), 2);
    assert!(verified(&phone));
    assert!(verified(&poly.issuing2.device("0004F2AAAAAA")));
    assert!(!verified(&Authority::from(&phone).device("0004F2BBBBBB")));
    assert!(!verified(&Poly::new().phone("0004f2aaaaaa")));
    assert!(!verified(&Certificate::leaf("0004F2AAAAAA").issue()));
}
