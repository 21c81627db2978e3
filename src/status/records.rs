//! The records of the table by MAC, which it has in no order.

use mtlsprotect_core::Mac;
use mtlsprotect_fleet::{Device, Devices};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Memory of a page before, for the next: each thread's own would be kept by malloc for each.
static SPARE: Mutex<Vec<u64>> = Mutex::new(Vec::new());
/// Words that are kept so: malloc gives more than these back by itself.
const MOST_SPARE: usize = 4 << 20;

/// Bits below a MAC, for its [`Seen`].
const BELOW_MAC: u32 = 16;

mtlsprotect_core::listed! {
    /// What a record says of its device.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Seen {
        /// Its own last request was refused, or would be, and none was served since.
        Refused,
        /// It has shown a good certificate.
        Shown,
        /// It was served by its password, without a good certificate.
        ByPassword,
        /// It was served without either.
        Served,
    }
}

/// The devices that have a record, as it said at one moment; a word each, by MAC.
pub struct Records(Vec<u64>);

impl Records {
    /// As they are now.
    pub fn now(devices: &Devices<'_>) -> Self {
        let mut words = std::mem::take(&mut *spare());
        words.clear();
        words.extend(devices.all().map(|device| device.mac << BELOW_MAC | Seen::of(&device) as u64));
        words.sort_unstable();
        Records(words)
    }

    /// Those from one on.
    pub fn from(&self, first: Mac) -> impl Iterator<Item = (Mac, Seen)> {
        let place = self.0.partition_point(|word| word >> BELOW_MAC < first.bits());
        self.0[place..].iter().map(|word| {
            let seen = Seen::ALL.into_iter().find(|seen| *seen as u64 == word & 0xffff);
            (Mac::from_bits(word >> BELOW_MAC), seen.unwrap_or(Seen::Served))
        })
    }
}

impl Drop for Records {
    fn drop(&mut self) {
        let mut spare = spare();
        if self.0.capacity() > spare.capacity() && self.0.capacity() <= MOST_SPARE {
            *spare = std::mem::take(&mut self.0);
        }
    }
}

fn spare() -> MutexGuard<'static, Vec<u64>> {
    SPARE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Seen {
    /// What a record says.
    pub fn of(device: &Device) -> Self {
        let refusal = device.refusal.filter(|refusal| refusal.is_by_itself);
        if refusal.is_some_and(|refusal| refusal.time >= device.last_seen) && !device.is_served_since {
            Seen::Refused
        } else if device.roots != 0 {
            Seen::Shown
        } else if device.is_by_password {
            Seen::ByPassword
        } else {
            Seen::Served
        }
    }
}
