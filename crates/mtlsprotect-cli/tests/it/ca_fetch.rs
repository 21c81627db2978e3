//! An operator fetches a vendor's CAs with `mtlsprotect ca fetch`, from a server that is right, wrong or broken.

use crate::running::Ran;
use crate::web::{Page, Web, run, run_through};
use mtlsprotect_testkit::pki::ORGANIZATION;
use mtlsprotect_testkit::{Authority, Certificate, Digest, HeldPort, Key, Poly, StringType, Subject, device_cas};
use openssl::hash::MessageDigest;
use openssl::x509::X509;
use std::fs;
use std::path::PathBuf;

fn der(ca: &Authority) -> Vec<u8> {
    ca.cert.to_der().unwrap()
}

fn pin(certificate: &X509) -> String {
    certificate.digest(MessageDigest::sha256()).unwrap().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A vendor of a root and an issuing CA, published by a server.
struct Vendor {
    web: Web,
    root: Authority,
    issuing: Authority,
    dir: tempfile::TempDir,
}

impl Vendor {
    fn new() -> Self {
        let root = Authority::root("TEST House Root");
        let issuing = root.issue_ca("TEST House Issuing");
        let vendor = Vendor { web: Web::start(), root, issuing, dir: tempfile::tempdir().unwrap() };
        vendor.web.serve("/House%20Root.crt", Page::ok(der(&vendor.root)));
        vendor.web.serve("/House%20Issuing.crt", Page::ok(vendor.issuing.pem()));
        vendor.pin(&vendor.root.cert, &vendor.issuing.cert);
        vendor
    }

    /// Writes down what the CAs must be, and where they are.
    fn pin(&self, root: &X509, issuing: &X509) {
        let ca = |name: &str, certificate: &X509| {
            let url = self.web.url(&format!("/{}.crt", name.trim_start_matches("TEST ").replace(' ', "%20")));
            format!("    {{ name = \"{name}\", sha256 = \"{}\", url = \"{url}\" }},\n", pin(certificate))
        };
        let text = format!(
            "[[vendor]]\nname = \"house\"\ntitle = \"House\"\nca = [\n{}{}]\n",
            ca("TEST House Root", root),
            ca("TEST House Issuing", issuing)
        );
        fs::write(self.path("vendors.toml"), text).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn fetch(&self, options: &[&str]) -> Ran {
        let vendors = self.path("vendors.toml");
        run(["ca", "fetch", "house", "--vendors", vendors.to_str().unwrap()].iter().chain(options))
    }

    fn to_file(&self, options: &[&str]) -> Ran {
        let bundle = self.path("house.pem");
        self.fetch(&[&["--output", bundle.to_str().unwrap()], options].concat())
    }

    fn bundle(&self) -> Option<String> {
        fs::read_to_string(self.path("house.pem")).ok()
    }
}

#[test]
fn what_matches_its_pin_is_written_as_one_bundle() {
    let vendor = Vendor::new();
    vendor.to_file(&[]).said(0, &["house.pem: 2 CAs, checked by pin and verified up to the root"]);
    let bundle = vendor.bundle().unwrap();
    for part in [
        "# Device CAs of House",
        "# subject: CN=TEST House Root\n# expires: 20",
        &format!("# sha256:  {}\n-----BEGIN CERTIFICATE-----", pin(&vendor.issuing.cert)),
    ] {
        assert!(bundle.contains(part), "{part}: {bundle}");
    }
    let certificates = X509::stack_from_pem(bundle.as_bytes()).unwrap();
    assert_eq!(certificates.iter().map(pin).collect::<Vec<_>>(), [pin(&vendor.root.cert), pin(&vendor.issuing.cert)]);
    run(["ca", "show", vendor.path("house.pem").to_str().unwrap()]).said(0, &["TEST House Issuing"]);
    // nothing is left over, and nothing is written twice
    assert_eq!(fs::read_dir(vendor.dir.path()).unwrap().count(), 2);
    vendor.to_file(&[]).said(0, &["has 2 CAs already, left as it is"]);
    let printed = vendor.fetch(&[]);
    assert_eq!((printed.code, printed.out), (0, bundle));
}

#[test]
fn a_certificate_that_does_not_match_its_pin_is_refused() {
    let vendor = Vendor::new();
    fs::write(vendor.path("house.pem"), "the old bundle").unwrap();
    let impostor = Authority::root("TEST House Root");
    vendor.web.serve("/House%20Root.crt", Page::ok(der(&impostor)));
    let both = [pin(&impostor.cert), pin(&vendor.root.cert)];
    vendor.to_file(&[]).said(3, &["is named TEST House Root but is not House's", &both[0], &both[1]]);
    let other = Authority::root("TEST Other");
    vendor.web.serve("/House%20Root.crt", Page::ok(der(&other)));
    vendor.to_file(&[]).said(3, &["is \"CN=TEST Other\", expected TEST House Root"]);
    assert_eq!(vendor.bundle().unwrap(), "the old bundle");
}

#[test]
fn swapped_certificates_are_refused() {
    let vendor = Vendor::new();
    vendor.web.serve("/House%20Root.crt", Page::ok(der(&vendor.issuing)));
    vendor.web.serve("/House%20Issuing.crt", Page::ok(der(&vendor.root)));
    vendor.to_file(&[]).said(3, &["House%20Root.crt: is \"CN=TEST House Issuing\", expected TEST House Root"]);
    assert_eq!(vendor.bundle(), None);
}

#[test]
fn a_transfer_that_fails_half_way_leaves_the_old_bundle() {
    let vendor = Vendor::new();
    fs::write(vendor.path("house.pem"), "the old bundle").unwrap();
    let whole = der(&vendor.issuing);
    let half = whole[..whole.len() / 2].to_vec();
    let chunk = [format!("{:x}\r\n", whole.len()).into_bytes(), half.clone()].concat();
    for (answer, words) in [
        (
            Page::with_fields("200 OK", &format!("Content-Length: {}", whole.len()), half.clone()),
            "cannot be downloaded",
        ),
        (Page::with_fields("200 OK", "Transfer-Encoding: chunked", chunk.clone()), "cannot be downloaded"),
        (Page::with_fields("200 OK", "X-Length: unsaid", half.clone()), "or is cut short"),
        (Page { stalls: true, ..Page::with_fields("200 OK", "Content-Length: 999", half.clone()) }, "timed out"),
        (Page::ok(half), "is not a certificate in DER or PEM, or is cut short"),
        (Page::ok(b"<html>busy</html>".to_vec()), "it begins with \"<html>"),
        (Page::ok(Vec::new()), "is not a certificate"),
        (Page { status: "503 Busy", ..Page::ok(Vec::new()) }, "503"),
        (Page::with_fields("200 OK", "Content-Length: 2000000", Vec::new()), "more than 1048576 bytes"),
        (Page::with_fields("200 OK", "X-Length: unsaid", vec![0; 2_000_000]), "more than 1048576 bytes"),
        (Page::ok([vendor.issuing.pem(), vendor.root.pem()].concat()), "has 2 certificates, expected"),
    ] {
        let timeout = if answer.stalls { "--timeout=1" } else { "--timeout=60" };
        vendor.web.serve("/House%20Issuing.crt", answer);
        vendor.to_file(&[timeout]).said(3, &["House%20Issuing.crt", words]);
        assert_eq!(vendor.bundle().unwrap(), "the old bundle", "{words}");
        assert_eq!(fs::read_dir(vendor.dir.path()).unwrap().count(), 2, "{words}");
    }
    // a bundle that ends within its last certificate is not one that just has fewer
    let both = [vendor.root.pem(), vendor.issuing.pem()].concat();
    vendor.web.serve("/cut", Page::with_fields("200 OK", "X-Length: unsaid", both[..both.len() - 40].to_vec()));
    vendor
        .to_file(&["--from", &vendor.web.url("/cut"), "--allow-missing"])
        .said(3, &["/cut: is not a certificate", "cut short"]);
    assert_eq!(vendor.bundle().unwrap(), "the old bundle");
    let held = HeldPort::take();
    let closed = held.number();
    vendor.to_file(&["--from", &format!("http://127.0.0.1:{closed}/")]).said(3, &["cannot be downloaded"]);
    assert_eq!(vendor.bundle().unwrap(), "the old bundle");
}

#[test]
fn a_bundle_comes_from_a_file_a_folder_a_mirror_or_a_url() {
    let vendor = Vendor::new();
    let stranger = Authority::root("TEST Stranger");
    let folder = vendor.path("cas");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("a.der"), der(&vendor.root)).unwrap();
    fs::write(folder.join("b.CRT"), [b"prose before\n", &vendor.issuing.pem()[..]].concat()).unwrap();
    fs::write(folder.join("c.pem"), stranger.pem()).unwrap();
    fs::write(folder.join("d.txt"), "not looked at").unwrap();
    let all = vendor.path("all.pem");
    fs::write(&all, [vendor.issuing.pem(), stranger.pem(), vendor.root.pem()].concat()).unwrap();
    vendor.web.serve("/bundle", Page::ok(fs::read(&all).unwrap()));
    vendor.web.serve("/mirror/House%20Root.crt", Page::ok(vendor.root.pem()));
    vendor.web.serve("/mirror/House%20Issuing.crt", Page::ok(der(&vendor.issuing)));
    let expected = vendor.fetch(&[]).out;
    for from in
        [folder.display().to_string(), all.display().to_string(), vendor.web.url("/bundle"), vendor.web.url("/mirror/")]
    {
        let ran = vendor.fetch(&["--from", &from]);
        assert_eq!((ran.code, &ran.out), (0, &expected), "{from}: {}", ran.err);
        let is_mixed = !from.ends_with("/mirror/");
        assert_eq!(
            ran.err.contains("left out, not one of House's CAs: \"CN=TEST Stranger\""),
            is_mixed,
            "{from}: {}",
            ran.err
        );
    }
    vendor.fetch(&["--from", "/nowhere"]).said(3, &["/nowhere: cannot be read"]);
}

#[test]
fn a_ca_that_is_missing_is_named() {
    let vendor = Vendor::new();
    let root = vendor.path("root.pem");
    fs::write(&root, vendor.root.pem()).unwrap();
    let from = root.display().to_string();
    vendor.to_file(&["--from", &from]).said(3, &["missing: TEST House Issuing", "--allow-missing"]);
    assert_eq!(vendor.bundle(), None);
    vendor.to_file(&["--from", &from, "--allow-missing"]).said(0, &[": 1 CA, ", "missing: TEST House Issuing"]);
    let issuing = vendor.path("issuing.pem");
    fs::write(&issuing, vendor.issuing.pem()).unwrap();
    vendor.to_file(&["--from", issuing.to_str().unwrap(), "--allow-missing"]).said(3, &["no usable CA"]);
}

#[test]
fn a_chain_that_does_not_verify_is_refused_though_every_pin_matches() {
    let vendor = Vendor::new();
    let foreign = Authority::root("TEST Foreign").issue_ca("TEST House Issuing");
    vendor.pin(&vendor.root.cert, &foreign.cert);
    vendor.web.serve("/House%20Issuing.crt", Page::ok(der(&foreign)));
    vendor.to_file(&[]).said(3, &["\"CN=TEST House Issuing\"", "TEST Foreign", "not in the list"]);
    let leaf = vendor.root.leaf("TEST House Issuing").issue();
    vendor.pin(&vendor.root.cert, &leaf.cert);
    vendor.web.serve("/House%20Issuing.crt", Page::ok(leaf.cert_pem()));
    vendor.to_file(&[]).said(3, &["\"CN=TEST House Issuing\" is not a CA"]);
    assert_eq!(vendor.bundle(), None);
}

#[test]
fn an_old_generation_is_written_with_what_it_needs() {
    let vendor = Vendor::new();
    let old =
        Certificate::ca("TEST House Root").key(Key::Rsa(1024)).digest(Digest::Sha1).days(-5000, -30).issue_authority();
    let below = old.ca("TEST House Issuing").issue_authority();
    vendor.pin(&old.cert, &below.cert);
    vendor.web.serve("/House%20Root.crt", Page::ok(der(&old)));
    vendor.web.serve("/House%20Issuing.crt", Page::ok(der(&below)));
    let words =
        ["\"CN=TEST House Root\" is below security level 2", "seclevel=0 in MTLSProtectVendor house", "expired=allow"];
    vendor.to_file(&[]).said(0, &words);
}

#[test]
fn a_redirect_is_followed_and_what_it_leads_to_must_match() {
    let vendor = Vendor::new();
    let to =
        |place: &str| Page::with_fields("302 Found", &format!("Location: {place}\r\nContent-Length: 0"), Vec::new());
    vendor.web.serve("/moved", Page::ok(der(&vendor.root)));
    vendor.web.serve("/House%20Root.crt", to("/moved"));
    vendor.to_file(&[]).said(0, &["2 CAs"]);
    let bundle = vendor.bundle().unwrap();
    vendor.web.serve("/moved", Page::ok(der(&Authority::root("TEST House Root"))));
    vendor.to_file(&[]).said(3, &["is named TEST House Root but is not House's"]);
    for place in ["/House%20Root.crt", "ftp://127.0.0.1/x", "file:///etc/passwd", "http://"] {
        vendor.web.serve("/House%20Root.crt", to(place));
        vendor.to_file(&[]).said(3, &["House%20Root.crt: cannot be downloaded"]);
    }
    assert_eq!(vendor.bundle().unwrap(), bundle);
    assert!(vendor.web.asked.lock().unwrap().len() < 20, "an endless redirect ends");
}

#[test]
fn what_a_server_sends_does_not_reach_the_terminal_as_it_is() {
    let vendor = Vendor::new();
    vendor.web.serve("/House%20Root.crt", Page::ok(b"\x1b[2J\x1b]0;owned\x07".to_vec()));
    let page = vendor.fetch(&[]);
    page.said(3, &["it begins with \"%1B[2J"]);
    let hostile = Certificate::ca(Subject::cn(b"\x1b[2J\nmtlsprotect: all is well")).issue_authority();
    vendor.web.serve("/all", Page::ok([vendor.root.pem(), vendor.issuing.pem(), hostile.pem()].concat()));
    let stranger = vendor.fetch(&["--from", &vendor.web.url("/all")]);
    stranger.said(0, &["left out, not one of House's CAs: \"CN=%1B[2J%0Amtlsprotect"]);
    for ran in [page, stranger] {
        assert!(!ran.err.contains('\x1b') && !ran.out.contains('\x1b'), "{ran:?}");
    }
}

#[test]
fn a_name_that_is_anybodys_is_the_vendors_only_with_its_organization() {
    let vendor = Vendor::new();
    let file = vendor.path("vendors.toml");
    let pinned = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        pinned.replace("name = \"TEST House Root\"", "name = \"TEST House Root\", organization = \"Makers\""),
    )
    .unwrap();
    let folder = vendor.path("cas");
    fs::create_dir(&folder).unwrap();
    // the vendor's own, which is known by its pin, says no organization: a name is only asked where no pin matches
    fs::write(folder.join("a.pem"), [vendor.root.pem(), vendor.issuing.pem()].concat()).unwrap();
    let root_of = |organization: &[u8]| {
        let subject = Subject::cn(b"TEST House Root").and(ORGANIZATION, StringType::Utf8, organization);
        Certificate::ca(subject).issue_authority().pem()
    };
    let from = folder.display().to_string();
    fs::write(folder.join("b.pem"), root_of(b"Example")).unwrap();
    vendor.fetch(&["--from", &from]).said(0, &["left out, not one of House's CAs: \"CN=TEST House Root, O=Example\""]);
    fs::write(folder.join("b.pem"), root_of(b"MAKERS Inc.")).unwrap();
    vendor.fetch(&["--from", &from]).said(3, &["b.pem: is named TEST House Root but is not House's"]);
}

