//! A client whom the balancer lets ask for a tunnel: what it writes from then on no balancer reads.

use super::pushed::{answers, opening, over_http2};
use super::*;
use std::io::{Read, Write};
use std::net::TcpStream;

/// What HTTP/1 says of the wish to go on in cleartext HTTP/2 (RFC 7540, section 3.2).
const UPGRADE: &str = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__";

/// Sends a request that asks for an upgrade, with what comes next, and reads the head of the answer. Where the next
/// comes after that, mod_http2 may have closed the connection already, for want of something to do.
fn upgraded(httpd: &Httpd, host: &str, path: &str, own: &str, next: &[u8]) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", httpd.http())).unwrap();
    let first = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nClient-Cert: {own}\r\n{UPGRADE}\r\n\r\n");
    stream.write_all(&[first.as_bytes(), next].concat()).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    (stream, String::from_utf8(head).unwrap())
}

/// A server with HTTP/2 as Debian enables it, and a host beside the phones' that nobody protects.
fn with_http2(words: &str) -> Builder {
    behind(words)
        .modules(&["http2", "cgi"])
        .config(
            "Protocols h2 h2c http/1.1\n<Directory \"{docroot}/app\">\nMTLSProtect Off\nOptions ExecCGI\n</Directory>",
        )
        .config("<VirtualHost 127.0.0.1:{http}>\nServerName app.example\nDocumentRoot {docroot}/app\n</VirtualHost>")
        .plain_vhost("ServerName localhost")
        .page("app/page.txt", "a page for all;")
}

#[test]
fn a_header_behind_an_upgrade_that_the_balancer_has_passed_on() {
    let httpd = with_http2("certificate=rfc9440").start();
    let (own, others) = (written(&phone()).leaf, written(&Poly::shared().phone(OTHER)).leaf);
    // a phone at its own file, and a stranger at what another host shows everybody
    for (host, path, certificate) in [("localhost", own_file(), &*own), ("app.example", "/page.txt".to_owned(), "")] {
        let next = opening(3, &other_file(), Some(&others));
        let (mut stream, head) = upgraded(&httpd, host, &path, certificate, &next);
        assert!(head.starts_with("HTTP/1.1 101"), "the attack is one: {head}");
        let bodies = answers(&mut stream, 3);
        assert!(bodies.len() == 1 && !bodies[0].contains("password of"), "{host}: {bodies:?}");
    }
    httpd.wait_for_log("removed the header Client-Cert, which came behind an upgrade that a balancer has passed on");
    httpd.wait_for_log("denied reason=no-certificate via=127.0.0.1");
    // who begins in HTTP/2 is the balancer itself
    let mut stream = TcpStream::connect(("127.0.0.1", httpd.http())).unwrap();
    assert_eq!(over_http2(&mut stream, 1, &other_file(), Some(&others)), [secret(OTHER)]);
}

#[test]
fn a_header_behind_an_answer_by_which_a_balancer_opens_a_tunnel() {
    let vhost = "ScriptAliasMatch ^/$ \"{docroot}/app/yes.sh\"";
    let httpd = with_http2("certificate=rfc9440")
        .config(&format!("<VirtualHost 127.0.0.1:{{http}}>\nServerName yes.example\n{vhost}\n</VirtualHost>"))
        .start();
    httpd.write_script("app/yes.sh", "#!/bin/sh\nprintf 'Content-Type: text/plain\\nContent-Length: 0\\n\\n'\n");
    let others = written(&Poly::shared().phone(OTHER)).leaf;
    for ask in ["CONNECT yes.example:80", "GET /"] {
        let mut connection = httpd.plain_client().connect().unwrap();
        let upgrade = if ask.starts_with("GET") { "Connection: Upgrade\r\nUpgrade: websocket\r\n" } else { "" };
        let request = format!("{ask} HTTP/1.1\r\nHost: yes.example\r\n{upgrade}\r\n");
        assert_eq!(connection.raw(request.as_bytes()).unwrap().status, 200, "{ask}");
        let next = connection.request("GET", other_file(), &[("Client-Cert", others.as_str())], b"");
        assert!(next.is_err(), "{ask}: {next:?}");
    }
}
