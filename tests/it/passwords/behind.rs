//! Passwords of phones behind a balancer that ends TLS. The test itself is the balancer, over plain HTTP.

use super::*;
use crate::judged::self_signed;
use mtlsprotect_core::forwarded::{Certificates, Format, write};

fn behind(address: &str) -> Httpd {
    server().plain_vhost(&format!("MTLSProtectProxy {address} certificate=rfc9440")).start()
}

/// What came of a request that the balancer passes on with these headers and the old phone's password.
fn passed_on(httpd: &Httpd, path: &str, headers: &[(&str, &str)]) -> String {
    let header = basic(OLD, OLD);
    let headers = [headers, &[("Authorization", header.as_str())]].concat();
    sent(httpd, &httpd.plain_client(), "GET", path, &headers)
}

const TLS: (&str, &str) = ("X-Forwarded-Proto", "https");

#[test]
fn a_phone_is_asked_where_the_balancer_says_that_it_came_with_tls() {
    let httpd = behind("127.0.0.1");
    let client = httpd.plain_client();
    assert_eq!(sent(&httpd, &client, "GET", OLD_FILE, &[TLS]), ASKED);
    assert_eq!(passed_on(&httpd, OLD_FILE, &[TLS]), LET_IN);
    assert_eq!(passed_on(&httpd, OLD_FILE, &[("Forwarded", "for=192.0.2.7;proto=https")]), LET_IN);
    assert_eq!(passed_on(&httpd, OTHER_FILE, &[TLS]), MISMATCH);
    assert_eq!(passed_on(&httpd, OWN, &[TLS]), NO_CERTIFICATE, "it has proven itself");
    let identity = self_signed();
    let certificate = Certificates { leaf: identity.cert.to_der().unwrap(), chain: Vec::new() };
    let leaf = write(Format::Rfc9440, &certificate).leaf;
    assert_eq!(passed_on(&httpd, OLD_FILE, &[("Client-Cert", &leaf)]), LET_IN);
}

#[test]
fn nobody_is_asked_through_a_balancer_that_does_not_say_so() {
    let httpd = behind("127.0.0.1");
    let client = httpd.plain_client();
    for headers in [&[][..], &[("X-Forwarded-Proto", "https, wss")], &[("Client-Cert", "(null)")]] {
        assert_eq!(sent(&httpd, &client, "GET", OLD_FILE, headers), NO_CERTIFICATE, "{headers:?}");
        assert_eq!(passed_on(&httpd, OLD_FILE, headers), NO_CERTIFICATE, "{headers:?}");
    }
    let line = httpd.wait_for_log("denied reason=no-certificate");
    assert!(line.contains("nobody says that the phone came with TLS"), "{line}");
    assert_eq!(passed_on(&httpd, OLD_FILE, &[("X-Forwarded-Proto", "http")]), "403 deny plain-http");
    assert_eq!(passed_on(&httpd, OLD_FILE, &[TLS, ("Forwarded", "proto=http")]), "403 deny plain-http");
}

#[test]
fn who_is_not_the_balancer_sends_no_password_over_plain_http() {
    let httpd = behind("127.0.0.77");
    assert_eq!(passed_on(&httpd, OLD_FILE, &[TLS]), "403 deny plain-http");
}
