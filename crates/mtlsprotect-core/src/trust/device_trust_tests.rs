use super::*;
use crate::names::pattern::IdentityPattern;
use crate::time::DAY;
use crate::trust::chain::VERIFIED;
use crate::trust::identity::Attribute;
use mtlsprotect_testkit::pki::{ANY_EXTENDED_KEY_USAGE, CLIENT_AUTH, SERVER_AUTH};
use mtlsprotect_testkit::{Authority, Certificate, Digest, Key, Poly, Subject};

/// What is read from files, and what is said of it.
#[path = "ca_list_tests.rs"]
mod files;

/// What CAs have revoked.
#[path = "revocation_tests.rs"]
mod revocation;
use revocation::crl;

/// CAs that are not for phones.
#[path = "purpose_tests.rs"]
mod purpose;

/// When certificates count.
#[path = "validity_tests.rs"]
mod validity;

/// CAs of one name.
#[path = "same_name_tests.rs"]
mod same_name;

fn now() -> UnixTime {
    UnixTime::now()
}

/// A list read from one file of these certificates.
fn list(cas: &[&Authority]) -> CaList {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), cas.iter().flat_map(|ca| ca.pem()).collect::<Vec<u8>>()).unwrap();
    let mut list = CaList::default();
    list.add_file(file.path()).unwrap();
    list
}

fn pattern(expression: &str) -> Identity {
    let pattern = Some(IdentityPattern::new(expression).unwrap());
    Identity::Subject { attribute: Attribute::common_name(), pattern }
}

fn trust(cas: &[&Authority]) -> DeviceTrust {
    DeviceTrust::new(list(cas), &[], Criteria::default(), now()).unwrap()
}

fn full(poly: &Poly) -> DeviceTrust {
    trust(&[&poly.root, &poly.policy, &poly.issuing1, &poly.issuing2])
}

/// Judges a client today that sends its intermediates along.
fn judge(trust: &DeviceTrust, identity: &mtlsprotect_testkit::Identity) -> Result<Trusted, Distrust> {
    trust.judge(&identity.cert, &identity.chain, now())
}

fn mac(judged: Result<Trusted, Distrust>) -> String {
    judged.unwrap().mac.map(|mac| mac.to_string()).unwrap_or_default()
}

/// Refused, and not merely because something has expired.
fn refused(judged: Result<Trusted, Distrust>, why: &str) {
    let distrust = judged.expect_err(why);
    assert!(distrust.fault != Fault::Expired, "{why}: {distrust:?}");
    assert!(distrust.why.contains(why), "not {why:?}: {distrust:?}");
}

#[test]
fn a_full_list_needs_nothing_from_the_phone() {
    let poly = Poly::shared();
    let trust = full(poly);
    let phone = poly.phone("0004f2aaaaaa");
    for sent in [&phone.chain[..], &[]] {
        let trusted = trust.judge(&phone.cert, sent, now()).unwrap();
        assert_eq!(trusted.mac.unwrap().to_string(), "0004f2aaaaaa");
        assert!(trusted.missing.is_empty(), "the list has them all");
        assert_eq!(trusted.root, fingerprint(&poly.root.cert).unwrap());
    }
    assert_eq!(mac(judge(&trust, &poly.issuing2.device("0004f2bbbbbb"))), "0004f2bbbbbb");
    assert!(trust.warnings().is_empty(), "{:?}", trust.warnings());
}

#[test]
fn a_list_of_roots_takes_the_intermediates_from_the_phone() {
    let poly = Poly::shared();
    let trust = trust(&[&poly.root]);
    let phone = poly.phone("0004f2aaaaaa");
    refused(trust.judge(&phone.cert, &[], now()), "issuer");
    let trusted = judge(&trust, &phone).unwrap();
    let expected = [&poly.issuing1, &poly.policy].map(|ca| ca.cert.to_der().unwrap());
    assert_eq!(trusted.missing, expected, "the leaf's issuer first");
    assert_eq!(trusted.root, fingerprint(&poly.root.cert).unwrap());
    let mut reversed = phone.chain.clone();
    reversed.reverse();
    reversed.insert(0, Authority::root("TEST noise").cert);
    assert_eq!(trust.judge(&phone.cert, &reversed, now()).unwrap().missing, expected, "in any order");
    refused(trust.judge(&phone.cert, &phone.chain[..1], now()), "issuer");
}

