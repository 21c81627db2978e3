//! How an operator finds out which phones of a fleet are ready, and exempts those that never will be.

use crate::audit_logs::{Logs, Printed, error, judged};
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::DeviceFile;
use mtlsprotect_core::names::Named;
use mtlsprotect_core::time::UnixTime;
use serde_json::json;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

const OFFICE: &str = "198.51.100.1";
const STRANGER: &str = "203.0.113.66";

/// A log line of a phone that proves itself.
fn own_file(second: u32, mac: &str) -> String {
    judged(second, OFFICE, &format!("GET /{mac}.cfg"), 200, &format!("allow own-file {mac} {mac} poly"))
}

fn without_certificate(second: u32, from: &str, mac: &str) -> String {
    judged(second, from, &format!("GET /{mac}.cfg"), 200, &format!("would-deny no-certificate - {mac} -"))
}

fn state<'a>(report: &'a serde_json::Value, mac: &str) -> &'a serde_json::Value {
    let rows = report["fleet"].as_array().expect("a fleet");
    rows.iter().find(|row| row["mac"] == json!(mac)).unwrap_or_else(|| panic!("{mac} is in {rows:?}"))
}

#[test]
fn a_fleet_is_sorted_and_the_command_fails_until_all_are_ready() {
    let logs = Logs::new();
    logs.write(
        "fleet.txt",
        "# ours\n0004F2AAAAAA # reception\n00:04:f2:bb:bb:bb\n\n0004.f2cc.cccc\n00-04-f2-dd-dd-dd\n0004f2eeeeee\n0004f2ffffff\r\n\
         64167f000001\n0004f2aaaaaa\n64167f000002\n64167f000003\n",
    );
    let access = [
        without_certificate(1, OFFICE, "0004f2aaaaaa"),
        own_file(2, "0004f2aaaaaa"),
        without_certificate(3, OFFICE, "0004f2bbbbbb"),
        judged(4, OFFICE, "GET /0004f2cccccc.cfg", 200, "would-deny untrusted-certificate - 0004f2cccccc -"),
        own_file(5, "0004f2dddddd"),
        judged(6, OFFICE, "GET /0004f2aaaaaa.cfg", 200, "would-deny mac-mismatch 0004f2dddddd 0004f2aaaaaa poly"),
        judged(7, OFFICE, "GET /64167f000001.cfg", 200, "would-deny expired-certificate - 64167f000001 -"),
        judged(8, OFFICE, "GET /64167f000002.cfg", 200, "allow exempt-device - 64167f000002 -"),
        judged(9, OFFICE, "GET /64167f000003.cfg", 403, "deny blocked-device - 64167f000003 -"),
        judged(9, OFFICE, "GET /0004f2ffffff.cfg", 200, "- - - - -"),
    ];
    let errors = error(
        4,
        OFFICE,
        "would-deny reason=untrusted-certificate cert-mac=- named=0004f2cccccc found-in=uri vendor=-",
        "CN=0004F2CCCCCC",
        "CN=TEST Polycom Equipment Issuing CA 3",
        "GET /0004f2cccccc.cfg",
    );
    logs.write("access.log", access.concat()).write("error.log", errors);
    let report = logs.json(&["access.log", "error.log", "--fleet", "fleet.txt"]);
    let states = [
        ("0004f2aaaaaa", "ready", json!("own-file")),
        ("0004f2bbbbbb", "no-certificate", json!("no-certificate")),
        ("0004f2cccccc", "untrusted", json!("untrusted-certificate")),
        ("0004f2dddddd", "mismatch", json!("mac-mismatch")),
        ("0004f2eeeeee", "not-seen", json!(null)),
        ("0004f2ffffff", "no-verdict", json!(null)),
        ("64167f000001", "untrusted", json!("expired-certificate")),
        ("64167f000002", "exempt", json!("exempt-device")),
        ("64167f000003", "blocked", json!("blocked-device")),
    ];
    assert_eq!(report["fleet"].as_array().map(Vec::len), Some(states.len()), "each device once");
    for (mac, expected, reason) in states {
        let row = state(&report, mac);
        assert_eq!((&row["state"], &row["reason"]), (&json!(expected), &reason), "{row}");
    }
    assert_eq!(state(&report, "0004f2cccccc")["issuer"], json!("CN=TEST Polycom Equipment Issuing CA 3"));

    let printed = logs.audit(&["access.log", "error.log", "--fleet", "fleet.txt"]);
    assert_eq!(printed.code, Some(1));
    let expected = "2 of 9 devices will work with MTLSProtect On: ready 1, exempt 1, no-certificate 1, untrusted 2, \
                    mismatch 1, blocked 1, no-verdict 1, not-seen 1";
    assert_eq!(printed.line(&["will work"]), expected);
    let csv = logs.audit(&["access.log", "error.log", "--fleet", "fleet.txt", "--format", "csv"]).stdout;
    assert!(
        csv.contains("\n0004f2cccccc,untrusted,untrusted-certificate,CN=TEST Polycom Equipment Issuing CA 3,"),
        "{csv}"
    );

    logs.write("fleet.txt", "0004f2aaaaaa\n64167f000002\n");
    let printed = logs.audit(&["access.log", "error.log", "--fleet", "fleet.txt"]);
    assert_eq!(printed.code, Some(0), "others' refusals don't count: {}", printed.stdout);
}

