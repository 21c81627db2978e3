//! How far the fleet is, as the page tells it: each device in one state, by what the device files say now.

use crate::fleet_counts::{all_counted, device, site, status, wait_for_status};
use crate::learn::learned;
use crate::proofs;
use mtlsprotect_core::time::{DAY, UnixTime};
use mtlsprotect_testkit::tools::wait_for;
use mtlsprotect_testkit::{Builder, Httpd, Poly};
use serde_json::{Value, json};
use std::fs;

const LINES: &str = "0004f2000001 block # stolen\n\
                     0004f2000002 exempt from=127.0.0.0/8 until=2099-12-31\n\
                     0004f2000003 allow\n\
                     0004f2000005 allow\n\
                     0004f2000006 exempt from=127.0.0.0/8 until=2020-12-31\n";

fn reporting() -> Builder {
    site()
        .config("<Directory {docroot}>\nMTLSProtect Report\n</Directory>\nMTLSProtectDeviceFile devices")
        .file("devices", LINES)
        .page("0004f2000003.cfg", "of 3")
        .page("0004f2000005.cfg", "of 5")
}

/// Puts another file in the place of one, as an editor does.
fn replace(httpd: &Httpd, file: &str, devices: &str) {
    let new = httpd.root().join("new");
    fs::write(&new, devices).expect("a new file can be written");
    fs::rename(new, httpd.root().join(file)).expect("it can take the place of the old one");
}

/// The state of a device; null where it has none.
fn state(status: &Value, mac: &str) -> Value {
    device(status, mac).map_or(Value::Null, |device| device["state"].clone())
}

/// One phone for each state that there is without a learned file.
fn a_phone_in_each_state(httpd: &Httpd) -> Value {
    let poly = Poly::shared();
    let get = |mac: &str, path: &str| {
        assert_eq!(httpd.get(&poly.phone(mac), path).status, 200, "{mac} {path}: Report");
    };
    assert_eq!(httpd.client().get("/0004f2000003.cfg").unwrap().status, 200, "Report");
    get("0004f2000005", "/0004f2000005.cfg");
    get("0004f2aaaaaa", "/0004f2aaaaaa.cfg");
    // Requests are noted once they are answered, those of other connections by other threads.
    wait_for_status(httpd, |status| all_counted(status) == 3);
    get("0004f2aaaaaa", "/0004f2bbbbbb.cfg");
    wait_for_status(httpd, |status| all_counted(status) == 4)
}

#[test]
fn each_device_is_in_one_state_and_the_numbers_are_theirs() {
    let httpd = reporting().start();
    let seen = a_phone_in_each_state(&httpd);
    for (mac, expected) in [
        ("0004f2000001", "blocked"),
        ("0004f2000002", "exempt"),
        ("0004f2000003", "not-yet"),
        ("0004f2000005", "ready"),
        ("0004f2000006", "never-seen"),
        ("0004f2aaaaaa", "refused"),
    ] {
        assert_eq!(state(&seen, mac), expected, "{mac} in {seen:#}");
    }
    assert_eq!(state(&seen, "0004f2bbbbbb"), Value::Null, "another named it");
    let rollout = json!({
        "blocked": 1, "exempt": 1, "refused": 1, "proven": 0, "ready": 1, "password": 0, "not-yet": 1, "never-seen": 1,
    });
    assert_eq!(seen["rollout"], rollout);
    assert_eq!(device(&seen, "0004f2000002").unwrap()["exempt_until"], "2099-12-31T23:59:59Z");
    let metrics = httpd.plain_client().get("/mtlsprotect-status?format=prometheus").unwrap().text();
    for (state, number) in [("blocked", 1), ("exempt", 1), ("proven", 0), ("never-seen", 1)] {
        let line = format!("mtlsprotect_devices{{state=\"{state}\"}} {number}");
        assert!(metrics.lines().any(|written| written == line), "{line} in {metrics}");
    }
    let page = httpd.plain_client().get("/mtlsprotect-status?state=never-seen").unwrap().text();
    assert!(page.contains("<code>0004f2000006</code>") && !page.contains("<code>0004f2000001</code>"), "{page}");
}

