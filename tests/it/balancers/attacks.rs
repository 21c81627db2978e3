//! Somebody who is not a balancer, or comes through one, and would like to be another phone.

use super::*;
use mtlsprotect_testkit::{HeldPort, tools};

#[test]
fn a_stranger_who_sends_a_phones_certificate_in_the_header() {
    let httpd = stranger_to("certificate=rfc9440").start();
    let own = written(&phone());
    let chain = own.chain.unwrap();
    for client in [httpd.plain_client(), httpd.client()] {
        for name in ["Client-Cert", "client-cert", "Client_Cert", "CLIENT_CERT"] {
            let headers = [(name, own.leaf.as_str()), ("Client-Cert-Chain", chain.as_str())];
            let response = client.request("GET", own_file().as_bytes(), &headers, b"").unwrap();
            assert_eq!(response.status, 403, "{name}");
            assert_eq!(response.header("X-Seen"), Some(NOTHING_SEEN), "{name}");
        }
    }
    httpd.wait_for_log("removed the header Client-Cert, whose sender's address is not in MTLSProtectProxy");
    let log = httpd.error_log();
    assert!(log.contains("denied reason=plain-http") && log.contains("denied reason=no-certificate"), "{log}");
    assert!(!log.contains(" via=127.0.0.1"), "{log}");
}

#[test]
fn a_phone_that_comes_itself_and_sends_anothers_certificate_besides_its_own() {
    let httpd = stranger_to("certificate=rfc9440").module("http2").start();
    let others = written(&Poly::shared().phone(OTHER)).leaf;
    let client = httpd.phone(&phone());
    assert_eq!(with(&client, &other_file(), &others), "403 deny mac-mismatch");
    let mut connection = client.connect().unwrap();
    for _ in 0..3 {
        let response = connection.request("GET", own_file(), &[("Client-Cert", &others)], b"").unwrap();
        assert_eq!((response.status, response.header("X-Seen")), (200, Some(NOTHING_SEEN)));
    }
    let header = format!("Client-Cert: {others}");
    for path in [own_file(), other_file()] {
        let response = tools::curl_h2_with(httpd.https(), Some(&phone()), &path, &["-H", &header]);
        assert_eq!((response.status == 200, response.header("X-Seen")), (path == own_file(), Some(NOTHING_SEEN)));
    }
    httpd.wait_for_log("removed the header Client-Cert");
    assert_eq!(httpd.own_log().matches("removed the header").count(), 4, "once per connection: {}", httpd.error_log());
}

#[test]
fn a_balancer_whose_own_certificate_is_a_phones() {
    let httpd = server().module("http2").vhost("MTLSProtectProxy 127.0.0.1 certificate=rfc9440").start();
    let balancer = httpd.phone(&phone());
    assert_eq!(ask(&balancer, "GET", own_file(), &[], b""), "403 deny no-certificate");
    let others = written(&Poly::shared().phone(OTHER)).leaf;
    assert!(serves_the_other(&balancer, &others));
    assert_eq!(with(&balancer, &own_file(), &others), "403 deny mac-mismatch");
    let header = format!("Client-Cert: {others}");
    let over_http2 = |options: &[&str]| {
        let path = other_file();
        let response = tools::curl_h2_with(httpd.https(), Some(&phone()), &path, options);
        response.header("X-Verdict").unwrap_or_default().to_owned()
    };
    assert_eq!(over_http2(&["-H", &header]), "allow own-file");
    assert_eq!(over_http2(&[]), "deny no-certificate");
    assert_eq!(over_http2(&["-H", &header, "-H", &header]), "deny untrusted-certificate");
    assert_eq!(over_http2(&["-H", &header, "-H", "X-Forwarded-Proto: http"]), "deny plain-http");
}

#[test]
fn the_header_of_another_balancers_kind() {
    let httpd = server()
        .config(SEEN)
        .plain_vhost(
            "MTLSProtectProxy 127.0.0.1 certificate=rfc9440\nMTLSProtectProxy 127.0.0.77 certificate=haproxy:X-Cert",
        )
        .start();
    let others = write(Format::Haproxy, &certificates(&Poly::shared().phone(OTHER))).leaf;
    let headers = [("X-Cert", others.as_str()), ("Client-Cert", &written(&phone()).leaf)];
    let client = httpd.plain_client();
    assert_eq!(ask(&client, "GET", other_file(), &headers, b""), "403 deny mac-mismatch");
    assert_eq!(ask(&client, "GET", other_file(), &headers[..1], b""), "403 deny no-certificate");
    let response = client.request("GET", own_file().as_bytes(), &headers, b"").unwrap();
    assert_eq!(response.header("X-Seen"), Some(format!("{}|||", headers[1].1).as_str()));
}

