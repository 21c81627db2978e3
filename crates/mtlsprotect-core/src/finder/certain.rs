//! Spellings that are an address whatever its prefix, and those that would be were they not more likely something else.

use super::class::{CLASSES, DOT, JOINT, is_hex};
use super::shape::{is_date, is_decimal, uuid_before};
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
}

/// What 12 decimal digits are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decimals {
    /// An address.
    Address,
    /// A telephone number, as in the value of a query's parameter.
    Telephone,
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
    const ALL: [Notation; 3] = [Notation::Pairs, Notation::Quads, Notation::Octets];

    const fn joins(self, joint: u8) -> bool {
        match self {
            Notation::Pairs => matches!(joint, b':' | b'-' | b'_'),
            Notation::Quads => matches!(joint, b'.' | b'-' | b'_'),
            Notation::Octets => matches!(joint, b':' | b'-'),
        }
    }

    const fn groups(self) -> usize {
        match self {
            Notation::Quads => 3,
            Notation::Pairs | Notation::Octets => 6,
        }
    }

    /// Whether so many groups in a row hold an address: in `...-de.cfg` of six pairs and a language too, but not in the
    /// eight of an EUI-64.
    const fn holds(self, groups: usize) -> bool {
        groups == self.groups() || (groups == 7 && !matches!(self, Notation::Quads))
    }
}

/// Groups of one notation that follow one another, each joined to the next by the same character.
#[derive(Clone, Copy, Default)]
struct Block {
    groups: usize,
    joint: u8,
    start: usize,
    /// Where the last group ends that an address can have, once there are so many.
    end: usize,
}

/// A run of hex digits.
#[derive(Clone, Copy, Default)]
struct Run {
    start: usize,
    end: usize,
}

/// Calls `found` with each spelling in a part of `text`, in the order of their ends or nearly so.
pub fn spellings(text: &[u8], part: Range<usize>, decimals: Decimals, found: &mut impl FnMut(Spelling)) {
    let mut search = Search { text, part: part.clone(), decimals, blocks: [Block::default(); 3], found };
    // No run ends so near the end of all memory.
    let mut last = Run { start: 0, end: usize::MAX - 1 };
    let text = &text[..part.end];
    let mut index = part.start;
    while index < text.len() {
        if !is_hex(CLASSES[text[index] as usize]) {
            index += 1;
            continue;
        }
        let start = index;
        index += 1;
        while index < text.len() && is_hex(CLASSES[text[index] as usize]) {
            index += 1;
        }
        let run = Run { start, end: index };
        let is_joined = last.end + 1 == start && matches!(CLASSES[text[start - 1] as usize], JOINT | DOT);
        search.run(run, is_joined.then_some(last));
        last = run;
    }
    search.finish_all();
}

struct Search<'s, F> {
    text: &'s [u8],
    part: Range<usize>,
    decimals: Decimals,
    blocks: [Block; 3],
    found: &'s mut F,
}

