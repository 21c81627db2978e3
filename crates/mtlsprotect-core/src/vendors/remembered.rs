//! What is remembered of a certificate that was found trusted, and how little room that takes.

use crate::built_in::vendors::vendor_of;
use crate::mac::Mac;
use crate::time::UnixTime;
use crate::vendors::vouched::{Ownership, Vouched};
use std::ffi::CStr;
use std::num::NonZeroU64;
use std::sync::Arc;

/// What is remembered of a trusted certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// Whose it is, `None` where the subject is not a device's name.
    pub mac: Option<Mac>,
    /// Which root of which list vouches for it: an index for [`crate::vendors::Vendors::roots`].
    pub root: usize,
    /// Whose the MAC's prefix is.
    pub ownership: Ownership,
    /// The vendor that the prefix is built in for.
    pub prefix_of: Option<&'static CStr>,
    /// Unix time of the last second that the answer holds.
    pub until: UnixTime,
    /// What the client sent and the list lacks.
    pub missing: Missing,
}

/// The intermediates that a client sent and the list lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// None, or nobody will ask for them.
    Nothing,
    /// What all children know under this number.
    Known(NonZeroU64),
    /// These bytes, which are known to nobody else.
    Bytes(Arc<[u8]>),
}

/// The bits of a MAC; above them stand whether there is one, its ownership, and the root.
const MAC_BITS: u32 = 48;
const HAS_MAC: u64 = 1 << MAC_BITS;
const OWNERSHIP_AT: u32 = MAC_BITS + 1;
const ROOT_AT: u32 = OWNERSHIP_AT + 2;

impl Remembered {
    /// What the lists have said.
    pub fn of(vouched: &Vouched, missing: Missing) -> Self {
        let Vouched { trusted, root, ownership, .. } = vouched;
        Remembered {
            mac: trusted.mac,
            root: *root,
            ownership: *ownership,
            prefix_of: prefix_of(trusted.mac),
            until: trusted.until,
            missing,
        }
    }

    /// All of it but for the time, from which [`Remembered::from_words`] makes it again. `None` where there is no room:
    /// for intermediates that have no number, and behind 8,192 roots.
    pub fn to_words(&self) -> Option<[u64; 2]> {
        let missing = match &self.missing {
            Missing::Nothing => 0,
            Missing::Known(number) => number.get(),
            Missing::Bytes(_) => return None,
        };
        let root = u64::try_from(self.root).ok().filter(|root| root.leading_zeros() >= ROOT_AT)?;
        let ownership = match self.ownership {
            Ownership::Own => 0,
            Ownership::New => 1,
            Ownership::Foreign => 2,
        };
        let mac = self.mac.map_or(0, |mac| HAS_MAC + mac.bits());
        Some([(root << ROOT_AT) + (ownership << OWNERSHIP_AT) + mac, missing])
    }

    /// What [`Remembered::to_words`] has made words of, which holds until this time.
    pub fn from_words([word, missing]: [u64; 2], until: UnixTime) -> Option<Self> {
        let mac = (word & HAS_MAC != 0).then(|| Mac::from_bits(word & (HAS_MAC - 1)));
        let ownership = match word >> OWNERSHIP_AT & 3 {
            0 => Ownership::Own,
            1 => Ownership::New,
            2 => Ownership::Foreign,
            _ => return None,
        };
        let missing = NonZeroU64::new(missing).map_or(Missing::Nothing, Missing::Known);
        let root = usize::try_from(word >> ROOT_AT).ok()?;
        Some(Remembered { mac, root, ownership, prefix_of: prefix_of(mac), until, missing })
    }
}

fn prefix_of(mac: Option<Mac>) -> Option<&'static CStr> {
    mac.and_then(|mac| vendor_of(mac.oui()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: UnixTime = UnixTime::from_seconds(100);

    fn remembered(mac: Option<u64>, root: usize, ownership: Ownership, missing: Missing) -> Remembered {
        let mac = mac.map(Mac::from_bits);
        Remembered { mac, root, ownership, prefix_of: prefix_of(mac), until: END, missing }
    }

    #[test]
    fn two_words_are_enough_for_every_answer() {
        let known = Missing::Known(NonZeroU64::MAX);
        for mac in [None, Some(0), Some(0x0004_f2aa_aaaa), Some((1 << 48) - 1)] {
            for root in [0, 1, 8191] {
                for ownership in [Ownership::Own, Ownership::New, Ownership::Foreign] {
                    for missing in [Missing::Nothing, known.clone()] {
                        let answer = remembered(mac, root, ownership, missing);
                        let words = answer.to_words().unwrap();
                        assert_eq!(Remembered::from_words(words, END), Some(answer));
                    }
                }
            }
        }
        assert!(remembered(Some(0x0004_f2aa_aaaa), 0, Ownership::Own, known).prefix_of.is_some());
    }

    #[test]
    fn what_has_no_room_is_not_made_words_of() {
        assert_eq!(remembered(None, 8192, Ownership::Own, Missing::Nothing).to_words(), None);
        assert_eq!(remembered(None, usize::MAX, Ownership::Own, Missing::Nothing).to_words(), None);
        let bytes = Missing::Bytes(Arc::from(&b"der"[..]));
        assert_eq!(remembered(None, 0, Ownership::Own, bytes).to_words(), None);
        assert_eq!(Remembered::from_words([3 << OWNERSHIP_AT, 0], END), None);
    }
}
