//! Loose spellings: 12 digits that come together when an application leaves out what stands between them.

use super::certain::{Decimals, Groups, Part, Spelling};
use super::class::{CLASSES, CONTINUATION, DOT, END, EQUALS, MARK, SEMICOLON, is_hex};
use super::syntax::Syntax;
use super::wanted::Wanted;
use crate::built_in::known_prefixes::Lookup;
use crate::mac::Mac;
use crate::names::work;
use std::mem;
use std::ops::Range;

/// Characters that may stand between any two digits of a loose spelling, and between all of them together. Those that are
/// neither letters nor digits count as one, however many follow one another: applications leave out all of them.
const BETWEEN_TWO: u32 = 1;
const BETWEEN_ALL: u32 = 8;
/// From this length on only the first and the last 12 digits of a run are looked at: hashes and signatures are as long.
const LONG_RUN: usize = 16;
const TWELVE: u32 = Mac::DIGITS as u32;
/// With so many others than the sender's in one part, those of one device side by side counted once, what follows isn't
/// looked at: it names more devices than are told apart.
const MOST: usize = 16;

/// A search for loose spellings in a part of a text, which sees the certain ones on its way.
pub struct Windows<'w> {
    wanted: &'w Wanted<'w>,
    /// The text up to the part's end.
    text: &'w [u8],
    start: usize,
    syntax: Syntax,
    interest: Interest<'w>,
    /// Whether some character had more bytes than one, or didn't count.
    is_wide: bool,
    in_long_runs: bool,
    found: &'w mut Vec<Loose>,
    /// The last other than the sender's, and how many there were.
    other: Option<Mac>,
    others: usize,
}

/// A loose spelling, which is a name unless it overlaps a certain one.
pub type Loose = (Mac, Range<usize>);

/// Where the stretches begin that applications strip to a MAC, each by the number of digits before it: each ends at
/// another set of characters. The whole segment, value or header is one too.
#[derive(Default)]
struct Stretches {
    /// What follows the last delimiter of a value.
    delimited: u32,
    /// What follows the last semicolon of a value and the first `=` behind it.
    parameter: u32,
    parameter_has_key: bool,
    /// The number of digits at which the last 12 were looked at as what is left of a stretch.
    seen: u32,
}

impl<'w> Windows<'w> {
    pub fn new(
        wanted: &'w Wanted<'w>,
        text: &'w [u8],
        part: &Range<usize>,
        syntax: Syntax,
        found: &'w mut Vec<Loose>,
    ) -> Self {
        let (text, start, interest) = (&text[..part.end], part.start, Interest::of(wanted));
        let (is_wide, in_long_runs, other, others) = (false, false, None, 0);
        Windows { wanted, text, start, syntax, interest, is_wide, in_long_runs, found, other, others }
    }

    /// The same with any 12 digits of a long run, where that is told.
    pub fn in_long_runs(self, in_long_runs: bool) -> Self {
        Windows { in_long_runs, ..self }
    }

    /// Adds them to what is found, and calls `certain` with the certain ones. False where there are so many that what follows
    /// was not looked at.
    #[must_use]
    pub fn search(mut self, certain: &mut impl FnMut(Spelling)) -> bool {
        let text = self.text;
        let part = Part::new(text, &(self.start..text.len()), Decimals::of(self.syntax));
        let mut stretches = Stretches::default();
        let mut digits = Digits::default();
        // How many digits there are.
        let mut count = 0_u32;
        let mut follows_mark = false;
        let (mut groups, mut joint, mut index) = (Groups::default(), END, self.start);
        while let Some(&byte) = text.get(index) {
            let mut class = CLASSES[byte as usize];
            if is_hex(class) {
                let start = index;
                while is_hex(class) {
                    digits.add(class);
                    index += 1;
                    if self.interest.may_have(digits.bits) {
                        self.digit(digits, count, start..index);
                        if self.others >= MOST {
                            return false;
                        }
                    }
                    class = text.get(index).map_or(END, |&byte| CLASSES[byte as usize]);
                }
                count += (index - start) as u32;
                follows_mark = false;
                part.run(start..index, joint, digits.bits >> 16, &mut groups, certain);
                joint = class;
            } else {
                joint = END;
            }
            index += 1;
            if class == CONTINUATION {
                self.is_wide = true;
                continue;
            }
            // Only the first byte of a UTF-8 character counts.
            if class >= MARK && follows_mark {
                self.is_wide = true;
            } else {
                digits.places <<= 1;
            }
            follows_mark = class >= MARK;
            if class >= DOT {
                if stretches.ends_with_twelve(count, self.syntax, class) {
                    self.stripped(digits, index.min(text.len()));
                }
                if self.syntax == Syntax::Value {
                    stretches.cut(class, count);
                }
            }
        }
        self.at_the_end(digits, count, &mut stretches);
        true
    }

