//! The prefixes known where a device file counts: those of the host, and those of the devices in the file.

use crate::built_in::known_prefixes::KnownPrefixes;
use crate::mac::Oui;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Sets of prefixes, one for each that was ever known with the lists of one file. Each process makes its own and keeps them
/// as long as this lives: a request holds one while it is judged, and it is found without a lock or a count. A new one is
/// made only where a list brings prefixes that no list before it had for the same host.
#[derive(Default)]
pub struct KnownSets {
    first: Next,
    making: Mutex<()>,
}

type Next = OnceLock<Box<Set>>;

struct Set {
    /// Which set the host knows by itself.
    of_host: u64,
    /// What the list adds to it.
    added: Vec<Oui>,
    known: KnownPrefixes,
    /// The number of the last list for which this set was asked for.
    list: AtomicU64,
    next: Next,
}

impl KnownSets {
    /// The prefixes that a host knows together with those of a list, which has a number of its own. `None` where the list
    /// can't be read.
    #[inline]
    pub fn with<Listed: IntoIterator<Item = Oui>>(
        &self,
        of_host: &KnownPrefixes,
        list: u64,
        listed: impl FnOnce() -> Option<Listed>,
    ) -> Option<&KnownPrefixes> {
        let is_it = |set: &&Set| set.list.load(Ordering::Relaxed) == list && set.of_host == of_host.id();
        match self.iter().find(is_it) {
            Some(set) => Some(&set.known),
            None => self.make(of_host, list, listed()?),
        }
    }

    fn iter(&self) -> impl Iterator<Item = &Set> {
        std::iter::successors(self.first.get(), |set| set.next.get()).map(|set| &**set)
    }

    #[cold]
    fn make(
        &self,
        of_host: &KnownPrefixes,
        list: u64,
        listed: impl IntoIterator<Item = Oui>,
    ) -> Option<&KnownPrefixes> {
        let _one = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let added: Vec<Oui> = listed.into_iter().filter(|&oui| !of_host.contains(oui)).collect();
        if let Some(set) = self.iter().find(|set| set.of_host == of_host.id() && set.added == added) {
            set.list.store(list, Ordering::Relaxed);
            return Some(&set.known);
        }
        let known = of_host.with(added.iter().copied());
        let set = Set { of_host: of_host.id(), added, known, list: AtomicU64::new(list), next: Next::new() };
        let end = self.iter().last().map_or(&self.first, |last| &last.next);
        Some(&end.get_or_init(|| Box::new(set)).known)
    }
}

impl Drop for KnownSets {
    /// One by one, since each holds the next.
    fn drop(&mut self) {
        let mut next = self.first.take();
        while let Some(mut set) = next {
            next = set.next.take();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_prefix_is_known_with_the_list_that_brings_it_and_forgotten_with_it() {
        const POLY: u32 = 0x0004f2;
        let [one, other, poly] = [0x123456, 0xabcdef, POLY].map(Oui::from_bits);
        let sets = KnownSets::default();
        let hosts = [KnownPrefixes::built_in(), KnownPrefixes::built_in().with([other])];
        let mut ids = Vec::new();
        for (number, listed) in
            (1..).zip([vec![], vec![one], vec![poly, one], vec![other], vec![one, other], vec![one]])
        {
            for host in &hosts {
                let known = sets.with(host, number, || Some(listed.clone())).unwrap();
                let again = sets.with(host, number, || -> Option<Vec<Oui>> { panic!("it is known already") });
                assert!(std::ptr::eq(known, again.unwrap()));
                for oui in [one, other] {
                    assert_eq!(known.contains(oui), listed.contains(&oui) || host.contains(oui), "{listed:?} {oui}");
                }
                ids.push(known.id());
            }
        }
        // the same prefixes are the same set, and others are another
        assert_eq!((ids[2], ids[3]), (ids[4], ids[5]));
        assert_eq!((ids[2], ids[7], ids[0]), (ids[10], hosts[1].id(), hosts[0].id()));
        assert!(ids[2] != ids[8] && ids[2] != ids[6] && ids[2] != ids[3]);
        // of the first host: none, one, other, both; of the other: none and one
        assert_eq!(sets.iter().count(), 6);
    }

    #[test]
    fn nothing_is_kept_of_a_list_that_cannot_be_read() {
        let sets = KnownSets::default();
        assert!(sets.with(&KnownPrefixes::built_in(), 1, || None::<Vec<Oui>>).is_none());
        assert!(sets.iter().next().is_none());
    }

    #[test]
    fn many_sets_are_freed_on_a_small_stack() {
        let sets = KnownSets::default();
        for number in 1..=1_000 {
            let oui = Oui::from_bits(0x123400 + number as u32);
            assert!(sets.with(&KnownPrefixes::none(), number, || Some([oui])).is_some());
        }
        let free = std::thread::Builder::new().stack_size(32 << 10).spawn(|| drop(sets));
        free.unwrap().join().unwrap();
    }

    #[test]
    fn threads_that_need_one_set_get_one() {
        let sets = KnownSets::default();
        let host = KnownPrefixes::built_in();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for number in 1..50 {
                        let oui = Oui::from_bits(0x123400 + number as u32 / 10);
                        assert!(sets.with(&host, number, || Some([oui])).unwrap().contains(oui));
                    }
                });
            }
        });
        assert_eq!(sets.iter().count(), 5);
    }
}
