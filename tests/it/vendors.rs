//! Each vendor's CAs speak for its own phones, as far as its line of MTLSProtectVendor says.

use crate::judged::{self, judged_at, unique};
use mtlsprotect_testkit::pki::SURNAME;
use mtlsprotect_testkit::{Authority, Builder, Certificate, Client, Digest, Httpd, Identity, Key, StringType, Subject};
use std::sync::LazyLock;

/// The CAs of a vendor, named and made like its own; the last one issues its phones.
struct Pki(&'static str, Vec<Authority>);

static PKIS: LazyLock<Vec<Pki>> = LazyLock::new(|| {
    let snom = Authority::root("TEST snom technology AG SHA-256 CA");
    let (snom_1, snom_256) = (snom.issue_ca("TEST Snom Phone 1"), snom.issue_ca("TEST Snom Phone 1 SHA-256"));
    let grandstream = Certificate::ca("TEST VPN").key(Key::Rsa(1024)).digest(Digest::Md5).days(-5000, -30);
    vec![
        Pki("poly", vec![Authority::root("TEST Polycom Root CA")]),
        Pki("yealink", vec![Authority::root("TEST Yealink Root CA")]),
        Pki("snom", vec![snom, snom_1, snom_256]),
        Pki("panasonic", vec![Authority::root("TEST SIP Phone Client Authentication Self CA Certificate")]),
        Pki("cisco", vec![Authority::root("TEST Cisco Manufacturing CA")]),
        Pki("grandstream", vec![grandstream.issue_authority()]),
        Pki("house", vec![Authority::root("TEST House CA")]),
    ]
});

fn pki(vendor: &str) -> &'static [Authority] {
    &PKIS.iter().find(|pki| pki.0 == vendor).expect("a vendor of the table").1
}

fn device(vendor: &str, mac: &str) -> Identity {
    leaf(vendor, mac).issue()
}

fn leaf(vendor: &str, subject: impl Into<Subject>) -> Certificate {
    pki(vendor).last().expect("a CA").leaf(subject)
}

/// A phone of Grandstream's first generation.
fn gen1(mac: &str) -> Identity {
    leaf("grandstream", mac).key(Key::Rsa(1024)).digest(Digest::Md5).expired().issue()
}

/// Says whom it is told to serve.
const SCRIPT: &str =
    "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nmac=%s vendor=%s' \"$MTLSPROTECT_MAC\" \"$MTLSPROTECT_VENDOR\"\n";

const PHONES: [&str; 9] = [
    "0004f2aaaaaa",
    "0004f2bbbbbb",
    "001565aaaaaa",
    "000413aaaaaa",
    "0080f0aaaaaa",
    "0080f0bbbbbb",
    "000e08aaaaaa",
    "000b82aaaaaa",
    "aabbccaaaaaa",
];

/// A server with a line for each of these vendors, and a file for each of the phones.
fn server(lines: &[&str]) -> Builder {
    let mut builder = Httpd::builder()
        .with_module()
        .config("<Directory {docroot}>\nMTLSProtect On\n</Directory>")
        .vhost("SSLVerifyClient optional_no_ca")
        .page("sip.ld", judged::SECRET);
    for line in lines {
        let (vendor, keys) = line.split_once(' ').unwrap_or((line, ""));
        let pem: Vec<u8> = pki(vendor).iter().flat_map(Authority::pem).collect();
        builder = builder
            .file(&format!("{vendor}.pem"), pem)
            .config(&format!("MTLSProtectVendor {vendor} ca={vendor}.pem {keys}"));
    }
    PHONES.iter().fold(builder, |builder, mac| builder.page(&format!("{mac}.cfg"), judged::SECRET))
}

/// How a phone fares with a file: `200 own-file`.
fn asks(httpd: &Httpd, phone: &Identity, file: &str) -> String {
    by(httpd, &httpd.phone(phone), file)
}

fn by(httpd: &Httpd, client: &Client, file: &str) -> String {
    let mut connection = client.connect().expect("no handshake is dropped");
    judged_at(httpd, &mut connection, &unique(&format!("/{file}")), &[])
}

