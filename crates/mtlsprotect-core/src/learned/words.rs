//! The learned list as words of memory, which all children share.

use super::state::Learned;
use crate::fingerprint::Fingerprint;
use crate::mac::{Mac, Oui};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// So many roots can be told apart in a list: each is a bit.
pub const MOST_ROOTS: usize = 32;

/// The words before the roots: how many proofs, how many devices, how many roots.
const HEADER: usize = 3;
/// The words of a root, and of a proof: MAC and root, certificate.
const ROOT: usize = 4;
const PROOF: usize = 2;
const ROOT_BITS: u32 = 16;
const OUI_SHIFT: u32 = ROOT_BITS + 24;

impl Learned {
    /// The list as words, proofs sorted by MAC: those by one of `roots`, of which the first 32 count.
    pub fn to_words(&mut self, roots: &[Fingerprint]) -> Vec<u64> {
        let roots = &roots[..roots.len().min(MOST_ROOTS)];
        let (mut keys, mut leaves) = (Vec::new(), Vec::new());
        let mut of_device = Vec::new();
        let (mut devices, mut last) = (0, None);
        let mut flush = |of_device: &mut Vec<(u64, u64)>| {
            of_device.sort_unstable();
            keys.extend(of_device.iter().map(|(key, _)| key));
            leaves.extend(of_device.drain(..).map(|(_, leaf)| leaf));
        };
        for proof in self.proofs() {
            let Some(number) = roots.iter().position(|root| root == proof.root) else { continue };
            if last.replace(proof.mac) != Some(proof.mac) {
                devices += 1;
                flush(&mut of_device);
            }
            of_device.push(((proof.mac.bits() << ROOT_BITS) + number as u64, proof.leaf));
        }
        flush(&mut of_device);
        let header = [keys.len() as u64, devices, roots.len() as u64];
        let roots = roots.iter().flat_map(Fingerprint::words);
        header.into_iter().chain(roots).chain(keys).chain(leaves).collect()
    }
}

/// A list in memory that may change while it is read: whoever reads it looks afterwards whether it did. Whatever the words
/// hold, the answers take at most as long as those of a list that fills them.
#[derive(Clone, Copy, Debug)]
pub struct LearnedList<'a>(pub &'a [AtomicU64]);

impl<'a> LearnedList<'a> {
    /// The bits of the roots by which a device has proven itself; their digests are [`LearnedList::root`].
    pub fn proven_by(&self, mac: Mac) -> u32 {
        self.proofs_of(mac).fold(0, |bits, (root, _)| bits | 1 << root)
    }

    /// Whether it was a certificate whose SHA-256 has these first 64 bits that last proved a device by the root with this
    /// number.
    pub fn was_proven_with(&self, mac: Mac, root: u32, leaf: u64) -> bool {
        self.proofs_of(mac).any(|(number, place)| number == root && self.leaf(place) == leaf)
    }

    /// The root with a number.
    pub fn root(&self, number: u32) -> Option<Fingerprint> {
        if number as usize >= self.roots() {
            return None;
        }
        let at = HEADER + number as usize * ROOT;
        let words = self.0.get(at..at + ROOT)?;
        Some(Fingerprint::of_words(std::array::from_fn(|word| words[word].load(Relaxed))))
    }

    /// The number of a root, if the list has it.
    pub fn number_of(&self, root: &Fingerprint) -> Option<u32> {
        (0..MOST_ROOTS as u32).find(|&number| self.root(number) == Some(*root))
    }

    /// Whether it has a root, and no proof of a device by it.
    pub fn lacks(&self, mac: Mac, root: &Fingerprint) -> bool {
        self.number_of(root).is_some_and(|number| self.proven_by(mac) & 1 << number == 0)
    }

    /// The prefixes of the devices that are proven; in order, each once.
    pub fn prefixes(&self) -> impl Iterator<Item = Oui> {
        let mut from = 0;
        std::iter::from_fn(move || {
            let key = (from < self.proofs()).then(|| self.key(from))?;
            let next = ((key >> OUI_SHIFT) + 1).checked_mul(1 << OUI_SHIFT);
            // Words that are just being changed can be in no order.
            from = next.map_or(usize::MAX, |next| self.first_from(next)).max(from + 1);
            Some(Mac::from_bits(key >> ROOT_BITS).oui())
        })
    }

    /// The devices that are proven, from one on, by their MACs.
    pub fn devices_from(&self, first: Mac) -> impl Iterator<Item = Mac> + use<'a> {
        let keys = HEADER + self.roots() * ROOT;
        let (from, until) = (keys + self.first_from(first.bits() << ROOT_BITS), keys + self.proofs());
        let mut last = None;
        let macs = self.0.get(from..until).unwrap_or_default().iter();
        let macs = macs.map(|key| Mac::from_bits(key.load(Relaxed) >> ROOT_BITS));
        macs.filter(move |&mac| last.replace(mac) != Some(mac))
    }

    /// How many devices are proven.
    pub fn len(&self) -> usize {
        (self.word(1) as usize).min(self.proofs())
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers of the roots of a device's proofs, each with the place of the proof.
    fn proofs_of(&self, mac: Mac) -> impl Iterator<Item = (u32, usize)> {
        let from = self.first_from(mac.bits() << ROOT_BITS);
        (from..self.proofs().min(from + MOST_ROOTS)).map_while(move |place| {
            let key = self.key(place);
            (key >> ROOT_BITS == mac.bits()).then_some((key as u32 % MOST_ROOTS as u32, place))
        })
    }

    /// The place of the first proof whose key is not less.
    fn first_from(&self, wanted: u64) -> usize {
        let (mut from, mut until) = (0, self.proofs());
        while from < until {
            let middle = from + (until - from) / 2;
            if self.key(middle) < wanted {
                from = middle + 1;
            } else {
                until = middle;
            }
        }
        from
    }

    fn key(&self, place: usize) -> u64 {
        self.word(HEADER + self.roots() * ROOT + place)
    }

    fn leaf(&self, place: usize) -> u64 {
        self.word(HEADER + self.roots() * ROOT + self.proofs() + place)
    }

    fn roots(&self) -> usize {
        (self.word(2) as usize).min(MOST_ROOTS)
    }

    /// How many proofs there are: no more than fit.
    fn proofs(&self) -> usize {
        let room = self.0.len().saturating_sub(HEADER + self.roots() * ROOT) / PROOF;
        usize::try_from(self.word(0)).unwrap_or(usize::MAX).min(room)
    }

    fn word(&self, at: usize) -> u64 {
        self.0.get(at).map_or(0, |word| word.load(Relaxed))
    }
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
