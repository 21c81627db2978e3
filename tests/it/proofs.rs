//! What a phone's proof is, and what becomes of it: a line in the learned file, once, by whichever child saw it.

use crate::fleet_counts::{PAGE, device, status, wait_for_status};
use crate::judged::{self, MAC, OWN, SECRET};
use crate::learn::{got, unprotected};
use mtlsprotect_testkit::{Authority, Builder, Client, Crl, Httpd, Identity, Mpm, Poly, Subject, tools};
use std::fs;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

/// A server without proofs that shows its status.
pub fn site(mode: &str) -> Builder {
    unprotected()
        .page("0004f2bbbbbb.cfg", SECRET)
        .page("sip.ld", SECRET)
        .config(PAGE)
        .config(&format!("MTLSProtectLearnedFile learned\n<Directory {{docroot}}>\nMTLSProtect {mode}\n</Directory>"))
}

/// The lines of the learned file.
pub fn lines(httpd: &Httpd) -> Vec<String> {
    let text = fs::read_to_string(httpd.root().join("learned")).expect("the parent makes it");
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn phone(mac: &str) -> Identity {
    Poly::shared().phone(mac)
}

fn ask(httpd: &Httpd, client: &Client, path: &str) -> u16 {
    client.get(path).unwrap_or_else(|error| panic!("{path}: {error}\n{}", httpd.own_log())).status
}

#[test]
fn a_phone_that_comes_to_all_children_at_once_gets_one_line() {
    let httpd = site("Learn").mpm(Mpm::Prefork).children(4).start();
    let key = phone(MAC);
    for round in 0..8 {
        let mac = format!("0004f2aaaa{round:02x}");
        let own = Poly::shared().leaf(Subject::poly(&mac)).existing_key(&key.key).issue();
        let path = format!("/{mac}.cfg");
        httpd.write(&path[1..], SECRET);
        let barrier = Barrier::new(4);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut connection = httpd.phone(&own).connect().expect("a handshake");
                    barrier.wait();
                    assert_eq!(connection.get(&path).expect("an answer").status, 200);
                });
            }
        });
        tools::wait_for(|| lines(&httpd).iter().any(|line| line.starts_with(&mac)).then_some(())).expect("a line");
    }
    wait_for_status(&httpd, |status| status["rollout"]["proven"] == 8);
    assert_eq!(lines(&httpd).len(), 8, "{:#?}", lines(&httpd));
    assert_eq!(ask(&httpd, &httpd.client(), "/0004f2aaaa03.cfg"), 403);
}

#[test]
fn a_phone_with_a_newer_certificate_gets_a_second_line_and_the_old_one_none() {
    let httpd = site("Learn").start();
    let (old, new) = (Poly::shared().leaf(Subject::poly(MAC)).days(-10, 100), phone(MAC));
    let old = old.issue();
    // A request is noted once it is answered: the next one must not be noted before it.
    for (identity, count) in [(&old, 1), (&new, 2), (&old, 2), (&new, 2), (&old, 2)] {
        assert_eq!(ask(&httpd, &httpd.phone(identity), OWN), 200);
        tools::wait_for(|| (lines(&httpd).len() == count).then_some(())).expect("a line for each certificate");
    }
}

