use super::{DAY, list, now};
use crate::trust::ca_list::{CaList, Pin};
use crate::trust::criteria::Criteria;
use crate::trust::device_trust::DeviceTrust;
use mtlsprotect_testkit::pki::ORGANIZATION;
use mtlsprotect_testkit::{Authority, Certificate, Digest, Key, Poly, StringType, Subject};
use std::fs;
use std::path::Path;

fn read(content: &[u8]) -> Result<CaList, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), content).unwrap();
    let mut list = CaList::default();
    list.add_file(file.path()).map(|()| list).inspect_err(|error| {
        assert!(error.contains(&file.path().display().to_string()), "which file: {error}");
    })
}

fn read_folder(files: &[(&str, &[u8])]) -> Result<CaList, String> {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(dir.path().join(name), content).unwrap();
    }
    let mut list = CaList::default();
    list.add_dir(dir.path()).map(|()| list)
}

fn refused(result: Result<CaList, String>, hints: &[&str]) {
    let error = result.unwrap_err();
    assert!(hints.iter().all(|hint| error.contains(hint)), "{hints:?}: {error}");
}

/// The one warning that has all these words.
fn warned(cas: &[&Authority], words: &[&str]) {
    let trust = DeviceTrust::new(list(cas), &[], Criteria::default(), now()).unwrap();
    let found = trust.warnings().iter().filter(|warning| words.iter().all(|word| warning.text.contains(word)));
    assert_eq!(found.count(), 1, "{words:?}: {:?}", trust.warnings());
}

#[test]
fn a_file_may_hold_other_text_and_other_line_ends() {
    let poly = Poly::shared();
    let pem = String::from_utf8(poly.bundle_pem()).unwrap();
    let whole = read(pem.as_bytes()).unwrap();
    assert!(whole.len() == 4 && !whole.is_empty());
    let prose = pem.replace("-----BEGIN", "Certificate:\n    Data: \u{fc}\n-----BEGIN");
    assert_eq!(read(prose.as_bytes()).unwrap().len(), 4);
    assert_eq!(read(pem.replace('\n', "\r\n").as_bytes()).unwrap().len(), 4);
    assert_eq!(read(pem.trim_end().as_bytes()).unwrap().len(), 4);
    let key = String::from_utf8(poly.phone("0004f2aaaaaa").key_pem()).unwrap();
    assert_eq!(read(format!("{key}{pem}").as_bytes()).unwrap().len(), 4);
}

#[test]
fn a_file_that_is_no_pem_is_refused() {
    let poly = Poly::shared();
    refused(read(b""), &["is empty", "BEGIN CERTIFICATE"]);
    refused(read(b"\n"), &["is not PEM", "BEGIN CERTIFICATE"]);
    refused(read(b"garbage\0\xff"), &["is not PEM", "BEGIN CERTIFICATE"]);
    refused(read(&poly.root.cert.to_der().unwrap()), &["is not PEM", "openssl x509 -inform DER"]);
    refused(read(&poly.phone("0004f2aaaaaa").cert_pem()), &["no usable CA", "basicConstraints"]);
    refused(read(&poly.phone("0004f2aaaaaa").key_pem()), &["is a private key"]);
    let mut list = CaList::default();
    assert!(list.add_file(Path::new("/nowhere/ca.pem")).unwrap_err().contains("cannot be read"));
    assert!(list.add_file(Path::new("/")).unwrap_err().contains("cannot be read"));
    assert!(list.is_empty());
}

#[test]
fn a_file_cut_short_anywhere_is_refused() {
    let poly = Poly::shared();
    let (first, second) = (poly.root_pem(), poly.policy.pem());
    let whole = [first.clone(), second.clone()].concat();
    for end in 1..whole.len() - 1 {
        // cut between the two nobody can tell
        if end + 1 == first.len() || end == first.len() {
            continue;
        }
        let result = read(&whole[..end]);
        assert!(result.is_err(), "cut after {end} of {} bytes: {result:?}", whole.len());
    }
    assert_eq!(read(&whole[..whole.len() - 1]).unwrap().len(), 2);
}

