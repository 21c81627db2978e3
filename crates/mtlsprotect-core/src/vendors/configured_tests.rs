use super::*;
use crate::decision::policy::Policy;
use crate::time::DAY;
use crate::trust::ca_list::CaList;
use crate::vendors::line::{LineError, VendorLine};
use mtlsprotect_testkit::pki::SURNAME;
use mtlsprotect_testkit::{
    Authority, Certificate, Crl as TestCrl, Digest, Identity as Phone, Key, StringType, Subject,
};
use std::path::{Path, PathBuf};

/// What any list of the host knows as revoked.
#[path = "revocation_tests.rs"]
mod revocation;

/// Vendors with `mode=learn`, and whose proofs count.
#[path = "learn_tests.rs"]
mod learn;

fn now() -> UnixTime {
    UnixTime::now()
}

/// A folder with the files that vendors' lines name.
struct Files(tempfile::TempDir);

impl Files {
    fn new(files: &[(&str, Vec<u8>)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(dir.path().join(name), content).unwrap();
        }
        Files(dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn vendor(&self, line: &str) -> Result<VendorLine, LineError> {
        VendorLine::read(&line.split(' ').collect::<Vec<_>>(), |word| self.path(word), CaList::vendors_own)
    }

    fn sources(&self, lines: &[&str]) -> Sources {
        let mut sources = Sources::default();
        lines.iter().for_each(|line| sources.add_vendor(self.vendor(line).unwrap()).unwrap());
        sources
    }

    fn vendors(&self, lines: &[&str]) -> Vendors {
        Vendors::new(&self.sources(lines), None, None, now()).unwrap()
    }
}

fn files(cas: &[(&str, &Authority)]) -> Files {
    let files: Vec<(&str, Vec<u8>)> = cas.iter().map(|(name, ca)| (*name, ca.pem())).collect();
    Files::new(&files)
}

/// Who sends: `Device(...)`, and the vendor.
fn sender(vendors: &Vendors, phone: &Phone) -> String {
    match vendors.judge(&phone.cert, &phone.chain, now()) {
        Err(distrust) => format!("{:?}", distrust.fault),
        Ok(vouched) => {
            let sender = match vendors.sender(vouched.member, vouched.trusted.mac, vouched.ownership) {
                Sender::AnyOf(_) => "any".to_owned(),
                sender => format!("{sender:?}"),
            };
            let news = if vouched.ownership == Ownership::New { " new" } else { "" };
            assert_eq!(vendors.roots()[vouched.root].member, vouched.member);
            format!("{sender} {}{news}", vendors.members()[vouched.member].name().unwrap_or("-"))
        }
    }
}

#[test]
fn each_vendor_speaks_for_its_own_prefixes_only() {
    let (poly, yealink) = (Authority::root("P"), Authority::root("Y"));
    let files = files(&[("p", &poly), ("y", &yealink)]);
    let vendors = files.vendors(&["poly ca=p", "yealink ca=y"]);
    assert_eq!(sender(&vendors, &poly.device("0004f2aaaaaa")), "Device(Mac(0004f2aaaaaa)) poly");
    assert_eq!(sender(&vendors, &yealink.device("001565aaaaaa")), "Device(Mac(001565aaaaaa)) yealink");
    assert_eq!(sender(&vendors, &yealink.device("0004f2aaaaaa")), "OtherVendors(Mac(0004f2aaaaaa)) yealink");
    assert_eq!(sender(&vendors, &poly.device("aabbccaaaaaa")), "Device(Mac(aabbccaaaaaa)) poly new");
    assert_eq!(sender(&vendors, &Authority::root("P").device("0004f2aaaaaa")), "UnknownIssuer");
    assert_eq!(sender(&vendors, &Authority::root("X").device("0004f2aaaaaa")), "UnknownIssuer");
    // Snom is not on this host, and known all the same
    assert_eq!(sender(&vendors, &poly.device("000413aaaaaa")), "OtherVendors(Mac(000413aaaaaa)) poly");
}

#[test]
fn a_vendor_of_the_operators_own_naming_is_held_to_what_the_host_lists() {
    let (house, poly) = (Authority::root("H"), Authority::root("P"));
    let files = files(&[("h", &house), ("p", &poly)]);
    let alone = files.vendors(&["house ca=h"]);
    assert_eq!(sender(&alone, &house.device("0004f2aaaaaa")), "Device(Mac(0004f2aaaaaa)) house new");
    let both = files.vendors(&["house ca=h oui=aabbcc", "poly ca=p"]);
    assert_eq!(sender(&both, &house.device("0004f2aaaaaa")), "OtherVendors(Mac(0004f2aaaaaa)) house");
    assert_eq!(sender(&both, &house.device("aabbccaaaaaa")), "Device(Mac(aabbccaaaaaa)) house");
    assert_eq!(sender(&both, &poly.device("aabbccaaaaaa")), "OtherVendors(Mac(aabbccaaaaaa)) poly");
    assert!(
        both.known().contains(Oui::parse(b"aabbcc").unwrap()) && both.known().contains(Oui::parse(b"000413").unwrap())
    );
}

#[test]
fn prefixes_are_added_replaced_and_closed() {
    let ca = Authority::root("C");
    let files = files(&[("c", &ca)]);
    let of = |line: &str, mac: &str| sender(&files.vendors(&[line]), &ca.device(mac));
    assert_eq!(of("poly ca=c oui=+aabbcc,00:04:13", "000413aaaaaa"), "Device(Mac(000413aaaaaa)) poly");
    assert_eq!(of("poly ca=c oui=+aabbcc", "0004f2aaaaaa"), "Device(Mac(0004f2aaaaaa)) poly");
    assert_eq!(of("poly ca=c oui=aabbcc", "0004f2aaaaaa"), "Device(Mac(0004f2aaaaaa)) poly new");
    assert_eq!(of("poly ca=c oui=aabbcc strict=yes", "0004f2aaaaaa"), "OtherVendors(Mac(0004f2aaaaaa)) poly");
    assert_eq!(of("poly ca=c strict=yes", "0004f2aaaaaa"), "Device(Mac(0004f2aaaaaa)) poly");
    assert_eq!(of("poly ca=c strict=yes", "aabbccaaaaaa"), "OtherVendors(Mac(aabbccaaaaaa)) poly");
}

#[test]
fn a_plain_list_beside_vendors_speaks_for_nobody_of_theirs() {
    let (plain, poly) = (Authority::root("C"), Authority::root("P"));
    let files = files(&[("c", &plain), ("p", &poly)]);
    let mut sources = files.sources(&["poly ca=p"]);
    sources.list.add_file(&files.path("c")).unwrap();
    let vendors = Vendors::new(&sources, None, None, now()).unwrap();
    assert_eq!(sender(&vendors, &plain.device("001565aaaaaa")), "Device(Mac(001565aaaaaa)) -");
    assert_eq!(sender(&vendors, &plain.device("0004f2aaaaaa")), "OtherVendors(Mac(0004f2aaaaaa)) -");
    assert_eq!(sender(&vendors, &poly.device("0004f2aaaaaa")), "Device(Mac(0004f2aaaaaa)) poly");
    // alone it speaks for anybody
    let alone = Sources { list: sources.list.clone(), ..Sources::default() };
    let alone = Vendors::new(&alone, None, None, now()).unwrap();
    assert_eq!(sender(&alone, &plain.device("0004f2aaaaaa")), "Device(Mac(0004f2aaaaaa)) -");
}

#[test]
fn a_hosts_depth_and_pattern_hold_for_its_plain_list() {
    let ca = Authority::root("C");
    let below = ca.ca("I").issue_authority();
    let files = files(&[("c", &ca)]);
    let mut sources = Sources::default();
    sources.list.add_file(&files.path("c")).unwrap();
    let pattern = IdentityPattern::new("^(?<mac>0004f2[0-9a-f]{6})$").unwrap();
    let shallow = Vendors::new(&sources, Some(1), Some(&pattern), now()).unwrap();
    let deep = Vendors::new(&sources, None, None, now()).unwrap();
    let of = |ca: &Authority, name: &str| [&shallow, &deep].map(|vendors| sender(vendors, &ca.device(name)));
    assert_eq!(of(&ca, "0004f2aaaaaa"), ["Device(Mac(0004f2aaaaaa)) -"; 2]);
    for (ca, name) in [(&below, "0004f2aaaaaa"), (&ca, "001565aaaaaa")] {
        let [shallow, deep] = of(ca, name);
        assert!(!shallow.starts_with("Device") && deep == format!("Device(Mac({name})) -"), "{shallow}, {deep}");
    }
}

#[test]
fn a_ca_in_two_lists_is_warned_of_and_locks_nobody_out() {
    let ca = Authority::root("C");
    let files = files(&[("c", &ca)]);
    let vendors = files.vendors(&["poly ca=c", "yealink ca=c"]);
    assert_eq!(sender(&vendors, &ca.device("001565aaaaaa")), "Device(Mac(001565aaaaaa)) yealink");
    assert_eq!(sender(&vendors, &ca.device("000413aaaaaa")), "OtherVendors(Mac(000413aaaaaa)) poly");
    assert!(vendors.warnings().iter().any(|warning| warning.text.contains("also in the list of poly")));
}

#[test]
fn a_directory_of_all_cas_serves_every_vendor_whose_line_names_it() {
    let (cisco, yealink, poly) = (Authority::root("C"), Authority::root("Y"), Authority::root("P"));
    let files = Files::new(&[("all", [cisco.pem(), yealink.pem(), poly.pem()].concat())]);
    let cp = cisco.leaf(Subject::cn("CP-8841").and(SURNAME, StringType::Printable, "000e08abcdef")).issue();
    let lines = ["cisco ca=all", "panasonic ca=all identity=none", "yealink ca=all", "poly ca=all"];
    let reversed: Vec<&str> = lines.iter().rev().copied().collect();
    for lines in [&lines[..], &reversed] {
        let vendors = files.vendors(lines);
        assert_eq!(sender(&vendors, &cp), "Device(Mac(000e08abcdef)) cisco", "{lines:?}");
        assert_eq!(sender(&vendors, &yealink.device("001565aaaaaa")), "Device(Mac(001565aaaaaa)) yealink", "{lines:?}");
        assert_eq!(sender(&vendors, &poly.device("0004f2aaaaaa")), "Device(Mac(0004f2aaaaaa)) poly", "{lines:?}");
        assert_eq!(sender(&vendors, &poly.device("KX-HDV")), "any panasonic", "{lines:?}");
    }
    for lines in [["cisco ca=all", "poly ca=all"], ["poly ca=all", "cisco ca=all"]] {
        let both = files.vendors(&lines);
        let first = lines[0].split(' ').next().unwrap();
        assert_eq!(sender(&both, &poly.device("nameless")), format!("Nobody {first}"));
        assert_eq!(sender(&both, &yealink.device("001565aaaaaa")), "Nobody cisco", "{lines:?}");
    }
}

#[test]
fn ciscos_name_stands_in_the_surname_and_panasonic_may_have_none() {
    let (cisco, panasonic) = (Authority::root("C"), Authority::root("P"));
    let files = files(&[("c", &cisco), ("p", &panasonic)]);
    let vendors = files.vendors(&["cisco ca=c", "panasonic ca=p identity=none"]);
    let subject = Subject::cn("CP-8841").and(SURNAME, StringType::Printable, "000e08abcdef");
    assert_eq!(sender(&vendors, &cisco.leaf(subject).issue()), "Device(Mac(000e08abcdef)) cisco");
    assert_eq!(sender(&vendors, &cisco.device("000e08abcdef")), "Nobody cisco");
    assert_eq!(sender(&vendors, &panasonic.device("KX-HDV")), "any panasonic");
    assert_eq!(sender(&vendors, &panasonic.device("0004f2aaaaaa")), "any panasonic");
    let serial = files.vendors(&["cisco ca=c identity=CN pattern=^SEP(?<mac>[0-9A-F]{12})$"]);
    assert_eq!(sender(&serial, &cisco.device("SEP000E08ABCDEF")), "Device(Mac(000e08abcdef)) cisco");
}

#[test]
fn an_old_generation_is_let_in_by_its_own_line_only() {
    let old = Certificate::ca("VPN").key(Key::Rsa(1024)).digest(Digest::Md5).days(-2000, -1).issue_authority();
    let poly = Authority::root("P");
    let files = files(&[("g", &old), ("p", &poly)]);
    let weak = |ca: &Authority, mac: &str| {
        let digest = if ca.key.rsa().is_ok() { Digest::Md5 } else { Digest::Sha1 };
        ca.leaf(mac).key(Key::Rsa(1024)).digest(digest).expired().issue()
    };
    let vendors = files.vendors(&["poly ca=p", "grandstream ca=g seclevel=0 expired=allow"]);
    assert_eq!(sender(&vendors, &weak(&old, "000b82aaaaaa")), "Device(Mac(000b82aaaaaa)) grandstream");
    assert_eq!(sender(&vendors, &weak(&poly, "0004f2aaaaaa")), "Untrusted");
    assert_eq!(sender(&vendors, &poly.leaf("0004f2aaaaaa").expired().issue()), "Expired");
    assert_eq!(
        sender(&files.vendors(&["poly ca=p", "grandstream ca=g seclevel=0"]), &weak(&old, "000b82aaaaaa")),
        "Expired"
    );
    assert!(Vendors::new(&files.sources(&["grandstream ca=g"]), None, None, now()).unwrap_err().contains("level 2"));
    // not valid yet is another matter
    let early = old.leaf("000b82aaaaaa").key(Key::Rsa(1024)).digest(Digest::Md5).not_yet_valid().issue();
    assert_eq!(sender(&vendors, &early), "Untrusted");
    // and the answer does not end with the next second
    assert_eq!(vendors.judge(&weak(&old, "000b82aaaaaa").cert, &[], now()).unwrap().trusted.until, UnixTime::MAX);
}

#[test]
fn crls_count_for_the_lists_that_have_their_issuer() {
    let (poly, yealink) = (Authority::root("P"), Authority::root("Y"));
    let (stolen, other) = (poly.device("0004f2aaaaaa"), yealink.device("001565aaaaaa"));
    let files = Files::new(&[
        ("p", poly.pem()),
        ("y", yealink.pem()),
        ("p.crl", TestCrl::of(&poly).revoke(&stolen.cert).pem()),
        ("y.crl", TestCrl::of(&yealink).revoke(&other.cert).days(-20, -10).pem()),
    ]);
    let mut sources = files.sources(&["poly ca=p crl=p.crl", "yealink ca=y"]);
    let vendors = Vendors::new(&sources, None, None, now()).unwrap();
    assert_eq!(sender(&vendors, &stolen), "Revoked");
    assert_eq!(sender(&vendors, &other), "Device(Mac(001565aaaaaa)) yealink");
    sources.crls = crate::trust::revocation::read_crls(&files.path("y.crl")).unwrap();
    let vendors = Vendors::new(&sources, None, None, now()).unwrap();
    assert_eq!(sender(&vendors, &other), "Revoked");
    assert!(vendors.warnings().iter().any(|warning| warning.text.contains("nextUpdate")), "{:?}", vendors.warnings());
    // and also where another list has the CA, which could vouch for this phone
    let open = poly.device("aabbccaaaaaa");
    std::fs::write(files.path("open.crl"), TestCrl::of(&poly).revoke(&open.cert).pem()).unwrap();
    for (line, expected) in [("poly ca=p crl=open.crl", "Revoked"), ("poly ca=p", "Device(Mac(aabbccaaaaaa)) poly new")]
    {
        let mut sources = files.sources(&["yealink ca=p", line]);
        sources.list.add_file(&files.path("p")).unwrap();
        let vendors = Vendors::new(&sources, None, None, now()).unwrap();
        assert_eq!(sender(&vendors, &open).replace("yealink", "poly"), expected);
    }
    // of nobody's CA
    let wrong = Vendors::new(&files.sources(&["poly ca=p crl=y.crl"]), None, None, now()).unwrap_err();
    assert!(
        wrong.contains("vendor poly") && wrong.contains("y.crl") && wrong.contains("not signed by any CA"),
        "{wrong}"
    );
    let mut sources = files.sources(&["poly ca=p"]);
    sources.crls = crate::trust::revocation::read_crls(&files.path("y.crl")).unwrap();
    assert!(Vendors::new(&sources, None, None, now()).unwrap_err().contains("not signed by any CA"));
}

#[test]
fn the_notice_at_startup_has_what_it_needs() {
    let root = Certificate::ca("R").days(-1, 300).issue_authority();
    let files = files(&[("r", &root), ("s", &Certificate::ca("S").days(-1, 200).issue_authority())]);
    let vendors = files.vendors(&["poly ca=r", "yealink ca=s mode=report"]);
    assert_eq!(vendors.members().iter().map(Member::is_watched).collect::<Vec<_>>(), [false, true]);
    assert_eq!((vendors.earliest_expiry().unwrap() - now() + DAY / 2) / DAY, 200);
    let mut plain = Sources::default();
    assert!(plain.is_empty() && !files.sources(&["poly ca=r"]).is_empty());
    plain.list.add_file(&files.path("r")).unwrap();
    assert!(!plain.is_empty());
}

#[test]
fn warnings_name_vendor_subject_and_date() {
    let ca = Certificate::ca("Polycom Root CA").days(-1, 30).issue_authority();
    let files = files(&[("c", &ca)]);
    let vendors = files.vendors(&["house ca=c"]);
    let texts: Vec<&str> = vendors.warnings().iter().map(|warning| warning.text.as_str()).collect();
    let date = (now() + 30 * DAY).day();
    let begin = format!("of house \"CN=Polycom Root CA\" (until {date}) in ");
    assert!(texts.iter().all(|text| text.starts_with(&begin)), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("expires in ")), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("is named Polycom Root CA but is not the vendor's")), "{texts:?}");
}

