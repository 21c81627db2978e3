//! An operator looks at a list of device CAs with `mtlsprotect ca show`.

use crate::running::{Ran, of, run};
use mtlsprotect_testkit::pki::ORGANIZATION;
use mtlsprotect_testkit::{Authority, Certificate, Digest, Key, Poly, StringType, Subject, device_cas};
use serde_json::Value;
use std::fs;
use std::process::Command;

fn show(cas: &[&[u8]], options: &[&str]) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    fs::write(&file, cas.concat()).unwrap();
    run(["ca", "show"].iter().copied().chain(options.iter().copied()).chain([file.to_str().unwrap()]))
}

/// The row that has this.
fn row<'t>(ran: &'t Ran, part: &str) -> &'t str {
    ran.out.lines().find(|line| line.contains(part)).unwrap_or_else(|| panic!("no {part:?} in {ran:?}"))
}

#[test]
fn a_whole_list_is_a_table_without_problems() {
    let ran = show(&[&Poly::shared().bundle_pem()], &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.out.lines().count(), 5, "{}", ran.out);
    for heading in ["VENDOR", "SUBJECT", "EXPIRES", "KEY", "DIGEST", "PIN", "FILE", "PROBLEMS"] {
        assert!(row(&ran, "VENDOR").contains(heading), "{}", ran.out);
    }
    let root = row(&ran, "CN=TEST Polycom Root CA");
    assert!(root.contains("poly") && root.contains("EC-256") && root.contains("SHA256"), "{root}");
}

#[test]
fn each_problem_stands_beside_its_certificate() {
    let root = Authority::root("TEST Root");
    let weak = root.ca("TEST weak").key(Key::Rsa(1024)).digest(Digest::Sha1).issue_authority();
    let soon = root.ca("TEST soon").days(-1, 30).issue_authority();
    let expired = root.ca("TEST old").expired().issue_authority();
    let leaf = root.device("0004f2aaaaaa");
    let orphan = Authority::root("TEST elsewhere").issue_ca("TEST orphan");
    let impostor = Certificate::ca("Polycom Root CA").issue_authority();
    let all = [&root, &weak, &soon, &expired, &orphan, &impostor].map(Authority::pem);
    let ran = show(&[&all.concat(), &leaf.cert_pem()], &[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    for (subject, problem) in [
        ("CN=TEST weak", "below security level 2"),
        ("CN=TEST soon", "expires in"),
        ("CN=TEST old", "has expired"),
        ("CN=0004f2aaaaaa", "is not a CA"),
        ("CN=TEST orphan", "TEST elsewhere"),
        ("CN=Polycom Root CA", "is not the vendor's"),
    ] {
        let is_told = |line: &str| line.contains(subject) && line.contains(problem) && line.contains("ca.pem");
        assert!(ran.out.lines().any(is_told), "{subject}: {}", ran.out);
    }
    assert!(
        row(&ran, "CN=TEST weak").contains("RSA-1024") && row(&ran, "CN=TEST weak").contains("SHA1"),
        "{}",
        ran.out
    );
    assert!(row(&ran, "CN=Polycom Root CA").contains(" NO "), "{}", ran.out);
    assert!(row(&ran, "CN=TEST Root").trim_end().ends_with('-'), "{}", ran.out);
    let low = show(&[&root.pem(), &weak.pem()], &["--seclevel", "0"]);
    low.said(0, &["TEST weak"]);
}

#[test]
fn a_wide_subject_is_cut_in_the_middle_unless_all_is_asked_for() {
    let long = "a company whose name is long enough for three lines of a terminal, and then some";
    let subject = |number: u8| {
        let subject = Subject::empty().and(ORGANIZATION, StringType::Utf8, long);
        Certificate::ca(subject.and_cn(format!("TEST CA {number}"))).issue_authority().pem()
    };
    let dir = tempfile::tempdir().unwrap();
    for number in [1, 2] {
        fs::write(dir.path().join(format!("ca-{number}.pem")), subject(number)).unwrap();
    }
    let show = |options: &[&str], columns: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mtlsprotect"));
        command.args(["ca", "show"]).arg(dir.path()).args(options).env_remove("COLUMNS");
        of(command.envs(columns.map(|columns| ("COLUMNS", columns))).output().unwrap())
    };
    let usual = show(&[], None);
    assert!(usual.out.lines().all(|line| line.len() <= 80), "{}", usual.out);
    for number in [1, 2] {
        let row = row(&usual, &format!("ca-{number}.pem"));
        assert!(row.contains("O=a c") && row.contains("...") && row.contains(&format!("CA {number}")), "{row}");
    }
    assert!(show(&[], Some("60")).out.lines().all(|line| line.len() <= 60));
    show(&["--wide"], None).said(0, &[long]);
}

#[test]
fn json_has_it_all() {
    let hostile = Certificate::ca(Subject::empty().and(ORGANIZATION, StringType::Utf8, "a\"\n\x1b").and_cn("TEST"));
    let ran = show(&[&hostile.issue_authority().pem()], &["--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    let ca = &json["authorities"][0];
    assert_eq!(ca["subject"], "O=a%22%0A%1B, CN=TEST");
    assert_eq!((ca["key"].as_str(), ca["digest"].as_str()), (Some("EC-256"), Some("SHA256")));
    assert_eq!(ca["sha256"].as_str().unwrap().len(), 64);
    assert!(ca["pin_matches"].is_null() && ca["problems"].as_array().unwrap().is_empty(), "{ca}");
}

#[test]
fn what_is_no_list_is_an_error() {
    show(&[b"garbage"], &[]).said(3, &["is not PEM"]);
    show(&[&Poly::shared().phone("0004f2aaaaaa").cert_pem()], &[]).said(3, &["no usable CA"]);
    run(["ca", "show", "/nowhere"]).said(3, &["/nowhere", "cannot be read"]);
    show(&[&Poly::shared().issuing1.pem()], &[]).said(1, &["no usable CA", "self-signed root"]);
}

#[test]
fn cas_that_have_the_names_of_all_vendors_cas_are_none_of_them() {
    let folder = device_cas::look_alikes();
    let ran = run(["ca", "show", folder.path().to_str().unwrap()]);
    ran.said(1, &["roots of several vendors", "is not a CA"]);
    assert_eq!(ran.out.matches(" NO ").count(), 17, "no CA matches its pin: {}", ran.out);
    assert!(!ran.out.contains(" yes "), "{}", ran.out);
}

mod needs_real_cas {
    use super::{device_cas, run};

    #[test]
    #[ignore = "needs the vendors' own CA certificates beside the checkout, in ../shared/device_ca"]
    fn the_real_cas_are_what_their_names_say() {
        let ran = run(["ca", "show", device_cas::real().to_str().unwrap()]);
        ran.said(1, &["roots of several vendors", "is not a CA"]);
        assert_eq!(ran.out.matches(" yes ").count(), 17, "all but the leaf match their pins: {}", ran.out);
        assert!(!ran.out.contains(" NO "), "{}", ran.out);
    }
}
