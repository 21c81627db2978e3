//! Several CAs of one name, where nothing in a certificate says which of them issued it.

use super::{DAY, judge, mac, now, refused, trust};
use crate::trust::certificate::fingerprint;
use crate::trust::chain::VERIFIED;
use crate::trust::device_trust::Trusted;
use crate::trust::distrust::Fault;
use mtlsprotect_testkit::{Authority, Certificate, Identity};
use openssl::x509::X509;

const ISSUING: &str = "TEST Issuing";

/// A CA without key identifiers.
fn ca(issuer: &Authority, name: &str) -> Authority {
    issuer.ca(name).without_key_identifiers().issue_authority()
}

fn phone(ca: &Authority) -> Identity {
    ca.leaf("0004f2aaaaaa").without_key_identifiers().issue()
}

/// All orders of a few things.
fn orders<T: Clone>(things: &[T]) -> Vec<Vec<T>> {
    if things.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for first in 0..things.len() {
        let mut rest = things.to_vec();
        let chosen = rest.remove(first);
        all.extend(orders(&rest).into_iter().map(|order| [std::slice::from_ref(&chosen), &order[..]].concat()));
    }
    all
}

/// Listed and sent in every order; each must be let in.
fn let_in(listed: &[&Authority], phone: &Identity, sent: &[&Authority]) {
    let is_root = |ca: &&&Authority| ca.cert.issued(&ca.cert) == openssl::x509::X509VerifyResult::OK;
    let roots: Vec<_> = listed.iter().filter(is_root).map(|ca| fingerprint(&ca.cert).unwrap()).collect();
    for cas in orders(listed) {
        let trust = trust(&cas);
        for sent in orders(sent) {
            let sent: Vec<X509> = sent.iter().map(|ca| ca.cert.clone()).collect();
            let trusted = trust.judge(&phone.cert, &sent, now()).unwrap();
            // and on the resumed session, which has kept what the list lacks
            let kept: Vec<X509> = trusted.missing.iter().map(|der| X509::from_der(der).unwrap()).collect();
            let resumed = trust.judge(&phone.cert, &kept, now()).unwrap();
            assert_eq!((resumed.mac, resumed.until), (trusted.mac, trusted.until));
            assert!([trusted.root, resumed.root].iter().all(|root| roots.contains(root)));
        }
    }
}

#[test]
fn a_phone_below_a_renewed_issuing_ca_is_let_in_whichever_is_listed_or_sent() {
    let root = Certificate::ca("TEST Root").without_key_identifiers().issue_authority();
    let policy = ca(&root, "TEST Policy");
    let (old, renewed) = (ca(&policy, ISSUING), ca(&policy, ISSUING));
    let third = ca(&policy, ISSUING);
    for (own, other) in [(&old, &renewed), (&renewed, &old)] {
        let phone = phone(own);
        let_in(&[&root, &policy, other], &phone, &[own]);
        let_in(&[&root, &policy, other], &phone, &[own, &third, other]);
        let_in(&[&root, &policy, other, own], &phone, &[]);
        let_in(&[&root, &policy], &phone, &[other, own]);
        let_in(&[&root], &phone, &[other, &policy, own]);
        let_in(&[&root, other, own], &phone, &[&policy]);
        let_in(&[&root, other], &phone, &[&policy, own, &third]);
    }
    let stranger = ca(&ca(&Authority::root("TEST Root"), "TEST Policy"), ISSUING);
    for cas in [&[&root, &policy, &old][..], &[&root]] {
        refused(judge(&trust(cas), &phone(&stranger)), "");
        let sent = [&old, &policy, &renewed, &stranger].map(|ca| ca.cert.clone());
        refused(trust(cas).judge(&phone(&stranger).cert, &sent, now()), "");
    }
}

#[test]
fn a_ca_renewed_with_its_key_is_found_beside_the_expired_one() {
    let root = Certificate::ca("TEST Root").without_key_identifiers().expired().issue_authority();
    let new_root = Certificate::ca("TEST Root").existing_key(&root.key).without_key_identifiers().issue_authority();
    let renew = |ca: &Authority| new_root.ca(ISSUING).existing_key(&ca.key).without_key_identifiers().issue_authority();
    let (one, two) = (root.ca(ISSUING).without_key_identifiers().expired().issue_authority(), ca(&root, ISSUING));
    let renewed = renew(&one);
    for roots in [[&root, &new_root], [&new_root, &root]] {
        let_in(&roots, &phone(&one), &[&two, &one, &renewed]);
        let_in(&[&roots[..], &[&two, &one]].concat(), &phone(&one), &[&renewed]);
        let_in(&[&roots[..], &[&two, &one, &renewed]].concat(), &phone(&one), &[]);
    }
    let distrust =
        trust(&[&new_root, &two]).judge(&phone(&one).cert, std::slice::from_ref(&one.cert), now()).unwrap_err();
    assert_eq!(distrust.fault, Fault::Expired, "the way that holds but for the day is told of: {distrust:?}");
}

#[test]
fn of_several_ways_up_the_best_counts() {
    let root = Authority::root("TEST Root");
    let (short, long) = (root.ca("TEST Policy").days(-1, 50), root.ca("TEST Policy").days(-1, 100));
    let short = short.path_length(3).issue_authority();
    let long = long.existing_key(&short.key).path_length(0).issue_authority();
    let below = short.issue_ca(ISSUING);
    let until = |trusted: Trusted| (trusted.until - now()) / DAY;
    for cas in orders(&[&root, &short, &long, &below]) {
        let trust = trust(&cas);
        assert!(trust.warnings().iter().all(|warning| warning.text.contains("expires in")), "{:?}", trust.warnings());
        // pathlen allows the CA below one of the two only
        let days = until(judge(&trust, &below.device("0004f2aaaaaa").without_chain()).unwrap());
        assert!((49..=50).contains(&days), "{days}");
        assert_eq!(mac(judge(&trust, &long.device("0004f2aaaaaa").without_chain())), "0004f2aaaaaa");
    }
}

