//! The last refusals.

use crate::atomic::{AtomicU64, Relaxed};
use crate::record::Refusal;
use crate::word::{check, place, text_of_words, words_of_text};
use std::net::{IpAddr, Ipv6Addr};

/// The words of an entry. Loom takes as long as it takes for each of them.
pub(crate) const WORDS: usize = HEAD_WORDS + VIA_WORDS + URI_WORDS + AGENT_WORDS + 1;
const HEAD_WORDS: usize = 7;
const VIA_WORDS: usize = if cfg!(feature = "model") { 0 } else { 2 };
/// Where the texts begin.
const TEXTS: usize = HEAD_WORDS + VIA_WORDS;
const URI_WORDS: usize = if cfg!(feature = "model") { 1 } else { 16 };
const AGENT_WORDS: usize = if cfg!(feature = "model") { 1 } else { 8 };

/// The last refusals, as many as there is room for.
///
/// Writers take the places in turn. One that is stopped while it writes, for so long that all others have been round
/// once, or for ever, leaves an entry that is of two refusals: every entry ends with a check of all of it, and readers
/// skip those where it is wrong. It is not a secret one: somebody who could choose both refusals and the moment between
/// two words could make up a mixture that passes, of texts that he could as well have sent.
#[derive(Clone, Copy)]
pub struct Ring<'a> {
    /// How many were ever written.
    pub(crate) next: &'a AtomicU64,
    pub(crate) entries: &'a [AtomicU64],
}

/// A refusal with what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'t> {
    /// The refusal.
    pub refusal: Refusal,
    /// The first MAC that is named, as a number; 0 for none.
    pub named: u64,
    /// The MAC of the sender's certificate; 0 for none.
    pub sender: u64,
    /// Where it came from.
    pub address: IpAddr,
    /// The balancer that spoke for the sender; none where he came himself. No balancer has the address `::`.
    pub via: Option<IpAddr>,
    /// The number of the vendor; 0 for none.
    pub vendor: u16,
    /// What was asked for, or its beginning, as it came: it has to be escaped wherever it is shown.
    pub uri: std::borrow::Cow<'t, [u8]>,
    /// The client's User-Agent, or its beginning, likewise.
    pub agent: std::borrow::Cow<'t, [u8]>,
}

impl Ring<'_> {
    /// The longest URI that is kept whole.
    pub const LONGEST_URI: usize = 8 * URI_WORDS;
    /// The longest User-Agent that is kept whole.
    pub const LONGEST_AGENT: usize = 8 * AGENT_WORDS;

    /// Keeps a refusal in place of the oldest.
    pub fn push(&self, entry: &Entry<'_>) {
        let number = self.next.fetch_add(1, Relaxed);
        let Some(place) = self.place(number) else { return };
        for (word, value) in place.iter().zip(entry.words(number)) {
            word.store(value, Relaxed);
        }
    }

    /// What is there, newest first.
    pub fn last(&self) -> impl Iterator<Item = Entry<'static>> {
        let next = self.next.load(Relaxed);
        let oldest = next.saturating_sub(self.len());
        (oldest..next).rev().filter_map(|number| {
            let words = self.place(number)?.each_ref().map(|word| word.load(Relaxed));
            Entry::of(&words, number)
        })
    }

    /// How many were ever refused.
    pub fn count(&self) -> u64 {
        self.next.load(Relaxed)
    }

    fn place(&self, number: u64) -> Option<&[AtomicU64; WORDS]> {
        place(self.entries, (number % self.len().max(1)) as usize)
    }

    fn len(&self) -> u64 {
        (self.entries.len() / WORDS) as u64
    }
}

impl Entry<'_> {
    fn words(&self, number: u64) -> [u64; WORDS] {
        let (uri, agent) = (cut(&self.uri, Ring::LONGEST_URI), cut(&self.agent, Ring::LONGEST_AGENT));
        let lengths = u64::from(self.vendor) << 16 | (uri.len() as u64) << 8 | agent.len() as u64;
        let mut words = [0; WORDS];
        let [high, low] = words_of_address(self.address);
        let via = self.via.map_or([0, 0], words_of_address);
        let head = [number + 1, self.refusal.word(), self.named, self.sender, high, low, lengths];
        words[..HEAD_WORDS].copy_from_slice(&head);
        words[HEAD_WORDS..TEXTS].copy_from_slice(&via[..VIA_WORDS]);
        words[TEXTS..][..URI_WORDS].copy_from_slice(&words_of_text::<URI_WORDS>(uri));
        words[TEXTS + URI_WORDS..][..AGENT_WORDS].copy_from_slice(&words_of_text::<AGENT_WORDS>(agent));
        words[WORDS - 1] = check(&words[..WORDS - 1]);
        words
    }

    fn of(words: &[u64; WORDS], number: u64) -> Option<Entry<'static>> {
        let &[written, refusal, named, sender, high, low, lengths, ..] = words;
        if written != number + 1 || words[WORDS - 1] != check(&words[..WORDS - 1]) {
            return None;
        }
        let [.., uri, agent] = lengths.to_be_bytes().map(usize::from);
        let via = match words[HEAD_WORDS..TEXTS] {
            [0, 0] | [] => None,
            [high, low, ..] => Some(address_of_words([high, low])),
            [_] => return None,
        };
        Some(Entry {
            refusal: Refusal::of(refusal)?,
            named,
            sender,
            address: address_of_words([high, low]),
            via,
            vendor: (lengths >> 16) as u16,
            uri: text_of_words(&words[TEXTS..][..URI_WORDS], uri).into(),
            agent: text_of_words(&words[TEXTS + URI_WORDS..][..AGENT_WORDS], agent).into(),
        })
    }
}

/// An address of either kind as one of IPv6.
fn words_of_address(address: IpAddr) -> [u64; 2] {
    let bits = match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    };
    [(bits >> 64) as u64, bits as u64]
}

fn address_of_words([high, low]: [u64; 2]) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from_bits(u128::from(high) << 64 | u128::from(low))).to_canonical()
}

fn cut(text: &[u8], length: usize) -> &[u8] {
    &text[..text.len().min(length)]
}

#[cfg(all(test, not(feature = "model")))]
#[path = "ring_tests.rs"]
mod tests;