#[test]
fn the_order_of_the_logs_does_not_matter_and_a_phone_renewed_since_is_ready() {
    let logs = Logs::new();
    logs.write("fleet.txt", "0004f2aaaaaa\n").write("access.log", own_file(50, "0004f2aaaaaa"));
    logs.write(
        "access.log.1",
        judged(10, OFFICE, "GET /0004f2aaaaaa.cfg", 200, "would-deny expired-certificate - 0004f2aaaaaa -"),
    );
    for order in [["access.log", "access.log.1"], ["access.log.1", "access.log"]] {
        let printed = logs.audit(&[&order[..], &["--fleet", "fleet.txt"]].concat());
        assert_eq!(printed.code, Some(0), "{}", printed.stdout);
    }
    logs.write("access.log.1", without_certificate(51, OFFICE, "0004f2aaaaaa"));
    assert_eq!(
        logs.audit(&["access.log.1", "access.log", "--fleet", "fleet.txt"]).code,
        Some(1),
        "it lost its certificate"
    );
}

#[test]
fn a_stranger_who_names_a_phone_makes_it_no_less_ready_and_is_told_of() {
    let logs = Logs::new();
    let lines = own_file(1, "0004f2aaaaaa") + &without_certificate(2, STRANGER, "0004f2aaaaaa");
    logs.write("fleet.txt", "0004f2aaaaaa\n").write("access.log", lines);
    let printed = logs.audit(&["access.log", "--fleet", "fleet.txt"]);
    assert_eq!(printed.code, Some(0), "{}", printed.stdout);
    assert!(
        printed
            .line(&["ready", "own-file"])
            .contains("no-certificate since from 203.0.113.66, where it never proved itself")
    );
}

#[test]
fn what_a_ready_phone_does_that_will_be_denied_is_told_of() {
    let logs = Logs::new();
    let posted = judged(2, OFFICE, "POST /0004f2aaaaaa.log", 200, "would-deny method 0004f2aaaaaa 0004f2aaaaaa poly");
    let both = "would-deny ambiguous-name 0004f2bbbbbb 0004f2bbbbbb,0004f2cccccc poly";
    let lines = [own_file(1, "0004f2aaaaaa"), posted, judged(3, OFFICE, "GET /x", 200, both)];
    logs.write("fleet.txt", "0004f2aaaaaa\n0004f2bbbbbb\n").write("access.log", lines.concat());
    let printed = logs.audit(&["access.log", "--fleet", "fleet.txt"]);
    assert_eq!(printed.code, Some(1));
    assert!(printed.line(&["0004f2aaaaaa", " ready "]).ends_with("1 request denied for method"), "{}", printed.stdout);
    let line = printed.line(&["0004f2bbbbbb", " mismatch "]);
    assert!(line.contains("ambiguous-name") && line.contains("asks for what is 0004f2cccccc's"), "{line}");
}

