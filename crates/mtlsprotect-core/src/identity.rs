//! Whose certificate it is: the MAC in the subject's Common Name.

use crate::der::{OBJECT_IDENTIFIER, Reader, SEQUENCE, SET};
use crate::finder::{Finder, Syntax};
use crate::mac::Mac;
use crate::pattern::IdentityPattern;
use crate::vendors::KnownPrefixes;

/// id-at-commonName, 2.5.4.3 (RFC 5280, appendix A.1).
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// Types whose bytes are ASCII when they look like it: UTF8String, PrintableString, IA5String.
/// In a BMPString or T61String the same bytes can mean other characters.
const ASCII_TYPES: [u8; 3] = [0x0c, 0x13, 0x16];

/// The device that a certificate's subject names, given as the DER of its Name.
///
/// There must be exactly one Common Name, in printable ASCII, that is a MAC and nothing else, or
/// in which `pattern` finds one MAC and no other stands. Otherwise it is nobody's.
pub fn device_of(subject: &[u8], pattern: Option<&IdentityPattern>) -> Option<Mac> {
    let name = only_common_name(subject)?;
    if !name.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        return None;
    }
    let mac = match pattern {
        None => Mac::parse(name),
        Some(pattern) => pattern.mac(name).filter(|&mac| stands_alone(mac, name)),
    };
    mac.filter(|mac| mac.is_device())
}

/// The bytes of the subject's only Common Name, `None` where there is none, more than one, one of
/// a type that isn't ASCII, or where the DER can't be read to its end.
fn only_common_name(subject: &[u8]) -> Option<&[u8]> {
    let mut only = None;
    let mut names = Reader::new(Reader::new(subject).expect(SEQUENCE)?);
    while !names.is_empty() {
        let mut attributes = Reader::new(names.expect(SET)?);
        while !attributes.is_empty() {
            let mut attribute = Reader::new(attributes.expect(SEQUENCE)?);
            let kind = attribute.expect(OBJECT_IDENTIFIER)?;
            let (tag, value) = attribute.element()?;
            if kind == COMMON_NAME && (only.replace(value).is_some() || !ASCII_TYPES.contains(&tag)) {
                return None;
            }
        }
    }
    only
}

/// Whether no other device's address stands beside the one that the operator's pattern chose.
fn stands_alone(mac: Mac, name: &[u8]) -> bool {
    let mut alone = true;
    Finder::new(&KnownPrefixes::built_in(), None).find(name, Syntax::Path, &mut |other| alone &= other == mac);
    alone
}

#[cfg(test)]
#[path = "identity_tests.rs"]
mod tests;
