//! HAProxy, nginx and httpd in front of the server, by the lines of docs/balancers.md. scripts/install-dependencies test
//! brings them.

use crate::asking::{OTHER, OWN, ask, phone, secret, server};
use mtlsprotect_core::forwarded::{Certificates, Format, write};
use mtlsprotect_testkit::balancer::{Balancer, guide, guide_behind, without_deletion};
use mtlsprotect_testkit::{Builder, Certificate, Client, Crl, Httpd, Identity, Poly, Subject, tools};

/// A balancer of the guide.
pub struct Kind {
    /// Where the guide has it.
    pub heading: &'static str,
    /// How it writes certificates.
    pub format: Format,
    /// What it answers to a phone whose certificate has expired; nothing where it drops it in the handshake.
    pub to_expired: Option<&'static str>,
    /// It passes on the phone's intermediates, too.
    pub passes_chain: bool,
}

const KINDS: [Kind; 3] = [
    Kind {
        heading: "HAProxy",
        format: Format::Haproxy,
        to_expired: Some("403 deny expired-certificate"),
        passes_chain: true,
    },
    Kind { heading: "nginx", format: Format::Nginx, to_expired: Some("400 -"), passes_chain: false },
    Kind { heading: "httpd", format: Format::Apache, to_expired: None, passes_chain: true },
];

/// The server behind, by the guide's lines.
fn behind(kind: &Kind) -> Builder {
    server().module("remoteip").plain_vhost(&guide_behind(kind.heading, "127.0.0.1"))
}

/// Starts a balancer in front of a server, by the guide's lines as `edit` leaves them.
fn front_of(kind: &Kind, back: &Httpd, edit: impl Fn(&str) -> String) -> Balancer {
    Balancer::start(&edit(&guide(kind.heading)[0]), back.http())
}

fn as_it_is(lines: &str) -> String {
    lines.to_owned()
}

fn own_file() -> String {
    format!("/cfg/{OWN}.cfg")
}

fn other_file() -> String {
    format!("/cfg/{OTHER}.cfg")
}

fn each_version(front: &Balancer, identity: Option<&Identity>) -> [Client; 2] {
    let client = Client::new(front.port());
    let client = identity.map_or(client.clone(), |identity| client.identity(identity));
    [client.clone().tls12(), client.tls13()]
}

fn get(client: &Client, path: &str) -> String {
    ask(client, "GET", path, &[], b"")
}

fn certificates(identity: &Identity) -> Certificates {
    Certificates { leaf: identity.cert.to_der().unwrap(), chain: Vec::new() }
}

#[test]
#[ignore = "needs HAProxy and nginx"]
fn phones_behind_each_balancer_get_their_own_files_and_no_other() {
    KINDS.iter().for_each(own_files_and_no_other);
}

/// Of a phone, nobody, a stranger, a revoked phone and an expired one.
pub fn own_files_and_no_other(kind: &Kind) {
    let stolen = Poly::shared().phone(OWN);
    let back = behind(kind)
        .file("ca.crl", Crl::of(&Poly::shared().issuing1).revoke(&stolen.cert).pem())
        .config("MTLSProtectCRLFile ca.crl")
        .start();
    let front = front_of(kind, &back, as_it_is);
    let name = kind.heading;
    for client in each_version(&front, Some(&phone())) {
        assert_eq!(get(&client, &own_file()), "200 allow own-file", "{name}");
        assert_eq!(get(&client, &other_file()), "403 deny mac-mismatch", "{name}");
        assert_eq!(get(&client, "/cfg/000000000000.cfg"), "200 allow other-file", "{name}");
        // a resumed session
        let mut first = client.connect().unwrap();
        assert_eq!(first.get(&own_file()).unwrap().status, 200, "{name}");
        let mut again = client.resume(&first.session()).connect().unwrap();
        assert!(again.resumed(), "{name}");
        assert_eq!(again.get(&own_file()).unwrap().header("X-Verdict"), Some("allow own-file"), "{name}");
        assert_eq!(again.get(&other_file()).unwrap().header("X-Verdict"), Some("deny mac-mismatch"), "{name}");
    }
    for client in each_version(&front, None) {
        assert_eq!(get(&client, &own_file()), "403 deny no-certificate", "{name}");
    }
    let stranger = Certificate::leaf(Subject::poly(OWN)).issue();
    for client in each_version(&front, Some(&stranger)) {
        assert_eq!(get(&client, &own_file()), "403 deny untrusted-certificate", "{name}");
    }
    for client in each_version(&front, Some(&stolen)) {
        assert_eq!(get(&client, &own_file()), "403 deny revoked-certificate", "{name}");
    }
    let expired = Poly::shared().leaf(Subject::poly(OWN)).expired().issue();
    for client in each_version(&front, Some(&expired)) {
        match kind.to_expired {
            Some(answer) => assert_eq!(get(&client, &own_file()), answer, "{name}"),
            None => assert!(client.get(&own_file()).is_err(), "{name}"),
        }
    }
    let over_http2 = |path: &str| tools::curl_h2(front.port(), Some(&phone()), path).status;
    assert_eq!((over_http2(&own_file()), over_http2(&other_file())), (200, 403), "{name}");
}

