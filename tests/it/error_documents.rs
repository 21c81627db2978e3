//! Error pages: still served when they are plain, and no way to what the request named.

use crate::asking::{CARELESS, OTHER, OWN, get, phone, secret, server};
use mtlsprotect_testkit::{Builder, Client, Httpd, Mpm};

/// Error pages of every kind under `/errors`.
fn pages(documents: &str) -> Builder {
    server()
        .mpm(Mpm::Prefork)
        .modules(&["cgi", "include"])
        .page("errors/plain.html", "a plain page;")
        .page("errors/good.shtml", "a page <!--#include virtual=\"/cfg/000000000000.cfg\" -->")
        .page("errors/bad.shtml", format!("a page <!--#include virtual=\"/cfg/{OTHER}.cfg\" -->"))
        .page("off/x", "")
        .config(
            "<Directory \"{docroot}/errors\">\nOptions ExecCGI Includes\nAddHandler cgi-script .sh\n\
             AddType text/html .shtml\nAddOutputFilter INCLUDES .shtml\n</Directory>\n\
             <Directory \"{docroot}/off\">\nMTLSProtect Off\nOptions ExecCGI\nAddHandler cgi-script .sh\n</Directory>",
        )
        .vhost(documents)
}

fn start(documents: &str) -> Httpd {
    let httpd = pages(documents).start();
    httpd.write_script("errors/run.sh", CARELESS);
    httpd.write_script("off/run.sh", CARELESS);
    httpd
}

fn text(client: &Client, path: &str) -> (u16, String) {
    let response = client.get(path).unwrap();
    assert!(!response.text().contains(&secret(OTHER)), "{path}: {}", response.text());
    (response.status, response.text())
}

#[test]
fn a_plain_page_is_served_for_a_refusal_and_the_log_keeps_its_reason_in_one_line() {
    let httpd = start("ErrorDocument 403 /errors/plain.html");
    let client = httpd.phone(&phone());
    assert_eq!(text(&client, &format!("/cfg/{OTHER}.cfg")), (403, "a plain page;".to_owned()));
    assert_eq!(get(&client, format!("/cfg/{OTHER}.cfg?2")), "403 deny mac-mismatch");
    assert_eq!(text(&httpd.client(), "/cfg/000000000000.cfg"), (403, "a plain page;".to_owned()));
    httpd.wait_for_log("reason=no-certificate");
    let log = httpd.own_log();
    assert_eq!(log.matches("reason=mac-mismatch").count(), 2, "{log}");
    httpd.wait_for_access("reason=no-certificate");
    assert!(httpd.access_log().contains("reason=mac-mismatch"), "{}", httpd.access_log());
}

#[test]
fn a_script_does_not_run_for_a_refused_request_wherever_it_stands() {
    for script in ["/errors/run.sh", "/off/run.sh", "/errors/"] {
        let httpd = start(&format!("ErrorDocument 403 {script}"));
        let (status, page) = text(&httpd.phone(&phone()), &format!("/cfg/{OTHER}.cfg"));
        assert_eq!(status, 403, "{script}");
        assert!(!page.contains("script ran") && page.contains("Forbidden"), "{script}: {page}");
        let (_, page) = text(&httpd.phone(&phone()), &format!("/errors/run.sh?mac={OWN}"));
        assert!(page.contains("script ran"), "the script itself works: {page}");
    }
}

#[test]
fn a_script_for_an_encoded_slash_does_not_learn_the_file() {
    let httpd = start("ErrorDocument 404 /errors/run.sh\nErrorDocument 400 /errors/run.sh");
    let (status, page) = text(&httpd.phone(&phone()), &format!("/cfg%2f{OTHER}.cfg"));
    assert!(status >= 400 && !page.contains("script ran"), "{status} {page}");
    let (status, page) = text(&httpd.phone(&phone()), &format!("/cfg%2f{OWN}.cfg"));
    assert!(status == 404 && page.contains("script ran"), "for its own the script runs: {status} {page}");
}

#[test]
fn a_page_that_names_another_phone_or_includes_its_file_is_not_served() {
    let page = format!("ErrorDocument 403 /cfg/{OTHER}.cfg");
    let (status, page) = text(&start(&page).phone(&phone()), &format!("/cfg/{OTHER}.cfg"));
    assert!(status == 403 && page.contains("Forbidden"), "{page}");
    let bad = start("ErrorDocument 403 /errors/bad.shtml");
    assert_eq!(text(&bad.phone(&phone()), &format!("/cfg/{OTHER}.cfg")).0, 403);
    let good = start("ErrorDocument 403 /errors/good.shtml");
    let (status, page) = text(&good.phone(&phone()), &format!("/cfg/{OTHER}.cfg"));
    assert!(status == 403 && page.contains("shared by all;"), "{page}");
}

