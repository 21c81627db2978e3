//! Compatibility forms of what an address is written with: full-width digits and the like.
//!
//! Databases and languages that compare or read text after NFKC (Unicode Standard Annex #15) take these for the ASCII
//! characters that they stand for. Only hex digits and the characters that join them are folded.

use crate::names::bytes::{HIGH, WORD};

/// The first of some code points that follow one another, how many characters each becomes, and all of these.
const FOLDS: &[(u32, usize, &str)] = &[
    (0x00aa, 1, "a"),
    (0x00b2, 1, "23"),
    (0x00b9, 1, "1"),
    (0x1d2c, 1, "A"),
    (0x1d2e, 1, "B"),
    (0x1d30, 1, "DE"),
    (0x1d43, 1, "a"),
    (0x1d47, 1, "bde"),
    (0x1d9c, 1, "c"),
    (0x1da0, 1, "f"),
    (0x2024, 1, "."),
    (0x2025, 2, ".."),
    (0x2026, 3, "..."),
    (0x2070, 1, "0"),
    (0x2074, 1, "456789"),
    (0x2080, 1, "0123456789"),
    (0x2090, 1, "ae"),
    (0x2102, 1, "C"),
    (0x212c, 1, "BC"),
    (0x212f, 1, "eEF"),
    (0x2145, 1, "Dde"),
    (0x216d, 1, "CD"),
    (0x217d, 1, "cd"),
    (0x2460, 1, "123456789"),
    (0x2469, 2, "1011121314151617181920"),
    (0x2488, 2, "1.2.3.4.5.6.7.8.9."),
    (0x2491, 3, "10.11.12.13.14.15.16.17.18.19.20."),
    (0x24b6, 1, "ABCDEF"),
    (0x24d0, 1, "abcdef"),
    (0x24ea, 1, "0"),
    (0x3251, 2, "212223242526272829303132333435"),
    (0x32b1, 2, "363738394041424344454647484950"),
    (0x3372, 2, "da"),
    (0x33c4, 2, "cccd"),
    (0x33c8, 2, "dB"),
    (0xa7f2, 1, "CF"),
    (0xfb00, 2, "ff"),
    (0xfe13, 1, ":"),
    (0xfe19, 3, "..."),
    (0xfe30, 2, ".."),
    (0xfe33, 1, "__"),
    (0xfe4d, 1, "___"),
    (0xfe52, 1, "."),
    (0xfe55, 1, ":"),
    (0xfe63, 1, "-"),
    (0xff0d, 1, "-."),
    (0xff10, 1, "0123456789:"),
    (0xff21, 1, "ABCDEF"),
    (0xff3f, 1, "_"),
    (0xff41, 1, "abcdef"),
    (0x1ccd6, 1, "ABCDEF"),
    (0x1ccf0, 1, "0123456789"),
    (0x1d400, 1, "ABCDEF"),
    (0x1d41a, 1, "abcdef"),
    (0x1d434, 1, "ABCDEF"),
    (0x1d44e, 1, "abcdef"),
    (0x1d468, 1, "ABCDEF"),
    (0x1d482, 1, "abcdef"),
    (0x1d49c, 1, "A"),
    (0x1d49e, 1, "CD"),
    (0x1d4b6, 1, "abcd"),
    (0x1d4bb, 1, "f"),
    (0x1d4d0, 1, "ABCDEF"),
    (0x1d4ea, 1, "abcdef"),
    (0x1d504, 1, "AB"),
    (0x1d507, 1, "DEF"),
    (0x1d51e, 1, "abcdef"),
    (0x1d538, 1, "AB"),
    (0x1d53b, 1, "DEF"),
    (0x1d552, 1, "abcdef"),
    (0x1d56c, 1, "ABCDEF"),
    (0x1d586, 1, "abcdef"),
    (0x1d5a0, 1, "ABCDEF"),
    (0x1d5ba, 1, "abcdef"),
    (0x1d5d4, 1, "ABCDEF"),
    (0x1d5ee, 1, "abcdef"),
    (0x1d608, 1, "ABCDEF"),
    (0x1d622, 1, "abcdef"),
    (0x1d63c, 1, "ABCDEF"),
    (0x1d656, 1, "abcdef"),
    (0x1d670, 1, "ABCDEF"),
    (0x1d68a, 1, "abcdef"),
    (0x1d7ce, 1, "01234567890123456789012345678901234567890123456789"),
    (0x1f100, 2, "0."),
    (0x1f12b, 1, "C"),
    (0x1f12d, 2, "CD"),
    (0x1f130, 1, "ABCDEF"),
    (0x1fbf0, 1, "0123456789"),
];

/// Whether a byte begins the UTF-8 of a code point that folds.
const LEADS: [bool; 256] = {
    let mut leads = [false; 256];
    let mut row = 0;
    while row < FOLDS.len() {
        let (first, width, text) = FOLDS[row];
        let mut code = first;
        while code < first + (text.len() / width) as u32 {
            leads[lead_of(code)] = true;
            code += 1;
        }
        row += 1;
    }
    leads
};

