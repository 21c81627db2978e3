//! The atomics: the processor's, or in `scripts/model` those of loom, which tries every order of their accesses.

#[cfg(feature = "model")]
pub use loom::sync::atomic::{AtomicU64, fence};
pub use std::sync::atomic::Ordering::{Relaxed, SeqCst};
#[cfg(not(feature = "model"))]
pub use std::sync::atomic::{AtomicU64, fence};
