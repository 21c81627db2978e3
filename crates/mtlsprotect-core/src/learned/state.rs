//! What the lines of a learned file say together.

use super::bad_lines::BadLines;
use super::line::{Line, ProofLine};
use crate::fingerprint::Fingerprint;
use crate::mac::Mac;
use crate::time::{DAY, UnixTime};
use std::collections::HashMap;
use std::io::BufRead;

/// A line that is longer says nothing: a proof needs less than 300 bytes.
const LONGEST_LINE: usize = 4096;
/// Proofs that are read before those of one device and root are made one.
const UNSORTED: usize = 1 << 16;

/// What is read of a learned file, or of several.
#[derive(Clone, Debug, Default)]
pub struct Learned {
    /// Those before `sorted` in order, one for each device and root; then what was read since.
    proofs: Vec<Kept>,
    sorted: usize,
    /// The latest of each device.
    forgets: HashMap<Mac, u32>,
    roots: Roots,
    /// A line whose end was not read yet.
    begun: Vec<u8>,
    lines: u64,
    bad: BadLines,
}

/// A device's latest proof for a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof<'a> {
    /// The device.
    pub mac: Mac,
    /// When, to the second.
    pub time: UnixTime,
    /// The first 64 bits of the SHA-256 of its certificate.
    pub leaf: u64,
    /// SHA-256 of the root.
    pub root: &'a Fingerprint,
}

/// The same, small: there may be millions.
#[derive(Clone, Copy, Debug)]
struct Kept {
    mac: Mac,
    root: u32,
    time: u32,
    leaf: u64,
}

/// The roots of a file have numbers while it is read.
#[derive(Clone, Debug, Default)]
struct Roots {
    digests: Vec<Fingerprint>,
    numbers: HashMap<Fingerprint, u32>,
}

impl Learned {
    /// Reads on. Lines whose time is more than a day after `now` are bad ones, or a wrong clock could shut a device's later
    /// proofs out for years. A line counts when its newline is read.
    pub fn read(&mut self, mut bytes: &[u8], now: UnixTime) {
        while !bytes.is_empty() {
            let all = bytes;
            // Reading from memory does not fail.
            let length = bytes.skip_until(b'\n').unwrap_or(all.len()).min(all.len());
            let piece = &all[..length];
            bytes = &all[length..];
            match piece.strip_suffix(b"\n") {
                Some(line) if self.begun.is_empty() => self.line(line, now),
                Some(end) => {
                    self.begin(end);
                    let line = std::mem::take(&mut self.begun);
                    self.line(&line, now);
                }
                None => self.begin(piece),
            }
        }
    }

    /// What is read next is the beginning of a file: a line that was begun before has no end, and lines are counted anew.
    pub(super) fn begin_again(&mut self) {
        self.begun.clear();
        self.lines = 0;
        self.bad = BadLines::default();
    }

    /// Keeps the beginning of a line.
    fn begin(&mut self, piece: &[u8]) {
        let room = (LONGEST_LINE + 1).saturating_sub(self.begun.len());
        self.begun.extend_from_slice(&piece[..piece.len().min(room)]);
    }

    fn line(&mut self, line: &[u8], now: UnixTime) {
        self.lines += 1;
        if line.len() > LONGEST_LINE {
            return self.bad.add(self.lines, line, "it is too long");
        }
        match Line::parse(line) {
            Ok(None) => {}
            Ok(Some(read)) if read.time() > now + DAY => {
                self.bad.add(self.lines, line, "its time is more than a day ahead");
            }
            Ok(Some(read)) => self.take(&read),
            Err(why) => self.bad.add(self.lines, line, why),
        }
    }

    fn take(&mut self, line: &Line<'_>) {
        match line {
            Line::Forget { mac, time } => {
                let latest = self.forgets.entry(*mac).or_default();
                *latest = (*latest).max(seconds(*time));
            }
            Line::Proof(ProofLine { mac, time, leaf, root, .. }) => {
                let leaf = leaf.first_bits();
                self.proofs.push(Kept { mac: *mac, root: self.roots.number(root), time: seconds(*time), leaf });
                if self.proofs.len() - self.sorted > self.sorted.max(UNSORTED) {
                    self.sort();
                }
            }
        }
    }

