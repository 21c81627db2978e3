//! The answers of one process about certificates that it has found trusted.

use crate::built_in::vendors::vendor_of;
use crate::fingerprint::Fingerprint;
use crate::mac::Mac;
use crate::time::UnixTime;
use crate::vendors::vouched::{Ownership, Vouched};
use lru::LruCache;
use std::ffi::CStr;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Phones remembered by one process: about 200 bytes each, so some 3 MB.
const PHONES: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();
/// The maximum number of sets of intermediates that phones sent and lists lacked.
const INTERMEDIATES: NonZeroUsize = NonZeroUsize::new(64).unwrap();

/// DER of the intermediates that a list lacks, shared by all phones below them.
pub type Intermediates = Arc<Vec<Vec<u8>>>;

/// Trusted answers only, so that a flood of made-up certificates pushes no phone out; never
/// longer than every certificate of the chain is valid.
pub struct Cache(Mutex<Kept>);

struct Kept {
    phones: LruCache<Key, Remembered>,
    intermediates: LruCache<Fingerprint, Intermediates>,
}

/// The answer depends on the trust and on the leaf: the digest of each.
type Key = (Fingerprint, Fingerprint);

/// What is remembered of a trusted certificate.
#[derive(Clone, Debug)]
pub struct Remembered {
    /// Whose it is, `None` where the subject is not a device's name.
    pub mac: Option<Mac>,
    /// Which list vouches for it: an index for [`crate::vendors::Vendors::members`].
    pub member: usize,
    /// Whose the MAC's prefix is.
    pub ownership: Ownership,
    /// The vendor that the prefix is built in for.
    pub prefix_of: Option<&'static CStr>,
    /// Unix time of the last second that the answer holds.
    pub until: UnixTime,
    /// What the client sent and the list lacks, `None` where nothing.
    pub missing: Option<Intermediates>,
}

impl Default for Cache {
    fn default() -> Self {
        Cache(Mutex::new(Kept { phones: LruCache::new(PHONES), intermediates: LruCache::new(INTERMEDIATES) }))
    }
}

impl Cache {
    /// What was found for the certificate with the digest `leaf` under the trust `trust`, if it still holds at Unix
    /// time `now`.
    pub fn recall(&self, trust: &Fingerprint, leaf: &Fingerprint, now: UnixTime) -> Option<Remembered> {
        self.lock().phones.get(&(*trust, *leaf)).filter(|answer| now <= answer.until).cloned()
    }

    /// Remembers a trusted certificate.
    pub fn keep(&self, trust: &Fingerprint, leaf: &Fingerprint, vouched: &Vouched) -> Remembered {
        let Vouched { trusted, member, ownership } = vouched;
        let mut answers = self.lock();
        let missing = (!trusted.missing.is_empty()).then(|| {
            let digest = Fingerprint::of(&trusted.missing.concat());
            answers.intermediates.get_or_insert(digest, || Arc::new(trusted.missing.clone())).clone()
        });
        let answer = Remembered {
            mac: trusted.mac,
            member: *member,
            ownership: *ownership,
            prefix_of: trusted.mac.and_then(|mac| vendor_of(mac.oui())),
            until: trusted.until,
            missing,
        };
        answers.phones.put((*trust, *leaf), answer.clone());
        answer
    }

    /// Another thread's panic leaves the cache itself whole: every change is one call.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cache({} phones)", self.lock().phones.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::device_trust::Trusted;

    const END: UnixTime = UnixTime::from_seconds(100);

    fn trusted(mac: u64, missing: &[&[u8]]) -> Vouched {
        let missing = missing.iter().map(|der| der.to_vec()).collect();
        let trusted = Trusted { mac: Some(Mac::from_bits(mac)), until: END, missing };
        Vouched { trusted, member: 0, ownership: Ownership::Own }
    }

    fn digest(number: usize) -> Fingerprint {
        Fingerprint::of(&number.to_be_bytes())
    }

    #[test]
    fn an_answer_holds_for_its_trust_its_leaf_and_its_time() {
        let cache = Cache::default();
        cache.keep(&digest(1), &digest(2), &trusted(7, &[]));
        assert_eq!(cache.recall(&digest(1), &digest(2), END).unwrap().mac, Some(Mac::from_bits(7)));
        assert!(cache.recall(&digest(1), &digest(2), END + 1).is_none());
        assert!(cache.recall(&digest(2), &digest(2), END).is_none());
        assert!(cache.recall(&digest(1), &digest(1), END).is_none());
        assert_eq!(format!("{cache:?}"), "Cache(1 phones)");
    }

    #[test]
    fn a_hundred_thousand_phones_take_bounded_room_and_share_their_intermediates() {
        let cache = Cache::default();
        let mut last = None;
        for number in 0..100_000 {
            let answer = cache.keep(&digest(0), &digest(number), &trusted(number as u64, &[b"issuing", b"policy"]));
            if let Some(before) = last.replace(answer.missing.unwrap()) {
                assert!(Arc::ptr_eq(&before, last.as_ref().unwrap()));
            }
        }
        assert_eq!(cache.lock().phones.len(), PHONES.get());
        assert_eq!(cache.lock().intermediates.len(), 1);
    }
}
