//! Which subjects identify a phone, with a certificate that the device CAs vouch for.

mod judged;

use judged::{LET_IN, MAC, OWN, SECRET, judged, judged_each_way, server};
use mtlsprotect_testkit::pki::{COMMON_NAME, ORGANIZATION, ORGANIZATIONAL_UNIT, SERIAL_NUMBER};
use mtlsprotect_testkit::{Httpd, Mpm, Poly, StringType, Subject, curl_h2};

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
    assert!(!httpd.error_log().contains(&format!("cert-mac={MAC}")), "{}", httpd.error_log());
}

#[test]
fn a_certificate_with_two_cns_identifies_nobody() {
    let utf8 = StringType::Utf8;
    let cases = [
        ("own last", Subject::cn("0004f2bbbbbb").and_cn(MAC)),
        ("own first", Subject::cn(MAC).and_cn("0004f2bbbbbb")),
        ("the same twice", Subject::cn(MAC).and_cn(MAC)),
        ("another word", Subject::cn("phone").and_cn(MAC)),
        ("an empty one", Subject::cn("").and_cn(MAC)),
        ("in one RDN", Subject::cn(MAC).joined(COMMON_NAME, utf8, "0004f2bbbbbb")),
        ("apart", Subject::cn(MAC).and(ORGANIZATION, utf8, "Polycom Inc.").and_cn("0004f2bbbbbb")),
        ("of two types", Subject::cn(MAC).and(COMMON_NAME, StringType::Printable, MAC)),
    ];
    for mpm in Mpm::ALL {
        expect(&server(Poly::shared().bundle_pem()).mpm(mpm).start(), NOBODY, &cases);
    }
    identifies_nobody(&cases);
}

#[test]
fn a_certificate_without_a_cn_identifies_nobody() {
    identifies_nobody(&[
        ("no attribute", Subject::empty()),
        ("the MAC in O", Subject::empty().and(ORGANIZATION, StringType::Utf8, MAC)),
        ("the MAC in OU", Subject::empty().and(ORGANIZATIONAL_UNIT, StringType::Utf8, MAC)),
        ("the MAC in serialNumber", Subject::empty().and(SERIAL_NUMBER, StringType::Printable, MAC)),
        ("an empty CN", Subject::cn("")),
    ]);
}

#[test]
fn a_cn_of_a_wildcard_identifies_nobody() {
    identifies_nobody(&[
        ("*", Subject::cn("*")),
        ("0004f2*", Subject::cn("0004f2*")),
        ("a regular expression", Subject::cn(".*")),
        ("twelve dots", Subject::cn("............")),
        ("a class", Subject::cn("0004f2[0-9a-f]{6}")),
        ("placeholders", Subject::cn("0004f2??????")),
    ]);
}

#[test]
fn a_cn_that_is_a_fragment_of_the_path_identifies_nobody() {
    identifies_nobody(&[
        ("cfg", Subject::cn("cfg")),
        ("/", Subject::cn("/")),
        ("0004f2", Subject::cn("0004f2")),
        ("aaaaaa.cfg", Subject::cn("aaaaaa.cfg")),
        ("eleven digits", Subject::cn("0004f2aaaaa")),
        ("the whole path", Subject::cn(OWN)),
        ("the file", Subject::cn("0004f2aaaaaa.cfg")),
        ("thirteen digits", Subject::cn("0004f2aaaaaaa")),
    ]);
}

#[test]
fn a_cn_of_two_macs_identifies_nobody() {
    identifies_nobody(&[
        ("apart", Subject::cn("0004f2aaaaaa 0004f2bbbbbb")),
        ("comma", Subject::cn("0004f2bbbbbb,0004f2aaaaaa")),
        ("run together", Subject::cn("0004f2aaaaaa0004f2bbbbbb")),
        ("the same", Subject::cn("0004f2aaaaaa 0004f2aaaaaa")),
    ]);
}

#[test]
fn a_cn_with_an_embedded_nul_identifies_nobody() {
    identifies_nobody(&[
        ("after", Subject::cn(b"0004f2aaaaaa\0")),
        ("and more", Subject::cn(b"0004f2aaaaaa\0.attacker.example")),
        ("before", Subject::cn(b"\x000004f2aaaaaa")),
        ("within", Subject::cn(b"0004f2\0aaaaaa")),
        ("PrintableString", Subject::cn_typed(StringType::Printable, b"0004f2aaaaaa\0x")),
        ("a line break", Subject::cn(b"0004f2aaaaaa\n")),
        ("beyond ASCII", Subject::cn("0004f2aaaaaa\u{200b}")),
        ("fullwidth digits", Subject::cn("\u{ff10}\u{ff10}\u{ff10}\u{ff14}f2aaaaaa")),
    ]);
}

#[test]
fn a_bmp_string_or_t61_string_cn_identifies_nobody() {
    let universal: Vec<u8> = MAC.bytes().flat_map(|byte| [0, 0, 0, byte]).collect();
    identifies_nobody(&[
        ("BMPString", Subject::cn_bmp(MAC)),
        ("BMPString whose bytes read as a MAC", Subject::cn_typed(StringType::Bmp, MAC)),
        ("T61String", Subject::cn_typed(StringType::T61, MAC)),
        ("UniversalString", Subject::cn_typed(StringType::Universal, &universal)),
        ("with another CN", Subject::cn_bmp(MAC).and_cn(MAC)),
    ]);
}

#[test]
fn a_mac_is_read_however_it_is_spelled() {
    let httpd = poly_server();
    let spelled = |cn: &str| Subject::cn(cn);
    expect(
        &httpd,
        LET_IN,
        &[
            ("lower case", spelled("0004f2aaaaaa")),
            ("upper case", spelled("0004F2AAAAAA")),
            ("mixed", spelled("0004f2AAaaAa")),
            ("colons", spelled("00:04:f2:aa:aa:aa")),
            ("dashes", spelled("00-04-F2-AA-AA-AA")),
            ("PrintableString", Subject::cn_typed(StringType::Printable, MAC)),
            ("IA5String", Subject::cn_typed(StringType::Ia5, MAC)),
            ("behind the organization", Subject::poly(MAC)),
            ("before it", Subject::cn(MAC).and(ORGANIZATION, StringType::Printable, "Polycom Inc.")),
        ],
    );
}

#[test]
fn the_shared_number_000000000000_is_no_phone() {
    identifies_nobody(&[("zeros", Subject::cn("000000000000")), ("prefix", Subject::cn("000000000025"))]);
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
