//! A few words of memory that all children share.

use crate::ffi;
use crate::httpd::pool::Pool;
use mtlsprotect_memory::{Numbers, Store};
use std::ptr::NonNull;

/// Shared memory that goes with the configuration. None where there was none to be had.
struct Shared<T>(Option<NonNull<T>>);

// SAFETY: it lends nothing but shared references.
unsafe impl<T: Sync> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// # Safety
    /// All zeros are a `T`, which other processes may change through what they share of it.
    unsafe fn new(pool: Pool<'static>) -> Self {
        let mut segment = std::ptr::null_mut();
        // SAFETY: a null name asks for an anonymous segment, which the pool's cleanup unmaps; fresh
        // anonymous memory is zeroed and aligned to a page.
        unsafe {
            let status = ffi::apr_shm_create(&raw mut segment, size_of::<T>() as _, std::ptr::null(), pool.as_ptr());
            if status != 0 {
                return Shared(None);
            }
            Shared(NonNull::new(ffi::apr_shm_baseaddr_get(segment).cast()))
        }
    }

    fn get(&self) -> Option<&T> {
        // SAFETY: mapped as long as the configuration, which holds whoever holds `self`.
        self.0.map(|shared| unsafe { shared.as_ref() })
    }
}

/// Remembers up to 64 numbers for all children of one configuration.
pub struct SharedSet(Shared<Numbers>);

impl SharedSet {
    /// An empty set that goes with the configuration. Without shared memory it holds nothing.
    pub fn new(pool: Pool<'static>) -> Self {
        // SAFETY: numbers are atomic, and empty when they are zero.
        SharedSet(unsafe { Shared::new(pool) })
    }

    /// Adds a number; true when it is new. A full set treats every number as an old one.
    pub fn insert(&self, number: u64) -> bool {
        self.0.get().is_none_or(|numbers| numbers.insert(number))
    }
}

/// Remembers up to 64 byte strings for all children of one configuration, by a number for each.
pub struct SharedStore(Shared<Store>);

impl SharedStore {
    /// The maximum length of one string.
    pub const LONGEST: usize = Store::LONGEST;

    /// An empty store that goes with the configuration. Without shared memory it holds nothing.
    pub fn new(pool: Pool<'static>) -> Self {
        // SAFETY: a store keeps to its own order by atomics, and is empty when it is zero.
        SharedStore(unsafe { Shared::new(pool) })
    }

    /// Keeps bytes under their number; false if there is no room, or another child is just doing it.
    pub fn keep(&self, number: u64, bytes: &[u8]) -> bool {
        self.0.get().is_some_and(|store| store.keep(number, bytes))
    }

    /// The bytes kept under a number.
    pub fn get(&self, number: u64) -> Option<Vec<u8>> {
        self.0.get()?.get(number)
    }
}
