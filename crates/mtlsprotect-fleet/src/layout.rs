//! Where everything stands.

use crate::atomic::{AtomicU64, Relaxed};
use crate::counts::{Counts, Handshakes};
use crate::devices::{Devices, WAYS};
use crate::history::History;
use crate::names::{Names, Roots};
use crate::record;
use crate::ring::{self, Ring};
use crate::striped::Striped;

/// Changes with anything that makes an older block unreadable, also what numbers stand for: it belongs into the key
/// under which a block is kept over graceful restarts, with the [`Sizes`] and all words of verdicts and reasons.
pub const LAYOUT_VERSION: u32 = 3;

/// A line of the processor's cache. Every part begins with a new one, if the block does.
const LINE: usize = 8;
/// Words that stand alone in their lines: refusals, kept records, lost proofs with records given away, the beginning.
const LONE: usize = 4;
const HOSTS: usize = 4096;
const VENDORS: usize = 256;
const REFUSALS: usize = 256;

/// How large a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    devices: usize,
}

/// A block.
#[derive(Clone, Copy)]
pub struct Fleet<'a> {
    /// The protected hosts.
    pub hosts: Names<'a>,
    /// The vendors.
    pub vendors: Names<'a>,
    /// The roots by which devices prove themselves.
    pub roots: Roots<'a>,
    /// Requests by host, vendor, verdict and reason.
    pub counts: Counts<'a>,
    /// Handshakes.
    pub handshakes: Handshakes<'a>,
    /// The last day.
    pub history: History<'a>,
    /// The last refusals.
    pub refusals: Ring<'a>,
    /// The devices.
    pub devices: Devices<'a>,
    began: &'a AtomicU64,
}

impl Sizes {
    /// The fewest devices.
    pub const FEWEST: usize = 1024;
    /// The most devices: a table of a gigabyte.
    pub const MOST: usize = 1 << 24;

    /// Room for so many devices, within these bounds, and a few more.
    pub fn for_devices(devices: usize) -> Self {
        Sizes { devices: devices.clamp(Self::FEWEST, Self::MOST).next_multiple_of(4 * WAYS) }
    }

    /// How many records there are.
    pub fn devices(self) -> usize {
        self.devices
    }

    /// The words that the block needs. Those that nobody has written take no memory.
    pub fn words(self) -> usize {
        self.parts().iter().sum()
    }

    /// The parts in their order. What is written most comes first, as far as its size doesn't depend on the operator.
    fn parts(self) -> [usize; 10] {
        let others = self.devices / 4;
        [
            LONE * LINE,
            Handshakes::WORDS,
            REFUSALS * ring::WORDS,
            Names::words(Roots::MOST),
            Names::words(VENDORS),
            Names::words(HOSTS),
            History::WORDS,
            Counts::ROWS + Counts::WORDS,
            (self.devices - others) * record::WORDS,
            others * record::WORDS,
        ]
    }
}

impl<'a> Fleet<'a> {
    /// Notes that the block begins at Unix time `now`, unless it has begun before.
    pub fn begin(&self, now: u32) {
        let _ = self.began.compare_exchange(0, u64::from(now), Relaxed, Relaxed);
    }

    /// The block for a server that starts now, or starts again: for the parent, before it forks. Whoever has the block of
    /// before adds no proof to the devices any more.
    pub fn next_generation(mut self) -> Self {
        self.devices.next_generation();
        self
    }

    /// When it began, in Unix time.
    pub fn began(&self) -> u64 {
        self.began.load(Relaxed)
    }

    /// The block in these words, which are those that [`Sizes::words`] says; none if they are not so many. They should
    /// begin with a line of the processor's cache.
    pub fn new(words: &'a [AtomicU64], sizes: Sizes) -> Option<Self> {
        if words.len() != sizes.words() {
            return None;
        }
        let mut rest = words;
        let [lone, handshakes, refusals, roots, vendors, hosts, history, counts, kept, others] =
            sizes.parts().map(|length| {
                let (part, behind) = rest.split_at(length);
                rest = behind;
                part
            });
        let (keys, cells) = counts.split_at(Counts::ROWS);
        let generation = &lone[3 * LINE + 1];
        Some(Fleet {
            hosts: Names(hosts),
            vendors: Names(vendors),
            roots: Roots(Names(roots)),
            counts: Counts { keys, cells },
            handshakes: Handshakes(Striped(handshakes)),
            history: History(history),
            refusals: Ring { next: &lone[0], entries: refusals },
            devices: Devices {
                kept,
                others,
                used: &lone[LINE],
                lost: &lone[2 * LINE],
                gave_way: &lone[2 * LINE + 1],
                generation,
                own_generation: generation.load(Relaxed),
            },
            began: &lone[3 * LINE],
        })
    }
}

#[cfg(all(test, not(feature = "model")))]
mod tests {
    use super::*;

    #[test]
    fn every_part_begins_with_a_line_of_the_cache() {
        for devices in [0, 1025, 65_536, usize::MAX] {
            let sizes = Sizes::for_devices(devices);
            assert!(sizes.parts().iter().all(|part| part % LINE == 0), "{sizes:?}");
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "70 MB, word by word")]
    fn each_start_of_the_server_is_a_generation() {
        let sizes = Sizes::for_devices(1);
        let words = crate::test_memory::words(sizes.words());
        let block = || Fleet::new(&words, sizes).unwrap();
        let own = |fleet: &Fleet<'_>| fleet.devices.own_generation;
        let first = block().next_generation();
        let second = block().next_generation();
        assert!(own(&first) < own(&second));
        assert_eq!(own(&block()), own(&second));
        second.begin(7);
        assert_eq!((block().began(), own(&block())), (7, own(&second)));
    }

    #[test]
    fn the_block_grows_with_the_devices_by_a_line_each() {
        let [few, default, many] = [1, 65_536, 1_000_000].map(Sizes::for_devices);
        assert_eq!((few.devices(), default.devices(), many.devices()), (1024, 65_536, 1_000_000));
        assert_eq!(8 * (many.words() - default.words()), 64 * (1_000_000 - 65_536));
        assert_eq!(Sizes::for_devices(usize::MAX).devices(), Sizes::MOST);
        let fixed = 8 * (few.words() - 8 * few.devices());
        assert!(fixed < 71 << 20, "{fixed}");
    }

    #[test]
    #[cfg_attr(miri, ignore = "70 MB, word by word")]
    fn words_of_another_size_are_no_block() {
        let sizes = Sizes::for_devices(1);
        let words = crate::test_memory::words(sizes.words());
        assert!(Fleet::new(&words, sizes).is_some());
        assert!(Fleet::new(&words[1..], sizes).is_none());
        assert!(Fleet::new(&words, Sizes::for_devices(2048)).is_none());
        assert!(Fleet::new(&[], sizes).is_none());
    }
}
