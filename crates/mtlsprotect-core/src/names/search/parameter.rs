//! Pairs of key and value, in queries and cookies, and the keys that operators list as a device's name.

use crate::names::bytes::split_at_byte;
use crate::names::decode::percent_decode_fully;
use crate::names::finder::Weight;
use std::borrow::Cow;

/// A key, and the value after its `=`, of a query or a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair<'t> {
    /// What stands before the first `=`, or all of it.
    pub key: &'t [u8],
    /// What stands after the first `=`; nothing without one.
    pub value: &'t [u8],
}

impl<'t> Pair<'t> {
    /// The pair in a text that has no separator of pairs.
    pub fn of(text: &'t [u8]) -> Self {
        let (key, value) = split_at_byte(text, b'=').unwrap_or((text, &[]));
        Pair { key, value }
    }

    /// Whether there is a digit in the value, or what may become one.
    pub fn has_digits(&self) -> bool {
        Weight::of(self.value).digits() > 0
    }
}

/// Whether a key is one of the name parameters, read as loosely as applications read it: decoded, without case, up to a
/// NUL or the bracket of an array (`mac[]`), without white space around it.
pub fn is_name_parameter(key: &[u8], parameters: &[Cow<'static, str>]) -> bool {
    let is = |key: &[u8]| parameters.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(key));
    let least = parameters.iter().map(|name| name.len()).min().unwrap_or(usize::MAX);
    if key.len() < least {
        return false;
    }
    if is(key) {
        return true;
    }
    let may_begin = |byte: u8| {
        byte == b'%'
            || parameters.iter().any(|name| name.as_bytes().first().is_some_and(|own| own.eq_ignore_ascii_case(&byte)))
    };
    let first = key.iter().find(|&&byte| byte != b'+' && !byte.is_ascii_whitespace());
    if !first.is_some_and(|&byte| may_begin(byte)) || key.iter().all(u8::is_ascii_alphanumeric) {
        return false;
    }
    crate::names::work::done(4 * key.len());
    let spaced: Vec<u8> = key.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    let decoded = percent_decode_fully(&spaced);
    let end = decoded.iter().position(|&byte| byte == 0 || byte == b'[').unwrap_or(decoded.len());
    is(decoded[..end].trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_applications_read_it() {
        let parameters = [Cow::Borrowed("mac"), Cow::Borrowed("address")];
        for key in
            ["mac", "MAC", "mac[]", "mac[0]", "mac%5b%5D", "%6dac", "%256dac", "+mac+", " mac", "mac%00x", "Address"]
        {
            assert!(is_name_parameter(key.as_bytes(), &parameters), "{key}");
        }
        for key in ["", "ma", "machine", "amac", "m%61", "[mac]", "%6d", "x+mac"] {
            assert!(!is_name_parameter(key.as_bytes(), &parameters), "{key}");
        }
        assert!(!is_name_parameter(b"mac", &[]));
    }

    #[test]
    fn a_pair_ends_its_key_at_the_first_equals_sign() {
        assert_eq!(Pair::of(b"a=b=c"), Pair { key: b"a", value: b"b=c" });
        assert_eq!(Pair::of(b"a"), Pair { key: b"a", value: b"" });
        assert_eq!(Pair::of(b"=a"), Pair { key: b"", value: b"a" });
        assert!(Pair::of(b"x=f").has_digits() && !Pair::of(b"f=x").has_digits());
    }
}
