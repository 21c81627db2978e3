//! Which methods a phone may use, and that its uploads arrive whatever it speaks.

use crate::asking::{CARELESS, OTHER, OWN, ask, get, phone, secret, server};
use mtlsprotect_testkit::{Builder, Mpm, tools};
use std::fs;

const METHOD: &str = "403 deny method";

fn upload_folder() -> Builder {
    server().modules(&["dav", "dav_fs", "http2"]).config(
        "Alias /up \"{writable}\"\n<Directory \"{writable}\">\nDav On\nRequire all granted\nMTLSProtect On\n</Directory>",
    )
}

#[test]
fn a_phone_uploads_and_heads_its_own_files_over_every_version() {
    let httpd = upload_folder().start();
    let written = |name: &str| fs::read_to_string(httpd.root().join("writable").join(name)).ok();
    let (tls12, tls13) = (httpd.phone(&phone()).tls12(), httpd.phone(&phone()).tls13());
    for file in ["boot.log", "app.log", "phone.cfg", "web.cfg", "directory.xml", "calls.xml", "app-202611230715.log"] {
        for (client, version) in [(&tls12, "12"), (&tls13, "13")] {
            let name = format!("{OWN}-{version}-{file}");
            assert_eq!(ask(client, "PUT", format!("/up/{name}"), &[], b"of my own"), "201 allow own-file", "{name}");
            assert_eq!(ask(client, "HEAD", format!("/up/{name}"), &[], b""), "200 allow own-file", "{name}");
            assert_eq!(get(client, format!("/up/{name}")), "200 allow own-file", "{name}");
            assert_eq!(written(&name).as_deref(), Some("of my own"), "{name}");
        }
    }
    for version in [&["--tlsv1.3"][..], &["--tls-max", "1.2"]] {
        let over = |path: &str, more: &[&str]| {
            tools::curl_h2_with(httpd.https(), Some(&phone()), path, &[version, more].concat())
        };
        let name = format!("{OWN}-h2-{}.log", version.len());
        let put = over(&format!("/up/{name}"), &["-X", "PUT", "--data-binary", "over two"]);
        assert_eq!((put.version.as_str(), put.status), ("HTTP/2", 201), "{put:?}");
        assert_eq!(written(&name).as_deref(), Some("over two"));
        assert_eq!(over(&format!("/up/{name}"), &["--head"]).status, 200);
        let refused = over(&format!("/up/{OTHER}.log"), &["-X", "PUT", "--data-binary", "over two"]);
        assert_eq!((refused.status, refused.header("X-Verdict")), (403, Some("deny mac-mismatch")));
        assert_eq!(written(&format!("{OTHER}.log")), None);
    }
}

#[test]
fn a_post_runs_no_script_and_a_delete_deletes_nothing() {
    let httpd = server()
        .mpm(Mpm::Prefork)
        .module("cgi")
        .config("<Directory \"{docroot}/app\">\nOptions ExecCGI\nAddHandler cgi-script .sh\n</Directory>")
        .start();
    httpd.write_script("app/run.sh", CARELESS);
    let client = httpd.phone(&phone());
    let body = format!("mac={OTHER}");
    for method in
        ["POST", "DELETE", "PROPFIND", "PATCH", "MKCOL", "COPY", "MOVE", "LOCK", "REPORT", "WHATEVER", "get", "Put"]
    {
        for path in ["/app/run.sh".to_owned(), format!("/app/run.sh?mac={OWN}"), format!("/cfg/{OWN}.cfg")] {
            let answer =
                ask(&client, method, &path, &[("Content-Type", "application/x-www-form-urlencoded")], body.as_bytes());
            assert_eq!(answer, METHOD, "{method} {path}");
        }
    }
    // The method is looked at before the certificate.
    assert_eq!(ask(&httpd.client(), "POST", "/cfg/000000000000.cfg", &[], b""), METHOD);
    assert_eq!(fs::read_to_string(httpd.docroot().join(format!("cfg/{OWN}.cfg"))).unwrap(), secret(OWN));
    let line = httpd.wait_for_log("reason=method");
    assert!(line.contains("method=POST"), "{line}");
}

#[test]
fn options_reads_and_trace_gives_nothing() {
    let httpd = server().start();
    let client = httpd.phone(&phone());
    let options = |client, path: &str| ask(client, "OPTIONS", path, &[], b"");
    assert_eq!(options(&client, &format!("/cfg/{OWN}.cfg")), "200 allow own-file");
    assert_eq!(options(&client, "/cfg/000000000000.cfg"), "200 allow other-file");
    assert_eq!(options(&client, &format!("/cfg/{OTHER}.cfg")), "403 deny mac-mismatch");
    assert_eq!(options(&httpd.client(), "/cfg/000000000000.cfg"), "403 deny no-certificate");
    // Neither has a file behind it; httpd may answer both by itself.
    for (method, path) in [("OPTIONS", "*"), ("TRACE", "/cfg/0004f2bbbbbb.cfg")] {
        let response = client.request(method, path, &[], b"").expect("an answer");
        assert!(!response.text().contains(&secret(OTHER)), "{method} {path}");
        assert_ne!(response.status, 500, "{method} {path}");
    }
    assert_eq!(get(&client, format!("/cfg/{OWN}.cfg")), "200 allow own-file");
}

#[test]
fn a_section_widens_and_narrows_what_its_parent_says() {
    let httpd = server()
        .config("MTLSProtectMethods GET PUT")
        .config("<Location /wide>\nMTLSProtectMethods GET HEAD POST DELETE\n</Location>")
        .config("<Location /wide/narrow>\nMTLSProtectMethods GET\n</Location>")
        .config("<Location /wide/head>\nMTLSProtectMethods HEAD\n</Location>")
        .start();
    let client = httpd.phone(&phone());
    let reason = |method: &str, path: &str| {
        let answer = ask(&client, method, format!("{path}/{OWN}.cfg"), &[], b"");
        answer.split_once(' ').map(|(_, verdict)| verdict.to_owned()).unwrap_or(answer)
    };
    for (path, allowed) in [
        ("/cfg", &["GET", "HEAD", "PUT"][..]),
        ("/wide", &["GET", "HEAD", "POST", "DELETE"]),
        ("/wide/narrow", &["GET", "HEAD"]),
        ("/wide/head", &["HEAD"]),
    ] {
        for method in ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PROPFIND"] {
            let expected = if allowed.contains(&method) { "allow own-file" } else { "deny method" };
            assert_eq!(reason(method, path), expected, "{method} {path}");
        }
    }
    // A method let in is a write all the same.
    assert_eq!(ask(&client, "POST", format!("/wide/{OTHER}.cfg"), &[], b""), "403 deny mac-mismatch");
    assert_eq!(ask(&client, "POST", "/wide/sip.ld", &[], b""), "403 deny write");
}
