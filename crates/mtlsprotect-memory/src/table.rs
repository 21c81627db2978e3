//! A table that processes share without a lock. Memory that is all zeros is an empty one.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How many sets there are. An entry can stand in two of them only. Miri looks at each word for each reference.
const SETS: usize = if cfg!(miri) { 16 } else { 15_600 };
/// How many entries a set holds.
const WAYS: usize = 4;
/// An entry that was not used for so long gives way to any other, in units of the clock: two days.
const LONG: u64 = 2 * 86_400 >> CLOCK_UNIT;
/// The clock of last uses counts 4,096 seconds as one.
const CLOCK_UNIT: u32 = 12;
const CLOCK_BITS: u32 = 24;
const CLOCK: u64 = (1 << CLOCK_BITS) - 1;
/// One of so many entries that come to full sets takes the place of the one that is idle longest. Were it each of them, a
/// fleet a little larger than the table, whose phones come in turn, would find nothing.
const CHANCE: u64 = 128;

/// The key of an entry: two digests, of which both have to be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The first digest.
    pub first: [u64; 4],
    /// The second digest.
    pub second: [u64; 4],
}

/// What was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The value.
    pub value: [u64; 2],
    /// The last second that it holds.
    pub until: u64,
}

/// Entries of two words each, which hold until a given second: at most 62,400 in just under 4 MB.
///
/// An entry is found by all 256 bits of its key. Nothing keeps a reader from an entry that is half written, also one that
/// stays so because its writer was killed: every entry has a check, a digest of everything in it and of a secret, and
/// counts for nothing where that is wrong. Of entries that are mixed so, one in 2^64 would pass, and nobody without the
/// secret can choose which. As the check covers all that is read, the order of reads and writes doesn't matter.
#[repr(transparent)]
pub struct Table([Set; SETS]);

#[repr(transparent)]
struct Set([Slot; WAYS]);

/// A line of the processor's cache.
#[repr(C, align(64))]
struct Slot {
    /// Both digests of the key, by exclusive or.
    key: [AtomicU64; 4],
    value: [AtomicU64; 2],
    /// The last second that the entry holds, and the clock of its last use.
    times: AtomicU64,
    check: AtomicU64,
}

/// What stands in a slot, whole or not.
#[derive(Clone, Copy)]
struct Entry {
    key: [u64; 4],
    value: [u64; 2],
    times: u64,
    check: u64,
}

impl Key {
    /// What stands in the entry. Two keys that are the same here differ in both digests or in none: somebody would have
    /// had to find a text whose digest is one of a few numbers of 256 bits. The check is of each digest by itself.
    fn both(&self) -> [u64; 4] {
        std::array::from_fn(|word| self.first[word] ^ self.second[word])
    }
}

impl Table {
    /// What is kept under a key at Unix time `now`.
    pub fn get(&self, secret: &impl BuildHasher, key: &Key, now: u64) -> Option<Found> {
        let both = key.both();
        self.sets(&both).into_iter().flat_map(|set| &set.0).find_map(|slot| {
            if slot.key[0].load(Relaxed) != both[0] {
                return None;
            }
            let entry = slot.load();
            let counts = entry.key == both && entry.check == entry.check_for(secret, key) && now <= entry.until();
            counts.then(|| {
                slot.used(entry.times, now);
                Found { value: entry.value, until: entry.until() }
            })
        })
    }

    /// Keeps a value until Unix time `until`, if there is room for it. Writers with other secrets would only take the
    /// room away.
    pub fn keep(&self, secret: &impl BuildHasher, key: &Key, value: [u64; 2], until: u64, now: u64) {
        let both = key.both();
        let times = until.min(u64::MAX >> CLOCK_BITS) << CLOCK_BITS | clock(now);
        let mut entry = Entry { key: both, value, times, check: 0 };
        entry.check = entry.check_for(secret, key);
        if let Some(slot) = self.room_for(&both, now, secret) {
            slot.store(&entry);
        }
    }

    /// The two sets in which an entry may stand: with one alone, some would be full long before others.
    fn sets(&self, key: &[u64; 4]) -> [&Set; 2] {
        [key[0], key[1]].map(|word| {
            let place = (u128::from(word) * SETS as u128) >> 64;
            &self.0[place as usize]
        })
    }

    /// Where an entry may stand: in its own place, in one that nobody needs, or by chance in another's.
    fn room_for(&self, key: &[u64; 4], now: u64, secret: &impl BuildHasher) -> Option<&Slot> {
        let sets = self.sets(key);
        let slots: [&Slot; 2 * WAYS] = std::array::from_fn(|place| &sets[place / WAYS].0[place % WAYS]);
        let entries = slots.map(Slot::load);
        let idle = entries.map(|entry| (entry.times & CLOCK).abs_diff(clock(now)));
        let find = |which: &dyn Fn(usize) -> bool| (0..slots.len()).find(|&place| which(place));

        let is_free = |place: usize| entries[place].until() < now;
        let taken = |set: usize| (0..WAYS).filter(|way| !is_free(set * WAYS + way)).count();
        let emptier = usize::from(taken(1) < taken(0));
        let place = find(&|place| entries[place].key == *key)
            .or_else(|| find(&|place| place / WAYS == emptier && is_free(place)))
            .or_else(|| find(&|place| idle[place] > LONG))
            .or_else(|| {
                let number = secret.hash_one((key, now));
                // of those that are idle alike, any
                let from = (number / CHANCE) as usize;
                let longest = (from..from + slots.len()).map(|place| place % slots.len());
                (number % CHANCE == 0).then(|| longest.max_by_key(|&place| idle[place]))?
            });
        place.map(|place| slots[place])
    }
}

impl Slot {
    fn load(&self) -> Entry {
        Entry {
            key: self.key.each_ref().map(|word| word.load(Relaxed)),
            value: self.value.each_ref().map(|word| word.load(Relaxed)),
            times: self.times.load(Relaxed),
            check: self.check.load(Relaxed),
        }
    }

    fn store(&self, entry: &Entry) {
        for (word, &value) in self.key.iter().zip(&entry.key).chain(self.value.iter().zip(&entry.value)) {
            word.store(value, Relaxed);
        }
        self.times.store(entry.times, Relaxed);
        self.check.store(entry.check, Relaxed);
    }

    /// Notes that the entry with these times was used: seldom, so that readers don't take the line from each other.
    fn used(&self, times: u64, now: u64) {
        if times & CLOCK != clock(now) {
            let _ = self.times.compare_exchange(times, times & !CLOCK | clock(now), Relaxed, Relaxed);
        }
    }
}

impl Entry {
    fn until(&self) -> u64 {
        self.times >> CLOCK_BITS
    }

    /// The check of what is here, were it kept under this key, which stands there too.
    fn check_for(&self, secret: &impl BuildHasher, key: &Key) -> u64 {
        let ([a, b, c, d], [e, f, g, h], [i, j]) = (key.first, key.second, self.value);
        // one array is hashed faster than several
        secret.hash_one([a, b, c, d, e, f, g, h, i, j, self.until()])
    }
}

fn clock(now: u64) -> u64 {
    now >> CLOCK_UNIT & CLOCK
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
