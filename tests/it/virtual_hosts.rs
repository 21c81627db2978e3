//! A connection made for one virtual host and used for another: what counts is the list of the host that answers.

use crate::judged::{self, LET_IN, MAC, OWN, SECRET, UNTRUSTED, copy_of, judged_at, reason, unique};
use mtlsprotect_testkit::{Builder, Client, Connection, Httpd, Identity, Mpm, Poly, Subject, curl};
use std::sync::OnceLock;

/// The CAs of b.test's phones; a.test's are [`Poly::shared`].
fn poly_b() -> &'static Poly {
    static OTHER: OnceLock<Poly> = OnceLock::new();
    OTHER.get_or_init(Poly::new)
}

/// Hosts a and b trust a CA each, c has no list; all serve one folder, with the same settings of mod_ssl.
fn three_hosts() -> Builder {
    let host = |name: &str, list: &str| {
        format!(
            "<VirtualHost 127.0.0.1:{{https}}>\nServerName {name}.test\nSSLEngine on\n\
             SSLVerifyClient optional_no_ca\nSSLVerifyDepth 5\n{list}\n</VirtualHost>"
        )
    };
    Httpd::builder()
        .with_module()
        .without_vhosts()
        .file("a.pem", Poly::shared().bundle_pem())
        .file("b.pem", poly_b().bundle_pem())
        .page(OWN, SECRET)
        .config("<Directory {docroot}>\nMTLSProtect On\n</Directory>")
        .config(&host("a", "MTLSProtectCAFile {root}/a.pem"))
        .config(&host("b", "MTLSProtectCAFile {root}/b.pem"))
        .config(&host("c", ""))
}

fn phone_of_a() -> Identity {
    Poly::shared().phone(MAC)
}

fn phone_of_b() -> Identity {
    poly_b().phone(MAC)
}

fn ask(httpd: &Httpd, connection: &mut Connection, host: &str) -> String {
    judged_at(httpd, connection, &unique(OWN), &[("Host", host)])
}

fn versions(client: &Client) -> [Client; 2] {
    [client.clone().tls12(), client.clone().tls13()]
}

#[test]
fn a_connection_made_for_one_host_is_judged_by_the_list_of_the_host_it_is_used_for() {
    for mpm in Mpm::ALL {
        let httpd = three_hosts().mpm(mpm).start();
        for (phone, sni, answers) in [
            (phone_of_a(), "a.test", [LET_IN, UNTRUSTED, UNTRUSTED]),
            (phone_of_b(), "a.test", [UNTRUSTED, LET_IN, UNTRUSTED]),
            (phone_of_a(), "b.test", [LET_IN, UNTRUSTED, UNTRUSTED]),
            (phone_of_b(), "b.test", [UNTRUSTED, LET_IN, UNTRUSTED]),
        ] {
            for client in versions(&httpd.phone(&phone).sni(sni)) {
                let mut connection = client.connect().unwrap();
                // there and back, so that an answer remembered for one host would show at the other
                for round in ["first", "again"] {
                    let found = ["a.test", "b.test", "c.test"].map(|host| ask(&httpd, &mut connection, host));
                    assert_eq!(found, answers, "SNI {sni}, {mpm:?}, {}, {round}", connection.tls_version());
                }
            }
        }
    }
}

#[test]
fn a_session_taken_from_one_host_to_another_is_judged_by_the_other() {
    for tickets in ["on", "off"] {
        let httpd = three_hosts().config(&format!("SSLSessionTickets {tickets}")).start();
        for (from, to, expected) in
            [("a.test", "b.test", [LET_IN, UNTRUSTED]), ("b.test", "a.test", [UNTRUSTED, LET_IN])]
        {
            for client in versions(&httpd.phone(&phone_of_a())) {
                let client = client.sni(from);
                let mut first = client.connect().unwrap();
                assert_eq!(ask(&httpd, &mut first, from), expected[0], "made for {from}");
                let session = copy_of(&first.session());
                let mut there = client.clone().sni(to).resume(&session).connect().unwrap();
                assert_eq!(ask(&httpd, &mut there, to), expected[1], "taken to {to}, tickets {tickets}");
                let mut here = client.resume(&copy_of(&session)).connect().unwrap();
                assert_eq!(ask(&httpd, &mut here, to), expected[1], "resumed for {from}, used for {to}");
                assert!(here.resumed());
                assert_eq!(ask(&httpd, &mut here, from), expected[0], "and for {from}");
            }
        }
    }
}

