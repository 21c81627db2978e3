//! What was found in long texts, so that one is searched once although httpd shows it in several forms, at several gates
//! and for its error page.

use crate::mac::Mac;
use crate::work;
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

/// Shorter texts are searched faster than they are looked up.
pub const LEAST: usize = 48;
/// More entries than one request of httpd's default limits can make; then the memo begins anew. At most 300 KB a thread.
const MOST: usize = 4096;

/// What was found in one text, decoded and folded too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The first two devices, and whether each is a name parameter's value.
    pub first: [Option<(Mac, bool)>; 2],
    /// There are others.
    pub more: bool,
    /// It is a name parameter's value and not a MAC.
    pub malformed: bool,
}

impl Found {
    /// Adds a device.
    pub fn add(&mut self, mac: Mac, by_parameter: bool) {
        match &mut self.first {
            [None, _] => self.first[0] = Some((mac, by_parameter)),
            [Some((first, _)), _] if *first == mac => {}
            [_, None] => self.first[1] = Some((mac, by_parameter)),
            [_, Some((second, _))] => self.more |= *second != mac,
        }
    }
}

/// A text and all that decides what is found in it, as 128 bits under a key of this thread's own, which nobody can aim at.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key(u64, u64);

struct Memo {
    keys: [RandomState; 2],
    found: HashMap<Key, Found>,
}

thread_local! {
    static MEMO: RefCell<Memo> =
        RefCell::new(Memo { keys: [RandomState::new(), RandomState::new()], found: HashMap::new() });
}

/// The key of a text in a context.
pub fn key(context: &impl Hash, text: &[u8]) -> Key {
    work::done(text.len());
    MEMO.with_borrow(|memo| {
        let hash = |state: &RandomState| {
            let mut hasher = state.build_hasher();
            context.hash(&mut hasher);
            hasher.write(text);
            hasher.finish()
        };
        Key(hash(&memo.keys[0]), hash(&memo.keys[1]))
    })
}

/// What was found under a key.
pub fn recall(key: Key) -> Option<Found> {
    MEMO.with_borrow(|memo| memo.found.get(&key).copied())
}

/// Keeps what was found.
pub fn keep(key: Key, found: Found) {
    MEMO.with_borrow_mut(|memo| {
        if memo.found.len() >= MOST {
            memo.found.clear();
        }
        if memo.found.capacity() < MOST {
            // All at once: no single request pays for moving what others left.
            memo.found.reserve(MOST);
        }
        memo.found.insert(key, found);
    });
}