    /// Takes what ends where the part ends.
    fn at_the_end(&mut self, mut digits: Digits, count: u32, stretches: &mut Stretches) {
        if self.syntax == Syntax::UserAgent && count >= TWELVE && self.is_interesting(digits.mac()) {
            let end = self.last_digit(self.text.len());
            // What follows it doesn't matter, however much it is.
            let characters = self.text[self.start..end].iter().rev().map(|&byte| CLASSES[byte as usize]);
            let mut follows_mark = false;
            let counts = |&class: &u8| {
                let counts = class < MARK || !mem::replace(&mut follows_mark, true);
                follows_mark &= class >= CONTINUATION;
                counts && class != CONTINUATION
            };
            let characters = characters.filter(counts).take(u64::BITS as usize);
            let places = characters.enumerate().filter(|&(_, class)| is_hex(class));
            digits.places = places.fold(0, |places, (place, _)| places | 1 << place);
            self.window(digits, end, true);
        }
        if stretches.ends_with_twelve(count, self.syntax, END) {
            self.stripped(digits, self.text.len());
        }
    }

    /// Takes the last digit so far of a run, after this many digits before the run.
    #[inline(never)]
    fn digit(&mut self, digits: Digits, before: u32, run: Range<usize>) {
        let length = run.len();
        let are_enough = before as usize + length >= Mac::DIGITS;
        if !are_enough || self.is_inside_long_run(&run) || !self.is_interesting(digits.mac()) {
            return;
        }
        if length < Mac::DIGITS {
            return self.window(digits, run.end, self.syntax != Syntax::UserAgent);
        }
        self.add(digits.mac(), run.end - Mac::DIGITS..run.end);
    }

    /// Whether the last 12 digits of a run so far are neither the first nor the last of a long one, of which only these count.
    #[inline(always)]
    fn is_inside_long_run(&self, run: &Range<usize>) -> bool {
        let is_digit = |index: usize| self.text.get(index).is_some_and(|&byte| is_hex(CLASSES[byte as usize]));
        run.len() > Mac::DIGITS
            && !self.in_long_runs
            && is_digit(run.end)
            && (run.len()..LONG_RUN).all(|more| is_digit(run.start + more))
    }

    /// Takes the last 12 digits of a text that ends with a digit, if they come together when what stands between them is
    /// left out: a character between two, or, where they may be apart, a few between all.
    ///
    /// A User-Agent is full of model and version numbers (`SSIP_6000-UA/4.1.1`): there they may be apart only at the
    /// end, where applications look for a MAC.
    fn window(&mut self, digits: Digits, end: usize, may_be_apart: bool) {
        // The place of the first one, counted from the last.
        let first = (1..TWELVE).fold(digits.places, |places, _| places & places.wrapping_sub(1)).trailing_zeros();
        if first >= u64::BITS {
            return;
        }
        let others = !digits.places & ((1 << first) - 1);
        let are_close = others & others >> BETWEEN_TWO == 0;
        if are_close || (may_be_apart && first + 1 - TWELVE <= BETWEEN_ALL) {
            let start = if self.is_wide { self.start_of_twelve(end) } else { end - 1 - first as usize };
            self.add(digits.mac(), start..end);
        }
    }

