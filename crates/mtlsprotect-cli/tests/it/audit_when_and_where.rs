//! How an operator reads logs by time, virtual host, vendor and day.

use crate::audit_logs::{Logs, OFFICE, error, judged, report_mode, request};
use serde_json::json;

#[test]
fn what_is_older_than_since_is_left_out() {
    let logs = Logs::new();
    report_mode(&logs);
    let since = |time: &str, more: &[&str]| logs.json(&[&["access.log", "error.log", "--since", time], more].concat());
    let report = since("2026-11-23T10:00:03Z", &[]);
    assert_eq!((&report["lines"]["requests"], &report["lines"]["earlier"]), (&json!(3), &json!(4)));
    assert_eq!(report["denied"].as_array().map(Vec::len), Some(1), "the mismatch was before: {}", report["denied"]);
    assert_eq!(since("2026-11-23T11:00:03+01:00", &[])["lines"], report["lines"]);
    assert_eq!(since("2026-11-23", &[])["lines"]["earlier"], json!(0));
    assert_eq!(since("2026-11-24", &[])["lines"]["earlier"], json!(7));
    // the error log's clock goes an hour after that of UTC
    assert_eq!(since("2026-11-23T10:00:03Z", &["--zone=-01:00"])["lines"]["earlier"], json!(2));
    let printed = logs.audit(&["access.log", "--since", "2026-11-23T10:00:03Z"]);
    assert!(printed.stdout.contains("2 lines left out as older"), "{}", printed.stdout);
}

#[test]
fn times_have_their_zone() {
    let logs = Logs::new();
    let access = request(1, OFFICE, "GET /0004f2aabbcc.cfg", 200).replace("+0000", "+0100");
    let mismatch = "would-deny reason=mac-mismatch cert-mac=0004f2aabbdd named=0004f2bbbbbb found-in=uri vendor=poly";
    let errors = error(2, OFFICE, mismatch, "CN=0004F2AABBDD", "CN=x", "GET /0004f2bbbbbb.cfg");
    logs.write("access.log", access).write("error.log", errors);
    let seen = |zone: &[&str]| -> Vec<String> {
        let report = logs.json(&[&["access.log", "error.log"], zone].concat());
        let devices = report["devices"].as_array().expect("a list").clone();
        devices.iter().map(|device| device["last_seen"].as_str().expect("a time").to_owned()).collect()
    };
    assert_eq!(seen(&[]), ["2026-11-23T09:00:01Z", "2026-11-23T10:00:02Z"], "this machine's clock shows UTC");
    assert_eq!(seen(&["--zone", "+05:30"]), ["2026-11-23T09:00:01Z", "2026-11-23T04:30:02Z"]);
}

#[test]
fn phones_behind_a_balancer_are_counted_by_it_and_are_nobody_who_probes() {
    let logs = Logs::new();
    let lines = (0..60).map(|number| {
        let came = if number < 50 { "via=192.0.2.10 client=unknown " } else { "" };
        let named = format!("00156500{number:04x}");
        let verdict = format!("would-deny reason=no-certificate {came}cert-mac=- named={named} found-in=uri vendor=-");
        let from = if number < 50 { "192.0.2.10" } else { OFFICE };
        error(2, from, &verdict, "-", "-", &format!("GET /{named}.cfg"))
    });
    logs.write("error.log", lines.collect::<String>());
    let report = logs.json(&["error.log", "--by", "via"]);
    let rows: Vec<_> =
        report["by"]["rows"].as_array().unwrap().iter().map(|row| (&row["name"], &row["requests"])).collect();
    assert_eq!(rows, [(&json!("-"), &json!(10)), (&json!("192.0.2.10"), &json!(50))]);
    let all = report.to_string();
    assert!(all.contains(OFFICE) && all.matches("192.0.2.10").count() == 1, "it is only a group: {all}");
}

#[test]
fn requests_are_counted_by_host_vendor_and_day() {
    let logs = Logs::new();
    let own =
        judged(1, OFFICE, "GET /0004f2aabbcc.cfg", 200, "allow own-file 0004f2aabbcc 0004f2aabbcc poly a.example");
    let mismatch = "would-deny reason=mac-mismatch cert-mac=0004f2aabbcc named=001565bbbbbb found-in=uri vendor=poly";
    let error = error(2, OFFICE, mismatch, "CN=0004F2AABBCC", "CN=x", "GET /001565bbbbbb.cfg");
    let access = [
        own.clone(),
        judged(
            2,
            OFFICE,
            "GET /001565bbbbbb.cfg",
            200,
            "would-deny mac-mismatch 0004f2aabbcc 001565bbbbbb poly a.example",
        ),
        format!("b.example:443 {}", request(3, OFFICE, "GET /001565cccccc.cfg", 200)),
        request(4, OFFICE, "GET /sip.ld", 200).replace("23/Nov", "24/Nov"),
    ];
    logs.write("access.log", access.concat());
    logs.write("error.log", error.replace("\"\n", "\" host=\"a.example\" ua=\"host=x\"\n"));
    let by = |what: &str| -> Vec<(String, u64, u64, u64, u64)> {
        let report = logs.json(&["access.log", "error.log", "--by", what]);
        assert_eq!(report["by"]["by"], json!(what));
        let number = |row: &serde_json::Value, key: &str| row[key].as_u64().expect("a number");
        let rows = report["by"]["rows"].as_array().expect("rows").clone();
        rows.iter()
            .map(|row| {
                let name = row["name"].as_str().expect("a name").to_owned();
                (
                    name,
                    number(row, "requests"),
                    number(row, "allowed"),
                    number(row, "would_deny"),
                    number(row, "devices"),
                )
            })
            .collect()
    };
    let row =
        |name: &str, requests, allowed, would_deny, devices| (name.to_owned(), requests, allowed, would_deny, devices);
    assert_eq!(by("host"), [row("-", 1, 0, 0, 0), row("a.example", 2, 1, 1, 1), row("b.example", 1, 0, 0, 1)]);
    assert_eq!(by("vendor"), [row("-", 1, 0, 0, 0), row("poly", 2, 1, 1, 1), row("yealink", 1, 0, 0, 1)]);
    assert_eq!(by("day"), [row("2026-11-23", 3, 1, 1, 2), row("2026-11-24", 1, 0, 0, 0)]);
    let printed = logs.audit(&["access.log", "error.log", "--by", "host"]);
    assert_eq!(printed.line(&["a.example "]), "a.example 2 1 0 1 0 1");
    let csv = logs.audit(&["access.log", "error.log", "--by", "day", "--format", "csv"]).stdout;
    assert!(
        csv.starts_with("name,requests,allowed,denied,would_deny,would_deny_anybody,devices\n2026-11-23,3,"),
        "{csv}"
    );
    assert_eq!(logs.json(&["access.log"]).get("by"), None);
}