#[test]
fn a_wrong_line_is_refused_with_what_to_write() {
    let files = files(&[("c", &Authority::root("C"))]);
    for (line, words) in [
        ("po/ly ca=c", "not a vendor's name"),
        ("poly", "ca= is missing"),
        ("poly oui=0004f2", "ca= is missing"),
        ("poly ca=nowhere", "cannot be read"),
        ("poly ca=c ca=c", "ca= is specified twice"),
        ("poly ca=c oui=", "oui= has no value"),
        ("poly ca=c oui=0004f", "is not a prefix"),
        ("poly ca=c oui=000000", "is not a prefix"),
        ("poly ca=c oui=0004f2,", "is not a prefix"),
        ("poly ca=c color=red", "\"color\" is not a key; the keys are ca, oui"),
        ("poly ca=c strict", "expected key=value"),
        ("poly ca=c seclevel=6", "from 0 to 5"),
        ("poly ca=c seclevel=-1", "from 0 to 5"),
        ("poly ca=c expired=yes", "expired= takes deny or allow"),
        ("poly ca=c strict=maybe", "strict= takes no or yes"),
        ("poly ca=c mode=off", "mode= takes on, learn or report"),
        ("poly ca=c identity=mac", "not a subject attribute"),
        ("poly ca=c identity=none pattern=(?<mac>.*)", "nothing to match"),
        ("house ca=c identity=none", "specify them with oui="),
        ("house ca=c strict=yes", "specify them with oui="),
        ("poly ca=c pattern=[0-9a-f]{12}", "no group named mac"),
        ("poly ca=c crl=c", "not a CRL"),
    ] {
        let error = files.vendor(line).unwrap_err();
        assert!(error.to_string().contains(words), "{line}: {error}");
        assert_eq!(String::from(files.vendor(line).unwrap_err()), error.to_string());
        assert_eq!(matches!(error, LineError::File(_)), ["cannot be read", "not a CRL"].contains(&words), "{line}");
    }
    let mut sources = files.sources(&["poly ca=c"]);
    let again = |line: &str| files.vendor(line).unwrap();
    assert!(sources.add_vendor(again("POLY ca=c")).unwrap_err().contains("poly is there already"));
    let both = sources.add_vendor(again("house ca=c oui=64167f")).unwrap_err();
    assert!(both.contains("64167f is claimed by both poly and house"), "{both}");
    assert_eq!(again("poly ca=c").laxer_than_mod_ssl(), None);
    assert_eq!(again("Poly ca=c").name(), "poly");
    for line in ["poly ca=c seclevel=3", "poly ca=c seclevel=2", "poly ca=c expired=Deny strict=no mode=ON"] {
        assert_eq!(again(line).laxer_than_mod_ssl(), None, "{line}");
    }
    assert_eq!(again("poly ca=c seclevel=1").laxer_than_mod_ssl().unwrap(), "seclevel=1");
    assert_eq!(again("poly ca=c expired=allow").laxer_than_mod_ssl().unwrap(), "expired=allow");
    assert!(!Path::new("nowhere").exists());
}