    /// Takes the last 12 digits before `end` for what is left of a stretch.
    fn stripped(&mut self, digits: Digits, end: usize) {
        if self.is_interesting(digits.mac()) {
            let end = self.last_digit(end);
            self.add(digits.mac(), self.start_of_twelve(end)..end);
        }
    }

    /// Where the last digit before `end` ends.
    fn last_digit(&self, end: usize) -> usize {
        let behind = self.text[..end].iter().rev().take_while(|&&byte| !is_hex(CLASSES[byte as usize])).count();
        work::done(behind);
        end - behind
    }

    /// Where the last 12 digits before `end` begin.
    fn start_of_twelve(&self, end: usize) -> usize {
        let is_digit = |&index: &usize| is_hex(CLASSES[self.text[index] as usize]);
        let start = (self.start..end).rev().filter(is_digit).nth(Mac::DIGITS - 1).unwrap_or(self.start);
        work::done(end - start);
        start
    }

    /// Whether these digits would be a name.
    fn is_interesting(&self, mac: Mac) -> bool {
        self.wanted.has(mac)
    }

    fn add(&mut self, mac: Mac, span: Range<usize>) {
        work::done(LONG_RUN);
        if mac.is_device() {
            self.found.push((mac, span));
            if self.other != Some(mac) && self.wanted.sender != Some(mac) {
                (self.other, self.others) = (Some(mac), self.others + 1);
            }
        }
    }
}

/// The last digits.
#[derive(Clone, Copy, Default)]
pub(super) struct Digits {
    /// Their values, above 16 bits of nothing.
    pub bits: u64,
    /// Of the last characters, the very last one lowest, those that are digits.
    places: u64,
}

impl Digits {
    #[inline(always)]
    pub fn add(&mut self, class: u8) {
        self.bits = self.bits << 4 | u64::from(class) << 16;
        self.places = self.places << 1 | 1;
    }

    /// The last 12.
    pub fn mac(self) -> Mac {
        Mac::from_bits(self.bits >> 16)
    }
}

/// A first test of the last digits, which nearly all digits that are not a name fail.
#[derive(Clone, Copy)]
pub(super) struct Interest<'w> {
    known: Lookup<'w>,
    sender: u64,
}

impl<'w> Interest<'w> {
    pub fn of(wanted: &Wanted<'w>) -> Self {
        // If no sender is proven, a value that no digits have.
        Interest { known: wanted.known.lookup(), sender: wanted.sender.map_or(1, |sender| sender.bits() << 16) }
    }

    #[inline(always)]
    pub fn may_have(self, bits: u64) -> bool {
        self.known.may_contain((bits >> 40) as u32) || bits == self.sender
    }
}

impl Stretches {
    /// Whether 12 of this many digits are in a stretch that a character of this class ends, and have not been looked at
    /// in another.
    #[inline(always)]
    fn ends_with_twelve(&mut self, count: u32, syntax: Syntax, class: u8) -> bool {
        let ends_stem = matches!(class, DOT | END);
        let ends = self.seen != count
            && ((ends_stem && count == TWELVE)
                || (syntax == Syntax::Value
                    && (count - self.delimited == TWELVE
                        || (count - self.parameter == TWELVE && (ends_stem || class == SEMICOLON)))));
        if ends {
            self.seen = count;
        }
        ends
    }

    /// Restarts, after this many digits, the stretches that a character of a value ends.
    #[inline(always)]
    fn cut(&mut self, class: u8, count: u32) {
        if class == DOT {
            return;
        }
        self.delimited = count;
        if class == SEMICOLON || (class == EQUALS && !self.parameter_has_key) {
            self.parameter = count;
            self.parameter_has_key = class == EQUALS;
        }
    }
}
