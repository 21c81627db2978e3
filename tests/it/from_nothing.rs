//! The way of docs/from_nothing_to_protected.md: an operator goes from Report by Learn to On, and reads nothing but the
//! status page. No phone loses anything on the way.

use crate::fleet_counts::{PAGE, device, status, wait_for_status};
use crate::judged::SECRET;
use crate::proofs::set_mode;
use mtlsprotect_testkit::{Client, Httpd, Identity, Poly, Subject};
use serde_json::Value;

const PHONES: usize = 200;
/// Phones that show their certificate as soon as they come.
const NEW: usize = 120;
/// Those up to here are old, and show one only after an update.
const OLD: usize = 160;

struct Phone {
    path: String,
    mac: String,
    identity: Identity,
}

/// A fleet whose phones share one key, which nobody looks at.
fn fleet() -> Vec<Phone> {
    let poly = Poly::shared();
    let key = poly.phone("0004f2000000").key;
    let phone = |number| {
        let mac = format!("0004f2{number:06x}");
        let identity = poly.leaf(Subject::poly(&mac)).existing_key(&key).issue();
        Phone { path: format!("/{mac}.cfg"), mac, identity }
    };
    (1..=PHONES).map(phone).collect()
}

/// A phone asks for its own file, and gets it.
fn fetch(client: &Client, phone: &Phone) {
    let answer = client.get(&phone.path).expect("an answer");
    assert!(answer.status == 200 && answer.text().contains(SECRET), "{} is not served: {}", phone.path, answer.status);
}

fn come_with_certificate(httpd: &Httpd, phones: &[Phone]) {
    phones.iter().for_each(|phone| fetch(&httpd.phone(&phone.identity), phone));
}

fn come_without(httpd: &Httpd, phones: &[Phone]) {
    phones.iter().for_each(|phone| fetch(&httpd.client(), phone));
}

fn rollout(status: &Value, state: &str) -> u64 {
    status["rollout"][state].as_u64().unwrap_or_else(|| panic!("{state}: {:#}", status["rollout"]))
}

/// How many phones are in the way of On.
fn left(status: &Value) -> u64 {
    ["not-yet", "refused", "never-seen"].iter().map(|state| rollout(status, state)).sum()
}

fn wait_for_rollout(httpd: &Httpd, wanted: &[(&str, u64)]) -> Value {
    wait_for_status(httpd, |status| wanted.iter().all(|(state, number)| rollout(status, state) == *number))
}

fn mode(status: &Value) -> &str {
    let hosts = status["hosts"].as_array().unwrap();
    let protected = hosts.iter().find(|host| !host["vendors"].as_array().unwrap().is_empty());
    let host = protected.expect("a host has the phones' CAs");
    let sections = host["sections"].as_array().unwrap();
    let section = sections.iter().map(|section| &section["mode"]).find(|mode| **mode != "Off");
    section.unwrap_or(&host["mode"]).as_str().unwrap()
}

fn say(httpd: &mut Httpd, from: &str, to: &str) {
    set_mode(httpd, &format!("MTLSProtect {from}"), &format!("MTLSProtect {to}"));
    httpd.graceful();
    assert_eq!(mode(&status(httpd)), to);
}

#[test]
fn an_operator_protects_200_phones_by_what_the_page_says_and_none_of_them_loses_its_file() {
    let fleet = fleet();
    let lines: String = fleet.iter().map(|phone| format!("{} allow\n", phone.mac)).collect();
    let mut httpd = Httpd::builder()
        .with_module()
        .file("poly.pem", Poly::shared().bundle_pem())
        .file("devices", lines)
        .config("MTLSProtectVendor poly ca=poly.pem\nMTLSProtectDeviceFile devices\nMTLSProtectLearnedFile learned")
        .config("<Directory {docroot}>\nMTLSProtect Report\n</Directory>")
        .config(PAGE)
        .vhost("SSLVerifyClient optional_no_ca")
        .start();
    for phone in &fleet {
        httpd.write(&phone.path[1..], SECRET);
    }
    let (new, old, late) = (&fleet[..NEW], &fleet[NEW..OLD], &fleet[OLD..]);

    // Report: who shows a certificate, and who does not
    come_with_certificate(&httpd, new);
    come_without(&httpd, old);
    let seen = wait_for_rollout(&httpd, &[("proven", NEW as u64), ("not-yet", old.len() as u64)]);
    assert!(left(&seen) >= old.len() as u64);
    let names: Vec<&str> = old.iter().map(|phone| phone.mac.as_str()).collect();
    let all = seen["devices"].as_array().unwrap().iter().filter(|device| device["state"] == "not-yet");
    assert_eq!(all.filter(|device| names.contains(&device["mac"].as_str().unwrap())).count(), old.len());
    assert_eq!(httpd.client().get(&new[0].path).unwrap().status, 200, "Report protects nobody");

    // Learn: who is proven is protected, and nobody loses anything
    say(&mut httpd, "Report", "Learn");
    let before = status(&httpd)["proven_named_refused"].as_u64().unwrap();
    for phone in [&new[0], &new[NEW - 1]] {
        assert_eq!(httpd.client().get(&phone.path).unwrap().status, 403);
    }
    wait_for_status(&httpd, |status| status["proven_named_refused"] == before + 2);
    come_with_certificate(&httpd, new);
    come_without(&httpd, old);
    come_with_certificate(&httpd, late);
    let seen = wait_for_rollout(&httpd, &[("proven", (PHONES - old.len()) as u64), ("not-yet", old.len() as u64)]);
    assert_eq!((left(&seen), rollout(&seen, "refused")), (old.len() as u64, 0));

    // the old ones are updated one after another; one of them asks for another's file at first
    let (astray, rest) = old.split_first().unwrap();
    come_with_certificate(&httpd, rest);
    assert_eq!(httpd.phone(&astray.identity).get(&new[0].path).unwrap().status, 403);
    let seen = wait_for_rollout(&httpd, &[("proven", PHONES as u64 - 1), ("refused", 1)]);
    let refused = device(&seen, &astray.mac).expect("it is known");
    assert_eq!((&refused["state"], &refused["last_refusal"]["reason"]), (&"refused".into(), &"mac-mismatch".into()));
    assert_eq!(left(&seen), 1);
    // of a refusal in the same second it isn't known which came first
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    fetch(&httpd.phone(&astray.identity), astray);
    let seen = wait_for_status(&httpd, |status| left(status) == 0);
    assert_eq!((rollout(&seen, "proven"), &seen["learned"]["devices"]), (PHONES as u64, &(PHONES as u64).into()));

    // On: nobody is left
    let refused = seen["proven_refused"].as_u64().unwrap();
    say(&mut httpd, "Learn", "On");
    come_with_certificate(&httpd, &fleet);
    assert!(fleet.iter().step_by(20).all(|phone| httpd.client().get(&phone.path).unwrap().status == 403));
    let seen = wait_for_rollout(&httpd, &[("proven", PHONES as u64)]);
    assert_eq!((left(&seen), seen["proven_refused"].as_u64()), (0, Some(refused)), "{:#}", seen["rollout"]);
}
