//! A session that is taken up again: the same answer as on the full handshake, whatever TLS remembers.

use crate::judged::{
    self, LET_IN, MAC, OWN, SECRET, UNTRUSTED, copy_of, first_and_resumed, from_a_wrong_ca, self_signed, server, unique,
};
use mtlsprotect_testkit::{Builder, Httpd, Identity, Mpm, Poly, Subject, curl, openssl_s_client};

/// With tickets, and with the session cache alone.
const TICKETS: [&str; 2] = ["SSLSessionTickets on", "SSLSessionTickets off"];

fn poly_server() -> Builder {
    server(Poly::shared().bundle_pem())
}

fn refused_both_times(forged: &Identity) {
    for mpm in Mpm::ALL {
        for tickets in TICKETS {
            let httpd = poly_server().mpm(mpm).vhost(tickets).start();
            let client = httpd.phone(forged);
            for client in [client.clone().tls12(), client.clone().tls12().no_tickets(), client.clone().tls13()] {
                assert_eq!(first_and_resumed(&httpd, &client), [UNTRUSTED; 2], "{mpm:?}, {tickets}");
            }
        }
    }
}

#[test]
fn a_self_signed_certificate_with_the_right_cn_is_refused_first_and_resumed() {
    refused_both_times(&self_signed());
}

#[test]
fn a_wrong_cas_certificate_with_the_right_cn_is_refused_first_and_resumed() {
    refused_both_times(&from_a_wrong_ca());
}

#[test]
fn a_phone_is_let_in_first_and_resumed() {
    for mpm in Mpm::ALL {
        for tickets in TICKETS {
            for list in [Poly::shared().bundle_pem(), Poly::shared().root_pem()] {
                let httpd = server(list).mpm(mpm).vhost(tickets).start();
                let client = httpd.phone(&Poly::shared().phone(MAC));
                for client in [client.clone().tls12(), client.clone().tls12().no_tickets(), client.clone().tls13()] {
                    assert_eq!(first_and_resumed(&httpd, &client), [LET_IN; 2], "{mpm:?}, {tickets}");
                }
            }
        }
    }
}

#[test]
fn an_expired_phone_is_refused_first_and_resumed() {
    let expired = Poly::shared().leaf(Subject::poly(MAC)).expired().issue();
    for tickets in TICKETS {
        let httpd = poly_server().vhost(tickets).start();
        for client in [httpd.phone(&expired).tls12(), httpd.phone(&expired).tls13()] {
            assert_eq!(first_and_resumed(&httpd, &client), ["403 expired-certificate"; 2], "{tickets}");
        }
    }
}

#[test]
fn a_session_that_is_resumed_again_and_again_is_judged_each_time() {
    for (identity, expected) in [(self_signed(), UNTRUSTED), (Poly::shared().phone(MAC), LET_IN)] {
        let httpd = server(Poly::shared().root_pem()).children(2).start();
        for client in [httpd.phone(&identity).tls12(), httpd.phone(&identity).tls13()] {
            let mut connection = client.connect().unwrap();
            assert_eq!(judged::judged_on(&httpd, &mut connection), expected);
            let mut session = connection.session();
            for round in 1..=5 {
                // only TLS 1.3 gives a new one each time
                if connection.tls_version() == "TLSv1.3" {
                    session = connection.session();
                }
                connection = client.clone().resume(&copy_of(&session)).connect().unwrap();
                assert_eq!(judged::judged_on(&httpd, &mut connection), expected, "resumed {round} times");
                assert!(connection.resumed());
            }
        }
    }
}

