//! What one list of a host knows as revoked is revoked for all of them.

use super::{Files, now};
use crate::trust::distrust::Fault;
use crate::trust::revocation::read_crls;
use crate::vendors::configured::Vendors;
use mtlsprotect_testkit::{Authority, Certificate, Crl as TestCrl, Identity as Phone};

/// A vendor's hierarchy, and a phone of it that was stolen.
struct Hierarchy {
    root: Authority,
    policy: Authority,
    issuing: Authority,
    renewed: Authority,
    stolen: Phone,
    files: Files,
}

fn hierarchy() -> Hierarchy {
    let root = Authority::root("R");
    let policy = root.issue_ca("P");
    let issuing = policy.issue_ca("I");
    // a new key, with which it revokes what it issued with the old one
    let renewed = policy.issue_ca("I");
    let stolen = issuing.device("0004f2aaaaaa");
    let pem = |cas: &[&Authority]| cas.iter().flat_map(|ca| ca.pem()).collect::<Vec<u8>>();
    let files = Files::new(&[
        ("all", pem(&[&root, &policy, &issuing, &renewed])),
        ("renewed", pem(&[&root, &policy, &renewed])),
        ("issuing", pem(&[&root, &issuing])),
        ("policy", pem(&[&root, &policy])),
        ("root", pem(&[&root])),
        ("by-issuing.crl", TestCrl::of(&issuing).revoke(&stolen.cert).pem()),
        ("by-renewed.crl", TestCrl::of(&renewed).revoke(&stolen.cert).pem()),
        ("of-issuing.crl", TestCrl::of(&policy).revoke(&issuing.cert).pem()),
        ("of-policy.crl", TestCrl::of(&root).revoke(&policy.cert).pem()),
    ]);
    Hierarchy { root, policy, issuing, renewed, stolen, files }
}

impl Hierarchy {
    /// A list that knows the CRL's issuer, its CRL, and a second list of the host.
    fn hosts(&self, knowing: &str, crl: &str, other: &str) -> Vec<Vendors> {
        let mut hosts = Vec::new();
        let knows = format!("poly ca={knowing} crl={crl}");
        let second = format!("snom ca={other}");
        // two vendors in each order, the CRL a vendor's or the host's
        for lines in [[&knows, &second], [&second, &knows]] {
            hosts.push((self.files.sources(&lines.map(String::as_str)), None, None));
            let lines = lines.map(|line| line.split(" crl=").next().unwrap());
            hosts.push((self.files.sources(&lines), Some(crl), None));
        }
        // the second list a plain one, and the first
        hosts.push((self.files.sources(&[&knows]), None, Some(other)));
        hosts.push((self.files.sources(&[&second]), Some(crl), Some(knowing)));
        let prepare = |(mut sources, crl, plain): (crate::vendors::configured::Sources, Option<&str>, Option<&str>)| {
            if let Some(crl) = crl {
                sources.crls = read_crls(&self.files.path(crl)).unwrap();
            }
            if let Some(plain) = plain {
                sources.list.add_file(&self.files.path(plain)).unwrap();
            }
            Vendors::new(&sources, None, None, now()).unwrap()
        };
        hosts.into_iter().map(prepare).collect()
    }
}

#[test]
fn a_revoked_phone_is_refused_by_every_list_of_the_host_whatever_it_sends() {
    let pki = hierarchy();
    let cases = [
        ("by-issuing.crl", &["all", "issuing"][..]),
        ("by-renewed.crl", &["all", "renewed"]),
        ("of-issuing.crl", &["all", "renewed", "policy"]),
        ("of-policy.crl", &["all", "renewed", "policy", "issuing", "root"]),
    ];
    for (crl, knowing) in cases {
        for knowing in knowing {
            for other in ["all", "renewed", "policy", "issuing", "root"] {
                for (number, vendors) in pki.hosts(knowing, crl, other).iter().enumerate() {
                    for sent in [&pki.stolen.chain[..], &pki.stolen.chain[..1], &[]] {
                        let case = format!("{crl} {knowing} {other} {number}, {} sent", sent.len());
                        let judged = vendors.judge(&pki.stolen.cert, sent, now());
                        let distrust = judged.expect_err(&case);
                        // where no list can build the chain, nobody knows whose the phone is
                        let is_built = sent.len() == 2 || [*knowing, other].contains(&"all");
                        assert!(distrust.fault == Fault::Revoked || !is_built, "{case}: {distrust:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_neighbours_of_a_revoked_phone_are_let_in_by_every_list() {
    let pki = hierarchy();
    let own_root = Authority::root("Other R");
    let neighbours = [
        pki.issuing.device("0004f2bbbbbb"),
        pki.renewed.device("0004f2cccccc"),
        pki.policy.device("0004f2dddddd"),
        pki.root.device("0004f2eeeeee"),
    ];
    for other in ["all", "renewed", "policy", "issuing", "root"] {
        for crl in ["by-issuing.crl", "by-renewed.crl"] {
            for vendors in pki.hosts("all", crl, other) {
                for phone in &neighbours {
                    assert!(vendors.judge(&phone.cert, &phone.chain, now()).is_ok(), "{crl} {other}");
                }
                assert!(vendors.judge(&own_root.device("0004f2ffffff").cert, &[], now()).is_err());
            }
        }
    }
}

#[test]
fn a_crl_counts_for_its_ca_however_the_names_are_encoded() {
    use mtlsprotect_testkit::pki::COMMON_NAME;
    use mtlsprotect_testkit::{StringType, Subject};
    let name = |kind| Subject::empty().and(COMMON_NAME, kind, "I");
    let root = Authority::root("R");
    let printable = root.ca(name(StringType::Printable)).issue_authority();
    // a renewed CA, whose new certificate spells the name in UTF-8
    let utf8 = root.ca(name(StringType::Utf8)).issue_authority();
    let again = root.ca(name(StringType::Utf8)).existing_key(&printable.key).issue_authority();
    for (signer, listed) in [(&utf8, &utf8), (&printable, &again)] {
        let stolen = printable.device("0004f2aaaaaa");
        let files = Files::new(&[
            ("listed", [root.pem(), listed.pem()].concat()),
            ("root", Certificate::ca("unused").issue_authority().pem()),
            ("crl", TestCrl::of(signer).revoke(&stolen.cert).pem()),
        ]);
        let vendors = files.vendors(&["poly ca=listed crl=crl"]);
        assert_eq!(vendors.judge(&stolen.cert, &stolen.chain, now()).unwrap_err().fault, Fault::Revoked);
    }
}

#[test]
fn a_crl_that_a_section_lost_is_one_of_a_ca_that_it_lists() {
    let files = hierarchy().files;
    let outer = files.sources(&["poly ca=all crl=by-issuing.crl"]);
    for (inner, is_lost) in [
        ("poly ca=all", true),
        ("poly ca=all crl=of-issuing.crl", true),
        ("poly ca=all crl=by-issuing.crl", false),
        ("poly ca=root", false),
        ("poly ca=policy crl=of-policy.crl", false),
    ] {
        assert_eq!(files.sources(&[inner]).lacks_crl_of(&outer).is_some(), is_lost, "{inner}");
    }
    assert!(files.sources(&["poly ca=all"]).lacks_crl_of(&files.sources(&["poly ca=all"])).is_none());
}