#[test]
#[ignore = "needs HAProxy and nginx"]
fn phones_that_share_the_balancers_connections_are_told_apart() {
    KINDS.iter().for_each(told_apart);
}

/// Of two phones and nobody, whose requests come in turns.
pub fn told_apart(kind: &Kind) {
    let back = behind(kind).start();
    let front = front_of(kind, &back, as_it_is);
    let phones = [(OWN, Some(phone())), (OTHER, Some(Poly::shared().phone(OTHER))), ("nobody", None)];
    let mut connections: Vec<_> = phones
        .iter()
        .map(|(mac, identity)| {
            let client = Client::new(front.port());
            (*mac, identity.as_ref().map_or(client.clone(), |own| client.identity(own)).connect().unwrap())
        })
        .collect();
    for _turn in 0..5 {
        for (sender, connection) in &mut connections {
            for mac in [OWN, OTHER] {
                let response = connection.get(&format!("/cfg/{mac}.cfg")).unwrap();
                let is_served = response.status == 200 && response.text() == secret(mac);
                assert_eq!(is_served, *sender == mac, "{}: {sender} asks for {mac}", kind.heading);
            }
        }
    }
}

/// What a client gets who has another phone's certificate, but not its key, and sends it in the header.
fn forging(kind: &Kind, front: &Balancer, identity: Option<&Identity>) -> bool {
    let leaf = write(kind.format, &certificates(&Poly::shared().phone(OTHER))).leaf;
    let client = Client::new(front.port());
    let client = identity.map_or(client.clone(), |identity| client.identity(identity));
    ["X-Client-Cert", "x-client-cert", "X_Client_Cert", "X-Forwarded-Client-Cert"].into_iter().any(|name| {
        let headers = [(name, leaf.as_str()), ("X-Forwarded-Proto", "https")];
        client.request("GET", other_file().as_bytes(), &headers, b"").unwrap().text().contains(&secret(OTHER))
    })
}

#[test]
#[ignore = "needs HAProxy and nginx"]
fn a_client_who_sends_the_header_through_the_balancer() {
    KINDS.iter().for_each(no_header_of_a_clients);
}

/// By the guide's lines; without those that delete or replace the header it is a hole, which is seen.
pub fn no_header_of_a_clients(kind: &Kind) {
    let back = behind(kind).start();
    let front = front_of(kind, &back, as_it_is);
    for identity in [None, Some(phone()), Some(Certificate::leaf(Subject::poly(OTHER)).issue())] {
        assert!(!forging(kind, &front, identity.as_ref()), "{}", kind.heading);
    }
    let open = front_of(kind, &back, without_deletion);
    assert!(forging(kind, &open, None), "{}", kind.heading);
}

/// By HAProxy's lines without the one that deletes `Upgrade`: what a balancer does that nobody has told otherwise.
#[test]
#[ignore = "needs HAProxy and nginx"]
fn a_client_whom_the_balancer_opens_a_tunnel() {
    let kind = &KINDS[0];
    let lines = "ServerName yes.example\nScriptAliasMatch ^/$ \"{docroot}/app/yes.sh\"";
    let back = behind(kind)
        .modules(&["http2", "cgi"])
        .config(
            "Protocols h2 h2c http/1.1\n<Directory \"{docroot}/app\">\nMTLSProtect Off\nOptions ExecCGI\n</Directory>",
        )
        .plain_vhost("ServerName localhost")
        .config(&format!("<VirtualHost 127.0.0.1:{{http}}>\n{lines}\n</VirtualHost>"))
        .page("app/y", "")
        .start();
    back.write_script("app/yes.sh", "#!/bin/sh\nprintf 'Content-Type: text/plain\\nContent-Length: 0\\n\\n'\n");
    let front = front_of(kind, &back, |lines| lines.replace("http-request del-header Upgrade\n", "\n"));
    let leaf = write(kind.format, &certificates(&Poly::shared().phone(OTHER))).leaf;
    let client = Client::new(front.port()).identity(&phone());
    let mut connection = client.connect().unwrap();
    let response = connection.raw(b"CONNECT yes.example:80 HTTP/1.1\r\nHost: yes.example:80\r\n\r\n").unwrap();
    assert_eq!(response.status, 200, "the attack is one");
    let next = connection.request("GET", other_file(), &[("X-Client-Cert", &leaf), ("Host", "localhost")], b"");
    assert!(next.is_err(), "{next:?}");
    let upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__";
    let request = format!("GET {} HTTP/1.1\r\nHost: localhost\r\n{upgrade}\r\n\r\n", own_file());
    let status = |front: &Balancer| {
        let client = Client::new(front.port()).identity(&phone());
        client.connect().unwrap().raw(request.as_bytes()).ok().map(|response| response.status)
    };
    // What follows is HTTP/2; how it goes on is shown where the test is the balancer. From 3.0.6 on (2.8.13, 2.6.22) HAProxy
    // itself leaves out h2c.
    match status(&front) {
        None => drop(back.wait_for_log("removed the header X-Client-Cert, which came behind an upgrade")),
        answered => assert_eq!(answered, Some(200)),
    }
    assert_eq!(status(&front_of(kind, &back, as_it_is)), Some(200), "the guide's line keeps it from being one");
    for kind in &KINDS[1..] {
        let back = behind(kind).module("http2").config("Protocols h2 h2c http/1.1").start();
        assert_eq!(status(&front_of(kind, &back, as_it_is)), Some(200), "{}", kind.heading);
    }
}

