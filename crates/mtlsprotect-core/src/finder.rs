//! Finds the MAC addresses that a text names.
//!
//! Two kinds of spelling count. A *certain* one is an address whatever its prefix: 12 hex digits standing alone or after
//! letters, six pairs, three quads, six octets. A *loose* one, any 12 digits that come together when an application leaves
//! out what stands between them, might be anything (a hash, a date, a serial number) and counts only when its prefix is a
//! phone vendor's or when it spells the sender itself.
//!
//! The work is linear in the text: each byte is looked at a fixed number of times.

mod certain;
mod class;
mod shape;
mod taken;
mod windows;

use crate::mac::{Mac, hex_value};
use crate::vendors::KnownPrefixes;
use crate::work;
pub use certain::Decimals;
use certain::{Spelling, spellings};
use class::{CLASSES, weight};
use shape::is_date;
use std::ops::Range;
use taken::Taken;
pub use taken::in_order;
use windows::Windows;

/// What a text is, and so where the parts end whose digits applications collect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// A path: its segments.
    Path,
    /// The value of a query's parameter or of a cookie: whole, and what stands between `/`, `?`, `&`, `=` and `;` in it.
    Value,
    /// The name of a host: whole.
    Host,
    /// A User-Agent: whole, its end looser than the rest.
    UserAgent,
}

/// What makes a loose spelling a name.
#[derive(Clone, Copy, Debug)]
pub struct Finder<'a> {
    known: &'a KnownPrefixes,
    sender: Option<Mac>,
    only_known: bool,
}

/// What the value of a name parameter says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedValue {
    /// No device: it has no digits, or a shared file's.
    Nobody,
    /// This one.
    Device(Mac),
    /// Something that is not a MAC.
    Malformed,
}

/// Digits that an address has at least: six octets without their zero.
const LEAST_DIGITS: usize = 6;

impl<'a> Finder<'a> {
    /// A finder for requests of `sender`, `None` where the sender is not proven.
    pub fn new(known: &'a KnownPrefixes, sender: Option<Mac>) -> Self {
        Finder { known, sender, only_known: false }
    }

    /// The same where an unknown prefix is no name, so that it must not stand in the way of a known one either.
    pub fn only_known(self) -> Self {
        Finder { only_known: true, ..self }
    }

    /// Whether `mac` has a prefix that a phone vendor is known to use.
    pub fn is_known(&self, mac: Mac) -> bool {
        self.known.contains(mac.oui())
    }

    /// Calls `found` with every device that `text` names as it stands; more than once where it is written so that
    /// several rules see it.
    pub fn find(&self, text: &[u8], syntax: Syntax, found: &mut impl FnMut(Mac)) {
        self.find_beside(text, syntax, Vec::new(), &mut |mac, _| found(mac));
    }

    /// The same where some places of the text, in order and apart, are taken already, by names that it spells once it is
    /// decoded: nothing loose that touches one is a name. `found` gets the place too that a name takes.
    pub fn find_beside(
        &self,
        text: &[u8],
        syntax: Syntax,
        taken: Vec<Range<usize>>,
        found: &mut impl FnMut(Mac, Option<Range<usize>>),
    ) {
        work::done(text.len());
        let mut part = Part::at(0);
        let mut search = Parts { finder: self, text, syntax, taken: Taken::new(taken) };
        for (index, &byte) in text.iter().enumerate() {
            part.weight += weight::WEIGHTS[byte as usize];
            if byte == b'/' && syntax == Syntax::Path {
                search.find(part, index, found);
                part = Part::at(index + 1);
            }
        }
        search.find(part, text.len(), found);
    }
    /// Reports a spelling where it is a name; what it stands on is not read once more, together with what is beside it.
    fn take(&self, spelling: Spelling, taken: &mut Taken, found: &mut impl FnMut(Mac, Option<Range<usize>>)) {
        let is_sure = !spelling.is_doubtful && !self.only_known;
        let is_name =
            spelling.mac.is_device() && (is_sure || self.sender == Some(spelling.mac) || self.is_known(spelling.mac));
        if is_name {
            found(spelling.mac, Some(spelling.span.clone()));
            taken.add(spelling.span);
        }
        if let Some(whole) = spelling.whole {
            taken.add(whole);
        }
    }