#[test]
fn a_stranger_who_says_that_he_comes_from_the_balancers_address() {
    let httpd = stranger_to("certificate=rfc9440")
        .module("remoteip")
        .config("RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1")
        .start();
    let own = written(&phone()).leaf;
    let mut connection = httpd.plain_client().connect().unwrap();
    for _again in 0..2 {
        for forwarded_for in ["127.0.0.77", "127.0.0.77, 127.0.0.77"] {
            let headers = [("Client-Cert", own.as_str()), ("X-Forwarded-For", forwarded_for)];
            let response = connection.request("GET", own_file(), &headers, b"").unwrap();
            assert_eq!((response.status, response.header("X-Verdict")), (403, Some("deny plain-http")));
            assert_eq!(response.header("X-Seen"), Some(NOTHING_SEEN));
        }
    }
    // a client whom a balancer before us speaks for is still the balancer's
    let httpd = behind("certificate=rfc9440")
        .module("remoteip")
        .config("RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1")
        .start();
    let headers = [("Client-Cert", own.as_str()), ("X-Forwarded-For", "192.0.2.99")];
    let client = httpd.plain_client();
    assert_eq!(ask(&client, "GET", own_file(), &headers, b""), "200 allow own-file");
    assert_eq!(ask(&client, "GET", other_file(), &headers, b""), "403 deny mac-mismatch");
    let line = httpd.wait_for_log("denied reason=mac-mismatch");
    assert!(line.contains("[client 192.0.2.99") && line.contains(" via=127.0.0.1 client=192.0.2.99 "), "{line}");
}

#[test]
fn a_stranger_who_says_so_by_the_proxy_protocol() {
    let httpd = stranger_to("certificate=rfc9440")
        .module("remoteip")
        .config("<VirtualHost 127.0.0.1:{http_b}>\nServerName other.example\nRemoteIPProxyProtocol On\n</VirtualHost>")
        .start();
    let own = written(&phone()).leaf;
    let said = "PROXY TCP4 127.0.0.77 127.0.0.1 1024 80\r\n";
    for (port, expected) in [(httpd.http_b(), (403, "deny plain-http")), (httpd.http(), (400, ""))] {
        let request = format!("{said}GET {} HTTP/1.1\r\nHost: localhost\r\nClient-Cert: {own}\r\n\r\n", own_file());
        let response = Client::plain(port).connect().unwrap().raw(request.as_bytes()).unwrap();
        assert_eq!((response.status, response.header("X-Verdict").unwrap_or_default().trim()), expected);
    }
    let line = httpd.wait_for_log("denied reason=plain-http");
    assert!(line.contains("[client 127.0.0.77") && !line.contains(" via="), "{line}");
}

#[test]
fn what_continues_a_request_sees_what_came_with_it() {
    let builder = |line: &str| {
        server()
            .config(SEEN)
            .modules(&["rewrite", "include", "cgi"])
            .plain_vhost(line)
            .config(
                "ErrorDocument 404 /app/error.sh\nErrorDocument 400 /app/error.sh\nRewriteEngine On\n\
                 <Directory \"{docroot}\">\nOptions +Includes +ExecCGI\nAddHandler cgi-script .sh\n\
                 AddOutputFilter INCLUDES .shtml\nRewriteEngine On\nRewriteRule ^cfg/alias\\.cfg$ cfg/0004f2aaaaaa.cfg\n\
                 DirectoryIndex 0004f2aaaaaa.cfg\n</Directory>",
            )
            .plain_vhost("RewriteEngine On\nRewriteOptions Inherit")
            .page("app/y", "")
            .page("app/all.shtml", "[<!--#include virtual=\"/cfg/0004f2aaaaaa.cfg\" -->]")
    };
    let script = "#!/bin/sh\necho 'Content-Type: text/plain'; echo\necho \"[$HTTP_CLIENT_CERT]\"\n";
    let own = written(&phone()).leaf;
    let believed = builder("MTLSProtectProxy 127.0.0.1 certificate=rfc9440").start();
    let stranger = builder("MTLSProtectProxy 127.0.0.77 certificate=rfc9440").start();
    for httpd in [&believed, &stranger] {
        httpd.write_script("app/error.sh", script);
    }
    for path in ["/cfg/alias.cfg", "/cfg/", "/app/all.shtml"] {
        let get = |httpd: &Httpd, leaf: &str| {
            let response = httpd.plain_client().request("GET", path, &[("Client-Cert", leaf)], b"").unwrap();
            (response.status, response.text().contains("password of 0004f2aaaaaa;"))
        };
        assert_eq!(get(&believed, &own), (200, true), "{path}");
        let others = written(&Poly::shared().phone(OTHER)).leaf;
        for (httpd, leaf) in [(&believed, &others), (&believed, &String::new()), (&stranger, &own)] {
            assert!(!get(httpd, leaf).1, "{path}");
        }
    }
    // an error page, also of a request that failed before anybody could see it
    let missing = stranger.plain_client().request("GET", "/app/missing", &[("Client-Cert", &own)], b"").unwrap();
    assert!(!missing.text().contains(&own), "{}", missing.text());
    let malformed = format!("GET /cfg/%2f HTTP/1.1\r\nHost: a b\r\nClient-Cert: {own}\r\n\r\n");
    let response = stranger.plain_client().connect().unwrap().raw(malformed.as_bytes()).unwrap();
    assert!(response.status == 400 && !response.text().contains(&own), "{response:?}");
}

