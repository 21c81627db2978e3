//! Finds the MAC addresses that a text names.
//!
//! Two kinds of spelling count. A *certain* one is an address whatever its prefix: 12 hex digits
//! standing alone, six pairs, three quads, or 12 digits after one to three letters. A *loose* one
//! might be anything (a hash, a date, a serial number) and counts only when its prefix is a phone
//! vendor's or when it spells the sender itself.

use crate::mac::{Mac, hex_value};
use crate::vendors::KnownPrefixes;
use std::ops::Range;

/// How a text is cut into the segments whose digits applications collect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// Segments end at `/`.
    Path,
    /// Segments end at `/`, `?`, `&`, `=` and `;`.
    Query,
}

/// What makes a loose spelling a name.
#[derive(Clone, Copy, Debug)]
pub struct Finder<'a> {
    known: &'a KnownPrefixes,
    sender: Option<Mac>,
}

/// What a byte means to the search: the value of a hex digit, or one of these.
mod class {
    /// One of `: - _ + space`, which people write between digits (`+` is a space in a query).
    pub const SEPARATOR: u8 = 0x10;
    /// Joins digits as a separator does, and ends what applications take for the file's stem.
    pub const DOT: u8 = 0x11;
    /// One of `? & = ;`.
    pub const QUERY_DELIMITER: u8 = 0x21;
    pub const OTHER: u8 = 0x22;
    pub const SLASH: u8 = 0x23;
    pub const PERCENT: u8 = 0x24;
    /// Behind the last byte.
    pub const END: u8 = 0x25;
}

const CLASSES: [u8; 256] = {
    let mut classes = [class::OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b':' | b'-' | b'_' | b'+' | b' ' => class::SEPARATOR,
            b'.' => class::DOT,
            b'/' => class::SLASH,
            b'%' => class::PERCENT,
            b'?' | b'&' | b'=' | b';' => class::QUERY_DELIMITER,
            other => match hex_value(other) {
                Some(value) => value,
                None => class::OTHER,
            },
        };
        byte += 1;
    }
    classes
};

const fn is_hex(class: u8) -> bool {
    class < 0x10
}

const fn joins_digits(class: u8) -> bool {
    class & 0xf0 == 0x10
}

/// Bit k of a window's gaps says that a separator stands before the digit k places from its end.
/// These are the places where it would split a pair of digits.
const SPLITS_A_PAIR: u16 = 0x555;
/// Six pairs, three quads.
const PAIRS: u16 = 0x2aa;
const QUADS: u16 = 0x088;
/// The gaps inside a window of 12 digits.
const INSIDE: u16 = 0x7ff;

/// The last digits read, with at most one separator between any two of them.
#[derive(Default)]
struct Window {
    bits: u64,
    gaps: u16,
    digits: u32,
    after_separator: bool,
}

impl Window {
    fn push(&mut self, value: u8) {
        self.bits = self.bits << 4 | u64::from(value);
        self.gaps = self.gaps << 1 | u16::from(self.after_separator);
        self.digits += 1;
        self.after_separator = false;
    }

    /// The last 12 digits, unless a separator splits a pair of them.
    fn mac(&self) -> Option<Mac> {
        (self.digits >= 12 && self.gaps & SPLITS_A_PAIR & INSIDE == 0).then(|| Mac::from_bits(self.bits))
    }
}

impl<'a> Finder<'a> {
    /// A finder for requests of `sender`, `None` where the sender is not proven.
    pub fn new(known: &'a KnownPrefixes, sender: Option<Mac>) -> Self {
        Finder { known, sender }
    }

    /// Whether `mac` has a prefix that a phone vendor is known to use.
    pub fn is_known(&self, mac: Mac) -> bool {
        self.known.contains(mac.oui())
    }

    /// Calls `found` with every device that `text` names; more than once where it is written so
    /// that several rules see it. True when `text` has a percent sign, so that it may name more
    /// once it is decoded.
    pub fn find(&self, text: &[u8], syntax: Syntax, found: &mut impl FnMut(Mac)) -> bool {
        let mut encoded = false;
        let (mut start, mut digits) = (0, 0);
        for (index, &byte) in text.iter().enumerate() {
            let class = CLASSES[byte as usize];
            if is_hex(class) {
                digits += 1;
            } else if class == class::SLASH {
                if digits >= Mac::DIGITS {
                    self.find_between_slashes(text, start..index, digits, syntax, found);
                }
                (start, digits) = (index + 1, 0);
            } else if class == class::PERCENT {
                encoded = true;
            }
        }
        if digits >= Mac::DIGITS {
            self.find_between_slashes(text, start..text.len(), digits, syntax, found);
        }
        encoded
    }

