//! A few byte strings that all children share.

use crate::ffi;
use crate::httpd::Pool;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

const SLOTS: usize = 64;

/// Remembers up to 64 byte strings for all children of one configuration, by a number for each.
pub struct SharedStore(Option<NonNull<[Slot; SLOTS]>>);

struct Slot {
    /// 0 while it is free.
    number: AtomicU64,
    /// 0 until the bytes are all there.
    length: AtomicU32,
    bytes: [u8; SharedStore::LONGEST],
}

// SAFETY: memory that is mapped as long as the configuration lives; each slot's bytes are written by
// the one who takes the slot and read by nobody before their length is there.
unsafe impl Send for SharedStore {}
// SAFETY: as above.
unsafe impl Sync for SharedStore {}

impl SharedStore {
    /// Bytes that one string may have.
    pub const LONGEST: usize = 8 * 1024;

    /// An empty store that goes with the configuration. Without shared memory it holds nothing.
    pub fn new(pool: Pool<'static>) -> Self {
        let mut segment = std::ptr::null_mut();
        // SAFETY: a null name asks for an anonymous segment, which the pool's cleanup unmaps; fresh
        // anonymous memory is zeroed and aligned to a page.
        unsafe {
            let size = size_of::<[Slot; SLOTS]>();
            if ffi::apr_shm_create(&raw mut segment, size as _, std::ptr::null(), pool.as_ptr()) != 0 {
                return SharedStore(None);
            }
            SharedStore(NonNull::new(ffi::apr_shm_baseaddr_get(segment).cast()))
        }
    }

    /// Keeps bytes under their number; false where there is no room, or another child is just doing it.
    pub fn keep(&self, number: u64, bytes: &[u8]) -> bool {
        let Ok(length) = u32::try_from(bytes.len()) else { return false };
        if number == 0 || length == 0 || bytes.len() > Self::LONGEST {
            return false;
        }
        for slot in self.slots() {
            // SAFETY: the slot lies in the segment; its atomics are shared, its bytes belong to the one
            // whose exchange succeeds.
            unsafe {
                match (*slot).number.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed) {
                    Ok(_) => {
                        (&raw mut (*slot).bytes).cast::<u8>().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
                        (*slot).length.store(length, Ordering::Release);
                        return true;
                    }
                    Err(there) if there == number => return (*slot).length.load(Ordering::Acquire) != 0,
                    Err(_) => {}
                }
            }
        }
        false
    }

    /// The bytes kept under a number.
    pub fn get(&self, number: u64) -> Option<Vec<u8>> {
        for slot in self.slots() {
            // SAFETY: as above; with their length there nobody writes the bytes any more.
            unsafe {
                if number != 0 && (*slot).number.load(Ordering::Relaxed) == number {
                    let length = (*slot).length.load(Ordering::Acquire) as usize;
                    let bytes = std::slice::from_raw_parts((&raw const (*slot).bytes).cast::<u8>(), length);
                    return (length > 0).then(|| bytes.to_vec());
                }
            }
        }
        None
    }

    fn slots(&self) -> impl Iterator<Item = *mut Slot> {
        let first = self.0.map(|slots| slots.as_ptr().cast::<Slot>());
        // SAFETY: the segment has so many.
        first.into_iter().flat_map(|first| (0..SLOTS).map(move |index| unsafe { first.add(index) }))
    }
}