    /// Leaves the latest proof of each device and root. Of two in the same second the greater digest, so that the order of
    /// lines doesn't matter.
    fn sort(&mut self) {
        if self.sorted < self.proofs.len() {
            self.proofs.sort_unstable_by_key(|proof| (proof.mac, proof.root, !proof.time, !proof.leaf));
            self.proofs.dedup_by_key(|proof| (proof.mac, proof.root));
            self.sorted = self.proofs.len();
        }
    }

    /// The proofs that count, by MAC: those that are later than the device's latest `forget`.
    pub fn proofs(&mut self) -> impl Iterator<Item = Proof<'_>> {
        self.sort();
        let Learned { proofs, roots, .. } = &*self;
        proofs.iter().filter(|proof| self.counts(proof)).map(|proof| proof.shown(roots))
    }

    /// Those of one device.
    pub fn proofs_of(&mut self, mac: Mac) -> impl Iterator<Item = Proof<'_>> {
        self.sort();
        self.kept_of(mac).iter().filter(|proof| self.counts(proof)).map(|proof| proof.shown(&self.roots))
    }

    /// All of one device, which are in order.
    fn kept_of(&self, mac: Mac) -> &[Kept] {
        let from = self.proofs.partition_point(|proof| proof.mac < mac);
        let until = self.proofs.partition_point(|proof| proof.mac <= mac);
        &self.proofs[from..until]
    }

    fn counts(&self, proof: &Kept) -> bool {
        self.forgets.get(&proof.mac).is_none_or(|&forget| proof.time > forget)
    }

    /// Until when a device was last forgotten.
    pub fn forgotten(&self, mac: Mac) -> Option<UnixTime> {
        self.forgets.get(&mac).map(|&time| UnixTime::from_seconds(time.into()))
    }

    /// All that were ever forgotten, in no order.
    pub fn forgets(&self) -> impl Iterator<Item = (Mac, UnixTime)> {
        self.forgets.iter().map(|(&mac, &time)| (mac, UnixTime::from_seconds(time.into())))
    }

    /// When a device last proved itself, forgotten or not.
    pub fn last_proof(&mut self, mac: Mac) -> Option<UnixTime> {
        self.sort();
        let last = self.kept_of(mac).iter().map(|proof| proof.time).max();
        last.map(|time| UnixTime::from_seconds(time.into()))
    }

    /// How many lines were read.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Those that say nothing.
    pub fn bad_lines(&self) -> &BadLines {
        &self.bad
    }

    /// Those that were read since this was last asked for, which [`Learned::bad_lines`] has no more.
    pub fn take_bad_lines(&mut self) -> BadLines {
        self.bad.take()
    }

    /// Whether the last line has no newline yet: it does not count until it has.
    pub fn is_unfinished(&self) -> bool {
        !self.begun.is_empty()
    }
}

impl Kept {
    fn shown<'a>(&self, roots: &'a Roots) -> Proof<'a> {
        let time = UnixTime::from_seconds(self.time.into());
        Proof { mac: self.mac, time, leaf: self.leaf, root: &roots.digests[self.root as usize] }
    }
}

impl Roots {
    /// The number of a root; most lines have the one of the line before.
    fn number(&mut self, root: &Fingerprint) -> u32 {
        if let Some(&number) = self.numbers.get(root) {
            return number;
        }
        // Each root takes more than 32 bytes of a file.
        let number = u32::try_from(self.digests.len()).unwrap_or(u32::MAX);
        self.digests.push(*root);
        self.numbers.insert(*root, number);
        number
    }
}

/// A line's time, which fits.
fn seconds(time: UnixTime) -> u32 {
    u32::try_from(time.seconds()).unwrap_or(0)
}

#[cfg(test)]
#[path = "state_tests.rs"]
pub(super) mod tests;
