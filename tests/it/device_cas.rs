//! The device CAs that operators really collect: look-alikes of them, and they themselves where their folder lies
//! beside the checkout.

mod shape;

use crate::judged::{self, MAC, UNTRUSTED, judged_each_way};
use mtlsprotect_core::built_in::VENDORS as KNOWN;
use mtlsprotect_core::trust::fingerprint;
use mtlsprotect_testkit::device_cas::{self, FACTS, POLY};
use mtlsprotect_testkit::{Authority, Builder, Certificate, Httpd, Poly, Subject};
use openssl::asn1::Asn1Time;
use openssl::x509::X509;
use shape::shape;
use std::fs;
use std::path::Path;

/// Days before the expiry of a CA in which it is warned of.
const SOON: u32 = 180;

fn certificates(folder: &Path) -> Vec<(String, X509)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for certificate in X509::stack_from_pem(&fs::read(&path).unwrap()).unwrap() {
            all.push((name.clone(), certificate));
        }
    }
    all
}

/// All vendors' CAs as one list, by directory.
fn everything(folder: &Path) -> Builder {
    Httpd::builder()
        .with_module()
        .config(&format!("MTLSProtectCAPath \"{}\"", folder.display()))
        .config("<Directory {docroot}>\nMTLSProtect On\n</Directory>")
        .vhost("SSLVerifyClient optional_no_ca")
        .page(judged::OWN, judged::SECRET)
}

/// Poly's four as a bundle.
fn poly_bundle(folder: &Path) -> Vec<u8> {
    POLY.iter().flat_map(|name| fs::read(folder.join(name)).unwrap()).collect()
}

/// Warnings that a CA has the name of a vendor's and is another: due for each look-alike, and for none of the real ones.
fn impostors(text: &str) -> usize {
    text.lines().filter(|line| line.contains("is not the vendor's")).count()
}

fn pinned(folder: &Path) -> bool {
    folder.ends_with("shared/device_ca")
}

/// The warning about a file that says this.
fn warned<'t>(text: &'t str, file: &str, what: &str) -> Option<&'t str> {
    text.lines().find(|line| line.contains(&format!("/{file} ")) && line.contains(what))
}

fn a_directory_of_all_vendors_cas_passes_the_configtest_with_its_warnings(folder: &Path) {
    let output = everything(folder).configtest();
    let text = &output.text;
    assert!(output.ok && text.contains("Syntax OK"), "{text}");
    // an X.509 v1 leaf
    assert!(warned(text, "grandstream.pem", "is not a CA").is_some(), "{text}");
    for weak in ["GS_Gen1_CA.pem", "TGP5xx_ca.pem"] {
        assert!(warned(text, weak, "below security level 2").is_some(), "{weak}: {text}");
    }
    for fine in POLY.into_iter().chain(["GS_Gen2_CA.pem", "snom_sha2_root.crt", "Yealink_Root_CA.crt", "algo_ca.crt"]) {
        assert_eq!(warned(text, fine, "below security level"), None, "{fine}");
        assert_eq!(warned(text, fine, "is not a CA"), None, "{fine}");
        assert_eq!(warned(text, fine, "does not verify"), None, "{fine}");
    }
    let vendors =
        text.lines().find(|line| line.contains("roots of several vendors")).unwrap_or_else(|| panic!("{text}"));
    for vendor in ["algo", "grandstream", "panasonic", "poly", "snom", "yealink"] {
        assert!(vendors.contains(vendor), "{vendor}: {vendors}");
    }
}

fn the_directorys_cas_that_expire_soon_are_named_and_no_others(folder: &Path) {
    let output = everything(folder).configtest();
    assert!(output.ok, "{}", output.text);
    let text = &output.text;
    let (today, soon) = (Asn1Time::days_from_now(0).unwrap(), Asn1Time::days_from_now(SOON).unwrap());
    for (file, certificate) in certificates(folder).iter().filter(|(file, _)| file != "grandstream.pem") {
        let until = certificate.not_after();
        let (expired, expires) = (warned(text, file, "has expired"), warned(text, file, "expires in"));
        assert_eq!(expired.is_some(), until < &*today, "{file} until {until}: {text}");
        assert_eq!(expires.is_some(), until >= &*today && until < &*soon, "{file} until {until}: {text}");
    }
}

