//! The logs that a real httpd with the module writes, read by the command.

use crate::audit_logs::Logs;
use mtlsprotect_testkit::{Authority, Httpd, Identity, Poly, Subject, tools};
use serde_json::json;
use std::fs;
use std::path::Path;

/// The LogFormat of the shipped configuration with this nickname.
fn shipped_format(nickname: &str) -> String {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../mod_mtlsprotect.conf");
    let text = fs::read_to_string(shipped).expect("the shipped configuration");
    let is_it = |line: &&str| line.starts_with("LogFormat") && line.ends_with(&format!(" {nickname}"));
    text.lines().map(str::trim).find(is_it).expect("has the LogFormat").to_owned()
}

/// What a log says once so many requests are in it.
fn logged(httpd: &Httpd, name: &str, requests: usize) -> String {
    let path = httpd.root().join("logs").join(name);
    tools::wait_for(|| fs::read_to_string(&path).ok().filter(|log| log.matches('\n').count() == requests))
        .expect("all requests are logged")
}

#[test]
fn a_fleet_in_report_mode_is_sorted_by_its_real_logs() {
    let poly = Poly::shared();
    let httpd = Httpd::builder()
        .protected(poly.bundle_pem())
        .config("<Directory {docroot}>\nMTLSProtect Report\n</Directory>")
        .config(&format!("{}\nCustomLog \"{{root}}/logs/shipped.log\" mtlsprotect", shipped_format("mtlsprotect")))
        .page("0004f2aaaaaa.cfg", "a")
        .page("0004f2bbbbbb.cfg", "b")
        .page("0004f2cccccc.cfg", "c")
        .page("0004f2dddddd.cfg", "d")
        .start();
    let stranger = Authority::root("TEST \"Stranger\" \\").device("0004f2cccccc");
    let expired = poly.leaf(Subject::poly("0004f2ffffff")).expired().issue();
    let get = |identity: Option<&Identity>, path: &str| {
        let client = identity.map_or_else(|| httpd.client(), |identity| httpd.phone(identity));
        client
            .request("GET", path, &[("User-Agent", "x\" allow own-file 1234567890ab 1234567890ab poly")], b"")
            .expect("an answer")
    };
    get(Some(&poly.phone("0004f2aaaaaa")), "/0004f2aaaaaa.cfg");
    get(None, "/0004f2bbbbbb.cfg");
    get(Some(&stranger), "/0004f2cccccc.cfg");
    get(Some(&poly.phone("0004f2dddddd")), "/0004f2aaaaaa.cfg?x=%22%0a");
    get(Some(&expired), "/0004f2ffffff.cfg");
    httpd.wait_for_log("reason=expired-certificate");
    // not the log that the test server has anyway: each is written by itself
    let access = logged(&httpd, "shipped.log", 5);
    let logs = Logs::new();
    let fleet = "0004f2aaaaaa\n0004f2bbbbbb\n0004f2cccccc\n0004f2dddddd\n0004f2eeeeee\n0004f2ffffff\n";
    logs.write("fleet", fleet).write("access", access).write("error", httpd.error_log());

    let expected = [
        ("ready", json!("own-file"), json!(null)),
        ("no-certificate", json!("no-certificate"), json!(null)),
        ("untrusted", json!("untrusted-certificate"), json!("CN=TEST %22Stranger%22 %5C")),
        ("mismatch", json!("mac-mismatch"), json!(null)),
        ("not-seen", json!(null), json!(null)),
        ("untrusted", json!("expired-certificate"), json!("CN=TEST Polycom Equipment Issuing CA 1")),
    ];
    let report = logs.json(&["access", "error", "--fleet", "fleet"]);
    let rows = report["fleet"].as_array().expect("a fleet");
    for (row, (state, reason, issuer)) in rows.iter().zip(expected) {
        assert_eq!((&row["state"], &row["reason"], &row["issuer"]), (&json!(state), &reason, &issuer), "{row}");
    }
    assert_eq!(report["notes"], json!([]), "every line is understood");
    assert_eq!(report["lines"]["judged"], json!(5));
    assert_eq!(report["lines"]["verdicts_in_errors"], json!(4));
    let requests: Vec<_> = report["denied"].as_array().expect("a list").iter().map(|row| &row["requests"]).collect();
    assert_eq!(requests, [&json!(1); 4], "each request counts once: {}", report["denied"]);
    assert_eq!(logs.audit(&["access", "error", "--fleet", "fleet"]).code, Some(1));
    let only_errors = logs.json(&["error", "--fleet", "fleet"]);
    assert_eq!(only_errors["fleet"][3]["state"], json!("mismatch"));
    assert_eq!(only_errors["denied"].as_array().map(Vec::len), Some(4));
}

