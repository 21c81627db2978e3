//! Memory that survives graceful restarts.

use crate::ffi;
use mtlsprotect_memory::Halves;
use std::ffi::CString;
use std::path::Path;
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::AtomicU64;

/// So many words of memory that all children share, kept under a name until httpd ends: after a graceful restart the new
/// children and those of before find the same. They begin as zeros, with a page. None without memory for them, and where
/// the name stands for another number of words.
///
/// Call it before children are forked. What is never written takes no memory, nor is any reserved for it.
pub fn retained_words(name: &str, words: usize) -> Option<&'static [AtomicU64]> {
    let key = CString::new(name).ok().filter(|_| words > 0)?;
    // SAFETY: httpd copies the key; it knows what was put under it until it ends, whether this module is unloaded or not.
    let mut held = unsafe { ffi::ap_retained_data_get(key.as_ptr()) }.cast::<Retained>();
    if held.is_null() {
        let memory = map(words.checked_mul(size_of::<AtomicU64>())?)?;
        // SAFETY: as above; zeroed memory of this size.
        held = unsafe { ffi::ap_retained_data_create(key.as_ptr(), size_of::<Retained>()) }.cast();
        // SAFETY: it was just made, for this.
        unsafe { held.write(Retained { memory, words }) };
    }
    // SAFETY: under a key of ours there is what was written above; a change of `Retained` changes the names.
    let Retained { memory, words: there } = unsafe { held.read() };
    // SAFETY: mapped for so many words, and never unmapped.
    (there == words).then(|| unsafe { std::slice::from_raw_parts(memory.as_ptr(), words) })
}

/// Lists have room for so many words at least: 65,536 devices, each with a prefix of its own.
const LEAST_ROOM: usize = 2 << 16;
/// And for so many times what they begin with.
const GROWTH: usize = 4;

/// How many words there should be room for, for lists that begin with so many.
pub fn room_for(words: usize) -> usize {
    words.saturating_mul(GROWTH).max(LEAST_ROOM)
}

/// Memory for lists of up to so many words about a file, from [`retained_words`]. Its `kind` has a number that changes with
/// the meaning of the words: memory of another build of this module is not taken for ours.
pub fn retained_lists(kind: &str, path: &Path, words: usize) -> Option<Halves<'static>> {
    let name = format!("mtlsprotect {kind} {} {words}", path.display());
    Halves::new(retained_words(&name, Halves::memory_for(words)?)?)
}

/// Where it is. What other builds of this module read of it as well: `repr(C)`, and both fields forever.
#[repr(C)]
struct Retained {
    memory: NonNull<AtomicU64>,
    words: usize,
}

fn map(bytes: usize) -> Option<NonNull<AtomicU64>> {
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let kind = libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: asks for new memory, which is zeroed and aligned to a page.
    let memory = unsafe { libc::mmap(null_mut(), bytes, access, kind, -1, 0) };
    NonNull::new(memory.cast()).filter(|_| memory != libc::MAP_FAILED)
}