#[test]
fn a_damaged_certificate_among_good_ones_is_refused() {
    let poly = Poly::shared();
    let pem = String::from_utf8(poly.root_pem()).unwrap();
    let good = String::from_utf8(poly.policy.pem()).unwrap();
    let middle = pem.len() / 2;
    for damage in ["!", "\0", "-", "    ", "AAAA"] {
        let mut damaged = pem.clone();
        damaged.replace_range(middle..middle + damage.len(), damage);
        for text in [format!("{damaged}{good}"), format!("{good}{damaged}{good}")] {
            // OpenSSL forgives spaces, and some changed bytes leave a certificate, of nobody's
            let result = read(text.as_bytes());
            assert!(result.is_err() || damage == "AAAA", "{damage:?}: {result:?}");
        }
    }
    for begin in ["-----BEGIN CERTIFICATE----", "-----BEGIN CERTIFICAT-----", "x-----BEGIN CERTIFICATE-----"] {
        let damaged = pem.replace("-----BEGIN CERTIFICATE-----", begin);
        refused(read(format!("{good}{damaged}{good}").as_bytes()), &["is not PEM"]);
    }
    let no_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    refused(read(format!("{good}{no_certificate}").as_bytes()), &["is not PEM, or damaged"]);
}

#[test]
fn a_folder_is_read_without_hashed_links() {
    let poly = Poly::shared();
    let (root, policy, issuing) = (poly.root_pem(), poly.policy.pem(), poly.issuing1.pem());
    let list = read_folder(&[("a.pem", &root), ("b.crt", &policy), ("c.txt", b"no"), ("d.pem~", &issuing)]).unwrap();
    assert_eq!(list.len(), 2);
    let phone = poly.phone("0004f2aaaaaa").cert_pem();
    let list = read_folder(&[("a.pem", &root), ("phone.pem", &phone)]).unwrap();
    assert_eq!(list.len(), 1);
    refused(read_folder(&[]), &["no usable CA", "*.pem", "*.crt"]);
    refused(read_folder(&[("readme.txt", b"")]), &["no usable CA"]);
    refused(read_folder(&[("phone.pem", &phone)]), &["no usable CA"]);
    refused(read_folder(&[("a.pem", &root), ("b.pem", b"garbage")]), &["b.pem", "is not PEM"]);
    refused(read_folder(&[("a.pem", &root), ("b.pem", b"")]), &["b.pem", "is empty"]);
    let error = CaList::default().add_dir(Path::new("/nowhere")).unwrap_err();
    assert!(error.contains("/nowhere") && error.contains("cannot be read"), "{error}");
}

#[test]
fn what_is_odd_about_a_list_is_said() {
    let poly = Poly::shared();
    let root = &poly.root;
    let issued = |certificate: Certificate| certificate.issue_authority();
    warned(&[root, root], &["TEST Polycom Root CA", "in the list twice"]);
    warned(&[root, &Authority::from(&poly.phone("0004f2aaaaaa"))], &["CN=0004F2AAAAAA", "is not a CA"]);
    warned(&[root, &issued(Certificate::ca("TEST v1").version1())], &["CN=TEST v1", "is not a CA"]);
    warned(&[root, &issued(root.ca("TEST old").expired())], &["CN=TEST old", "has expired"]);
    warned(&[root, &issued(root.ca("TEST early").not_yet_valid())], &["CN=TEST early", "not valid yet"]);
    let soon = issued(root.ca("TEST soon").days(-1, 30));
    warned(&[root, &soon], &["CN=TEST soon", "expires in ", &(now() + 30 * DAY).day()]);
    warned(
        &[root, &issued(root.ca("Polycom Root CA"))],
        &["of poly \"CN=Polycom Root CA\" (until 20", "not the vendor's"],
    );
    warned(&[root, &poly.issuing1], &["Issuing CA 1", "Policy CA", "not in the list"]);
    let weak = issued(root.ca("TEST weak").key(Key::Rsa(1024)));
    warned(&[root, &weak], &["CN=TEST weak", "below security level 2"]);
    warned(&[root, &issued(root.ca("TEST sha1").digest(Digest::Sha1))], &["CN=TEST sha1", "below security level 2"]);
    let forged = Authority::root("TEST Polycom Root CA").ca("TEST forged").without_key_identifiers().issue_authority();
    warned(&[root, &forged], &["CN=TEST forged", "does not verify"]);
    let hostile = issued(Certificate::ca("TEST \"\n\\\x01"));
    warned(&[root, &hostile, &hostile], &["CN=TEST %22%0A%5C%01", "in the list twice"]);
    let many = ["TEST Yealink", "TEST Snom"].map(Authority::root);
    warned(&[root, &many[0], &many[1]], &["several vendors", "poly, snom, yealink"]);
    let trust = DeviceTrust::new(
        list(&[root, &poly.policy, &poly.issuing1]),
        &[],
        Criteria { depth: 2, ..Criteria::default() },
        now(),
    )
    .unwrap();
    let deep = trust
        .warnings()
        .iter()
        .filter(|warning| warning.text.contains("Issuing CA 1") && warning.text.contains("VerifyDepth"));
    assert_eq!(deep.count(), 1, "{:?}", trust.warnings());
}

