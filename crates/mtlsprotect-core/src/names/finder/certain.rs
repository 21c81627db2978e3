//! Spellings that are an address whatever its prefix, and those that would be if they were not more likely something
//! else.

use super::class::{CLASSES, COLON, DASH, DOT, END, UNDERSCORE, is_hex};
use super::shape::{UUID_LAST, is_date, is_decimal, uuid_before};
use super::syntax::Syntax;
use crate::mac::Mac;
use std::ops::Range;

/// An address as a text spells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelling {
    /// Whose it is.
    pub mac: Mac,
    /// Where it stands.
    pub span: Range<usize>,
    /// It reads as a date, a telephone number or a part of an IPv6 address, or ends a UUID: a name only where its
    /// prefix is known or it is the sender's own.
    pub is_doubtful: bool,
    /// What is looked at as a whole with it: the UUID that it ends.
    pub whole: Option<Range<usize>>,
    /// Whose it is for an application that takes its first letter for the end of a word: `phone0:4:f2:1:2:3`.
    pub behind_word: Option<Mac>,
}

/// What 12 decimal digits are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decimals {
    /// An address.
    Address,
    /// A telephone number, as in the value of a query's parameter.
    Telephone,
}

impl Decimals {
    /// What they are in a text.
    pub fn of(syntax: Syntax) -> Self {
        if syntax == Syntax::Value { Decimals::Telephone } else { Decimals::Address }
    }
}

/// How the groups of an address are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Notation {
    /// `00-04-f2-aa-bb-cc`
    Pairs,
    /// `0004.f2aa.bbcc`
    Quads,
    /// `0:4:f2:a:b:c`, as `ether_aton` reads it
    Octets,
}

impl Notation {
    /// Where its groups are counted.
    const fn shift(self) -> u32 {
        8 * self as u32
    }

    /// This many groups are an address.
    const fn enough(self) -> u32 {
        let groups = if matches!(self, Notation::Quads) { 3 } else { 6 };
        1 << (self.shift() + groups - 1)
    }

    /// Whether it is written with a character of such a class between its groups.
    const fn joins(self, joint: u8) -> bool {
        match self {
            Notation::Pairs => matches!(joint, COLON | DASH | UNDERSCORE),
            Notation::Quads => matches!(joint, DOT | DASH | UNDERSCORE),
            Notation::Octets => matches!(joint, COLON | DASH),
        }
    }

    /// Whether a run of this many digits is a group.
    const fn fits(self, digits: usize) -> bool {
        match self {
            Notation::Pairs => digits == 2,
            Notation::Quads => digits == 4,
            Notation::Octets => digits == 1 || digits == 2,
        }
    }

    /// Whether this many more groups may follow: in `...-de.cfg` there are six pairs and a language too, but the eight
    /// groups of an EUI-64 are not an address.
    const fn may_go_on(self, groups: usize) -> bool {
        groups == 0 || (groups == 1 && !matches!(self, Notation::Quads))
    }
}

/// How many groups of each notation end with the last run, joined by the same character: in a byte for each the lowest bit
/// for one group, the next for two and so on, and no bit for more than eight.
#[derive(Clone, Copy, Default)]
pub struct Groups {
    counts: u32,
    /// All ones in the bytes of those notations of which the last run is a group.
    last: u32,
    /// The class of what joins them.
    joint: u8,
}

/// One group of each notation.
const ONE: u32 = 0x01_01_01;
/// This many groups of a notation are an address.
const ENOUGH: u32 = Notation::Pairs.enough() + Notation::Quads.enough() + Notation::Octets.enough();
/// The notations of which a run of this many digits, fewer than 12, is a group.
const KINDS: [u32; 16] = {
    let mut kinds = [0; 16];
    kinds[1] = 0xff << Notation::Octets.shift();
    kinds[2] = 0xff << Notation::Octets.shift() | 0xff << Notation::Pairs.shift();
    kinds[4] = 0xff << Notation::Quads.shift();
    kinds
};