#[test]
fn a_list_with_some_intermediates_takes_the_others_from_the_phone() {
    let poly = Poly::shared();
    let trust = trust(&[&poly.root, &poly.policy]);
    let phone = poly.phone("0004f2aaaaaa");
    let before = VERIFIED.get();
    let issuing = &poly.issuing1.cert;
    let trusted = trust.judge(&phone.cert, std::slice::from_ref(issuing), now()).unwrap();
    assert_eq!(VERIFIED.get() - before, 3, "each signature once");
    assert_eq!(trusted.missing, [issuing.to_der().unwrap()]);
}

#[test]
fn an_operator_is_told_whether_a_list_knows_who_issued_a_certificate() {
    let poly = Poly::shared();
    let of = |trust: &DeviceTrust, phone: &mtlsprotect_testkit::Identity| judge(trust, phone).unwrap_err().fault;
    let (phone, stranger) = (poly.phone("0004f2aaaaaa"), Certificate::leaf(Subject::poly("0004f2aaaaaa")).issue());
    let other = Authority::root("TEST Other");
    assert_eq!(of(&trust(&[&poly.root]), &phone.without_chain()), Fault::UnknownIssuer);
    assert_eq!(of(&trust(&[&other]), &phone), Fault::UnknownIssuer);
    assert_eq!(of(&full(poly), &stranger), Fault::UnknownIssuer);
    let shallow = Criteria { depth: 1, ..Criteria::default() };
    let shallow = DeviceTrust::new(list(&[&poly.root]), &[], shallow, now()).unwrap();
    assert_eq!((of(&shallow, &phone), shallow.criteria().depth), (Fault::Untrusted, 1));
}

#[test]
fn a_list_without_the_root_vouches_for_nobody() {
    let poly = Poly::shared();
    let error = DeviceTrust::new(list(&[&poly.policy, &poly.issuing1]), &[], Criteria::default(), now()).unwrap_err();
    assert!(error.contains("no usable CA") && error.contains("self-signed root"), "{error}");
    assert!(error.contains("TEST Polycom Root CA"), "the issuer that is missing: {error}");
}

#[test]
fn a_stranger_with_the_right_names_is_refused() {
    let poly = Poly::shared();
    let trust = full(poly);
    refused(judge(&trust, &Certificate::leaf(Subject::poly("0004f2aaaaaa")).issue()), "signed certificate");
    let (root, issuing) = ("TEST Polycom Root CA", "TEST Polycom Equipment Issuing CA 1");
    for ca in [Authority::root(root), Authority::root(issuing), Authority::root(root).issue_ca(issuing)] {
        refused(judge(&trust, &ca.device("0004f2aaaaaa")), "");
        let bare = ca.leaf("0004f2aaaaaa").without_key_identifiers().issue();
        refused(judge(&trust, &bare), "");
        refused(judge(&trust, &bare.without_chain()), "");
    }
}

