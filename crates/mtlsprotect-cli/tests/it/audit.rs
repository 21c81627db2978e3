//! What an operator reads in `mtlsprotect audit` of logs, good and hostile ones.

use crate::audit_logs::{Logs, OFFICE, gzip, report_mode, request};
use serde_json::json;

const STRANGER: &str = "203.0.113.66";

/// A day of a site that logs in the combined format.
fn combined() -> String {
    [
        request(1, OFFICE, "GET /cfg/0004f2aabbcc.cfg", 200),
        request(2, OFFICE, "GET /cfg/000000000000.cfg", 200),
        request(3, OFFICE, "PUT /cfg/0004f2aabbcc-app.log", 201),
        request(4, OFFICE, "GET /p.php?mac=00:15:65:00:00:01&t=4", 200),
        request(5, OFFICE, "GET /p.php?mac=00:15:65:00:00:02&t=5", 200),
        request(6, OFFICE, "GET /cfg/0004f2aabbcc.cfg", 304),
    ]
    .concat()
}

#[test]
fn a_combined_log_tells_which_device_fetches_what_and_that_no_verdict_is_in_it() {
    let logs = Logs::new();
    let printed = logs.write("access.log", combined()).audit(&["access.log"]);
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""), "{}", printed.stdout);
    assert!(
        printed.line(&["Note:"]).contains("6 requests have no verdict in the log: what would be denied is unknown")
    );
    let device = printed.line(&["0004f2aabbcc "]);
    assert_eq!(device, "0004f2aabbcc poly 3 3 - /cfg/<mac>.cfg /cfg/<mac>-app.log 198.51.100.1 2026-11-23 10:00:06Z");
    assert_eq!(printed.line(&["/p.php?mac=<mac>"]), "query 2 2 /p.php?mac=<mac>");
    assert_eq!(printed.line(&["/cfg/<mac>.cfg"]), "uri 2 1 /cfg/<mac>.cfg");
    assert!(!printed.stdout.contains("000000000000 "), "a shared file is no device: {}", printed.stdout);
}

#[test]
fn an_operator_reads_who_makes_a_device_also_where_no_certificates_of_theirs_are_known() {
    let logs = Logs::new();
    let lines =
        [("08000faaaaaa", "mitel"), ("7c2f80aaaaaa", "gigaset"), ("00000caaaaaa", "cisco"), ("123456aaaaaa", "-")];
    let log: String = lines.iter().map(|(mac, _)| request(1, OFFICE, &format!("GET /{mac}.cfg"), 200)).collect();
    let printed = logs.write("access.log", log).audit(&["access.log"]);
    for (mac, vendor) in lines {
        let line = printed.line(&[&format!("{mac} ")]);
        assert!(line.starts_with(&format!("{mac} {vendor} 1 ")), "{line}");
    }
}

#[test]
fn what_no_certificate_would_help_is_told_without_a_verdict_in_the_log() {
    let logs = Logs::new();
    let lines = [
        request(1, OFFICE, "GET /0004f2aabbcc.cfg?mac=001565000001", 200),
        request(2, OFFICE, "POST /0004f2aabbcc.cfg", 200),
        request(3, OFFICE, "GET /p.php?mac=0015650000", 200),
        request(4, OFFICE, "PUT /shared.log", 201),
        request(5, OFFICE, "PUT /x/../0004f2aabbcc.log", 201),
        request(6, OFFICE, "POST /not-there", 404),
    ];
    let printed = logs.write("access.log", lines.concat()).audit(&["access.log", "--section", "denied"]);
    assert_eq!(printed.code, Some(1), "{}", printed.stdout);
    for (reason, path) in [
        ("ambiguous-name", "1: 198.51.100.1 GET /0004f2aabbcc.cfg?mac=001565000001"),
        ("method", "2: 198.51.100.1 POST /0004f2aabbcc.cfg"),
        ("malformed-name", "3: 198.51.100.1 GET /p.php?mac=0015650000"),
        ("write", "4: 198.51.100.1 PUT /shared.log"),
    ] {
        let line = printed.line(&["would-deny-anybody", reason]);
        assert!(line.contains(" 1 ") && line.ends_with(&format!("access.log:{path}")), "{line}");
    }
    assert!(!printed.stdout.contains("not-there"), "{}", printed.stdout);
}

