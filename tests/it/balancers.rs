//! Phones behind a balancer that ends TLS and passes their certificates on in a header. The test itself is the balancer, or
//! somebody who would like to be one.

mod attacks;
mod cached;
mod configuration;
mod headers;
mod proven;
mod pushed;
mod shown;
mod upgraded;

use crate::asking::{OTHER, OWN, ask, phone, secret, server};
use mtlsprotect_core::forwarded::{Certificates, Format, Written, write};
use mtlsprotect_testkit::{Builder, Certificate, Client, Httpd, Identity, Poly, Subject};
use openssl::x509::X509;

/// Shows what modules behind ours see of the headers.
const SEEN: &str =
    "Header always set X-Seen \"expr=%{req:Client-Cert}|%{req:Client_Cert}|%{req:Client-Cert-Chain}|%{req:X-Cert}\"";
/// What they see when there is nothing.
const NOTHING_SEEN: &str = "|||";

/// A server whose plain host takes this test for a balancer.
fn behind(words: &str) -> Builder {
    server().config(SEEN).plain_vhost(&format!("MTLSProtectProxy 127.0.0.1 {words}"))
}

/// A server that believes another than this test.
fn stranger_to(words: &str) -> Builder {
    let line = format!("MTLSProtectProxy 127.0.0.77 {words}");
    server().config(SEEN).plain_vhost(&line).vhost(&line)
}

/// `FORMAT:HEADER` of every format, the header's name, and the chain's.
fn every_format() -> Vec<(Format, String, &'static str, Option<&'static str>)> {
    let of = |format: Format| {
        let header = format.default_header().unwrap_or("X-Cert");
        let mut words = format!("certificate={}", format.as_str());
        if format.default_header().is_none() {
            words += ":X-Cert";
        }
        let chain = match format {
            Format::Haproxy | Format::Apache => {
                words += " chain=X-Chain";
                Some("X-Chain")
            }
            Format::Rfc9440 => format.default_chain(),
            _ => None,
        };
        (format, words, header, chain)
    };
    Format::ALL.into_iter().map(of).collect()
}

fn certificates(identity: &Identity) -> Certificates {
    let der = |certificate: &X509| certificate.to_der().unwrap();
    Certificates { leaf: der(&identity.cert), chain: identity.chain.iter().map(der).collect() }
}

/// What a balancer of RFC 9440 sends for a client.
fn written(identity: &Identity) -> Written {
    write(Format::Rfc9440, &certificates(identity))
}

fn own_file() -> String {
    format!("/cfg/{OWN}.cfg")
}

fn other_file() -> String {
    format!("/cfg/{OTHER}.cfg")
}

/// What came of a GET with this leaf header.
fn with(client: &Client, path: &str, leaf: &str) -> String {
    ask(client, "GET", path, &[("Client-Cert", leaf)], b"")
}

/// Whether the other phone gets its file with this leaf header.
fn serves_the_other(client: &Client, leaf: &str) -> bool {
    let response = client.request("GET", other_file().as_bytes(), &[("Client-Cert", leaf)], b"").unwrap();
    response.status == 200 && response.text() == secret(OTHER)
}

fn self_signed() -> Identity {
    Certificate::leaf(Subject::poly(OWN)).issue()
}

#[test]
fn a_phone_behind_each_balancer_gets_its_own_file_and_no_other() {
    for (format, words, header, chain_header) in every_format() {
        let httpd = behind(&words).config("LimitRequestFieldSize 32760").start();
        let client = httpd.plain_client();
        let Written { leaf, chain } = write(format, &certificates(&phone()));
        let mut headers = vec![(header, leaf.as_str())];
        headers.extend(chain_header.zip(chain.as_deref()));
        let get = |path: &str| ask(&client, "GET", path, &headers, b"");
        for _again in 0..2 {
            assert_eq!(get(&own_file()), "200 allow own-file", "{words}");
            assert_eq!(get(&other_file()), "403 deny mac-mismatch", "{words}");
            assert_eq!(get("/cfg/000000000000.cfg"), "200 allow other-file", "{words}");
        }
        assert_eq!(ask(&client, "PUT", other_file(), &headers, b"x"), "403 deny mac-mismatch", "{words}");
        let line = httpd.wait_for_log("denied reason=mac-mismatch");
        assert!(line.contains("reason=mac-mismatch via=127.0.0.1 client=unknown cert-mac=0004f2aaaaaa"), "{line}");
        assert!(line.contains("subject='O=Polycom Inc., CN=0004F2AAAAAA'"), "{line}");
    }
}

#[test]
fn a_phone_without_a_certificate_behind_a_balancer_is_refused() {
    let httpd = behind("certificate=rfc9440").start();
    let client = httpd.plain_client();
    for nothing in ["", " ", "(null)"] {
        assert_eq!(with(&client, &own_file(), nothing), "403 deny no-certificate", "{nothing}");
    }
    assert_eq!(ask(&client, "GET", own_file(), &[], b""), "403 deny no-certificate");
    // what came with a phone's certificate before counts no more
    assert_eq!(with(&client, &own_file(), &written(&phone()).leaf), "200 allow own-file");
    assert_eq!(ask(&client, "GET", own_file(), &[], b""), "403 deny no-certificate");
    let chain = written(&phone()).chain.unwrap();
    let alone = ask(&client, "GET", own_file(), &[("Client-Cert-Chain", &chain)], b"");
    assert_eq!(alone, "403 deny no-certificate");
}

