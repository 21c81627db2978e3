//! A flood of made-up certificates: it pushes no phone out, and takes no memory for long.

use crate::judged::{self, LET_IN, MAC, UNTRUSTED, judged, server};
use mtlsprotect_testkit::httpd::resident_kib;
use mtlsprotect_testkit::{Authority, Certificate, Httpd, Identity, Key, Mpm, Poly, Subject};
use openssl::pkey::{PKey, Private};
use std::thread;

/// Growth that no number of strangers may pass: less than a parsed certificate for each of them.
const BOUND_KIB: u64 = 8 * 1024;
const MANY: usize = 4000;
const AT_ONCE: usize = 4;

/// One of very many certificates, each with a subject and serial of its own and a stranger's key.
fn stranger(number: usize, key: &PKey<Private>, ca: &Authority) -> Identity {
    let mac = format!("0004f2{number:06x}");
    let leaf = Certificate::leaf(Subject::poly(&mac)).existing_key(key);
    match number % 3 {
        0 => leaf.issue(),
        // with intermediates, which count as well
        1 => leaf.issuer(ca).issue(),
        // in the name of the real CA
        _ => {
            let mut pretended = Poly::shared().issuing1.clone();
            pretended.key = key.clone();
            let mut forged = leaf.issuer(&pretended).issue();
            forged.chain = ca.chain();
            forged
        }
    }
}

/// This many strangers, each on a connection of its own, a few at once.
fn flood(httpd: &Httpd, key: &PKey<Private>, ca: &Authority, numbers: std::ops::Range<usize>) {
    thread::scope(|scope| {
        for part in 0..AT_ONCE {
            let numbers = numbers.clone();
            scope.spawn(move || {
                for number in numbers.skip(part).step_by(AT_ONCE) {
                    let stranger = stranger(number, key, ca);
                    let mut client = httpd.phone(&stranger);
                    client = if number % 2 == 0 { client.tls12() } else { client.tls13() };
                    let response = client.get(judged::OWN).unwrap_or_else(|error| panic!("{number}: {error}"));
                    assert_eq!(response.status, 403, "{number}");
                    assert!(!response.text().contains(judged::SECRET), "{number}");
                }
            });
        }
    });
}

fn memory(httpd: &Httpd) -> u64 {
    httpd.pids().into_iter().filter_map(resident_kib).sum()
}

#[test]
fn a_flood_of_made_up_certificates_evicts_no_phone_and_takes_no_memory() {
    let poly = Poly::shared();
    // event, with a list of roots: whom the one child remembers is let in without intermediates, too
    let httpd = server(poly.root_pem()).mpm(Mpm::Event).start();
    let phone = poly.phone(MAC);
    assert_eq!(judged(&httpd, &httpd.phone(&phone)), LET_IN);
    let remembered = httpd.phone(&phone).send_chain(false);
    assert_eq!(judged(&httpd, &remembered), LET_IN);

    let key = Key::P256.generate();
    let ca = Authority::root("Flood Root").issue_ca("Flood Policy CA").issue_ca("Flood Issuing CA");
    // every thread and every buffer that a busy server has, it has by then
    flood(&httpd, &key, &ca, 0..MANY / 4);
    let before = memory(&httpd);
    flood(&httpd, &key, &ca, MANY / 4..MANY);
    let after = memory(&httpd);
    assert!(after < before + BOUND_KIB, "{before} KiB before, {after} KiB after {MANY} strangers");

    assert_eq!(judged(&httpd, &remembered), LET_IN, "the phone was forgotten");
    assert_eq!(judged(&httpd, &httpd.phone(&judged::self_signed())), UNTRUSTED);
    let refused = httpd.own_log().matches("denied reason=untrusted-certificate").count();
    assert_eq!(refused, MANY + 1, "each stranger has its line");
    assert!(!httpd.own_log().contains("Flood Policy CA\", which a phone sent"), "no stranger's CA is asked for");
}

#[test]
fn a_stranger_with_more_certificates_than_any_chain_has_gets_its_answer() {
    let httpd = server(Poly::shared().bundle_pem()).start();
    let root = Authority::root("Crowd");
    let crowd: Vec<_> = (0..60).map(|number| root.issue_ca(&format!("Crowd {number}")).cert).collect();
    for (identity, expected) in [(judged::self_signed(), UNTRUSTED), (Poly::shared().phone(MAC), LET_IN)] {
        let mut crowded = identity;
        crowded.chain.extend(crowd.iter().cloned());
        let client = httpd.phone(&crowded);
        assert_eq!(judged::judged_each_way(&httpd, &client), [expected; 4]);
    }
}
