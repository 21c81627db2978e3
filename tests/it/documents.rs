//! What the documents show of a configuration is one that httpd takes, without a warning of the module.

use mtlsprotect_book::blocks::{Block, blocks};
use mtlsprotect_testkit::{Authority, Builder, Httpd, Poly};
use std::fs;
use std::path::Path;

/// The documents with their code blocks.
pub fn documents() -> Vec<(String, Vec<Block>)> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let names = fs::read_dir(project.join("docs")).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| format!("docs/{}", name.to_str().unwrap())).filter(|name| name.ends_with(".md"));
    let read = |name: String| {
        let text = fs::read_to_string(project.join(&name)).unwrap();
        let found = blocks(&text).unwrap_or_else(|error| panic!("{name}, {error}"));
        (name, found)
    };
    names.chain(["README.md".to_owned()]).map(read).collect()
}

/// The block of a document whose text contains this.
pub fn block_with(document: &str, text: &str) -> String {
    let all = documents();
    let (_, blocks) = all.iter().find(|(name, _)| name == document).unwrap_or_else(|| panic!("no {document}"));
    let found = blocks.iter().find(|block| block.text.contains(text));
    found.unwrap_or_else(|| panic!("{document} has no block with {text}")).text.clone()
}

/// What stands in a test for the paths of the documents; the longer ones first.
const STAND_INS: [(&str, &str); 12] = [
    ("/etc/ssl/certs/staff.pem", "{server_cert}"),
    ("/etc/ssl/private/staff.key", "{server_key}"),
    ("/etc/ssl/certs/provisioning.pem", "{server_cert}"),
    ("/etc/ssl/private/provisioning.key", "{server_key}"),
    ("/etc/ssl/provisioning.pem", "{server_cert}"),
    ("/etc/ssl/provisioning.key", "{server_key}"),
    ("/etc/ssl/staff-ca.pem", "{root}/staff-ca.pem"),
    ("/etc/mtlsprotect", "{root}"),
    ("/var/lib/mtlsprotect", "{root}"),
    ("/srv/provisioning", "{docroot}"),
    ("/srv/prov", "{docroot}"),
    ("${APACHE_LOG_DIR}", "{root}"),
];

/// Whether a line has this directive.
fn has(text: &str, directive: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with(&format!("{directive} ")))
}

/// A server with the block where it belongs, and with what it needs besides.
fn server(block: &str) -> Builder {
    let is_shown = |line: &&str| !line.starts_with("LoadModule ");
    let mut text: String = block.lines().filter(is_shown).map(|line| format!("{line}\n")).collect();
    // what a host has besides, which is not the one with the phones' folder
    text = text.replace("    ...\n", "SSLEngine on\nSSLVerifyClient optional_no_ca\nDocumentRoot {root}/application\n");
    for (path, stand_in) in STAND_INS {
        text = text.replace(path, stand_in);
    }
    text = text.replace("<VirtualHost *:443>", "<VirtualHost 127.0.0.1:{https_b}>");
    text = text.replace("<VirtualHost *:80>", "<VirtualHost 127.0.0.1:{http_b}>");
    let mut builder = Httpd::builder()
        .with_module()
        .modules(&[
            "rewrite",
            "remoteip",
            "proxy",
            "proxy_http",
            "dav",
            "dav_fs",
            "auth_basic",
            "auth_digest",
            "authn_file",
            "dbd",
            "authn_dbd",
        ])
        .file("application/.keep", "")
        .page("tenant-a/.keep", "")
        .page("tenant-b/.keep", "")
        .file("poly.pem", Poly::shared().bundle_pem())
        .file("staff-ca.pem", Authority::root("TEST Staff CA").pem())
        .file("passwords", "0004f2aaaaaa:provisioning:0123456789abcdef0123456789abcdef\n")
        .file("phones.txt", "1001 0004f2aaaaaa\n");
    for vendor in ["yealink", "snom", "grandstream"] {
        builder = builder.file(&format!("{vendor}.pem"), Authority::root(&format!("TEST {vendor}")).pem());
    }
    for devices in ["devices", "tenant-a.devices", "tenant-b.devices"] {
        builder = builder.file(devices, "0004f2aaaaaa allow\n");
    }
    // a balancer's own machine
    let is_balancer = has(&text, "ProxyPass") && !text.contains("MTLSProtect");
    if !is_balancer && !has(&text, "MTLSProtectVendor") && !has(&text, "MTLSProtectCAFile") {
        builder = builder.config("MTLSProtectVendor poly ca={root}/poly.pem");
    }
    if (text.contains("Learn\n") || has(&text, "MTLSProtectPassword")) && !has(&text, "MTLSProtectLearnedFile") {
        builder = builder.config("MTLSProtectLearnedFile {root}/learned");
    }
    let is_protected = ["Report", "Learn", "On"].iter().any(|mode| text.contains(&format!("MTLSProtect {mode}")));
    if !is_balancer && !is_protected {
        builder = builder.config("<Directory {docroot}>\nMTLSProtect On\n</Directory>");
    }
    if text.contains("<VirtualHost") && has(&text, "DocumentRoot") {
        // What a host protects for itself the hosts of the test don't serve.
        builder = builder.config("DocumentRoot {root}/logs");
    }
    let of_a_host = !text.contains("<VirtualHost")
        && ["SSLVerifyClient", "CustomLog", "MTLSProtectProxy"].iter().any(|directive| has(&text, directive));
    if of_a_host && has(&text, "SSLVerifyClient") {
        return builder.vhost(&text);
    }
    builder = builder.vhost("SSLVerifyClient optional_no_ca");
    if of_a_host { builder.vhost(&text) } else { builder.config(&text) }
}

#[test]
fn httpd_takes_every_configuration_that_they_show() {
    let mut run = 0;
    for (name, blocks) in documents() {
        for block in blocks.iter().filter(|block| block.language == "apache" && block.not_run.is_none()) {
            let output = server(&block.text).configtest();
            let warned = output.text.contains("mtlsprotect: ");
            assert!(output.ok && !warned, "{name}, line {}: {}\n{}", block.line, output.text, block.text);
            run += 1;
        }
    }
    assert!(run > 15, "only {run} configurations were found");
}

#[test]
fn a_mistake_in_a_configuration_that_they_show_is_found() {
    for (text, said) in [
        ("MTLSProtectVendor poly ca=/etc/mtlsprotect/poly.pem\nMTLSProtect Om\n", "Off, Report, Learn or On"),
        ("<Directory /srv/provisioning>\n    MTLSProtect On\n", "was not closed"),
        ("SSLVerifyClient sometimes\n", "SSLVerifyClient"),
        ("MTLSProtectVendor poly ca=/etc/mtlsprotect/polly.pem\n", "polly.pem"),
    ] {
        let output = server(text).configtest();
        assert!(!output.ok && output.text.contains(said), "{text}: {}", output.text);
    }
}
