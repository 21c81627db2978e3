//! Look-alikes of the device CAs that operators really collect: the same names, dates and extensions in the same
//! encodings, other keys. So what a folder of them does can be tried without it.

mod facts;

use crate::pki::der;
use crate::{Authority, Certificate, Digest, Key, StringType, Subject};
pub use facts::FACTS;
use openssl::pkey::{PKey, Private};
use openssl::sha::sha1;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Poly's four files, the root first.
pub const POLY: [&str; 4] = [
    "Polycom_Root_CA.pem",
    "Polycom_Equipment_Policy_CA.pem",
    "Polycom_Equipment_Issuing_CA_1.pem",
    "Polycom_Equipment_Issuing_CA_2.pem",
];

/// What one certificate says.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The name of its file.
    pub file: &'static str,
    /// The digest of its DER.
    pub sha256: &'static str,
    /// The file of the CA that signed it.
    pub issuer: &'static str,
    /// Its name: attribute, string type (`p`rintable, `u`tf8, `i`a5) and text of each.
    pub subject: &'static str,
    /// Its key.
    pub key: Key,
    /// The digest of its signature.
    pub digest: Digest,
    /// Its serial number in hex.
    pub serial: &'static str,
    /// Its first and last moment.
    pub dates: [&'static str; 2],
    /// Its extensions in their order; none in X.509 v1.
    pub extensions: Option<&'static [Extension]>,
}

/// An extension. Only those with a number are ever critical.
#[derive(Clone, Copy, Debug)]
pub enum Extension {
    /// subjectKeyIdentifier
    SubjectKey,
    /// authorityKeyIdentifier: of the key alone
    IssuerKey,
    /// authorityKeyIdentifier: of the key, and whose certificate of which number it is
    IssuerKeyAndName,
    /// cRLDistributionPoints
    CrlAt(&'static str),
    /// authorityInfoAccess: where the issuer's certificate is
    IssuerAt(&'static str),
    /// Any other: its number, whether it is critical, its DER in hex
    Value(&'static str, bool, &'static str),
}

/// The folder of the real ones, beside the checkout.
pub fn real() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/device_ca");
    folder.canonicalize().unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
}

/// A folder of look-alikes, under the names of the real files.
pub fn look_alikes() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut made = HashMap::new();
    for facts in &FACTS {
        let path = folder.path().join(facts.file);
        fs::write(&path, look_alike(facts, &mut made).pem())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    folder
}

fn look_alike(facts: &'static Facts, made: &mut HashMap<&'static str, Authority>) -> Authority {
    if let Some(authority) = made.get(facts.file) {
        return authority.clone();
    }
    let issuer = FACTS.iter().find(|other| other.file == facts.issuer && other.file != facts.file);
    let issuer = issuer.map(|issuer| (issuer, look_alike(issuer, made)));
    let key = short(facts.key).generate();
    let mut certificate = Certificate::ca(subject(facts.subject))
        .existing_key(&key)
        .digest(facts.digest)
        .serial(&bytes(facts.serial))
        .dates(facts.dates[0], facts.dates[1])
        .basic_constraints(None)
        .key_usage(&[])
        .without_key_identifiers();
    if let Some((_, issuer)) = &issuer {
        certificate = certificate.issuer(issuer);
    }
    let above = issuer.as_ref().map_or((facts, &key), |(facts, issuer)| (*facts, &issuer.key));
    for extension in facts.extensions.unwrap_or_default() {
        let (oid, critical, value) = extension.encoded(&key, above);
        certificate = certificate.extension(oid, critical, &value);
    }
    if facts.extensions.is_none() {
        certificate = certificate.version1();
    }
    let authority = certificate.issue_authority();
    made.insert(facts.file, authority.clone());
    authority
}

impl Extension {
    /// Its number, whether it is critical, and its value in the certificate of `key` below this CA.
    fn encoded(
        self,
        key: &PKey<Private>,
        (issuer, issuer_key): (&Facts, &PKey<Private>),
    ) -> (&'static str, bool, Vec<u8>) {
        let identifier = |key: &PKey<Private>| sha1(&key.public_key_to_der().expect("a key has a public half"));
        let by_key = || der::tlv(0x80, &identifier(issuer_key));
        let url = |url: &str| der::tlv(0x86, url.as_bytes());
        match self {
            Extension::SubjectKey => ("2.5.29.14", false, der::octets(&identifier(key))),
            Extension::IssuerKey => ("2.5.29.35", false, der::sequence(&[by_key()])),
            Extension::IssuerKeyAndName => {
                // of a root all of them
                assert_eq!(issuer.issuer, issuer.file);
                let name = der::context(1, &der::context(4, &subject(issuer.subject).to_der()));
                let serial = der::tlv(0x82, &bytes(issuer.serial));
                ("2.5.29.35", false, der::sequence(&[by_key(), name, serial]))
            }
            Extension::CrlAt(at) => {
                let full_name = der::context(0, &der::context(0, &url(at)));
                ("2.5.29.31", false, der::sequence(&[der::sequence(&[full_name])]))
            }
            Extension::IssuerAt(at) => {
                let access = der::sequence(&[der::oid("1.3.6.1.5.5.7.48.2"), url(at)]);
                ("1.3.6.1.5.5.7.1.1", false, der::sequence(&[access]))
            }
            Extension::Value(oid, critical, value) => (oid, critical, bytes(value)),
        }
    }
}

/// Keys of more than 2,048 bits take seconds to make, and nothing that is said of a CA depends on them.
fn short(key: Key) -> Key {
    match key {
        Key::Rsa(bits) => Key::Rsa(bits.min(2048)),
        other => other,
    }
}

fn subject(text: &str) -> Subject {
    text.split('|').fold(Subject::empty(), |name, attribute| {
        let (oid, rest) = attribute.split_once(' ').expect("an attribute");
        let (kind, text) = rest.split_once(' ').expect("its type and text");
        let oid = match oid {
            "C" => "2.5.4.6",
            "ST" => "2.5.4.8",
            "L" => "2.5.4.7",
            "O" => "2.5.4.10",
            "OU" => "2.5.4.11",
            "CN" => "2.5.4.3",
            "email" => "1.2.840.113549.1.9.1",
            other => panic!("{other}: which attribute is that?"),
        };
        let kind = match kind {
            "p" => StringType::Printable,
            "u" => StringType::Utf8,
            "i" => StringType::Ia5,
            other => panic!("{other}: which type is that?"),
        };
        name.and(oid, kind, text)
    })
}

fn bytes(digits: &str) -> Vec<u8> {
    hex::decode(digits).expect("hex digits")
}