#[test]
fn missing_files_have_their_error_pages() {
    let httpd = start("ErrorDocument 404 /errors/run.sh");
    let (status, page) = text(&httpd.phone(&phone()), &format!("/{OWN}-none.cfg"));
    assert!(status == 404 && page.contains("script ran"), "{status} {page}");
    let (status, page) = text(&httpd.phone(&phone()), "/no-such-firmware.ld");
    assert!(status == 404 && page.contains("script ran"), "{status} {page}");
    assert_eq!(text(&httpd.phone(&phone()), &format!("/{OTHER}-none.cfg")).0, 403);
}

/// What httpd gives up on before any section or access check, and still has an error script for.
const GIVEN_UP: [(&str, &str); 7] = [
    ("no Host", "GET /cfg/MAC.cfg HTTP/1.1\r\n\r\n"),
    ("two Hosts", "GET /cfg/MAC.cfg HTTP/1.1\r\nHost: a\r\nHost: b/\r\n\r\n"),
    ("a bad Host", "GET /cfg/MAC.cfg HTTP/1.1\r\nHost: a b\r\n\r\n"),
    ("an expectation", "GET /cfg/MAC.cfg HTTP/1.1\r\nHost: localhost\r\nExpect: miracles\r\n\r\n"),
    ("a bad escape", "GET /cfg/MAC.cfg%zz HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ("a NUL", "GET /cfg/MAC.cfg%00 HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ("out of the root", "GET /../../MAC.cfg HTTP/1.1\r\nHost: localhost\r\n\r\n"),
];

#[test]
fn a_script_for_a_malformed_request_does_not_learn_the_file() {
    let documents = [400, 404, 417].map(|code| format!("ErrorDocument {code} /errors/run.sh")).join("\n");
    let off = pages(&documents).config("<Location />\nMTLSProtect Off\n</Location>").start();
    off.write_script("errors/run.sh", CARELESS);
    let on = start(&documents);
    for (case, head) in GIVEN_UP {
        let answer = |httpd: &Httpd, mac: &str| {
            let sent = head.replace("MAC", mac);
            let response = httpd.phone(&phone()).connect().unwrap().raw(sent.as_bytes()).expect(case);
            assert!(response.status >= 400, "{case}: {}", response.status);
            response.text()
        };
        assert!(answer(&off, OTHER).contains(&secret(OTHER)), "{case}: the script is told without the module");
        let page = answer(&on, OTHER);
        assert!(!page.contains(&secret(OTHER)) && !page.contains("script ran"), "{case}: {page}");
        assert!(answer(&on, OWN).contains("script ran"), "{case}: for its own the script runs");
    }
    let refused = |log: String| log.matches("reason=mac-mismatch").count();
    assert_eq!(refused(on.own_log()), GIVEN_UP.len(), "{}", on.error_log());
}

#[test]
fn an_address_rewritten_or_negotiated_for_the_page_is_judged_too() {
    let page = |more: &str| {
        let builder = pages(&format!("ErrorDocument 403 /nice\nRewriteEngine on\n{more}")).modules(&["rewrite"]);
        let httpd = builder.start();
        httpd.write_script("errors/run.sh", CARELESS);
        text(&httpd.phone(&phone()), &format!("/cfg/{OTHER}.cfg"))
    };
    let (status, theirs) = page(&format!("RewriteRule ^/nice$ /cfg/{OTHER}.cfg [PT]"));
    assert!(status == 403 && theirs.contains("Forbidden"), "{theirs}");
    let (status, script) = page("RewriteRule ^/nice$ /errors/run.sh [PT]");
    assert!(status == 403 && script.contains("Forbidden") && !script.contains("script ran"), "{script}");
    let (status, plain) = page("RewriteRule ^/nice$ /errors/plain.html [PT]");
    assert_eq!((status, plain.as_str()), (403, "a plain page;"));
}

#[test]
fn a_page_for_other_failures_is_the_phones_as_before() {
    let httpd = start("ErrorDocument 404 /errors/plain.html\nErrorDocument 405 /errors/plain.html");
    let client = httpd.phone(&phone());
    assert_eq!(text(&client, &format!("/{OWN}-none.cfg")), (404, "a plain page;".to_owned()));
    let refused = client.request("PUT", format!("/cfg/{OWN}.cfg"), &[], b"x").unwrap();
    assert_eq!((refused.status, refused.text()), (405, "a plain page;".to_owned()), "no upload is set up here");
    let log = httpd.own_log();
    assert!(!log.contains("mtlsprotect: denied"), "{log}");
}

#[test]
fn without_the_module_an_error_script_leaks_what_it_was_called_for() {
    let builder = pages("ErrorDocument 404 /off/run.sh").config("<Location />\nMTLSProtect Off\n</Location>");
    let httpd = builder.start();
    httpd.write_script("off/run.sh", CARELESS);
    for path in [format!("/none/{OTHER}.cfg"), format!("/cfg%2f{OTHER}.cfg")] {
        let page = httpd.phone(&phone()).get(&path).unwrap().text();
        assert!(page.contains(&secret(OTHER)), "{path}: {page}");
    }
}
