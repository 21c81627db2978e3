use super::{DAY, judge, now, refused, trust};
use crate::trust::certificate::validity;
use crate::trust::distrust::Fault;
use mtlsprotect_testkit::pki::SERVER_AUTH;
use mtlsprotect_testkit::{Authority, Certificate, Digest, Poly};

#[test]
fn what_has_expired_is_refused_and_told_apart() {
    let poly = Poly::shared();
    let expired_root = Certificate::ca("TEST Old Root").expired().issue_authority();
    let expired = poly.root.ca("TEST Old").expired().issue_authority();
    let trust = trust(&[&poly.root, &poly.policy, &poly.issuing1, &expired, &expired_root]);
    for phone in [
        poly.leaf("0004f2aaaaaa").expired().issue(),
        expired.device("0004f2aaaaaa"),
        expired_root.device("0004f2aaaaaa"),
        expired.leaf("0004f2aaaaaa").without_key_identifiers().issue(),
    ] {
        let distrust = judge(&trust, &phone).unwrap_err();
        assert!(distrust.fault == Fault::Expired && distrust.why.contains("expired"), "{distrust:?}");
    }
    refused(judge(&trust, &poly.leaf("0004f2aaaaaa").not_yet_valid().issue()), "not yet valid");
    // expired, and otherwise not right either
    refused(judge(&trust, &Certificate::leaf("0004f2aaaaaa").expired().issue()), "");
    refused(judge(&trust, &Authority::root("TEST").leaf("0004f2aaaaaa").expired().issue()), "");
    refused(judge(&trust, &poly.leaf("0004f2aaaaaa").expired().extended_key_usage(&[SERVER_AUTH]).issue()), "");
    refused(judge(&trust, &poly.leaf("0004f2aaaaaa").expired().digest(Digest::Sha1).issue()), "");
    let forged = Authority::root("TEST Old").leaf("0004f2aaaaaa").without_key_identifiers().issue();
    refused(judge(&trust, &forged), "");
}

#[test]
fn the_time_that_is_given_is_the_time_that_counts() {
    let root = Certificate::ca("TEST Root").days(-10, 100).issue_authority();
    let issuing = root.ca("TEST Issuing").days(-10, 50).issue_authority();
    let phone = issuing.leaf("0004f2aaaaaa").days(-10, 200).issue();
    let (all, roots) = (trust(&[&root, &issuing]), trust(&[&root]));
    for (trust, sent) in [(&all, &[][..]), (&all, &phone.chain[..]), (&roots, &phone.chain[..])] {
        let trusted = trust.judge(&phone.cert, sent, now()).unwrap();
        assert!((trusted.until - now() - 50 * DAY).abs() < 2 * DAY, "no longer than the whole chain: {trusted:?}");
        assert!(trust.judge(&phone.cert, sent, now() + 40 * DAY).is_ok());
        for days in [60, 150, 250] {
            let distrust = trust.judge(&phone.cert, sent, now() + days * DAY).unwrap_err();
            assert!(distrust.fault == Fault::Expired, "in {days} days: {distrust:?}");
        }
        let distrust = trust.judge(&phone.cert, sent, now() - 20 * DAY).unwrap_err();
        assert!(distrust.fault != Fault::Expired, "{distrust:?}");
    }
}

#[test]
fn a_certificate_counts_from_its_first_second_to_its_last() {
    let root = Certificate::ca("TEST Root").days(-100, 100).issue_authority();
    let issuing = root.ca("TEST Issuing").days(-50, 50).issue_authority();
    let of = |issuer: &Authority, days: i64| issuer.leaf("0004f2aaaaaa").days(-days, days).issue();
    let (phone, of_issuing, of_root) = (of(&issuing, 10), of(&issuing, 90), of(&root, 200));
    for (phone, shortest) in [(&phone, &phone.cert), (&of_issuing, &issuing.cert), (&of_root, &root.cert)] {
        let (from, until) = validity(shortest).unwrap();
        for trust in [trust(&[&root, &issuing]), trust(&[&root])] {
            let at = |now| trust.judge(&phone.cert, &phone.chain, now).map_err(|distrust| distrust.fault);
            assert_eq!((at(from).unwrap().until, at(until).unwrap().until), (until, until));
            assert_eq!((at(from - 1).unwrap_err(), at(until + 1).unwrap_err()), (Fault::Untrusted, Fault::Expired));
        }
    }
}
