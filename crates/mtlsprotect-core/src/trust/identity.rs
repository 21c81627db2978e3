//! Whose certificate it is: the MAC in an attribute of the subject, most often the Common Name.

use crate::built_in::known_prefixes::KnownPrefixes;
use crate::der::{OBJECT_IDENTIFIER, Reader, SEQUENCE, SET};
use crate::mac::Mac;
use crate::names::finder::{Finder, Syntax};
use crate::names::pattern::IdentityPattern;
use openssl::asn1::Asn1Object;

/// id-at-commonName, 2.5.4.3 (RFC 5280, appendix A.1).
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// Types whose bytes are ASCII when they look like it: UTF8String, PrintableString, IA5String.
/// In a BMPString or T61String the same bytes can mean other characters.
const ASCII_TYPES: [u8; 3] = [0x0c, 0x13, 0x16];

/// How a phone's certificate says whose it is.
#[derive(Clone, Debug)]
pub enum Identity {
    /// An attribute of the subject is the phone's MAC.
    Subject {
        /// Which attribute.
        attribute: Attribute,
        /// Where in it the MAC stands, if it is not all of it.
        pattern: Option<IdentityPattern>,
    },
    /// Not at all: it only shows that some device of the vendor sends the request (`identity=none`).
    Nothing,
}

/// A kind of subject attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The content of its object identifier.
    oid: Vec<u8>,
}

impl Default for Identity {
    /// The Common Name, which is a MAC and nothing else.
    fn default() -> Self {
        Identity::Subject { attribute: Attribute::common_name(), pattern: None }
    }
}

impl Attribute {
    /// CN.
    pub fn common_name() -> Self {
        Attribute { oid: COMMON_NAME.to_vec() }
    }

    /// An attribute by OpenSSL's short or long name (`CN`, `serialNumber`, `SN`, `surname`), as
    /// `S`, which phones' documents say for the surname, or by its number (`2.5.4.4`).
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn new(name: &str) -> Result<Self, String> {
        let known = Asn1Object::from_str(if name == "S" { "surname" } else { name });
        // What an unknown name leaves in the thread's error queue must not be taken for an error of the next call.
        let _ = openssl::error::ErrorStack::get();
        let oid = known.map(|object| object.as_slice().to_vec()).ok().filter(|oid| !oid.is_empty());
        oid.map(|oid| Attribute { oid }).ok_or_else(|| {
            format!("\"{name}\" is not a subject attribute; write CN, serialNumber, surname or a number like 2.5.4.4")
        })
    }

    /// The bytes of its object identifier.
    pub(crate) fn oid(&self) -> &[u8] {
        &self.oid
    }
}

/// The device that a certificate's subject names, given as the DER of its Name.
///
/// There must be exactly one such attribute, in printable ASCII, that is a MAC and nothing else,
/// or in which the pattern finds one MAC and no other stands. Otherwise it is nobody's.
pub fn device_of(subject: &[u8], identity: &Identity) -> Option<Mac> {
    let Identity::Subject { attribute, pattern } = identity else { return None };
    let name = only_value(subject, attribute)?;
    if !name.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        return None;
    }
    let mac = match pattern {
        None => Mac::parse(name),
        Some(pattern) => pattern.mac(name).filter(|&mac| stands_alone(mac, name)),
    };
    mac.filter(|mac| mac.is_device())
}

/// The bytes of the subject's only attribute of this kind, `None` where there is none, more than
/// one, one of a type that isn't ASCII, or where the DER can't be read to its end.
fn only_value<'s>(subject: &'s [u8], wanted: &Attribute) -> Option<&'s [u8]> {
    let mut only = None;
    let mut whole = Reader::new(subject);
    let mut names = Reader::new(whole.expect(SEQUENCE)?);
    while !names.is_empty() {
        let mut attributes = Reader::new(names.expect(SET)?);
        while !attributes.is_empty() {
            let mut attribute = Reader::new(attributes.expect(SEQUENCE)?);
            let kind = attribute.expect(OBJECT_IDENTIFIER)?;
            let (tag, value) = attribute.element()?;
            if !attribute.is_empty() {
                return None;
            }
            if kind == wanted.oid && (only.replace(value).is_some() || !ASCII_TYPES.contains(&tag)) {
                return None;
            }
        }
    }
    only.filter(|_| whole.is_empty())
}

/// Whether no other device's address stands beside the one that the operator's pattern chose.
fn stands_alone(mac: Mac, name: &[u8]) -> bool {
    let mut alone = true;
    let known = KnownPrefixes::built_in();
    let is_whole = Finder::new(&known, None).find(name, Syntax::Path, &mut |other| alone &= other == mac);
    alone && is_whole
}

#[cfg(test)]
#[path = "identity_tests.rs"]
mod tests;
