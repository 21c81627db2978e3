//! Inner settings override outer ones, field by field.

use mtlsprotect_testkit::{Authority, Builder, Client, Httpd, Identity, Poly};

const FOLDERS: [&str; 5] = ["", "a/", "a/b/", "c/", "d/"];

/// A protected server with a phone's file and a shared one in every folder.
fn site() -> Builder {
    let site = Httpd::builder().protected(Poly::shared().bundle_pem());
    FOLDERS.iter().fold(site, |site, folder| {
        site.page(&format!("{folder}0004f2aaaaaa.cfg"), "secret of a").page(&format!("{folder}shared.cfg"), "shared")
    })
}

fn own() -> Identity {
    Poly::shared().phone("0004f2aaaaaa")
}

fn other() -> Identity {
    Poly::shared().phone("0004f2bbbbbb")
}

/// What each request must get: status and the reason in the access log.
fn expect(httpd: &Httpd, client: &Client, what: &str, path: &str, status: u16, reason: &str) {
    let path = format!("{path}{}who={what}", if path.contains('?') { '&' } else { '?' });
    let response = client.get(&path).unwrap();
    assert_eq!(response.status, status, "{what}: {path}: {}", response.text());
    assert_eq!(
        status == 200,
        response.text().contains("secret") || response.text().contains("shared"),
        "{what}: {path}"
    );
    let line = httpd.wait_for_access(&format!(" {path} "));
    assert!(line.contains(&format!(" reason={reason} ")), "{what}: not {reason}: {line}");
}

#[test]
fn a_host_overrides_the_server_and_keeps_the_rest() {
    let httpd = Httpd::builder()
        .protected(Poly::shared().bundle_pem())
        .config("MTLSProtectOtherFiles deny\nMTLSProtectMethods GET\nMTLSProtectNameParameter phone")
        .config("MTLSProtectFilePattern \"f-(?<mac>[0-9a-f]{12}[0-9a-f]?)\"")
        .vhost("MTLSProtectOtherFiles allow")
        .config("<VirtualHost 127.0.0.1:{https_b}>\nSSLEngine on")
        .config("SSLVerifyClient optional_no_ca\nMTLSProtectMethods GET POST\nMTLSProtectNameParameter none\n</VirtualHost>")
        .page("shared.cfg", "shared")
        .page("0004f2aaaaaa.cfg", "secret")
        .start();
    let (first, second) = (httpd.phone(&other()), Client::new(httpd.https_b()).identity(&other()));
    expect(&httpd, &httpd.client(), "overridden", "/shared.cfg", 200, "other-file");
    expect(&httpd, &first, "kept1", "/shared.cfg?phone=00-04-F2-AA-AA-AA", 403, "mac-mismatch");
    expect(&httpd, &first, "kept2", "/shared.cfg?f-123456789012", 403, "mac-mismatch");
    assert_eq!(first.request("PUT", "/0004f2bbbbbb.log?kept3", &[], b"x").unwrap().status, 403);
    assert!(httpd.wait_for_access("PUT /0004f2bbbbbb.log?kept3 ").contains(" reason=method "));
    expect(&httpd, &second, "kept4", "/shared.cfg", 403, "other-file");
    // POST is allowed as a method there, and not as a way to write what names nobody
    assert_eq!(second.request("POST", "/0004f2aaaaaa.cfg?phone=x&kept5", &[], b"x").unwrap().status, 403);
    assert!(httpd.wait_for_access("kept5 ").contains(" reason=mac-mismatch "));
}

#[test]
fn a_host_overrides_the_mode_of_the_server() {
    let httpd = Httpd::builder()
        .with_module()
        .file("device-ca.pem", Poly::shared().bundle_pem())
        .config("MTLSProtectCAFile {device_ca}\nSSLVerifyClient optional_no_ca\nMTLSProtect On")
        .vhost("MTLSProtect Report")
        .plain_vhost("MTLSProtect Off")
        .config("<VirtualHost 127.0.0.1:{https_b}>\nSSLEngine on\n</VirtualHost>")
        .page("0004f2aaaaaa.cfg", "secret")
        .start();
    expect(&httpd, &httpd.phone(&other()), "report", "/0004f2aaaaaa.cfg", 200, "mac-mismatch");
    expect(&httpd, &httpd.plain_client(), "off", "/0004f2aaaaaa.cfg", 200, "-");
    let second = Client::new(httpd.https_b()).identity(&other());
    expect(&httpd, &second, "inherited", "/0004f2aaaaaa.cfg", 403, "mac-mismatch");
}

