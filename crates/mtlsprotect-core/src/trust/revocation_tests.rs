use super::{DAY, full, judge, list, mac, now, trust};
use crate::trust::criteria::Criteria;
use crate::trust::device_trust::DeviceTrust;
use crate::trust::distrust::Fault;
use crate::trust::revocation::{Crl, read_crls};
use mtlsprotect_testkit::{Authority, Certificate, Identity, Poly};
use openssl::x509::{X509, X509Ref};

/// A CRL of `ca` that revokes these certificates and is renewed in this many days.
fn pem(ca: &Authority, revoked: &[&X509], days: i64) -> Vec<u8> {
    revoked.iter().fold(mtlsprotect_testkit::Crl::of(ca).days(-100, days), |crl, phone| crl.revoke(phone)).pem()
}

fn read(content: &[u8]) -> Result<Vec<Crl>, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), content).unwrap();
    read_crls(file.path())
}

pub(super) fn crl(ca: &Authority, revoked: &[&X509]) -> Crl {
    read(&pem(ca, revoked, 30)).unwrap().remove(0)
}

fn with(cas: &[&Authority], crls: &[Crl]) -> DeviceTrust {
    DeviceTrust::new(list(cas), crls, Criteria::default(), now()).unwrap()
}

fn revoked(trust: &DeviceTrust, phone: &Identity) -> bool {
    match judge(trust, phone) {
        Ok(_) => false,
        Err(distrust) => {
            assert_eq!(distrust.fault, Fault::Revoked, "{distrust:?}");
            assert!(distrust.why.contains("has been revoked by"), "{distrust:?}");
            true
        }
    }
}

#[test]
fn a_revoked_phone_is_refused_and_its_neighbour_is_not() {
    let poly = Poly::shared();
    let (stolen, other) = (poly.phone("0004f2aaaaaa"), poly.phone("0004f2bbbbbb"));
    let crls = [crl(&poly.issuing1, &[&stolen.cert])];
    let all = with(&[&poly.root, &poly.policy, &poly.issuing1, &poly.issuing2], &crls);
    assert!(revoked(&all, &stolen) && !revoked(&all, &other));
    assert!(revoked(&all, &stolen.without_chain()));
    // the CRL needs its CA in the list, wherever the chain comes from
    let some = with(&[&poly.root, &poly.issuing1], &crls);
    assert!(revoked(&some, &stolen) && !revoked(&some, &other));
}

#[test]
fn a_crl_says_when_the_next_one_should_be_there() {
    let next = crl(&Poly::shared().root, &[]).next_update().unwrap();
    assert!(next > now() + 29 * DAY && next < now() + 31 * DAY, "{next}");
}

#[test]
fn a_serial_number_counts_for_the_ca_that_revoked_it_only() {
    let poly = Poly::shared();
    let phone = poly.phone("0004f2aaaaaa");
    let trust =
        with(&[&poly.root, &poly.policy, &poly.issuing1, &poly.issuing2], &[crl(&poly.issuing2, &[&phone.cert])]);
    assert!(!revoked(&trust, &phone));
}

#[test]
fn below_a_revoked_ca_nobody_is_trusted() {
    let poly = Poly::shared();
    let crls = [crl(&poly.policy, &[&poly.issuing1.cert])];
    let trust = with(&[&poly.root, &poly.policy, &poly.issuing1, &poly.issuing2], &crls);
    assert!(revoked(&trust, &poly.phone("0004f2aaaaaa")));
    assert_eq!(mac(judge(&trust, &poly.issuing2.device("0004f2bbbbbb"))), "0004f2bbbbbb");
    let warned = trust.warnings().iter().find(|warning| warning.text.contains("revoked by its issuer")).unwrap();
    assert!(warned.text.contains("Issuing CA 1"), "{warned:?}");
    // nor where the phone brings it
    let roots = with(&[&poly.root, &poly.policy], &crls);
    assert!(revoked(&roots, &poly.phone("0004f2aaaaaa")));
}

#[test]
fn a_crl_past_its_next_update_still_counts() {
    let poly = Poly::shared();
    let phone = poly.phone("0004f2aaaaaa");
    let old = read(&pem(&poly.issuing1, &[&phone.cert], -10)).unwrap().remove(0);
    let warning = old.warning(now()).unwrap();
    assert!(warning.contains("nextUpdate") && warning.contains("Issuing CA 1"), "{warning}");
    let cas = [&poly.root, &poly.policy, &poly.issuing1, &poly.issuing2];
    assert!(revoked(&with(&cas, &[old]), &phone));
    let fresh = crl(&poly.issuing1, &[]);
    assert_eq!(fresh.warning(now()), None);
    let again = fresh.clone();
    // an answer is asked for again when a newer CRL should be there
    let until = judge(&with(&cas, &[fresh]), &phone).unwrap().until;
    assert!((until - now() - 30 * DAY).abs() < DAY, "{until}");
    assert_eq!(again.warning(until), None);
    assert!(again.warning(until + 1).is_some());
    assert!(judge(&full(poly), &phone).unwrap().until > until);
}