#[test]
fn cas_of_one_name_vouch_each_for_their_own() {
    for with_identifiers in [true, false] {
        let ca = |issuer: Option<&Authority>, name: &str| {
            let ca = issuer.map_or_else(|| Certificate::ca(name), |issuer| issuer.ca(name));
            if with_identifiers { ca.issue_authority() } else { ca.without_key_identifiers().issue_authority() }
        };
        let device = |ca: &Authority| {
            let leaf = ca.leaf("0004f2aaaaaa");
            if with_identifiers { leaf.issue() } else { leaf.without_key_identifiers().issue() }
        };
        let roots = [ca(None, "TEST Root"), ca(None, "TEST Root")];
        let below = [ca(Some(&roots[0]), "TEST Issuing"), ca(Some(&roots[1]), "TEST Issuing")];
        let lists = [
            trust(&[&roots[0], &roots[1], &below[0], &below[1]]),
            trust(&[&below[1], &roots[1], &below[0], &roots[0]]),
        ];
        for trust in &lists {
            assert!(trust.warnings().is_empty(), "{:?}", trust.warnings());
            for ca in roots.iter().chain(&below) {
                assert_eq!(mac(judge(trust, &device(ca).without_chain())), "0004f2aaaaaa", "{with_identifiers}");
            }
            let stranger = ca(Some(&ca(None, "TEST Root")), "TEST Issuing");
            refused(judge(trust, &device(&stranger)), "");
        }
        let roots_only = trust(&[&roots[0], &roots[1]]);
        for ca in &below {
            assert_eq!(mac(judge(&roots_only, &device(ca))), "0004f2aaaaaa", "roots only, {with_identifiers}");
        }
    }
}

#[test]
fn a_renewed_root_vouches_for_what_the_old_one_issued() {
    let old = Certificate::ca("TEST Root").expired().issue_authority();
    let renewed = Certificate::ca("TEST Root").existing_key(&old.key).issue_authority();
    let below = old.issue_ca("TEST Issuing");
    for cas in [[&old, &renewed, &below], [&renewed, &below, &old]] {
        let trust = trust(&cas);
        assert_eq!(mac(judge(&trust, &old.device("0004f2aaaaaa"))), "0004f2aaaaaa");
        assert_eq!(mac(judge(&trust, &below.device("0004f2aaaaaa").without_chain())), "0004f2aaaaaa");
    }
}

#[test]
fn a_phone_issues_nothing() {
    let poly = Poly::shared();
    let phone = poly.phone("0004f2bbbbbb");
    let forged = Authority::from(&phone).device("0004f2aaaaaa");
    let chain = [vec![phone.cert.clone()], phone.chain.clone()].concat();
    for trust in [full(poly), trust(&[&poly.root])] {
        refused(trust.judge(&forged.cert, &chain, now()), "");
        refused(trust.judge(&forged.cert, &chain[..1], now()), "");
    }
    // a certificate that may sign only, by its key usage, but is no CA; and a CA whose key may not sign
    let signer = poly.leaf("x").key_usage(&[mtlsprotect_testkit::pki::KEY_CERT_SIGN]).issue_authority();
    let mute = poly.issuing1.ca("y").key_usage(&[mtlsprotect_testkit::pki::DIGITAL_SIGNATURE]).issue_authority();
    for authority in [signer, mute] {
        refused(judge(&full(poly), &authority.device("0004f2aaaaaa")), "");
        let chain = [vec![authority.cert.clone()], authority.as_identity().chain].concat();
        refused(full(poly).judge(&authority.device("0004f2aaaaaa").cert, &chain, now()), "");
    }
}

#[test]
fn a_ca_is_no_device() {
    let poly = Poly::shared();
    let trust = full(poly);
    let vendor = poly.issuing1.issue_ca("0004f2aaaaaa");
    for authority in [&poly.root, &poly.policy, &poly.issuing1, &vendor] {
        refused(judge(&trust, &authority.as_identity()), "CA's own certificate");
    }
}

#[test]
fn only_certificates_for_clients_count() {
    let poly = Poly::shared();
    let trust = full(poly);
    let usages: [(&[&str], bool); 6] = [
        (&[], true),
        (&[CLIENT_AUTH], true),
        (&[ANY_EXTENDED_KEY_USAGE], true),
        (&[SERVER_AUTH, CLIENT_AUTH], true),
        (&[SERVER_AUTH], false),
        (&["1.3.6.1.5.5.7.3.3"], false),
    ];
    for (usage, counts) in usages {
        let judged = judge(&trust, &poly.leaf("0004f2aaaaaa").extended_key_usage(usage).issue());
        if counts {
            assert_eq!(mac(judged), "0004f2aaaaaa", "{usage:?}");
        } else {
            refused(judged, "extended key usage");
        }
    }
    // the handshake has proven that the key signs, whatever key usage says
    let mute = poly.leaf("0004f2aaaaaa").key_usage(&[mtlsprotect_testkit::pki::KEY_ENCIPHERMENT]).issue();
    assert_eq!(mac(judge(&trust, &mute)), "0004f2aaaaaa");
}