/// The access log's line of a request that would be denied in a world without watching.
fn watched(httpd: &Httpd, client: &Client, file: &str) -> String {
    let path = unique(&format!("/{file}"));
    let response = client.get(&path).expect("an answer");
    let line = httpd.wait_for_access(&format!("{path} HTTP/"));
    let (_, fields) = line.split_once(" verdict=").expect("the kit's log has the verdict");
    let mut words = fields.split(' ');
    format!("{} {} {}", response.status, words.next().unwrap_or_default(), words.next().unwrap_or_default())
}

#[test]
fn no_vendors_ca_speaks_for_another_vendors_phone() {
    let httpd = server(&["poly", "yealink", "snom"]).start();
    let own = [("poly", "0004f2aaaaaa"), ("yealink", "001565aaaaaa"), ("snom", "000413aaaaaa")];
    for (vendor, mac) in own {
        assert_eq!(asks(&httpd, &device(vendor, mac), &format!("{mac}.cfg")), "200 own-file", "{vendor}");
        assert_eq!(asks(&httpd, &device(vendor, mac), "sip.ld"), "200 other-file", "{vendor}");
        let others: Vec<_> = own.iter().filter(|other| other.1 != mac).collect();
        for (other, others_mac) in others {
            let forged = device(vendor, others_mac);
            for client in [httpd.phone(&forged).tls12(), httpd.phone(&forged).tls13()] {
                for file in [&format!("{others_mac}.cfg"), "sip.ld"] {
                    assert_eq!(by(&httpd, &client, file), "403 vendor-mismatch", "{vendor} as {other}");
                }
            }
        }
    }
    let line = httpd.wait_for_log("reason=vendor-mismatch cert-mac=001565aaaaaa named=001565aaaaaa");
    assert!(line.contains(" vendor=poly ") && line.contains("issuer='CN=TEST Polycom Root CA'"), "{line}");
    let notice = httpd.wait_for_log("mode=On");
    assert!(notice.contains("vendors=poly,yealink,snom cas=5 "), "{notice}");
}

#[test]
fn both_of_snoms_issuers_are_trusted() {
    let httpd = server(&["snom"]).start();
    for issuer in &pki("snom")[1..] {
        let phone = issuer.device("000413AAAAAA");
        for client in [httpd.phone(&phone), httpd.phone(&phone).send_chain(false)] {
            assert_eq!(by(&httpd, &client, "000413aaaaaa.cfg"), "200 own-file");
        }
    }
}

#[test]
fn a_prefix_that_nobody_lists_is_open_and_logged_as_new_once() {
    let httpd = server(&["poly", "yealink strict=yes"]).children(2).start();
    for _ in 0..6 {
        assert_eq!(asks(&httpd, &device("poly", "aabbccaaaaaa"), "aabbccaaaaaa.cfg"), "200 own-file");
    }
    assert_eq!(asks(&httpd, &device("yealink", "aabbccaaaaaa"), "aabbccaaaaaa.cfg"), "403 vendor-mismatch");
    let line = httpd.wait_for_log("prefix aabbcc is new");
    assert!(line.contains("certificate of poly") && line.contains("oui=+aabbcc"), "{line}");
    assert_eq!(httpd.own_log().matches("prefix aabbcc is new").count(), 1);
    let listed = server(&["poly oui=+aabbcc", "yealink"]).start();
    assert_eq!(asks(&listed, &device("poly", "aabbccaaaaaa"), "aabbccaaaaaa.cfg"), "200 own-file");
    assert_eq!(asks(&listed, &device("yealink", "aabbccaaaaaa"), "aabbccaaaaaa.cfg"), "403 vendor-mismatch");
    assert!(!listed.own_log().contains("is new"));
}

