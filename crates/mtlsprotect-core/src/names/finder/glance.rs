//! One look at a short path, a bit for each byte, which is enough for most: a segment begins with the name of a phone,
//! and the others can name nobody.

use super::beside::SHARED;
use super::class::CLASSES;
use super::wanted::Wanted;
use super::weight::{LEAST_DIGITS, Weight};
use crate::mac::{Mac, Oui};
use crate::names::bytes::{WORD, is_plain};
use crate::names::named::{Names, Source};
use crate::names::work;
use mtlsprotect_memory::{BLOCK, Marks, equal};

/// Longer paths have more bytes than there are bits.
const MOST: usize = 63;

/// The digits of a prefix; as many follow it in a name.
const PREFIX: usize = Mac::DIGITS / 2;

/// Twelve digits.
const NAME: u64 = (1 << Mac::DIGITS) - 1;

impl Names {
    /// Adds the devices that a path names, and returns whether these are all: otherwise it has to be searched.
    #[inline(never)]
    pub fn at_a_glance(&mut self, path: &[u8], wanted: &Wanted<'_>, source: Source) -> bool {
        wanted.glance(path, &mut |mac| self.add(mac, source))
    }
}

impl Wanted<'_> {
    /// Calls `found` with every device that a path names, as a search does, and returns whether these are all:
    /// otherwise it has to be searched.
    #[inline(always)]
    fn glance(&self, path: &[u8], found: &mut impl FnMut(Mac)) -> bool {
        if path.len() < WORD {
            return is_plain(path);
        }
        let Some(InPath { digits, mut slashes }) = InPath::of(path) else { return false };
        work::done(path.len());
        let mut start = 0;
        loop {
            let end = if slashes == 0 { path.len() } else { slashes.trailing_zeros() as usize };
            let segment = &path[start..end];
            if segment.len() >= LEAST_DIGITS {
                let digits = digits >> start & ((1 << segment.len()) - 1);
                if !self.glance_at(segment, digits, found) {
                    return false;
                }
            }
            if slashes == 0 {
                return true;
            }
            slashes &= slashes - 1;
            start = end + 1;
        }
    }

    /// The device that a value is nothing but the name of, where a look tells.
    pub fn at_once(&self, value: &[u8]) -> Option<Mac> {
        Mac::of_digits(value.try_into().ok()?).filter(|&mac| self.has(mac))
    }

    /// Whether a look tells that a segment names this device, who is the sender, and nobody else.
    pub fn begins_with(&self, segment: &[u8], sender: Mac) -> bool {
        InPath::of(segment).is_some_and(|InPath { digits, .. }| only_name(segment, digits) == Some(sender))
    }

    /// As `glance`, for a segment with a bit for each of its digits.
    #[inline(always)]
    fn glance_at(&self, segment: &[u8], digits: u64, found: &mut impl FnMut(Mac)) -> bool {
        if let Some(mac) = only_name(segment, digits).filter(|&mac| self.has(mac)) {
            found(mac);
            return true;
        }
        let count = digits.count_ones() as usize;
        count < LEAST_DIGITS || self.names_nobody(segment, digits, count)
    }

    /// Whether a segment with enough digits for some address spells none.
    #[inline(never)]
    fn names_nobody(&self, segment: &[u8], digits: u64, count: usize) -> bool {
        if count < Mac::DIGITS && !Weight::of(segment).may_name() {
            return true;
        }
        !may_be_certain(digits) && (count < Mac::DIGITS || !self.may_be_loose(segment, digits, count))
    }

    /// Whether some 12 digits that follow one another, whatever stands between them, begin with a prefix that makes them
    /// a name, or with the sender's.
    fn may_be_loose(&self, segment: &[u8], mut digits: u64, count: usize) -> bool {
        let digit = |digits: u64| CLASSES[segment[digits.trailing_zeros() as usize] as usize];
        let mut octet = digit(digits);
        for _ in 0..=count - Mac::DIGITS {
            let begin = digits;
            digits &= digits - 1;
            octet = octet << 4 | digit(digits);
            // Most prefixes are told by their first octet.
            if self.may_begin_with(octet) && self.may_begin(prefix(segment, begin)) {
                return true;
            }
        }
        false
    }
}

/// The prefix that the first six of these digits spell.
#[inline(never)]
fn prefix(segment: &[u8], mut digits: u64) -> Oui {
    let bits = (0..PREFIX).fold(0, |bits, _| {
        let digit = CLASSES[segment[digits.trailing_zeros() as usize] as usize];
        digits &= digits - 1;
        bits << 4 | u32::from(digit)
    });
    Oui::from_bits(bits)
}

/// The MAC that a segment begins with as 12 digits that stand alone, if the others are too few for another.
#[inline(always)]
fn only_name(segment: &[u8], digits: u64) -> Option<Mac> {
    // Behind the name, which is one run, an address has at least six octets.
    const LEAST_OF_TWO: usize = Mac::DIGITS + LEAST_DIGITS;
    if digits & (NAME << 1 | 1) != NAME {
        return None;
    }
    if segment.len() >= LEAST_OF_TWO {
        let count = digits.count_ones() as usize;
        if count >= LEAST_OF_TWO && (count >= 2 * Mac::DIGITS - SHARED || Weight::of(segment).may_have_octets()) {
            return None;
        }
    }
    segment.first_chunk().map(Mac::of_known_digits)
}