#[test]
fn pathlen_limits_what_stands_below() {
    let closed = Certificate::ca("TEST Root").path_length(0).issue_authority();
    let one = Certificate::ca("TEST Root 1").path_length(1).issue_authority();
    for (root, allowed) in [(&closed, [true, false, false]), (&one, [true, true, false])] {
        let first = root.issue_ca("TEST 1");
        let second = first.issue_ca("TEST 2");
        let everything = list(&[root, &first, &second]);
        let listed = DeviceTrust::new(everything, &[], Criteria::default(), now()).unwrap();
        for (ca, allowed) in [root, &first, &second].into_iter().zip(allowed) {
            let phone = ca.device("0004f2aaaaaa");
            for (what, trust) in [("roots", &trust(&[root])), ("all", &listed)] {
                let judged = judge(trust, &phone);
                assert_eq!(judged.is_ok(), allowed, "{what}: {:?}: {judged:?}", ca.cert.subject_name());
            }
        }
        let refused = allowed.iter().filter(|allowed| !**allowed).count();
        assert_eq!(listed.warnings().len(), refused, "{:?}", listed.warnings());
        for warning in listed.warnings() {
            let warning = &warning.text;
            assert!(!warning.contains("not in the list"), "its issuer is in the list: {warning}");
        }
    }
}

#[test]
fn name_constraints_hold_at_every_height() {
    let inside = |cn: &str| Subject::empty().and("2.5.4.10", mtlsprotect_testkit::StringType::Utf8, "Ours").and_cn(cn);
    let ours = Subject::empty().and("2.5.4.10", mtlsprotect_testkit::StringType::Utf8, "Ours");
    let root = Certificate::ca("TEST Root").permitted_subtree(ours.clone()).issue_authority();
    let below = root.ca(inside("Issuing")).issue_authority();
    let free = Certificate::ca("TEST Free Root").issue_authority();
    let limited = free.ca("TEST Limited").permitted_subtree(ours).issue_authority();
    let lists = [trust(&[&root, &below, &free, &limited]), trust(&[&root, &free])];
    for (number, trust) in lists.iter().enumerate() {
        for ca in [&root, &below, &limited] {
            let name = ca.cert.subject_name();
            let phone = ca.leaf(inside("0004f2aaaaaa")).issue();
            assert_eq!(mac(judge(trust, &phone)), "0004f2aaaaaa", "{number}: {name:?}");
            refused(judge(trust, &ca.leaf("0004f2aaaaaa").issue()), "subtree");
        }
        assert_eq!(mac(judge(trust, &free.device("0004f2aaaaaa"))), "0004f2aaaaaa", "{number}");
    }
}

