//! Each message of the error log has a number that the documents explain, and nothing in it breaks a log of JSON.

use mtlsprotect_testkit::{Builder, Client, Httpd, Poly};
use std::collections::BTreeSet;
use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Everything in a text that is the number of a message.
fn numbers(text: &str) -> BTreeSet<String> {
    let all = text.split("MTLSP").skip(1).filter_map(|rest| rest.get(..4));
    all.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())).map(str::to_owned).collect()
}

#[test]
fn the_documents_have_each_number_and_no_other() {
    let source = read("src/message.rs");
    let variants = source.split("pub enum Number {").nth(1).unwrap().split("\n}").next().unwrap();
    let mut expected: BTreeSet<String> = variants
        .lines()
        .filter_map(|line| line.split_once(" = ")?.1.strip_suffix(','))
        .map(|number| format!("{:0>4}", number))
        .collect();
    assert!(expected.len() > 40, "{expected:?}");
    // what the wrappers of httpd say
    expected.insert("0901".to_owned());
    assert_eq!(numbers(&read("docs/messages.md")), expected);
    let of_reasons = numbers(&read("docs/reasons.md"));
    let decisions = expected.iter().filter(|number| number.starts_with("01")).cloned().collect();
    assert_eq!(of_reasons, decisions);
}

/// The shipped configuration's line of the JSON format.
fn json_format() -> String {
    let shipped = read("mod_mtlsprotect.conf");
    shipped.lines().find(|line| line.ends_with(" mtlsprotect_json")).expect("the format").trim().to_owned()
}

fn site() -> Builder {
    Httpd::builder().protected(Poly::shared().bundle_pem()).page("0004f2aaaaaa.cfg", "secret").page("open/x", "x")
}

/// What strangers write into requests.
fn play(httpd: &Httpd) {
    let other = httpd.phone(&Poly::shared().phone("0004f2bbbbbb"));
    let hostile = "\"}\\ ' \u{fc} %22 \t{";
    assert_eq!(other.get("/0004f2aaaaaa.cfg?a'%22\\{").unwrap().status, 403);
    for method in ["GET", "P'T", "PUT"] {
        let _ = other.request(method, "/0004f2aaaaaa.cfg", &[("User-Agent", hostile)], b"");
    }
    let _ = httpd.client().request("GET", b"/0004f2aaaaaa.cfg?\xff\"".as_slice(), &[("User-Agent", hostile)], b"");
    let _ = Client::plain(httpd.http()).request("GET", "/open/x", &[("Host", "a\"b"), ("Referer", hostile)], b"");
    let _ = Client::plain(httpd.http()).request("\"\\x\"", "/open/x", &[], b"");
    assert_eq!(other.get("/last").unwrap().status, 404);
}

#[test]
fn the_shipped_json_format_is_json_whatever_strangers_write() {
    let httpd =
        site().config(&json_format()).access_log("%>s").vhost("CustomLog \"{root}/logs/access.log\" mtlsprotect_json");
    let httpd = httpd.plain_vhost("CustomLog \"{root}/logs/access.log\" mtlsprotect_json").start();
    play(&httpd);
    httpd.wait_for_access("\"path\":\"/last\"");
    let log = std::fs::read_to_string(httpd.root().join("logs/access.log")).unwrap();
    assert!(log.lines().count() > 6, "{log}");
    for line in log.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(value.as_object().unwrap().values().all(serde_json::Value::is_string), "{line}");
    }
    let refused = log.lines().find(|line| line.contains("mac-mismatch")).expect("a refusal");
    for field in ["\"named\":\"0004f2aaaaaa\"", "\"host\":\"localhost\"", "\"found-in\":\"uri\"", "\"status\":\"403\""]
    {
        assert!(refused.contains(field), "{field}: {refused}");
    }
    assert!(refused.contains("\"subject\":\"O=Polycom Inc., CN=0004F2BBBBBB\""), "{refused}");
}

#[test]
fn an_error_log_of_json_stays_json() {
    let format = r#"ErrorLogFormat "{\"time\":\"%{cu}t\",\"module\":\"%-m\",\"level\":\"%l\",\"client\":\"%a\",\"says\":\"%M\"}""#;
    let httpd = site().config(format).log_level("warn mtlsprotect:debug").start();
    play(&httpd);
    let ours = |line: &str| line.contains("\"module\":\"mtlsprotect\"");
    httpd.wait_for_log_line(|line| ours(line) && line.contains("path='/last'")).unwrap();
    let log = httpd.error_log();
    let lines: Vec<&str> = log.lines().filter(|line| ours(line)).collect();
    assert!(lines.len() > 5, "{log}");
    for line in lines {
        let value: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(value["says"].as_str().unwrap().starts_with("MTLSP0"), "{line}");
    }
}