#[test]
fn a_prefix_that_is_known_is_not_owned_and_one_that_is_owned_is_nobody_elses() {
    let httpd = server(&["yealink", "cisco"]).page("00000caaaaaa.cfg", judged::SECRET).start();
    // a router of Cisco's: its prefix is known, and a Yealink phone that has it is let in and logged
    let phone = device("yealink", "00000caaaaaa");
    assert_eq!(asks(&httpd, &phone, "00000caaaaaa.cfg"), "200 own-file");
    assert_eq!(asks(&httpd, &phone, "sip.ld?f=00000c~bbbbbb"), "403 mac-mismatch");
    let line = httpd.wait_for_log("prefix 00000c is new");
    assert!(line.contains("certificate of yealink"), "{line}");
    // Poly's, as it was bought with Plantronics: Yealink's CA speaks for none of it, though Poly has no line here
    for prefix in ["8c9b2d", "482567", "000e08"] {
        let forged = device("yealink", &format!("{prefix}aaaaaa"));
        assert_eq!(asks(&httpd, &forged, "sip.ld"), "403 vendor-mismatch", "{prefix}");
    }
}

#[test]
fn a_configured_prefix_makes_loosely_written_digits_a_name() {
    let lines = ["house oui=aabbcc"];
    let httpd = server(&lines).page("x", judged::SECRET).start();
    let phone = device("house", "AABBCCAAAAAA");
    assert_eq!(asks(&httpd, &phone, "x?f=aabbcc-bbbbbb"), "403 mac-mismatch");
    assert_eq!(asks(&httpd, &phone, "x?f=ddbbcc-bbbbbb"), "200 other-file");
}

#[test]
fn a_cisco_phone_is_who_its_surname_says() {
    let httpd = server(&["cisco"]).start();
    let subject = |surname: &str| Subject::cn("CP-8841-3PCC").and(SURNAME, StringType::Printable, surname);
    let phone = leaf("cisco", subject("000E08AAAAAA")).issue();
    assert_eq!(asks(&httpd, &phone, "000e08aaaaaa.cfg"), "200 own-file");
    assert_eq!(asks(&httpd, &phone, "0004f2aaaaaa.cfg"), "403 mac-mismatch");
    let in_cn = device("cisco", "000e08aaaaaa");
    assert_eq!(asks(&httpd, &in_cn, "000e08aaaaaa.cfg"), "403 no-device-identity");
    let two = subject("000E08AAAAAA").and(SURNAME, StringType::Printable, "000E08BBBBBB");
    assert_eq!(asks(&httpd, &leaf("cisco", two).issue(), "000e08aaaaaa.cfg"), "403 no-device-identity");
}

#[test]
fn a_vendors_pattern_finds_its_phones_names() {
    let httpd = server(&["cisco identity=CN \"pattern=^SEP(?<mac>[0-9A-F]{12})$\"", "poly"]).start();
    assert_eq!(asks(&httpd, &device("cisco", "SEP000E08AAAAAA"), "000e08aaaaaa.cfg"), "200 own-file");
    assert_eq!(asks(&httpd, &device("cisco", "000E08AAAAAA"), "000e08aaaaaa.cfg"), "403 no-device-identity");
    assert_eq!(asks(&httpd, &device("poly", "SEP0004F2AAAAAA"), "0004f2aaaaaa.cfg"), "403 no-device-identity");
}

