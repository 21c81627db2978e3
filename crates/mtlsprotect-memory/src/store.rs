//! What processes that share memory remember together. Memory that is all zeros is empty.

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// How many there is room for.
const SLOTS: usize = 64;

/// Up to 64 numbers.
#[repr(transparent)]
pub struct Numbers([AtomicU64; SLOTS]);

impl Numbers {
    /// Adds a number; true when it is new. A full set treats every number as an old one.
    pub fn insert(&self, number: u64) -> bool {
        let number = number.max(1);
        for slot in &self.0 {
            match slot.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(there) if there == number => return false,
                Err(_) => {}
            }
        }
        false
    }
}

/// Up to 64 byte strings, by a number for each.
#[repr(transparent)]
pub struct Store([Slot; SLOTS]);

#[repr(C)]
struct Slot {
    /// 0 while it is free.
    number: AtomicU64,
    /// 0 until the bytes are all there.
    length: AtomicU32,
    bytes: UnsafeCell<[u8; Store::LONGEST]>,
}

// SAFETY: a slot's bytes are written by the one who takes it, once, and read by nobody before their length is there.
unsafe impl Sync for Slot {}

impl Store {
    /// The maximum length of one string.
    pub const LONGEST: usize = 8 * 1024;

    /// Keeps bytes under their number; false where there is no room, or another is just doing it.
    pub fn keep(&self, number: u64, bytes: &[u8]) -> bool {
        let Ok(length) = u32::try_from(bytes.len()) else { return false };
        if number == 0 || length == 0 || bytes.len() > Self::LONGEST {
            return false;
        }
        for slot in &self.0 {
            match slot.number.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => {
                    // SAFETY: they fit, and the slot belongs to the one whose exchange succeeded.
                    unsafe { slot.bytes.get().cast::<u8>().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
                    slot.length.store(length, Ordering::Release);
                    return true;
                }
                Err(there) if there == number => return slot.length.load(Ordering::Acquire) != 0,
                Err(_) => {}
            }
        }
        false
    }

    /// The bytes kept under a number.
    pub fn get(&self, number: u64) -> Option<Vec<u8>> {
        let slot = self.0.iter().find(|slot| number != 0 && slot.number.load(Ordering::Relaxed) == number)?;
        let length = slot.length.load(Ordering::Acquire) as usize;
        // SAFETY: with their length there, nobody writes the bytes any more.
        (length > 0).then(|| unsafe { std::slice::from_raw_parts(slot.bytes.get().cast::<u8>(), length) }.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::alloc::{Layout, alloc_zeroed};

    /// Memory as fresh shared memory is.
    fn zeroed<T>() -> Box<T> {
        // SAFETY: atomics and bytes, for which zeros are a value.
        unsafe { Box::from_raw(alloc_zeroed(Layout::new::<T>()).cast()) }
    }

    #[test]
    fn a_number_is_new_once_until_there_is_no_room() {
        let numbers = zeroed::<Numbers>();
        assert!((1..=64).all(|number| numbers.insert(number)));
        assert!((1..=65).all(|number| !numbers.insert(number)));
    }

    #[test]
    fn bytes_are_kept_under_their_number() {
        let store = zeroed::<Store>();
        assert!(store.keep(7, b"seven") && store.keep(8, &[1; Store::LONGEST]));
        assert_eq!(store.get(7).as_deref(), Some(&b"seven"[..]));
        assert_eq!(store.get(8).map(|bytes| bytes.len()), Some(Store::LONGEST));
        assert!(store.keep(7, b"other"), "it is there already");
        assert_eq!(store.get(7).as_deref(), Some(&b"seven"[..]));
        assert!(!store.keep(0, b"x") && !store.keep(9, b"") && !store.keep(9, &[1; Store::LONGEST + 1]));
        assert_eq!((store.get(0), store.get(9)), (None, None));
    }

    #[test]
    fn a_full_store_keeps_no_more() {
        let store = zeroed::<Store>();
        assert!((1..=64).all(|number| store.keep(number, b"x")));
        assert!(!store.keep(65, b"x"));
        assert_eq!(store.get(65), None);
    }

    #[test]
    fn nobody_reads_bytes_that_are_not_all_there() {
        let store = zeroed::<Store>();
        let text = [b'x'; 100];
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for number in 1..=8 {
                        store.keep(number, &text);
                        if let Some(bytes) = store.get(number) {
                            assert_eq!(bytes, text);
                        }
                    }
                });
            }
        });
        assert!((1..=8).all(|number| store.get(number).as_deref() == Some(&text[..])));
    }
}