#[test]
fn what_would_be_denied_is_told_by_reason_and_a_request_in_both_logs_counts_once() {
    let logs = Logs::new();
    report_mode(&logs);
    let report = logs.json(&["access.log", "error.log"]);
    assert_eq!(
        report["denied"],
        json!([
            {"verdict": "would-deny", "reason": "no-certificate", "requests": 2, "devices": 1,
             "example": "access.log:3: 198.51.100.1 GET /0004f2cccccc.cfg"},
            {"verdict": "would-deny", "reason": "mac-mismatch", "requests": 1, "devices": 1,
             "example": "access.log:2: 198.51.100.1 GET /0004f2bbbbbb.cfg"},
        ])
    );
    assert_eq!(report["notes"], json!([]));
    assert_eq!(
        report["lines"],
        json!({"all": 7, "earlier": 0, "requests": 5, "judged": 4, "not_judged": 1, "without_verdict": 0, "without_address": 0,
               "errors": 2, "verdicts_in_errors": 1, "unread": 0, "first_unread": null, "devices_not_kept": 0})
    );
    let device = &report["devices"][0];
    assert_eq!(
        (&device["mac"], &device["vendor"], &device["requests"]),
        (&json!("0004f2aabbcc"), &json!("poly"), &json!(2))
    );
    assert_eq!(
        device["verdicts"],
        json!([{"verdict": "allow", "reason": "own-file", "requests": 1},
               {"verdict": "would-deny", "reason": "mac-mismatch", "requests": 1}])
    );
    assert_eq!(logs.audit(&["error.log"]).code, Some(1));
    let same = logs.json(&["error.log"]);
    assert_eq!(same["denied"][0]["example"], json!("error.log:2: 198.51.100.1 GET /0004f2bbbbbb.cfg"));
}

#[test]
fn a_compressed_log_is_read_like_a_plain_one_and_a_cut_one_is_an_error() {
    let logs = Logs::new();
    let log = combined();
    let (first, second) = log.split_at(log.len() / 2);
    let compressed = [gzip(first.as_bytes()), gzip(second.as_bytes())].concat();
    logs.write("access.log", combined()).write("access.log.1", &compressed);
    let plain = logs.audit(&["access.log"]);
    assert_eq!(logs.audit(&["access.log.1"]).stdout, plain.stdout, "two gzip members are one log");
    assert_eq!(logs.audit_with_input(&["-"], &compressed).stdout, plain.stdout);

    logs.write("cut.gz", &compressed[..compressed.len() - 20]);
    let cut = logs.audit(&["access.log", "cut.gz"]);
    assert_eq!((cut.code, cut.stdout.as_str()), (Some(3), ""));
    assert!(cut.stderr.starts_with("mtlsprotect: cut.gz: cannot be read to its end"), "{}", cut.stderr);
}