impl Groups {
    /// Takes a run of this many digits, and the class of the only character between it and the run before it if there
    /// is only one. Returns whether groups of some notation that are not the end of more become enough for an address.
    #[inline(always)]
    fn run(&mut self, digits: usize, joint: u8) -> bool {
        let kinds = KINDS[digits % KINDS.len()];
        if !(COLON..=DOT).contains(&joint) {
            // What would be joined to them is joined by another character.
            *self = Groups { counts: 0, last: kinds, joint };
            return false;
        }
        // Joined by another character, the run before is the first of these groups, whatever joins it to others. What
        // leaves a byte at its end is of no kind that is in the next one too.
        let before = if joint == self.joint { self.counts } else { self.last & ONE };
        *self = Groups { counts: (before << 1 | ONE & !self.last) & kinds, last: kinds, joint };
        self.counts & ENOUGH != 0
    }

    /// Whether they are exactly as many as an address has.
    fn are_enough(self, notation: Notation) -> bool {
        self.counts & notation.enough() != 0
    }
}

/// The part of a text whose spellings are looked for.
#[derive(Clone, Copy)]
pub struct Part<'t> {
    /// The text up to the part's end.
    text: &'t [u8],
    start: usize,
    decimals: Decimals,
}

/// Calls `found` with each spelling in a part of `text`, in the order of their ends or nearly so.
pub fn spellings(text: &[u8], part: Range<usize>, decimals: Decimals, found: &mut impl FnMut(Spelling)) {
    let search = Part::new(text, &part, decimals);
    let (mut groups, mut joint, mut index, mut bits) = (Groups::default(), END, part.start, 0);
    while index < part.end {
        let digits = search.digits_at(index, usize::MAX);
        if digits > 0 {
            let run = index..index + digits;
            bits = text[run.clone()].iter().fold(bits, |bits, &byte| bits << 4 | u64::from(CLASSES[byte as usize]));
            index = run.end;
            search.run(run, joint, bits, &mut groups, found);
            joint = search.class_at(index);
        } else {
            joint = END;
        }
        index += 1;
    }
}

/// A run of more digits is nothing certain.
const LONGEST: usize = 15;

impl<'t> Part<'t> {
    pub fn new(text: &'t [u8], part: &Range<usize>, decimals: Decimals) -> Self {
        Part { text: &text[..part.end], start: part.start, decimals }
    }

    /// Takes a run of digits behind a character of this class and the run before that, if there is one, and calls `found` with
    /// what it spells, alone or with those before it and behind it. `bits` are the last digits of the text up to its end.
    #[inline(always)]
    pub fn run(&self, run: Range<usize>, joint: u8, bits: u64, groups: &mut Groups, found: &mut impl FnMut(Spelling)) {
        if run.len() < Mac::DIGITS {
            if groups.run(run.len(), joint) {
                self.joined(*groups, run.end, bits, found);
            }
            return;
        }
        *groups = Groups::default();
        if run.len() <= LONGEST {
            self.long(run, bits, found);
        }
    }

    /// Takes groups that are as many as an address has and not the end of more.
    #[inline(never)]
    fn joined(&self, groups: Groups, end: usize, bits: u64, found: &mut impl FnMut(Spelling)) {
        let mac = Mac::from_bits(bits);
        if groups.are_enough(Notation::Pairs) {
            self.block(Notation::Pairs, mac, end - 17..end, groups.joint, found);
        } else if groups.are_enough(Notation::Quads) {
            self.block(Notation::Quads, mac, end - 14..end, groups.joint, found);
        } else if groups.are_enough(Notation::Octets) {
            // What is written in full is pairs.
            let (mac, start) = self.octets(end);
            self.block(Notation::Octets, mac, start..end, groups.joint, found);
        }
    }

    /// What six octets say that end here, zeros in front left out or not, and where they begin.
    fn octets(&self, end: usize) -> (Mac, usize) {
        let (mut bits, mut octet, mut shift, mut start) = (0, 0, 0, end);
        for &byte in self.text[self.start..end].iter().rev() {
            let class = CLASSES[byte as usize];
            if is_hex(class) {
                bits |= u64::from(class) << shift;
                shift += 4;
            } else {
                octet += 8;
                shift = octet;
                if octet == 4 * Mac::DIGITS {
                    break;
                }
            }
            start -= 1;
        }
        (Mac::from_bits(bits), start)
    }

