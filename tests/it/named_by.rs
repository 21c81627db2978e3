//! Files named after an extension: an expression of the operator's says whose each is.

mod error_pages;
mod ways;

use crate::asking::{CARELESS, OTHER, OWN, ask, body, get, phone, secret};
use mtlsprotect_testkit::{Builder, Client, Httpd, Poly, curl_h2};

const OWN_FILE: &str = "200 allow own-file";
const OTHER_FILE: &str = "200 allow other-file";
const MISMATCH: &str = "403 deny mac-mismatch";

/// Which phone has which extension.
const PHONES: &str = "1001 0004f2aaaaaa\n1002 00:04:F2:BB:BB:BB\n1003 04f2aaaaaa\n";

/// A site whose files are named after extensions; nothing says yet whose they are.
fn server() -> Builder {
    Httpd::builder()
        .module("rewrite")
        .protected(Poly::shared().bundle_pem())
        .config("Header always set X-Verdict \"expr=%{note:mtlsprotect-verdict} %{note:mtlsprotect-reason}\"")
        .file("phones.txt", PHONES)
        .vhost("RewriteMap phones \"txt:{root}/phones.txt\"")
        .page("prov/1001.xml", secret(OWN))
        .page("prov/1002.xml", secret(OTHER))
        .page("prov/1003.xml", "whose MAC has two digits too few")
        .page("prov/firmware.ld", "firmware")
}

/// A rule of the virtual host, which counts from the first gate on.
fn by_host() -> Builder {
    server()
        .config("MTLSProtectNamedBy %{reqenv:PHONE}")
        .vhost("RewriteEngine on\nRewriteRule \"^/prov/([0-9]+)\" - [E=PHONE:${phones:$1}]")
}

/// A rule of the folder, which counts from fixups on, in subrequests for files too.
fn by_folder() -> Builder {
    server().config(
        "<Directory \"{docroot}/prov\">\nOptions FollowSymLinks\nMTLSProtectNamedBy %{reqenv:PHONE}\n\
         RewriteEngine on\nRewriteRule \"^([0-9]+)\" - [E=PHONE:${phones:$1}]\n</Directory>",
    )
}

fn other_phone(httpd: &Httpd) -> Client {
    httpd.phone(&Poly::shared().phone(OTHER))
}

/// Without the module the path leads to the other phone's file.
fn leaks(builder: &Builder, path: &str) {
    let open = builder.clone().config("<Location />\nMTLSProtect Off\n</Location>").start();
    open.write_script("prov/run.sh", CARELESS);
    let text = open.phone(&phone()).get(path).unwrap().text();
    assert!(text.contains(&secret(OTHER)), "{path} leads nowhere: {text}");
}

/// The phone has its own extension's file, and nobody has another's.
fn each_gets_its_own(httpd: &Httpd) {
    let (own, other) = (httpd.phone(&phone()), other_phone(httpd));
    assert_eq!(get(&own, "/prov/1001.xml"), OWN_FILE);
    assert_eq!(body(&own, "/prov/1001.xml"), secret(OWN));
    assert_eq!(get(&own, "/prov/1002.xml"), MISMATCH);
    assert_eq!(ask(&own, "HEAD", "/prov/1002.xml", &[], b""), MISMATCH);
    assert_eq!(body(&other, "/prov/1002.xml"), secret(OTHER));
    assert_eq!(get(&other, "/prov/1001.xml"), MISMATCH);
    assert_eq!(get(&own, "/prov/firmware.ld"), OTHER_FILE);
    for path in ["/prov/1001.xml", "/prov/1002.xml", "/prov/firmware.ld"] {
        assert_eq!(get(&httpd.client(), path), "403 deny no-certificate", "{path}");
    }
    let line = httpd.wait_for_log("reason=mac-mismatch");
    assert!(line.contains(&format!(" named={OTHER} found-in=named-by ")), "{line}");
}

#[test]
fn a_phone_gets_the_file_of_its_own_extension_by_a_rule_of_the_virtual_host() {
    let httpd = by_host().start();
    each_gets_its_own(&httpd);
    // All requests of one connection are named by their own variables.
    let mut connection = httpd.phone(&phone()).connect().unwrap();
    for (path, status) in [("/prov/1001.xml", 200), ("/prov/1002.xml", 403), ("/prov/1001.xml", 200)] {
        assert_eq!(connection.request("GET", path, &[], b"").unwrap().status, status, "{path}");
    }
}

#[test]
fn a_phone_gets_the_file_of_its_own_extension_by_a_rule_of_the_folder() {
    each_gets_its_own(&by_folder().start());
}

#[test]
fn a_phone_gets_the_file_of_its_own_extension_by_setenvif_in_the_host_or_the_folder() {
    let lines = "SetEnvIf Request_URI \"^/prov/1001\" PHONE=0004f2aaaaaa\n\
                 SetEnvIf Request_URI \"^/prov/1002\" PHONE=0004f2bbbbbb";
    each_gets_its_own(&server().config("MTLSProtectNamedBy %{reqenv:PHONE}").vhost(lines).start());
    let folder = format!("<Directory \"{{docroot}}/prov\">\nMTLSProtectNamedBy %{{env:PHONE}}\n{lines}\n</Directory>");
    each_gets_its_own(&server().config(&folder).start());
}