fn a_server_with_all_vendors_cas_starts_and_lets_no_stranger_in(folder: &Path) {
    let httpd = everything(folder).start();
    // one of the files is no CA's
    httpd.wait_for_log(&format!("cas={} ", certificates(folder).len() - 1));
    strangers_are_refused(&httpd, folder);
}

fn polys_four_cas_as_a_bundle_serve_over_tls_and_say_what_they_are(folder: &Path) {
    let output = judged::server(poly_bundle(folder)).configtest();
    assert!(output.ok, "{}", output.text);
    let odd = output.text.lines().filter(|line| line.contains("device CA")).count();
    assert_eq!(odd, if pinned(folder) { 0 } else { POLY.len() }, "nothing else is odd about them: {}", output.text);
    assert_eq!(impostors(&output.text), odd, "{}", output.text);
    let httpd = judged::server(poly_bundle(folder)).start();
    let notice = httpd.wait_for_log("mode=On");
    for part in ["vendors=poly ", "cas=4 ", "earliest-expiry='Mar  9 19:02:13 2039 GMT'", "other-files=device"] {
        assert!(notice.contains(part), "{part}: {notice}");
    }
    strangers_are_refused(&httpd, folder);
}

/// A vendor's line for the files of each vendor, with the keys that its CAs need.
const VENDORS: [(&str, &[&str], &str); 6] = [
    ("poly", &POLY, ""),
    ("yealink", &["Yealink_Root_CA.crt", "Yealink_Manufacturing_CA.crt", "Yealink_Equipment_Issuing_CA.crt"], ""),
    (
        "grandstream",
        &["GS_Gen1_CA.pem", "GS_Gen2_CA.pem", "grandstreamCA.pem", "grandstream.pem"],
        "seclevel=0 expired=allow",
    ),
    ("snom", &["snom_sha2_root.crt", "snom_sha2_intermediate.crt"], ""),
    ("algo", &["algo_ca.crt", "algo_intermediate.crt", "algo_issuing.crt"], ""),
    ("panasonic", &["TGP5xx_ca.pem", "TGP600_ca.pem"], "seclevel=0 identity=none"),
];

/// All eighteen files, a list for each vendor.
fn vendors(folder: &Path) -> Builder {
    let builder = Httpd::builder()
        .with_module()
        .config("<Directory {docroot}>\nMTLSProtect On\n</Directory>")
        .vhost("SSLVerifyClient optional_no_ca")
        .page(judged::OWN, judged::SECRET);
    VENDORS.iter().fold(builder, |mut builder, (vendor, files, keys)| {
        for file in *files {
            builder = builder.file(&format!("{vendor}/{file}"), fs::read(folder.join(file)).unwrap());
        }
        builder.config(&format!("MTLSProtectVendor {vendor} ca={vendor} {keys}"))
    })
}

fn all_cas_as_vendors_pass_with_the_warnings_that_are_due(folder: &Path) {
    let named: usize = VENDORS.iter().map(|(_, files, _)| files.len()).sum();
    assert_eq!(named, fs::read_dir(folder).unwrap().count(), "a file that no vendor has");
    let output = vendors(folder).configtest();
    let text = &output.text;
    assert!(output.ok && text.contains("Syntax OK"), "{text}");
    let not_a_ca = warned(text, "grandstream.pem", "is not a CA").unwrap_or_else(|| panic!("{text}"));
    assert!(not_a_ca.contains("of grandstream '") && not_a_ca.contains("(until 2038-01-11)"), "{not_a_ca}");
    // Yealink's issuing CA is self-signed with SHA-1, which OpenSSL does not look at in a root
    for file in ["GS_Gen1_CA.pem", "TGP5xx_ca.pem", "TGP600_ca.pem"] {
        assert_eq!(warned(text, file, "below security level"), None, "{file}: {text}");
    }
    assert_eq!(impostors(text), if pinned(folder) { 0 } else { named - 1 }, "{text}");
    assert!(!text.contains("several vendors"), "{text}");
    let httpd = vendors(folder).start();
    let notice = httpd.wait_for_log("mode=On");
    assert!(notice.contains("vendors=poly,yealink,grandstream,snom,algo,panasonic cas=17 "), "{notice}");
    strangers_are_refused(&httpd, folder);
}