#[test]
fn one_genuine_phone_that_asks_for_everything_gets_its_own_and_changes_no_other() {
    let httpd = proofs::site("Learn").file("learned", learned()).page("0004f2cccccc.cfg", "of another").start();
    let mut thief = httpd.phone(&Poly::shared().phone("0004f2bbbbbb")).connect().unwrap();
    let made_up = (0..400).map(|number| format!("/0004f2{number:06x}.cfg"));
    let others = ["/0004f2aaaaaa.cfg", "/0004f2cccccc.cfg", "/0004f2cccccc.cfg?mac=0004f2bbbbbb", "/?mac=0004f2aaaaaa"];
    for path in made_up.chain(others.map(str::to_owned)) {
        let answer = thief.get(&path).unwrap();
        assert!(answer.status == 403 && !answer.text().contains("of another"), "{path}: {answer:?}");
    }
    let seen = wait_for_status(&httpd, |status| all_counted(status) == 404);
    let devices: Vec<&Value> = seen["devices"].as_array().unwrap().iter().map(|device| &device["mac"]).collect();
    assert_eq!(devices, ["0004f2aaaaaa", "0004f2bbbbbb"], "whom others told of, and itself");
    assert_eq!((state(&seen, "0004f2aaaaaa"), state(&seen, "0004f2bbbbbb")), ("proven".into(), "refused".into()));
    assert_eq!((&seen["table"]["kept"], &seen["proven_named_refused"]), (&1.into(), &2.into()), "an attack is told");
    // a good certificate is a proof whatever it asks for: one line
    wait_for(|| (proofs::lines(&httpd).len() == 2).then_some(())).expect("its line");
    assert_eq!(thief.get("/0004f2bbbbbb.cfg").unwrap().status, 200);
    wait_for_status(&httpd, |status| state(status, "0004f2bbbbbb") == "proven");
    assert_eq!(proofs::lines(&httpd).len(), 2);
}

#[test]
fn a_line_that_comes_or_goes_changes_the_state_and_no_earlier_line_does() {
    let httpd = reporting().start();
    a_phone_in_each_state(&httpd);
    // the stolen one turned up, one was never ours, one that was seen is blocked, and another's line is gone
    replace(&httpd, "devices", "0004f2000001 allow\n0004f2000005 block\n");
    httpd.wait_for_log("devices: has 2 devices, had 5");
    let seen = status(&httpd);
    for (mac, expected) in [
        ("0004f2000001", json!("never-seen")),
        ("0004f2000002", Value::Null),
        ("0004f2000003", json!("not-yet")),
        ("0004f2000005", json!("blocked")),
        ("0004f2000006", Value::Null),
        ("0004f2aaaaaa", json!("refused")),
    ] {
        assert_eq!(state(&seen, mac), expected, "{mac} in {seen:#}");
    }
}

#[test]
fn a_bad_line_is_shown_until_it_is_mended() {
    let httpd = reporting().start();
    let seen = status(&httpd);
    let file = &seen["device_files"][0];
    let path = httpd.root().join("devices").canonicalize().unwrap();
    assert_eq!((&file["path"], &file["lines"]), (&json!(path.to_str().unwrap()), &json!(5)), "{file}");
    assert_eq!((&file["valid"], &file["error"]), (&json!(true), &Value::Null), "{file}");
    assert!(file["loaded_at"].as_str() <= seen["now"].as_str() && file["loaded_at"].is_string(), "{file}");
    replace(&httpd, "devices", "0004f2000001 allow\n<i>\u{1b} allow\n");
    let seen = wait_for(|| Some(status(&httpd)).filter(|status| status["device_files"][0]["valid"] == false));
    let seen = seen.expect("the parent sees the bad line");
    let bad = &seen["device_files"][0];
    assert_eq!(bad["error"], "line 2: \"<i>%1B\" is not a device's MAC address");
    assert_eq!((&bad["lines"], &bad["loaded_at"]), (&file["lines"], &file["loaded_at"]), "the list before counts");
    assert_eq!(seen["rollout"]["blocked"], 1);
    let page = httpd.plain_client().get("/mtlsprotect-status").unwrap().text();
    assert!(page.contains("line 2: ") && !page.contains("<i>") && !page.contains('\u{1b}'), "{page}");
    let metrics = httpd.plain_client().get("/mtlsprotect-status?format=prometheus").unwrap().text();
    assert!(metrics.contains(&format!("mtlsprotect_device_file_valid{{path=\"{}\"}} 0", path.display())), "{metrics}");
    replace(&httpd, "devices", "0004f2000001 allow\n");
    let mended = wait_for(|| Some(status(&httpd)).filter(|status| status["device_files"][0]["valid"] == true));
    let mended = mended.expect("the parent sees the mended file");
    assert_eq!((&mended["device_files"][0]["lines"], &mended["rollout"]["never-seen"]), (&json!(1), &json!(1)));
}

