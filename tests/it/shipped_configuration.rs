//! mod_mtlsprotect.conf as it is shipped, with nothing but its paths changed.

use mtlsprotect_testkit::{Authority, Builder, Crl, Httpd, Poly};
use std::fs;
use std::path::Path;

fn shipped() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("mod_mtlsprotect.conf")).unwrap()
}

/// With the one line that says whom to trust.
fn with_ca_file(text: &str) -> String {
    let line = "#MTLSProtectCAFile \"/etc/mtlsprotect/device-cas.pem\"";
    assert!(text.contains(line), "the shipped configuration has another line");
    text.replace(line, "MTLSProtectCAFile device-ca.pem")
}

/// The site at the end, which is a comment line by line, as an operator copies it.
fn with_site(text: &str) -> String {
    let (common, site) = text.split_once("# A provisioning site:\n").expect("the site is at the end");
    let site: Vec<&str> = site.lines().map(|line| line.strip_prefix('#').unwrap_or(line)).collect();
    let site = site
        .join("\n")
        .replace("*:443", "127.0.0.1:{https}")
        .replace("/srv/provisioning", "{docroot}")
        .replace("/etc/ssl/certs/provisioning.pem", "{server_cert}")
        .replace("/etc/ssl/private/provisioning.key", "{server_key}");
    assert!(site.contains("<VirtualHost 127.0.0.1:{https}>") && site.contains("<Directory \"{docroot}\">"), "{site}");
    with_ca_file(common) + &site
}

/// `builder` with the device CAs and two phones' files.
fn site(builder: Builder) -> Builder {
    builder
        .file("device-ca.pem", Poly::shared().bundle_pem())
        .page("0004f2aaaaaa.cfg", "secret of a")
        .page("000000000000.cfg", "shared")
        .page(".htaccess", "MTLSProtect Off\n")
}

#[test]
fn it_passes_as_it_stands_and_protects_nothing_yet() {
    for (text, said) in [(shipped(), ""), (with_ca_file(&shipped()), "MTLSProtect is nowhere On, Learn or Report")] {
        let output = site(Httpd::builder().with_module().config(&text)).configtest();
        assert!(output.ok && output.text.contains(said), "{}", output.text);
        assert_eq!(output.text.matches("mtlsprotect: ").count(), usize::from(!said.is_empty()), "{}", output.text);
        let httpd = site(Httpd::builder().with_module().config(&text)).start();
        assert_eq!(httpd.client().get("/0004f2aaaaaa.cfg").unwrap().status, 200);
    }
    let without_module = Httpd::builder().config(&shipped()).configtest();
    assert!(without_module.ok, "{}", without_module.text);
    let missing = Httpd::builder().with_module().config(&with_ca_file(&shipped())).configtest();
    assert!(!missing.ok && missing.text.contains("device-ca.pem"), "{}", missing.text);
}

#[test]
fn read_after_an_operators_own_lines_it_undoes_none_of_them() {
    let own = "MTLSProtectCAFile device-ca.pem\nMTLSProtect On\nMTLSProtectOtherFiles deny";
    let builder = site(Httpd::builder().with_module()).config(own).config(&shipped());
    let httpd = builder.vhost("SSLVerifyClient optional_no_ca").start();
    let own = Poly::shared().phone("0004f2aaaaaa");
    assert_eq!(httpd.client().get("/0004f2aaaaaa.cfg").unwrap().status, 403);
    assert_eq!(httpd.get(&own, "/0004f2aaaaaa.cfg").text(), "secret of a");
    assert_eq!(httpd.get(&own, "/000000000000.cfg").status, 403);
    assert!(httpd.own_log().contains("mode=On vendors=poly cas=4"), "{}", httpd.error_log());
}

