//! Loose spellings: 12 digits that come together when an application leaves out what stands between them.

use super::class::{CLASSES, CONTINUATION, DOT, SEMICOLON, is_hex};
use super::taken::Taken;
use super::{Finder, Syntax};
use crate::mac::Mac;
use crate::work;
use std::ops::Range;

/// Characters that may stand between any two digits of a loose spelling, and between all of them together.
const BETWEEN_TWO: u32 = 1;
const BETWEEN_ALL: u32 = 8;
/// From this length on only the first and the last 12 digits of a run are looked at: hashes and signatures are as long.
const LONG_RUN: usize = 16;
/// A power of two, more than the digits of an address.
const KEPT: usize = 16;

/// The last 12 digits of a text, whatever stands between them.
pub struct Windows<'w> {
    finder: &'w Finder<'w>,
    text: &'w [u8],
    taken: &'w mut Taken,
    bits: u64,
    /// Byte and character, for each of the last digits, the newest behind `count`.
    places: [(u32, u32); KEPT],
    count: u32,
    /// How many digits have followed one another with at most [`BETWEEN_TWO`] characters between any two.
    close: u32,
    /// The last 12 digits have been looked at as what is left of a stretch.
    is_seen: bool,
}

/// Where the stretches begin that applications strip to a MAC, each by the number of digits before it: each ends at
/// another set of characters. The whole segment, value or header is one too.
#[derive(Default)]
struct Stretches {
    /// What follows the last delimiter of a value.
    delimited: u32,
    /// What follows the last semicolon of a value and the first `=` behind it.
    parameter: u32,
    parameter_has_key: bool,
}

impl<'w> Windows<'w> {
    pub fn new(finder: &'w Finder<'w>, text: &'w [u8], taken: &'w mut Taken) -> Self {
        Windows { finder, text, taken, bits: 0, places: [(0, 0); KEPT], count: 0, close: 0, is_seen: true }
    }

    /// Looks for them in a part of the text.
    pub fn search(&mut self, part: Range<usize>, syntax: Syntax, found: &mut impl FnMut(Mac, Option<Range<usize>>)) {
        let mut stretches = Stretches::default();
        let is_value = syntax == Syntax::Value;
        // Characters so far: a lead byte counts, the bytes that follow it don't.
        let mut characters = 0;
        let mut index = part.start;
        while index < part.end {
            let class = CLASSES[self.text[index] as usize];
            if is_hex(class) {
                let end = self.end_of_run(index);
                self.run(index..end, characters, found);
                characters += (end - index) as u32;
                index = end;
                continue;
            }
            index += 1;
            characters += u32::from(class != CONTINUATION);
            if class >= DOT && class != CONTINUATION {
                if !self.is_seen {
                    self.end_of_stretch(&stretches, syntax, class, found);
                }
                if is_value {
                    stretches.cut(class, self.text[index - 1], self.count);
                }
            }
        }
        self.end_of_stretch(&stretches, syntax, DOT, found);
    }

    fn end_of_run(&self, start: usize) -> usize {
        let is_digit = |&&byte: &&u8| is_hex(CLASSES[byte as usize]);
        start + self.text[start..].iter().take_while(is_digit).count()
    }

    /// Takes the digits of a run.
    fn run(&mut self, run: Range<usize>, characters: u32, found: &mut impl FnMut(Mac, Option<Range<usize>>)) {
        let is_long = run.len() >= LONG_RUN;
        let mut index = run.start;
        while index < run.end {
            let before = index - run.start;
            if is_long && before == Mac::DIGITS && run.end - index > KEPT {
                // Of those that follow nobody asks again, but how many they are.
                let skipped = (run.end - index - KEPT) as u32;
                self.count += skipped;
                self.close += skipped;
                let last = self.places[(self.count - skipped) as usize % KEPT];
                self.places[self.count as usize % KEPT] = (last.0 + skipped, last.1 + skipped);
                index = run.end - KEPT;
                continue;
            }
            self.push(CLASSES[self.text[index] as usize], index, characters + 1 + before as u32);
            index += 1;
            // Inside a long run, neither its first digits nor its last ones.
            let is_inside = is_long && before >= Mac::DIGITS && index < run.end;
            if !is_inside && self.is_window() && self.is_interesting() {
                self.report(found);
            }
        }
    }

    fn push(&mut self, digit: u8, index: usize, character: u32) {
        let is_close = character.wrapping_sub(self.last().1) <= BETWEEN_TWO + 1;
        self.close = if is_close { self.close + 1 } else { 1 };
        self.count += 1;
        self.is_seen = false;
        self.places[self.count as usize % KEPT] = (index as u32, character);
        self.bits = self.bits << 4 | u64::from(digit);
    }

    fn mac(&self) -> Mac {
        Mac::from_bits(self.bits)
    }

    /// Whether the last 12 digits would be a name.
    fn is_interesting(&self) -> bool {
        let mac = self.mac();
        self.finder.is_known(mac) || self.finder.sender == Some(mac)
    }

    /// Byte and character of the first of the last 12 digits.
    fn first(&self) -> (u32, u32) {
        self.places[(self.count as usize).wrapping_sub(Mac::DIGITS - 1) % KEPT]
    }

    fn last(&self) -> (u32, u32) {
        self.places[self.count as usize % KEPT]
    }

    /// Whether the last 12 digits come together when what stands between them is left out.
    fn is_window(&self) -> bool {
        self.count >= 12 && (self.close >= 12 || self.last().1 - self.first().1 <= 11 + BETWEEN_ALL)
    }

    /// Looks at stretches that a character of this class ends, or a dot before what applications take for a file's
    /// extension: are exactly 12 digits left of one?
    fn end_of_stretch(
        &mut self,
        stretches: &Stretches,
        syntax: Syntax,
        class: u8,
        found: &mut impl FnMut(Mac, Option<Range<usize>>),
    ) {
        if self.is_seen || !stretches.has_twelve(self.count, syntax, class) {
            return;
        }
        self.is_seen = true;
        if self.is_interesting() {
            self.report(found);
        }
    }

    /// Reports the last 12 digits, unless they stand on a certain name.
    fn report(&mut self, found: &mut impl FnMut(Mac, Option<Range<usize>>)) {
        work::done(LONG_RUN);
        let (mac, first, last) = (self.mac(), self.first().0 as usize, self.last().0 as usize);
        if mac.is_device() && !self.taken.overlaps(first, last) {
            // Where no sender is proven, only a certain name stands in another's way.
            found(mac, self.finder.sender.map(|_| first..last + 1));
        }
    }
}

impl Stretches {
    /// Whether 12 of so many digits stand in a stretch that a character of this class ends.
    fn has_twelve(&self, count: u32, syntax: Syntax, class: u8) -> bool {
        let twelve = Mac::DIGITS as u32;
        (class == DOT && count == twelve)
            || (syntax == Syntax::Value
                && (count - self.delimited == twelve
                    || (count - self.parameter == twelve && matches!(class, DOT | SEMICOLON))))
    }

    /// Begins anew, behind so many digits, what a character of a value ends.
    fn cut(&mut self, class: u8, byte: u8, count: u32) {
        if class == DOT {
            return;
        }
        self.delimited = count;
        if class == SEMICOLON || (byte == b'=' && !self.parameter_has_key) {
            self.parameter = count;
            self.parameter_has_key = class != SEMICOLON;
        }
    }
}