#[test]
fn a_phone_that_mod_ssl_refuses_is_untrusted_with_its_issuer() {
    let logs = Logs::new();
    logs.write("fleet.txt", "0004f2cccccc\n").write(
        "error.log",
        "[Mon Nov 23 10:10:26.951453 2026] [ssl:info] [pid 1:tid 2] [client 198.51.100.1:41256] AH02276: Certificate \
         Verification: Error (10): certificate has expired [subject: CN=0004F2CCCCCC,O=Polycom Inc. / issuer: CN=TEST \
         Issuing CA 1 / serial: 41 / notbefore: Oct 24 10:10:26 2026 GMT / notafter: Nov 22 10:10:26 2026 GMT]\n",
    );
    let report = logs.json(&["error.log", "--fleet", "fleet.txt"]);
    let row = state(&report, "0004f2cccccc");
    assert_eq!((&row["state"], &row["reason"]), (&json!("untrusted"), &json!("expired-certificate")));
    assert_eq!(row["issuer"], json!("CN=TEST Issuing CA 1"));
}

#[test]
fn a_bad_line_in_the_fleet_is_named() {
    let logs = Logs::new();
    logs.write("access.log", own_file(1, "0004f2aaaaaa"));
    for (fleet, expected) in [
        ("0004f2aaaaaa\n\nphone 17\n", "fleet.txt:3: \"phone 17\" is not a device's MAC address"),
        ("000000000000\n", "fleet.txt:1: \"000000000000\" is not a device's"),
        ("# nobody\n", "fleet.txt: has no MAC address"),
    ] {
        let printed = logs.write("fleet.txt", fleet).audit(&["access.log", "--fleet", "fleet.txt"]);
        assert_eq!((printed.code, printed.stdout.as_str()), (Some(3), ""));
        assert!(printed.stderr.contains(expected), "{}", printed.stderr);
    }
    assert_eq!(logs.audit(&["access.log", "--fleet", "missing.txt"]).code, Some(3));
}

/// Runs it over `access.log` and lets it write `devices.conf`.
fn write_devices(logs: &Logs, more: &[&str]) -> Printed {
    logs.audit(&[&["access.log", "--write-devices", "devices.conf", "--until", "2099-12-31"], more].concat())
}

#[test]
fn phones_without_a_certificate_are_exempted_from_where_they_are() {
    let logs = Logs::new();
    let lines = [
        without_certificate(1, OFFICE, "0004f2bbbbbb"),
        without_certificate(2, "2001:db8::7", "0004f2bbbbbb"),
        own_file(3, "0004f2aaaaaa"),
        judged(4, OFFICE, "GET /0004f2dddddd.cfg", 200, "would-deny plain-http - 0004f2dddddd -"),
        without_certificate(5, OFFICE, "001565000001"),
    ];
    logs.write("access.log", lines.concat());
    let printed = write_devices(&logs, &[]);
    assert_eq!(printed.code, Some(1));
    assert!(
        printed.stderr.contains("devices.conf: 2 devices exempted until 2099-12-31, 0 in it already"),
        "{}",
        printed.stderr
    );
    assert_eq!(
        logs.read("devices.conf"),
        "001565000001 exempt from=198.51.100.1 until=2099-12-31 # seen without certificate 1 time\n\
         0004f2bbbbbb exempt from=198.51.100.1,2001:db8::7 until=2099-12-31 # seen without certificate 2 times\n"
            .lines()
            .rev()
            .fold(String::new(), |text, line| text + line + "\n")
    );
    let file = DeviceFile::read(&logs.path("devices.conf"), UnixTime::EPOCH).expect("the module reads it");
    let file = file.list(false);
    let named = Named::One(Mac::parse(b"0004f2bbbbbb").expect("a MAC"));
    assert!(file.exempts(named, "2001:db8::7".parse().expect("an address"), UnixTime::EPOCH));
    assert!(!file.exempts(named, STRANGER.parse().expect("an address"), UnixTime::EPOCH));

    logs.write("fleet.txt", "001565000001\n");
    let printed = logs.audit(&["access.log", "--fleet", "fleet.txt", "--write-devices", "-", "--until", "2099-12-31"]);
    assert_eq!(
        printed.stdout,
        "001565000001 exempt from=198.51.100.1 until=2099-12-31 # seen without certificate 1 time\n"
    );
    assert_eq!(printed.code, Some(1), "it is not ready yet");
    let usual = logs.audit(&["access.log", "--write-devices", "-"]).stdout;
    assert!(usual.contains(" until=20"), "90 days from today: {usual}");
}

