//! The configurations of docs/exceptions.md do what the page says.

use crate::documents::block_with;
use mtlsprotect_testkit::{Authority, Builder, Client, Httpd, Poly};
use std::io::{Read, Write, copy};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

/// The lines of the page from the block that contains this, for a test's server.
fn lines(part: &str) -> String {
    block_with("docs/exceptions.md", part).replace("/srv/provisioning", "{docroot}")
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
fn a_part_of_the_fleet_is_protected_and_the_rest_reported() {
    let httpd = site().config(&lines("<FilesMatch")).start();
    let stranger = httpd.client();
    assert_eq!(status(&stranger, "/0004f2aaaaaa.cfg"), 403, "ready");
    assert_eq!(status(&stranger, "/0004f2bbbbbb.cfg"), 200, "not yet");
    httpd.wait_for_log("would-deny reason=no-certificate cert-mac=- named=0004f2bbbbbb");
    assert_eq!(httpd.get(&Poly::shared().phone("0004f2aaaaaa"), "/0004f2aaaaaa.cfg").status, 200);
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
    let text = lines("RemoteIPProxyProtocol On");
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