    /// Looks for names in a part of `text` that has no slash and so many hex digits, 12 or more.
    /// No name reaches over a slash, and few parts have as many digits.
    fn find_between_slashes(
        &self,
        text: &[u8],
        part: Range<usize>,
        digits: usize,
        syntax: Syntax,
        found: &mut impl FnMut(Mac),
    ) {
        // Most often it begins with the sender's own name, and the rest has too few digits.
        if self.begins_with_sender(text, part.clone()) && digits < 2 * Mac::DIGITS {
            self.sender.into_iter().for_each(found);
            return;
        }
        self.find_in_part(text, part, syntax, found);
    }

    /// Whether a part of `text` begins with the sender's MAC as 12 digits that stand alone.
    fn begins_with_sender(&self, text: &[u8], part: Range<usize>) -> bool {
        let Some(digits) = text[part.clone()].first_chunk::<{ Mac::DIGITS }>() else { return false };
        let mut rest = self.sender.map_or(0, |sender| sender.bits() << 16);
        let spells_sender = digits.iter().all(|&digit| {
            let nibble = (rest >> 60) as u8;
            rest <<= 4;
            CLASSES[digit as usize] == nibble
        });
        spells_sender
            && self.sender.is_some()
            && !text.get(part.start + Mac::DIGITS).is_some_and(u8::is_ascii_hexdigit)
            && !is_date(digits)
    }

    fn find_in_part(&self, text: &[u8], part: Range<usize>, syntax: Syntax, found: &mut impl FnMut(Mac)) {
        // A sequence is digits with at most one separator between any two of them. Both count their
        // hex digits.
        let (mut segment, mut sequence) = (Stretch::at(part.start), Stretch::at(part.start));
        let mut holds_name = false;
        let mut joined = false;
        let mut index = part.start;
        loop {
            let run = run_length(&text[index..part.end]);
            index += run;
            sequence.digits += run;
            segment.digits += run;
            holds_name |= run == Mac::DIGITS;
            joined &= run == 0;
            let class = if index < part.end { CLASSES[text[index] as usize] } else { class::END };
            if !joins_digits(class) || joined {
                if sequence.digits >= Mac::DIGITS {
                    self.find_in_sequence(text, sequence.start..index, found);
                }
                sequence = Stretch::at(index + 1);
            }
            joined = joins_digits(class);
            let ends_segment = class == class::END || (class == class::QUERY_DELIMITER && syntax == Syntax::Query);
            if (ends_segment || class == class::DOT) && segment.digits == Mac::DIGITS && !holds_name {
                self.find_in_value(&text[segment.start..index], found);
            }
            if class == class::END {
                return;
            }
            if ends_segment {
                segment = Stretch::at(index + 1);
                holds_name = false;
            }
            index += 1;
        }
    }

    /// Looks at every 12 digits that follow one another in a sequence of 12 or more.
    fn find_in_sequence(&self, text: &[u8], sequence: Range<usize>, found: &mut impl FnMut(Mac)) {
        let mut window = Window::default();
        let mut run = 0;
        let end = sequence.end;
        for index in sequence {
            let class = CLASSES[text[index] as usize];
            if !is_hex(class) {
                if run >= Mac::DIGITS && self.end_of_run(text, index, run, found) {
                    window = Window::default();
                }
                run = 0;
                window.after_separator = true;
                continue;
            }
            window.push(class);
            run += 1;
            if let Some(mac) = window.mac() {
                self.report_loose(mac, found);
                if is_certain_group(text, index, window.gaps & INSIDE) && self.report(mac, found) {
                    window = Window::default();
                }
            }
        }
        if run >= Mac::DIGITS {
            self.end_of_run(text, end, run, found);
        }
    }

    /// Calls `found` with the device that the hex digits of one query value spell, whole or up to
    /// one of its dots, whatever else stands between them.
    pub fn find_in_value(&self, value: &[u8], found: &mut impl FnMut(Mac)) {
        let mut segment = Segment::default();
        for &byte in value {
            match CLASSES[byte as usize] {
                digit if is_hex(digit) => segment.push(digit),
                class::DOT => self.end_of_stem(&segment, found),
                _ => {}
            }
        }
        self.end_of_stem(&segment, found);
    }

