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
/// A search for loose spellings.
pub struct Windows<'w> {
    finder: &'w Finder<'w>,
    text: &'w [u8],
    taken: &'w mut Taken,
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
        let (mut bits, mut count, mut run) = (0, 0, 0);
        // Of so many digits the last 12 have been looked at as what is left of a stretch.
        let mut seen = 0;
        let text = &self.text[..part.end];
        let mut index = part.start;
        while index < text.len() {
            let class = CLASSES[text[index] as usize];
            index += 1;
            if is_hex(class) {
                bits = bits << 4 | u64::from(class);
                count += 1;
                if self.is_interesting(Mac::from_bits(bits)) && count >= Mac::DIGITS as u32 {
                    self.window(Mac::from_bits(bits), part.start..index, syntax != Syntax::UserAgent, found);
                }
                run += 1;
                if run == Mac::DIGITS {
                    let inside = Self::inside_of_run(text, index);
                    count += inside.len() as u32;
                    index = inside.end;
                    let last = &text[inside.start.max(index.saturating_sub(Mac::DIGITS))..index];
                    bits = last.iter().fold(bits, |bits, &byte| bits << 4 | u64::from(CLASSES[byte as usize]));
                }
                continue;
            }
            run = 0;
            if class >= DOT {
                if seen != count && stretches.has_twelve(count, syntax, class) {
                    seen = count;
                    self.stripped(Mac::from_bits(bits), part.start..index, found);
                }
                if syntax == Syntax::Value {
                    stretches.cut(class, text[index - 1], count);
                }
            }
        }
        let mac = Mac::from_bits(bits);
        if syntax == Syntax::UserAgent && count >= Mac::DIGITS as u32 && self.is_interesting(mac) {
            let digits = text.iter().rposition(|&byte| is_hex(CLASSES[byte as usize])).map_or(0, |last| last + 1);
            self.window(mac, part.start..digits, true, found);
        }
        if seen != count && stretches.has_twelve(count, syntax, DOT) {
            self.stripped(mac, part, found);
        }
    }

    /// Takes the last 12 digits of a text that ends with a digit, if they come together when what stands between them is
    /// left out: a character between two, or, where they may be apart, a few between all.
    ///
    /// A User-Agent is full of model and version numbers (`SSIP_6000-UA/4.1.1`): there they may be apart only at the
    /// end, where applications look for a MAC.
    #[inline(never)]
    fn window(
        &mut self,
        mac: Mac,
        text: Range<usize>,
        may_be_apart: bool,
        found: &mut impl FnMut(Mac, Option<Range<usize>>),
    ) {
        let (mut digits, mut between, mut all) = (0, 0, 0);
        let mut are_close = true;
        for index in text.clone().rev() {
            let class = CLASSES[self.text[index] as usize];
            if !is_hex(class) {
                // Of a character of UTF-8 its first byte counts.
                between += u32::from(class != CONTINUATION);
                continue;
            }
            are_close &= between <= BETWEEN_TWO;
            all += between;
            if !are_close && (!may_be_apart || all > BETWEEN_ALL) {
                return work::done(text.end - index);
            }
            between = 0;
            digits += 1;
            if digits == Mac::DIGITS {
                work::done(text.end - index);
                return self.report(mac, index..text.end, found);
            }
        }
    }

    /// What follows the first 12 digits of a run before its last one, if it is a long run: of these digits nobody asks.
    fn inside_of_run(text: &[u8], start: usize) -> Range<usize> {
        let behind = text[start..].iter().take_while(|&&byte| is_hex(CLASSES[byte as usize])).count();
        start..if Mac::DIGITS + behind >= LONG_RUN { start + behind - 1 } else { start }
    }

    /// Takes the last 12 digits of a text for what is left of a stretch.
    fn stripped(&mut self, mac: Mac, text: Range<usize>, found: &mut impl FnMut(Mac, Option<Range<usize>>)) {
        if !self.is_interesting(mac) {
            return;
        }
        let mut places = text.clone().rev().filter(|&index| is_hex(CLASSES[self.text[index] as usize]));
        if let (Some(last), Some(first)) = (places.next(), places.nth(Mac::DIGITS - 2)) {
            work::done(text.end - first);
            self.report(mac, first..last + 1, found);
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
