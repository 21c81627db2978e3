//! CAs that were made for something other than phones.

use super::{full, judge, list, mac, now, refused, trust};
use crate::trust::device_trust::DeviceTrust;
use mtlsprotect_testkit::pki::{ANY_EXTENDED_KEY_USAGE, CLIENT_AUTH, SERVER_AUTH};
use mtlsprotect_testkit::{Authority, Certificate, Poly, Subject};

const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
const EMAIL_PROTECTION: &str = "1.3.6.1.5.5.7.3.4";
const FOR_OTHERS: [&[&str]; 4] = [&[SERVER_AUTH], &[CODE_SIGNING], &[EMAIL_PROTECTION], &[SERVER_AUTH, CODE_SIGNING]];
const FOR_CLIENTS: [&[&str]; 4] =
    [&[], &[CLIENT_AUTH], &[ANY_EXTENDED_KEY_USAGE], &[EMAIL_PROTECTION, SERVER_AUTH, CLIENT_AUTH]];

/// A policy CA and an issuing CA below it, one of them with this extended key usage.
fn pair(root: &Authority, limited: &str, usage: &[&str]) -> [Authority; 2] {
    let make = |issuer: &Authority, name: &str| {
        let ca = issuer.ca(name);
        if name == limited { ca.extended_key_usage(usage) } else { ca }.issue_authority()
    };
    let policy = make(root, "TEST Policy");
    let issuing = make(&policy, "TEST Issuing");
    [policy, issuing]
}

/// Every list that a chain can be verified with: all listed, one missing, the root alone.
fn lists(root: &Authority, [policy, issuing]: &[Authority; 2]) -> [DeviceTrust; 5] {
    [
        trust(&[root, policy, issuing]),
        trust(&[issuing, policy, root]),
        trust(&[root, policy]),
        trust(&[root, issuing]),
        trust(&[root]),
    ]
}

#[test]
fn a_ca_for_servers_code_or_mail_vouches_for_no_phone() {
    let root = Authority::root("TEST Root");
    for limited in ["TEST Policy", "TEST Issuing"] {
        for usage in FOR_OTHERS {
            let cas = pair(&root, limited, usage);
            let phone = cas[1].device("0004f2aaaaaa");
            for trust in lists(&root, &cas) {
                refused(judge(&trust, &phone), "");
            }
            refused(judge(&trust(&[&root]), &phone), "the extended key usage of the CA");
            // beside it, of the same root, others do
            assert_eq!(
                mac(judge(&trust(&[&root]), &root.issue_ca("TEST Other").device("0004f2bbbbbb"))),
                "0004f2bbbbbb"
            );
        }
        for usage in FOR_CLIENTS {
            let cas = pair(&root, limited, usage);
            for trust in lists(&root, &cas) {
                assert_eq!(mac(judge(&trust, &cas[1].device("0004f2aaaaaa"))), "0004f2aaaaaa", "{limited} {usage:?}");
                assert!(!trust.warnings().iter().any(|warning| warning.text.contains("extended key usage")));
            }
        }
    }
}

#[test]
fn a_list_whose_intermediate_is_for_others_is_warned_of() {
    let root = Authority::root("TEST Root");
    for limited in ["TEST Policy", "TEST Issuing"] {
        let [policy, issuing] = pair(&root, limited, &[SERVER_AUTH]);
        let trust = trust(&[&root, &policy, &issuing]);
        let warned: Vec<&str> = trust.warnings().iter().map(|warning| warning.text.as_str()).collect();
        let about = |what: &str| warned.iter().any(|text| text.contains(limited) && text.contains(what));
        assert!(about("extended key usage that does not allow TLS client authentication"), "{warned:?}");
        let authority = |name: &Authority| {
            let digest = crate::trust::certificate::fingerprint(&name.cert).unwrap();
            trust.list().authorities().iter().find(|other| *other.fingerprint() == digest).unwrap()
        };
        assert!(!trust.vouches(authority(&issuing)) && trust.vouches(authority(&root)));
    }
}

#[test]
fn a_root_is_trusted_whatever_its_extended_key_usage() {
    let root = Certificate::ca("TEST Root").extended_key_usage(&[SERVER_AUTH]).issue_authority();
    let issuing = root.issue_ca("TEST Issuing");
    for trust in [trust(&[&root]), trust(&[&root, &issuing])] {
        assert_eq!(mac(judge(&trust, &root.device("0004f2aaaaaa"))), "0004f2aaaaaa");
        assert_eq!(mac(judge(&trust, &issuing.device("0004f2aaaaaa"))), "0004f2aaaaaa");
    }
}

#[test]
fn a_ca_for_others_beside_one_of_its_name_and_key_for_phones_shuts_nobody_out() {
    let root = Authority::root("TEST Root");
    let good = root.issue_ca("TEST Issuing");
    let limited = root.ca("TEST Issuing").existing_key(&good.key).extended_key_usage(&[SERVER_AUTH]).issue_authority();
    let phone = good.device("0004f2aaaaaa");
    for cas in [&[&root][..], &[&root, &limited], &[&root, &limited, &good], &[&root, &good, &limited]] {
        for sent in [[limited.cert.clone(), good.cert.clone()], [good.cert.clone(), limited.cert.clone()]] {
            let judged = trust(cas).judge(&phone.cert, &sent, now());
            assert_eq!(mac(judged), "0004f2aaaaaa");
        }
        refused(trust(&[&root]).judge(&phone.cert, std::slice::from_ref(&limited.cert), now()), "extended key usage");
    }
}

#[test]
fn what_says_nothing_of_being_a_ca_issues_nothing_though_its_key_may_sign() {
    let poly = Poly::shared();
    let odd = poly.issuing1.ca("TEST odd").basic_constraints(None).issue_authority();
    for trust in [full(poly), trust(&[&poly.root])] {
        refused(judge(&trust, &odd.device("0004f2aaaaaa")), "");
    }
    assert_eq!(list(&[&poly.root, &odd]).not_cas().len(), 1);
}

#[test]
fn a_certificate_with_an_extension_that_cannot_be_read_or_stands_twice_is_refused() {
    let root = Authority::root("TEST Root");
    let phone = || root.leaf(Subject::poly("0004f2aaaaaa"));
    // key usage keyCertSign, extended key usage clientAuth, an alternative name that is not a SEQUENCE
    let key_usage: (&str, &[u8]) = ("2.5.29.15", &[3, 2, 2, 4]);
    let client: (&str, &[u8]) = ("2.5.29.37", &[0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 2]);
    let unreadable: [(&str, &[u8]); 3] = [("2.5.29.15", &[4, 0]), ("2.5.29.37", &[4, 0]), ("2.5.29.17", &[4, 0])];
    for extensions in
        [vec![key_usage, key_usage], vec![client, client]].into_iter().chain(unreadable.map(|one| vec![one]))
    {
        let with = |certificate: Certificate| {
            extensions.iter().fold(certificate, |made, (oid, value)| made.extension(oid, false, value))
        };
        let issuing = with(root.ca("TEST Issuing")).issue_authority();
        for trust in [trust(&[&root]), trust(&[&root, &issuing])] {
            refused(judge(&trust, &with(phone()).issue()), "");
            refused(judge(&trust, &issuing.device("0004f2aaaaaa")), "");
            assert_eq!(mac(judge(&trust, &phone().issue())), "0004f2aaaaaa");
        }
    }
}