#[test]
fn a_directory_overrides_the_host_and_the_directory_above() {
    let httpd = site()
        .vhost("MTLSProtectOtherFiles allow\nMTLSProtectNameParameter phone")
        .config("<Directory {docroot}/a>\nMTLSProtectOtherFiles deny\n</Directory>")
        .config("<Directory {docroot}/a/b>\nMTLSProtect Report\n</Directory>")
        .config("<Directory {docroot}/c>\nMTLSProtect Off\n</Directory>")
        .config("<Directory {docroot}/d>\nMTLSProtectNameParameter serial\nMTLSProtectOtherFiles device\n</Directory>")
        .start();
    let (nobody, own, other) = (httpd.client(), httpd.phone(&own()), httpd.phone(&other()));
    expect(&httpd, &nobody, "host", "/shared.cfg", 200, "other-file");
    expect(&httpd, &own, "host2", "/shared.cfg?phone=0004f2bbbbbb", 403, "mac-mismatch");
    expect(&httpd, &own, "inner", "/a/shared.cfg", 403, "other-file");
    expect(&httpd, &own, "inner2", "/a/0004f2aaaaaa.cfg", 200, "own-file");
    expect(&httpd, &other, "inner3", "/a/0004f2aaaaaa.cfg", 403, "mac-mismatch");
    // the mode is the innermost's, the rest the outer's
    expect(&httpd, &other, "innermost", "/a/b/0004f2aaaaaa.cfg", 200, "mac-mismatch");
    expect(&httpd, &own, "innermost2", "/a/b/shared.cfg", 200, "other-file");
    assert!(httpd.wait_for_access("innermost2 ").contains("verdict=would-deny"));
    expect(&httpd, &nobody, "off", "/c/0004f2aaaaaa.cfg", 200, "-");
    expect(&httpd, &nobody, "device", "/d/shared.cfg", 403, "no-certificate");
    expect(&httpd, &own, "parameter", "/d/shared.cfg?serial=123456", 403, "malformed-name");
    expect(&httpd, &own, "parameter2", "/d/shared.cfg?phone=123456", 200, "other-file");
}

#[test]
fn a_location_overrides_the_directory_and_if_overrides_both() {
    let httpd = site()
        .vhost("<Location /a>\nMTLSProtect Report\n</Location>")
        .vhost("<Location /c>\nMTLSProtect Off\n</Location>")
        .vhost("<Location /d>\nMTLSProtectOtherFiles deny\n</Location>")
        .vhost("<If \"%{QUERY_STRING} =~ /strict/\">\nMTLSProtect On\n</If>")
        .vhost("<If \"%{QUERY_STRING} =~ /open/\">\nMTLSProtectOtherFiles allow\n</If>")
        .start();
    let (nobody, own, other) = (httpd.client(), httpd.phone(&own()), httpd.phone(&other()));
    expect(&httpd, &other, "directory", "/0004f2aaaaaa.cfg", 403, "mac-mismatch");
    expect(&httpd, &other, "location", "/a/0004f2aaaaaa.cfg", 200, "mac-mismatch");
    expect(&httpd, &other, "if", "/a/0004f2aaaaaa.cfg?strict", 403, "mac-mismatch");
    expect(&httpd, &nobody, "off", "/c/0004f2aaaaaa.cfg", 200, "-");
    expect(&httpd, &nobody, "if2", "/c/0004f2aaaaaa.cfg?strict", 403, "no-certificate");
    expect(&httpd, &own, "deny", "/d/shared.cfg", 403, "other-file");
    expect(&httpd, &nobody, "if3", "/d/shared.cfg?open", 200, "other-file");
    expect(&httpd, &other, "if4", "/d/0004f2aaaaaa.cfg?open", 403, "mac-mismatch");
}

