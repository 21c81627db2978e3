//! valgrind finds no error in the module's frames, whatever phones and attackers send.

use mtlsprotect_testkit::{Authority, Client, Digest, Httpd, Key, Mpm, Poly, Subject};
use std::fs;

/// The name of the module's file, as valgrind prints it in a frame.
const OBJECT: &str = "libmod_mtlsprotect";

/// valgrind's reports in which the module has a part: paragraphs with one of its frames.
fn reports_of_the_module(log: &str) -> Vec<String> {
    let mut reports = vec![String::new()];
    for line in log.lines() {
        // ==PID== or --PID-- and then the text, empty between two reports
        let text = line.splitn(3, ['=', '-']).last().unwrap_or_default();
        let text = text.trim_start_matches(|char: char| "=-".contains(char) || char.is_ascii_digit()).trim();
        if text.is_empty() {
            reports.push(String::new());
        } else if let Some(report) = reports.last_mut() {
            report.push_str(text);
            report.push('\n');
        }
    }
    let is_frame = |line: &str| line.starts_with("at 0x") || line.starts_with("by 0x");
    reports.retain(|report| {
        report.lines().any(|line| is_frame(line) && (line.contains(OBJECT) || line.contains("mtlsprotect")))
    });
    reports
}

#[test]
fn a_report_is_recognised_by_its_frames() {
    let log = "==7== Invalid read of size 1\n==7==    at 0x1: memcpy (in /x/vg.so)\n\
               ==7==    by 0x2: ??? (in /x/libmod_mtlsprotect.so)\n==7== \n\
               ==7== Invalid read of size 2\n==7==    at 0x1: apr_x (in /x/libapr.so)\n==7== \n\
               ==7== Command: httpd libmod_mtlsprotect.so\n";
    let reports = reports_of_the_module(log);
    assert!(reports.len() == 1 && reports[0].starts_with("Invalid read of size 1"), "{reports:?}");
}

mod needs_valgrind {
    #[test]
    #[ignore = "needs valgrind: make test runs it where that is installed"]
    fn the_main_cases_under_memcheck() {
        super::judge_the_main_cases();
    }
}

fn judge_the_main_cases() {
    let log = std::env::temp_dir().join(format!("mtlsprotect-memcheck-{}.log", std::process::id()));
    let poly = Poly::shared();
    let mut httpd = Httpd::builder()
        .protected(poly.bundle_pem())
        .mpm(Mpm::Prefork)
        .single_process()
        .modules(&["dav", "dav_fs", "include", "autoindex", "rewrite", "negotiation"])
        .log_level("warn mtlsprotect:debug")
        .under(&[
            "valgrind",
            "--tool=memcheck",
            "--vgdb=no",
            "--leak-check=full",
            "--show-leak-kinds=definite",
            "--errors-for-leak-kinds=definite",
            "--keep-debuginfo=yes",
            "--num-callers=40",
            "--error-limit=no",
            concat!("--suppressions=", env!("CARGO_MANIFEST_DIR"), "/tests/it/valgrind.supp"),
            &format!("--log-file={}", log.display()),
        ])
        .file("roots.pem", poly.root_pem())
        .vhost("KeepAliveTimeout 1\nErrorDocument 403 /denied.html\nErrorDocument 404 /missing.shtml")
        .vhost("RewriteEngine on\nRewriteRule ^/old/(.*) /$1\nMTLSProtectFilePattern \"p-(?<mac>[0-9a-f]+)\"")
        .vhost("MTLSProtectIgnore \"order-[0-9a-f]+\"")
        .config("<VirtualHost 127.0.0.1:{https_b}>\nSSLEngine on\nSSLVerifyClient optional_no_ca\nKeepAliveTimeout 1")
        .config("MTLSProtectCAFile {root}/roots.pem\n</VirtualHost>")
        .config(
            "<Directory {docroot}>\nOptions Indexes Includes MultiViews\nAddOutputFilter INCLUDES .shtml\n</Directory>",
        )
        .config("<Location /uploads>\nDav On\nMTLSProtectMethods GET PUT DELETE COPY MOVE\n</Location>")
        .page("0004f2aaaaaa.cfg", "secret of a")
        .page("0004f2bbbbbb.cfg", "secret of b")
        .page("shared.cfg", "shared")
        .page("denied.html", "denied")
        .page("missing.shtml", "missing <!--#include virtual=\"/0004f2bbbbbb.cfg\" -->")
        .page("uploads/there.txt", "")
        .start();
    let owner = poly.phone("0004f2aaaaaa");
    judge_requests(&httpd, &httpd.phone(&owner));
    judge_certificates(&httpd);
    // roots only: what the phone sent goes into the session, and comes back from it
    for client in [Client::new(httpd.https_b()).tls12(), Client::new(httpd.https_b()).tls13()] {
        full_and_resumed(&client.identity(&owner), 200);
    }
    httpd.stop();
    let reports = fs::read_to_string(&log).unwrap();
    fs::remove_file(&log).unwrap();
    assert!(reports.contains("ERROR SUMMARY"), "valgrind did not come to its end:\n{reports}");
    let ours = reports_of_the_module(&reports);
    assert!(ours.is_empty(), "{}", ours.join("\n"));
}