#[test]
fn an_operator_is_told_of_a_line_with_another_vendors_ca() {
    let [own, other, both, nobodys] =
        ["TEST Poly", "TEST Yealink", "TEST Poly by Yealink", "TEST House"].map(Authority::root);
    let files = files(&[("own", &own), ("other", &other), ("both", &both), ("nobodys", &nobodys)]);
    let told = |line: &str| files.vendor(line).unwrap().foreign_ca().map(|(_, vendor)| vendor.name());
    assert_eq!(told("poly ca=other"), Some("yealink"));
    assert_eq!(told("yealink ca=own"), Some("poly"));
    let prefix = Vendor::named("yealink").unwrap().prefixes.iter().next().unwrap();
    for line in ["poly ca=own", "poly ca=both", "yealink ca=both", "poly ca=nobodys", "house ca=own oui=123456"] {
        assert_eq!(told(line), None, "{line}");
    }
    assert_eq!(told(&format!("poly ca=other oui=+{prefix}")), None, "the line has its prefixes");
}

/// The names in a path.
fn names(path: &str) -> Names {
    let known = KnownPrefixes::built_in();
    let policy = Policy::with_defaults(&known);
    let texts = crate::names::texts::Texts { uri: path.as_bytes(), ..Default::default() };
    Names::of(&texts, &policy.naming, None, false)
}