#[test]
fn the_systems_proxy_is_asked() {
    let (vendor, proxy) = (Vendor::new(), Web::start());
    proxy.serve("/House%20Root.crt", Page::ok(der(&vendor.root)));
    proxy.serve("/House%20Issuing.crt", Page::ok(der(&vendor.issuing)));
    let vendors = vendor.path("vendors.toml");
    let arguments =
        ["ca", "fetch", "house", "--vendors", vendors.to_str().unwrap(), "--from", "http://mirror.invalid/"];
    let ran = run_through(Some(&proxy.url("")), arguments);
    let asked = proxy.asked.lock().unwrap().clone();
    assert_eq!(ran.code, 0, "{ran:?} {asked:?}");
    assert!(asked.iter().any(|target| target.contains("mirror.invalid")), "{asked:?}");
}

#[test]
fn a_vendor_that_nobody_knows_or_publishes() {
    run(["ca", "fetch", "acme"]).said(2, &["\"acme\" is not a known vendor", "poly, yealink"]);
    run(["ca", "fetch", "yealink"]).said(2, &["it is not known where Yealink publishes", "--from"]);
    run(["ca", "fetch", "cisco"]).said(2, &["no CA of Cisco SPA and MPP is known by its digest"]);
    let vendor = Vendor::new();
    fs::write(vendor.path("vendors.toml"), "[[vendor]]\nname = \"house\"\nca = [{ name = \"x\", sha256 = \"12\" }]\n")
        .unwrap();
    vendor.fetch(&[]).said(3, &["\"12\" is not a SHA-256"]);
    fs::write(vendor.path("vendors.toml"), "nonsense").unwrap();
    vendor.fetch(&[]).said(3, &["is not a list of vendors"]);
}

