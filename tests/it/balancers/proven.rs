//! Phones behind a balancer prove themselves as others do: Learn protects them, and the server keeps them in mind.

use super::{OTHER, OWN, certificates, other_file, own_file, self_signed, with, written};
use crate::asking::{ask, open_server, phone, server};
use crate::fleet_counts::{PAGE, all_counted, device, wait_for_status};
use mtlsprotect_core::forwarded::{Format, write};
use mtlsprotect_core::learned::{Line, ProofLine, written as lines};
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::trust::fingerprint;
use mtlsprotect_testkit::{Builder, Httpd, Identity, Poly, Subject, tools};
use std::fs;

const BALANCER: &str = "MTLSProtectProxy 127.0.0.1 certificate=rfc9440";

/// A server that learns, whose plain host takes this test for a balancer, and whose TLS host for nobody special.
fn learning() -> Builder {
    open_server()
        .file("poly.pem", Poly::shared().bundle_pem())
        .config("MTLSProtectVendor poly ca=poly.pem\nMTLSProtectLearnedFile learned")
        .config("<Directory {docroot}>\nMTLSProtect Learn\n</Directory>")
        .config(PAGE)
        .plain_vhost(BALANCER)
        .vhost("SSLVerifyClient optional_no_ca")
}

fn learned(httpd: &Httpd) -> String {
    fs::read_to_string(httpd.root().join("learned")).unwrap_or_default()
}

fn proven_by(identity: &Identity) -> String {
    let root = fingerprint(&Poly::shared().root.cert).unwrap();
    format!(" poly {} {root}", fingerprint(&identity.cert).unwrap())
}

/// What the TLS host says, where this test is nobody's balancer.
fn status(httpd: &Httpd) -> serde_json::Value {
    let answer = httpd.client().get("/mtlsprotect-status?format=json").unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_slice(&answer.body).unwrap()
}

fn wait_for(httpd: &Httpd, wanted: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
    tools::wait_for(|| Some(status(httpd)).filter(&wanted)).unwrap_or_else(|| panic!("{:#}", status(httpd)))
}

#[test]
fn a_phone_behind_a_balancer_is_protected_once_it_has_proven_itself() {
    let mut httpd = learning().children(2).start();
    let client = httpd.plain_client();
    let without = |path: &str| ask(&client, "GET", path, &[], b"");
    assert_eq!(without(&own_file()), "200 would-deny no-certificate");
    let forged = written(&self_signed()).leaf;
    assert_eq!(with(&client, &own_file(), &forged), "200 would-deny untrusted-certificate");
    assert!(learned(&httpd).is_empty(), "{}", learned(&httpd));
    let phone = phone();
    let leaf = written(&phone).leaf;
    for _again in 0..5 {
        assert_eq!(with(&client, &own_file(), &leaf), "200 allow own-file");
    }
    let line = tools::wait_for(|| Some(learned(&httpd)).filter(|text| text.ends_with('\n'))).expect("a line");
    assert!(line.trim_start().starts_with(OWN) && line.contains(&proven_by(&phone)), "{line}");
    for _restarted in 0..2 {
        let client = httpd.plain_client();
        assert_eq!(ask(&client, "GET", own_file(), &[], b""), "403 deny no-certificate");
        assert_eq!(with(&client, &own_file(), &forged), "403 deny untrusted-certificate");
        let plain = [("Client-Cert", leaf.as_str()), ("X-Forwarded-Proto", "http")];
        assert_eq!(ask(&client, "GET", own_file(), &plain, b""), "403 deny plain-http");
        assert_eq!(ask(&httpd.client(), "GET", own_file(), &[], b""), "403 deny no-certificate");
        assert_eq!(client.get(&other_file()).unwrap().status, 200, "it has never proven itself");
        assert_eq!(with(&client, &own_file(), &leaf), "200 allow own-file");
        // the same certificate on its own TLS connection proves nothing new
        assert_eq!(ask(&httpd.phone(&phone), "GET", own_file(), &[], b""), "200 allow own-file");
        httpd.graceful();
    }
    assert_eq!(learned(&httpd), line, "one line");
}