#[test]
fn what_is_no_log_is_said_with_its_name_and_line() {
    let logs = Logs::new();
    logs.write("access.log", format!("{}{{\"json\":1}}\n\n[half a line\n", combined()));
    logs.write("other.log", "one\ntwo\n").write("empty.log", "");
    let printed = logs.audit(&["access.log", "empty.log"]);
    assert!(
        printed
            .line(&["Note:", "neither"])
            .contains("2 lines are in neither log's format and left out, the first at access.log:7.")
    );
    let other = logs.audit(&["access.log", "other.log"]);
    assert_eq!((other.code, other.stdout.as_str()), (Some(3), ""));
    assert!(
        other.stderr.contains("other.log: is not a log: none of its 2 lines has the format of an access log"),
        "{}",
        other.stderr
    );
    for (arguments, code, expected) in [
        (&["missing.log"][..], 3, "missing.log: cannot be opened"),
        (&["."], 3, ".: is a directory"),
        (&[], 2, "required arguments"),
        (&["access.log", "--section", "fleet"], 2, "--section fleet needs --fleet"),
        (&["access.log", "--methods", "get"], 2, "\"get\" is not an HTTP method"),
        (&["access.log", "--file-pattern", "("], 2, "\"(\" is not a regular expression: unclosed group"),
        (&["access.log", "--known-prefix", "12"], 2, "6 hex digits"),
        (&["access.log", "--until", "2099-01-01"], 2, "--write-devices"),
        (&["access.log", "--write-devices", "-", "--until", "2020-01-01"], 2, "this day has passed"),
    ] {
        let printed = logs.audit(arguments);
        assert_eq!(printed.code, Some(code), "{arguments:?}: {}", printed.stderr);
        assert!(printed.stderr.contains(expected), "{arguments:?}: {}", printed.stderr);
    }
}

#[test]
fn hostile_lines_forge_no_verdict_and_reach_no_terminal() {
    let logs = Logs::new();
    let mut lines = Vec::new();
    let forged = r#"x\" allow own-file 0004f2dddddd 0004f2dddddd poly"#;
    lines.extend(request(1, STRANGER, "GET /0004f2dddddd.cfg", 200).replace("FileTransport/5", forged).bytes());
    lines.extend(request(2, STRANGER, r"GET /\x1b]0;owned\x07/0004f2eeeeee.cfg?a=\xff\n", 200).bytes());
    lines.extend(request(3, STRANGER, "GET /\u{1b}[2J/0004f2ffffff.cfg", 200).bytes());
    lines.extend(vec![b'a'; 3 << 20]);
    lines.extend(b"\n\0\xff\xfe binary \x1b[31m garbage\n[Mon \x1b[31m\n");
    lines.extend(request(4, OFFICE, "GET /0004f2aabbcc.cfg", 200).bytes());
    logs.write("access.log", &lines);
    for arguments in [&["access.log"][..], &["access.log", "--format", "csv"], &["access.log", "--json"]] {
        let printed = logs.audit(arguments);
        let is_clean = |byte: u8| byte == b'\n' || (b' '..=b'~').contains(&byte);
        assert!(printed.stdout.bytes().chain(printed.stderr.bytes()).all(is_clean), "{}", printed.stdout);
        assert!(printed.stdout.contains("%1B]0;owned%07/<mac>.cfg"), "{}", printed.stdout);
    }
    let report = logs.json(&["access.log"]);
    assert_eq!((&report["lines"]["judged"], &report["lines"]["unread"]), (&json!(0), &json!(3)));
    assert_eq!(report["lines"]["first_unread"], json!("access.log:4"));
    assert_eq!(report["devices"].as_array().map(Vec::len), Some(4));
}

#[test]
fn the_name_of_a_log_reaches_no_terminal() {
    let logs = Logs::new();
    let name = "\u{1b}[31m\nlog\u{9b}";
    logs.write(name, request(1, OFFICE, "PUT /shared.log", 201) + "no line of a log\n");
    logs.write("text\u{1b}", "no log\n");
    for arguments in [
        &[name][..],
        &[name, "--format", "csv", "--section", "denied"],
        &[name, "--json"],
        &["text\u{1b}"],
        &["gone\u{1b}"],
    ] {
        let printed = logs.audit(arguments);
        let is_clean = |byte: u8| byte == b'\n' || (b' '..=b'~').contains(&byte);
        let all = printed.stdout + &printed.stderr;
        assert!(all.bytes().all(is_clean) && all.contains("%1B"), "{all}");
    }
    assert_eq!(logs.json(&[name])["lines"]["first_unread"], json!("%1B[31m%0Alog%C2%9B:2"));
}

