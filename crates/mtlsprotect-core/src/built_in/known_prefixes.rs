//! The prefixes of phones, which make loosely written digits worth looking at.

use crate::built_in::vendors;
use crate::mac::Oui;
use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// A set of prefixes that is queried for nearly every digit of a hostile text: a hash table.
///
/// To be known says nothing of who owns a prefix: see [`crate::built_in::owned_prefixes::OwnedPrefixes`]. The prefix
/// 000000, which names shared files, is never known.
#[derive(Clone)]
pub struct KnownPrefixes {
    /// A power of two, at most a quarter of it used. A prefix stands at its home or in one of the slots behind it,
    /// before the first that is [`EMPTY`].
    slots: Cow<'static, [u32]>,
    /// The octets that prefixes begin with: most texts are told apart by less than a prefix.
    octets: Octets,
    /// Tells this set from any other that the process has made.
    id: u64,
}

/// The id of the next set.
static NEXT_ID: AtomicU64 = AtomicU64::new(2);

const EMPTY: u32 = 0;

/// Slots for this many prefixes, most of them empty, so that a search is short.
const fn slots_for(prefixes: usize) -> usize {
    (4 * prefixes).next_power_of_two()
}

/// Where the search for a prefix begins: some of the upper bits of a product, on which all bits of the prefix
/// have a bearing.
#[inline(always)]
const fn home(prefix: u32) -> usize {
    (prefix.wrapping_mul(0x9e37_79b1) >> 8) as usize
}

const fn insert(slots: &mut [u32], prefix: u32) {
    let mask = slots.len() - 1;
    let mut slot = home(prefix) & mask;
    while slots[slot] != EMPTY && slots[slot] != prefix {
        slot = (slot + 1) & mask;
    }
    slots[slot] = prefix;
}

static BUILT_IN: [u32; slots_for(vendors::known().len())] = {
    let prefixes = vendors::known();
    let mut slots = [EMPTY; slots_for(vendors::known().len())];
    let mut index = 0;
    while index < prefixes.len() {
        insert(&mut slots, prefixes[index].bits());
        index += 1;
    }
    slots
};

/// Octets, a bit each.
#[derive(Clone, Copy)]
struct Octets([u64; 4]);

impl Octets {
    /// Those that these prefixes begin with.
    const fn of(prefixes: &[Oui]) -> Self {
        let mut octets = [0; 4];
        let mut index = 0;
        while index < prefixes.len() {
            let octet = prefixes[index].octet();
            octets[octet as usize >> 6] |= 1 << (octet & 63);
            index += 1;
        }
        Octets(octets)
    }

    #[inline(always)]
    fn have(&self, octet: u8) -> bool {
        self.0[octet as usize >> 6] >> (octet & 63) & 1 != 0
    }
}

static BUILT_IN_OCTETS: Octets = Octets::of(vendors::known());

impl KnownPrefixes {
    /// The prefixes of all makers of phones that are built in.
    pub const fn built_in() -> Self {
        KnownPrefixes { slots: Cow::Borrowed(&BUILT_IN), octets: BUILT_IN_OCTETS, id: 0 }
    }

    /// None.
    pub const fn none() -> Self {
        KnownPrefixes { slots: Cow::Borrowed(&[EMPTY]), octets: Octets::of(&[]), id: 1 }
    }

    /// These and others. If there is nothing new among them, it takes no more memory.
    pub fn with(&self, others: impl IntoIterator<Item = Oui>) -> Self {
        let mut new: Vec<Oui> = others.into_iter().filter(|&oui| !self.contains(oui)).collect();
        new.sort_unstable();
        new.dedup();
        new.retain(|oui| oui.bits() != EMPTY);
        if new.is_empty() {
            return self.clone();
        }
        let all: Vec<Oui> = self.iter().chain(new).collect();
        let mut slots = vec![EMPTY; slots_for(all.len())];
        all.iter().for_each(|oui| insert(&mut slots, oui.bits()));
        let octets = Octets::of(&all);
        KnownPrefixes { slots: Cow::Owned(slots), octets, id: NEXT_ID.fetch_add(1, Ordering::Relaxed) }
    }

    /// Whether `oui` is one of them.
    pub fn contains(&self, oui: Oui) -> bool {
        let slots: &[u32] = &self.slots;
        let mask = slots.len() - 1;
        let mut slot = home(oui.bits()) & mask;
        while slots[slot] != EMPTY {
            if slots[slot] == oui.bits() {
                return true;
            }
            slot = (slot + 1) & mask;
        }
        false
    }

    /// Whether one of them begins with this octet.
    #[inline(always)]
    pub fn may_begin_with(&self, octet: u8) -> bool {
        self.octets.have(octet)
    }

