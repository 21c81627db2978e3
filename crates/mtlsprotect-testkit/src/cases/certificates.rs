//! Certificates for the phone 0004f2aaaaaa, beside Poly's four CAs.

use crate::pki::{ANY_EXTENDED_KEY_USAGE, CLIENT_AUTH, KEY_AGREEMENT, KEY_CERT_SIGN, KEY_ENCIPHERMENT, SERVER_AUTH};
use crate::{Authority, Certificate, Digest, Identity, Key, Poly, Subject};

/// The phone that attackers want to be.
const MAC: &str = "0004f2aaaaaa";

/// What it is called in a message, and what the client shows.
pub type Cases = Vec<(&'static str, Identity)>;

/// A leaf of the phone's name below the first issuing CA.
fn leaf() -> Certificate {
    Poly::shared().leaf(Subject::poly(MAC))
}

/// CAs of the right names with other keys.
pub fn same_names() -> Cases {
    let fake_root = Certificate::ca("TEST Polycom Root CA");
    let fake_issuing = "TEST Polycom Equipment Issuing CA 1";
    let bare_root = fake_root.clone().without_key_identifiers().issue_authority();
    let below = |root: &Authority| root.issue_ca("TEST Polycom Equipment Policy CA").issue_ca(fake_issuing);
    let bare_issuing = bare_root.ca(fake_issuing).without_key_identifiers().issue_authority();
    let own_issuing = Certificate::ca(fake_issuing).issue_authority();
    let phone = Subject::poly(MAC);
    vec![
        ("the whole chain imitated", below(&fake_root.issue_authority()).leaf(phone.clone()).issue()),
        ("no key identifiers", bare_issuing.leaf(phone.clone()).without_key_identifiers().issue()),
        ("the issuing CA as a root of its own", own_issuing.leaf(phone.clone()).issue()),
        ("only the leaf sent", own_issuing.leaf(phone.clone()).issue().without_chain()),
        (
            "only the leaf sent, no key identifiers",
            bare_issuing.leaf(phone).without_key_identifiers().issue().without_chain(),
        ),
    ]
}

/// Signed by phones, who issue nothing.
pub fn signed_by_devices() -> Cases {
    let poly = Poly::shared();
    let device = poly.phone("0004f2bbbbbb");
    // a device that says it may sign is no CA either
    let with_usage = poly.leaf("0004f2bbbbbb").key_usage(&[KEY_CERT_SIGN]).issue();
    let without_constraints = poly.leaf("0004f2bbbbbb").basic_constraints(None).key_usage(&[]).issue();
    let below = |device: &Identity| Authority::from(device).leaf(Subject::poly(MAC)).issue();
    let mut with_device = below(&device);
    with_device.chain = [vec![device.cert.clone()], poly.issuing1.chain()].concat();
    vec![
        ("sent with the device's certificate", with_device),
        ("sent alone", below(&device).without_chain()),
        ("keyCertSign without cA", below(&with_usage)),
        ("no basicConstraints", below(&without_constraints)),
    ]
}

/// For another use than a TLS client.
pub fn not_for_clients() -> Cases {
    let server_only = leaf().extended_key_usage(&[SERVER_AUTH]).issue();
    let code_signing = leaf().extended_key_usage(&["1.3.6.1.5.5.7.3.3"]).issue();
    vec![("serverAuth", server_only), ("codeSigning", code_signing)]
}

/// For TLS clients, or for anything.
pub fn for_clients() -> Cases {
    vec![
        ("none", leaf().extended_key_usage(&[]).issue()),
        ("clientAuth", leaf().extended_key_usage(&[CLIENT_AUTH]).issue()),
        ("any", leaf().extended_key_usage(&[ANY_EXTENDED_KEY_USAGE]).issue()),
        ("serverAuth and clientAuth", leaf().extended_key_usage(&[SERVER_AUTH, CLIENT_AUTH]).issue()),
    ]
}

/// Right but for the day.
pub fn expired() -> Cases {
    vec![("expired", leaf().expired().issue())]
}

/// Expired, and of nobody that counts.
pub fn expired_strangers() -> Cases {
    let wrong = Authority::root("Nobody's Root").leaf(Subject::poly(MAC)).expired().issue();
    vec![("wrong CA", wrong), ("self-signed", Certificate::leaf(Subject::poly(MAC)).expired().issue())]
}

/// From tomorrow on.
pub fn not_yet_valid() -> Cases {
    vec![("valid from tomorrow", leaf().not_yet_valid().issue())]
}

/// CAs as clients.
pub fn cas() -> Cases {
    let poly = Poly::shared();
    let named_like_a_phone = poly.issuing1.ca(Subject::poly(MAC));
    vec![
        ("the issuing CA", poly.issuing1.as_identity()),
        ("the root", poly.root.as_identity()),
        ("a CA with a phone's name", named_like_a_phone.clone().issue()),
        ("and clientAuth", named_like_a_phone.extended_key_usage(&[CLIENT_AUTH]).issue()),
    ]
}

/// Key usages that the handshake has proven wrong.
pub fn odd_key_usages() -> Cases {
    vec![
        ("keyAgreement", leaf().key_usage(&[KEY_AGREEMENT]).issue()),
        ("keyEncipherment", leaf().key(Key::Rsa(2048)).key_usage(&[KEY_ENCIPHERMENT]).issue()),
        ("none", leaf().key_usage(&[]).issue()),
    ]
}

/// Keys and digests below security level 2.
pub fn weak() -> Cases {
    vec![
        ("RSA-1024", leaf().key(Key::Rsa(1024)).issue()),
        ("SHA-1", leaf().digest(Digest::Sha1).issue()),
        ("both", leaf().key(Key::Rsa(1024)).digest(Digest::Sha1).issue()),
        ("self-signed RSA-1024", Certificate::leaf(Subject::poly(MAC)).key(Key::Rsa(1024)).issue()),
    ]
}

/// All of them, right ones and wrong ones, and a bare phone.
pub fn all() -> Cases {
    let all = [
        vec![("a phone", leaf().issue()), ("without its intermediates", leaf().issue().without_chain())],
        same_names(),
        signed_by_devices(),
        not_for_clients(),
        for_clients(),
        expired(),
        expired_strangers(),
        not_yet_valid(),
        weak(),
        cas(),
        odd_key_usages(),
    ];
    all.into_iter().flatten().collect()
}
