//! A phone that one child has judged is known to all: what no child could find out by itself is known, too.

use crate::judged::{LET_IN, MAC, OWN, UNTRUSTED, answered_by, judged, judged_at, server, unique};
use mtlsprotect_testkit::tools::wait_for;
use mtlsprotect_testkit::{Client, Httpd, Mpm, Poly};

/// Full handshakes until another child than this has answered, all judged alike.
fn judged_by_another_child(httpd: &Httpd, client: &Client, child: i32, expected: &str) {
    for _ in 0..20 {
        let path = unique(OWN);
        let mut connection = client.connect().unwrap();
        assert_eq!(judged_at(httpd, &mut connection, &path, &[]), expected);
        assert!(!connection.resumed());
        if answered_by(httpd, &path) != child {
            return;
        }
    }
    panic!("child {child} answered every time");
}

#[test]
fn a_phone_that_one_child_has_judged_is_known_to_another() {
    let poly = Poly::shared();
    // With a list of roots, who sends no intermediates can't be judged, only be known.
    let mut httpd =
        server(poly.root_pem()).mpm(Mpm::Prefork).children(3).threads(1).log_level("warn mtlsprotect:debug").start();
    let phone = poly.phone(MAC);
    let without_chain = httpd.phone(&phone).send_chain(false);
    assert_eq!(judged(&httpd, &without_chain), UNTRUSTED);

    let path = unique(OWN);
    let mut first = httpd.phone(&phone).connect().unwrap();
    assert_eq!(judged_at(&httpd, &mut first, &path, &[]), LET_IN);
    // `first` stays open, so that its child can't answer the next
    judged_by_another_child(&httpd, &without_chain, answered_by(&httpd, &path), LET_IN);
    let stranger = httpd.phone(&poly.phone("0004f2bbbbbb")).send_chain(false);
    assert_eq!(judged(&httpd, &stranger), UNTRUSTED, "another phone of the same CA is not known by that");

    drop(first);
    httpd.graceful();
    // the old children may still have the listening socket for a moment
    let anew = wait_for(|| (judged(&httpd, &without_chain) == UNTRUSTED).then_some(()));
    assert!(anew.is_some(), "a new configuration has to judge anew");
}
