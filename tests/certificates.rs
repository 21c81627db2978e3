//! Whom the device CAs vouch for: what a phone's own certificate may be and what it may not.

mod judged;

use judged::{LET_IN, MAC, UNTRUSTED, judged_each_way, server};
use mtlsprotect_testkit::pki::{
    ANY_EXTENDED_KEY_USAGE, CLIENT_AUTH, KEY_AGREEMENT, KEY_CERT_SIGN, KEY_ENCIPHERMENT, SERVER_AUTH,
};
use mtlsprotect_testkit::{Authority, Certificate, Digest, Httpd, Identity, Key, Mpm, Poly, Subject};

/// A leaf of the phone's name below the first issuing CA.
fn leaf() -> Certificate {
    Poly::shared().leaf(Subject::poly(MAC))
}

/// Each certificate is judged so on TLS 1.2 and 1.3, first and resumed, and never dropped.
fn expect(httpd: &Httpd, expected: &str, cases: &[(&str, Identity)]) {
    for (name, identity) in cases {
        let found = judged_each_way(httpd, &httpd.phone(identity));
        assert_eq!(found, [expected; 4], "{name}: TLS 1.2 first, resumed, TLS 1.3 first, resumed");
    }
}

fn expect_everywhere(expected: &str, cases: &[(&str, Identity)]) {
    for mpm in Mpm::ALL {
        expect(&server(Poly::shared().bundle_pem()).mpm(mpm).start(), expected, cases);
    }
}

fn expect_once(expected: &str, cases: &[(&str, Identity)]) {
    expect(&server(Poly::shared().bundle_pem()).start(), expected, cases);
}

#[test]
fn a_ca_of_the_same_name_with_another_key_vouches_for_nobody() {
    let fake_root = Certificate::ca("TEST Polycom Root CA");
    let fake_issuing = "TEST Polycom Equipment Issuing CA 1";
    let bare_root = fake_root.clone().without_key_identifiers().issue_authority();
    let below = |root: &Authority| root.issue_ca("TEST Polycom Equipment Policy CA").issue_ca(fake_issuing);
    let bare_issuing = bare_root.ca(fake_issuing).without_key_identifiers().issue_authority();
    let own_issuing = Certificate::ca(fake_issuing).issue_authority();
    let phone = Subject::poly(MAC);
    expect_everywhere(
        UNTRUSTED,
        &[
            ("the whole chain imitated", below(&fake_root.issue_authority()).leaf(phone.clone()).issue()),
            ("no key identifiers", bare_issuing.leaf(phone.clone()).without_key_identifiers().issue()),
            ("the issuing CA as a root of its own", own_issuing.leaf(phone.clone()).issue()),
            ("only the leaf sent", own_issuing.leaf(phone.clone()).issue().without_chain()),
            (
                "only the leaf sent, no key identifiers",
                bare_issuing.leaf(phone).without_key_identifiers().issue().without_chain(),
            ),
        ],
    );
}

#[test]
fn a_leaf_signed_by_a_devices_own_key_is_refused() {
    let poly = Poly::shared();
    let device = poly.phone("0004f2bbbbbb");
    // a device that says it may sign is no CA either
    let with_usage = poly.leaf("0004f2bbbbbb").key_usage(&[KEY_CERT_SIGN]).issue();
    let without_constraints = poly.leaf("0004f2bbbbbb").basic_constraints(None).key_usage(&[]).issue();
    let below = |device: &Identity| Authority::from(device).leaf(Subject::poly(MAC)).issue();
    let mut with_device = below(&device);
    with_device.chain = [vec![device.cert.clone()], poly.issuing1.chain()].concat();
    expect_everywhere(
        UNTRUSTED,
        &[
            ("sent with the device's certificate", with_device),
            ("sent alone", below(&device).without_chain()),
            ("keyCertSign without cA", below(&with_usage)),
            ("no basicConstraints", below(&without_constraints)),
        ],
    );
}

#[test]
fn a_server_only_certificate_is_refused() {
    let server_only = leaf().extended_key_usage(&[SERVER_AUTH]).issue();
    let code_signing = leaf().extended_key_usage(&["1.3.6.1.5.5.7.3.3"]).issue();
    expect_everywhere(UNTRUSTED, &[("serverAuth", server_only), ("codeSigning", code_signing)]);
}