#[test]
fn polys_name_does_not_make_a_ca_polys() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("poly.pem");
    fs::write(&file, Authority::root("Polycom Root CA").pem()).unwrap();
    run(["ca", "fetch", "poly", "--from", file.to_str().unwrap()])
        .said(3, &["is named Polycom Root CA but is not Poly"]);
    fs::write(&file, Poly::shared().bundle_pem()).unwrap();
    run(["ca", "fetch", "poly", "--from", file.to_str().unwrap()])
        .said(3, &["missing: Polycom Root CA, Polycom Equipment"]);
}

/// Vendors and how many of their CAs operators collect.
const VENDORS: [(&str, usize); 6] =
    [("poly", 4), ("yealink", 3), ("grandstream", 3), ("snom", 2), ("algo", 3), ("panasonic", 2)];

#[test]
fn cas_that_only_have_the_names_of_a_vendors_cas_make_no_bundle() {
    let folder = device_cas::look_alikes();
    for (vendor, _) in VENDORS {
        let ran = run(["ca", "fetch", vendor, "--from", folder.path().to_str().unwrap()]);
        ran.said(3, &["is named ", " but is not "]);
        assert!(!ran.out.contains("BEGIN CERTIFICATE"), "{vendor}: {ran:?}");
    }
}

mod needs_real_cas {
    use super::{Page, VENDORS, Web, X509, device_cas, fs, run};