#[test]
fn nobody_else_than_a_phone_with_a_good_certificate_proves_anything() {
    let poly = Poly::shared();
    let yealink = Authority::root("TEST Yealink Root CA");
    let stolen = phone("0004f2000001");
    let httpd = Httpd::builder()
        .with_module()
        .file("poly.pem", poly.bundle_pem())
        .file("yealink.pem", yealink.pem())
        .file("ca.crl", Crl::of(&poly.issuing1).revoke(&stolen.cert).pem())
        .file("devices", "0004f2000002 block\n0004f2000003 exempt from=127.0.0.0/8 until=2099-12-31\n0004f2000004 allow\n0004f2000005 allow\n0004f2000001 allow\n001565000001 allow\n")
        .config("MTLSProtectVendor poly ca=poly.pem crl=ca.crl\nMTLSProtectVendor yealink ca=yealink.pem")
        .config("MTLSProtectLearnedFile learned\nMTLSProtectDeviceFile devices closed")
        .config(PAGE)
        .config("<Directory {docroot}>\nMTLSProtect Report\nMTLSProtectOtherFiles allow\n</Directory>")
        .vhost("SSLVerifyClient optional_no_ca")
        .page("sip.ld", SECRET)
        .start();
    let expired = poly.leaf(Subject::poly("0004f2000004")).expired().issue();
    let self_signed = mtlsprotect_testkit::Certificate::leaf(Subject::poly("0004f2000004")).issue();
    let senders = [
        ("revoked", "0004f2000001", httpd.phone(&stolen)),
        ("blocked", "0004f2000002", httpd.phone(&phone("0004f2000002"))),
        ("exempt", "0004f2000003", httpd.client()),
        ("expired", "0004f2000004", httpd.phone(&expired)),
        ("self-signed", "0004f2000004", httpd.phone(&self_signed)),
        ("of another CA", "0004f2000004", httpd.phone(&judged::from_a_wrong_ca())),
        ("wrong vendor", "0004f2000004", httpd.phone(&yealink.device("0004f2000004"))),
        ("not in the closed file", "0004f2000006", httpd.phone(&phone("0004f2000006"))),
        ("plain HTTP", "0004f2000004", httpd.plain_client()),
    ];
    for (_, mac, _) in &senders {
        httpd.write(&format!("{mac}.cfg"), SECRET);
    }
    for (who, mac, client) in &senders {
        for path in [format!("/{mac}.cfg"), "/sip.ld".to_owned(), "/sip.ld?mac=x".to_owned()] {
            let _ = client.get(&path).unwrap_or_else(|error| panic!("{who}: {error}"));
        }
        let _ = client.request("DELETE", format!("/{mac}.cfg"), &[], b"").unwrap();
    }
    // the one that does comes last, and what came before it has been counted by then
    assert_eq!(ask(&httpd, &httpd.phone(&phone("0004f2000005")), "/sip.ld"), 200);
    tools::wait_for(|| (!lines(&httpd).is_empty()).then_some(())).expect("a line");
    let seen = wait_for_status(&httpd, |status| device(status, "0004f2000005").is_some());
    assert!(lines(&httpd).iter().all(|line| line.starts_with("0004f2000005 ")), "{:#?}", lines(&httpd));
    let proven = seen["devices"].as_array().unwrap().iter().filter(|device| !device["proven_at"].is_null());
    assert_eq!(proven.map(|device| device["mac"].as_str().unwrap()).collect::<Vec<_>>(), ["0004f2000005"]);
}

/// A server that learns, with a second host that trusts another root.
fn with_lab(lab: &Authority) -> Builder {
    site("Learn").file("lab.pem", lab.pem()).config(
        "<VirtualHost 127.0.0.1:{https_b}>\nServerName lab.example\nSSLEngine on\nSSLVerifyClient optional_no_ca\n\
         MTLSProtectCAFile \"{root}/lab.pem\"\n</VirtualHost>",
    )
}

#[test]
fn what_a_lab_proves_counts_in_the_lab_alone() {
    let lab = Authority::root("TEST Lab");
    let httpd = with_lab(&lab).start();
    assert_eq!(ask(&httpd, &Client::new(httpd.https_b()).identity(&lab.device(MAC)), OWN), 200);
    tools::wait_for(|| (lines(&httpd).len() == 1).then_some(())).expect("its line");
    assert_eq!(ask(&httpd, &Client::new(httpd.https_b()), OWN), 403);
    assert_eq!(got(&httpd, &httpd.client(), OWN), "200 would-deny reason=no-certificate");
    // nor once the list of the file is read anew
    wait_for_status(&httpd, |status| status["learned"]["devices"] == 1);
    assert_eq!(ask(&httpd, &Client::new(httpd.https_b()), OWN), 403);
    assert_eq!(got(&httpd, &httpd.client(), OWN), "200 would-deny reason=no-certificate");
}

#[test]
fn what_is_proven_in_report_is_kept_and_protects_in_learn() {
    let (mut httpd, own) = (site("Report").start(), phone(MAC));
    assert_eq!(ask(&httpd, &httpd.phone(&own), OWN), 200);
    wait_for_status(&httpd, |status| status["rollout"]["proven"] == 1);
    assert_eq!(ask(&httpd, &httpd.client(), OWN), 200);
    set_mode(&httpd, "Report", "Learn");
    httpd.graceful();
    assert_eq!(ask(&httpd, &httpd.client(), OWN), 403);
    // the shared memory is not what keeps it
    let file = fs::read(httpd.root().join("learned")).unwrap();
    drop(httpd);
    let again = site("Learn").file("learned", file).start();
    assert_eq!(ask(&again, &again.client(), OWN), 403);
    assert_eq!(ask(&again, &again.phone(&own), OWN), 200);
    wait_for_status(&again, |status| device(status, MAC).is_some());
    assert_eq!(lines(&again).len(), 1, "what the file says already is not said again");
}