#[test]
fn every_line_that_is_a_comment_would_pass_too() {
    let uncommented: Vec<String> = shipped()
        .lines()
        .map(|line| match line.trim_start().strip_prefix("#MTLSProtect") {
            Some(rest) => format!("MTLSProtect{rest}"),
            None => line.to_owned(),
        })
        .collect();
    let text = uncommented.join("\n").replace("/etc/mtlsprotect/", "").replace("/var/lib/mtlsprotect/", "");
    assert!(text.matches("\nMTLSProtect").count() >= 7, "{text}");
    let output = site(Httpd::builder().with_module().config(&text))
        .file("device-cas/a.pem", Poly::shared().root_pem())
        .file("poly.pem", Poly::shared().root_pem())
        .file("yealink.pem", Authority::root("TEST Yealink").pem())
        .file("device-cas.pem", Poly::shared().root_pem())
        .file("device-cas.crl", Crl::of(&Poly::shared().root).pem())
        .file("devices", "0004f2aaaaaa allow\n")
        .configtest();
    assert!(output.ok, "{}", output.text);
}

#[test]
fn its_site_reports_first() {
    let httpd = site(Httpd::builder().with_module().without_vhosts().config(&with_site(&shipped()))).start();
    let (own, other) = (Poly::shared().phone("0004f2aaaaaa"), Poly::shared().phone("0004f2bbbbbb"));
    let response = httpd.get(&own, "/0004f2aaaaaa.cfg");
    assert_eq!((response.status, response.text()), (200, "secret of a".into()));
    let response = httpd.get(&other, "/0004f2aaaaaa.cfg");
    assert_eq!((response.status, response.text()), (200, "secret of a".into()));
    httpd.wait_for_log("would-deny reason=mac-mismatch cert-mac=0004f2bbbbbb named=0004f2aaaaaa");
    assert_eq!(httpd.get(&other, "/000000000000.cfg").text(), "shared");
    let notice = httpd.wait_for_log("mtlsprotect: provisioning.example.com");
    assert!(notice.contains("mode=Report vendors=poly cas=4") && notice.contains("other-files=device"), "{notice}");
    // its own access log, in the format that it defines
    let log = httpd.root().join("logs/provisioning_log");
    let lines = mtlsprotect_testkit::tools::wait_for(|| {
        let lines = fs::read_to_string(&log).unwrap_or_default();
        (lines.lines().count() >= 3).then_some(lines)
    });
    let lines = lines.expect("three requests are in the site's own log");
    assert!(lines.contains(" allow own-file 0004f2aaaaaa 0004f2aaaaaa poly provisioning.example.com\n"), "{lines}");
    assert!(
        lines.contains(" would-deny mac-mismatch 0004f2bbbbbb 0004f2aaaaaa poly provisioning.example.com\n"),
        "{lines}"
    );
    assert!(lines.contains(" allow other-file 0004f2bbbbbb - poly provisioning.example.com\n"), "{lines}");
}

#[test]
fn its_site_protects_once_it_says_on() {
    let text = with_site(&shipped());
    assert!(text.contains("    MTLSProtect Report\n"), "{text}");
    let text = text.replace("    MTLSProtect Report\n", "    MTLSProtect On\n");
    let httpd = site(Httpd::builder().with_module().without_vhosts().config(&text)).start();
    let (own, other) = (Poly::shared().phone("0004f2aaaaaa"), Poly::shared().phone("0004f2bbbbbb"));
    assert_eq!(httpd.get(&own, "/0004f2aaaaaa.cfg").text(), "secret of a");
    assert_eq!(httpd.get(&other, "/000000000000.cfg").text(), "shared");
    for (client, path, reason) in [
        (httpd.phone(&other), "/0004f2aaaaaa.cfg", "mac-mismatch"),
        (httpd.client(), "/0004f2aaaaaa.cfg", "no-certificate"),
        (httpd.client(), "/000000000000.cfg", "no-certificate"),
    ] {
        let response = client.get(path).unwrap();
        assert_eq!(response.status, 403, "{path}");
        assert!(!response.text().contains("secret") && !response.text().contains("shared"), "{path}");
        httpd.wait_for_log(&format!("denied reason={reason}"));
    }
}