#[test]
fn the_shipped_json_says_what_the_other_shipped_format_says() {
    let poly = Poly::shared();
    let formats = ["mtlsprotect", "mtlsprotect_json"];
    let custom = formats.map(|name| format!("{}\nCustomLog \"{{root}}/logs/{name}.log\" {name}", shipped_format(name)));
    let httpd = Httpd::builder().protected(poly.bundle_pem()).config(&custom.join("\n")).page("sip.ld", "x").start();
    let owner = httpd.phone(&poly.phone("0004f2aaaaaa"));
    let hostile = [("User-Agent", "x\" allow own-file 1234567890ab 1234567890ab poly")];
    for (client, path) in [
        (&owner, "/0004f2aaaaaa.cfg?x=%22%5c\"}"),
        (&owner, "/0004f2bbbbbb.cfg?y=0004f2cccccc"),
        (&owner, "/sip.ld"),
        (&httpd.client(), "/0004f2bbbbbb.cfg"),
        (&httpd.plain_client(), "/0004f2bbbbbb.cfg"),
    ] {
        client.request("GET", path, &hostile, b"").expect("an answer");
    }
    let reports = formats.map(|name| {
        let logs = Logs::new();
        logs.write("access.log", logged(&httpd, &format!("{name}.log"), 5)).json(&["access.log", "--by", "host"])
    });
    assert_eq!(reports[0]["lines"]["judged"], json!(5), "{}", reports[0]);
    assert_eq!(reports[0]["by"]["rows"][0]["name"], json!("localhost"));
    assert_eq!(reports[0], reports[1]);
}

/// Refusals of `SSLVerifyClient require`, as a server logs them at this level.
fn refused_handshakes(level: &str) -> serde_json::Value {
    let poly = Poly::shared();
    let httpd = Httpd::builder()
        .file("device-ca.pem", poly.bundle_pem())
        .log_level(level)
        .vhost("SSLVerifyClient require\nSSLCACertificateFile {device_ca}\nSSLVerifyDepth 5")
        .start();
    let expired = poly.leaf(Subject::poly("0004f2cccccc")).expired().issue();
    for tls12 in [true, false] {
        let stranger = Authority::root("TEST Stranger").device("0004f2bbbbbb");
        for client in [httpd.client(), httpd.phone(&stranger), httpd.phone(&expired)] {
            let client = if tls12 { client.tls12() } else { client };
            client.get("/").expect_err("is refused in the handshake");
        }
    }
    // Two lines for each kind, the last kind last.
    let expired_twice = || httpd.error_log().matches("certificate has expired").count() == 2;
    tools::wait_for(|| expired_twice().then_some(())).expect("the refusals are logged");
    let logs = Logs::new();
    logs.write("error", httpd.error_log()).json(&["error"])["handshakes"].clone()
}

#[test]
fn handshakes_that_a_real_mod_ssl_refuses_are_counted_once_each() {
    let times = |rows: &serde_json::Value, error: &str| {
        let rows = rows.as_array().expect("a list");
        rows.iter().find(|row| row["error"] == json!(error)).map(|row| row["times"].clone())
    };
    for level in ["warn", "info"] {
        let rows = refused_handshakes(level);
        assert_eq!(
            times(&rows, "Error (20): unable to get local issuer certificate"),
            Some(json!(2)),
            "{level}: {rows}"
        );
        assert_eq!(times(&rows, "Error (10): certificate has expired"), Some(json!(2)), "{level}: {rows}");
        let without = times(&rows, "peer did not return a certificate");
        assert_eq!(without, (level == "info").then(|| json!(2)), "{level}: {rows}");
        assert_eq!(rows[0]["addresses"], json!([{"address": "127.0.0.1", "times": 2}]));
        assert_eq!(rows.as_array().map(Vec::len), Some(if level == "info" { 3 } else { 2 }), "{rows}");
    }
}
