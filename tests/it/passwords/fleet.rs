//! What the status, the metrics and the learned file tell of phones with passwords.

use super::*;
use crate::fleet_counts::{PAGE, all_counted, counted, device, wait_for_status};
use serde_json::{Value, json};

fn site() -> Builder {
    server().plain_vhost(PAGE)
}

fn state(status: &Value, mac: &str) -> Value {
    device(status, mac).map_or(Value::Null, |device| device["state"].clone())
}

fn refusals(status: &Value) -> Vec<(&str, bool)> {
    let refusals = status["refusals"].as_array().expect("the last refusals");
    refusals.iter().map(|one| (one["reason"].as_str().unwrap(), one["sender"].is_null())).collect()
}

#[test]
fn a_challenge_is_counted_and_only_a_wrong_password_is_among_the_last_refusals() {
    let httpd = site().start();
    assert_eq!(asked(&httpd, &httpd.client(), OLD_FILE), ASKED);
    assert_eq!(got(&httpd, OLD, OLD_FILE), LET_IN);
    let seen = wait_for_status(&httpd, |status| all_counted(status) == 2);
    assert_eq!((counted(&seen, "deny", "password"), counted(&seen, "allow", "password")), (1, 1), "{seen:#}");
    assert_eq!(refusals(&seen), []);
    let wrong = basic(OLD, OTHER);
    assert_eq!(sent(&httpd, &httpd.client(), "GET", OLD_FILE, &[("Authorization", &wrong)]), ASKED);
    let seen = wait_for_status(&httpd, |status| all_counted(status) == 3);
    assert_eq!(refusals(&seen), [("password", true)]);
    // which anybody may send
    assert_eq!(state(&seen, OLD), "password");
    assert_eq!(device(&seen, OLD).unwrap()["refused"], 0);
}

#[test]
fn a_phone_that_is_served_by_its_password_is_not_left_and_has_proven_nothing() {
    let httpd = site().start();
    assert_eq!(got(&httpd, OLD, OLD_FILE), LET_IN);
    let seen = wait_for_status(&httpd, |status| all_counted(status) == 1);
    assert_eq!((state(&seen, OLD), &seen["rollout"]["password"]), (json!("password"), &json!(1)), "{seen:#}");
    assert_eq!(seen["rollout"]["not-yet"], 0);
    assert!(!std::fs::read_to_string(httpd.root().join("learned")).unwrap().contains(OLD));
    let metrics = httpd.plain_client().get("/mtlsprotect-status?format=prometheus").unwrap().text();
    assert!(metrics.lines().any(|line| line == "mtlsprotect_devices{state=\"password\"} 1"), "{metrics}");
    assert!(!metrics.contains(OLD), "{metrics}");
    // once it comes with a certificate, that is what counts
    assert_eq!(asked(&httpd, &httpd.phone(&Poly::shared().phone(OLD)), OLD_FILE), "200 allow own-file");
    httpd.wait_for_log("resuming normal operations");
    let seen = wait_for_status(&httpd, |status| state(status, OLD) != "password");
    assert!(matches!(state(&seen, OLD).as_str(), Some("ready" | "proven")), "{seen:#}");
}

#[test]
fn a_phone_whose_password_no_longer_counts_is_left() {
    let httpd = site().file("devices", "").config("MTLSProtectDeviceFile devices");
    let httpd = httpd.file("devices", format!("{OLD} password until=2099-12-31\n")).start();
    assert_eq!(got(&httpd, OLD, OLD_FILE), LET_IN);
    wait_for_status(&httpd, |status| state(status, OLD) == "password");
    let new = httpd.root().join("new");
    std::fs::write(&new, format!("{OLD} password until=2020-12-31\n")).unwrap();
    std::fs::rename(new, httpd.root().join("devices")).unwrap();
    httpd.wait_for_log("MTLSP0602");
    wait_for_status(&httpd, |status| state(status, OLD) == "not-yet");
    assert_eq!(got(&httpd, OLD, OLD_FILE), NO_CERTIFICATE);
}

#[test]
fn who_is_asked_for_the_password_of_a_proven_device_is_no_attack() {
    let httpd = site().file("devices", format!("{MAC} password\n")).config("MTLSProtectDeviceFile devices").start();
    let named = |status: &Value| status["proven_named_refused"].as_u64();
    assert_eq!(asked(&httpd, &httpd.client(), OWN), ASKED);
    let before = wait_for_status(&httpd, |status| all_counted(status) == 1);
    assert_eq!(refusals(&before), []);
    assert_eq!(got(&httpd, MAC, OWN), LET_IN);
    let after = wait_for_status(&httpd, |status| all_counted(status) == 2);
    assert_eq!(named(&before), named(&after));
    assert_eq!(state(&after, MAC), "proven");
}

#[test]
fn guessing_is_told_from_asking_wherever_numbers_are_shown() {
    let httpd = site()
        .module("status")
        .plain_vhost("<Location \"/server-status\">\nSetHandler server-status\nMTLSProtect Off\n</Location>")
        .start();
    let wrong = basic(OLD, OTHER);
    for _ in 0..3 {
        assert_eq!(asked(&httpd, &httpd.client(), OLD_FILE), ASKED);
        assert_eq!(got(&httpd, OLD, OLD_FILE), LET_IN);
    }
    for _ in 0..2 {
        assert_eq!(sent(&httpd, &httpd.client(), "GET", OLD_FILE, &[("Authorization", &wrong)]), ASKED);
    }
    assert_eq!(got(&httpd, OLD, OTHER_FILE), MISMATCH, "a right password of another device is no wrong one");
    let seen = wait_for_status(&httpd, |status| all_counted(status) == 9);
    assert_eq!((counted(&seen, "deny", "password"), &seen["wrong_passwords"]), (5, &json!(2)), "{seen:#}");
    let periods = seen["history"].as_array().unwrap();
    assert_eq!(periods.iter().filter_map(|period| period["wrong_passwords"].as_u64()).sum::<u64>(), 2);
    let page = |path: &str| httpd.plain_client().get(path).unwrap().text();
    assert!(page("/mtlsprotect-status").contains("<dt>wrong passwords<dd>2</div>"));
    let metrics = page("/mtlsprotect-status?format=prometheus");
    assert!(metrics.lines().any(|line| line == "mtlsprotect_wrong_passwords_total 2"), "{metrics}");
    let auto = page("/server-status?auto");
    for line in ["MTLSProtectPasswordsAccepted: 3", "MTLSProtectPasswordsAsked: 5", "MTLSProtectPasswordsWrong: 2"] {
        assert!(auto.lines().any(|written| written == line), "{line}: {auto}");
    }
}

#[test]
fn a_password_that_could_not_be_looked_at_is_not_a_wrong_one() {
    let httpd = site().start();
    std::fs::remove_file(httpd.root().join("passwords")).unwrap();
    assert_eq!(got(&httpd, OLD, OLD_FILE), "500 deny password");
    let line = httpd.wait_for_log("denied reason=password");
    assert!(line.contains(":warn]"), "{line}");
    assert!(line.contains("why='the password could not be checked: httpd answers 500'"), "{line}");
    let seen = wait_for_status(&httpd, |status| all_counted(status) == 1);
    assert_eq!((refusals(&seen), &seen["wrong_passwords"]), (vec![("password", true)], &json!(0)));
}
