//! The configurations of docs/exceptions.md, and of pages near it, do what they say.

use crate::documents::block_with;
use mtlsprotect_testkit::{Authority, Builder, Client, Httpd, Key, Poly};
use std::io::{Read, Write, copy};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

/// The lines of the page from the block that contains this, for a test's server.
fn lines(part: &str) -> String {
    lines_of("docs/exceptions.md", part)
}

fn lines_of(page: &str, part: &str) -> String {
    block_with(page, part).replace("/srv/provisioning", "{docroot}")
}

fn site() -> Builder {
    Httpd::builder()
        .with_module()
        .file("device-ca.pem", Poly::shared().bundle_pem())
        .config("MTLSProtectCAFile {device_ca}")
        .vhost("SSLVerifyClient optional_no_ca")
        .page("0004f2aaaaaa.cfg", "secret of a")
        .page("0004f2bbbbbb.cfg", "secret of b")
}

fn status(client: &Client, path: &str) -> u16 {
    client.get(path).unwrap().status
}

#[test]
fn staff_get_every_file_from_their_network_and_nobody_else_does() {
    let text = lines("-R '192.0.2.0/24'");
    let outside = site().config(&text).start();
    assert_eq!(status(&outside.client(), "/0004f2aaaaaa.cfg"), 403);
    let inside = site().config(&text.replace("192.0.2.0/24", "127.0.0.0/8")).start();
    assert_eq!(status(&inside.client(), "/0004f2aaaaaa.cfg"), 200);
}

#[test]
fn staff_come_by_a_host_of_their_own() {
    let staff = Authority::root("TEST Staff CA");
    let host = lines("ServerName staff.example.com")
        .replace("*:443", "127.0.0.1:{https_b}")
        .replace("/etc/ssl/certs/staff.pem", "{server_cert}")
        .replace("/etc/ssl/private/staff.key", "{server_key}")
        .replace("/etc/ssl/staff-ca.pem", "{root}/staff-ca.pem");
    let httpd = site()
        .file("staff-ca.pem", staff.pem())
        .config(&format!("<Directory {{docroot}}>\nMTLSProtect On\n</Directory>\n{host}"))
        .start();
    let member = staff.device("0004f2aaaaaa");
    let at = |client: Client| client.get("/0004f2bbbbbb.cfg");
    assert_eq!(at(Client::new(httpd.https_b()).identity(&member)).unwrap().status, 200);
    let phone = Poly::shared().phone("0004f2aaaaaa");
    assert!(at(Client::new(httpd.https_b()).identity(&phone)).is_err(), "a phone is no member of staff");
    assert!(at(Client::new(httpd.https_b())).is_err(), "nor is a stranger");
    assert_eq!(httpd.get(&phone, "/0004f2bbbbbb.cfg").status, 403, "in the phones' host all is as before");
    assert_eq!(httpd.get(&phone, "/0004f2aaaaaa.cfg").status, 200);
}

#[test]
fn a_range_of_the_fleet_is_protected_and_the_rest_only_once_it_has_proven_itself() {
    let learned = "MTLSProtectLearnedFile {root}/learned\n";
    let httpd = site().config(&(learned.to_owned() + &lines_of("docs/staging.md", "<FilesMatch"))).start();
    let stranger = httpd.client();
    assert_eq!(status(&stranger, "/0004f2aaaaaa.cfg"), 403, "ready");
    assert_eq!(status(&stranger, "/0004f2bbbbbb.cfg"), 200, "not yet");
    httpd.wait_for_log("would-deny reason=no-certificate cert-mac=- named=0004f2bbbbbb");
    assert_eq!(httpd.get(&Poly::shared().phone("0004f2aaaaaa"), "/0004f2aaaaaa.cfg").status, 200);
}

#[test]
fn firmware_and_health_checks_are_open_and_no_phones_file_is() {
    let httpd = site()
        .config(&lines("health.txt"))
        .plain_vhost("")
        .page("sip.ld", "firmware")
        .page("0004f2aaaaaa.ld", "secret")
        .page("health.txt", "alive")
        .page("logo.png", "logo")
        .start();
    let (stranger, check) = (httpd.client(), httpd.plain_client());
    for path in ["/sip.ld", "/health.txt"] {
        assert_eq!((status(&stranger, path), status(&check, path)), (200, 200), "{path}");
    }
    for path in ["/0004f2aaaaaa.ld", "/logo.png", "/0004f2aaaaaa.cfg"] {
        assert_eq!((status(&stranger, path), status(&check, path)), (403, 403), "{path}");
    }
}

#[test]
fn the_servers_certificate_can_be_renewed_through_the_phones_host() {
    let challenge = "/.well-known/acme-challenge/token";
    let site = |text: &str| {
        let site = site().config(text).plain_vhost("").page(&challenge[1..], "token").start();
        (status(&site.plain_client(), challenge), status(&site.plain_client(), "/0004f2aaaaaa.cfg"))
    };
    assert_eq!(site("<Directory {docroot}>\nMTLSProtect On\n</Directory>"), (403, 403), "without the lines");
    assert_eq!(site(&lines("acme-challenge")), (200, 403));
}