    /// What the value of a name parameter says as it stands: one certain name and fewer than 12 digits beside it, or 12
    /// digits whatever else is in it, or 11 where somebody left out the first zero.
    pub fn named_value(value: &[u8]) -> NamedValue {
        work::done(2 * value.len());
        let (mut bits, mut digits) = (0, 0);
        for digit in value.iter().filter_map(|&byte| hex_value(byte)) {
            bits = bits << 4 | u64::from(digit);
            digits += 1;
        }
        // Of fewer nothing is an address.
        if digits < LEAST_DIGITS {
            return if digits == 0 { NamedValue::Nobody } else { NamedValue::Malformed };
        }
        let mut only: Option<(Mac, usize)> = None;
        let mut agree = true;
        spellings(value, 0..value.len(), Decimals::Address, &mut |Spelling { mac, span, whole, .. }| {
            if whole.is_none() {
                let own = value[span].iter().filter(|byte| byte.is_ascii_hexdigit()).count();
                agree &= only.is_none_or(|(other, _)| other == mac);
                only = Some((mac, own));
            }
        });
        let mac = match only {
            Some((mac, own)) if agree && digits < own + Mac::DIGITS => mac,
            _ if digits == 0 => return NamedValue::Nobody,
            _ if digits == Mac::DIGITS || digits == Mac::DIGITS - 1 => Mac::from_bits(bits),
            _ => return NamedValue::Malformed,
        };
        if mac.is_device() { NamedValue::Device(mac) } else { NamedValue::Nobody }
    }
}

/// Whether a text begins with the sender's MAC as 12 digits that stand alone.
fn begins_with(text: &[u8], sender: Mac) -> bool {
    let Some(digits) = text.first_chunk::<{ Mac::DIGITS }>() else { return false };
    let mut rest = sender.bits() << 16;
    let spells_sender = digits.iter().all(|&digit| {
        let nibble = (rest >> 60) as u8;
        rest <<= 4;
        CLASSES[digit as usize] == nibble
    });
    spells_sender && !text.get(Mac::DIGITS).is_some_and(u8::is_ascii_hexdigit) && !is_date(sender)
}

/// What a first look at a text counts in it.
pub fn weight_of(text: &[u8]) -> u64 {
    work::done(text.len());
    text.iter().fold(0, |weight, &byte| weight + weight::WEIGHTS[byte as usize])
}

/// Whether a text of this weight can name a device at all, decoded and folded too: it needs 12 digits, or 6 and 5 that
/// join octets, each of which can be written as an escape with two digits more.
pub fn may_name(weight: u64) -> bool {
    let (digits, joints) = (weight as u32 as usize, (weight >> 32) as usize);
    digits >= Mac::DIGITS || (digits >= LEAST_DIGITS && digits + 2 * joints >= 16)
}

/// A part of a text and its weight so far.
#[derive(Clone, Copy)]
struct Part {
    start: usize,
    weight: u64,
}

impl Part {
    fn at(start: usize) -> Self {
        Part { start, weight: 0 }
    }

    /// At most so many hex digits.
    fn digits(self) -> usize {
        self.weight as u32 as usize
    }

    fn may_have_octets(self) -> bool {
        self.weight >= 5 * weight::JOINT
    }
}

/// The parts of a text, over whose ends no name reaches.
struct Parts<'w> {
    finder: &'w Finder<'w>,
    text: &'w [u8],
    syntax: Syntax,
    taken: Taken,
}

impl Parts<'_> {
    /// Looks for names in a part that ends before `end`.
    fn find(&mut self, part: Part, end: usize, found: &mut impl FnMut(Mac, Option<Range<usize>>)) {
        if !may_name(part.weight) {
            return;
        }
        let (finder, text, digits) = (self.finder, self.text, part.digits());
        // Most often it begins with the sender's own name, and the rest has too few digits for another.
        if digits < 2 * Mac::DIGITS && !part.may_have_octets() {
            if let Some(sender) = finder.sender.filter(|&sender| begins_with(&text[part.start..end], sender)) {
                found(sender, Some(part.start..part.start + Mac::DIGITS));
                return;
            }
        }
        work::done(2 * (end - part.start));
        let decimals = if self.syntax == Syntax::Value { Decimals::Telephone } else { Decimals::Address };
        let (syntax, taken) = (self.syntax, &mut self.taken);
        taken.begin(&(part.start..end));
        spellings(text, part.start..end, decimals, &mut |spelling| finder.take(spelling, taken, found));
        if digits >= Mac::DIGITS {
            taken.settle();
            Windows::new(finder, text, taken).search(part.start..end, syntax, found);
        }
    }
}

#[cfg(test)]
#[path = "finder_tests.rs"]
mod tests;
