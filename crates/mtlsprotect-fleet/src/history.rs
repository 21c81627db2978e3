//! What happened in the last day, by five minutes.

use crate::atomic::{AtomicU64, Relaxed};
use crate::cell::{CELLS, Cell};
use crate::striped::STRIPES;
use crate::word::{halves, place, word};

/// The seconds of a period.
const PERIOD: u32 = 300;
/// The periods of an hour.
pub const HOUR: usize = 12;
/// The periods of a day.
pub const DAY: usize = 288;
/// How many are kept: those of a day, the one that runs, and some in which nobody reads any more.
const KEPT: usize = 300;

/// Requests by verdict and reason, by five minutes, of all hosts together; in stripes as [`crate::Counts`] are.
///
/// Each counter says to which period it belongs: the first who counts in a new period takes the counter over, and nothing
/// has to be cleared. A thread that slept for a day between its look at a counter and its addition would add one to the
/// wrong period.
#[derive(Clone, Copy)]
pub struct History<'a>(pub(crate) &'a [AtomicU64]);

/// What was counted in five minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// The Unix time of its first second.
    pub start: u64,
    /// By [`Cell::index`].
    pub counts: [u64; CELLS],
}

impl History<'_> {
    pub(crate) const WORDS: usize = STRIPES * KEPT * CELLS;

    /// Counts one request at Unix time `now`.
    pub fn add(&self, stripe: usize, cell: Cell, now: u32) {
        let period = now / PERIOD;
        let Some(row) = self.row(stripe % STRIPES, period) else { return };
        let counter = &row[cell.index() % CELLS];
        let mut there = counter.load(Relaxed);
        while halves(there).0 != period {
            match counter.compare_exchange_weak(there, word(period, 1), Relaxed, Relaxed) {
                Ok(_) => return,
                Err(found) => there = found,
            }
        }
        counter.fetch_add(1, Relaxed);
    }

    /// The last periods, at most those of a day, oldest first; the last one is not over yet.
    pub fn last(&self, periods: usize, now: u32) -> impl Iterator<Item = Period> {
        let running = now / PERIOD;
        let count = u32::try_from(periods.min(DAY)).unwrap_or(0).min(running);
        (running + 1 - count..=running).map(|period| self.period(period))
    }

    fn period(&self, period: u32) -> Period {
        let mut counts = [0; CELLS];
        for row in (0..STRIPES).filter_map(|stripe| self.row(stripe, period)) {
            for (count, counter) in counts.iter_mut().zip(row) {
                let (of, counted) = halves(counter.load(Relaxed));
                if of == period {
                    *count += u64::from(counted);
                }
            }
        }
        Period { start: u64::from(period) * u64::from(PERIOD), counts }
    }

    fn row(&self, stripe: usize, period: u32) -> Option<&[AtomicU64; CELLS]> {
        place(self.0, stripe * KEPT + period as usize % KEPT)
    }
}

#[cfg(all(test, not(feature = "model")))]
mod tests {
    use super::*;
    use crate::cell::Verdict;
    use crate::test_memory::words;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const NOW: u32 = 1_800_000_000;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        /// Whatever the times between requests, an hour and a day are what a list of all requests says.
        #[test]
        #[cfg_attr(miri, ignore = "reads a day, counter by counter")]
        fn an_hour_and_a_day_are_what_was_counted(
            requests in proptest::collection::vec((0..16_usize, 0..3_u8, 0..4_000_u32), 1..80),
        ) {
            let memory = words(History::WORDS);
            let history = History(&memory);
            let (mut model, mut now) = (BTreeMap::new(), NOW);
            for (stripe, reason, later) in requests {
                now += later;
                let cell = Cell::new(Verdict::Deny, reason);
                history.add(stripe, cell, now);
                *model.entry((now / PERIOD, cell.index())).or_insert(0_u64) += 1;
            }
            for periods in [HOUR, DAY] {
                let seen: Vec<Period> = history.last(periods, now).collect();
                prop_assert_eq!(seen.len(), periods);
                for (place, period) in seen.iter().enumerate() {
                    let number = now / PERIOD + 1 - (periods - place) as u32;
                    prop_assert_eq!(period.start, u64::from(number * PERIOD));
                    for (cell, &count) in period.counts.iter().enumerate() {
                        prop_assert_eq!(count, model.get(&(number, cell)).copied().unwrap_or(0));
                    }
                }
            }
        }
    }

    #[test]
    fn threads_that_begin_a_period_together_lose_nothing() {
        let memory = words(History::WORDS);
        let history = History(&memory);
        let cell = Cell::new(Verdict::Allow, 0);
        let rounds = if cfg!(miri) { 5 } else { 2_000 };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(move || (0..rounds).for_each(|round| history.add(3, cell, NOW + round / 10 * PERIOD)));
            }
        });
        let last = NOW + (rounds - 1) / 10 * PERIOD;
        let sum: u64 = history.last(HOUR, last).map(|period| period.counts[cell.index()]).sum();
        assert_eq!(sum, 4 * u64::from(rounds.min(HOUR as u32 * 10)));
    }

    #[test]
    #[cfg_attr(miri, ignore = "reads hours, counter by counter")]
    fn a_clock_that_was_wrong_leaves_nothing_behind() {
        let memory = words(History::WORDS);
        let history = History(&memory);
        let cell = Cell::new(Verdict::Deny, 1);
        history.add(0, cell, NOW + KEPT as u32 * PERIOD);
        assert!(history.last(HOUR, NOW).all(|period| period.counts == [0; CELLS]));
        history.add(0, cell, NOW);
        assert_eq!(history.last(1, NOW).map(|period| period.counts[cell.index()]).collect::<Vec<_>>(), [1]);
        assert_eq!(history.last(DAY, 0).count(), 0, "before the first period there is none");
    }
}