#[test]
fn a_phone_that_has_proved_itself_is_not_exempted_for_what_its_neighbour_asks() {
    let logs = Logs::new();
    logs.write("access.log", [own_file(1, "0004f2aaaaaa"), without_certificate(9, OFFICE, "0004f2aaaaaa")].concat());
    for more in [&[][..], &["--fleet", "fleet.txt"]] {
        let printed = write_devices(logs.write("fleet.txt", "0004f2aaaaaa\n"), more);
        assert!(printed.stderr.contains("0 devices exempted"), "{}", printed.stderr);
        assert_eq!(
            logs.read("devices.conf"),
            "# 0004f2aaaaaa not exempted: it has a certificate, and proved itself with it\n"
        );
    }
}

#[test]
fn a_device_file_that_exists_is_only_added_to() {
    let logs = Logs::new();
    let before = "# by hand\r\n0004f2bbbbbb block # stolen\n64167f001122   allow";
    logs.write("real.conf", before);
    symlink("real.conf", logs.path("devices.conf")).expect("a link");
    fs::set_permissions(logs.path("real.conf"), fs::Permissions::from_mode(0o640)).expect("permissions");
    logs.write(
        "access.log",
        without_certificate(1, OFFICE, "0004f2bbbbbb") + &without_certificate(2, OFFICE, "0004f2cccccc"),
    );
    let after =
        format!("{before}\n0004f2cccccc exempt from=198.51.100.1 until=2099-12-31 # seen without certificate 1 time\n");
    for known in [1, 2] {
        let printed = write_devices(&logs, &[]);
        assert!(printed.stderr.contains(&format!(" {known} in it already")), "{}", printed.stderr);
        assert_eq!(logs.read("real.conf"), after, "twice adds nothing");
    }
    assert!(fs::symlink_metadata(logs.path("devices.conf")).expect("is there").is_symlink());
    let mode = fs::metadata(logs.path("real.conf")).expect("is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);

    logs.write("real.conf", "0004f2bbbbbb blck\n");
    let printed = write_devices(&logs, &[]);
    assert_eq!((printed.code, printed.stdout.as_str()), (Some(3), ""));
    assert!(printed.stderr.contains("devices.conf:1: expected allow, block, exempt or password"), "{}", printed.stderr);
    assert_eq!(logs.read("real.conf"), "0004f2bbbbbb blck\n");
}

#[test]
fn an_address_that_tries_many_devices_is_nobodys_site() {
    let logs = Logs::new();
    let mut lines = without_certificate(1, OFFICE, "0004f2bbbbbb") + &without_certificate(2, STRANGER, "0004f2bbbbbb");
    for guess in 10..40 {
        lines += &judged(
            guess,
            STRANGER,
            &format!("GET /0004f20000{guess}.cfg"),
            200,
            &format!("would-deny no-certificate - 0004f20000{guess} -"),
        );
    }
    lines += &judged(41, OFFICE, "GET /0004f2dddddd.cfg", 404, "would-deny no-certificate - 0004f2dddddd -");
    for place in 1..=9 {
        lines += &without_certificate(place, &format!("192.0.2.{place}"), "64167f000009");
    }
    logs.write("access.log", lines);
    write_devices(&logs, &[]);
    let file = logs.read("devices.conf");
    write_devices(&logs, &[]);
    assert_eq!(logs.read("devices.conf"), file, "twice adds nothing");
    let expected = "0004f2bbbbbb exempt from=198.51.100.1 until=2099-12-31 # seen without certificate 2 times, 1 address \
                    that tries many devices left out\n";
    assert!(file.starts_with(expected), "{file}");
    assert!(
        file.contains("\n# 0004f2000010 not exempted: asked for only from addresses that try many devices\n"),
        "{file}"
    );
    assert!(file.contains("\n# 64167f000009 not exempted: seen from more than 8 addresses,"), "{file}");
    assert!(!file.contains("from=203") && !file.contains("0004f2dddddd"), "{file}");
    DeviceFile::read(&logs.path("devices.conf"), UnixTime::EPOCH).expect("the module reads it");
}