#[test]
fn what_was_proven_before_there_was_a_file_is_written_when_the_phone_comes_again() {
    let httpd = unprotected().config(PAGE).config("<Directory {docroot}>\nMTLSProtect Report\n</Directory>");
    let mut httpd = httpd.start();
    let own = httpd.phone(&phone(MAC));
    assert_eq!(ask(&httpd, &own, OWN), 200);
    wait_for_status(&httpd, |status| device(status, MAC).is_some_and(|device| device["state"] == "ready"));
    set_mode(&httpd, "MTLSProtect Report", "MTLSProtect Learn");
    httpd.append_config("MTLSProtectLearnedFile learned");
    httpd.graceful();
    assert_eq!(lines(&httpd).len(), 0);
    assert_eq!(ask(&httpd, &own, OWN), 200);
    tools::wait_for(|| (lines(&httpd).len() == 1).then_some(())).expect("its line");
    assert_eq!(ask(&httpd, &httpd.client(), OWN), 403);
    httpd.graceful();
    assert_eq!((ask(&httpd, &httpd.client(), OWN), lines(&httpd).len()), (403, 1));
}

/// Has the configuration say something else.
pub fn set_mode(httpd: &Httpd, from: &str, to: &str) {
    let path = httpd.root().join("httpd.conf");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn a_disk_that_is_full_is_said_once_and_what_is_proven_meanwhile_is_protected() {
    // blank lines up to a limit for what may be written, which all else stays below
    let filled = vec![b'\n'; 1 << 20];
    let httpd = site("Learn").file("learned", &filled).under(&["prlimit", "--fsize=1048576"]).children(1).start();
    let key = phone(MAC);
    let come = |number: u32| {
        let mac = format!("0004f2aaaa{number:02x}");
        let own = Poly::shared().leaf(Subject::poly(&mac)).existing_key(&key.key).issue();
        httpd.write(&format!("{mac}.cfg"), SECRET);
        assert_eq!(ask(&httpd, &httpd.phone(&own), &format!("/{mac}.cfg")), 200);
        mac
    };
    for number in 0..3 {
        let mac = come(number);
        let protected = || (ask(&httpd, &httpd.client(), &format!("/{mac}.cfg")) == 403).then_some(());
        tools::wait_for(protected).expect("the table protects it");
    }
    let seen = wait_for_status(&httpd, |status| status["learned"]["write_errors"] == 3);
    assert_eq!(seen["learned"]["writable"], false, "{:#}", seen["learned"]);
    let said = |number: &str| httpd.own_log().matches(number).count();
    assert_eq!((said("MTLSP0603"), said("MTLSP0604"), lines(&httpd).len()), (1, 0, 0), "{}", httpd.own_log());
    fs::File::options().write(true).open(httpd.root().join("learned")).unwrap().set_len(0).unwrap();
    come(3);
    wait_for_status(&httpd, |status| status["learned"]["writable"] == true);
    assert_eq!((said("MTLSP0603"), said("MTLSP0604"), lines(&httpd).len()), (1, 1, 1), "{}", httpd.own_log());
}

#[test]
fn what_could_not_be_written_is_written_when_the_phone_comes_again() {
    let filled = vec![b'\n'; 1 << 20];
    let mut httpd = site("Learn").file("learned", &filled).under(&["prlimit", "--fsize=1048576"]).children(2).start();
    let phones = [MAC, "0004f2bbbbbb"].map(|mac| (httpd.phone(&phone(mac)), format!("/{mac}.cfg")));
    let come = |httpd: &Httpd| phones.iter().for_each(|(client, path)| assert_eq!(ask(httpd, client, path), 200));
    (0..10).for_each(|_| come(&httpd));
    let seen = wait_for_status(&httpd, |status| device(status, "0004f2bbbbbb").is_some_and(|own| own["served"] == 10));
    // each is tried once in half a minute, of which another may have begun
    let errors = seen["learned"]["write_errors"].as_u64().unwrap();
    assert!((2..=4).contains(&errors), "{errors}");
    httpd.graceful();
    assert!(phones.iter().all(|(_, path)| ask(&httpd, &httpd.client(), path) == 403), "{}", httpd.own_log());
    let said = |number: &str| httpd.own_log().matches(number).count();
    assert_eq!((said("MTLSP0603"), said("MTLSP0604"), lines(&httpd).len()), (1, 0, 0), "{}", httpd.own_log());
    make_room(&httpd);
    two_lines_come(&httpd, || come(&httpd));
    come(&httpd);
    wait_for_status(&httpd, |status| status["learned"]["writable"] == true);
    assert_eq!((said("MTLSP0603"), said("MTLSP0604"), lines(&httpd).len()), (1, 1, 2), "{}", httpd.own_log());
}

/// Empties the learned file, which had filled its disk.
fn make_room(httpd: &Httpd) {
    fs::File::options().write(true).open(httpd.root().join("learned")).unwrap().set_len(0).unwrap();
}

/// Has phones come again and again until two lines are in the learned file.
fn two_lines_come(httpd: &Httpd, come: impl Fn()) {
    let written = tools::wait_for(|| {
        come();
        thread::sleep(Duration::from_millis(500));
        (lines(httpd).len() == 2).then_some(())
    });
    written.unwrap_or_else(|| panic!("{:#?}\n{}", lines(httpd), httpd.own_log()));
}

#[test]
fn a_phone_of_two_roots_gets_the_line_of_each_once_there_is_room() {
    let (lab, filled) = (Authority::root("TEST Lab"), vec![b'\n'; 1 << 20]);
    let full = with_lab(&lab).file("learned", &filled).under(&["prlimit", "--fsize=1048576"]);
    let mut httpd = full.children(2).start();
    let clients = [httpd.phone(&phone(MAC)), Client::new(httpd.https_b()).identity(&lab.device(MAC))];
    // in turn, one right after the other, as a phone asks that has booted
    let come = |httpd: &Httpd| clients.iter().for_each(|client| assert_eq!(ask(httpd, client, OWN), 200));
    come(&httpd);
    wait_for_status(&httpd, |status| status["learned"]["write_errors"] == 2);
    make_room(&httpd);
    two_lines_come(&httpd, || come(&httpd));
    let root = |line: &String| line.rsplit(' ').next().map(str::to_owned);
    let roots: Vec<_> = lines(&httpd).iter().map(root).collect();
    assert_ne!(roots[0], roots[1], "{:#?}", lines(&httpd));
    // neither is said again, nor needed again
    wait_for_status(&httpd, |status| status["learned"]["devices"] == 1);
    (0..3).for_each(|_| come(&httpd));
    httpd.graceful();
    for stranger in [httpd.client(), Client::new(httpd.https_b())] {
        assert_eq!(ask(&httpd, &stranger, OWN), 403);
    }
    assert_eq!(lines(&httpd).len(), 2, "{:#?}", lines(&httpd));
}

#[test]
fn a_full_table_protects_no_less() {
    // 768 places for the proven: more phones are in the file, and one comes that finds no room
    let poly = Poly::shared();
    let root = mtlsprotect_core::trust::fingerprint(&poly.root.cert).unwrap();
    let leaf = "ab".repeat(32);
    let mac = |number: u32| format!("0004f2{number:06x}");
    let proven: String =
        (0..2_000).map(|number| format!("{} 2026-11-20T01:00:00Z poly {leaf} {root}\n", mac(number))).collect();
    let httpd = site("Learn").config("MTLSProtectFleetSize 1024").file("learned", proven).children(1).start();
    let key = phone(MAC);
    let issue = |number: u32| poly.leaf(Subject::poly(&mac(number))).existing_key(&key.key).issue();
    let come = |own: &Identity| ask(&httpd, &httpd.phone(own), "/sip.ld");
    assert!((0..800).all(|number| come(&issue(number)) == 200));
    let seen = wait_for_status(&httpd, |status| status["table"]["lost_proofs"].as_u64() > Some(0));
    assert_eq!(seen["learned"]["devices"], 2_000);
    for number in [0, 799, 1_500] {
        httpd.write(&format!("{}.cfg", mac(number)), SECRET);
        assert_eq!(ask(&httpd, &httpd.client(), &format!("/{}.cfg", mac(number))), 403, "{number}");
    }
    let lost = seen["table"]["lost_proofs"].as_u64().unwrap();
    // of phones that are new some find no room, and are protected at once
    for number in 3_000..3_010 {
        httpd.write(&format!("{}.cfg", mac(number)), SECRET);
        let own = issue(number);
        assert_eq!(come(&own), 200);
        let is_there = || lines(&httpd).iter().any(|line| line.starts_with(&mac(number))).then_some(());
        tools::wait_for(is_there).expect("its line");
        assert_eq!(ask(&httpd, &httpd.client(), &format!("/{}.cfg", mac(number))), 403, "{number}");
        assert_eq!(come(&own), 200);
    }
    wait_for_status(&httpd, |status| status["learned"]["devices"] == 2_010);
    assert!(status(&httpd)["table"]["lost_proofs"].as_u64().unwrap() > lost);
    for number in 3_000..3_010 {
        assert_eq!(ask(&httpd, &httpd.client(), &format!("/{}.cfg", mac(number))), 403, "{number}");
        let found = lines(&httpd).iter().filter(|line| line.starts_with(&mac(number))).count();
        assert_eq!(found, 1, "{number}");
    }
}