#[test]
fn of_several_files_the_strictest_line_is_shown() {
    let now = UnixTime::now();
    let day = |days: i64| (now + days * DAY).day();
    let exempt = |days: i64| format!("exempt from=127.0.0.1 until={}", day(days));
    let tenant = |name: &str| {
        format!("<Directory {{docroot}}/{name}>\nMTLSProtectDeviceFile {name}.devices closed\n</Directory>")
    };
    let one =
        format!("0004f2000001 allow\n0004f2000002 {}\n0004f2000003 allow\n0004f2000004 {}\n", exempt(40), exempt(9));
    let two =
        format!("0004f2000001 block\n0004f2000002 {}\n0004f2000003 {}\n0004f2000005 allow\n", exempt(5), exempt(40));
    let httpd = site()
        .config(&tenant("one"))
        .config(&tenant("two"))
        .config("<Location \"/three\">\nMTLSProtectDeviceFile one.devices\n</Location>")
        .file("one.devices", one)
        .file("two.devices", two)
        .page("two/x", "x")
        .page("one/x", "x")
        .start();
    let seen = status(&httpd);
    let lines: Vec<(&str, u64)> = seen["device_files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (file["path"].as_str().unwrap().rsplit('/').next().unwrap(), file["lines"].as_u64().unwrap()))
        .collect();
    assert_eq!(lines, [("one.devices", 4), ("two.devices", 4)], "each once");
    for (mac, expected, until) in [
        ("0004f2000001", "blocked", None),
        ("0004f2000002", "exempt", Some(5)),
        ("0004f2000003", "exempt", Some(40)),
        ("0004f2000004", "exempt", Some(9)),
        ("0004f2000005", "never-seen", None),
    ] {
        let device = device(&seen, mac).unwrap();
        let until = until.map_or(Value::Null, |days| json!(format!("{}T23:59:59Z", day(days))));
        assert_eq!((&device["state"], &device["exempt_until"]), (&json!(expected), &until), "{device}");
    }
    assert_eq!(seen["devices"].as_array().unwrap().len(), 5, "each once");
    assert_eq!(seen["exemptions_ending"], 2);
}

#[test]
fn a_line_of_a_folders_file_keeps_the_phones_that_are_seen_there() {
    // an application answers for any name, which makes nobody seen: but one whose line says that there is such a phone
    let httpd = site()
        .config("<Directory {docroot}>\nMTLSProtect Report\n</Directory>")
        .config("<Directory {docroot}/one>\nMTLSProtectDeviceFile one.devices\n</Directory>")
        .config("AliasMatch \"^/app/one/\" \"{docroot}/one/x\"\nAliasMatch \"^/app/two/\" \"{docroot}/two/x\"")
        .file("one.devices", "0004f2000001 allow\n")
        .page("one/x", "x")
        .page("two/x", "x")
        .start();
    for path in ["/app/two/0004f2000001.cfg", "/app/one/0004f2000002.cfg"] {
        assert_eq!(httpd.client().get(path).unwrap().status, 200, "{path}");
    }
    let seen = wait_for_status(&httpd, |status| all_counted(status) == 2);
    assert_eq!(state(&seen, "0004f2000001"), "never-seen", "not where its line counts");
    assert_eq!(state(&seen, "0004f2000002"), Value::Null);
    assert_eq!(httpd.client().get("/app/one/0004f2000001.cfg").unwrap().status, 200);
    let seen = wait_for_status(&httpd, |status| all_counted(status) == 3);
    assert_eq!((&state(&seen, "0004f2000001"), &seen["table"]["kept"]), (&json!("not-yet"), &json!(1)));
}

#[test]
fn a_phone_that_gets_its_line_after_it_was_seen_is_kept_from_its_next_request_on() {
    let httpd = reporting().page("0004f2000007.cfg", "of 7").start();
    let get = || assert_eq!(httpd.client().get("/0004f2000007.cfg").unwrap().status, 200, "Report");
    get();
    let seen = wait_for_status(&httpd, |status| all_counted(status) == 1);
    assert_eq!((&state(&seen, "0004f2000007"), &seen["table"]["kept"]), (&json!("not-yet"), &json!(0)));
    replace(&httpd, "devices", &format!("{LINES}0004f2000007 allow\n"));
    httpd.wait_for_log("devices: has 6 devices, had 5");
    get();
    let seen = wait_for_status(&httpd, |status| all_counted(status) == 2);
    assert_eq!((&state(&seen, "0004f2000007"), &seen["table"]["kept"]), (&json!("not-yet"), &json!(1)));
    assert_eq!(device(&seen, "0004f2000007").unwrap()["served"], 2, "what was known of it is kept too");
}