/// Asks for the file at each of these hosts on one connection of HTTP/2, made for a.test.
fn over_one_http2_connection(httpd: &Httpd, identity: &Identity, hosts: &[&str]) -> Vec<String> {
    let files = identity.write(&httpd.root().join("writable"), "h2");
    let port = httpd.https();
    let paths: Vec<String> = hosts.iter().map(|_| unique(OWN)).collect();
    let mut args: Vec<String> = Vec::new();
    for (host, path) in hosts.iter().zip(&paths) {
        if !args.is_empty() {
            args.extend(["--next", "-q", "--silent", "--insecure", "--noproxy", "*"].map(str::to_owned));
        }
        args.extend(
            ["--http2", "--include", "--write-out", "\n%{http_version} connects=%{num_connects}\n"].map(str::to_owned),
        );
        args.extend([
            "--resolve".to_owned(),
            format!("a.test:{port}:127.0.0.1"),
            "-H".to_owned(),
            format!("Host: {host}"),
        ]);
        args.extend(["--cert".to_owned(), files.chain.display().to_string()]);
        args.extend(["--key".to_owned(), files.key.display().to_string()]);
        args.push(format!("https://a.test:{port}{path}"));
    }
    let output = curl(&args);
    assert_eq!(output.text.matches("\n2 connects=").count(), hosts.len(), "{}", output.text);
    assert_eq!(output.text.matches("connects=1").count(), 1, "one connection: {}", output.text);
    let found: Vec<String> = paths
        .iter()
        .map(|path| {
            let line = httpd.wait_for_access(&format!("{path} HTTP/2.0"));
            let status = line.split(' ').next().unwrap().parse().unwrap();
            format!("{status} {}", reason(httpd, status, path))
        })
        .collect();
    let let_in = found.iter().filter(|found| *found == LET_IN).count();
    assert_eq!(output.text.matches(SECRET).count(), let_in, "{}", output.text);
    found
}

#[test]
fn an_http2_connection_reused_for_another_host_is_judged_by_that_host() {
    for mpm in [Mpm::Event, Mpm::Worker] {
        let httpd = three_hosts().mpm(mpm).module("http2").start();
        let hosts = ["a.test", "b.test", "c.test", "a.test", "b.test"];
        let found = over_one_http2_connection(&httpd, &phone_of_a(), &hosts);
        assert_eq!(found, [LET_IN, UNTRUSTED, UNTRUSTED, LET_IN, UNTRUSTED], "{mpm:?}");
        let found = over_one_http2_connection(&httpd, &phone_of_b(), &hosts);
        assert_eq!(found, [UNTRUSTED, LET_IN, UNTRUSTED, UNTRUSTED, LET_IN], "{mpm:?}");
    }
}

#[test]
fn another_host_on_the_same_folder_without_a_list_trusts_nobody() {
    let httpd = three_hosts().start();
    // without intermediates: at this host mod_ssl's own limits hold
    for phone in [phone_of_a().without_chain(), phone_of_b().without_chain(), judged::self_signed()] {
        for client in versions(&httpd.phone(&phone).sni("c.test")) {
            assert_eq!(judged::first_and_resumed(&httpd, &client), [UNTRUSTED; 2]);
        }
    }
    assert_eq!(judged::judged(&httpd, &httpd.client().sni("c.test")), "403 no-certificate");
    httpd.wait_for_log("why='this virtual host has no MTLSProtectCAFile");
}

#[test]
fn plain_http_on_the_same_folder_gives_nothing() {
    for mpm in Mpm::ALL {
        let httpd = three_hosts().mpm(mpm).start();
        for host in ["a.test", "b.test", "c.test", "localhost"] {
            let mut connection = httpd.plain_client().connect().unwrap();
            assert_eq!(ask(&httpd, &mut connection, host), "403 plain-http", "{host}");
        }
    }
}

#[test]
fn hosts_with_one_list_and_other_settings_have_answers_of_their_own() {
    let host = |name: &str, settings: &str| {
        format!(
            "<VirtualHost 127.0.0.1:{{https}}>\nServerName {name}.test\nSSLEngine on\n\
             SSLVerifyClient optional_no_ca\n{settings}\n</VirtualHost>"
        )
    };
    let httpd = Httpd::builder()
        .protected(Poly::shared().bundle_pem())
        .without_vhosts()
        .page(OWN, SECRET)
        .config(&host("usual", ""))
        .config(&host("shallow", "MTLSProtectVerifyDepth 2"))
        .config(&host("sep", "MTLSProtectIdentityPattern \"^SEP(?<mac>[0-9A-F]{12})$\""))
        .start();
    let hosts = ["usual.test", "shallow.test", "sep.test", "usual.test", "shallow.test", "sep.test"];
    let nobody = "403 no-device-identity";
    let sep = Poly::shared().leaf(Subject::cn("SEP0004F2AAAAAA")).issue();
    for (phone, expected) in [
        (phone_of_a(), [LET_IN, UNTRUSTED, nobody, LET_IN, UNTRUSTED, nobody]),
        (sep, [nobody, UNTRUSTED, LET_IN, nobody, UNTRUSTED, LET_IN]),
    ] {
        for client in versions(&httpd.phone(&phone).sni("usual.test")) {
            let mut connection = client.connect().unwrap();
            assert_eq!(hosts.map(|host| ask(&httpd, &mut connection, host)), expected);
        }
    }
}