#[test]
fn a_panasonic_phone_without_a_name_has_its_vendors_files_and_no_others() {
    let httpd = server(&["poly", "panasonic identity=none"])
        .module("cgi")
        .config("<Directory {docroot}>\nOptions ExecCGI\nAddHandler cgi-script .sh\nRequire all granted\n</Directory>")
        .start();
    httpd.write_script("who.sh", SCRIPT);
    let phone = device("panasonic", "KX-TGP600");
    for mac in ["0080f0aaaaaa", "0080f0bbbbbb"] {
        assert_eq!(asks(&httpd, &phone, &format!("{mac}.cfg")), "200 own-file");
    }
    assert_eq!(asks(&httpd, &phone, "sip.ld"), "200 other-file");
    for mac in ["0004f2aaaaaa", "aabbccaaaaaa"] {
        assert_eq!(asks(&httpd, &phone, &format!("{mac}.cfg")), "403 mac-mismatch");
    }
    // writing it is one phone, the one that it names
    for (path, status) in [("/0080f0aaaaaa-boot.log", 405), ("/sip.ld", 403), ("/x?f=0080f0aaaaaa", 403)] {
        let response = httpd.phone(&phone).request("PUT", path, &[], b"x").unwrap();
        assert_eq!(response.status, status, "{path}: past the module httpd has nobody to write it");
    }
    let who = httpd.phone(&phone).get("/who.sh?mac=0080f0aaaaaa").unwrap();
    assert_eq!((who.status, who.text()), (200, "mac= vendor=panasonic".into()), "no address is proven");
    let poly = device("poly", "0004f2aaaaaa");
    assert_eq!(httpd.get(&poly, "/who.sh").text(), "mac=0004f2aaaaaa vendor=poly");
    // without the word it is a phone without a name
    let strict = server(&["panasonic"]).start();
    assert_eq!(asks(&strict, &phone, "0080f0aaaaaa.cfg"), "403 no-device-identity");
}

#[test]
fn grandstreams_first_generation_needs_both_keys_and_weakens_nobody_else() {
    let weak_poly = leaf("poly", "0004f2aaaaaa").key(Key::Rsa(1024)).issue();
    let expired_poly = leaf("poly", "0004f2aaaaaa").expired().issue();
    let httpd = server(&["poly", "grandstream seclevel=0 expired=allow"]).start();
    for client in [httpd.phone(&gen1("000B82AAAAAA")).tls12(), httpd.phone(&gen1("000B82AAAAAA")).tls13()] {
        assert_eq!(by(&httpd, &client, "000b82aaaaaa.cfg"), "200 own-file");
        assert_eq!(by(&httpd, &client, "0004f2aaaaaa.cfg"), "403 mac-mismatch");
    }
    assert_eq!(asks(&httpd, &gen1("0004f2aaaaaa"), "0004f2aaaaaa.cfg"), "403 vendor-mismatch");
    assert_eq!(asks(&httpd, &weak_poly, "0004f2aaaaaa.cfg"), "403 untrusted-certificate");
    assert_eq!(asks(&httpd, &expired_poly, "0004f2aaaaaa.cfg"), "403 expired-certificate");
    let warned = httpd.error_log();
    let line = warned.lines().find(|line| line.contains("of grandstream 'CN=TEST VPN' (until 20"));
    assert!(line.is_some_and(|line| line.contains("has expired; expired=allow accepts it")), "{warned}");
    let denies = server(&["poly", "grandstream seclevel=0"]).start();
    assert_eq!(asks(&denies, &gen1("000b82aaaaaa"), "000b82aaaaaa.cfg"), "403 expired-certificate");
    let too_weak = server(&["poly", "grandstream expired=allow"]).configtest();
    assert!(!too_weak.ok && too_weak.text.contains("vendor grandstream: no usable CA"), "{}", too_weak.text);
}

