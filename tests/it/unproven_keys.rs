//! A certificate is not secret: it says nothing about who shows it before the key has signed, also while streams of
//! HTTP/2 run on the connection.

use crate::judged::{MAC, SECRET};
use mtlsprotect_testkit::tools::wait_for;
use mtlsprotect_testkit::{Httpd, Identity, Mpm, Poly};
use openssl::ssl::{Ssl, SslContext, SslMethod, SslStream, SslVerifyMode, SslVersion};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The preface of HTTP/2 with the client's SETTINGS, which are empty.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";

/// A connection that passes on this many TLS records, and then no more.
#[derive(Debug)]
struct Tap {
    socket: TcpStream,
    records: usize,
}

impl Read for Tap {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.socket.read(buffer)
    }
}

impl Write for Tap {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut rest = bytes;
        while let [_, _, _, high, low, ..] = *rest {
            let (record, after) = rest.split_at(5 + usize::from(u16::from_be_bytes([high, low])));
            rest = after;
            if self.records > 0 {
                self.records -= 1;
                self.socket.write_all(record)?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn connect(httpd: &Httpd, identity: &Identity) -> SslStream<Tap> {
    let mut context = SslContext::builder(SslMethod::tls_client()).unwrap();
    context.set_verify(SslVerifyMode::NONE);
    context.set_min_proto_version(Some(SslVersion::TLS1_3)).unwrap();
    context.set_certificate(&identity.cert).unwrap();
    context.set_private_key(&identity.key).unwrap();
    for ca in &identity.chain {
        context.add_extra_chain_cert(ca.clone()).unwrap();
    }
    // SAFETY: the context is alive, and not yet shared.
    unsafe { openssl_sys::SSL_CTX_set_post_handshake_auth(context.as_ptr(), 1) };
    let mut ssl = Ssl::new(&context.build()).unwrap();
    ssl.set_hostname("localhost").unwrap();
    let socket = TcpStream::connect(("127.0.0.1", httpd.https())).unwrap();
    socket.set_nodelay(true).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    ssl.connect(Tap { socket, records: usize::MAX }).unwrap()
}

/// HEADERS of a GET on stream 3.
fn get(path: &str) -> Vec<u8> {
    let mut block = vec![0x82, 0x87];
    for (name, value) in [(1, "localhost"), (4, path)] {
        block.extend([name, u8::try_from(value.len()).unwrap()]);
        block.extend(value.bytes());
    }
    let mut frame = vec![0, 0, u8::try_from(block.len()).unwrap(), 1, 5, 0, 0, 0, 3];
    frame.extend(block);
    frame
}

#[test]
fn a_certificate_whose_key_has_not_signed_yet_counts_for_no_stream() {
    for mpm in [Mpm::Event, Mpm::Worker] {
        let httpd = Httpd::builder()
            .mpm(mpm)
            .modules(&["http2", "include", "cgi"])
            .with_module()
            // roots only, so that the log says when the certificate has come
            .file("device-ca.pem", Poly::shared().root_pem())
            .config("MTLSProtectCAFile {device_ca}\nH2Upgrade on")
            .config("<Directory {docroot}>\nMTLSProtect On\nMTLSProtectOtherFiles allow\nOptions +Includes +ExecCGI")
            .config("AddOutputFilter INCLUDES .shtml\nAddHandler cgi-script .cgi\n</Directory>")
            .vhost("<Location /phones>\nSSLVerifyClient optional_no_ca\n</Location>")
            .log_level("warn mtlsprotect:debug")
            .page("phones/welcome.txt", "welcome")
            .page(&format!("{MAC}.cfg"), SECRET)
            .page(
                "page.shtml",
                format!(
                    "<!--#include virtual=\"/slow.cgi\" --><!--#include virtual=\"/who.cgi\" -->\
                     <!--#include virtual=\"/{MAC}.cfg\" -->"
                ),
            )
            .start();
        let file = |name: &str| httpd.root().join("writable").join(name);
        let script = |name: &str, lines: &str| {
            let (start, go, who) = (file("start"), file("go"), file("who"));
            let variables = format!("start={}\ngo={}\nwho={}\n", start.display(), go.display(), who.display());
            let head = "printf 'Content-Type: text/plain\\r\\n\\r\\n'\n";
            httpd.write_script(name, format!("#!/bin/sh\n{variables}{head}{lines}"));
        };
        script("slow.cgi", "touch $start\nwhile [ ! -e $go ]; do sleep 0.01; done\n");
        script("who.cgi", "echo \"mac=$MTLSPROTECT_MAC\" >$who.new\nmv $who.new $who\n");
        let mut stream = connect(&httpd, &Poly::shared().phone(MAC));
        stream
            .write_all(
                b"GET /phones/welcome.txt HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\n\
                  Upgrade: h2\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
            )
            .unwrap();
        // Another record makes mod_ssl give up waiting for a certificate; the question stays open.
        stream.write_all(&[PREFACE, &get("/page.shtml")].concat()).unwrap();
        wait_for(|| file("start").exists().then_some(())).expect("the stream runs");
        assert!(!httpd.error_log().contains("lacks the intermediate"));
        // The certificate, and not what proves that the key is the client's.
        stream.get_mut().records = 1;
        let _ = stream.read(&mut [0; 16384]);
        httpd.wait_for_log("lacks the intermediate");
        std::fs::write(file("go"), "").unwrap();
        let who = wait_for(|| std::fs::read_to_string(file("who")).ok()).expect("the stream goes on");
        assert_eq!(who, "mac=\n", "{mpm:?}");
        let log = httpd.wait_for_log(&format!("named={MAC}"));
        assert!(log.contains("reason=no-certificate"), "{mpm:?}: {log}");
    }
}
