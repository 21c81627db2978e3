//! Forms of what an address is written with: full-width digits, digits of other scripts, letters with accents.
//!
//! Applications take them for the ASCII characters that they stand for. Databases and languages compare or read text after
//! NFKC (Unicode Standard Annex #15). Those that make names of files of what they read decompose it and leave out accents.
//! Python's `int` and Java's `parseLong` read the decimal digits of any script. And for a database that ignores accents and
//! case, what has the weight of a digit at the first level of the Unicode Collation Algorithm is that digit. Only hex digits
//! and the characters that join them are folded. Of what is more than that (`\u{32c5}` is a 6 and the sign of a month) the
//! digits are left: applications drop the rest.

mod table;
mod wide;

use crate::names::bytes::{HIGH, WORD};
use crate::names::decode::Escapes;
use table::FOLDS;
pub use wide::{has_wide_escape, has_wide_escape_of_others, without_wide_escapes};

/// Whether a byte begins the UTF-8 of a code point that folds.
const LEADS: [bool; 256] = {
    let mut leads = [false; 256];
    let mut row = 0;
    while row < FOLDS.len() {
        let (first, width, text, _) = FOLDS[row];
        let mut code = first;
        while code < first + (text.len() / width) as u32 {
            leads[lead_of(code)] = true;
            code += 1;
        }
        row += 1;
    }
    leads
};

/// How many rows begin before each 256 code points, up to what is above all that fold.
const BLOCKS: [u16; 0x201] = {
    let mut blocks = [0; 0x201];
    let (mut block, mut row) = (0, 0);
    while block < blocks.len() {
        while row < FOLDS.len() && FOLDS[row].0 < (block as u32) << 8 {
            row += 1;
        }
        blocks[block] = row as u16;
        block += 1;
    }
    blocks
};

/// The first byte of a code point above 127 in UTF-8 (RFC 3629, section 3).
const fn lead_of(code: u32) -> usize {
    (match code {
        0..=0x7ff => 0xc0 + (code >> 6),
        0x800..=0xffff => 0xe0 + (code >> 12),
        _ => 0xf0 + (code >> 18),
    }) as usize
}

/// Which applications make of a character what it folds to, a bit each.
type Kinds = u8;

/// Those that read text after NFKC, of which an accented letter is no digit.
const COMPOSED: Kinds = 1;
/// Those that decompose it and leave out accents.
const DECOMPOSED: Kinds = 2;
/// Those that read the decimal digits of any script.
const DECIMAL: Kinds = 4;

/// All kinds that leave out some of what others fold. To databases, which fold all, nothing is left out.
const SOME: [Kinds; 3] = [COMPOSED, DECOMPOSED, DECIMAL];

/// Texts with such forms replaced, as applications have them.
#[derive(Default)]
pub struct Folded {
    texts: Vec<Vec<u8>>,
}

impl Folded {
    /// `text` with every such form replaced, if there is any, and every escape of what is not ASCII by its character; and
    /// the same where only those of some kind or only escapes are replaced, if that is something else: an application that
    /// strips a text leaves out the others. `None` if to make and to read more than one of them takes more than `room` bytes.
    #[inline]
    pub fn each(&mut self, text: &[u8], escapes: Escapes, room: usize) -> Option<&[Vec<u8>]> {
        // Most texts have nothing to fold.
        if text.is_ascii() && (escapes != Escapes::All || !has_wide_escape(text)) {
            return Some(&[]);
        }
        self.each_of_some(text, escapes, room)
    }

    fn each_of_some(&mut self, text: &[u8], escapes: Escapes, room: usize) -> Option<&[Vec<u8>]> {
        let expanded = if escapes == Escapes::All { without_wide_escapes(text) } else { None };
        let source = expanded.as_deref().unwrap_or(text);
        self.texts.resize_with(2 + SOME.len(), Vec::new);
        let [mut any, mut each] = [0, Kinds::MAX];
        // What folds has four bytes at most, so that the text and two foldings, each made from it, take at least as much.
        let is_tight = source.len() * 7 / 2 > room;
        let is_folded = fold_into(source, &mut self.texts[0], |kinds| {
            (any, each) = (any | kinds, each & kinds);
            let is_mixed = SOME.iter().any(|kind| any & !each & kind != 0);
            if is_tight && is_mixed { None } else { Some(true) }
        })?;
        let mut count = usize::from(is_folded);
        let some = SOME.into_iter().filter(|kind| any & !each & kind != 0);
        let foldings = count + some.clone().count();
        if foldings > 1 && source.len() + foldings * (source.len() + self.texts[0].len()) > room {
            return None;
        }
        for kind in some {
            let (before, here) = self.texts.split_at_mut(count);
            if fold_into(source, &mut here[0], |kinds| Some(kinds & kind != 0))? && !before.contains(&here[0]) {
                count += 1;
            }
        }
        if let Some(expanded) = expanded {
            self.texts[count] = expanded;
            count += 1;
        }
        Some(&self.texts[..count])
    }
}

