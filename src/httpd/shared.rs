//! A few words of memory that all children share.

use mtlsprotect_memory::{Found, Key, Numbers, Store, Table};
use std::hash::RandomState;
use std::ptr::{NonNull, null_mut};

/// Memory that this process shares with those that it forks, as long as it is held. None where there was none to be had.
struct Shared<T>(Option<NonNull<T>>);

// SAFETY: it lends nothing but shared references.
unsafe impl<T: Sync> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// # Safety
    /// All zeros are a `T`, which other processes may change through what they share of it.
    unsafe fn new() -> Self {
        const { assert!(align_of::<T>() <= 4096 && size_of::<T>() > 0) };
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
        // SAFETY: asks for new memory, which is zeroed and aligned to a page.
        let memory = unsafe { libc::mmap(null_mut(), size_of::<T>(), access, kind, -1, 0) };
        Shared(NonNull::new(memory.cast()).filter(|_| memory != libc::MAP_FAILED))
    }

    fn get(&self) -> Option<&T> {
        // SAFETY: mapped until `self` is dropped.
        self.0.map(|shared| unsafe { shared.as_ref() })
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        if let Some(memory) = self.0 {
            // SAFETY: `new` mapped it, and nothing borrows it any more.
            unsafe { libc::munmap(memory.as_ptr().cast(), size_of::<T>()) };
        }
    }
}

/// Remembers up to 64 numbers for all children of one configuration.
pub struct SharedSet(Shared<Numbers>);

impl SharedSet {
    /// An empty set. Without shared memory it holds nothing.
    pub fn new() -> Self {
        // SAFETY: numbers are atomic, and empty when they are zero.
        SharedSet(unsafe { Shared::new() })
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

    /// An empty store. Without shared memory it holds nothing.
    pub fn new() -> Self {
        // SAFETY: a store keeps to its own order by atomics, and is empty when it is zero.
        SharedStore(unsafe { Shared::new() })
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

/// Remembers answers for all children of one configuration, each by two digests.
pub struct SharedTable {
    table: Shared<Table>,
    /// Children have it from their parent.
    secret: RandomState,
}

impl SharedTable {
    /// An empty table. Without shared memory it holds nothing.
    pub fn new() -> Self {
        // SAFETY: a table is made of atomics, and is empty when it is zero.
        SharedTable { table: unsafe { Shared::new() }, secret: RandomState::new() }
    }

    /// What was kept under these digests and holds at Unix time `now`.
    pub fn recall(&self, digests: [[u64; 4]; 2], now: u64) -> Option<Found> {
        self.table.get()?.get(&self.secret, &key(digests), now)
    }

    /// Keeps a value until Unix time `until`, if there is room for it.
    pub fn keep(&self, digests: [[u64; 4]; 2], value: [u64; 2], until: u64, now: u64) {
        if let Some(table) = self.table.get() {
            table.keep(&self.secret, &key(digests), value, until, now);
        }
    }
}

fn key([first, second]: [[u64; 4]; 2]) -> Key {
    Key { first, second }
}