fn a_ca_that_only_has_polys_name_is_warned_of(folder: &Path) {
    let impostor = Authority::root("Polycom Root CA");
    let output = judged::server([poly_bundle(folder), impostor.pem()].concat()).configtest();
    assert!(output.ok, "{}", output.text);
    let others = if pinned(folder) { 0 } else { POLY.len() };
    assert_eq!(impostors(&output.text), others + 1, "{}", output.text);
    let named = |line: &&str| line.contains("is named Polycom Root CA but is not the vendor's");
    assert_eq!(output.text.lines().filter(named).count(), others.min(1) + 1, "{}", output.text);
}

/// Imitators of each of Poly's CAs in the folder: its name, another key.
fn strangers_are_refused(httpd: &Httpd, folder: &Path) {
    let mut strangers = vec![judged::self_signed(), judged::from_a_wrong_ca(), Poly::shared().phone(MAC)];
    for (_, real) in certificates(folder).iter().filter(|(file, _)| POLY.contains(&file.as_str())) {
        let cn = real.subject_name().entries_by_nid(openssl::nid::Nid::COMMONNAME).next().unwrap();
        let fake = Certificate::ca(Subject::cn(cn.data().as_slice())).issue_authority();
        strangers.push(fake.leaf(Subject::poly(MAC)).issue());
        // and with the one of the list sent along
        let mut with_real = Authority::leaf(&fake, Subject::poly(MAC)).without_key_identifiers().issue();
        with_real.chain = vec![real.clone()];
        strangers.push(with_real);
    }
    for stranger in &strangers {
        let found = judged_each_way(httpd, &httpd.phone(stranger));
        assert_eq!(found, [UNTRUSTED; 4], "issued by {:?}", stranger.cert.issuer_name());
    }
}

#[test]
fn every_ca_of_the_table_is_one_that_is_known_by_its_digest() {
    let pins: Vec<String> =
        KNOWN.iter().flat_map(|vendor| vendor.cas).filter_map(|ca| ca.sha256).map(|pin| pin.to_string()).collect();
    for facts in FACTS.iter().filter(|facts| facts.extensions.is_some()) {
        assert!(pins.contains(&facts.sha256.to_owned()), "{}", facts.file);
    }
}

/// Each of these with look-alikes, and with the real ones.
macro_rules! with_both {
    ($($name:ident,)+) => {
        mod look_alikes {
            $(#[test]
            fn $name() {
                super::$name(super::device_cas::look_alikes().path());
            })+
        }

        mod needs_real_cas {
            use super::{FACTS, certificates, device_cas, fingerprint, shape};
            use mtlsprotect_testkit::Key;

            $(#[test]
            #[ignore = "needs the vendors' own CA certificates beside the checkout, in ../shared/device_ca"]
            fn $name() {
                super::$name(&super::device_cas::real());
            })+

            #[test]
            #[ignore = "needs the vendors' own CA certificates beside the checkout, in ../shared/device_ca"]
            fn the_look_alikes_differ_in_their_keys_alone() {
                let folder = device_cas::look_alikes();
                let mut real = certificates(&device_cas::real());
                let mut alike = certificates(folder.path());
                real.sort_by(|one, other| one.0.cmp(&other.0));
                alike.sort_by(|one, other| one.0.cmp(&other.0));
                assert_eq!((real.len(), alike.len()), (FACTS.len(), FACTS.len()));
                for (((file, real), (_, alike)), facts) in real.iter().zip(&alike).zip(&FACTS) {
                    assert_eq!(file, facts.file);
                    assert_eq!(shape(real), shape(alike), "{file}");
                    assert_eq!(fingerprint(&real).unwrap().to_string(), facts.sha256, "{file}");
                    let bits = real.public_key().unwrap().bits();
                    assert_eq!(bits, match facts.key { Key::Rsa(bits) => bits, Key::P384 => 384, Key::P256 => 256 }, "{file}");
                }
            }
        }
    };
}

with_both! {
    a_directory_of_all_vendors_cas_passes_the_configtest_with_its_warnings,
    the_directorys_cas_that_expire_soon_are_named_and_no_others,
    a_server_with_all_vendors_cas_starts_and_lets_no_stranger_in,
    polys_four_cas_as_a_bundle_serve_over_tls_and_say_what_they_are,
    all_cas_as_vendors_pass_with_the_warnings_that_are_due,
    a_ca_that_only_has_polys_name_is_warned_of,
}