#[test]
fn a_proof_behind_a_balancer_that_has_expired_since_is_still_the_phones() {
    let expired = || Poly::shared().leaf(Subject::poly(OWN)).expired().issue();
    let (old, another) = (expired(), expired());
    let line = Line::Proof(ProofLine {
        mac: OWN.parse().unwrap(),
        time: UnixTime::now() - 60,
        vendor: b"poly",
        leaf: fingerprint(&old.cert).unwrap(),
        root: fingerprint(&Poly::shared().root.cert).unwrap(),
    });
    let httpd = learning().file("learned", lines([line])).start();
    let client = httpd.plain_client();
    assert_eq!(with(&client, &own_file(), &written(&old).leaf), "200 would-deny expired-certificate");
    assert_eq!(with(&client, &own_file(), &written(&another).leaf), "403 deny expired-certificate");
}

#[test]
fn a_certificate_that_expires_behind_a_balancer_is_known_though_its_header_was_not_read_again() {
    let httpd = learning().start();
    let client = httpd.plain_client();
    let lasts_five_seconds = || {
        let end: String = (UnixTime::now() + 5).to_string().chars().filter(char::is_ascii_digit).collect();
        let phone = Poly::shared().leaf(Subject::poly(OWN)).dates("20200101000000Z", &format!("{end}Z")).issue();
        let leaf = written(&phone).leaf;
        let is_served = |_| with(&client, &own_file(), &leaf) == "200 allow own-file";
        (0..3).all(is_served).then_some(leaf)
    };
    let leaf = tools::wait_for(lasts_five_seconds).expect("a phone that is quick enough");
    let ended = || Some(with(&client, &own_file(), &leaf)).filter(|answer| answer != "200 allow own-file");
    assert_eq!(tools::wait_for(ended).unwrap(), "200 would-deny expired-certificate");
}

#[test]
fn the_proof_of_a_phone_behind_a_balancer_ends_its_exemption() {
    let httpd = learning()
        .file("devices", "0004f2aaaaaa exempt from=192.0.2.0/24 until=2099-12-31\n")
        .module("remoteip")
        .config("MTLSProtectDeviceFile devices\nRemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1")
        .start();
    let client = httpd.plain_client();
    let from = ("X-Forwarded-For", "192.0.2.99");
    assert_eq!(ask(&client, "GET", own_file(), &[from], b""), "200 allow exempt-device");
    let leaf = written(&phone()).leaf;
    assert_eq!(ask(&client, "GET", own_file(), &[from, ("Client-Cert", &leaf)], b""), "200 allow own-file");
    let ended =
        tools::wait_for(|| (ask(&client, "GET", own_file(), &[from], b"") == "403 deny no-certificate").then_some(()));
    assert!(ended.is_some(), "{}", httpd.error_log());
}

