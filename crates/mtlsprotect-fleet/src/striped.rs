//! Counters that many threads add to at once.

use crate::atomic::{AtomicU64, Relaxed};

/// How many times each counter is there: threads add to different ones and don't take the line of the processor's cache
/// from each other. One for each child would cost a large server hundreds of megabytes. Miri looks at each word for long.
pub(crate) const STRIPES: usize = if cfg!(miri) { 2 } else { 16 };

/// So many counters, each once in each stripe. Their sums never go down: each stripe's counter only grows. Sums of two
/// counters can be of two moments.
#[derive(Clone, Copy)]
pub(crate) struct Striped<'a, const WIDTH: usize>(pub(crate) &'a [AtomicU64]);

impl<const WIDTH: usize> Striped<'_, WIDTH> {
    pub(crate) const WORDS: usize = STRIPES * WIDTH;

    /// Adds one to a counter in the stripe of a number, which differs between the threads of a server.
    pub(crate) fn add(&self, stripe: usize, counter: usize) {
        if let Some(counter) = self.0.get(stripe % STRIPES * WIDTH + counter) {
            counter.fetch_add(1, Relaxed);
        }
    }

    /// All counters.
    pub(crate) fn sums(&self) -> [u64; WIDTH] {
        let mut sums = [0_u64; WIDTH];
        for stripe in self.0.chunks_exact(WIDTH) {
            for (sum, counter) in sums.iter_mut().zip(stripe) {
                *sum = sum.wrapping_add(counter.load(Relaxed));
            }
        }
        sums
    }
}