#[test]
fn a_phone_that_comes_by_http_is_sent_on_and_gets_nothing_else() {
    let page = lines_of("docs/troubleshooting.md", "Redirect permanent");
    let redirect = page.lines().find(|line| line.contains("Redirect permanent")).unwrap();
    let on = "<Directory {docroot}>\nMTLSProtect On\n</Directory>";
    let httpd = site().module("alias").config(on).plain_vhost(redirect).start();
    let answer = httpd.plain_client().get("/0004f2aaaaaa.cfg").unwrap();
    assert_eq!(answer.status, 301);
    assert_eq!(answer.header("Location"), Some("https://provisioning.example.com/0004f2aaaaaa.cfg"));
    assert!(!answer.text().contains("secret"), "{}", answer.text());
}

#[test]
fn a_phone_that_knows_tls_1_0_only_is_served_with_the_lines_for_it_and_judged_as_ever() {
    let page = lines_of("docs/troubleshooting.md", "SSLCipherSuite");
    let lines: String = page.lines().filter(|line| line.contains("    SSL")).map(|line| format!("{line}\n")).collect();
    let on = |lines: &str| {
        let site = site().config("<Directory {docroot}>\nMTLSProtect On\n</Directory>");
        site.config("LogLevel ssl:info").vhost(lines).start()
    };
    let phone = Poly::shared().phone("0004f2aaaaaa");
    let without = on("");
    assert!(without.client().tls10().identity(&phone).get("/0004f2aaaaaa.cfg").is_err());
    without.wait_for_log("AH02008");
    let old = on(&lines);
    let client = old.client().tls10().identity(&phone);
    assert_eq!((status(&client, "/0004f2aaaaaa.cfg"), status(&client, "/0004f2bbbbbb.cfg")), (200, 403));
    let weak = Poly::shared().leaf("0004f2aaaaaa").key(Key::Rsa(1024)).issue();
    assert_eq!(status(&old.client().tls10().identity(&weak), "/0004f2aaaaaa.cfg"), 403);
    old.wait_for_log("key too weak");
}

/// Passes connections on to a port, with the PROXY protocol's line of a client at this address before each.
fn balancer(to: u16, client: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client_side in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut server_side = TcpStream::connect(("127.0.0.1", to)).unwrap();
                write!(server_side, "PROXY TCP4 {client} 127.0.0.1 50000 443\r\n").unwrap();
                let (mut from_client, mut to_server) =
                    (client_side.try_clone().unwrap(), server_side.try_clone().unwrap());
                let up = thread::spawn(move || {
                    let _ = copy(&mut from_client, &mut to_server);
                    let _ = to_server.shutdown(Shutdown::Write);
                });
                let mut client_side = client_side;
                let mut buffer = [0; 4096];
                while let Ok(count @ 1..) = server_side.read(&mut buffer) {
                    if client_side.write_all(&buffer[..count]).is_err() {
                        break;
                    }
                }
                let _ = client_side.shutdown(Shutdown::Both);
                let _ = up.join();
            });
        }
    });
    port
}

#[test]
fn behind_a_balancer_that_passes_tcp_through_the_phones_own_address_counts() {
    let text = lines_of("docs/balancers.md", "RemoteIPProxyProtocol On");
    let directive = text.lines().find(|line| line.contains("RemoteIPProxyProtocol")).unwrap().trim();
    let httpd = site()
        .module("remoteip")
        .file("devices", "0004f2bbbbbb exempt from=192.0.2.0/24 until=2099-12-31\n")
        .config("MTLSProtectDeviceFile devices\n<Directory {docroot}>\nMTLSProtect On\n</Directory>")
        .config(&format!(
            "<VirtualHost 127.0.0.1:{{https_b}}>\nServerName behind.example\nSSLEngine on\n\
             SSLVerifyClient optional_no_ca\n{directive}\n</VirtualHost>"
        ))
        .start();
    let (office, elsewhere) = (balancer(httpd.https_b(), "192.0.2.7"), balancer(httpd.https_b(), "198.51.100.7"));
    let phone = Poly::shared().phone("0004f2aaaaaa");
    assert_eq!(status(&Client::new(office).identity(&phone), "/0004f2aaaaaa.cfg"), 200);
    assert_eq!(status(&Client::new(office).identity(&phone), "/0004f2bbbbbb.cfg"), 403);
    httpd.wait_for_log("[client 192.0.2.7:50000]");
    assert_eq!(status(&Client::new(office), "/0004f2bbbbbb.cfg"), 200, "exempt from its office");
    assert_eq!(status(&Client::new(elsewhere), "/0004f2bbbbbb.cfg"), 403);
    httpd.wait_for_log("[client 198.51.100.7:50000]");
}