impl<F: FnMut(Spelling)> Search<'_, F> {
    /// Takes a run, and the run before it where one character joins them.
    #[inline]
    fn run(&mut self, run: Run, before: Option<Run>) {
        let length = run.end - run.start;
        if length == 1 && before.is_some() && self.is_next_octet(run) {
            return;
        }
        match (length, before) {
            (1, Some(before)) => {
                self.finish(Notation::Pairs);
                self.finish(Notation::Quads);
                self.join(Notation::Octets, run, before);
            }
            (2, Some(before)) => {
                self.join(Notation::Pairs, run, before);
                self.finish(Notation::Quads);
                self.join(Notation::Octets, run, before);
            }
            (4, Some(before)) => {
                self.finish(Notation::Pairs);
                self.join(Notation::Quads, run, before);
                self.finish(Notation::Octets);
            }
            (1 | 2 | 4, None) => {
                self.finish_all();
                match length {
                    1 => self.begin(Notation::Octets, run),
                    2 => {
                        self.begin(Notation::Pairs, run);
                        self.begin(Notation::Octets, run);
                    }
                    _ => self.begin(Notation::Quads, run),
                }
            }
            (12..=15, _) => self.long(run),
            _ => self.finish_all(),
        }
    }

    /// Takes a digit that goes on with octets, where there is nothing else that it could end.
    #[inline(always)]
    fn is_next_octet(&mut self, run: Run) -> bool {
        let [pairs, quads, octets] = &mut self.blocks;
        if octets.joint != self.text[run.start - 1] || pairs.groups + quads.groups > 0 {
            return false;
        }
        octets.groups += 1;
        if octets.groups == Notation::Octets.groups() {
            octets.end = run.end;
        }
        true
    }

    /// Takes a run that may end with 12 digits that are an address.
    #[inline(never)]
    fn long(&mut self, run: Run) {
        let uuid = if run.end - run.start == Mac::DIGITS { self.uuid(run) } else { None };
        if uuid.is_some() {
            // Three of its groups are quads.
            self.blocks = [Block::default(); 3];
        }
        self.finish_all();
        let start = run.end - Mac::DIGITS;
        if self.text[run.start..start].iter().all(u8::is_ascii_alphabetic) {
            self.digits(start, uuid);
        }
    }

    fn uuid(&self, run: Run) -> Option<Range<usize>> {
        let start = uuid_before(&self.text[self.part.start..], run.end - self.part.start)?;
        Some(self.part.start + start..run.end)
    }

    fn begin(&mut self, notation: Notation, run: Run) {
        self.blocks[notation as usize] = Block { groups: 1, joint: 0, start: run.start, end: run.end };
    }

    /// Lets a run that fits join the block before it, or begin one.
    #[inline]
    fn join(&mut self, notation: Notation, run: Run, before: Run) {
        let joint = self.text[run.start - 1];
        let block = &mut self.blocks[notation as usize];
        if block.joint == joint {
            block.groups += 1;
            if block.groups == notation.groups() {
                block.end = run.end;
            }
            return;
        }
        let is_first = block.groups == 1 && block.joint == 0;
        let start = if is_first { block.start } else { before.start };
        if (is_first || block.groups > 1) && notation.joins(joint) {
            if !is_first {
                self.finish(notation);
            }
            self.blocks[notation as usize] = Block { groups: 2, joint, start, end: run.end };
            return;
        }
        self.finish(notation);
        self.begin(notation, run);
    }

    fn finish_all(&mut self) {
        for notation in Notation::ALL {
            self.finish(notation);
        }
    }

    /// Ends a block, most often one of no groups: what it spells, if anything.
    #[inline]
    fn finish(&mut self, notation: Notation) {
        let groups = self.blocks[notation as usize].groups;
        if groups > 0 {
            let ended = std::mem::take(&mut self.blocks[notation as usize]);
            if notation.holds(groups) {
                self.spelled(notation, &ended);
            }
        }
    }

    /// Takes the address that a block holds.
    #[inline(never)]
    fn spelled(&mut self, notation: Notation, block: &Block) {
        let span = block.start..block.end;
        let is_written_in_full = span.len() == 12 + notation.groups() - 1;
        if notation == Notation::Octets && is_written_in_full {
            // As pairs they have been seen.
            return;
        }
        let mac = mac_of(&self.text[span.clone()], Mac::DIGITS / notation.groups());
        let is_doubtful = is_date(mac)
            || (block.joint != b':' && self.is_telephone(mac))
            || (notation == Notation::Octets && block.joint == b':' && self.is_in_ipv6(&span));
        (self.found)(Spelling { mac, span, is_doubtful, whole: None });
    }

    /// Takes 12 digits that stand together.
    fn digits(&mut self, start: usize, uuid: Option<Range<usize>>) {
        let span = start..start + Mac::DIGITS;
        let mac = mac_of(&self.text[span.clone()], Mac::DIGITS);
        let is_doubtful = uuid.is_some() || is_date(mac) || self.is_telephone(mac);
        (self.found)(Spelling { mac, span, is_doubtful, whole: uuid });
    }

    fn is_telephone(&self, mac: Mac) -> bool {
        self.decimals == Decimals::Telephone && is_decimal(mac)
    }

    /// Whether groups joined by colons go on, before or behind, with another group or a second colon.
    fn is_in_ipv6(&self, span: &Range<usize>) -> bool {
        let goes_on = |colon: Option<&u8>, next: Option<&u8>| {
            colon == Some(&b':') && next.is_some_and(|&byte| byte == b':' || byte.is_ascii_hexdigit())
        };
        let (before, after) = (&self.text[self.part.start..span.start], &self.text[span.end..self.part.end]);
        let mut before = before.iter().rev();
        let mut after = after.iter();
        goes_on(before.next(), before.next()) || goes_on(after.next(), after.next())
    }
}

/// What a spelling says whose groups have so many digits, zeros in front left out or not.
fn mac_of(spelling: &[u8], width: usize) -> Mac {
    let (mut bits, mut group) = (0, 0);
    for &byte in spelling {
        let class = CLASSES[byte as usize];
        if is_hex(class) {
            group = group << 4 | u64::from(class);
        } else {
            bits = bits << (4 * width) | group;
            group = 0;
        }
    }
    Mac::from_bits(bits << (4 * width) | group)
}