/// Two requests of one curl on two connections over HTTP/2: what the server says and logs of each.
fn over_http2(httpd: &Httpd, identity: &Identity, version: &[&str]) -> [String; 2] {
    let dir = writable(httpd);
    let files = identity.write(&dir, "h2");
    let paths = [unique(OWN), unique(OWN)];
    let mut args: Vec<String> = Vec::new();
    for (number, path) in paths.iter().enumerate() {
        if number == 1 {
            // another interface, so that curl can't take the connection it has but can take its session
            args.extend(["--next", "-q", "--silent", "--insecure", "--interface", "127.0.0.1"].map(str::to_owned));
        }
        args.extend(["--http2", "--include", "--write-out", "\n%{http_version} %{num_connects}\n"].map(str::to_owned));
        args.extend(version.iter().map(|&option| option.to_owned()));
        args.extend(["--cert".to_owned(), files.chain.display().to_string()]);
        args.extend(["--key".to_owned(), files.key.display().to_string()]);
        args.push(format!("https://127.0.0.1:{}{path}", httpd.https()));
    }
    let output = curl(&args);
    assert_eq!(output.text.matches("\n2 1\n").count(), 2, "two connections of HTTP/2 each: {}", output.text);
    let found = paths.each_ref().map(|path| {
        let line = httpd.wait_for_access(&format!("{path} HTTP/2.0"));
        let status: u16 = line.split(' ').next().unwrap().parse().unwrap();
        let session = line.rsplit_once("session=").unwrap().1.to_owned();
        format!("{status} {} {session}", judged::reason(httpd, status, path))
    });
    let let_in = found.iter().filter(|found| found.starts_with("200")).count();
    assert_eq!(output.text.matches(SECRET).count(), let_in, "{}", output.text);
    found
}

fn writable(httpd: &Httpd) -> std::path::PathBuf {
    httpd.root().join("writable")
}

#[test]
fn self_signed_and_wrong_ca_certificates_are_refused_over_http2_first_and_resumed() {
    for mpm in [Mpm::Event, Mpm::Worker] {
        let httpd = poly_server().mpm(mpm).module("http2").start();
        for version in [&["--tls-max", "1.2"][..], &["--tlsv1.3"]] {
            for forged in [self_signed(), from_a_wrong_ca()] {
                let expected = ["403 untrusted-certificate Initial", "403 untrusted-certificate Resumed"];
                assert_eq!(over_http2(&httpd, &forged, version), expected, "{mpm:?} {version:?}");
            }
        }
    }
}

#[test]
fn a_phone_is_let_in_over_http2_first_and_resumed() {
    for list in [Poly::shared().bundle_pem(), Poly::shared().root_pem()] {
        let httpd = server(list).module("http2").start();
        for version in [&["--tls-max", "1.2"][..], &["--tlsv1.3"]] {
            let found = over_http2(&httpd, &Poly::shared().phone(MAC), version);
            assert_eq!(found, ["200 own-file Initial", "200 own-file Resumed"], "{version:?}");
        }
    }
}

/// One connection of `openssl s_client`: "403 untrusted-certificate New".
fn by_s_client(httpd: &Httpd, identity: &Identity, options: &[&str]) -> String {
    let files = identity.write(&writable(httpd), "s-client");
    let path = unique(OWN);
    let [chain, key] = [&files.chain, &files.key].map(|path| path.display().to_string());
    let address = format!("127.0.0.1:{}", httpd.https());
    let mut args = vec!["-connect", &address, "-cert", &chain, "-cert_chain", &chain, "-key", &key, "-ign_eof"];
    args.extend(options);
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let output = openssl_s_client(&args, request.as_bytes());
    let status = output.text.split_once("HTTP/1.1 ").and_then(|(_, rest)| rest.get(..3)?.parse().ok());
    let status = status.unwrap_or_else(|| panic!("no answer: {}", output.text));
    assert_eq!(output.text.contains(SECRET), status == 200, "{}", output.text);
    let session = if output.text.contains("\nReused, TLSv") { "Reused" } else { "New" };
    format!("{status} {} {session}", judged::reason(httpd, status, &path))
}

#[test]
fn s_client_with_a_saved_session_gets_the_answer_that_it_got_without() {
    let cases = [
        (self_signed(), UNTRUSTED),
        (from_a_wrong_ca(), UNTRUSTED),
        (Poly::shared().phone(MAC), LET_IN),
        (Poly::shared().phone("0004f2bbbbbb"), "403 mac-mismatch"),
    ];
    for tickets in TICKETS {
        let httpd = poly_server().vhost(tickets).start();
        for version in ["-tls1_2", "-tls1_3"] {
            for (identity, expected) in &cases {
                let saved = writable(&httpd).join("session").display().to_string();
                let first = by_s_client(&httpd, identity, &[version, "-sess_out", &saved]);
                assert_eq!(first, format!("{expected} New"), "{version}, {tickets}");
                let resumed = by_s_client(&httpd, identity, &[version, "-sess_in", &saved]);
                assert_eq!(resumed, format!("{expected} Reused"), "{version}, {tickets}");
            }
        }
    }
}
