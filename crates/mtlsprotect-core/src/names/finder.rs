//! Finds the MAC addresses that a text names.
//!
//! Two kinds of spelling count. A *certain* one is an address whatever its prefix: 12 hex digits standing alone or after
//! letters, six pairs, three quads, six octets. A *loose* one, any 12 digits that come together when an application leaves
//! out what stands between them, might be anything (a hash, a date, a serial number) and counts only when its prefix is a
//! phone vendor's or when it spells the sender itself.
//!
//! The work is linear in the text: each byte is looked at a fixed number of times.

mod beside;
mod certain;
mod class;
mod glance;
mod hidden;
mod likely;
mod shape;
mod syntax;
mod taken;
mod wanted;
mod weight;
mod windows;

use crate::built_in::known_prefixes::KnownPrefixes;
use crate::mac::Mac;
use crate::names::bytes::{has, pieces};
use crate::names::work;
use beside::{SHARED, is_beside};
pub use certain::Decimals;
use certain::{Spelling, spellings};
use class::{CLASSES, is_hex};
pub use glance::{InQuery, are_set};
pub use hidden::Hidden;
use likely::Likely;
use std::ops::Range;
pub use syntax::Syntax;
use taken::Taken;
pub use taken::{InOrder, in_order};
pub use wanted::Wanted;
pub use weight::{LEAST_DIGITS, Weight};
use windows::{Loose, Windows};

/// Finds names in texts.
#[derive(Clone, Copy, Debug)]
pub struct Finder<'a> {
    /// What makes a loose spelling a name.
    pub(in crate::names) wanted: Wanted<'a>,
    only_known: bool,
    looks_ahead: bool,
    /// Whether all that is hidden is looked for, where it is most often enough to know that something may be.
    is_thorough: bool,
    is_folded: bool,
    /// Whether the places of loose names are told, too.
    tells_places: bool,
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

impl<'a> Finder<'a> {
    /// A finder for requests of `sender`, `None` where the sender is not proven.
    pub fn new(known: &'a KnownPrefixes, sender: Option<Mac>) -> Self {
        let wanted = Wanted { known, sender };
        let (only_known, looks_ahead, is_thorough, is_folded) = (false, false, false, false);
        // If no sender is proven, only a certain name can hide another.
        Finder { wanted, only_known, looks_ahead, is_thorough, is_folded, tells_places: sender.is_some() }
    }

    /// The same where an unknown prefix is not a name, and so must not hide a known one either.
    pub fn only_known(self) -> Self {
        Finder { only_known: true, ..self }
    }

    /// The same with another look at each part beforehand, or without: it makes short work of numbers that are no names,
    /// and is wasted on a text full of names.
    pub fn looking_ahead(self, looks_ahead: bool) -> Self {
        Finder { looks_ahead, ..self }
    }

    /// The same that tells all that is hidden.
    pub fn thorough(self) -> Self {
        Finder { is_thorough: true, ..self }
    }

    /// The same for a text that was folded. What is a letter there may be none for an application that folds less, so that
    /// each 12 digits of a run count, however long it is.
    pub fn of_folded(self) -> Self {
        Finder { is_folded: true, ..self }
    }

    /// The same for a text of which no other form is read behind it: nobody wants to know where names stand.
    pub fn of_last(self) -> Self {
        Finder { tells_places: false, ..self }
    }

    /// Whether `mac` has a prefix that a phone vendor is known to use.
    pub fn is_known(&self, mac: Mac) -> bool {
        self.wanted.is_known(mac)
    }

    /// Calls `found` with every device that `text` names as it stands; more than once where it is written so that
    /// several rules see it. False where there are so many that not all was searched.
    #[must_use]
    pub fn find(&self, text: &[u8], syntax: Syntax, found: &mut impl FnMut(Mac)) -> bool {
        let mut scratch = Scratch::default();
        self.find_beside(text, None, syntax, &[], &mut scratch, &mut |mac, _| found(mac));
        !scratch.more
    }