#[test]
fn the_depth_counts_the_cas() {
    let poly = Poly::shared();
    let phones =
        [poly.root.device("0004f2aaaaaa"), poly.policy.device("0004f2aaaaaa"), poly.issuing1.device("0004f2aaaaaa")];
    for depth in 1..=4 {
        for cas in [&[&poly.root, &poly.policy, &poly.issuing1][..], &[&poly.root][..]] {
            let trust = DeviceTrust::new(list(cas), &[], Criteria { depth, ..Criteria::default() }, now()).unwrap();
            for (cas_above, phone) in (1..).zip(&phones) {
                let judged = judge(&trust, phone);
                assert_eq!(judged.is_ok(), cas_above <= depth, "depth {depth}, {cas_above} CAs: {judged:?}");
                if let Err(distrust) = judged {
                    assert!(
                        distrust.why.contains("MTLSProtectVerifyDepth") && distrust.fault != Fault::Expired,
                        "{distrust:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn weak_keys_and_digests_are_refused() {
    let poly = Poly::shared();
    let trust = full(poly);
    refused(judge(&trust, &poly.leaf("0004f2aaaaaa").key(Key::Rsa(1024)).issue()), "too weak");
    refused(judge(&trust, &poly.leaf("0004f2aaaaaa").digest(Digest::Sha1).issue()), "too weak");
    assert_eq!(mac(judge(&trust, &poly.leaf("0004f2aaaaaa").key(Key::Rsa(2048)).issue())), "0004f2aaaaaa");
    let weak = poly.issuing1.ca("TEST weak").key(Key::Rsa(1024)).issue_authority();
    refused(judge(&trust, &weak.device("0004f2aaaaaa")), "too weak");
    let sha1 = poly.issuing1.ca("TEST SHA-1").digest(Digest::Sha1).issue_authority();
    refused(judge(&trust, &sha1.device("0004f2aaaaaa")), "too weak");
    let listed = super::tests::trust(&[&poly.root, &poly.policy, &poly.issuing1, &weak, &sha1]);
    for ca in [&weak, &sha1] {
        refused(judge(&listed, &ca.device("0004f2aaaaaa")), "too weak");
    }
    let weak_root = Certificate::ca("TEST weak root").key(Key::Rsa(1024)).issue_authority();
    let error = DeviceTrust::new(list(&[&weak_root]), &[], Criteria::default(), now()).unwrap_err();
    assert!(error.contains("security level 2") && error.contains("TEST weak root"), "{error}");
}

#[test]
fn the_id_is_that_of_everything_an_answer_depends_on() {
    let poly = Poly::shared();
    let make = |cas: &[&Authority], criteria: Criteria, crls: &[Crl]| {
        *DeviceTrust::new(list(cas), crls, criteria, now()).unwrap().id()
    };
    let of = |cas: &[&Authority]| make(cas, Criteria::default(), &[]);
    let with = |criteria: Criteria| make(&[&poly.root], criteria, &[]);
    let identity = |expression: &str| Criteria { identity: pattern(expression), ..Criteria::default() };
    let same = of(&[&poly.root]);
    assert_eq!(same, of(&[&poly.root]));
    let others = [
        of(&[&poly.root, &poly.policy]),
        of(&[&Poly::new().root]),
        with(Criteria { depth: 4, ..Criteria::default() }),
        with(Criteria { security_level: 1, ..Criteria::default() }),
        with(Criteria { allow_expired: true, ..Criteria::default() }),
        with(Criteria { identity: Identity::Nothing, ..Criteria::default() }),
        with(identity("(?<mac>[0-9a-f]{12})")),
        with(identity("(?<mac>[0-9A-F]{12})")),
        make(&[&poly.root], Criteria::default(), &[crl(&poly.root, &[&poly.policy.cert])]),
        make(&[&poly.root], Criteria::default(), &[crl(&poly.root, &[])]),
    ];
    for (number, id) in others.iter().enumerate() {
        assert_ne!(*id, same, "{number}");
        assert!(!others[..number].contains(id), "{number}");
    }
}

#[test]
fn the_identity_comes_from_the_pattern_of_the_list() {
    let poly = Poly::shared();
    let criteria = Criteria { identity: pattern("^SEP(?<mac>[0-9A-F]{12})$"), ..Criteria::default() };
    let trust = DeviceTrust::new(list(&[&poly.root]), &[], criteria, now()).unwrap();
    assert_eq!(mac(judge(&trust, &poly.leaf("SEP000E08ABCDEF").issue())), "000e08abcdef");
    assert_eq!(mac(judge(&trust, &poly.leaf("000E08ABCDEF").issue())), "", "trusted, and nobody");
    assert_eq!(mac(judge(&full(poly), &poly.leaf(Subject::empty()).issue())), "");
}