#[test]
fn files_override_their_directory() {
    let httpd = site()
        .config("<Directory {docroot}>\n<Files shared.cfg>\nMTLSProtectOtherFiles allow\n</Files>\n</Directory>")
        .config("<Files 0004f2aaaaaa.cfg>\nMTLSProtect Report\n</Files>")
        .start();
    expect(&httpd, &httpd.client(), "files", "/shared.cfg", 200, "other-file");
    expect(&httpd, &httpd.client(), "missing", "/missing.cfg", 403, "no-certificate");
    expect(&httpd, &httpd.phone(&other()), "files2", "/0004f2aaaaaa.cfg", 200, "mac-mismatch");
}

#[test]
fn repeated_patterns_add_up_in_a_section_and_replace_the_outer_ones() {
    let httpd = site()
        .config("MTLSProtectFilePattern \"p-(?<mac>[^&]+)\"\nMTLSProtectFilePattern \"q-(?<mac>[^&]+)\"")
        .config("MTLSProtectIgnore \"order-[0-9a-f]{12}\"\nMTLSProtectIgnore \"ticket-[0-9a-f]{12}\"")
        .config("<Directory {docroot}/a>\nMTLSProtectFilePattern \"r-(?<mac>[^&]+)\"\nMTLSProtectIgnore \"bill-[0-9a-f]{12}\"\n</Directory>")
        .config("<Directory {docroot}/c>\nMTLSProtectOtherFiles device\n</Directory>")
        .start();
    let own = httpd.phone(&own());
    let cases = [
        ("/shared.cfg?p-0a0a0ax0a0a0a", 403, "mac-mismatch"),
        ("/shared.cfg?q-0a0a0ax0a0a0a", 403, "mac-mismatch"),
        ("/shared.cfg?r-0a0a0ax0a0a0a", 200, "other-file"),
        ("/shared.cfg?order-1234567890ab", 200, "other-file"),
        ("/shared.cfg?ticket-1234567890ab", 200, "other-file"),
        ("/shared.cfg?bill-1234567890ab", 403, "mac-mismatch"),
        ("/a/shared.cfg?p-0a0a0ax0a0a0a", 200, "other-file"),
        ("/a/shared.cfg?r-0a0a0ax0a0a0a", 403, "mac-mismatch"),
        ("/a/shared.cfg?order-1234567890ab", 403, "mac-mismatch"),
        ("/a/shared.cfg?bill-1234567890ab", 200, "other-file"),
        ("/c/shared.cfg?q-0a0a0ax0a0a0a", 403, "mac-mismatch"),
        ("/c/shared.cfg?ticket-1234567890ab", 200, "other-file"),
    ];
    for (number, (path, status, reason)) in cases.into_iter().enumerate() {
        expect(&httpd, &own, &format!("case{number}"), path, status, reason);
    }
}

#[test]
fn a_host_with_a_list_of_its_own_has_no_longer_the_servers() {
    let vendor = Authority::root("TEST Own Root");
    let theirs = vendor.device("0004f2aaaaaa");
    let httpd = site()
        .file("own.pem", vendor.pem())
        .config("<VirtualHost 127.0.0.1:{https_b}>\nSSLEngine on\nSSLVerifyClient optional_no_ca")
        .config("MTLSProtectCAFile {root}/own.pem\n</VirtualHost>")
        .start();
    let second = || Client::new(httpd.https_b());
    expect(&httpd, &httpd.phone(&own()), "first", "/0004f2aaaaaa.cfg", 200, "own-file");
    expect(&httpd, &httpd.phone(&theirs), "first2", "/0004f2aaaaaa.cfg", 403, "untrusted-certificate");
    expect(&httpd, &second().identity(&own()), "second", "/0004f2aaaaaa.cfg", 403, "untrusted-certificate");
    expect(&httpd, &second().identity(&theirs), "second2", "/0004f2aaaaaa.cfg", 200, "own-file");
}

