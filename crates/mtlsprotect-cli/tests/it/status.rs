//! An operator, cron or Nagios asks live servers how the fleet is.

use crate::running::run as run_directly;
use crate::web::{Page, Web, run};
use mtlsprotect_status::asked::Asked;
use mtlsprotect_status::device::State;
use mtlsprotect_status::model::Status;
use mtlsprotect_testkit::status::fleet::{Fleet, HOSTILE, NOW, device, quiet, status};
use mtlsprotect_testkit::status::server::Server;
use mtlsprotect_testkit::tools::wait_for;
use mtlsprotect_testkit::{Httpd, Poly};
use serde_json::Value;

fn serving(change: impl FnOnce(&mut Status)) -> Server {
    let fleet: Fleet = (0..40).map(device).filter(|device| device.state == State::Proven).collect();
    let mut status = quiet(&fleet);
    change(&mut status);
    Server::start(status, fleet)
}

#[test]
fn a_monitor_gets_the_worst_in_the_first_line_and_in_the_exit_code() {
    let fine = serving(|_| {}).url("");
    let warning = serving(|status| status.exemptions_ending = 2).url("");
    let critical = serving(|status| status.device_files[0].valid = false).url("");
    let gone = "http://127.0.0.1:1/status".to_owned();
    for (urls, code, start) in [
        (vec![&fine], 0, "OK - 0 of "),
        (vec![&warning], 1, "WARNING - 2 exemptions end"),
        (vec![&critical], 2, "CRITICAL - device file /etc/mtlsprotect/devices"),
        (vec![&fine, &critical, &gone], 2, "CRITICAL - device file"),
        (vec![&gone, &warning], 3, "UNKNOWN - http://127.0.0.1:1/status?format=json&devices=no: cannot be downloaded"),
        (vec![&gone], 3, "UNKNOWN - http://127.0.0.1:1/status"),
    ] {
        let ran = run(["status"].into_iter().chain(urls.iter().map(|url| url.as_str())));
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(ran.out.starts_with(start) && ran.err.is_empty(), "{ran:?}");
    }
}

#[test]
fn limits_decide_what_is_a_warning() {
    let server = serving(|status| {
        status.cas[0].not_after = NOW + 20 * 86_400;
        status.table.kept = 1;
    });
    let url = server.url("");
    run(["status", &url]).said(1, &["expires on 2026-12-15"]);
    run(["status", &url, "--days=10"]).said(0, &["OK - "]);
}

#[test]
fn devices_are_found_by_the_beginning_of_their_macs() {
    let server = serving(|_| {});
    let url = server.url("");
    let ran = run(["status", &url, "--prefix=00:04:F2"]);
    ran.said(0, &["MAC ", "0004f2", "proven"]);
    assert!(!ran.out.contains("\n801565") && !ran.out.contains("\n000413"), "{ran:?}");
    run(["status", &url, "--prefix=ffffffffffff"]).said(0, &["no such device"]);
    assert!(!run(["status", &url]).out.contains("\nMAC "));
}

#[test]
fn a_phone_of_two_servers_counts_once() {
    let (one, other) = (serving(|_| {}), serving(|_| {}));
    let json = |urls: &[&str]| -> Value {
        let ran = run(["status", "--json"].into_iter().chain(urls.iter().copied()));
        assert_eq!(ran.code, 0, "{ran:?}");
        serde_json::from_str(&ran.out).unwrap()
    };
    let (alone, both) = (json(&[&one.url("")]), json(&[&one.url(""), &other.url("")]));
    assert_eq!(alone["rollout"]["proven"], both["rollout"]["proven"]);
    let sum = |json: &Value| json["handshakes"]["full_trusted"].as_u64().unwrap();
    assert_eq!((2 * sum(&alone), both["servers"].as_array().unwrap().len()), (sum(&both), 2));
    assert_eq!(both["devices"], Value::Array(Vec::new()), "they were not asked for");
}

#[test]
fn a_server_that_fails_while_it_tells_its_devices_is_left_out_of_the_sum() {
    let (fine, other, web) = (serving(|_| {}), serving(|_| {}), Web::start());
    let rollout = |urls: &[&str], code: i32| -> (Value, Value) {
        let ran = run(["status", "--json"].into_iter().chain(urls.iter().copied()));
        assert_eq!(ran.code, code, "{ran:?}");
        let json: Value = serde_json::from_str(&ran.out).unwrap();
        (json["rollout"].clone(), json["servers"][1]["error"].clone())
    };
    // of a third one, which has devices that the others have not
    let fleet = Fleet::of(9_000);
    let json = |query: &str| {
        let mut json = Vec::new();
        mtlsprotect_status::show(quiet(&fleet), &fleet, &Asked::of(query.as_bytes(), b"").unwrap(), &mut json).unwrap();
        json
    };
    web.serve("/x?format=json&devices=no", Page::ok(json("format=json&devices=no")));
    let whole = json("format=json&devices=brief");
    let half = whole[..whole.len() / 2].to_vec();
    web.serve("/x?format=json&devices=brief", Page::ok(whole));
    let urls = [fine.url(""), web.url("/x"), other.url("")];
    let urls = urls.each_ref().map(String::as_str);
    let (expected, _) = rollout(&[urls[0], urls[2]], 0);
    let (with_it, error) = rollout(&urls, 1);
    assert!(error.is_null() && with_it["proven"].as_u64() > expected["proven"].as_u64(), "{with_it} {error}");
    web.serve("/x?format=json&devices=brief", Page::ok(half));
    let (without, error) = rollout(&urls, 3);
    assert_eq!(without, expected);
    assert!(error.as_str().is_some_and(|error| error.contains("is not the JSON of a status")), "{error}");
}

