//! What the server counts, and what it keeps in mind of devices: what was asked, and nothing that a stranger makes up.

use mtlsprotect_testkit::{Builder, Certificate, Client, Httpd, Mpm, Poly, Response, Subject, tools};
use serde_json::Value;

/// The page where anybody on this machine sees it.
pub const PAGE: &str = "<Location \"/mtlsprotect-status\">\nSetHandler mtlsprotect-status\nRequire local\n</Location>";

/// A protected site that shows what it knows.
pub fn site() -> Builder {
    Httpd::builder()
        .protected(Poly::shared().bundle_pem())
        .config(PAGE)
        .page("0004f2aaaaaa.cfg", "secret of a")
        .page("0004f2bbbbbb.cfg", "secret of b")
        .page("firmware.ld", "firmware")
}

/// What the server says of itself now.
pub fn status(httpd: &Httpd) -> Value {
    let answer = httpd.plain_client().get("/mtlsprotect-status?format=json").expect("the page answers");
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_slice(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.text()))
}

/// Waits until it is true of what the server says.
pub fn wait_for_status(httpd: &Httpd, wanted: impl Fn(&Value) -> bool) -> Value {
    let seen = tools::wait_for(|| Some(status(httpd)).filter(|status| wanted(status)));
    seen.unwrap_or_else(|| panic!("it never came: {:#}", status(httpd)))
}

/// Requests with a verdict and reason, of all hosts.
pub fn counted(status: &Value, verdict: &str, reason: &str) -> u64 {
    let counts = status["counts"].as_array().unwrap().iter();
    let wanted = counts.filter(|count| count["verdict"] == verdict && count["reason"] == reason);
    wanted.map(|count| count["number"].as_u64().unwrap()).sum()
}

/// All requests that were counted.
pub fn all_counted(status: &Value) -> u64 {
    status["counts"].as_array().unwrap().iter().map(|count| count["number"].as_u64().unwrap()).sum()
}

/// What is known of a device.
pub fn device<'s>(status: &'s Value, mac: &str) -> Option<&'s Value> {
    status["devices"].as_array().unwrap().iter().find(|device| device["mac"] == mac)
}