#[test]
fn a_host_keeps_the_servers_list_with_a_depth_or_identity_of_its_own() {
    let poly = Poly::shared();
    let sep = poly.leaf("SEP0004F2AAAAAA").issue();
    let httpd = site()
        .config("MTLSProtectVerifyDepth 4")
        .vhost("MTLSProtectIdentityPattern \"^SEP(?<mac>[0-9A-F]{12})$\"")
        .config("<VirtualHost 127.0.0.1:{https_b}>\nSSLEngine on\nSSLVerifyClient optional_no_ca")
        .config("MTLSProtectVerifyDepth 2\n</VirtualHost>")
        .start();
    let second = || Client::new(httpd.https_b());
    expect(&httpd, &httpd.phone(&sep), "pattern", "/0004f2aaaaaa.cfg", 200, "own-file");
    expect(&httpd, &httpd.phone(&own()), "pattern2", "/0004f2aaaaaa.cfg", 403, "no-device-identity");
    expect(&httpd, &second().identity(&own()), "depth", "/0004f2aaaaaa.cfg", 403, "untrusted-certificate");
    let short = poly.policy.device("0004f2aaaaaa");
    expect(&httpd, &second().identity(&short), "depth2", "/0004f2aaaaaa.cfg", 200, "own-file");
}

#[test]
fn lists_from_several_files_and_folders_add_up() {
    let poly = Poly::shared();
    let vendors = ["one", "two", "three", "four"].map(|name| Authority::root(&format!("TEST {name}")));
    let httpd = site()
        .file("one.pem", vendors[0].pem())
        .file("cas/two.pem", vendors[1].pem())
        .file("cas/three.crt", vendors[2].pem())
        .file("cas/four.txt", vendors[3].pem())
        .config("MTLSProtectCAFile {root}/one.pem\nMTLSProtectCAPath {root}/cas")
        .start();
    let trusted = [
        own(),
        vendors[0].device("0004f2aaaaaa"),
        vendors[1].device("0004f2aaaaaa"),
        vendors[2].device("0004f2aaaaaa"),
    ];
    for (number, identity) in trusted.iter().enumerate() {
        expect(&httpd, &httpd.phone(identity), &format!("list{number}"), "/0004f2aaaaaa.cfg", 200, "own-file");
    }
    let unlisted = vendors[3].device("0004f2aaaaaa");
    expect(&httpd, &httpd.phone(&unlisted), "unlisted", "/0004f2aaaaaa.cfg", 403, "untrusted-certificate");
    expect(&httpd, &httpd.phone(&poly.phone("0004f2bbbbbb")), "other", "/0004f2aaaaaa.cfg", 403, "mac-mismatch");
}

#[test]
fn the_order_of_hosts_that_share_the_servers_list_does_not_matter() {
    let tls = "<VirtualHost 127.0.0.1:{https}>\nSSLEngine on\nSSLVerifyClient optional_no_ca\n</VirtualHost>";
    let plain = "<VirtualHost 127.0.0.1:{http}>\n</VirtualHost>";
    let staff = "<VirtualHost 127.0.0.1:{https_b}>\nSSLEngine on\n</VirtualHost>";
    for hosts in [[tls, plain, staff], [plain, staff, tls], [staff, tls, plain]] {
        let httpd = site().without_vhosts().config(&hosts.join("\n")).start();
        // with more CAs than SSLVerifyDepth has mod_ssl accept when it judges itself
        expect(&httpd, &httpd.phone(&own()), "own", "/0004f2aaaaaa.cfg", 200, "own-file");
        expect(&httpd, &httpd.phone(&other()), "other", "/0004f2aaaaaa.cfg", 403, "mac-mismatch");
        expect(&httpd, &httpd.plain_client(), "plain", "/0004f2aaaaaa.cfg", 403, "plain-http");
        expect(&httpd, &Client::new(httpd.https_b()), "staff", "/0004f2aaaaaa.cfg", 403, "no-certificate");
    }
}
