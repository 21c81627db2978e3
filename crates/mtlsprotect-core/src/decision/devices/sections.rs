//! The device file as words: how they are divided.
//!
//! A head says where each section ends; the first begins behind it, each other where the one before ends. Those of devices,
//! exemptions, sites, prefixes and passwords are in order, so that each is found by halving.

use std::cmp::Ordering;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// A part of the words, as its place in the head.
#[derive(Clone, Copy)]
pub(super) enum Section {
    /// A word a device: its MAC, above 16 bits of what is said of it.
    Devices,
    /// The device and whether [`EVEN_PROVEN`], the last second, and which networks: the first above how many.
    Exemptions,
    /// A network of an exemption: its [`kind`], then the upper and the lower half of its address.
    Networks,
    /// Sites with prefixes of one length: the [`kind`], which is the first, and how many there are.
    Lengths,
    /// The network of some exemption: upper and lower half of its address, and the last second of the longest exemption.
    Sites,
    /// A prefix of some device.
    Prefixes,
    /// A device that may prove itself by a password, and the last second.
    Passwords,
}

/// How many sections there are, and so how many words the head has.
pub(super) const SECTIONS: usize = 7;

/// Bits below a MAC.
pub(super) const BELOW_MAC: u32 = 16;

/// Of what an exemption says besides its device.
pub(super) const EVEN_PROVEN: u64 = 1;

/// What is said of a device.
pub(super) const ALLOW: u64 = 1;
pub(super) const EXEMPT: u64 = 2;
pub(super) const PASSWORD: u64 = 4;
/// Blocked, as is every device of which words say something else.
pub(super) const BLOCK: u64 = 3;

/// The version of an address and the length of a network's prefix.
pub(super) fn kind(is_v4: bool, length: u8) -> u64 {
    (u64::from(is_v4) << 8) + u64::from(length)
}

/// The words of a section. It may be any of the words, or none, where they are not whole.
#[inline]
pub(super) fn section(words: &[AtomicU64], which: Section) -> &[AtomicU64] {
    let end = |place: usize| usize::try_from(words.get(place)?.load(Relaxed)).ok();
    let which = which as usize;
    let start = which.checked_sub(1).map_or(Some(SECTIONS), end);
    start.zip(end(which)).and_then(|(start, end)| words.get(start..end)).unwrap_or_default()
}

/// One of a section's records, each of so many words.
#[inline]
pub(super) fn record<const WORDS: usize>(section: &[AtomicU64], number: usize) -> Option<[u64; WORDS]> {
    let words = section.get(number.checked_mul(WORDS)?..)?.first_chunk::<WORDS>()?;
    Some(words.each_ref().map(|word| word.load(Relaxed)))
}

/// That of which it is `Equal`; `Less` is one before it.
#[inline]
pub(super) fn find<const WORDS: usize>(
    section: &[AtomicU64],
    compare: impl Fn(&[u64; WORDS]) -> Ordering,
) -> Option<[u64; WORDS]> {
    let (mut low, mut high) = (0, section.len() / WORDS);
    while low < high {
        let middle = low + (high - low) / 2;
        let found = record(section, middle)?;
        match compare(&found) {
            Ordering::Equal => return Some(found),
            Ordering::Less => low = middle + 1,
            Ordering::Greater => high = middle,
        }
    }
    None
}

/// The number of the first record that is not before what is looked for.
pub(super) fn first_from<const WORDS: usize>(
    section: &[AtomicU64],
    is_before: impl Fn(&[u64; WORDS]) -> bool,
) -> usize {
    let (mut low, mut high) = (0, section.len() / WORDS);
    while low < high {
        let middle = low + (high - low) / 2;
        if record(section, middle).is_some_and(|found| is_before(&found)) { low = middle + 1 } else { high = middle }
    }
    low
}