    /// Judges a run of `run` hex digits that ends before `end`, as 12 digits standing alone or
    /// after one to three letters. True when it is the sender's own name: what follows, a date
    /// say, must not be read together with its digits.
    fn end_of_run(&self, text: &[u8], end: usize, run: usize, found: &mut impl FnMut(Mac)) -> bool {
        let (prefix, digits) = text[end - run..end].split_at(run - Mac::DIGITS);
        let certain =
            run <= 15 && prefix.iter().all(u8::is_ascii_alphabetic) && !is_date(digits) && !ends_uuid(text, end - 12);
        certain && self.report(value_of(digits), found)
    }

    fn end_of_stem(&self, segment: &Segment, found: &mut impl FnMut(Mac)) {
        if segment.digits == 12 {
            self.report_loose(Mac::from_bits(segment.bits), found);
        }
    }

    fn report_loose(&self, mac: Mac, found: &mut impl FnMut(Mac)) {
        if self.sender == Some(mac) || self.is_known(mac) {
            self.report(mac, found);
        }
    }

    /// Reports a device; true when it is the sender.
    fn report(&self, mac: Mac, found: &mut impl FnMut(Mac)) -> bool {
        if mac.is_device() {
            found(mac);
        }
        self.sender == Some(mac)
    }
}

/// How many hex digits a text begins with.
fn run_length(text: &[u8]) -> usize {
    text.iter().position(|&byte| !is_hex(CLASSES[byte as usize])).unwrap_or(text.len())
}

/// The MAC that 12 hex digits are.
fn value_of(digits: &[u8]) -> Mac {
    Mac::from_bits(digits.iter().fold(0, |bits, &byte| bits << 4 | u64::from(CLASSES[byte as usize])))
}

/// A part of a text: where it begins, and how many hex digits it has so far.
struct Stretch {
    start: usize,
    digits: usize,
}

impl Stretch {
    fn at(start: usize) -> Self {
        Stretch { start, digits: 0 }
    }
}

/// All hex digits of a segment so far.
#[derive(Default)]
struct Segment {
    bits: u64,
    digits: u32,
}

impl Segment {
    fn push(&mut self, value: u8) {
        self.bits = self.bits << 4 | u64::from(value);
        self.digits += 1;
    }
}

/// Whether the 12 digits ending at `last` are six pairs joined by `:` or by `-`, or three quads
/// joined by `.`, that touch neither a digit nor, over their own separator, a whole group more:
/// in `1234.5678.9abc.cfg` the file's extension is none.
fn is_certain_group(text: &[u8], last: usize, gaps: u16) -> bool {
    let (group, separators): (usize, &[u8]) = match gaps {
        PAIRS => (2, b":-"),
        QUADS => (4, b"."),
        _ => return false,
    };
    let start = last + 1 - (12 + 12 / group - 1);
    let separator = text[start + group];
    let uniform = text[start..=last].iter().skip(group).step_by(group + 1).all(|&byte| byte == separator);
    // How many digits make another group: of a pair's half is not known where it ends.
    let whole = if group == 4 { 4 } else { 1 };
    let touches = |near: &mut dyn Iterator<Item = &u8>| match near.next() {
        Some(byte) if *byte == separator => near.take_while(|byte| byte.is_ascii_hexdigit()).count() >= whole,
        Some(byte) => byte.is_ascii_hexdigit(),
        None => false,
    };
    uniform
        && separators.contains(&separator)
        && !touches(&mut text[..start].iter().rev())
        && !touches(&mut text[last + 1..].iter())
}

/// Whether 12 digits read as `20YYMMDDhhmm`, which log files carry.
fn is_date(digits: &[u8]) -> bool {
    let number =
        |range: Range<usize>| digits[range].iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
    digits.iter().all(u8::is_ascii_digit)
        && digits.starts_with(b"20")
        && (1..=12).contains(&number(4..6))
        && (1..=31).contains(&number(6..8))
        && number(8..10) < 24
        && number(10..12) < 60
}

/// Whether the 12 digits at `start` are the last group of a UUID (8-4-4-4-12).
fn ends_uuid(text: &[u8], start: usize) -> bool {
    let Some(before) = start.checked_sub(24).map(|from| &text[from..start]) else { return false };
    before.iter().enumerate().all(|(index, &byte)| match index {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => hex_value(byte).is_some(),
    })
}

#[cfg(test)]
#[path = "finder_tests.rs"]
mod tests;
