//! Escapes of characters that are not ASCII, as JavaScript's `escape` writes them: `%uff17`. Perl's CGI.pm, libapreq and
//! ASP.NET read them; those of ASCII characters are decoded with all others.

use crate::mac::HEX;
use crate::names::bytes::{has, place_of};

/// Bytes of one.
const LENGTH: usize = 6;

/// `text` with each of them replaced by its character; `None` where there is none.
pub fn without_wide_escapes(text: &[u8]) -> Option<Vec<u8>> {
    if !may_have_one(text) {
        return None;
    }
    let mut next = next_in(text, 0, is_of_others)?;
    let mut out = Vec::with_capacity(text.len());
    let mut kept = 0;
    loop {
        let (index, unit) = next;
        out.extend_from_slice(&text[kept..index]);
        let (character, length) = character(unit, &text[index + LENGTH..]);
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        kept = index + length;
        match next_in(text, kept, is_of_others) {
            Some(following) => next = following,
            None => break,
        }
    }
    out.extend_from_slice(&text[kept..]);
    Some(out)
}

/// Whether a text has an escape that only some applications decode, of whichever character.
pub fn has_wide_escape(text: &[u8]) -> bool {
    if !may_have_one(text) {
        return false;
    }
    crate::names::work::done(text.len());
    next_in(text, 0, |_| true).is_some()
}

/// Whether it has one of a character that is not ASCII.
pub fn has_wide_escape_of_others(text: &[u8]) -> bool {
    may_have_one(text) && next_in(text, 0, is_of_others).is_some()
}

fn may_have_one(text: &[u8]) -> bool {
    has(text, b'u') || has(text, b'U')
}

fn is_of_others(unit: u16) -> bool {
    unit > 0x7f
}

/// Where the next begins that has a code unit for which this holds, and that.
fn next_in(text: &[u8], mut index: usize, holds: impl Fn(u16) -> bool) -> Option<(usize, u16)> {
    loop {
        index += place_of(&text[index..], b'%')?;
        if let Some(unit) = unit(&text[index..]).filter(|&unit| holds(unit)) {
            return Some((index, unit));
        }
        index += 1;
    }
}

/// The code unit that an escape at the beginning of a text spells.
fn unit(text: &[u8]) -> Option<u16> {
    let [b'%', b'u' | b'U', ref digits @ ..] = *text else { return None };
    let digits: &[u8; 4] = digits.first_chunk()?;
    digits.iter().try_fold(0, |unit, &digit| {
        let value = HEX[digit as usize];
        (value < 16).then_some(unit << 4 | u16::from(value))
    })
}

/// The character of a code unit, of two where another follows that completes it, and the bytes of its escapes.
fn character(unit: u16, rest: &[u8]) -> (char, usize) {
    let two = self::unit(rest).map(|second| [unit, second]);
    let pair = two.and_then(|two| char::decode_utf16(two).next()?.ok()).filter(|&character| character > '\u{ffff}');
    match pair {
        Some(character) => (character, 2 * LENGTH),
        None => (char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER), LENGTH),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_characters_that_are_not_ascii_are_replaced() {
        for (text, expected) in [
            ("64%uff17x", "64\u{ff17}x"),
            ("%U2603%u00e9", "\u{2603}\u{e9}"),
            ("%ud835%udfceb", "\u{1d7ce}b"),
            ("%ud835%u00e9%udfce", "\u{fffd}\u{e9}\u{fffd}"),
            ("%u0030%u00e9", "%u0030\u{e9}"),
            ("%u007f%u0080", "%u007f\u{80}"),
            ("%uffff%uff17", "\u{ffff}\u{ff17}"),
            ("%%uff1%uff17%", "%%uff1\u{ff17}%"),
        ] {
            assert_eq!(
                without_wide_escapes(text.as_bytes()).map(|text| String::from_utf8(text).unwrap()),
                Some(expected.to_owned())
            );
            assert!(has_wide_escape_of_others(text.as_bytes()), "{text}");
        }
        for text in ["", "user", "%u0030", "%u", "%uff1", "%uff1x", "a%41\u{e9}"] {
            assert_eq!(without_wide_escapes(text.as_bytes()), None, "{text}");
            assert!(!has_wide_escape_of_others(text.as_bytes()), "{text}");
        }
    }
}