#[test]
fn a_phone_behind_a_balancer_is_kept_in_mind_as_one_that_comes_itself() {
    let httpd = server().config(PAGE).plain_vhost(BALANCER).children(2).start();
    let client = httpd.plain_client();
    let phone = phone();
    let leaf = written(&phone).leaf;
    for _ in 0..6 {
        assert_eq!(with(&client, &own_file(), &leaf), "200 allow own-file");
    }
    assert_eq!(with(&client, &other_file(), &leaf), "403 deny mac-mismatch");
    assert_eq!(ask(&client, "GET", other_file(), &[], b""), "403 deny no-certificate");
    let behind = wait_for(&httpd, |status| all_counted(status) == 8);
    let own = device(&behind, OWN).unwrap_or_else(|| panic!("{behind:#}"));
    assert_eq!((&own["vendor"], &own["served"], &own["refused"]), (&"poly".into(), &6.into(), &1.into()), "{own:#}");
    assert!(own["certificate_end"].is_string() && own["proven_at"].is_string(), "{own:#}");
    assert!(device(&behind, OTHER).is_none());
    let refusals = behind["refusals"].as_array().unwrap();
    // each on a connection of its own, so in any order
    for (reason, by_itself) in [("mac-mismatch", true), ("no-certificate", false)] {
        let is_one = |refusal: &&serde_json::Value| refusal["reason"] == reason && refusal["by_itself"] == by_itself;
        assert_eq!(refusals.iter().filter(is_one).count(), 1, "{refusals:#?}");
    }
    // neither our plain connection nor the balancer's word is a handshake
    assert_eq!(behind["handshakes"]["full_trusted"], 0, "{:#}", behind["handshakes"]);
    assert_eq!(ask(&httpd.phone(&phone), "GET", own_file(), &[], b""), "200 allow own-file");
    let itself = wait_for(&httpd, |status| all_counted(status) == 9);
    assert_eq!(device(&itself, OWN).unwrap()["certificate_end"], own["certificate_end"]);
    assert_eq!(itself["handshakes"]["full_trusted"], 1);
}

#[test]
fn what_is_kept_of_a_certificate_is_whole_though_a_header_is_not_read_again() {
    let blocked = "<Location /cfg/blocked>\nMTLSProtectDeviceFile devices\n</Location>";
    let httpd = server()
        .config(PAGE)
        .plain_vhost(BALANCER)
        .file("devices", "0004f2aaaaaa block\n")
        .config(blocked)
        .page("cfg/blocked/0004f2aaaaaa.cfg", "")
        .start();
    let client = httpd.plain_client();
    let leaf = written(&phone()).leaf;
    // judged, and no proof
    assert_eq!(with(&client, "/cfg/blocked/0004f2aaaaaa.cfg", &leaf), "403 deny blocked-device");
    let seen = wait_for(&httpd, |status| all_counted(status) == 1);
    assert!(device(&seen, OWN).is_none_or(|device| device["certificate_end"].is_null()), "{seen:#}");
    assert_eq!(with(&client, &own_file(), &leaf), "200 allow own-file");
    let seen = wait_for(&httpd, |status| all_counted(status) == 2);
    assert!(device(&seen, OWN).unwrap()["certificate_end"].is_string(), "{seen:#}");
}

#[test]
fn a_balancers_own_certificate_is_not_a_phones_handshake() {
    let httpd = server().config(PAGE).vhost(BALANCER).start();
    let balancers = [self_signed(), Poly::shared().phone(OTHER)];
    for (number, balancer) in balancers.iter().enumerate() {
        let client = httpd.phone(balancer);
        let leaf = write(Format::Rfc9440, &certificates(&phone())).leaf;
        assert_eq!(with(&client, &own_file(), &leaf), "200 allow own-file");
        let status = wait_for_status(&httpd, |status| all_counted(status) == number as u64 + 1);
        for kind in ["full_trusted", "full_not_trusted", "resumed_trusted", "resumed_not_trusted"] {
            assert_eq!(status["handshakes"][kind], 0, "{kind} of {number}");
        }
        assert!(device(&status, OWN).is_some() && device(&status, OTHER).is_none(), "{status:#}");
    }
}

#[test]
fn a_balancer_on_this_machine_shows_its_clients_no_status() {
    let httpd = server().config(PAGE).plain_vhost(BALANCER).start();
    let page = "/mtlsprotect-status";
    assert_eq!(httpd.plain_client().get(page).unwrap().status, 403);
    let line = httpd.wait_for_log("comes from an address of MTLSProtectProxy");
    assert!(line.contains("MTLSP0430"), "{line}");
    assert_eq!(httpd.client().get(page).unwrap().status, 200, "the other host has no balancer");
}