#[test]
fn a_phone_without_extended_key_usage_or_with_client_auth_or_any_is_let_in() {
    expect_once(
        LET_IN,
        &[
            ("none", leaf().extended_key_usage(&[]).issue()),
            ("clientAuth", leaf().extended_key_usage(&[CLIENT_AUTH]).issue()),
            ("any", leaf().extended_key_usage(&[ANY_EXTENDED_KEY_USAGE]).issue()),
            ("serverAuth and clientAuth", leaf().extended_key_usage(&[SERVER_AUTH, CLIENT_AUTH]).issue()),
        ],
    );
}

#[test]
fn an_expired_phone_gets_its_answer_and_the_reason_says_so() {
    expect_everywhere("403 expired-certificate", &[("expired", leaf().expired().issue())]);
}

#[test]
fn an_expired_certificate_of_a_wrong_ca_is_untrusted_not_expired() {
    let wrong = Authority::root("Nobody's Root").leaf(Subject::poly(MAC)).expired().issue();
    expect_once(
        UNTRUSTED,
        &[("wrong CA", wrong), ("self-signed", Certificate::leaf(Subject::poly(MAC)).expired().issue())],
    );
}

#[test]
fn a_phone_that_is_not_yet_valid_is_refused() {
    expect_once(UNTRUSTED, &[("valid from tomorrow", leaf().not_yet_valid().issue())]);
}

#[test]
fn an_rsa_1024_or_sha_1_phone_is_refused_and_its_handshake_not_dropped() {
    let weak = [
        ("RSA-1024", leaf().key(Key::Rsa(1024)).issue()),
        ("SHA-1", leaf().digest(Digest::Sha1).issue()),
        ("both", leaf().key(Key::Rsa(1024)).digest(Digest::Sha1).issue()),
        ("self-signed RSA-1024", Certificate::leaf(Subject::poly(MAC)).key(Key::Rsa(1024)).issue()),
    ];
    expect_everywhere(UNTRUSTED, &weak);
    expect_once(LET_IN, &[("RSA-2048", leaf().key(Key::Rsa(2048)).issue())]);
}

#[test]
fn an_intermediate_used_as_a_client_is_refused() {
    let poly = Poly::shared();
    let named_like_a_phone = poly.issuing1.ca(Subject::poly(MAC));
    expect_everywhere(
        UNTRUSTED,
        &[
            ("the issuing CA", poly.issuing1.as_identity()),
            ("the root", poly.root.as_identity()),
            ("a CA with a phone's name", named_like_a_phone.clone().issue()),
            ("and clientAuth", named_like_a_phone.extended_key_usage(&[CLIENT_AUTH]).issue()),
        ],
    );
}

#[test]
fn a_phone_whose_key_usage_lacks_digital_signature_is_let_in() {
    // the handshake has proven that the key signs
    expect_once(
        LET_IN,
        &[
            ("keyAgreement", leaf().key_usage(&[KEY_AGREEMENT]).issue()),
            ("keyEncipherment", leaf().key(Key::Rsa(2048)).key_usage(&[KEY_ENCIPHERMENT]).issue()),
            ("none", leaf().key_usage(&[]).issue()),
        ],
    );
}

#[test]
fn a_certificate_with_a_critical_extension_that_nobody_knows_is_refused() {
    let odd = leaf().extension("1.3.6.1.4.1.99999.1", true, &[0x05, 0x00]).issue();
    expect_once(UNTRUSTED, &[("critical", odd)]);
    let harmless = leaf().extension("1.3.6.1.4.1.99999.1", false, &[0x05, 0x00]).issue();
    expect_once(LET_IN, &[("not critical", harmless)]);
}

#[test]
fn no_handshake_is_dropped_even_without_a_certificate_or_with_a_v1_one() {
    for mpm in Mpm::ALL {
        let httpd = server(Poly::shared().bundle_pem()).mpm(mpm).start();
        let found = judged_each_way(&httpd, &httpd.client());
        assert_eq!(found, ["403 no-certificate"; 4]);
        // as Grandstream's: it can't say that it is no CA, nor what it is for
        let v1 = Certificate::leaf(Subject::poly(MAC)).version1().issue();
        assert_eq!(judged_each_way(&httpd, &httpd.phone(&v1)), [UNTRUSTED; 4]);
    }
}
