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

/// A search for loose spellings.
pub struct Windows<'w> {
    finder: &'w Finder<'w>,
    text: &'w [u8],
    taken: &'w mut Taken,
}

/// The last digits of a part, whatever stands between them.
struct Digits {
    bits: u64,
    /// Byte and character, for each of the last digits, the newest behind `count`.
    places: [(u32, u32); KEPT],
    count: u32,
    /// How many digits stand together.
    run: u32,
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
        Windows { finder, text, taken }
    }

    /// Looks for them in a part of the text.
    pub fn search(&mut self, part: Range<usize>, syntax: Syntax, found: &mut impl FnMut(Mac, Option<Range<usize>>)) {
        let mut stretches = Stretches::default();
        let mut digits = Digits { bits: 0, places: [(0, 0); KEPT], count: 0, run: 0 };
        let text = &self.text[..part.end];
        // Of so many digits the last 12 have been looked at as what is left of a stretch.
        let mut seen = 0;
        // Characters so far: a lead byte counts, the bytes that follow it don't.
        let mut characters = 0;
        let mut index = part.start;
        while index < text.len() {
            let class = CLASSES[text[index] as usize];
            if is_hex(class) {
                characters += 1;
                digits.push(class, index, characters);
                index += 1;
                if self.is_interesting(digits.mac()) && digits.are_window() {
                    self.report(digits.mac(), digits.span(), found);
                }
                if digits.run == Mac::DIGITS as u32 {
                    // Of a long run only its last digits are looked at once more.
                    let inside = Self::inside_of_run(text, index);
                    characters += inside.len() as u32;
                    digits.pass(text, inside.clone(), characters);
                    index = inside.end;
                }
                continue;
            }
            index += 1;
            digits.run = 0;
            characters += u32::from(class != CONTINUATION);
            if class >= DOT {
                if seen != digits.count && stretches.has_twelve(digits.count, syntax, class) {
                    seen = digits.count;
                    self.stripped(&digits, found);
                }
                if syntax == Syntax::Value {
                    stretches.cut(class, text[index - 1], digits.count);
                }
            }
        }
        if seen != digits.count && stretches.has_twelve(digits.count, syntax, DOT) {
            self.stripped(&digits, found);
        }
    }

    /// What follows the first 12 digits of a run before its last one, if it is a long run.
    fn inside_of_run(text: &[u8], start: usize) -> Range<usize> {
        let behind = text[start..].iter().take_while(|&&byte| is_hex(CLASSES[byte as usize])).count();
        start..if Mac::DIGITS + behind >= LONG_RUN { start + behind - 1 } else { start }
    }

    /// Takes the last 12 digits for what is left of a stretch.
    fn stripped(&mut self, digits: &Digits, found: &mut impl FnMut(Mac, Option<Range<usize>>)) {
        if self.is_interesting(digits.mac()) {
            self.report(digits.mac(), digits.span(), found);
        }
    }

    /// Whether these digits would be a name.
    fn is_interesting(&self, mac: Mac) -> bool {
        self.finder.is_known(mac) || self.finder.sender == Some(mac)
    }

    /// Reports digits, unless they stand on a certain name.
    fn report(&mut self, mac: Mac, span: Range<usize>, found: &mut impl FnMut(Mac, Option<Range<usize>>)) {
        work::done(LONG_RUN);
        if mac.is_device() && !self.taken.overlaps(span.start, span.end - 1) {
            // Where no sender is proven, only a certain name stands in another's way.
            found(mac, self.finder.sender.map(|_| span));
        }
    }
}

impl Digits {
    #[inline(always)]
    fn push(&mut self, digit: u8, index: usize, character: u32) {
        self.count += 1;
        self.run += 1;
        self.places[self.count as usize % KEPT] = (index as u32, character);
        self.bits = self.bits << 4 | u64::from(digit);
    }

    /// Takes digits that stand together up to this character, of which nobody asks but for the last ones.
    fn pass(&mut self, text: &[u8], inside: Range<usize>, characters: u32) {
        let skipped = inside.len().saturating_sub(KEPT);
        self.count += skipped as u32;
        for index in inside.start + skipped..inside.end {
            self.push(CLASSES[text[index] as usize], index, characters - (inside.end - 1 - index) as u32);
        }
    }

    fn mac(&self) -> Mac {
        Mac::from_bits(self.bits)
    }

    /// Byte and character of one of the last 12 digits, the last one for 0.
    fn back(&self, number: u32) -> (u32, u32) {
        self.places[(self.count - number) as usize % KEPT]
    }

    /// Where the last 12 digits stand.
    fn span(&self) -> Range<usize> {
        self.back(11).0 as usize..self.back(0).0 as usize + 1
    }

    /// Whether the last 12 digits come together when what stands between them is left out.
    fn are_window(&self) -> bool {
        let is_close = |number| self.back(number).1 - self.back(number + 1).1 <= BETWEEN_TWO + 1;
        self.count >= 12 && (self.back(0).1 - self.back(11).1 <= 11 + BETWEEN_ALL || (0..11).all(is_close))
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
