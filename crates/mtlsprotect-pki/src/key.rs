//! Key pairs and digests.

use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, PKeyRef, Private};
use openssl::rsa::Rsa;

use crate::der;

/// What kind of key a certificate is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Key {
    /// EC P-256: quick to make, so the tests' default.
    #[default]
    P256,
    /// EC P-384.
    P384,
    /// RSA of this many bits. 4096 takes a second or more to make.
    Rsa(u32),
}

impl Key {
    /// Makes a key pair.
    pub fn generate(self) -> PKey<Private> {
        match self {
            Key::P256 => on_curve(Nid::X9_62_PRIME256V1),
            Key::P384 => on_curve(Nid::SECP384R1),
            Key::Rsa(bits) => Rsa::generate(bits).and_then(PKey::from_rsa),
        }
        .expect("OpenSSL makes a key")
    }
}

fn on_curve(curve: Nid) -> Result<PKey<Private>, ErrorStack> {
    EcGroup::from_curve_name(curve).and_then(|group| EcKey::generate(&group)).and_then(PKey::from_ec_key)
}

/// The digest that a certificate is signed with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Digest {
    /// MD5, as Grandstream's first generation uses.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    #[default]
    Sha256,
    /// SHA-384.
    Sha384,
}

impl Digest {
    pub(super) fn message_digest(self) -> MessageDigest {
        match self {
            Digest::Md5 => MessageDigest::md5(),
            Digest::Sha1 => MessageDigest::sha1(),
            Digest::Sha256 => MessageDigest::sha256(),
            Digest::Sha384 => MessageDigest::sha384(),
        }
    }

    /// The AlgorithmIdentifier of a signature by this key over this digest.
    pub(super) fn signature_algorithm(self, signer: &PKeyRef<Private>) -> Vec<u8> {
        let rsa = signer.id() == Id::RSA;
        let oid = match (self, rsa) {
            (Digest::Md5, true) => "1.2.840.113549.1.1.4",
            (Digest::Sha1, true) => "1.2.840.113549.1.1.5",
            (Digest::Sha256, true) => "1.2.840.113549.1.1.11",
            (Digest::Sha384, true) => "1.2.840.113549.1.1.12",
            (Digest::Sha1, false) => "1.2.840.10045.4.1",
            (Digest::Sha256, false) => "1.2.840.10045.4.3.2",
            (Digest::Sha384, false) => "1.2.840.10045.4.3.3",
            (Digest::Md5, false) => {
                panic!("there is no ECDSA with MD5: give the issuer an RSA key")
            }
        };
        let mut fields = vec![der::oid(oid)];
        if rsa {
            fields.push(der::tlv(0x05, &[]));
        }
        der::sequence(&fields)
    }
}