#[test]
fn phones_that_share_a_connection_are_told_apart() {
    let httpd = behind("certificate=rfc9440").start();
    let mut connection = httpd.plain_client().connect().unwrap();
    let phones = [(OWN, written(&phone()).leaf), (OTHER, written(&Poly::shared().phone(OTHER)).leaf)];
    for turn in 0..12 {
        let (sender, leaf) = &phones[turn % 2];
        for (mac, _) in &phones {
            let path = format!("/cfg/{mac}.cfg");
            let response = connection.request("GET", &path, &[("Client-Cert", leaf)], b"").unwrap();
            assert_eq!(response.status == 200, mac == sender, "{turn}: {sender} asks for {mac}");
        }
        let response = connection.request("GET", own_file(), &[], b"").unwrap();
        assert_eq!(response.header("X-Verdict"), Some("deny no-certificate"), "{turn}");
    }
}

#[test]
fn a_chain_that_the_balancer_leaves_out_once_it_resumes_a_session() {
    let root_only = |builder: Builder| builder.file("device-ca.pem", Poly::shared().root_pem());
    let mut httpd = root_only(behind("certificate=rfc9440")).start();
    let client = httpd.plain_client();
    let Written { leaf, chain } = written(&phone());
    let chain = chain.unwrap();
    let without = || with(&client, &own_file(), &leaf);
    assert_eq!(without(), "403 deny untrusted-certificate", "nobody has shown the chain");
    let whole = [("Client-Cert", leaf.as_str()), ("Client-Cert-Chain", chain.as_str())];
    assert_eq!(ask(&client, "GET", own_file(), &whole, b""), "200 allow own-file");
    assert_eq!(without(), "200 allow own-file");
    // another phone of the same issuer, and one of an issuer that nobody has shown
    let other = Poly::shared().phone(OTHER);
    assert!(serves_the_other(&client, &written(&other).leaf));
    let of_second = Poly::shared().issuing2.device(OWN);
    assert_eq!(with(&client, &own_file(), &written(&of_second).leaf), "403 deny untrusted-certificate");
    // a chain that proves nothing is not kept
    let stranger = written(&self_signed());
    let forged = [("Client-Cert", stranger.leaf.as_str()), ("Client-Cert-Chain", chain.as_str())];
    assert_eq!(ask(&client, "GET", own_file(), &forged, b""), "403 deny untrusted-certificate");
    httpd.wait_for_log("the CA list lacks the intermediate");
    httpd.graceful();
    assert_eq!(with(&client, &own_file(), &leaf), "403 deny untrusted-certificate", "a restart forgets");
}

#[test]
fn an_expired_and_a_revoked_phone_behind_a_balancer() {
    use mtlsprotect_testkit::Crl;
    let stolen = Poly::shared().phone(OWN);
    let expired = Poly::shared().leaf(Subject::poly(OWN)).expired().issue();
    let httpd = behind("certificate=rfc9440")
        .file("ca.crl", Crl::of(&Poly::shared().issuing1).revoke(&stolen.cert).pem())
        .config("MTLSProtectCRLFile ca.crl")
        .start();
    let client = httpd.plain_client();
    assert_eq!(with(&client, &own_file(), &written(&stolen).leaf), "403 deny revoked-certificate");
    assert_eq!(with(&client, &own_file(), &written(&expired).leaf), "403 deny expired-certificate");
    assert_eq!(with(&client, &own_file(), &written(&phone()).leaf), "200 allow own-file");
}

#[test]
fn phones_that_come_themselves_are_served_beside_those_behind_a_balancer() {
    let httpd = stranger_to("certificate=rfc9440").start();
    assert_eq!(ask(&httpd.phone(&phone()), "GET", own_file(), &[], b""), "200 allow own-file");
    assert_eq!(ask(&httpd.phone(&phone()), "GET", other_file(), &[], b""), "403 deny mac-mismatch");
    let line = httpd.wait_for_log("denied reason=mac-mismatch");
    assert!(line.contains("reason=mac-mismatch cert-mac=0004f2aaaaaa"), "{line}");
}

#[test]
fn the_application_learns_the_phone_behind_the_balancer() {
    let httpd: Httpd = behind("certificate=rfc9440")
        .module("cgi")
        .config("<Directory \"{docroot}/app\">\nOptions ExecCGI\nAddHandler cgi-script .sh\n</Directory>")
        .page("app/y", "")
        .start();
    httpd.write_script("app/run.sh", "#!/bin/sh\necho 'Content-Type: text/plain'; echo\necho \"[$MTLSPROTECT_MAC]\"\n");
    let leaf = written(&phone()).leaf;
    let response = httpd.plain_client().request("GET", "/app/run.sh", &[("Client-Cert", &leaf)], b"").unwrap();
    assert_eq!((response.status, response.text().trim()), (200, "[0004f2aaaaaa]"));
}
