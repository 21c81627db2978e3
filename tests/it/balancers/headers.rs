//! Headers that are not what a balancer of that kind writes.

use super::*;
use mtlsprotect_testkit::Authority;
use openssl::base64::encode_block;

const UNTRUSTED: &str = "403 deny untrusted-certificate";

/// What came of a header, and what the log says of it.
fn refused(httpd: &Httpd, leaf: &str, why: &str) {
    let before = httpd.error_log().len();
    assert_eq!(with(&httpd.plain_client(), &own_file(), leaf), UNTRUSTED, "{leaf}");
    let log = httpd.error_log().split_off(before);
    let line = log.lines().find(|line| line.contains("denied reason=untrusted-certificate")).unwrap_or_default();
    assert!(line.contains(" why='") && line.contains(why), "{leaf}: no {why:?} in {log}");
}

#[test]
fn a_certificate_that_nobody_vouches_for() {
    let httpd = behind("certificate=rfc9440").start();
    refused(&httpd, &written(&self_signed()).leaf, "self-signed");
    let elsewhere = Authority::root("TEST Polycom Root CA").device(OWN);
    refused(&httpd, &written(&elsewhere).leaf, "certificate");
    let ca = Poly::shared().issuing1.as_identity();
    refused(&httpd, &written(&ca).leaf, "CA");
    // a certificate of today under the name of the phone's issuer, whose key nobody has
    let named_alike = Certificate::ca("TEST Polycom Equipment Issuing CA 1").issue_authority().device(OWN);
    let Written { leaf, chain } = written(&named_alike);
    let whole = [("Client-Cert", leaf.as_str()), ("Client-Cert-Chain", chain.as_deref().unwrap_or(""))];
    assert_eq!(ask(&httpd.plain_client(), "GET", own_file(), &whole, b""), UNTRUSTED);
    assert_eq!(with(&httpd.plain_client(), &own_file(), &written(&phone()).leaf), "200 allow own-file");
}

#[test]
fn a_header_that_is_not_exactly_a_certificate() {
    let httpd = behind("certificate=rfc9440").start();
    let (own, der) = (written(&phone()).leaf, phone().cert.to_der().unwrap());
    let item = |der: &[u8]| format!(":{}:", encode_block(der));
    for (leaf, why) in [
        ("x".to_owned(), "is not a byte sequence"),
        (own.trim_matches(':').to_owned(), "is not a byte sequence"),
        (format!("{own};a=1"), "is not a byte sequence"),
        (format!("subject=x {own}"), "is not a byte sequence"),
        (own.replace("MII", "M II"), "is not base64"),
        (item(&[&der[..], b"\0"].concat()), "nothing behind it"),
        (item(&[&der[..], &der[..]].concat()), "nothing behind it"),
        (item(&der[..der.len() - 1]), "is not one certificate"),
        (item(b"0\x03\x02\x01\x01"), "is not a certificate that OpenSSL reads"),
        ("::".to_owned(), "is not one certificate"),
    ] {
        refused(&httpd, &leaf, why);
    }
}

#[test]
fn a_header_that_came_twice() {
    let httpd = behind("certificate=rfc9440").start();
    let client = httpd.plain_client();
    let (own, others) = (written(&phone()).leaf, written(&Poly::shared().phone(OTHER)).leaf);
    for (first, second) in [(&own, &others), (&others, &own), (&own, &own), (&own, &String::new())] {
        for path in [own_file(), other_file()] {
            let twice = [("Client-Cert", first.as_str()), ("Client-Cert", second)];
            assert_eq!(ask(&client, "GET", path, &twice, b""), UNTRUSTED);
        }
    }
    let line = httpd.wait_for_log("denied reason=untrusted-certificate");
    assert!(line.contains("the header Client-Cert came more than once"), "{line}");
    // its other spellings are nobody's, and don't reach the application
    for spelling in ["Client_Cert", "client_cert", "CLIENT_CERT"] {
        let both = [(spelling, others.as_str()), ("Client-Cert", &own)];
        let response = client.request("GET", own_file().as_bytes(), &both, b"").unwrap();
        assert_eq!(response.header("X-Verdict"), Some("allow own-file"));
        assert_eq!(response.header("X-Seen"), Some(format!("{own}|||").as_str()));
        assert_eq!(ask(&client, "GET", other_file(), &both, b""), "403 deny mac-mismatch");
        assert_eq!(ask(&client, "GET", other_file(), &both[..1], b""), "403 deny no-certificate");
    }
    httpd.wait_for_log("removed the header Client_Cert, which came through a balancer that writes another");
}

#[test]
fn a_header_folded_over_two_lines_or_with_spaces_around_it() {
    let httpd = behind("certificate=rfc9440").start();
    let own = written(&phone()).leaf;
    let send = |header: &str| {
        let request = format!("GET {} HTTP/1.1\r\nHost: localhost\r\n{header}\r\n\r\n", own_file());
        let response = httpd.plain_client().connect().unwrap().raw(request.as_bytes()).unwrap();
        (response.status, response.header("X-Verdict").unwrap_or_default().to_owned())
    };
    let (start, end) = own.split_at(100);
    assert_eq!(send(&format!("Client-Cert: {start}\r\n {end}")), (403, "deny untrusted-certificate".to_owned()));
    assert_eq!(send(&format!("Client-Cert:\t {own} \t")), (200, "allow own-file".to_owned()));
    assert_eq!(send(&format!("Client-Cert:\r\n {own}")).0, 200);
    // as a header that goes no further than the next server
    assert_eq!(send(&format!("Client-Cert: {own}\r\nConnection: Client-Cert")), (200, "allow own-file".to_owned()));
}

#[test]
fn a_header_of_64_kib_and_a_chain_of_fifty() {
    let httpd = behind("certificate=rfc9440").config("LimitRequestFieldSize 70000\nLimitRequestLine 70000").start();
    refused(&httpd, &format!(":{}:", "A".repeat(65_000)), "is longer than 32768 bytes");
    let own = written(&phone()).leaf;
    let long_chain = vec![own.as_str(); 50].join(", ");
    let whole = [("Client-Cert", own.as_str()), ("Client-Cert-Chain", long_chain.as_str())];
    assert_eq!(ask(&httpd.plain_client(), "GET", own_file(), &whole, b""), UNTRUSTED);
    let line = httpd.wait_for_log("has more than 16 certificates");
    assert!(line.contains("the header Client-Cert has more"), "{line}");
}

#[test]
fn a_balancer_that_says_http() {
    let httpd = behind("certificate=rfc9440").start();
    let own = written(&phone()).leaf;
    let client = httpd.plain_client();
    for (header, value) in [
        ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Proto", "https, HTTP"),
        ("X-Forwarded-Proto", "http, https"),
        ("Forwarded", "for=192.0.2.1;proto=http"),
        ("Forwarded", "for=192.0.2.1;proto=https, for=\"x;proto=http"),
    ] {
        let headers = [("Client-Cert", own.as_str()), (header, value)];
        assert_eq!(ask(&client, "GET", own_file(), &headers, b""), "403 deny plain-http", "{header}: {value}");
        assert_eq!(ask(&client, "GET", own_file(), &headers[1..], b""), "403 deny plain-http", "{header}: {value}");
    }
    let https = [("Client-Cert", own.as_str()), ("X-Forwarded-Proto", "https"), ("Forwarded", "proto=https")];
    assert_eq!(ask(&client, "GET", own_file(), &https, b""), "200 allow own-file");
    let twice = [("Client-Cert", own.as_str()), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Proto", "http")];
    assert_eq!(ask(&client, "GET", own_file(), &twice, b""), "403 deny plain-http");
}
