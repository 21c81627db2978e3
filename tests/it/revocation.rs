//! Phones whose CA has taken their certificate back.

use crate::judged::{self, LET_IN, MAC, OWN, judged_each_way, server};
use mtlsprotect_testkit::{Authority, Builder, Crl, Httpd, Identity, Poly};

const REVOKED: &str = "403 revoked-certificate";

fn with_crl(crl: impl AsRef<[u8]>) -> Builder {
    server(Poly::shared().bundle_pem()).file("ca.crl", crl).config("MTLSProtectCRLFile ca.crl")
}

fn revoking(phone: &Identity) -> Crl {
    Crl::of(&Poly::shared().issuing1).revoke(&phone.cert)
}

#[test]
fn a_revoked_phone_is_refused_and_its_neighbour_served() {
    let (stolen, other) = (Poly::shared().phone(MAC), Poly::shared().phone(MAC));
    for crl in [revoking(&stolen).pem(), revoking(&stolen).to_der()] {
        let httpd = with_crl(crl).start();
        assert_eq!(judged_each_way(&httpd, &httpd.phone(&stolen)), [REVOKED; 4]);
        assert_eq!(judged_each_way(&httpd, &httpd.phone(&other)), [LET_IN; 4]);
        let line = httpd.wait_for_log("denied reason=revoked-certificate");
        assert!(
            line.contains("why='the certificate of O=Polycom Inc., CN=0004F2AAAAAA has been revoked by CN=TEST"),
            "{line}"
        );
    }
}

#[test]
fn phones_below_a_revoked_ca_are_refused() {
    let poly = Poly::shared();
    let httpd = with_crl(Crl::of(&poly.policy).revoke(&poly.issuing1.cert).pem()).start();
    assert_eq!(judged_each_way(&httpd, &httpd.phone(&poly.phone(MAC))), [REVOKED; 4]);
    assert_eq!(judged_each_way(&httpd, &httpd.phone(&poly.issuing2.device(MAC))), [LET_IN; 4]);
    httpd.wait_for_log("has been revoked by its issuer");
}

#[test]
fn a_renewed_crl_is_read_on_a_graceful_restart_also_for_sessions_from_before() {
    let phone = Poly::shared().phone(MAC);
    let mut httpd = with_crl(Crl::of(&Poly::shared().issuing1).pem()).start();
    let client = httpd.phone(&phone).tls12();
    let mut before = client.connect().unwrap();
    assert_eq!(before.get(OWN).unwrap().status, 200);
    let session = judged::copy_of(&before.session());
    std::fs::write(httpd.root().join("ca.crl"), revoking(&phone).pem()).unwrap();
    httpd.graceful();
    assert_eq!(judged_each_way(&httpd, &httpd.phone(&phone)), [REVOKED; 4]);
    let mut again = client.resume(&session).connect().unwrap();
    assert_eq!(judged::judged_on(&httpd, &mut again), REVOKED);
}

#[test]
fn a_crl_past_its_next_update_is_warned_of_and_still_counts() {
    let stolen = Poly::shared().phone(MAC);
    let httpd = with_crl(revoking(&stolen).days(-60, -30).pem()).start();
    assert_eq!(judged_each_way(&httpd, &httpd.phone(&stolen)), [REVOKED; 4]);
    let line = httpd.wait_for_log("past its nextUpdate");
    assert!(line.contains("TEST Polycom Equipment Issuing CA 1") && line.contains("entries still count"), "{line}");
}

#[test]
fn a_vendors_own_crl_counts_for_its_list() {
    let stolen = Poly::shared().phone(MAC);
    let httpd = Httpd::builder()
        .with_module()
        .file("poly.pem", Poly::shared().bundle_pem())
        .file("poly.crl", revoking(&stolen).pem())
        .config("MTLSProtectVendor poly ca=poly.pem crl=poly.crl")
        .config("<Directory {docroot}>\nMTLSProtect On\n</Directory>")
        .vhost("SSLVerifyClient optional_no_ca")
        .page(OWN, judged::SECRET)
        .start();
    assert_eq!(judged_each_way(&httpd, &httpd.phone(&stolen)), [REVOKED; 4]);
    assert_eq!(judged_each_way(&httpd, &httpd.phone(&Poly::shared().phone(MAC))), [LET_IN; 4]);
}

#[test]
fn a_crl_that_no_ca_of_the_list_signed_is_an_error_at_startup() {
    let forged = Authority::root("TEST Polycom Equipment Issuing CA 1");
    for crl in [Crl::of(&Authority::root("TEST Nobody")), Crl::of(&forged)] {
        let output = with_crl(crl.pem()).configtest();
        assert!(!output.ok && output.text.contains("not signed by any CA in the list"), "{}", output.text);
        assert!(output.text.contains("httpd.conf:") && output.text.contains("ca.crl"), "{}", output.text);
    }
    for damaged in ["", "garbage"] {
        let output = with_crl(damaged).configtest();
        assert!(!output.ok && output.text.contains("not a CRL in PEM or DER"), "{}", output.text);
        assert!(output.text.contains("httpd.conf") && output.text.contains("ca.crl"), "{}", output.text);
    }
}

#[test]
fn a_revoked_phone_is_refused_by_a_second_list_that_has_the_root_alone() {
    let poly = Poly::shared();
    let (stolen, other) = (poly.phone(MAC), poly.phone(MAC));
    let second = ["MTLSProtectVendor second ca=root.pem oui=ddeeff", "MTLSProtectCAFile root.pem"];
    for second in second {
        let httpd = Httpd::builder()
            .with_module()
            .file("poly.pem", poly.bundle_pem())
            .file("root.pem", poly.root_pem())
            .file("poly.crl", revoking(&stolen).pem())
            .config("MTLSProtectVendor first ca=poly.pem crl=poly.crl oui=aabbcc")
            .config(second)
            .config("<Directory {docroot}>\nMTLSProtect On\n</Directory>")
            .vhost("SSLVerifyClient optional_no_ca")
            .page(OWN, judged::SECRET)
            .start();
        assert_eq!(judged_each_way(&httpd, &httpd.phone(&stolen)), [REVOKED; 4], "{second}");
        assert_eq!(judged_each_way(&httpd, &httpd.phone(&other)), [LET_IN; 4], "{second}");
    }
}