#[test]
fn watching_one_vendor_lets_nobody_at_the_others() {
    let (poly, yealink) = (Authority::root("P"), Authority::root("Y"));
    let files = files(&[("p", &poly), ("y", &yealink)]);
    let vendors = files.vendors(&["poly ca=p", "yealink ca=y mode=report"]);
    let watches = |reason, path: &str, sender| vendors.only_watches(reason, b"GET", &names(path), || true, sender);
    for reason in Reason::ALL.into_iter().filter(|&reason| reason.depends_on_sender()) {
        assert!(watches(reason, "/001565aaaaaa.cfg", None), "{reason:?}");
        assert!(watches(reason, "/001565aaaaaa/805ec0bbbbbb.cfg", None), "{reason:?}");
        assert!(watches(reason, "/sip.ld", Some(1)), "{reason:?}");
        for (path, sender) in [
            ("/0004f2aaaaaa.cfg", Some(1)),
            ("/001565aaaaaa/0004f2aaaaaa.cfg", Some(1)),
            ("/001565aaaaaa/805ec0bbbbbb/0004f2aaaaaa.cfg", Some(1)),
            ("/001565aaaaaa/805ec0bbbbbb/aabbccaaaaaa.cfg", Some(1)),
            ("/aabbccaaaaaa.cfg", Some(1)),
            ("/sip.ld", Some(0)),
            ("/sip.ld", None),
        ] {
            assert!(!watches(reason, path, sender), "{reason:?} {path} {sender:?}");
        }
        assert!(!vendors.only_watches(reason, b"PUT", &names("/001565aaaaaa.cfg"), || true, Some(1)), "{reason:?}");
    }
    for reason in [Reason::BlockedDevice, Reason::Method, Reason::MalformedName, Reason::Write, Reason::OtherFile] {
        assert!(!watches(reason, "/001565aaaaaa.cfg", Some(1)), "{reason:?}");
    }
    let not_read = format!("/{}", "\u{ff10}z%25252541".repeat(100));
    assert!(names(&not_read).are_more() && names(&not_read).found().next().is_none());
    assert!(!watches(Reason::AmbiguousName, &not_read, Some(1)), "whose it is nobody has looked");
    let in_query =
        |sender| vendors.only_watches(Reason::NoCertificate, b"GET", &names("/001565aaaaaa.cfg"), || false, sender);
    assert!(!in_query(None) && !in_query(Some(0)) && in_query(Some(1)));
    assert!(!vendors.learn());
    let enforced = files.vendors(&["poly ca=p", "yealink ca=y"]);
    assert!(!enforced.only_watches(Reason::NoCertificate, b"GET", &names("/001565aaaaaa.cfg"), || true, None));
}

#[test]
fn the_id_changes_with_everything_that_an_answer_depends_on() {
    let (poly, other) = (Authority::root("P"), Authority::root("Y"));
    let files = files(&[("p", &poly), ("y", &other)]);
    let all: Vec<Fingerprint> = [
        &["poly ca=p"][..],
        &["poly ca=y"],
        &["house ca=p"],
        &["poly ca=p strict=yes"],
        &["poly ca=p oui=+aabbcc"],
        &["poly ca=p seclevel=1"],
        &["poly ca=p expired=allow"],
        &["poly ca=p identity=S"],
        &["poly ca=p identity=none"],
        &["poly ca=p", "yealink ca=y"],
        &["yealink ca=y", "poly ca=p"],
    ]
    .iter()
    .map(|lines| *files.vendors(lines).id())
    .collect();
    for (number, id) in all.iter().enumerate() {
        assert!(!all[..number].contains(id), "{number}");
    }
    assert_eq!(*files.vendors(&["poly ca=p"]).id(), all[0]);
}