/// A phone's requests, proper and not: path, expected status, whether that is the file itself.
fn judge_requests(httpd: &Httpd, owner: &Client) {
    let cases = [
        ("GET", "/0004f2aaaaaa.cfg", 200),
        ("GET", "/0004f2bbbbbb.cfg", 403),
        ("GET", "/old/%30004f2bbbbbb.cfg", 403),
        ("GET", "/shared.cfg?mac=00-04-f2-bb-bb-bb", 403),
        ("GET", "/shared.cfg?mac=12", 403),
        ("GET", "/shared.cfg?p-0004f2bbbbbb&order-1234567890ab", 403),
        ("GET", "/shared.cfg?order-1234567890ab", 200),
        ("GET", "/", 200),
        ("GET", "/missing.cfg", 404),
        ("GET", "/%2f%ff%00", 404),
        ("PUT", "/uploads/0004f2aaaaaa-boot.log", 201),
        ("PUT", "/uploads/0004f2bbbbbb-boot.log", 403),
        ("DELETE", "/uploads/there.txt", 403),
        ("POST", "/0004f2aaaaaa.cfg", 403),
    ];
    let mut connection = owner.connect().unwrap();
    for (method, path, status) in cases {
        let response = match connection.request(method, path, &[("User-Agent", "VVX 0004f2aaaaaa")], b"") {
            Ok(response) => response,
            Err(_) => {
                connection = owner.connect().unwrap();
                connection.request(method, path, &[], b"").unwrap()
            }
        };
        let is_bad_path = path.contains("%00") && matches!(response.status, 400 | 403 | 404);
        assert!(response.status == status || is_bad_path, "{method} {path}: {response:?}");
        assert!(!response.text().contains("secret of b"), "{method} {path}");
    }
    let destination = format!("https://localhost:{}/uploads/0004f2bbbbbb.log", httpd.https());
    drop(connection);
    let headers = [("Destination", destination.as_str())];
    let response = owner.request("COPY", "/uploads/0004f2aaaaaa-boot.log", &headers, b"").unwrap();
    assert_eq!(response.status, 403);
}

/// Certificates, odd ones included; each gets an answer.
fn judge_certificates(httpd: &Httpd) {
    let poly = Poly::shared();
    let strangers = [
        Authority::root("TEST Stranger").device("0004f2aaaaaa"),
        mtlsprotect_testkit::Certificate::leaf("0004f2aaaaaa").issue(),
        Authority::from(&poly.phone("0004f2bbbbbb")).device("0004f2aaaaaa"),
        poly.leaf("0004f2aaaaaa").expired().issue(),
        poly.leaf("0004f2aaaaaa").key(Key::Rsa(1024)).issue(),
        poly.leaf("0004f2aaaaaa").digest(Digest::Sha1).issue(),
        poly.leaf(Subject::empty()).issue(),
        poly.leaf(Subject::cn_bmp("0004f2aaaaaa")).issue(),
        poly.leaf(Subject::cn(b"0004f2aaaaaa\0.example")).issue(),
        poly.leaf(Subject::cn("0004f2aaaaaa").and_cn("0004f2bbbbbb")).issue(),
        poly.issuing1.as_identity(),
    ];
    for (number, identity) in strangers.iter().enumerate() {
        let response = httpd.get(identity, "/0004f2aaaaaa.cfg");
        assert_eq!(response.status, 403, "certificate {number}");
    }
    full_and_resumed(&httpd.phone(&strangers[1]).tls12(), 403);
    assert_eq!(httpd.client().get("/0004f2aaaaaa.cfg").unwrap().status, 403);
    assert_eq!(httpd.plain_client().get("/0004f2aaaaaa.cfg").unwrap().status, 403);
}

/// Two requests in two connections, the second of the session of the first.
fn full_and_resumed(client: &Client, status: u16) {
    // the one process serves one connection at a time; a session is good while its connection was not cut off
    let close = [("Connection", "close")];
    let mut first = client.connect().unwrap();
    assert_eq!(first.request("GET", "/0004f2aaaaaa.cfg", &close, b"").unwrap().status, status);
    let mut again = client.clone().resume(&first.session()).connect().unwrap();
    assert_eq!(again.request("GET", "/0004f2aaaaaa.cfg", &close, b"").unwrap().status, status);
    assert!(again.resumed(), "{}", again.tls_version());
}
