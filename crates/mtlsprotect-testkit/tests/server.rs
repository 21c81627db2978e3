//! The kit against a stock httpd.

use mtlsprotect_testkit::{Builder, Digest, Httpd, Key, Mpm, Poly, curl, curl_h2, openssl_s_client};

fn stock() -> Builder {
    Httpd::builder()
        .vhost("SSLVerifyClient optional_no_ca\nSSLVerifyDepth 5\nSSLOptions +StdEnvVars")
        .vhost("SSLCipherSuite ALL:@SECLEVEL=0")
        .vhost("Header always set X-DN \"%{SSL_CLIENT_S_DN}s\"")
        .vhost("Header always set X-Session \"%{SSL_SESSION_RESUMED}s\"")
        .page("/hello.txt", "hello")
}

#[test]
fn the_certificate_arrives_under_every_mpm() {
    let phone = Poly::shared().phone("0004f2aaaaaa");
    for mpm in Mpm::ALL {
        let httpd = stock().mpm(mpm).start();
        let response = httpd.get(&phone, "/hello.txt");
        assert_eq!((response.status, response.text()), (200, "hello".into()));
        assert_eq!(response.header("X-DN"), Some("CN=0004F2AAAAAA,O=Polycom Inc."));
        httpd.wait_for_access("200 \"GET /hello.txt HTTP/1.1\"");
        assert_eq!(httpd.plain_client().get("/hello.txt").unwrap().text(), "hello");
        assert_eq!(httpd.client().get("/hello.txt").unwrap().header("X-DN"), Some("(null)"));
    }
}

#[test]
fn sessions_resume() {
    let httpd = stock().children(2).start();
    let phone = Poly::shared().phone("0004f2aaaaaa");
    let clients = [httpd.phone(&phone).tls12(), httpd.phone(&phone).tls12().no_tickets(), httpd.phone(&phone).tls13()];
    for client in clients {
        let mut first = client.connect().unwrap();
        assert_eq!(first.get("/hello.txt").unwrap().header("X-Session"), Some("Initial"));
        assert!(!first.resumed());
        let mut again = client.resume(&first.session()).connect().unwrap();
        let response = again.get("/hello.txt").unwrap();
        assert!(again.resumed(), "{}", again.tls_version());
        assert_eq!(response.header("X-Session"), Some("Resumed"));
        assert_eq!(response.header("X-DN"), Some("CN=0004F2AAAAAA,O=Polycom Inc."));
        assert_eq!(again.get("/nothing").unwrap().status, 404);
    }
}

#[test]
fn http2_and_other_programs() {
    let httpd = stock().module("http2").start();
    let phone = Poly::shared().phone("0004f2aaaaaa");
    let response = curl_h2(httpd.https(), Some(&phone), "/hello.txt");
    assert_eq!((response.status, response.text()), (200, "hello".into()));
    assert_eq!(response.header("X-DN"), Some("CN=0004F2AAAAAA,O=Polycom Inc."));
    assert!(curl([format!("http://127.0.0.1:{}/hello.txt", httpd.http())]).text == "hello");
    let connect = format!("127.0.0.1:{}", httpd.https());
    let request = b"GET /hello.txt HTTP/1.0\r\n\r\n";
    let output = openssl_s_client(["-connect", &connect, "-quiet", "-ign_eof"], request);
    assert!(output.text.contains("200 OK"), "{}", output.text);
}

#[test]
fn weak_certificates_can_be_sent_and_refusals_are_errors() {
    let httpd = stock().start();
    let poly = Poly::shared();
    let rsa = poly.leaf("weak").key(Key::Rsa(1024)).digest(Digest::Sha1).issue();
    assert_eq!(httpd.get(&rsa, "/hello.txt").header("X-DN"), Some("CN=weak"));
    // stock mod_ssl drops an expired leaf
    let expired = poly.leaf("expired").expired().issue();
    assert!(httpd.phone(&expired).tls12().connect().is_err());
    assert!(httpd.phone(&expired).tls13().get("/hello.txt").is_err());
}

#[test]
fn certificates_asked_for_late() {
    let httpd = Httpd::builder()
        .vhost("<Location /late>\nSSLVerifyClient optional_no_ca\nSSLVerifyDepth 5\n</Location>")
        .vhost("Header always set X-DN \"%{SSL_CLIENT_S_DN}s\"")
        .page("/late/x.txt", "late")
        .start();
    let phone = Poly::shared().phone("0004f2aaaaaa");
    for client in [httpd.phone(&phone).tls12(), httpd.phone(&phone).tls13()] {
        let mut connection = client.connect().unwrap();
        assert_eq!(connection.get("/").unwrap().header("X-DN"), Some("(null)"));
        let late = connection.get("/late/x.txt").unwrap();
        assert_eq!(late.header("X-DN"), Some("CN=0004F2AAAAAA,O=Polycom Inc."));
    }
}

#[test]
fn paths_go_out_as_they_are() {
    let httpd = stock().module("cgi").config("AddHandler cgi-script .sh").start();
    httpd.write("a b/hello.txt", "spaced");
    let script = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n%s' \"$REQUEST_URI\"\n";
    httpd.write_script("echo.sh", script);
    let client = httpd.client();
    assert_eq!(client.get("//a%20b/./x/%2e%2e/hello.txt").unwrap().text(), "spaced");
    let mut connection = httpd.client().connect().unwrap();
    assert_eq!(connection.request("PUT", "/x", &[], b"body").unwrap().status, 405);
    assert_eq!(connection.request("HEAD", "/hello.txt", &[], b"").unwrap().status, 200);
    assert_eq!(connection.request("GET", b"/\xff".as_slice(), &[], b"").unwrap().status, 404);
}

#[test]
fn graceful_restarts() {
    for mpm in Mpm::ALL {
        let mut httpd = stock().mpm(mpm).start();
        let before = httpd.pids();
        httpd.graceful();
        assert!(httpd.graceful_via_command().ok);
        assert_eq!(httpd.plain_client().get("/hello.txt").unwrap().status, 200);
        assert_ne!(httpd.pids(), before);
        httpd.append_config("Nonsense on");
        let refused = httpd.graceful_via_command();
        assert!(!refused.ok && refused.text.contains("Nonsense"), "{}", refused.text);
        assert!(httpd.is_running());
        httpd.stop();
        assert!(httpd.plain_client().get("/hello.txt").is_err());
    }
}

#[test]
fn broken_configurations() {
    assert!(stock().configtest().ok);
    let broken = || stock().config("MadeUp on");
    assert!(broken().configtest().text.contains("MadeUp"));
    assert!(broken().start_expecting_failure().contains("MadeUp"));
}

#[test]
fn a_single_process() {
    let mut httpd = stock().mpm(Mpm::Prefork).single_process().start();
    assert_eq!(httpd.client().get("/hello.txt").unwrap().status, 200);
    assert!(httpd.pids().is_empty());
    httpd.stop();
    assert!(!httpd.is_running());
}

#[test]
fn a_second_host_listens_when_mentioned() {
    let host = "<VirtualHost 127.0.0.1:{https_b}>\nSSLEngine on\n</VirtualHost>";
    let httpd = stock().config(host).start();
    let response = mtlsprotect_testkit::Client::new(httpd.https_b()).get("/hello.txt").unwrap();
    assert_eq!(response.status, 200);
}