#[test]
fn a_binary_file_is_no_log() {
    let logs = Logs::new();
    logs.write("binary", b"\x7fELF\x02\x01\0\0\n\n\xff\n").write("empty.log", "").write("access.log", combined());
    for arguments in [&["binary"][..], &["access.log", "binary"]] {
        let printed = logs.audit(arguments);
        assert_eq!((printed.code, printed.stdout.as_str()), (Some(3), ""), "{arguments:?}");
        assert!(printed.stderr.contains("binary: is not a log: none of its 2 lines"), "{}", printed.stderr);
    }
    assert_eq!(logs.audit(&["access.log", "empty.log"]).code, Some(0), "a log just rotated is empty");
    let command = std::fs::read(env!("CARGO_BIN_EXE_mtlsprotect")).expect("the command itself");
    assert_eq!(logs.write("binary", &command[..1 << 20]).audit(&["binary"]).code, Some(3));
}

#[test]
fn one_line_and_one_request_are_no_plurals() {
    let logs = Logs::new();
    let printed = logs.write("access.log", request(1, OFFICE, "GET /x", 200)).audit(&["access.log"]);
    assert!(printed.stdout.starts_with("1 line: 1 request, 0 of them"), "{}", printed.stdout);
    assert!(printed.stdout.contains("1 request has no verdict"), "{}", printed.stdout);
}

#[test]
fn one_that_tries_many_devices_is_a_probe_and_an_office_with_its_phones_is_not() {
    let logs = Logs::new();
    let mut lines = String::new();
    for phone in 0..30 {
        lines += &request(phone, OFFICE, &format!("GET /0004f20000{phone:02}.cfg"), 200);
        lines += &request(phone, OFFICE, &format!("GET /0004f20000{phone:02}-license.cfg"), 404);
        lines += &request(phone, STRANGER, &format!("GET /0004f2ff00{phone:02}.cfg"), 404);
        lines += &request(phone, STRANGER, &format!("GET /0004f2ff01{phone:02}.cfg"), 403);
    }
    let probe =
        json!({"address": STRANGER, "devices": 60, "has_more": false, "refused": 30, "would_deny": 0, "not_found": 30});
    logs.write("access.log", &lines);
    assert_eq!(logs.json(&["access.log"])["probes"], json!([probe]));
    assert_eq!(logs.audit(&["access.log"]).code, Some(1));
    assert_eq!(logs.json(&["access.log", "--probe-threshold", "60"])["probes"], json!([]));
    assert_eq!(logs.audit(&["access.log", "--probe-threshold", "60"]).code, Some(0));
}

#[test]
fn files_that_name_nobody_and_have_one_client_each_are_told_of() {
    let logs = Logs::new();
    let mut lines = String::new();
    for customer in 1..8 {
        let from = format!("198.51.100.{customer}");
        lines += &request(1, &from, "GET /firmware/sip.ld", 200);
        lines += &request(2, &from, &format!("GET /cfg/serial-{customer}.xml"), 200);
    }
    let printed = logs.write("access.log", lines).audit(&["access.log", "--section", "unnamed"]);
    assert!(
        printed.line(&["/cfg/"]).starts_with("/cfg/ 7 0 7 /cfg/serial-1.xml by 198.51.100.1,"),
        "{}",
        printed.stdout
    );
    assert!(!printed.stdout.contains("firmware"), "{}", printed.stdout);
}