/// Puts `text` with such forms replaced of whose kinds `counts` says so in the place of `out`; nothing where there is none,
/// which is the answer. Stops where `counts` says nothing.
fn fold_into(text: &[u8], out: &mut Vec<u8>, mut counts: impl FnMut(Kinds) -> Option<bool>) -> Option<bool> {
    out.clear();
    if text.is_ascii() {
        return Some(false);
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
        let folded = match folded_at(&text[index..]) {
            Some((length, form, kinds)) => counts(kinds)?.then_some((length, form)),
            None => None,
        };
        let Some((length, form)) = folded else {
            // What continues a character begins none.
            index += 1 + text[index + 1..].iter().take_while(|&&byte| continued(byte).is_some()).count();
            continue;
        };
        if kept == 0 {
            out.reserve(text.len());
        }
        // Most often one follows another.
        if kept < index {
            out.extend_from_slice(&text[kept..index]);
        }
        form.iter().for_each(|&byte| out.push(byte));
        index += length;
        kept = index;
    }
    if kept > 0 {
        out.extend_from_slice(&text[kept..]);
    }
    Some(kept > 0)
}

/// What the code point that `text` begins with folds to, how many bytes it has, and for which applications.
fn folded_at(text: &[u8]) -> Option<(usize, &'static [u8], Kinds)> {
    let (length, code) = match *text {
        [a @ 0xc2..=0xdf, b, ..] => (2, (bits(a, 5) << 6) + continued(b)?),
        [a @ 0xe0..=0xef, b, c, ..] => (3, (bits(a, 4) << 12) + (continued(b)? << 6) + continued(c)?),
        // No code point above folds.
        [0xf0, b, c, d, ..] => (4, (continued(b)? << 12) + (continued(c)? << 6) + continued(d)?),
        _ => return None,
    };
    let block = (code >> 8) as usize;
    let &[begin, end] = BLOCKS.get(block..)?.first_chunk()?;
    let (begin, end) = (usize::from(begin), usize::from(end));
    let row = (begin + FOLDS[begin..end].partition_point(|&(first, ..)| first <= code)).checked_sub(1)?;
    let (first, width, forms, kinds) = FOLDS[row];
    let start = (code - first) as usize * width;
    Some((length, forms.as_bytes().get(start..start + width)?, kinds))
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
    use regex::Regex;
    use unicode_normalization::UnicodeNormalization;
    use unicode_normalization::char::is_combining_mark;

    fn fold(text: &[u8]) -> Option<Vec<u8>> {
        Folded::default().each(text, Escapes::All, usize::MAX)?.first().cloned()
    }

    /// What is left of a character once it is decomposed and has no accents, or the decimal digit that it is, where all of
    /// that is hex digits or joins them; otherwise the hex digits in it.
    fn form_of(character: char, is_decimal: &Regex) -> Option<String> {
        let counts = |c: char| c.is_ascii_hexdigit() || ":-_.".contains(c);
        let form: String = std::iter::once(character).nfkd().filter(|&c| !is_combining_mark(c)).collect();
        if character.is_ascii() {
            return None;
        }
        if !form.is_empty() && form.chars().all(counts) {
            return Some(form);
        }
        // Ten digits of a script follow one another.
        let is_digit = |code: &u32| char::from_u32(*code).is_some_and(|c| is_decimal.is_match(&c.to_string()));
        let code = u32::from(character);
        if is_digit(&code) {
            return Some(((0..code).rev().take_while(is_digit).count() % 10).to_string());
        }
        let digits: String = form.chars().filter(char::is_ascii_hexdigit).collect();
        (!digits.is_empty()).then_some(digits)
    }

    #[test]
    fn the_table_is_what_is_left_of_every_character() {
        let is_decimal = Regex::new(r"\p{Decimal_Number}").unwrap();
        let has_weight = Regex::new(r"[\p{L}\p{M}\p{N}\p{S}]").unwrap();
        let mut by_weight = 0;
        for character in (0..=0x10ffff).filter_map(char::from_u32) {
            let text = character.to_string();
            let folded = fold(text.as_bytes()).map(|text| String::from_utf8(text).unwrap());
            let form = form_of(character, &is_decimal);
            if form.is_none() && folded.as_ref().is_some_and(|form| form.len() <= 2) && has_weight.is_match(&text) {
                by_weight += 1;
                continue;
            }
            assert_eq!(folded, form, "U+{:04X}", u32::from(character));
        }
        assert_eq!(by_weight, BY_WEIGHT);
    }

    #[test]
    fn the_table_says_who_reads_a_character_so() {
        let is_decimal = Regex::new(r"\p{Decimal_Number}").unwrap();
        for character in (0x80..=0x10ffff).filter_map(char::from_u32) {
            let text = character.to_string();
            let Some((_, folded, kinds)) = folded_at(text.as_bytes()) else { continue };
            let is_left = |form: String| {
                let digits: String = form.chars().filter(|c| c.is_ascii_hexdigit() || ":-_.".contains(*c)).collect();
                !form.is_empty() && (form.as_bytes() == folded || digits.replace('.', "").as_bytes() == folded)
            };
            let decomposed: String = text.nfkd().filter(|&c| !is_combining_mark(c)).collect();
            for (kind, is_of) in [
                (COMPOSED, is_left(text.nfkc().collect())),
                (DECOMPOSED, is_left(decomposed)),
                (DECIMAL, is_decimal.is_match(&text)),
            ] {
                assert_eq!(kinds & kind != 0, is_of, "U+{:04X} {kind}", u32::from(character));
            }
        }
    }

    /// How many characters have no such form, but the weight of a digit or two in a database (the default table of Unicode
    /// 13).
    const BY_WEIGHT: usize = 468;

    #[test]
    fn who_folds_less_leaves_out_more() {
        let each = |text: &str| {
            let mut folded = Folded::default();
            let texts = folded.each(text.as_bytes(), Escapes::All, usize::MAX).unwrap();
            texts.iter().map(|text| String::from_utf8(text.clone()).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(each("\u{ff10}x\u{ff11}"), ["0x1"], "to all of them");
        assert_eq!(each("\u{e9}\u{e8}"), ["ee"]);
        assert_eq!(each("\u{e6}b"), ["aeb"]);
        assert_eq!(each("\u{ff10}\u{e9}"), ["0e", "0\u{e9}"]);
        assert_eq!(each("\u{ff10}\u{f0}\u{660}"), ["0d0", "0\u{f0}\u{660}", "0\u{f0}0"]);
        assert_eq!(each("%u00e9\u{ff10}"), ["e0", "\u{e9}0", "\u{e9}\u{ff10}"]);
        assert_eq!(each("%u00e90"), ["e0", "\u{e9}0"]);
        assert_eq!(each("%u26030"), ["\u{2603}0"]);
        assert_eq!(Folded::default().each(b"%u4f2b\xef\xbc\x90", Escapes::Bytes, usize::MAX).unwrap(), [b"%u4f2b0"]);
    }

    #[test]
    fn what_there_is_no_room_for_is_not_folded() {
        let text = "\u{ff10}\u{f0}".as_bytes();
        // five bytes, and four foldings of them to two
        let takes = 5 + 4 * (5 + 2);
        let mut folded = Folded::default();
        for room in 0..takes {
            assert_eq!(folded.each(text, Escapes::All, room), None, "{room}");
        }
        assert_eq!(folded.each(text, Escapes::All, takes).unwrap().len(), 2);
        assert_eq!(folded.each("\u{ff10}".as_bytes(), Escapes::All, 0).unwrap(), [b"0"], "all fold it");
        // Characters of four bytes take the least: eight bytes, and two foldings of them to two.
        let text = "\u{1d7ce}\u{1d400}".as_bytes();
        let takes = 8 + 2 * (8 + 2);
        assert_eq!(folded.each(text, Escapes::All, takes - 1), None);
        assert_eq!(folded.each(text, Escapes::All, takes).unwrap(), [&b"0A"[..], "0\u{1d400}".as_bytes()]);
    }

    #[test]
    fn what_there_cannot_be_room_for_is_not_folded_to_its_end() {
        let text = format!("\u{ff10}\u{f0}{}", "\u{ff10}".repeat(100));
        let mut folded = Folded::default();
        assert_eq!(folded.each(text.as_bytes(), Escapes::All, 3 * text.len()), None);
        assert_eq!(folded.texts[0], b"0", "up to where one application folds what another leaves");
    }

    #[test]
    fn what_is_ascii_has_nothing_to_fold_and_is_not_looked_at_for_escapes_that_nobody_reads() {
        crate::names::work::take();
        assert!(Folded::default().each(b"/up/%u0030", Escapes::Bytes, usize::MAX).unwrap().is_empty());
        assert_eq!(crate::names::work::take(), 0);
    }

    #[test]
    fn accents_and_scripts_hide_no_digit() {
        for (text, folded) in [
            ("\u{32c5}4167f\u{33e9}", "64167f10"),
            ("\u{bd}\u{2103}", "12C"),
            ("6416%uff17f%ud835%udfcf%u2603", "64167f1\u{2603}"),
            ("0004f2bbbbb\u{e9}", "0004f2bbbbbe"),
            ("\u{c0}\u{1e02}\u{107}\u{10f}\u{113}\u{1e1f}", "ABcdef"),
            ("\u{660}\u{6f1}\u{966}\u{e52}", "0102"),
            ("\u{111}\u{3007}\u{2776}", "d01"),
        ] {
            assert_eq!(fold(text.as_bytes()).unwrap(), folded.as_bytes(), "{text}");
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
        assert_eq!(fold_into("\u{fc}".as_bytes(), &mut room, |_| Some(true)), Some(false));
        assert!(room.is_empty());
    }

    proptest! {
        #[test]
        fn text_is_folded_character_by_character(text in "[0-9a-z\u{ff10}-\u{ff5a}\u{2460}-\u{249b}\u{e4}\u{fc}\u{1d7d0}]{0,20}") {
            let slow: Vec<u8> = text
                .chars()
                .map(|character| character.to_string().into_bytes())
                .flat_map(|character| fold(&character).unwrap_or(character))
                .collect();
            prop_assert_eq!(fold(text.as_bytes()).unwrap_or_else(|| text.clone().into_bytes()), slow);
        }
    }
}