    /// Takes the first groups that are as many as an address has, if not too many follow.
    fn block(&self, notation: Notation, mac: Mac, span: Range<usize>, joint: u8, found: &mut impl FnMut(Spelling)) {
        if !notation.joins(joint) || !notation.may_go_on(self.groups_behind(notation, span.end, joint)) {
            return;
        }
        if notation == Notation::Quads && self.is_in_uuid(span.end) {
            return;
        }
        let is_doubtful = is_date(mac)
            || (joint != COLON && self.is_telephone(mac))
            || (notation == Notation::Octets && joint == COLON && self.is_in_ipv6(&span));
        let are_octets = notation != Notation::Quads && Notation::Octets.joins(joint);
        let behind_word = if are_octets { self.behind_word(mac, &span) } else { None };
        found(Spelling { mac, span, is_doubtful, whole: None, behind_word });
    }

    /// The same octets without the letter that the first one begins with, where another letter stands before that.
    fn behind_word(&self, mac: Mac, span: &Range<usize>) -> Option<Mac> {
        let is_letter = |place: usize| place >= self.start && self.text[place].is_ascii_alphabetic();
        let is_word = is_letter(span.start)
            && is_hex(self.class_at(span.start + 1))
            && span.start.checked_sub(1).is_some_and(is_letter);
        is_word.then(|| Mac::from_bits(mac.bits() & 0x0fff_ffff_ffff)).filter(|mac| mac.is_device())
    }

    /// How many groups go on where one ends, two at most.
    fn groups_behind(&self, notation: Notation, mut end: usize, joint: u8) -> usize {
        for groups in 0..2 {
            if self.class_at(end) != joint {
                return groups;
            }
            let digits = self.digits_at(end + 1, 5);
            if !notation.fits(digits) {
                return groups;
            }
            end += 1 + digits;
        }
        2
    }

    /// The class of the character at a place.
    fn class_at(&self, place: usize) -> u8 {
        self.text.get(place).map_or(END, |&byte| CLASSES[byte as usize])
    }

    /// How many digits there are at a place, among this many that are looked at.
    fn digits_at(&self, start: usize, most: usize) -> usize {
        let rest = self.text.get(start..).unwrap_or_default();
        rest.iter().take(most).take_while(|&&byte| is_hex(CLASSES[byte as usize])).count()
    }

    /// Whether three quads are those of a UUID.
    fn is_in_uuid(&self, end: usize) -> bool {
        self.text.get(end) == Some(&b'-')
            && self.digits_at(end + 1, UUID_LAST + 1) == UUID_LAST
            && self.uuid(end + 1 + UUID_LAST).is_some()
    }

    /// The UUID whose last group ends before `end`, as 12 digits do.
    fn uuid(&self, end: usize) -> Option<Range<usize>> {
        let start = uuid_before(&self.text[self.start..], end - self.start)?;
        Some(self.start + start..end)
    }

    /// Takes a run that may end with 12 digits that are an address.
    #[inline(never)]
    fn long(&self, run: Range<usize>, bits: u64, found: &mut impl FnMut(Spelling)) {
        let span = run.end - Mac::DIGITS..run.end;
        if !self.text[run.start..span.start].iter().all(u8::is_ascii_alphabetic) {
            return;
        }
        let whole = if run == span { self.uuid(run.end) } else { None };
        let mac = Mac::from_bits(bits);
        let is_doubtful = whole.is_some() || is_date(mac) || self.is_telephone(mac);
        found(Spelling { mac, span, is_doubtful, whole, behind_word: None });
    }

    fn is_telephone(&self, mac: Mac) -> bool {
        self.decimals == Decimals::Telephone && is_decimal(mac)
    }

    /// Whether groups joined by colons go on, before or behind, with another group or a second colon.
    fn is_in_ipv6(&self, span: &Range<usize>) -> bool {
        let goes_on = |colon: Option<&u8>, next: Option<&u8>| {
            colon == Some(&b':') && next.is_some_and(|&byte| byte == b':' || byte.is_ascii_hexdigit())
        };
        let mut before = self.text[self.start..span.start].iter().rev();
        let mut after = self.text[span.end..].iter();
        goes_on(before.next(), before.next()) || goes_on(after.next(), after.next())
    }
}
