//! A few words of memory that all children share.

use crate::ffi;
use crate::httpd::Pool;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

const SLOTS: usize = 64;

/// Remembers up to 64 numbers for all children of one configuration.
pub struct SharedSet(Option<NonNull<[AtomicU64; SLOTS]>>);

// SAFETY: atomics in memory that is mapped as long as the configuration lives.
unsafe impl Send for SharedSet {}
// SAFETY: as above.
unsafe impl Sync for SharedSet {}

impl SharedSet {
    /// An empty set that goes with the configuration. Without shared memory it holds nothing.
    pub fn new(pool: Pool<'static>) -> Self {
        let mut segment = std::ptr::null_mut();
        // SAFETY: a null name asks for an anonymous segment, which the pool's cleanup unmaps; fresh
        // anonymous memory is zeroed and aligned to a page.
        unsafe {
            let status = ffi::apr_shm_create(
                &raw mut segment,
                size_of::<[AtomicU64; SLOTS]>() as _,
                std::ptr::null(),
                pool.as_ptr(),
            );
            if status != 0 {
                return SharedSet(None);
            }
            SharedSet(NonNull::new(ffi::apr_shm_baseaddr_get(segment).cast()))
        }
    }

    /// Adds a number; true when it is new. A full set takes every number for an old one.
    pub fn insert(&self, number: u64) -> bool {
        let Some(slots) = self.0 else { return true };
        let number = number.max(1);
        // SAFETY: mapped as long as the configuration, which holds this set.
        for slot in unsafe { slots.as_ref() } {
            match slot.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(there) if there == number => return false,
                Err(_) => {}
            }
        }
        false
    }
}