    /// The same in a text of this weight, if that is known, where some places, in order and apart, are taken already, by
    /// names that it spells once it is decoded: a loose spelling that touches one is not a name, and is added to what is
    /// hidden. `found` gets the place too that a name takes.
    pub fn find_beside(
        &self,
        text: &[u8],
        weight: Option<Weight>,
        syntax: Syntax,
        taken: &[Range<usize>],
        scratch: &mut Scratch,
        found: &mut impl FnMut(Mac, Option<Range<usize>>),
    ) {
        let Scratch { part, loose, hidden, more } = scratch;
        let mut search = Parts { finder: self, text, syntax, taken: Taken::new(taken, part), loose, hidden, more };
        if syntax != Syntax::Path || !has(text, b'/') {
            return search.find(0..text.len(), weight.unwrap_or_else(|| Weight::of(text)), found);
        }
        let mut start = 0;
        for segment in pieces(text, b'/') {
            let end = start + segment.len();
            if segment.len() >= LEAST_DIGITS {
                search.find(start..end, Weight::of(segment), found);
            }
            start = end + 1;
        }
    }

    /// What is hidden in a text as it stands.
    pub fn hidden(&self, text: &[u8], syntax: Syntax) -> Hidden {
        let mut scratch = Scratch::default();
        self.thorough().find_beside(text, None, syntax, &[], &mut scratch, &mut |_, _| ());
        if scratch.more {
            scratch.hidden.add_more();
        }
        scratch.hidden
    }

    /// Reports a spelling if it is a name; its place is then not read again together with what is beside it.
    fn take(&self, spelling: Spelling, taken: &mut Taken, found: &mut impl FnMut(Mac, Option<Range<usize>>)) {
        let is_sure = !spelling.is_doubtful && !self.only_known;
        let is_name = spelling.mac.is_device() && (is_sure || self.wanted.has(spelling.mac));
        if is_name {
            found(spelling.mac, Some(spelling.span.clone()));
            taken.add(spelling.span);
        }
        if let Some(whole) = spelling.whole {
            taken.add(whole);
        }
    }

    /// Notes that a device is hidden.
    fn hide(&self, mac: Mac, hidden: &mut Hidden) {
        hidden.may_be = true;
        if self.is_thorough {
            hidden.add(mac);
        }
    }

    /// What the value of a name parameter says as it stands: one certain name and fewer than 12 digits beside it, or 12
    /// digits whatever else is in it, or 11 if the leading zero was left out.
    pub fn named_value(value: &[u8]) -> NamedValue {
        // Most often it is spelt as files are named.
        if let Some(mac) = value.try_into().ok().and_then(Mac::of_digits) {
            return if mac.is_device() { NamedValue::Device(mac) } else { NamedValue::Nobody };
        }
        work::done(2 * value.len());
        let (mut bits, mut digits) = (0, 0);
        for class in value.iter().map(|&byte| CLASSES[byte as usize]).filter(|&class| is_hex(class)) {
            bits = bits << 4 | u64::from(class);
            digits += 1;
        }
        // With fewer there is no address.
        if digits < LEAST_DIGITS {
            return if digits == 0 { NamedValue::Nobody } else { NamedValue::Malformed };
        }
        // With as many there are 12 beside any address.
        if digits >= 2 * Mac::DIGITS {
            return NamedValue::Malformed;
        }
        let mut only: Option<(Mac, usize)> = None;
        let mut agree = true;
        spellings(value, 0..value.len(), Decimals::Address, &mut |Spelling { mac, span, whole, .. }| {
            if whole.is_none() {
                let own = value[span].iter().filter(|byte| byte.is_ascii_hexdigit()).count();
                agree &= only.is_none_or(|(other, _)| other == mac);
                only = Some((mac, only.map_or(own, |(_, other)| own.max(other))));
            }
        });
        let mac = match only {
            Some((mac, own)) if agree && digits < own + Mac::DIGITS => mac,
            _ if digits == Mac::DIGITS || digits == Mac::DIGITS - 1 => Mac::from_bits(bits),
            _ => return NamedValue::Malformed,
        };
        if mac.is_device() { NamedValue::Device(mac) } else { NamedValue::Nobody }
    }
}

