//! Which subjects identify a phone, with a certificate that the device CAs vouch for.

use crate::judged::{self, LET_IN, MAC, OWN, SECRET, judged, judged_each_way, server};
use mtlsprotect_testkit::cases::subjects;
use mtlsprotect_testkit::{Httpd, Mpm, Poly, Subject, curl_h2};

const NOBODY: &str = "403 no-device-identity";

fn expect(httpd: &Httpd, expected: &str, subjects: &[(&str, Subject)]) {
    for (name, subject) in subjects {
        let phone = Poly::shared().leaf(subject.clone()).issue();
        assert_eq!(judged(httpd, &httpd.phone(&phone).tls12()), expected, "{name}, TLS 1.2");
        assert_eq!(judged(httpd, &httpd.phone(&phone).tls13()), expected, "{name}, TLS 1.3");
    }
}

fn poly_server() -> Httpd {
    server(Poly::shared().bundle_pem()).start()
}

fn identifies_nobody(subjects: &[(&str, Subject)]) {
    let httpd = poly_server();
    expect(&httpd, NOBODY, subjects);
    // nor is anybody named in the logs
    assert!(!httpd.access_log().contains(&format!("mac={MAC}")), "{}", httpd.access_log());
    assert!(!httpd.own_log().contains(&format!("cert-mac={MAC}")), "{}", httpd.error_log());
}

#[test]
fn a_certificate_with_two_cns_identifies_nobody() {
    for mpm in Mpm::ALL {
        expect(&server(Poly::shared().bundle_pem()).mpm(mpm).start(), NOBODY, &subjects::two_cns());
    }
    identifies_nobody(&subjects::two_cns());
}

#[test]
fn a_certificate_without_a_cn_identifies_nobody() {
    identifies_nobody(&subjects::without_cn());
}

#[test]
fn a_cn_of_a_wildcard_identifies_nobody() {
    identifies_nobody(&subjects::wildcards());
}

#[test]
fn a_cn_that_is_a_fragment_of_the_path_identifies_nobody() {
    identifies_nobody(&subjects::fragments_of_the_path());
}

#[test]
fn a_cn_of_two_macs_identifies_nobody() {
    identifies_nobody(&subjects::two_macs());
}

#[test]
fn a_cn_with_an_embedded_nul_identifies_nobody() {
    identifies_nobody(&subjects::embedded_nul());
}

#[test]
fn a_bmp_string_or_t61_string_cn_identifies_nobody() {
    identifies_nobody(&subjects::wide_strings());
}

#[test]
fn a_mac_is_read_however_it_is_spelled() {
    expect(&poly_server(), LET_IN, &subjects::spelled());
}

#[test]
fn the_shared_number_000000000000_is_no_phone() {
    identifies_nobody(&subjects::shared_number());
}

#[test]
fn who_is_nobody_is_refused_over_http2_too() {
    let httpd = server(Poly::shared().bundle_pem()).module("http2").start();
    for subject in [Subject::cn("*"), Subject::cn(MAC).and_cn(MAC), Subject::cn(b"0004f2aaaaaa\0")] {
        let phone = Poly::shared().leaf(subject).issue();
        let path = judged::unique(OWN);
        let response = curl_h2(httpd.https(), Some(&phone), &path);
        assert_eq!(response.status, 403);
        assert!(!response.text().contains(SECRET));
        assert_eq!(judged::reason(&httpd, 403, &path), "no-device-identity");
    }
}

#[test]
fn an_identity_pattern_finds_the_mac_in_a_longer_cn() {
    let httpd = server(Poly::shared().bundle_pem())
        .config("MTLSProtectIdentityPattern \"^SEP(?<mac>[0-9A-F]{12})$\"")
        .page("000e08abcdef.cfg", "password-of-abcdef")
        .start();
    let phone = Poly::shared().leaf("SEP000E08ABCDEF").issue();
    let path = judged::unique("/000e08abcdef.cfg");
    let response = httpd.get(&phone, &path);
    assert_eq!((response.status, response.text()), (200, "password-of-abcdef".into()));
    assert_eq!(judged::reason(&httpd, 200, &path), "own-file");
    assert!(httpd.wait_for_access(&path).contains("mac=000e08abcdef"));
    assert_eq!(judged_each_way(&httpd, &httpd.phone(&phone)), ["403 mac-mismatch"; 4]);
    expect(&httpd, LET_IN, &[("the phone of the other file", Subject::cn("SEP0004F2AAAAAA"))]);
    expect(&httpd, NOBODY, &[("a bare MAC", Subject::cn(MAC)), ("more before", Subject::cn("XSEP0004F2AAAAAA"))]);
}

#[test]
fn a_cn_with_another_mac_beside_the_patterns_own_is_refused() {
    let httpd =
        server(Poly::shared().bundle_pem()).config("MTLSProtectIdentityPattern \"SEP(?<mac>[0-9A-F]{12})\"").start();
    expect(&httpd, LET_IN, &[("alone", Subject::cn("SEP0004F2AAAAAA"))]);
    expect(
        &httpd,
        NOBODY,
        &[
            ("a known prefix before", Subject::cn("0004F2BBBBBB SEP0004F2AAAAAA")),
            ("after", Subject::cn("SEP0004F2AAAAAA-0004F2BBBBBB")),
            ("of no known prefix", Subject::cn("SEP0004F2AAAAAA 02AABBCCDDEE")),
            ("with colons", Subject::cn("SEP0004F2AAAAAA 00:04:F2:BB:BB:BB")),
            ("the pattern twice", Subject::cn("SEP0004F2AAAAAA SEP0004F2BBBBBB")),
            ("two CNs", Subject::cn("SEP0004F2AAAAAA").and_cn("SEP0004F2AAAAAA")),
        ],
    );
}