/// Whether a run of digits is long enough for an address, or enough runs are groups of one.
fn may_be_certain(digits: u64) -> bool {
    // Where a run of so many digits may begin.
    let two = digits & digits >> 1;
    let four = two & two >> 2;
    let twelve = four & four >> 4 & four >> 8;
    let begin = digits & !(digits << 1);
    let octets = begin & !(two & digits >> 2);
    let quads = begin & four & !(digits >> 4);
    twelve != 0 || are_set(6, octets) || are_set(3, quads)
}

/// Whether so many bits are set: not all processors count them in one step.
#[inline(always)]
pub fn are_set(least: u32, mut bits: u64) -> bool {
    for _ in 1..least {
        bits &= bits.wrapping_sub(1);
    }
    bits != 0
}

/// Some bytes of a short text: a bit for each, the first one lowest.
trait Bits: Default {
    /// Adds a block whose bits belong at places of the text; 0 if a look is enough for what is in it.
    fn add(&mut self, block: &[u8; BLOCK], placed: impl Fn(u64) -> u64) -> u16;

    /// `None` where the text is longer, or a look is not enough for what is in it.
    #[inline(always)]
    fn of(text: &[u8]) -> Option<Self> {
        if text.len() > MOST {
            return None;
        }
        let (mut bits, mut others) = (Self::default(), 0);
        if let Some(last) = text.last_chunk() {
            // The last block has some bytes again.
            let behind = text.len() - BLOCK;
            for start in (0..behind).step_by(BLOCK) {
                if let Some(block) = text[start..].first_chunk() {
                    others |= bits.add(block, |marks| marks << start);
                }
            }
            others |= bits.add(last, |marks| marks << behind);
        } else {
            let mut block = [0; BLOCK];
            match (text.first_chunk::<WORD>(), text.last_chunk::<WORD>()) {
                (Some(first), Some(last)) => {
                    block[..WORD].copy_from_slice(first);
                    block[WORD..].copy_from_slice(last);
                    let second = text.len() - WORD;
                    others |= bits.add(&block, |marks| marks & 0xff | marks >> WORD << second);
                }
                _ => {
                    block[..text.len()].copy_from_slice(text);
                    others |= bits.add(&block, |marks| marks);
                }
            }
        }
        (others == 0).then_some(bits)
    }
}

/// Those of a path in which there is nothing to decode or to fold.
#[derive(Default)]
struct InPath {
    digits: u64,
    slashes: u64,
}

impl Bits for InPath {
    #[inline(always)]
    fn add(&mut self, block: &[u8; BLOCK], placed: impl Fn(u64) -> u64) -> u16 {
        let Marks { digits, slashes, coded } = Marks::of(block);
        self.digits |= placed(digits.into());
        self.slashes |= placed(slashes.into());
        coded
    }
}

/// Those of a query in which there is nothing to decode or to fold, and which reads in one way only.
#[derive(Default)]
pub struct InQuery {
    /// Hex digits.
    pub digits: u64,
    /// What ends a pair.
    pub ends: u64,
    /// What ends a key, or stands in a value.
    pub equals: u64,
}

impl Bits for InQuery {
    #[inline(always)]
    fn add(&mut self, block: &[u8; BLOCK], placed: impl Fn(u64) -> u64) -> u16 {
        let Marks { digits, coded, .. } = Marks::of(block);
        self.digits |= placed(digits.into());
        self.ends |= placed(equal(block, b'&').into());
        self.equals |= placed(equal(block, b'=').into());
        coded | equal(block, b';')
    }
}