/// The pieces of a name's place whose digits follow one another, or stand with one byte between them.
#[inline(never)]
fn joined(text: &[u8], span: Range<usize>, piece: &mut impl FnMut(Range<usize>)) {
    let (mut start, mut last) = (span.start, span.start);
    for (at, &byte) in span.clone().zip(&text[span.clone()]) {
        if is_hex(CLASSES[byte as usize]) {
            if at > last + 2 {
                piece(start..last + 1);
                start = at;
            }
            last = at;
        }
    }
    piece(start..span.end);
}

/// The MAC that a text begins with as 12 digits that stand alone.
fn leading(text: &[u8]) -> Option<Mac> {
    let mac = Mac::of_digits(text.first_chunk()?)?;
    (!text.get(Mac::DIGITS).is_some_and(u8::is_ascii_hexdigit)).then_some(mac)
}

/// Room for one search after the other.
#[derive(Default)]
pub struct Scratch {
    /// The places of a part that certain names take.
    part: Vec<Range<usize>>,
    /// The loose spellings of a part.
    loose: Vec<Loose>,
    /// What was hidden in the texts that were searched.
    pub hidden: Hidden,
    /// A part of them has so many names that it was not searched to its end.
    pub more: bool,
}

/// The parts of a text; no name extends beyond the end of one.
struct Parts<'w> {
    finder: &'w Finder<'w>,
    text: &'w [u8],
    syntax: Syntax,
    taken: Taken<'w>,
    loose: &'w mut Vec<Loose>,
    hidden: &'w mut Hidden,
    more: &'w mut bool,
}

impl Parts<'_> {
    /// Looks for names in a part.
    #[inline]
    fn find(&mut self, part: Range<usize>, weight: Weight, found: &mut impl FnMut(Mac, Option<Range<usize>>)) {
        if weight.may_name() {
            self.find_in(part, weight, found);
        }
    }

    fn find_in(&mut self, part: Range<usize>, weight: Weight, found: &mut impl FnMut(Mac, Option<Range<usize>>)) {
        let (finder, text, digits) = (self.finder, self.text, weight.digits());
        // Most often it begins with the name of a phone, and the rest has too few digits for another.
        if digits < 2 * Mac::DIGITS - SHARED && !weight.may_have_octets() && !finder.is_thorough {
            if let Some(mac) = leading(&text[part.clone()]).filter(|&mac| finder.wanted.has(mac)) {
                found(mac, Some(part.start..part.start + Mac::DIGITS));
                self.hidden.may_be |= digits > Mac::DIGITS;
                return;
            }
        }
        let likely = if finder.looks_ahead { Likely::of(&finder.wanted, &text[part.clone()]) } else { Likely::UNKNOWN };
        if !likely.certain && (!likely.loose || digits < Mac::DIGITS) {
            return;
        }
        work::done(2 * part.len());
        let taken = &mut self.taken;
        taken.begin();
        let hidden = &mut *self.hidden;
        let mut certain = |spelling: Spelling| {
            if let Some(mac) = spelling.behind_word {
                finder.hide(mac, hidden);
            }
            finder.take(spelling, taken, found);
        };
        if digits < Mac::DIGITS || !likely.loose {
            return spellings(text, part, Decimals::of(self.syntax), &mut certain);
        }
        self.loose.clear();
        let is_whole = Windows::new(&finder.wanted, text, &part, self.syntax, self.loose)
            .in_long_runs(finder.is_folded)
            .search(&mut certain);
        *self.more |= !is_whole;
        if self.loose.is_empty() {
            return;
        }
        taken.settle();
        for (mac, span) in self.loose.drain(..) {
            let overlaps = taken.overlaps(span.start, span.end - 1);
            // Most often it is a certain name, which was found as that.
            if overlaps && taken.is(&span) {
                continue;
            }
            if !overlaps || is_beside(text, &part, &span, taken) {
                if finder.tells_places {
                    // What stands between its digits is no part of it.
                    joined(text, span, &mut |piece| found(mac, Some(piece)));
                } else {
                    found(mac, None);
                }
            } else {
                finder.hide(mac, self.hidden);
            }
        }
    }
}

#[cfg(test)]
#[path = "finder_tests.rs"]
mod tests;
