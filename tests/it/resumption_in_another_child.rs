//! A session taken up again by a child that never saw the full handshake, where the list holds roots only.

use crate::judged::{
    LET_IN, MAC, OWN, UNTRUSTED, answered_by, copy_of, from_a_wrong_ca, judged_at, self_signed, server, unique,
};
use mtlsprotect_testkit::tools::wait_for;
use mtlsprotect_testkit::{Client, Httpd, Identity, Mpm, Poly, Subject};
use std::process::Command;

/// Takes the session to new connections until another child has answered; each must be judged as the first.
fn resume_until_another_child_answers(httpd: &Httpd, mpm: Mpm, client: &Client, expected: &str, case: &str) {
    let mut first = client.connect().unwrap();
    let path = unique(OWN);
    assert_eq!(judged_at(httpd, &mut first, &path, &[]), expected, "{case}, first");
    let child = answered_by(httpd, &path);
    let mut session = copy_of(&first.session());
    // `first` stays open: without threads to spare, its child can't answer the next. Under the event MPM it can, and
    // does as long as it lives.
    if mpm == Mpm::Event {
        kill(httpd, child);
    }
    for _ in 0..20 {
        let mut again = client.clone().resume(&session).connect().unwrap();
        let path = unique(OWN);
        assert_eq!(judged_at(httpd, &mut again, &path, &[]), expected, "{case}, resumed");
        assert!(again.resumed(), "{case}: the session was not resumed");
        if answered_by(httpd, &path) != child {
            return;
        }
        // only TLS 1.3 gives a new one each time
        if again.tls_version() == "TLSv1.3" {
            session = copy_of(&again.session());
        }
    }
    panic!("{case}: child {child} answered every time");
}

fn kill(httpd: &Httpd, child: i32) {
    let status = Command::new("sh").args(["-c", &format!("kill -KILL {child}")]).status();
    assert!(status.is_ok_and(|status| status.success()), "kill {child}");
    wait_for(|| (!httpd.pids().contains(&child)).then_some(())).expect("the child ends");
}

fn everywhere(identities: &[(&str, Identity, &str)]) {
    for mpm in Mpm::ALL {
        for tickets in ["on", "off"] {
            let httpd = server(Poly::shared().root_pem())
                .mpm(mpm)
                .children(3)
                .threads(1)
                .vhost(&format!("SSLSessionTickets {tickets}"))
                .log_level("warn mtlsprotect:debug")
                .start();
            for (name, identity, expected) in identities {
                for (version, client) in
                    [("TLS 1.2", httpd.phone(identity).tls12()), ("TLS 1.3", httpd.phone(identity).tls13())]
                {
                    let case = format!("{name}, {mpm:?}, {version}, tickets {tickets}");
                    resume_until_another_child_answers(&httpd, mpm, &client, expected, &case);
                }
            }
        }
    }
}

#[test]
fn a_phone_let_in_by_its_intermediates_is_let_in_by_another_child_too() {
    everywhere(&[("phone", Poly::shared().phone(MAC), LET_IN)]);
}

#[test]
fn a_forgery_is_refused_by_another_child_too() {
    everywhere(&[("self-signed", self_signed(), UNTRUSTED), ("wrong CA", from_a_wrong_ca(), UNTRUSTED)]);
}

#[test]
fn a_phone_with_a_long_chain_of_large_keys_is_let_in_by_another_child_too() {
    let poly = Poly::with_key(mtlsprotect_testkit::Key::Rsa(2048));
    for tickets in ["on", "off"] {
        let httpd = server(poly.root_pem())
            .mpm(Mpm::Prefork)
            .children(3)
            .threads(1)
            .vhost(&format!("SSLSessionTickets {tickets}"))
            .log_level("warn mtlsprotect:debug")
            .start();
        let phone = poly.leaf(Subject::poly(MAC)).key(mtlsprotect_testkit::Key::Rsa(2048)).issue();
        for client in [httpd.phone(&phone).tls12(), httpd.phone(&phone).tls13()] {
            resume_until_another_child_answers(
                &httpd,
                Mpm::Prefork,
                &client,
                LET_IN,
                &format!("RSA, tickets {tickets}"),
            );
        }
    }
}