#[test]
fn pem_der_and_several_in_one_file_are_read() {
    let poly = Poly::shared();
    let phone = poly.phone("0004f2aaaaaa");
    let (first, second) = (pem(&poly.policy, &[], 30), pem(&poly.issuing1, &[&phone.cert], 30));
    let crls = read(&[b"text before\n", &first[..], b"and between\n", &second].concat()).unwrap();
    assert_eq!(crls.len(), 2);
    let cas = [&poly.root, &poly.policy, &poly.issuing1];
    assert!(revoked(&with(&cas, &crls), &phone));
    let der = openssl::x509::X509Crl::from_pem(&second).unwrap().to_der().unwrap();
    assert!(revoked(&with(&cas, &read(&der).unwrap()), &phone));
    for damaged in [&b""[..], b"garbage", &second[..second.len() / 2], &der[..der.len() / 2], &phone.cert_pem()] {
        assert!(read(damaged).unwrap_err().contains("not a CRL in PEM or DER"));
    }
    assert!(read_crls(std::path::Path::new("/nowhere/x.crl")).unwrap_err().contains("cannot be read"));
}

#[test]
fn a_crl_that_its_issuer_did_not_sign_counts_for_nobody() {
    let poly = Poly::shared();
    let phone = poly.phone("0004f2aaaaaa");
    let forged = crl(&Authority::root("TEST Polycom Equipment Issuing CA 1"), &[&phone.cert]);
    let cas = list(&[&poly.root, &poly.policy, &poly.issuing1]);
    assert!(forged.issuer(cas.authorities()).is_none());
    assert!(forged.without_issuer().contains("not signed by any CA in the list"));
    assert!(crl(&poly.issuing1, &[]).issuer(cas.authorities()).is_some());
    assert!(!revoked(&with(&[&poly.root, &poly.policy, &poly.issuing1], &[forged]), &phone));
}

#[test]
fn a_renewed_ca_with_the_old_key_has_the_same_crl() {
    let old = Authority::root("TEST Root");
    let renewed = Certificate::ca("TEST Root").existing_key(&old.key).issue_authority();
    let phone = old.device("0004f2aaaaaa");
    for cas in [[&old, &renewed], [&renewed, &old]] {
        assert!(revoked(&with(&cas, &[crl(&old, &[&phone.cert])]), &phone));
        assert!(!revoked(&trust(&cas), &phone));
    }
    let name = |certificate: &X509Ref| certificate.subject_name().to_der().unwrap();
    assert_eq!(name(&old.cert), name(&renewed.cert));
}

#[test]
fn a_ca_with_a_new_key_revokes_what_it_issued_with_the_old_one() {
    let poly = Poly::shared();
    let (stolen, other) = (poly.phone("0004f2aaaaaa"), poly.phone("0004f2bbbbbb"));
    let renewed = poly.policy.issue_ca("TEST Polycom Equipment Issuing CA 1");
    let crls = [crl(&poly.issuing1, &[&other.cert]), crl(&renewed, &[&stolen.cert])];
    for crls in [&crls[1..], &crls] {
        let trust = with(&[&poly.root, &poly.policy, &poly.issuing1, &renewed], crls);
        assert!(revoked(&trust, &stolen), "{crls:?}");
        assert!(revoked(&trust, &stolen.without_chain()), "{crls:?}");
        assert_eq!(revoked(&trust, &other), crls.len() == 2, "{crls:?}");
    }
}

#[test]
fn entries_that_are_other_cas_or_taken_back_do_not_revoke() {
    let poly = Poly::shared();
    let phone = poly.phone("0004f2aaaaaa");
    let with_entry = |oid: &str, value: &[u8]| {
        read(&mtlsprotect_testkit::Crl::of(&poly.issuing1).revoke_with(&phone.cert, &[(oid, value)]).pem())
    };
    // reasonCode keyCompromise, then removeFromCRL
    let cas = [&poly.root, &poly.policy, &poly.issuing1];
    assert!(revoked(&with(&cas, &with_entry("2.5.29.21", &[0x0a, 1, 1]).unwrap()), &phone));
    assert!(!revoked(&with(&cas, &with_entry("2.5.29.21", &[0x0a, 1, 8]).unwrap()), &phone));
    // certificateIssuer, a dNSName
    let error = with_entry("2.5.29.29", &[0x30, 3, 0x82, 1, b'x']).unwrap_err();
    assert!(error.contains("indirect CRL"), "{error}");
}

#[test]
fn a_list_is_shown_by_its_size_and_a_crl_by_its_file() {
    let poly = Poly::shared();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pem(&poly.root, &[&poly.policy.cert], 30)).unwrap();
    let crls = read_crls(file.path()).unwrap();
    assert_eq!(format!("{crls:?}"), format!("[Crl({}, 1 serials)]", file.path().display()));
    assert!(format!("{:?}", full(poly)).starts_with("DeviceTrust(CaList(4 authorities), Criteria {"));
}