#[test]
fn a_phone_gets_the_file_of_its_own_extension_over_http2() {
    let httpd = by_folder().module("http2").start();
    let answers = |mac: &str, path: &str| curl_h2(httpd.https(), Some(&Poly::shared().phone(mac)), path).text();
    for (mac, path, is_own) in
        [(OWN, "/prov/1001.xml", true), (OWN, "/prov/1002.xml", false), (OTHER, "/prov/1002.xml", true)]
    {
        let answer = answers(mac, path);
        assert_eq!(answer.contains(&secret(mac)), is_own, "{path}: {answer}");
        assert_eq!(answer.contains("password"), is_own, "{path}: {answer}");
    }
}

#[test]
fn where_a_header_names_the_device_the_phone_can_only_narrow_what_it_gets() {
    let httpd = server().config("MTLSProtectNamedBy %{req:X-Device}\nMTLSProtectOtherFiles deny").start();
    let client = httpd.phone(&phone());
    let asks = |value: &str| ask(&client, "GET", "/prov/firmware.ld", &[("X-Device", value)], b"");
    assert_eq!(asks("00-04-f2-aa-aa-aa"), OWN_FILE);
    assert_eq!(asks("0004f2bbbbbb"), MISMATCH);
    for value in ["1002", "0004f2aaaaaa, 0004f2aaaaaa", "0004f2aaaaaa 0004f2bbbbbb"] {
        assert_eq!(asks(value), "403 deny malformed-name", "{value}");
    }
    assert_eq!(asks(""), "403 deny other-file");
    assert_eq!(asks("000000000000"), "403 deny other-file");
    let twice = [("X-Device", OWN), ("x-device", OTHER)];
    assert_eq!(ask(&client, "GET", "/prov/firmware.ld", &twice, b""), "403 deny malformed-name");
    let url = format!("/prov/firmware.ld?{OTHER}");
    assert_eq!(ask(&client, "GET", url, &[("X-Device", OWN)], b""), "403 deny ambiguous-name");
    // Nor does it change what caches are told.
    let answer = client.request("GET", "/prov/firmware.ld", &[("X-Device", OWN)], b"").unwrap();
    assert_eq!(answer.header("Vary"), None);
}

#[test]
fn two_expressions_that_name_two_devices_are_ambiguous() {
    let two = "MTLSProtectNamedBy %{req:X-Device}\nMTLSProtectNamedBy %{reqenv:PHONE}";
    let httpd = by_host().config(two).start();
    let client = httpd.phone(&phone());
    let asks = |value: &str| ask(&client, "GET", "/prov/1001.xml", &[("X-Device", value)], b"");
    assert_eq!(asks(OTHER), "403 deny ambiguous-name");
    assert_eq!(asks(OWN), OWN_FILE);
    assert_eq!(asks(""), OWN_FILE);
    assert_eq!(asks("12"), "403 deny malformed-name");
}

#[test]
fn what_the_map_does_not_have_is_nobodys_or_malformed_as_the_operator_says() {
    for (builder, rule) in [(by_host(), "the host's"), (by_folder(), "the folder's")] {
        let httpd = builder.page("prov/1004.xml", "nobody's").start();
        let client = httpd.phone(&phone());
        assert_eq!(get(&client, "/prov/1004.xml"), OTHER_FILE, "{rule}");
        assert_eq!(get(&client, "/prov/1003.xml"), "403 deny malformed-name", "{rule}");
    }
    let strict = "RewriteEngine on\nRewriteRule \"^/prov/([0-9]+)\" - [E=PHONE:${phones:$1|bad}]";
    let httpd = server().config("MTLSProtectNamedBy %{reqenv:PHONE}").vhost(strict).page("prov/1004.xml", "x").start();
    assert_eq!(get(&httpd.phone(&phone()), "/prov/1004.xml"), "403 deny malformed-name");
    assert_eq!(get(&httpd.phone(&phone()), "/prov/1001.xml"), OWN_FILE);
}

#[test]
fn other_files_deny_waits_until_the_folders_rules_have_named_the_device() {
    let httpd = by_folder().config("MTLSProtectOtherFiles deny").log_level("warn mtlsprotect:debug").start();
    let client = httpd.phone(&phone());
    assert_eq!(get(&client, "/prov/1001.xml"), OWN_FILE);
    assert_eq!(get(&client, "/prov/1002.xml"), MISMATCH);
    assert!(!httpd.error_log().contains("reason=other-file"), "{}", httpd.error_log());
    assert_eq!(get(&client, "/prov/firmware.ld"), "403 deny other-file");
    assert!(httpd.wait_for_log("denied reason=other-file").contains("firmware.ld"));
    // Who waits for nothing: a section without expressions, and a write.
    assert_eq!(ask(&client, "PUT", "/prov/firmware.ld", &[], b"x"), "403 deny other-file");
    assert_eq!(ask(&client, "PUT", "/prov/1001.xml", &[], b"x"), "403 deny other-file");
}