#[test]
fn the_notice_at_startup_has_what_it_needs() {
    let poly = Poly::shared();
    let list = list(&[&poly.root, &poly.root.ca("TEST soon").days(-1, 30).issue_authority()]);
    assert_eq!(list.vendors(), ["poly"]);
    assert_eq!(list.len(), 2);
    let days = (list.earliest_expiry().unwrap() - now()) / DAY;
    assert!((28..=31).contains(&days), "{days}");
    assert_eq!(CaList::default().earliest_expiry(), None);
}

#[test]
fn an_operator_is_warned_of_a_day_that_is_near_or_over() {
    let ca = Certificate::ca("TEST Root").days(-10, 200).issue_authority();
    let (list, (from, until)) = (list(&[&ca]), crate::trust::certificate::validity(&ca.cert).unwrap());
    let says = |now, allows_expired| {
        list.warnings(now, allows_expired).into_iter().map(|warning| warning.what).collect::<Vec<_>>()
    };
    assert_eq!(says(from - 1, false), ["is not valid yet; phones below it are refused"]);
    assert_eq!(says(from, false), [""; 0]);
    assert_eq!(says(until - 180 * DAY, false), [""; 0]);
    assert_eq!(says(until - 180 * DAY + 1, false), ["expires in 179 days; phones below it are refused from then"]);
    assert_eq!(says(until - 180 * DAY + 1, true), ["expires in 179 days; expired=allow accepts it"]);
    assert_eq!(says(until - 2 * DAY, false), ["expires in 2 days; phones below it are refused from then"]);
    assert_eq!(says(until, false), ["expires in 0 days; phones below it are refused from then"]);
    assert_eq!(says(until + 1, false), ["has expired; phones below it are refused"]);
    assert_eq!(says(until + 1, true), ["has expired; expired=allow accepts it"]);
    let authority = &list.authorities()[0];
    assert_eq!((authority.expires(), list.earliest_expiry()), (until, Some(until)));
}

#[test]
fn a_list_tells_its_roots_from_what_they_signed() {
    let root = Authority::root("TEST");
    let same_name = root.issue_ca("TEST");
    let list = list(&[&root, &same_name, &root.issue_ca("TEST Issuing")]);
    let are_roots: Vec<bool> = list.authorities().iter().map(|authority| authority.is_root()).collect();
    assert_eq!(are_roots, [true, false, false]);
    // an operator compares its digest with the vendor's word
    let named = Authority::root("Polycom Root CA");
    let digest = crate::trust::certificate::fingerprint(&named.cert).unwrap();
    let digits = digest.to_string();
    warned(&[&named], &[&format!("its SHA-256 is {digits}, not ")]);
}

#[test]
fn a_ca_is_told_from_one_that_has_only_its_name() {
    let poly = Poly::shared();
    let pin = |name: &str, organization: &str| {
        let subject = Subject::empty().and(ORGANIZATION, StringType::Utf8, organization).and_cn(name);
        let ca = Certificate::ca(subject).issue_authority();
        list(&[&ca]).authorities()[0].pin()
    };
    assert!(matches!(pin("Polycom Root CA", "x"), Pin::Differs(known) if known.name == "Polycom Root CA"));
    assert!(matches!(pin("VPN", "Grandstream Networks"), Pin::Differs(_)));
    assert_eq!(pin("VPN", "somebody's"), Pin::Unknown);
    assert_eq!(list(&[&poly.root]).authorities()[0].pin(), Pin::Unknown);
}

#[test]
fn the_operators_word_for_a_vendor_counts_more_than_a_name() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), Poly::shared().root_pem()).unwrap();
    let mut list = CaList::of_vendor("house");
    list.add_file(file.path()).unwrap();
    assert_eq!(list.vendors(), ["house"]);
    assert!(list.authorities()[0].says("x").text.starts_with("of house \"CN=TEST Polycom Root CA\" (until 20"));
}
