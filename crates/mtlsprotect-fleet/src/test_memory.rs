//! Memory for tests.

use crate::atomic::AtomicU64;

/// So many words, as fresh shared memory is.
pub(crate) fn words(count: usize) -> Vec<AtomicU64> {
    (0..count).map(|_| AtomicU64::new(0)).collect()
}