#[test]
fn what_an_operators_own_lines_put_into_the_header_proves_nothing() {
    let others = written(&Poly::shared().phone(OTHER)).leaf;
    for early in ["", " early"] {
        let line = format!("RequestHeader set Client-Cert \"{others}\"{early}");
        for builder in [behind("certificate=rfc9440"), stranger_to("certificate=rfc9440")] {
            let httpd = builder.plain_vhost(&line).start();
            let status = httpd.plain_client().get(&other_file()).unwrap();
            assert_eq!(status.status, 403, "{line}");
        }
        let httpd = behind("certificate=rfc9440").plain_vhost(&line).start();
        assert_eq!(with(&httpd.plain_client(), &own_file(), &written(&phone()).leaf), "200 allow own-file", "{line}");
    }
}

#[test]
fn a_header_in_a_trailer() {
    let others = written(&Poly::shared().phone(OTHER)).leaf;
    for builder in [behind("certificate=rfc9440"), stranger_to("certificate=rfc9440")] {
        let httpd = builder.start();
        let request = format!(
            "PUT {} HTTP/1.1\r\nHost: localhost\r\nTrailer: Client-Cert\r\nTransfer-Encoding: chunked\r\n\r\n\
             1\r\nx\r\n0\r\nClient-Cert: {others}\r\n\r\n",
            other_file()
        );
        let response = httpd.plain_client().connect().unwrap().raw(request.as_bytes()).unwrap();
        assert_eq!(response.status, 403);
        assert!(!response.header("X-Seen").unwrap_or_default().contains(&others), "{response:?}");
    }
}

#[test]
fn a_host_that_has_no_balancer_believes_none() {
    let httpd = server()
        .config(SEEN)
        .plain_vhost("MTLSProtectProxy 127.0.0.1 certificate=rfc9440")
        .config("<VirtualHost 127.0.0.1:{http_b}>\nServerName b\n</VirtualHost>")
        .config("<VirtualHost 127.0.0.1:{http}>\nServerName b.example\n</VirtualHost>")
        .start();
    let own = written(&phone()).leaf;
    assert_eq!(with(&Client::plain(httpd.http_b()), &own_file(), &own), "403 deny plain-http");
    let elsewhere = [("Host", "b.example"), ("Client-Cert", own.as_str())];
    assert_eq!(ask(&httpd.plain_client(), "GET", own_file(), &elsewhere, b""), "403 deny plain-http");
    assert_eq!(with(&httpd.plain_client(), &own_file(), &own), "200 allow own-file");
}

#[test]
fn made_up_certificates_push_no_phone_out() {
    let httpd = behind("certificate=rfc9440").log_level("warn mtlsprotect:debug").start();
    let mut connection = httpd.plain_client().connect().unwrap();
    let own = written(&phone()).leaf;
    let mut get = |leaf: &str| connection.request("GET", own_file(), &[("Client-Cert", leaf)], b"").unwrap().status;
    assert_eq!(get(&own), 200);
    for _ in 0..200 {
        assert_eq!(get(&written(&self_signed()).leaf), 403);
    }
    assert_eq!(get(&own), 200);
}

#[test]
fn an_exemption_of_the_balancers_own_network_exempts_nobody_behind_it() {
    let builder = || {
        behind("certificate=rfc9440")
            .file("devices", "0004f2aaaaaa exempt from=127.0.0.0/8,192.0.2.0/24 until=2099-12-31\n")
            .config("MTLSProtectDeviceFile devices")
    };
    let get = |httpd: &Httpd| ask(&httpd.plain_client(), "GET", own_file(), &[("X-Forwarded-For", "192.0.2.99")], b"");
    assert_eq!(get(&builder().start()), "403 deny no-certificate");
    let resolved = "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1";
    assert_eq!(get(&builder().module("remoteip").config(resolved).start()), "200 allow exempt-device");
}

#[test]
fn a_balancer_whose_address_is_written_as_ipv6() {
    let own = written(&phone()).leaf;
    for (peer, from_ipv4) in [("127.0.0.1", "200 allow own-file"), ("127.0.0.77", "403 deny plain-http")] {
        let held = HeldPort::take();
        let port = held.number();
        let lines = format!("MTLSProtectProxy {peer} certificate=rfc9440");
        let host = format!("Listen [::]:{port}\n<VirtualHost *:{port}>\n{lines}\n</VirtualHost>");
        let _httpd = server().config(&host).start();
        assert_eq!(with(&Client::plain(port), &own_file(), &own), from_ipv4, "{peer}");
        let mut stream = std::net::TcpStream::connect(("::1", port)).unwrap();
        let request = format!("GET {} HTTP/1.0\r\nClient-Cert: {own}\r\n\r\n", own_file());
        std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
        let answer = std::io::read_to_string(stream).unwrap();
        assert!(answer.starts_with("HTTP/1.1 403 ") && answer.contains("deny plain-http"), "{peer}: {answer}");
    }
}
