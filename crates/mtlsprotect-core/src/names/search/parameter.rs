//! Pairs of key and value, in queries and cookies, and the keys that operators list as a device's name.

use crate::names::bytes::{has, place_of, split_at_byte};
use crate::names::decode::{Escapes, begins_escape, escape_at_end, percent_decode_fully};
use crate::names::finder::Weight;
use std::borrow::Cow;

/// So many bytes of a decoded key are looked at without a buffer of its own.
const ROOM: usize = 64;

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

/// The pairs in a text that such bytes separate, without those that have no `=`.
pub fn pairs_with_a_value(text: &[u8], separator: u8) -> impl Iterator<Item = Pair<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (before, behind) = split_at_byte(rest, b'=')?;
        let start = before.iter().rposition(|&byte| byte == separator).map_or(0, |place| place + 1);
        let (value, behind) = split_at_byte(behind, separator).unwrap_or((behind, &[]));
        rest = behind;
        Some(Pair { key: &before[start..], value })
    })
}

/// Whether a key is one of the name parameters, read as loosely as applications read it: decoded, without case, without
/// brackets and white space before it (`[mac]`, as qs and Rack have it), up to a NUL or the bracket of an array (`mac[]`).
pub fn is_name_parameter(key: &[u8], parameters: &[Cow<'static, str>]) -> bool {
    // Most keys are words, which stay as they are: what doesn't is a bracket, or stands in ASCII up to the plus sign.
    let is_one = is_one_of(key, parameters);
    if is_one || key.iter().all(|&byte| byte > b'+' && byte != b'[' && byte != b']') {
        return is_one;
    }
    let least = parameters.iter().map(|name| name.len()).min().unwrap_or(usize::MAX);
    if key.len() < least {
        return false;
    }
    // What stands before the first percent sign stays as it is.
    let literal = trimmed_start(&key[..place_of(key, b'%').unwrap_or(key.len())]);
    if !has(key, b'%') {
        return is_one_up_to_an_end(literal, parameters);
    }
    let may_be = is_one_up_to_an_end(literal, parameters) || begins(trimmed(literal), parameters);
    may_be && is_once_decoded(key, parameters)
}

/// Whether what stands before one of the ends of a key that begins with neither brackets nor white space is a name
/// parameter, or the whole.
fn is_one_up_to_an_end(key: &[u8], parameters: &[Cow<'static, str>]) -> bool {
    for (end, _) in key.iter().enumerate().filter(|&(_, &byte)| ends_key(byte)) {
        let is_one = is_one_of(trimmed(&key[..end]), parameters);
        if is_one || !begins(&key[..=end], parameters) {
            return is_one;
        }
    }
    is_one_of(trimmed(key), parameters)
}

/// The same for a key with a percent sign, which is decoded until nothing changes, but no further than what it begins with
/// may become a name parameter.
fn is_once_decoded(key: &[u8], parameters: &[Cow<'static, str>]) -> bool {
    crate::names::work::done(4 * key.len());
    let (mut room, mut end) = ([0; ROOM], 0);
    for &byte in key {
        if end == ROOM {
            return is_decoded(key, parameters);
        }
        room[end] = if byte == b'+' { b' ' } else { byte };
        end += 1;
        while let Some((decoded, length)) = escape_at_end(&room[..end], Escapes::All) {
            end -= length - 1;
            room[end - 1] = decoded;
        }
        match room[..end] {
            // What follows may make an escape of it.
            ref start if begins_escape(start) => {}
            [.., last] if last.is_ascii_whitespace() => {}
            [ref key @ .., last] if ends_key(last) && is_one_of(trimmed(key), parameters) => return true,
            ref start => {
                if !begins(trimmed_start(start), parameters) {
                    return false;
                }
            }
        }
    }
    is_one_of(trimmed(&room[..end]), parameters)
}

/// The same for a key of any length.
#[cold]
fn is_decoded(key: &[u8], parameters: &[Cow<'static, str>]) -> bool {
    let spaced: Vec<u8> = key.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    is_one_up_to_an_end(trimmed_start(&percent_decode_fully(&spaced)), parameters)
}

/// Whether a key is one of the name parameters, without case.
fn is_one_of(key: &[u8], parameters: &[Cow<'static, str>]) -> bool {
    parameters.iter().any(|name| name.len() == key.len() && is_read_as(key, name.as_bytes()))
}

/// Whether a key is a name without case, for PHP too, which makes an underscore of a dot, of white space, and of a bracket
/// that nothing closes (`phone[mac`).
fn is_read_as(key: &[u8], name: &[u8]) -> bool {
    let is_underscore = |byte: u8| matches!(byte, b'.' | b' ' | b'+' | b'[');
    key.iter().zip(name).all(|(&byte, &own)| byte.eq_ignore_ascii_case(&own) || own == b'_' && is_underscore(byte))
}

/// Whether one of the name parameters begins like this, without case.
fn begins(start: &[u8], parameters: &[Cow<'static, str>]) -> bool {
    let begins = |name: &[u8]| name.get(..start.len()).is_some_and(|begin| is_read_as(start, begin));
    parameters.iter().any(|name| begins(name.as_bytes()))
}

/// Whether a byte ends what applications take for the key.
fn ends_key(byte: u8) -> bool {
    matches!(byte, 0 | b'[' | b']')
}

/// Whether a byte is white space, which a `+` stands for too.
fn is_space(byte: u8) -> bool {
    byte == b'+' || byte.is_ascii_whitespace()
}

/// A key without the white space and the brackets before it.
fn trimmed_start(key: &[u8]) -> &[u8] {
    let is_other = |&byte: &u8| !is_space(byte) && byte != b'[' && byte != b']';
    &key[key.iter().position(is_other).unwrap_or(key.len())..]
}

/// The same without the white space behind it, too.
fn trimmed(key: &[u8]) -> &[u8] {
    let key = trimmed_start(key);
    &key[..key.iter().rposition(|&byte| !is_space(byte)).map_or(0, |last| last + 1)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_is_read_as_applications_read_it() {
        let parameters = [Cow::Borrowed("mac"), Cow::Borrowed("address")];
        for key in [
            "mac",
            "MAC",
            "mac[]",
            "mac[0]",
            "mac%5b%5D",
            "%6dac",
            "%256dac",
            "%u006dac",
            "m%25u0061c",
            "+mac+",
            " mac",
            "mac%00x",
            "Address",
            "[mac]",
            "[mac",
            "mac]",
            "]mac",
            "%5Bmac%5D",
            "%5Bmac",
            "+[[ mac ]]",
            "%255b%6dac",
            "mac]x",
        ] {
            assert!(is_name_parameter(key.as_bytes(), &parameters), "{key}");
        }
        for key in ["", "ma", "machine", "amac", "m%61", "[m]ac", "%6d", "x+mac", "x[mac]", "[]", "%5b"] {
            assert!(!is_name_parameter(key.as_bytes(), &parameters), "{key}");
        }
        assert!(!is_name_parameter(b"mac", &[]));
        let parameters = [Cow::Borrowed("phone_mac")];
        for key in [
            "phone_mac",
            "phone.mac",
            "Phone+Mac",
            "phone mac[]",
            "phone[mac",
            "[phone[mac]",
            "phone%2emac",
            "%70hone.%6dac",
            "phone%5Bmac%00",
        ] {
            assert!(is_name_parameter(key.as_bytes(), &parameters), "{key}");
        }
        // One name may begin as PHP reads the beginning of another's array.
        let both = [Cow::Borrowed("mac"), Cow::Borrowed("mac_id")];
        assert!(is_name_parameter(b"mac[0]", &both) && is_name_parameter(b"mac[id]", &both));
        assert!(is_name_parameter(b" $", &[Cow::Borrowed("$")]));
        for key in ["phone-mac", "phonexmac", "phone..mac", "phone_mac_", "phone]mac", "phone[ac"] {
            assert!(!is_name_parameter(key.as_bytes(), &parameters), "{key}");
        }
    }

    #[test]
    fn a_key_of_any_length_is_read_and_no_longer_than_it_may_be_a_name_parameter() {
        let is_one = |key: &str| {
            crate::names::work::take();
            let is_one = is_name_parameter(key.as_bytes(), &[Cow::Borrowed("mac")]);
            (is_one, crate::names::work::take())
        };
        let spaces = "+".repeat(70);
        assert!(is_one(&format!("{spaces}%6dac")).0 && !is_one(&format!("{spaces}%6dad")).0);
        assert_eq!(is_one("%6dac"), (true, 4 * 5));
        for key in ["%6", "xyz%41", "machine"] {
            assert_eq!(is_one(key), (false, 0), "{key}");
        }
    }

    proptest! {
        #[test]
        fn pairs_without_a_value_are_left_out(text in "[a=;]{0,20}") {
            let text = text.as_bytes();
            let slow = text.split(|&byte| byte == b';').filter(|piece| piece.contains(&b'=')).map(Pair::of);
            prop_assert!(pairs_with_a_value(text, b';').eq(slow));
        }

        #[test]
        fn a_key_is_a_name_parameter_if_it_is_one_once_it_is_decoded(
            key in "([+ \t\\[]|\\]|%5b){0,2}(mac|m|id|addr|a_b|a.b|a\\[b|%6d|%256d|%2{0,1}%35%36d|%61|%|%5b|%00)([ac]{0,2}|dr|%20|[+]|\\[b|%5bb)([+ \t]|%5b|\\[|\\]|%5d|\0|%|=|x|c){0,3}",
        ) {
            let parameters = ["mac", "id", "addr", "a_b"].map(Cow::Borrowed);
            let decoded = percent_decode_fully(key.replace('+', " ").as_bytes()).to_ascii_lowercase();
            let is_space = |byte: &u8| byte.is_ascii_whitespace();
            let start = decoded.iter().position(|byte| !is_space(byte) && !b"[]".contains(byte)).unwrap_or(decoded.len());
            let mut ends = (start..=decoded.len()).filter(|&end| decoded.get(end).is_none_or(|byte| b"\0[]".contains(byte)));
            let is_one = ends.any(|end| {
                let php: Vec<u8> = decoded[start..end].trim_ascii().to_vec();
                let is = |&byte: &u8, own: u8| byte == own || own == b'_' && b". [".contains(&byte);
                parameters.iter().any(|own| own.len() == php.len() && php.iter().zip(own.bytes()).all(|(byte, own)| is(byte, own)))
            });
            prop_assert_eq!(is_name_parameter(key.as_bytes(), &parameters), is_one);
        }
    }

    #[test]
    fn a_pair_ends_its_key_at_the_first_equals_sign() {
        assert_eq!(Pair::of(b"a=b=c"), Pair { key: b"a", value: b"b=c" });
        assert_eq!(Pair::of(b"a"), Pair { key: b"a", value: b"" });
        assert_eq!(Pair::of(b"=a"), Pair { key: b"", value: b"a" });
        assert!(Pair::of(b"x=f").has_digits() && !Pair::of(b"f=x").has_digits());
    }
}