/// The first byte of a code point above 127 in UTF-8 (RFC 3629, section 3).
const fn lead_of(code: u32) -> usize {
    (match code {
        0..=0x7ff => 0xc0 + (code >> 6),
        0x800..=0xffff => 0xe0 + (code >> 12),
        _ => 0xf0 + (code >> 18),
    }) as usize
}

/// `text` with every such form replaced; `None` where there is none.
pub fn fold(text: &[u8]) -> Option<Vec<u8>> {
    let mut folded = Vec::new();
    fold_into(text, &mut folded).then_some(folded)
}

/// Puts `text` with every such form replaced in the place of `out`; nothing where there is none.
pub(crate) fn fold_into(text: &[u8], out: &mut Vec<u8>) -> bool {
    out.clear();
    if text.is_ascii() {
        return false;
    }
    crate::names::work::done(text.len());
    // What stands before `kept` has been copied or replaced.
    let (mut kept, mut index) = (0, 0);
    while index < text.len() {
        if let Some(word) = text[index..].first_chunk::<WORD>() {
            let ascii = (u64::from_le_bytes(*word) & HIGH).trailing_zeros() as usize / 8;
            index += ascii;
            if ascii == WORD {
                continue;
            }
        }
        if !LEADS[text[index] as usize] {
            index += 1;
            continue;
        }
        let Some((length, form)) = folded_at(&text[index..]) else {
            // What continues a character begins none.
            index += 1 + text[index + 1..].iter().take_while(|&&byte| continued(byte).is_some()).count();
            continue;
        };
        out.reserve(text.len() - kept);
        out.extend_from_slice(&text[kept..index]);
        out.extend_from_slice(form);
        index += length;
        kept = index;
    }
    if kept > 0 {
        out.extend_from_slice(&text[kept..]);
    }
    kept > 0
}

/// What the code point that `text` begins with folds to, and how many bytes it has.
fn folded_at(text: &[u8]) -> Option<(usize, &'static [u8])> {
    let (length, code) = match *text {
        [a @ 0xc2..=0xdf, b, ..] => (2, (bits(a, 5) << 6) + continued(b)?),
        [a @ 0xe0..=0xef, b, c, ..] => (3, (bits(a, 4) << 12) + (continued(b)? << 6) + continued(c)?),
        // No code point above folds.
        [0xf0, b, c, d, ..] => (4, (continued(b)? << 12) + (continued(c)? << 6) + continued(d)?),
        _ => return None,
    };
    let row = FOLDS.partition_point(|&(first, ..)| first <= code).checked_sub(1)?;
    let (first, width, forms) = FOLDS[row];
    let start = (code - first) as usize * width;
    Some((length, forms.as_bytes().get(start..start + width)?))
}

fn bits(lead: u8, count: u32) -> u32 {
    u32::from(lead) & ((1 << count) - 1)
}

fn continued(byte: u8) -> Option<u32> {
    (byte & 0xc0 == 0x80).then_some(u32::from(byte & 0x3f))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    /// What NFKC makes of a character, where all of that is hex digits or joins them.
    fn form_of(character: char) -> Option<String> {
        let form: String = std::iter::once(character).nfkc().collect();
        let counts = |c: char| c.is_ascii_hexdigit() || ":-_.".contains(c);
        (!character.is_ascii() && !form.is_empty() && form.chars().all(counts)).then_some(form)
    }

    #[test]
    fn the_table_is_what_nfkc_says_of_every_character() {
        for character in (0..=0x10ffff).filter_map(char::from_u32) {
            let folded = fold(character.to_string().as_bytes()).map(|text| String::from_utf8(text).unwrap());
            assert_eq!(folded, form_of(character), "U+{:04X}", u32::from(character));
        }
    }

    #[test]
    fn what_is_not_utf8_stays() {
        for text in [&b"\xef\xbc"[..], b"\xef\xbc/", b"\xc2", b"\xff\xb2", b"\x90\xef", b"\xf0\x9d\x9f", b"0004f2"] {
            assert_eq!(fold(text), None, "{text:?}");
        }
        assert_eq!(fold("x\u{ff10}y".as_bytes()).unwrap(), b"x0y");
        assert_eq!(fold(b"\xef\xef\xbc\x90").unwrap(), b"\xef0");
        let mut room = b"of another".to_vec();
        assert!(!fold_into("\u{e4}".as_bytes(), &mut room) && room.is_empty());
    }

    proptest! {
        #[test]
        fn text_is_folded_character_by_character(text in "[0-9a-z\u{ff10}-\u{ff5a}\u{2460}-\u{249b}\u{e4}\u{1d7d0}]{0,20}") {
            let slow: String =
                text.chars().map(|character| form_of(character).unwrap_or_else(|| character.to_string())).collect();
            prop_assert_eq!(fold(text.as_bytes()).unwrap_or_else(|| text.clone().into_bytes()), slow.into_bytes());
        }
    }
}
