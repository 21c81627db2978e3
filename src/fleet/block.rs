//! The block of shared memory, kept over graceful restarts.

use crate::httpd::retained_words;
use mtlsprotect_core::Fingerprint;
use mtlsprotect_core::decision::Reason;
use mtlsprotect_fleet::{Fleet, LAYOUT_VERSION, REASONS, Sizes, Verdict};

// Otherwise two reasons would share a counter.
const _: () = assert!(Reason::ALL.len() <= REASONS as usize);

/// The word of a verdict.
pub fn word_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Deny => "deny",
        Verdict::WouldDeny => "would-deny",
    }
}

/// The block with room for so many devices: the one of before where its sizes and all that its numbers stand for are the
/// same, otherwise a new one, which begins with zeros; old children go on counting in theirs. None without memory.
///
/// For the parent, before it forks.
pub fn keep(devices: usize) -> Option<Fleet<'static>> {
    let sizes = Sizes::for_devices(devices);
    Fleet::new(retained_words(&key(sizes), sizes.words())?, sizes)
}

/// What the block is kept under.
fn key(sizes: Sizes) -> String {
    let words: Vec<&str> = Verdict::ALL.map(word_of).into_iter().chain(Reason::ALL.map(Reason::as_str)).collect();
    let [meaning, ..] = Fingerprint::of(words.join(" ").as_bytes()).words();
    format!("mod_mtlsprotect fleet {LAYOUT_VERSION} {} {} {meaning:016x}", sizes.devices(), sizes.words())
}