fn get(client: &Client, path: &str) -> Response {
    client.get(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn requests_are_counted_as_they_were_decided() {
    let poly = Poly::shared();
    for mpm in Mpm::ALL {
        let httpd =
            site().mpm(mpm).children(2).vhost("ErrorDocument 403 /denied.html").page("denied.html", "no").start();
        let own = httpd.phone(&poly.phone("0004f2aaaaaa"));
        let mut kept = own.connect().unwrap();
        for _ in 0..7 {
            assert_eq!(kept.get("/0004f2aaaaaa.cfg").unwrap().status, 200);
        }
        // one connection, and redirects and error pages: once for each request of the client's
        assert_eq!(kept.get("/firmware.ld").unwrap().status, 200);
        for _ in 0..3 {
            assert_eq!(kept.get("/0004f2bbbbbb.cfg").unwrap().status, 403);
        }
        assert_eq!(kept.get("/0004f2aaaaaa-none.cfg").unwrap().status, 404);
        assert_eq!(get(&httpd.client(), "/0004f2aaaaaa.cfg").status, 403);
        assert_eq!(get(&httpd.client(), "/firmware.ld").status, 403);
        // never judged
        assert_eq!(httpd.client().connect().unwrap().raw(b"GET nowhere HTTP/9.9\r\n\r\n").unwrap().status, 400);
        let status = wait_for_status(&httpd, |status| all_counted(status) == 14);
        let expected = [
            ("allow", "own-file", 8),
            ("allow", "other-file", 1),
            ("deny", "mac-mismatch", 3),
            ("deny", "no-certificate", 2),
        ];
        for (verdict, reason, number) in expected {
            assert_eq!(counted(&status, verdict, reason), number, "{mpm:?}: {reason} in {status:#}");
        }
        let hosts: Vec<&str> =
            status["hosts"].as_array().unwrap().iter().filter_map(|host| host["name"].as_str()).collect();
        let tls = format!("localhost:{} (127.0.0.1:{})", httpd.https(), httpd.https());
        assert!(hosts.contains(&tls.as_str()), "{hosts:?}");
        assert!(status["counts"].as_array().unwrap().iter().all(|count| count["host"] == tls.as_str()), "{status:#}");
        assert_eq!(status["handshakes"]["full_trusted"], 1, "{status:#}");
        let in_history: u64 = status["history"].as_array().unwrap().iter().map(all_counted).sum();
        assert_eq!(in_history, 14);
    }
}

#[test]
fn handshakes_are_counted_full_and_resumed() {
    let poly = Poly::shared();
    let httpd = site().start();
    let phone = httpd.phone(&poly.phone("0004f2aaaaaa")).tls12();
    let mut first = phone.connect().unwrap();
    assert_eq!(first.get("/0004f2aaaaaa.cfg").unwrap().status, 200);
    let session = first.session();
    for _ in 0..3 {
        let mut again = phone.clone().resume(&session).connect().unwrap();
        assert_eq!(again.get("/0004f2aaaaaa.cfg").unwrap().status, 200);
        assert_eq!(again.get("/0004f2aaaaaa.cfg").unwrap().status, 200);
        assert!(again.resumed());
    }
    let stranger = Certificate::leaf(Subject::poly("0004f2aaaaaa")).issue();
    assert_eq!(get(&httpd.phone(&stranger), "/0004f2aaaaaa.cfg").status, 403);
    let status = status(&httpd);
    let number = |kind: &str| status["handshakes"][kind].as_u64().unwrap();
    let numbers = ["full_trusted", "full_not_trusted", "resumed_trusted", "resumed_not_trusted"].map(number);
    assert_eq!(numbers, [1, 1, 3, 0], "{:#}", status["handshakes"]);
}

#[test]
fn a_device_is_ready_once_it_has_shown_a_good_certificate() {
    let poly = Poly::shared();
    let report = "<Directory {docroot}>\nMTLSProtect Report\n</Directory>";
    let httpd = site().config(report).start();
    let phone = httpd.phone(&poly.phone("0004f2aaaaaa"));
    // an old phone, which is served, and one that asks for another's file
    assert_eq!(get(&httpd.client(), "/0004f2bbbbbb.cfg").status, 200);
    assert_eq!(get(&phone, "/0004f2aaaaaa.cfg").status, 200);
    let seen = wait_for_status(&httpd, |status| all_counted(status) == 2);
    assert_eq!(device(&seen, "0004f2bbbbbb").unwrap()["state"], "not-yet", "{seen:#}");
    let ready = device(&seen, "0004f2aaaaaa").unwrap();
    assert_eq!((&ready["state"], &ready["served"], &ready["vendor"]), (&"ready".into(), &1.into(), &"poly".into()));
    assert!(ready["certificate_end"].is_string() && ready["proven_at"].is_string(), "{ready}");
    assert_eq!(get(&phone, "/0004f2bbbbbb.cfg").status, 200);
    let seen = wait_for_status(&httpd, |status| all_counted(status) == 3);
    let refused = device(&seen, "0004f2aaaaaa").unwrap();
    assert_eq!((&refused["state"], &refused["last_refusal"]["reason"]), (&"refused".into(), &"mac-mismatch".into()));
    let other = device(&seen, "0004f2bbbbbb").unwrap();
    assert_eq!(
        (&other["state"], &other["refused"]),
        (&"not-yet".into(), &0.into()),
        "another's refusal is not its own"
    );
    assert_eq!(seen["proven_refused"], 1);
    assert_eq!(seen["proven_named_refused"], 0);
    assert_eq!(get(&httpd.client(), "/0004f2aaaaaa.cfg").status, 200, "Report");
    let seen = wait_for_status(&httpd, |status| all_counted(status) == 4);
    assert_eq!((&seen["proven_refused"], &seen["proven_named_refused"]), (&1.into(), &1.into()));
    let last = &seen["refusals"][0];
    assert_eq!((&last["reason"], &last["named"]), (&"no-certificate".into(), &"0004f2aaaaaa".into()));
    assert_eq!((&last["by_itself"], &last["address"]), (&false.into(), &"127.0.0.1".into()));
}

#[test]
fn made_up_macs_leave_no_record() {
    let poly = Poly::shared();
    let application = "AliasMatch \"^/app/\" \"{docroot}/index.txt\"";
    for mode in ["On", "Report"] {
        let own = format!("<Directory {{docroot}}>\nMTLSProtect {mode}\n</Directory>");
        let httpd = site().config(&own).config(application).page("index.txt", "answer").start();
        let mut stranger = httpd.client().connect().unwrap();
        let mut phone = httpd.phone(&poly.phone("0004f2aaaaaa")).connect().unwrap();
        for number in 0..1_500_u32 {
            stranger.get(&format!("/0004f2{number:06x}.cfg")).unwrap();
            stranger.get(&format!("/app/0004f2{number:06x}.cfg")).unwrap();
            phone.get(&format!("/app/?mac=0004f2{number:06x}")).unwrap();
        }
        let seen = wait_for_status(&httpd, |status| all_counted(status) == 4_500);
        let devices: Vec<&Value> = seen["devices"].as_array().unwrap().iter().map(|device| &device["mac"]).collect();
        assert_eq!(devices, ["0004f2aaaaaa"], "{mode}");
        assert_eq!(seen["table"]["kept"], 1);
        assert_eq!(seen["refusals"].as_array().unwrap().len(), 256);
    }
}

#[test]
fn where_phones_without_certificates_are_missing_the_page_says_so() {
    // 256 places for them, in sets of eight
    let httpd = crate::proofs::site("Report").config("MTLSProtectFleetSize 1024").children(1).start();
    let mut phones = httpd.client().connect().unwrap();
    let mut come = |number: u32| {
        let path = format!("/0004f2{number:06x}.cfg");
        httpd.write(&path[1..], "its file");
        assert_eq!(phones.get(&path).unwrap().status, 200);
    };
    (0..16).for_each(&mut come);
    let few = wait_for_status(&httpd, |status| status["rollout"]["not-yet"] == 16);
    assert_eq!(few["table"]["gave_way"], 0);
    (16..300).for_each(&mut come);
    let many = wait_for_status(&httpd, |status| all_counted(status) == 300);
    let (shown, gone) = (many["rollout"]["not-yet"].as_u64().unwrap(), many["table"]["gave_way"].as_u64().unwrap());
    assert!(gone >= 300 - 256 && shown + gone == 300, "{shown} and {gone}");
    let page = httpd.plain_client().get("/mtlsprotect-status?format=html").unwrap().text();
    assert!(page.contains("the list of devices without a certificate is not whole"), "{page}");
}

#[test]
fn what_a_test_ca_vouches_for_is_proven_for_its_own_host_alone() {
    let (poly, lab) = (Poly::shared(), mtlsprotect_testkit::Authority::root("TEST Lab"));
    let httpd = site()
        .file("lab.pem", lab.pem())
        .config(
            "<VirtualHost 127.0.0.1:{https_b}>\nServerName lab.example\nSSLEngine on\nSSLVerifyClient optional_no_ca\n\
             MTLSProtectCAFile \"{root}/lab.pem\"\n</VirtualHost>",
        )
        .start();
    let forged = lab.device("0004f2aaaaaa");
    assert_eq!(get(&Client::new(httpd.https_b()).identity(&forged), "/0004f2aaaaaa.cfg").status, 200);
    assert_eq!(get(&httpd.client(), "/0004f2aaaaaa.cfg").status, 403);
    let seen = wait_for_status(&httpd, |status| all_counted(status) == 2);
    assert_eq!(seen["proven_named_refused"], 0, "nobody has proven himself to this host");
    assert_eq!(get(&httpd.phone(&poly.phone("0004f2aaaaaa")), "/0004f2aaaaaa.cfg").status, 200);
    assert_eq!(get(&httpd.client(), "/0004f2aaaaaa.cfg").status, 403);
    let seen = wait_for_status(&httpd, |status| all_counted(status) == 4);
    assert_eq!(seen["proven_named_refused"], 1);
}

#[test]
fn streams_of_http2_are_counted_each() {
    let poly = Poly::shared();
    let httpd = site().module("http2").start();
    let phone = poly.phone("0004f2aaaaaa");
    for (path, status) in [("/0004f2aaaaaa.cfg", 200), ("/0004f2bbbbbb.cfg", 403), ("/firmware.ld", 200)] {
        assert_eq!(tools::curl_h2(httpd.https(), Some(&phone), path).status, status, "{path}");
    }
    let seen = wait_for_status(&httpd, |status| all_counted(status) == 3);
    assert_eq!(counted(&seen, "deny", "mac-mismatch"), 1);
    assert_eq!(device(&seen, "0004f2aaaaaa").unwrap()["refused"], 1);
}
