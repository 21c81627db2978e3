//! The notes for log formats and expressions are made where something reads them.

use mtlsprotect_testkit::{Authority, Builder, Httpd, Poly};

const MAC: &str = "0004f2aaaaaa";

/// A site whose own access log names no note.
fn site() -> Builder {
    Httpd::builder().protected(Poly::shared().bundle_pem()).page("0004f2aaaaaa.cfg", "secret of a").access_log("%>s %U")
}

fn fetch_own_file(httpd: &Httpd) -> mtlsprotect_testkit::Response {
    let response = httpd.get(&Poly::shared().phone(MAC), "/0004f2aaaaaa.cfg");
    assert_eq!(response.status, 200);
    response
}

#[test]
fn a_log_format_that_a_log_uses_by_its_nickname_has_the_notes() {
    let httpd = site()
        .config("LogFormat \"%U of %{MTLSProtect-MAC}n: %{mtlsprotect-verdict}n %{mtlsprotect-named}n\" phones")
        .vhost("CustomLog \"{root}/logs/access.log\" phones")
        .start();
    fetch_own_file(&httpd);
    httpd.wait_for_access("/0004f2aaaaaa.cfg of 0004f2aaaaaa: allow 0004f2aaaaaa");
}

#[test]
fn a_log_format_that_the_transfer_log_takes_by_its_nickname_has_the_notes() {
    let httpd = site()
        .config("LogFormat \"%U: %{mtlsprotect-reason}n\" phones\nLogFormat phones")
        .vhost("TransferLog \"{root}/logs/access.log\"")
        .start();
    fetch_own_file(&httpd);
    httpd.wait_for_access("/0004f2aaaaaa.cfg: own-file");
}

#[test]
fn an_expression_in_a_section_has_the_notes() {
    let httpd = site()
        .module("headers")
        .config(
            "<Directory \"{docroot}\">\n<IfModule mod_headers.c>\n\
             Header set X-Verdict \"expr=%{note:mtlsprotect-verdict} for %{note:mtlsprotect-mac}\"\n\
             </IfModule>\n</Directory>",
        )
        .start();
    assert_eq!(fetch_own_file(&httpd).header("X-Verdict"), Some("allow for 0004f2aaaaaa"));
}

#[test]
fn only_the_notes_that_something_reads_are_made() {
    // What a .htaccess reads the server can't know.
    let expression = "Header set X-Notes \"expr=%{note:mtlsprotect-verdict}/%{note:mtlsprotect-mac}\"";
    let site = site()
        .module("headers")
        .config("<Directory \"{docroot}\">\nAllowOverride FileInfo\n</Directory>")
        .config("LogFormat \"%{mtlsprotect-verdict}n\" nobodys")
        .page(".htaccess", expression);
    assert_eq!(fetch_own_file(&site.clone().start()).header("X-Notes"), Some("/"));
    let with_a_reader = site.config("CustomLog /dev/null \"%{mtlsprotect-mac}n\"").start();
    assert_eq!(fetch_own_file(&with_a_reader).header("X-Notes"), Some("/0004f2aaaaaa"));
}

#[test]
fn every_field_of_the_log_line_is_a_note() {
    let fields =
        ["reason", "named", "found-in", "vendor", "subject", "issuer", "serial", "sha256", "path", "ua", "why"];
    let format: String = fields.iter().map(|field| format!(" {field}='%{{mtlsprotect-{field}}}n'")).collect();
    let httpd = Httpd::builder().protected(Poly::shared().bundle_pem()).access_log(&format!("{format} ;")).start();
    for phone in [Poly::shared().phone("0004f2bbbbbb"), Authority::root("TEST Stranger").device(MAC)] {
        let asked =
            httpd.phone(&phone).request("GET", "/x?of=0004f2aaaaaa", &[("User-Agent", "a phone")], b"").unwrap();
        assert_eq!(asked.status, 403);
    }
    for reason in ["mac-mismatch", "untrusted-certificate"] {
        let line = httpd.wait_for_log(&format!("reason={reason}"));
        let noted = httpd.wait_for_access(&format!("reason='{reason}'"));
        for field in fields {
            let note = noted.split(&format!(" {field}='")).nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
            let is_there = line.contains(&format!(" {field}={note} ")) || line.contains(&format!(" {field}='{note}'"));
            assert!(is_there || note == "-" && !line.contains(&format!(" {field}=")), "{field}: {noted}\n{line}");
        }
        assert_eq!(noted.contains(" why='-'"), reason == "mac-mismatch", "{noted}");
    }
}
