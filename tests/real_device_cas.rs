//! The device CAs that operators really collect, where the folder of them lies beside the checkout.

mod judged;

use judged::{MAC, UNTRUSTED, judged_each_way};
use mtlsprotect_testkit::{Authority, Builder, Certificate, Httpd, Poly, Subject};
use openssl::asn1::Asn1Time;
use openssl::x509::X509;
use std::fs;
use std::path::{Path, PathBuf};

const POLY: [&str; 4] = [
    "Polycom_Root_CA.pem",
    "Polycom_Equipment_Policy_CA.pem",
    "Polycom_Equipment_Issuing_CA_1.pem",
    "Polycom_Equipment_Issuing_CA_2.pem",
];
/// Days before the expiry of a CA in which it is warned of.
const SOON: u32 = 180;

/// The folder; none, with a note, where it isn't.
fn device_cas() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/device_ca");
    if folder.is_dir() {
        return Some(folder.canonicalize().expect("an existing folder has a path"));
    }
    println!("skipped: there is no {}", folder.display());
    None
}

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
fn poly_bundle(folder: &Path) -> Builder {
    let bundle: Vec<u8> = POLY.iter().flat_map(|name| fs::read(folder.join(name)).unwrap()).collect();
    judged::server(bundle)
}

/// The warning about a file that says this.
fn warned<'t>(text: &'t str, file: &str, what: &str) -> Option<&'t str> {
    text.lines().find(|line| line.contains(&format!("/{file} ")) && line.contains(what))
}

#[test]
fn a_directory_of_all_vendors_cas_passes_the_configtest_with_its_warnings() {
    let Some(folder) = device_cas() else { return };
    let output = everything(&folder).configtest();
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

#[test]
fn the_directorys_cas_that_expire_soon_are_named_and_no_others() {
    let Some(folder) = device_cas() else { return };
    let output = everything(&folder).configtest();
    assert!(output.ok, "{}", output.text);
    let text = &output.text;
    let (today, soon) = (Asn1Time::days_from_now(0).unwrap(), Asn1Time::days_from_now(SOON).unwrap());
    for (file, certificate) in certificates(&folder).iter().filter(|(file, _)| file != "grandstream.pem") {
        let until = certificate.not_after();
        let (expired, expires) = (warned(text, file, "has expired"), warned(text, file, "expires in"));
        assert_eq!(expired.is_some(), until < &*today, "{file} until {until}: {text}");
        assert_eq!(expires.is_some(), until >= &*today && until < &*soon, "{file} until {until}: {text}");
    }
}

#[test]
fn a_server_with_all_vendors_cas_starts_and_lets_no_stranger_in() {
    let Some(folder) = device_cas() else { return };
    let httpd = everything(&folder).start();
    // one of the files is no CA's
    httpd.wait_for_log(&format!("cas={} ", certificates(&folder).len() - 1));
    strangers_are_refused(&httpd, &folder);
}

#[test]
fn polys_four_cas_as_a_bundle_serve_over_tls_and_say_what_they_are() {
    let Some(folder) = device_cas() else { return };
    let output = poly_bundle(&folder).configtest();
    assert!(output.ok, "{}", output.text);
    assert!(!output.text.contains("device CA"), "nothing is odd about them: {}", output.text);
    let httpd = poly_bundle(&folder).start();
    let notice = httpd.wait_for_log("mode=On");
    for part in ["vendors=poly ", "cas=4 ", "earliest-expiry='Mar  9 19:02:13 2039 GMT'", "other-files=device"] {
        assert!(notice.contains(part), "{part}: {notice}");
    }
    strangers_are_refused(&httpd, &folder);
}

/// A vendor's line for the real files of each vendor, with the keys that its CAs need.
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

#[test]
fn all_real_cas_as_vendors_pass_with_the_warnings_that_are_due() {
    let Some(folder) = device_cas() else { return };
    let named: usize = VENDORS.iter().map(|(_, files, _)| files.len()).sum();
    assert_eq!(named, fs::read_dir(&folder).unwrap().count(), "a file that no vendor has");
    let output = vendors(&folder).configtest();
    let text = &output.text;
    assert!(output.ok && text.contains("Syntax OK"), "{text}");
    let not_a_ca = warned(text, "grandstream.pem", "is not a CA").unwrap_or_else(|| panic!("{text}"));
    assert!(not_a_ca.contains("of grandstream '") && not_a_ca.contains("(until 2038-01-11)"), "{not_a_ca}");
    // Yealink's issuing CA is self-signed with SHA-1, which OpenSSL does not look at in a root
    for file in ["GS_Gen1_CA.pem", "TGP5xx_ca.pem", "TGP600_ca.pem"] {
        assert_eq!(warned(text, file, "below security level"), None, "{file}: {text}");
    }
    // they are what their names say
    assert!(!text.contains("is not the vendor's"), "{text}");
    assert!(!text.contains("several vendors"), "{text}");
    let httpd = vendors(&folder).start();
    let notice = httpd.wait_for_log("mode=On");
    assert!(notice.contains("vendors=poly,yealink,grandstream,snom,algo,panasonic cas=17 "), "{notice}");
    strangers_are_refused(&httpd, &folder);
}

#[test]
fn a_ca_that_only_has_polys_name_is_warned_of() {
    let Some(folder) = device_cas() else { return };
    let impostor = Authority::root("Polycom Root CA");
    let bundle: Vec<u8> = POLY.iter().flat_map(|name| fs::read(folder.join(name)).unwrap()).collect();
    let output = judged::server([bundle, impostor.pem()].concat()).configtest();
    assert!(output.ok, "{}", output.text);
    let lines: Vec<&str> = output.text.lines().filter(|line| line.contains("is not the vendor's")).collect();
    assert!(lines.len() == 1 && lines[0].contains("named Polycom Root CA"), "{}", output.text);
}

/// Imitators of each real CA: its name, another key.
fn strangers_are_refused(httpd: &Httpd, folder: &Path) {
    let mut strangers = vec![judged::self_signed(), judged::from_a_wrong_ca(), Poly::shared().phone(MAC)];
    for (_, real) in certificates(folder).iter().filter(|(file, _)| POLY.contains(&file.as_str())) {
        let cn = real.subject_name().entries_by_nid(openssl::nid::Nid::COMMONNAME).next().unwrap();
        let fake = Certificate::ca(Subject::cn(cn.data().as_slice())).issue_authority();
        strangers.push(fake.leaf(Subject::poly(MAC)).issue());
        // and with the real one sent along
        let mut with_real = Authority::leaf(&fake, Subject::poly(MAC)).without_key_identifiers().issue();
        with_real.chain = vec![real.clone()];
        strangers.push(with_real);
    }
    for stranger in &strangers {
        let found = judged_each_way(httpd, &httpd.phone(stranger));
        assert_eq!(found, [UNTRUSTED; 4], "issued by {:?}", stranger.cert.issuer_name());
    }
}