#[test]
fn other_files_allow_opens_what_names_nobody_and_nothing_else_to_a_stranger() {
    let httpd = by_folder().config("MTLSProtectOtherFiles allow").start();
    let stranger = httpd.client();
    assert_eq!(get(&stranger, "/prov/firmware.ld"), OTHER_FILE);
    assert_eq!(get(&stranger, "/prov/1002.xml"), "403 deny no-certificate");
    assert_eq!(get(&httpd.plain_client(), "/prov/firmware.ld"), OTHER_FILE);
}

#[test]
fn report_says_the_same_once_and_refuses_nothing() {
    let httpd = by_folder().config("MTLSProtectOtherFiles deny\n<Location />\nMTLSProtect Report\n</Location>").start();
    let client = httpd.phone(&phone());
    assert_eq!(body(&client, "/prov/1001.xml"), secret(OWN));
    assert_eq!(body(&client, "/prov/1002.xml"), secret(OTHER));
    assert_eq!(body(&client, "/prov/firmware.ld"), "firmware");
    assert!(httpd.wait_for_log("would-deny reason=mac-mismatch").contains("/prov/1002.xml"));
    assert!(httpd.wait_for_log("would-deny reason=other-file").contains("/prov/firmware.ld"));
    let log = httpd.error_log();
    assert_eq!(log.matches("would-deny").count(), 2, "{log}");
}

#[test]
fn no_name_of_this_kind_lets_a_phone_write() {
    let dav = "<Directory \"{docroot}\">\nDav On\nMTLSProtectMethods GET PUT MOVE COPY DELETE\n</Directory>";
    for builder in [by_host(), by_folder(), server().config("MTLSProtectNamedBy %{req:X-Device}")] {
        let httpd = builder.modules(&["dav", "dav_fs"]).config(dav).start();
        let client = httpd.phone(&phone());
        let headers = [("X-Device", OWN)];
        for path in ["/prov/1001.xml", "/prov/firmware.ld", "/prov/new.log"] {
            assert_eq!(ask(&client, "PUT", path, &headers, b"x"), "403 deny write", "{path}");
            assert_eq!(ask(&client, "DELETE", path, &headers, b""), "403 deny write", "{path}");
        }
        // A name in the path is still one, and an expression can take it away again.
        let log = format!("/{OWN}.log");
        assert_eq!(client.request("PUT", &log, &headers, b"x").unwrap().status, 201);
        for destination in ["/prov/1002.xml", "/prov/firmware.ld"] {
            let destination = format!("https://localhost:{}{destination}", httpd.https());
            let headers = [("X-Device", OWN), ("Destination", destination.as_str()), ("Overwrite", "T")];
            let answer = ask(&client, "COPY", &log, &headers, b"");
            assert!(answer.starts_with("403 "), "{destination}: {answer}");
        }
        assert_eq!(body(&other_phone(&httpd), "/prov/firmware.ld"), "firmware");
    }
}

#[test]
fn an_expression_that_cannot_be_evaluated_lets_nobody_in() {
    let nested = (0..30).fold("%{req:X-Device}".to_owned(), |inner, _| format!("%{{tolower:{inner}}}"));
    let httpd = server().config(&format!("MTLSProtectNamedBy {nested}")).start();
    let client = httpd.phone(&phone());
    assert_eq!(get(&client, "/prov/firmware.ld"), "500 deny internal-error");
    assert!(httpd.wait_for_log("mtlsprotect: internal error: ").contains("MTLSProtectNamedBy: Recursion limit"));
}

#[test]
fn an_inner_sections_expressions_replace_the_outer_ones() {
    let httpd = server()
        .config("MTLSProtectNamedBy %{req:X-Outer}")
        .vhost(
            "<Location /prov/1001.xml>\nMTLSProtectNamedBy %{req:X-One}\nMTLSProtectNamedBy %{req:X-Two}\n</Location>",
        )
        .start();
    let client = httpd.phone(&phone());
    let asks = |path: &str, header: &str| ask(&client, "GET", path, &[(header, OTHER)], b"");
    assert_eq!(asks("/prov/firmware.ld", "X-Outer"), MISMATCH);
    assert_eq!(asks("/prov/firmware.ld", "X-One"), OTHER_FILE);
    assert_eq!(asks("/prov/1001.xml", "X-Outer"), OTHER_FILE);
    assert_eq!(asks("/prov/1001.xml", "X-One"), MISMATCH);
    assert_eq!(asks("/prov/1001.xml", "X-Two"), MISMATCH);
}

#[test]
fn it_counts_again_after_a_graceful_restart() {
    let mut httpd = by_folder().start();
    each_gets_its_own(&httpd);
    httpd.graceful();
    assert_eq!(get(&httpd.phone(&phone()), "/prov/1002.xml"), MISMATCH);
    assert_eq!(get(&httpd.phone(&phone()), "/prov/1001.xml"), OWN_FILE);
}