    #[test]
    #[ignore = "needs the vendors' own CA certificates beside the checkout, in ../shared/device_ca"]
    fn the_real_cas_make_a_bundle_for_every_vendor() {
        let folder = device_cas::real();
        for (vendor, count) in VENDORS {
            let ran = run(["ca", "fetch", vendor, "--from", folder.to_str().unwrap()]);
            assert_eq!(ran.code, 0, "{vendor}: {ran:?}");
            assert_eq!(X509::stack_from_pem(ran.out.as_bytes()).unwrap().len(), count, "{vendor}");
            let is_old = ["grandstream", "panasonic"].contains(&vendor);
            assert_eq!(ran.err.contains(&format!("seclevel=0 in MTLSProtectVendor {vendor}")), is_old, "{}", ran.err);
        }
    }

    #[test]
    #[ignore = "needs the vendors' own CA certificates beside the checkout, in ../shared/device_ca"]
    fn polys_cas_come_from_a_mirror_as_poly_publishes_them() {
        let web = Web::start();
        for file in device_cas::POLY {
            let pem = fs::read(device_cas::real().join(file)).unwrap();
            let path = format!("/{}.crt", file.trim_end_matches(".pem").replace('_', "%20"));
            web.serve(&path, Page::ok(X509::from_pem(&pem).unwrap().to_der().unwrap()));
        }
        let ran = run(["ca", "fetch", "poly", "--from", &web.url("/")]);
        assert_eq!(X509::stack_from_pem(ran.out.as_bytes()).unwrap().len(), 4, "{ran:?}");
    }
}