    /// The set made ready to be asked often.
    pub(crate) fn lookup(&self) -> Lookup<'_> {
        Lookup(&self.slots)
    }

    /// A number of this set's own: what was found with it holds for it alone.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Each of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Oui> {
        let mut all: Vec<Oui> =
            self.slots.iter().filter(|&&prefix| prefix != EMPTY).map(|&prefix| Oui::from_bits(prefix)).collect();
        all.sort_unstable();
        all.into_iter()
    }
}

/// A set of prefixes made ready to be asked often.
#[derive(Clone, Copy)]
pub(crate) struct Lookup<'a>(&'a [u32]);

impl Lookup<'_> {
    /// Whether the set may contain a prefix: most others have nothing at their home, and of the rest most have nothing behind
    /// what stands there.
    #[inline(always)]
    pub fn may_contain(self, prefix: u32) -> bool {
        // There is always at least one slot.
        let mask = self.0.len().wrapping_sub(1);
        let slot = |number: usize| self.0.get(number & mask).copied().unwrap_or(EMPTY);
        let first = slot(home(prefix));
        first != EMPTY && (first == prefix || slot(home(prefix) + 1) != EMPTY)
    }
}

impl fmt::Debug for KnownPrefixes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KnownPrefixes({})", self.iter().count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn ouis(bits: &[u32]) -> impl Iterator<Item = Oui> {
        bits.iter().copied().map(Oui::from_bits)
    }

    proptest! {
        #[test]
        fn a_set_of_prefixes_has_what_a_tree_would_have(
            first in prop::collection::vec(0..0x0100_0000u32, 0..200),
            more in prop::collection::vec(0..0x0100_0000u32, 0..200),
            asked in prop::collection::vec(0..0x0100_0000u32, 0..200),
            from_built_in in any::<bool>(),
        ) {
            let base = if from_built_in { KnownPrefixes::built_in() } else { KnownPrefixes::none() };
            let known = base.with(ouis(&first)).with(ouis(&more));
            let mut tree: BTreeSet<Oui> = base.iter().chain(ouis(&first)).chain(ouis(&more)).collect();
            tree.remove(&Oui::from_bits(0));
            prop_assert!(known.iter().eq(tree.iter().copied()));
            for oui in ouis(&first).chain(ouis(&more)).chain(ouis(&asked)).chain(base.iter()) {
                prop_assert_eq!(known.contains(oui), tree.contains(&oui), "{}", oui);
                prop_assert!(known.lookup().may_contain(oui.bits()) || !tree.contains(&oui), "{}", oui);
                let begins = tree.iter().any(|other| other.octet() == oui.octet());
                prop_assert_eq!(known.may_begin_with(oui.octet()), begins, "{}", oui);
            }
        }
    }

    #[test]
    fn neighbours_that_a_maker_bought_together_are_told_apart() {
        for count in [0, 1, 2, 3, 4, 1_000, 100_000] {
            let known = KnownPrefixes::none().with((1..=count).map(|number| Oui::from_bits(0x10_0000 + 2 * number)));
            assert_eq!(known.iter().count(), count as usize);
            for number in 1..=count {
                assert!(known.contains(Oui::from_bits(0x10_0000 + 2 * number)));
                assert!(!known.contains(Oui::from_bits(0x10_0001 + 2 * number)));
            }
        }
    }

    #[test]
    fn no_text_makes_the_search_for_a_prefix_long() {
        // The longest row of used slots is the most that any prefix has to be compared with.
        let rows = BUILT_IN.split(|&slot| slot == EMPTY);
        let longest = rows.map(<[u32]>::len).max().unwrap_or_default();
        assert!(longest <= 8, "{longest}");
        assert!(size_of_val(&BUILT_IN) <= 32 * 1024);
        // And most others are not looked for at all.
        let (known, asked) = (KnownPrefixes::built_in(), 0x1_0000);
        let looked_for = (0..asked).filter(|number| known.lookup().may_contain(0x101 * number)).count();
        assert!(7 * looked_for < asked as usize, "{looked_for}");
    }

    #[test]
    fn what_was_found_with_a_set_holds_for_it_alone() {
        let more = |bits| KnownPrefixes::built_in().with([Oui::from_bits(bits)]);
        let sets = [KnownPrefixes::built_in(), KnownPrefixes::none(), more(0x123456), more(0x123456), more(0x123457)];
        for (number, set) in sets.iter().enumerate() {
            assert!(sets[..number].iter().all(|other| other.id() != set.id()), "{number}");
            assert_eq!(set.clone().id(), set.id());
        }
    }

    #[test]
    fn what_is_known_already_takes_no_room() {
        let takes_room = |known: &KnownPrefixes| matches!(known.slots, Cow::Owned(_));
        let known = KnownPrefixes::built_in().with([Oui::from_bits(0x0004f2), Oui::from_bits(0)]);
        assert!(!takes_room(&known) && takes_room(&known.with([Oui::from_bits(0x123456)])));
        assert_eq!(format!("{:?}", KnownPrefixes::none().with([Oui::from_bits(1)])), "KnownPrefixes(1)");
    }
}
