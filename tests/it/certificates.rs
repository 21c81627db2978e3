//! Whom the device CAs vouch for: what a phone's own certificate may be and what it may not.

use crate::judged::{LET_IN, MAC, UNTRUSTED, judged_each_way, server};
use mtlsprotect_testkit::cases::certificates;
use mtlsprotect_testkit::{Certificate, Httpd, Identity, Key, Mpm, Poly, Subject};

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
    expect_everywhere(UNTRUSTED, &certificates::same_names());
}

#[test]
fn a_leaf_signed_by_a_devices_own_key_is_refused() {
    expect_everywhere(UNTRUSTED, &certificates::signed_by_devices());
}

#[test]
fn a_server_only_certificate_is_refused() {
    expect_everywhere(UNTRUSTED, &certificates::not_for_clients());
}

#[test]
fn a_phone_without_extended_key_usage_or_with_client_auth_or_any_is_let_in() {
    expect_once(LET_IN, &certificates::for_clients());
}

#[test]
fn an_expired_phone_gets_its_answer_and_the_reason_says_so() {
    expect_everywhere("403 expired-certificate", &certificates::expired());
}

#[test]
fn an_expired_certificate_of_a_wrong_ca_is_untrusted_not_expired() {
    expect_once(UNTRUSTED, &certificates::expired_strangers());
}

#[test]
fn a_phone_that_is_not_yet_valid_is_refused() {
    expect_once(UNTRUSTED, &certificates::not_yet_valid());
}

#[test]
fn an_rsa_1024_or_sha_1_phone_is_refused_and_its_handshake_not_dropped() {
    expect_everywhere(UNTRUSTED, &certificates::weak());
    expect_once(LET_IN, &[("RSA-2048", leaf().key(Key::Rsa(2048)).issue())]);
}

#[test]
fn an_intermediate_used_as_a_client_is_refused() {
    expect_everywhere(UNTRUSTED, &certificates::cas());
}

#[test]
fn a_phone_whose_key_usage_lacks_digital_signature_is_let_in() {
    expect_once(LET_IN, &certificates::odd_key_usages());
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