impl InQuery {
    /// Those of a short one; `None` where a look is not enough.
    #[inline]
    pub fn of(query: &[u8]) -> Option<Self> {
        <Self as Bits>::of(query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::built_in::known_prefixes::KnownPrefixes;
    use crate::names::finder::{Finder, Syntax};
    use proptest::prelude::*;

    const SENDER: u64 = 0x1234_56aa_bbcc;

    fn look(text: &[u8], sender: Option<Mac>) -> (bool, Vec<Mac>, Vec<Mac>) {
        let known = KnownPrefixes::built_in();
        let finder = Finder::new(&known, sender);
        let (mut glanced, mut found) = (Vec::new(), Vec::new());
        let is_all = finder.wanted.glance(text, &mut |mac| glanced.push(mac));
        assert!(finder.find(text, Syntax::Path, &mut |mac| found.push(mac)));
        (is_all, glanced, found)
    }

    #[test]
    fn a_phones_file_and_what_names_nobody_are_told_by_a_look() {
        for text in [
            "/cfg/0004f2aabbcc.cfg",
            "/up/0004F2AABBCC-boot.log",
            "/123456aabbcc/123456aabbcc-app.log",
            "/firmware/3111-48500-001.sip.ld",
            "/000000000000.cfg/1",
            "/a/b/index.html",
            "/a/",
            "/1.2.3.4.5.6",
            "/000000~334455",
            "/0004f2aabbcc-----.cfg",
            "/0004f2aabbcc-20261124.log",
            "/firmware-3111-48500-001.ld",
        ] {
            let (is_all, glanced, found) = look(text.as_bytes(), Some(Mac::from_bits(SENDER)));
            assert_eq!(is_all, text != "/000000000000.cfg/1", "{text}");
            assert_eq!(glanced, found, "{text}");
            let (mut names, known) = (Names::default(), KnownPrefixes::built_in());
            let wanted = Wanted { known: &known, sender: Some(Mac::from_bits(SENDER)) };
            assert_eq!(names.at_a_glance(text.as_bytes(), &wanted, Source::Uri), is_all, "{text}");
            assert!(names.found().eq(found.first().map(|&mac| (mac, Source::Uri))), "{text}");
        }
    }

    #[test]
    fn where_a_look_is_not_enough_the_path_is_searched() {
        for (text, name) in [
            ("/0004f2aabbcc-0004f2112233", "0004f2112233"),
            ("/0004f2aab000-4f2112233", "0004f2112233"),
            ("/0004f2aabbcc-1:2:3:4:5:f", "01020304050f"),
            ("/1:2:3:4:5:f", "01020304050f"),
            ("/1-1-1-0004f2~aabbcc", "0004f2aabbcc"),
            ("/0004f2~aabbcc", "0004f2aabbcc"),
            ("/12345~6aabbcc", "123456aabbcc"),
            ("/cfg/1234.56aa.bbcc", "123456aabbcc"),
        ] {
            let (is_all, glanced, found) = look(text.as_bytes(), Some(Mac::from_bits(SENDER)));
            assert!(!is_all && glanced.is_empty() && found.iter().any(|mac| mac.to_string() == name), "{text}");
        }
        let (known, sender) = (KnownPrefixes::none(), Some(Mac::from_bits(SENDER)));
        let wanted = Wanted { known: &known, sender };
        assert!(!wanted.glance(b"/1~23456aabbcc", &mut |_| ()), "no prefix is known");
        assert!(wanted.may_begin_with(0x12) && !wanted.may_begin_with(0x13));
        work::take();
        assert!(wanted.glance(b"/a.html", &mut |_| ()) && work::take() == 0, "too short for any name");
    }

    #[test]
    fn every_byte_is_seen_as_what_it_is_at_every_place() {
        let places = [8, 9, 15, 16, 17, 20, 32, 47, MOST].map(|length| (0..length).map(move |place| (place, length)));
        for (byte, (place, length)) in
            (0..=255_u8).flat_map(|byte| places.iter().flat_map(move |all| all.clone()).map(move |at| (byte, at)))
        {
            let mut text = vec![b'~'; length];
            text[place] = byte;
            let bits = InPath::of(&text);
            assert_eq!(bits.is_some(), is_plain(&text), "{byte}");
            if let Some(bits) = bits {
                assert_eq!(bits.digits, u64::from(byte.is_ascii_hexdigit()) << place, "{byte}");
                assert_eq!(bits.slashes, u64::from(byte == b'/') << place, "{byte}");
            }
        }
    }

    #[test]
    fn a_value_is_told_at_once_where_a_search_finds_the_same() {
        let known = KnownPrefixes::built_in();
        for (value, told) in
            [("0004f2aabbcc", true), ("123456AABBCC", true), ("123457aabbcc", false), ("0004f2aabbc", false)]
        {
            let finder = Finder::new(&known, Some(Mac::from_bits(SENDER)));
            let mut found = Vec::new();
            assert!(finder.find(value.as_bytes(), Syntax::Value, &mut |mac| found.push(mac)));
            let at_once: Vec<Mac> = finder.wanted.at_once(value.as_bytes()).into_iter().collect();
            assert_eq!(at_once, if told { found } else { Vec::new() }, "{value}");
        }
    }

    proptest! {
        #[test]
        fn a_look_tells_what_a_search_finds(
            text in "/?([a-z]{0,9}[/.-])?(0004f2|64167f|123456)[0-9a-f]{4,8}([-./:]?[0-9a-f]{1,4}){0,7}\
                |(/?(0004f2|64167f|123456|aabbcc|11-|1:|fff[.]|[0-9a-f./:_-]|%30|\u{e9})){0,24}\
                |([0-9a-fA-F]{1,5}[-./ :]){0,13}",
            is_proven in any::<bool>(),
        ) {
            let (is_all, glanced, found) = look(text.as_bytes(), is_proven.then_some(Mac::from_bits(SENDER)));
            if is_all {
                prop_assert_eq!(glanced, found);
            } else {
                prop_assert!(glanced.iter().all(|mac| found.contains(mac)));
            }
        }
    }
}