#[test]
fn one_vendor_is_watched_while_the_others_are_enforced() {
    let httpd = server(&["poly", "yealink mode=report"]).start();
    let (poly, yealink) = (device("poly", "0004f2aaaaaa"), device("yealink", "001565aaaaaa"));
    let nobody = httpd.client();
    assert_eq!(watched(&httpd, &nobody, "001565aaaaaa.cfg"), "200 would-deny reason=no-certificate");
    assert_eq!(watched(&httpd, &nobody, "0004f2aaaaaa.cfg"), "403 deny reason=no-certificate");
    assert_eq!(watched(&httpd, &nobody, "sip.ld"), "403 deny reason=no-certificate");
    assert_eq!(watched(&httpd, &httpd.phone(&poly), "001565aaaaaa.cfg"), "200 would-deny reason=mac-mismatch");
    assert_eq!(watched(&httpd, &httpd.phone(&poly), "0004f2bbbbbb.cfg"), "403 deny reason=mac-mismatch");
    assert_eq!(watched(&httpd, &httpd.phone(&yealink), "001565aaaaaa.cfg"), "200 allow reason=own-file");
    assert_eq!(watched(&httpd, &httpd.phone(&yealink), "0004f2aaaaaa.cfg"), "403 deny reason=mac-mismatch");
    let generic = device("yealink", "T46S");
    assert_eq!(watched(&httpd, &httpd.phone(&generic), "sip.ld"), "200 would-deny reason=no-device-identity");
    assert_eq!(watched(&httpd, &httpd.phone(&generic), "001565aaaaaa.cfg"), "200 would-deny reason=no-device-identity");
    assert_eq!(watched(&httpd, &httpd.phone(&generic), "0004f2aaaaaa.cfg"), "403 deny reason=no-device-identity");
    let both = "001565aaaaaa.cfg&f=0004f2aaaaaa";
    assert_eq!(watched(&httpd, &nobody, both), "403 deny reason=ambiguous-name");
    for path in ["sip.ld?f=001565aaaaaa", "001565aaaaaa/../sip.ld", "sip.ld?mac=001565aaaaaa"] {
        let path = format!("/{path}");
        assert_eq!(nobody.get(&path).unwrap().status, 403, "{path}: a watched name opens nobody's file");
    }
    for path in ["/001565aaaaaa-boot.log", "/sip.ld?mac=001565aaaaaa", "/001565aaaaaa/.htaccess"] {
        let response = nobody.request("PUT", path, &[], b"x").unwrap();
        assert_eq!(response.status, 403, "{path}");
    }
    assert!(httpd.wait_for_log("mode=On").contains("vendors=poly,yealink(report) "));
    httpd.wait_for_log("would-deny reason=no-certificate cert-mac=- named=001565aaaaaa");
}

#[test]
fn a_plain_list_beside_a_vendor_speaks_for_the_rest() {
    let httpd =
        server(&["yealink"]).file("plain.pem", pki("poly")[0].pem()).config("MTLSProtectCAFile plain.pem").start();
    assert_eq!(asks(&httpd, &device("poly", "0004f2aaaaaa"), "0004f2aaaaaa.cfg"), "200 own-file");
    assert_eq!(asks(&httpd, &device("poly", "001565aaaaaa"), "001565aaaaaa.cfg"), "403 vendor-mismatch");
    assert_eq!(asks(&httpd, &device("yealink", "001565aaaaaa"), "001565aaaaaa.cfg"), "200 own-file");
    assert_eq!(asks(&httpd, &device("yealink", "0004f2aaaaaa"), "0004f2aaaaaa.cfg"), "403 vendor-mismatch");
}

#[test]
fn a_virtual_host_with_a_vendor_of_its_own_no_longer_has_the_others() {
    let httpd = server(&["poly"])
        .file("yealink.pem", pki("yealink")[0].pem())
        .vhost("MTLSProtectVendor yealink ca=yealink.pem")
        .start();
    assert_eq!(asks(&httpd, &device("yealink", "001565aaaaaa"), "001565aaaaaa.cfg"), "200 own-file");
    assert_eq!(asks(&httpd, &device("poly", "0004f2aaaaaa"), "0004f2aaaaaa.cfg"), "403 untrusted-certificate");
}

#[test]
fn a_mismatched_phone_that_may_read_a_shared_file_proves_nothing_to_applications() {
    let httpd = server(&["poly", "yealink"])
        .module("cgi")
        .config("<Directory {docroot}>\nOptions ExecCGI\nAddHandler cgi-script .sh\nMTLSProtectOtherFiles allow\nRequire all granted\n</Directory>")
        .start();
    httpd.write_script("who.sh", SCRIPT);
    assert_eq!(httpd.get(&device("yealink", "0004f2aaaaaa"), "/who.sh").text(), "mac= vendor=");
    assert_eq!(httpd.get(&device("poly", "0004f2aaaaaa"), "/who.sh").text(), "mac=0004f2aaaaaa vendor=poly");
}