#[test]
fn a_server_that_stalls_is_given_up_and_the_way_out_is_told() {
    let (fine, web) = (serving(|_| {}), Web::start());
    let begun =
        Page { stalls: true, ..Page::with_fields("200 OK", "Content-Length: 9000", b"{\"devices\":[".to_vec()) };
    web.serve("/x?format=json&devices=no", begun);
    run(["status", &fine.url(""), &web.url("/x"), "--timeout=1"])
        .said(3, &["UNKNOWN - ", "after 1 seconds", "--timeout"]);
}

#[test]
fn what_a_server_says_does_not_reach_the_terminal_as_it_is() {
    let server = serving(|status| {
        status.cas[0].subject = HOSTILE.to_owned();
        status.cas[0].not_after = NOW - 1;
        status.counts[0].reason = HOSTILE.to_owned().into();
    });
    let ran = run(["status", &server.url("")]);
    ran.said(2, &["CRITICAL - CA of poly, <script>alert(1)</script>\"'&\\%0D%0A%1B[2J%E2%80%AE"]);
    assert!(!ran.out.contains(['\u{1b}', '\r', '\u{202e}', '\0']), "{ran:?}");
    let json = run(["status", &server.url(""), "--json"]);
    assert!(json.code == 2 && json.out.is_ascii() && !json.out.contains('\u{1b}'), "{json:?}");
}

#[test]
fn a_server_that_says_something_else_is_unknown() {
    let web = Web::start();
    let fleet = Fleet::of(3);
    let mut json = Vec::new();
    mtlsprotect_status::show(status(&fleet), &fleet, &Asked::of(b"format=json", b"").unwrap(), &mut json).unwrap();
    let cut = json[..json.len() / 2].to_vec();
    for (name, body, words) in [
        ("page", b"<html>\x1b[2J".to_vec(), "is not the JSON of a status"),
        ("cut", cut, "is not the JSON of a status"),
        ("other", b"{\"version\":7}".to_vec(), "is not the JSON of a status"),
    ] {
        web.serve(&format!("/{name}?format=json&devices=no"), Page::ok(body));
        let ran = run(["status", &web.url(&format!("/{name}"))]);
        ran.said(3, &["UNKNOWN - ", words]);
        assert!(!ran.out.contains('\u{1b}'), "{ran:?}");
    }
    run(["status", &web.url("/gone")]).said(3, &["404"]);
}

#[test]
fn a_wrong_command_line_is_told_before_anybody_is_asked() {
    for (arguments, words) in [
        (vec!["status"], "URL"),
        (vec!["status", "ftp://x/"], "expected http:// or https://"),
        (vec!["status", "http://127.0.0.1:1/", "--prefix=phone"], "beginning of a MAC"),
        (vec!["status", "http://127.0.0.1:1/", "--days=-1"], "--days"),
        (vec!["status", "http://127.0.0.1:1/", "--timeout=0"], "--timeout"),
    ] {
        run_directly(arguments).said(2, &[words]);
    }
}

#[test]
fn a_real_httpd_answers_a_monitor() {
    let poly = Poly::shared();
    let location = |path: &str, require: &str| {
        format!("<Location \"{path}\">\nSetHandler mtlsprotect-status\nRequire {require}\n</Location>")
    };
    let mut httpd = Httpd::builder()
        .protected(poly.bundle_pem())
        .config("<Directory {docroot}>\nMTLSProtect Report\n</Directory>\nMTLSProtectDeviceFile devices")
        .config(&location("/status", "local"))
        .config(&location("/staff", "ip 192.0.2.1"))
        .file("devices", "0004f2000001 block\n0004f2000002 allow\n")
        .page("0004f2aaaaaa.cfg", "secret")
        .start();
    let url = |path: &str| format!("http://localhost:{}{path}", httpd.http());
    let (shown, hidden) = (url("/status"), url("/staff"));
    run(["status", &shown]).said(0, &["OK - 1 of 2 "]);
    run(["status", &shown, "--prefix=00:04:f2:00:00:01"]).said(0, &["0004f2000001", "blocked"]);
    run(["status", &hidden]).said(3, &["UNKNOWN - ", "403"]);
    let thief = httpd.phone(&poly.phone("0004f2bbbbbb"));
    assert_eq!(thief.get("/0004f2aaaaaa.cfg").unwrap().status, 200, "Report");
    let warned = wait_for(|| Some(run(["status", &shown])).filter(|ran| ran.code != 0)).expect("it is counted");
    warned.said(1, &["WARNING - the last request of 1 device was refused", "mac-mismatch"]);
    std::fs::write(httpd.root().join("devices"), "0004f2000001 steal\n").unwrap();
    httpd.wait_for_log("the list of ");
    let found = "line 1: expected allow, block, exempt or password after 0004f2000001, found \"steal\"";
    run(["status", &shown]).said(2, &["CRITICAL - device file ", found]);
    httpd.stop();
    run(["status", &shown]).said(3, &["UNKNOWN - "]);
}