#[test]
fn a_ca_keeps_every_way_up_that_is_the_best_in_something() {
    let root = Certificate::ca("TEST Root").days(-1, 300).issue_authority();
    let early = root.ca("TEST Policy").days(-1, 200).issue_authority();
    let late = root.ca("TEST Policy").days(-1, 300).existing_key(&early.key).path_length(1).issue_authority();
    let issuing = early.ca(ISSUING).days(-1, 300).issue_authority();
    let deeper = issuing.ca("TEST Deeper").days(-1, 300).issue_authority();
    let of = |ca: &Authority| ca.leaf("0004f2aaaaaa").days(-1, 300).issue();
    for cas in orders(&[&root, &early, &late, &issuing, &deeper]) {
        let trust = trust(&cas);
        assert!(trust.warnings().is_empty(), "{:?}", trust.warnings());
        for (phone, day) in [(of(&issuing), 0), (of(&issuing), 250), (of(&deeper), 0)] {
            VERIFIED.set(0);
            assert!(trust.judge(&phone.cert, &[], now() + day * DAY).is_ok(), "{day}");
            assert_eq!(VERIFIED.get(), 1, "the CAs were verified when the list was read");
        }
    }
}

#[test]
fn names_that_differ_in_their_encoding_only_are_one() {
    use mtlsprotect_testkit::pki::COMMON_NAME;
    use mtlsprotect_testkit::{StringType, Subject};
    let name = |kind| Subject::empty().and(COMMON_NAME, kind, "TEST Policy");
    let root = Authority::root("TEST Root");
    let utf8 = root.ca(name(StringType::Utf8)).issue_authority();
    let printable = root.ca(name(StringType::Printable)).existing_key(&utf8.key).issue_authority();
    let issuing = utf8.issue_ca(ISSUING);
    for cas in [&[&root, &printable, &issuing][..], &[&issuing, &printable, &root]] {
        let trust = trust(cas);
        assert!(trust.warnings().is_empty(), "{:?}", trust.warnings());
        assert_eq!(mac(judge(&trust, &issuing.device("0004f2aaaaaa").without_chain())), "0004f2aaaaaa");
        assert_eq!(mac(judge(&trust, &utf8.device("0004f2aaaaaa").without_chain())), "0004f2aaaaaa");
    }
}

/// Signatures verified for a stranger that sends this many CAs.
fn work(cas: &[&Authority], stranger: &Identity, sent: &[X509]) -> usize {
    let trust = trust(cas);
    VERIFIED.set(0);
    refused(trust.judge(&stranger.cert, sent, now()), "");
    VERIFIED.get()
}

#[test]
fn many_roots_make_no_more_work_of_a_stranger() {
    let roots: Vec<Authority> = (0..8).map(|number| Authority::root(&format!("TEST Root {number}"))).collect();
    let roots: Vec<&Authority> = roots.iter().collect();
    let stranger = Authority::root("TEST").device("0004f2aaaaaa");
    assert_eq!(work(&roots, &stranger, &[]), work(&roots[..1], &stranger, &[]));
}

#[test]
fn who_sends_what_the_list_has_makes_no_more_work() {
    let root = Certificate::ca("TEST Root").without_key_identifiers().issue_authority();
    let (old, renewed) = (ca(&root, ISSUING), ca(&root, ISSUING));
    let stranger = phone(&ca(&Authority::root("TEST Root"), ISSUING));
    let listed = [&root, &old, &renewed];
    let sent = [&old, &renewed, &old].map(|ca| ca.cert.clone());
    assert_eq!(work(&listed, &stranger, &sent), work(&listed, &stranger, &[]));
}

#[test]
fn who_sends_many_cas_of_one_name_makes_no_more_work_than_he_sends() {
    let root = Certificate::ca("TEST").without_key_identifiers().issue_authority();
    let (old, renewed) = (ca(&root, "TEST"), ca(&root, ISSUING));
    // each of them could be the issuer of each
    let forged: Vec<Authority> =
        (0..32).map(|_| Certificate::ca("TEST").without_key_identifiers().issue_authority()).collect();
    let below: Vec<Authority> = forged.iter().map(|forged| ca(forged, "TEST")).collect();
    let sent: Vec<X509> = below.iter().map(|ca| ca.cert.clone()).collect();
    let stranger = phone(&below[31]);
    for cas in [&[&root][..], &[&root, &old, &renewed]] {
        let [few, many] = [4, 32].map(|count| work(cas, &stranger, &sent[..count]));
        assert!(many <= 8 + 32 * cas.len(), "{many} for 32 CAs sent and {} listed", cas.len());
        assert!(many - few <= (32 - 4) * cas.len(), "{few} for 4, {many} for 32");
    }
    // a phone's own chain costs what it did
    let phone = phone(&renewed);
    let trust = trust(&[&root, &old, &renewed]);
    VERIFIED.set(0);
    assert_eq!(mac(judge(&trust, &phone)), "0004f2aaaaaa");
    assert_eq!(VERIFIED.get(), 1);
}
