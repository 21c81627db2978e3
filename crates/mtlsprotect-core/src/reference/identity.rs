//! The rule of a subject that is a phone's, over OpenSSL's own view of the name. Tests and fuzzing compare the parser
//! with it.

use crate::Mac;
use openssl::nid::Nid;
use openssl::x509::X509NameRef;

/// Whose the name is by its common name.
pub fn reference(name: &X509NameRef) -> Option<Mac> {
    let all: Vec<_> = name.entries().filter(|entry| entry.object().nid() == Nid::COMMONNAME).collect();
    let [only] = &all[..] else { return None };
    let text: String = String::from_utf8(only.data().as_slice().to_vec()).ok()?;
    let shapes = [("", 12), (":", 2), ("-", 2), (".", 4)];
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    let written = |&(separator, group): &(&str, usize)| {
        let groups: Vec<String> =
            digits.as_bytes().chunks(group).map(|g| String::from_utf8(g.to_vec()).unwrap()).collect();
        groups.join(separator)
    };
    let bits = u64::from_str_radix(&digits, 16).ok()?;
    (digits.len() == 12 && shapes.iter().any(|shape| written(shape) == text) && bits >> 24 != 0)
        .then(|| Mac::from_bits(bits))
}