#[test]
#[ignore = "needs HAProxy and nginx"]
fn a_chain_that_the_balancer_passes_on() {
    KINDS.iter().filter(|kind| kind.passes_chain).for_each(chain_passed_on);
}

/// To a server that has the root alone; also of a resumed session.
pub fn chain_passed_on(kind: &Kind) {
    let back = behind(kind).file("device-ca.pem", Poly::shared().root_pem()).start();
    let front = front_of(kind, &back, as_it_is);
    for client in each_version(&front, Some(&phone())) {
        assert_eq!(get(&client, &own_file()), "200 allow own-file", "{}", kind.heading);
        let mut first = client.connect().unwrap();
        assert_eq!(first.get(&own_file()).unwrap().status, 200, "{}", kind.heading);
        let mut again = client.resume(&first.session()).connect().unwrap();
        assert!(again.resumed(), "{}", kind.heading);
        assert_eq!(again.get(&own_file()).unwrap().status, 200, "{}: resumed", kind.heading);
    }
}

#[test]
#[ignore = "needs HAProxy and nginx"]
fn every_line_for_this_server_in_the_guide_is_accepted() {
    let mut tested = 0;
    for heading in ["HAProxy", "nginx", "httpd", "AWS Application Load Balancer", "Envoy", "Traefik"] {
        for block in guide(heading).iter().filter(|block| block.contains("MTLSProtectProxy")) {
            let text = block.replace("*:80", "127.0.0.1:{http}").replace("/srv/provisioning", "{docroot}");
            let output = Httpd::builder()
                .with_module()
                .without_vhosts()
                .module("remoteip")
                .file("device-ca.pem", Poly::shared().bundle_pem())
                .config("MTLSProtectCAFile {device_ca}\n<Directory {docroot}>\nMTLSProtect On\n</Directory>")
                .config(&text)
                .configtest();
            assert!(output.ok && !output.text.contains("mtlsprotect: "), "{heading}: {}", output.text);
            tested += 1;
        }
    }
    assert_eq!(tested, 6);
}

#[test]
#[ignore = "needs HAProxy and nginx"]
fn a_balancer_that_passes_tcp_through_keeps_the_handshake_and_the_phones_address_here() {
    let heading = "HAProxy, TCP passed through";
    // phones are at 127.0.0.1, and the balancer speaks to this server from another address
    let exempt =
        format!("{OTHER} exempt from=127.0.0.1 until=2099-12-31\n{OWN} exempt from=127.0.0.9 until=2099-12-31\n");
    let lines = guide(heading)[0].replace("send-proxy-v2", "send-proxy-v2 source 127.0.0.9");
    let host = guide(heading)
        .pop()
        .unwrap()
        .replace("*:443", "127.0.0.1:{https_b}")
        .replace("/srv/provisioning", "{docroot}")
        .replace("/etc/ssl/provisioning.pem", "{server_cert}")
        .replace("/etc/ssl/provisioning.key", "{server_key}");
    let back = server()
        .module("remoteip")
        .file("devices", exempt)
        .config("MTLSProtectDeviceFile devices")
        .config(&host)
        .start();
    let front = Balancer::start(&lines, back.https_b());
    for client in each_version(&front, Some(&phone())) {
        assert_eq!(get(&client, &own_file()), "200 allow own-file");
        assert_eq!(get(&client, &other_file()), "403 deny mac-mismatch");
        // no header speaks for a phone here
        let forged = write(Format::Rfc9440, &certificates(&Poly::shared().phone(OTHER))).leaf;
        let headers = [("Client-Cert", forged.as_str()), ("X-Forwarded-For", "127.0.0.9")];
        assert_eq!(ask(&client, "GET", other_file(), &headers, b""), "403 deny mac-mismatch");
    }
    for client in each_version(&front, None) {
        let answer = client.get(&other_file()).unwrap();
        assert_eq!((answer.status, answer.header("X-Verdict")), (200, Some("allow exempt-device")));
        assert_eq!(get(&client, &own_file()), "403 deny no-certificate", "exempt at the balancer's address only");
        let line = back.wait_for_log("denied reason=no-certificate");
        assert!(line.contains("[client 127.0.0.1:"), "{line}");
    }
    // nobody gets in past the balancer without the protocol's line
    assert!(Client::new(back.https_b()).identity(&phone()).get(&own_file()).is_err());
}