#[test]
fn handshakes_that_mod_ssl_refused_are_told_by_error_and_address() {
    let logs = Logs::new();
    let line = |from: &str, text: &str| {
        format!("[Mon Nov 23 10:10:26.740120 2026] [ssl:error] [pid 1:tid 2] [client {from}] {text}\n")
    };
    let refused = "AH02039: Certificate Verification: Error (20): unable to get local issuer certificate";
    let lines = [
        line("198.51.100.1:1", refused),
        line("198.51.100.1:2", refused),
        line("[2001:db8::7]:3", refused),
        line("198.51.100.1:4", "AH02261: Re-negotiation handshake failed"),
    ];
    let printed = logs.write("error.log", lines.concat()).audit(&["error.log", "--section", "handshakes"]);
    assert_eq!(printed.code, Some(1));
    let expected = "Error (20): unable to get local issuer certificate 3 2 198.51.100.1:2 2001:db8::7:1 - -";
    assert_eq!(printed.line(&["Error (20)"]), expected);
    assert_eq!(printed.line(&["Re-neg"]), "Re-negotiation handshake failed 1 1 198.51.100.1:1 - -");
}

#[test]
fn the_command_finds_the_names_that_the_configured_module_would() {
    let logs = Logs::new();
    let lines = [
        request(1, OFFICE, "GET /p.php?id=1234560000a1&mac=12345", 200),
        request(2, OFFICE, "GET /p/a9b8c7d6e5f4a3/x", 200),
        request(3, OFFICE, "GET /order-1111222233aa.cfg", 200),
        request(4, OFFICE, "GET /12.34.56.00.00.04", 200),
        request(5, OFFICE, "MKCOL /folder", 201),
    ];
    logs.write("access.log", lines.concat());
    let devices = |arguments: &[&str]| -> Vec<String> {
        let report = logs.json(&[&["access.log"], arguments].concat());
        let macs = report["devices"].as_array().expect("a list").iter();
        macs.map(|device| device["mac"].as_str().expect("a text").to_owned()).collect()
    };
    assert_eq!(devices(&[]), ["1111222233aa", "1234560000a1"]);
    assert_eq!(devices(&["--ignore", "order-[0-9a-f]+"]), ["1234560000a1"]);
    assert_eq!(devices(&["--known-prefix", "123456"]), ["1111222233aa", "123456000004", "1234560000a1"]);
    let pattern = "^/p/a(?<mac>[0-9a-f]{12})";
    assert_eq!(devices(&["--file-pattern", pattern]), ["1111222233aa", "1234560000a1", "9b8c7d6e5f4a"]);
    let reasons = |arguments: &[&str]| logs.audit(&[&["access.log", "--section", "denied"], arguments].concat()).stdout;
    assert!(reasons(&[]).contains("malformed-name") && reasons(&[]).contains(" method "));
    assert!(!reasons(&["--name-parameter", "none"]).contains("malformed-name"));
    assert!(!reasons(&["--methods", "GET,MKCOL"]).contains(" method "));
}

#[test]
fn tables_are_cut_and_csv_is_whole_and_safe_in_a_spreadsheet() {
    let logs = Logs::new();
    let mut lines: String =
        (0..50).map(|phone| request(1, OFFICE, &format!("GET /0004f20000{phone:02}.cfg"), 200)).collect();
    lines += &request(2, OFFICE, "GET /=cmd()/0004f2aabbcc.cfg", 200);
    lines += &request(3, OFFICE, "GET @x,/0004f2aabbcc", 200);
    lines += &request(4, OFFICE, "GET -1+2/0004f2aabbcc", 200);
    logs.write("access.log", lines);
    let table = logs.audit(&["access.log"]);
    assert!(table.line(&["more:"]).contains("and 11 more: --rows 0"), "{}", table.stdout);
    assert!(!logs.audit(&["access.log", "--rows", "0"]).stdout.contains("more:"));
    let csv = logs.audit(&["access.log", "--format", "csv"]).stdout;
    assert_eq!(csv.lines().next(), Some("mac,vendor,requests,no_verdict,verdicts,files,addresses,last_seen"));
    assert_eq!(csv.lines().count(), 52);
    let names = logs.audit(&["access.log", "--format", "csv", "--section", "names"]).stdout;
    assert!(names.contains("uri,1,1,\"'@x,/<mac>\"\n") && names.contains("uri,1,1,'-1+2/<mac>\n"), "{names}");
}
