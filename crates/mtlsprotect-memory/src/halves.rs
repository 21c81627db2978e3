//! A list of words that one process changes while others read it, without a lock.

use crate::atomic::{AtomicU64, Ordering, fence};

/// A list is overwritten so seldom that another look at it succeeds.
const LOOKS: usize = 3;

/// Words before the two halves: how many lists were begun, and published; the length of the list in each half.
const HEAD: usize = 4;

/// Memory for a list of words in one of two halves: a new one is written into the half that is not in use. Zeros are
/// memory in which nothing has been published yet.
///
/// There is one writer at a time, which may die at any moment; there may be any number of readers. A reader gets a
/// [`View`] of the list in use and never waits; it asks when it is done whether what it read was all of that list. It was,
/// unless the writer has begun the list after the next meanwhile.
#[derive(Clone, Copy)]
pub struct Halves<'a> {
    begun: &'a AtomicU64,
    published: &'a AtomicU64,
    lengths: [&'a AtomicU64; 2],
    halves: [&'a [AtomicU64]; 2],
}

/// The list that was in use when it was asked for.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// Its words. Any of them may change as soon as [`View::is_whole`] is false.
    pub words: &'a [AtomicU64],
    /// Its number: 1 for the first that was ever published here.
    pub number: u64,
    begun: &'a AtomicU64,
}

/// A list that has more words than there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// The most words that fit.
    pub room: usize,
}

impl<'a> Halves<'a> {
    /// How much memory lists of up to so many words need, in words; `None` for more than there can be.
    pub const fn memory_for(words: usize) -> Option<usize> {
        match words.checked_mul(2) {
            Some(both) => both.checked_add(HEAD),
            None => None,
        }
    }

    /// For memory that all who use it see with the same length; `None` where it is too short for any list.
    pub fn new(memory: &'a [AtomicU64]) -> Option<Self> {
        let [begun, published, first, second, rest @ ..] = memory else { return None };
        let (one, other) = rest.split_at(rest.len() / 2);
        let halves = [one, &other[..one.len()]];
        Some(Halves { begun, published, lengths: [first, second], halves }).filter(|_| !one.is_empty())
    }

    /// The most words that a list here can have.
    pub fn room(&self) -> usize {
        self.halves[0].len()
    }

    /// Makes a list the one in use, and tells its number. Only for the one writer.
    ///
    /// # Errors
    /// [`TooLong`]; the list before stays in use.
    pub fn publish(&self, words: impl ExactSizeIterator<Item = u64>) -> Result<u64, TooLong> {
        let number = self.published.load(Ordering::Relaxed).wrapping_add(1);
        let (half, length) = self.half(number);
        if words.len() > half.len() {
            return Err(TooLong { room: self.room() });
        }
        self.begun.store(number, Ordering::Relaxed);
        // Whoever sees a word of what follows also sees that it was begun.
        fence(Ordering::Release);
        length.store(words.len() as u64, Ordering::Relaxed);
        for (place, word) in half.iter().zip(words) {
            place.store(word, Ordering::Relaxed);
        }
        self.published.store(number, Ordering::Release);
        Ok(number)
    }

    /// The number of the list in use; 0 before the first.
    #[inline]
    pub fn number(&self) -> u64 {
        self.published.load(Ordering::Relaxed)
    }

    /// The list in use; `None` before the first.
    #[inline]
    pub fn current(&self) -> Option<View<'a>> {
        let number = self.published.load(Ordering::Acquire);
        let (half, length) = self.half(number);
        let length = usize::try_from(length.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        (number > 0).then(|| View { words: &half[..length.min(half.len())], number, begun: self.begun })
    }

    /// What is found in the words of the list in use, all of one list; `None` before the first, and where each was
    /// overwritten meanwhile.
    pub fn ask<T>(&self, look: impl Fn(&'a [AtomicU64]) -> T) -> Option<T> {
        (0..LOOKS).find_map(|_| {
            let view = self.current()?;
            Some(look(view.words)).filter(|_| view.is_whole())
        })
    }

    #[inline]
    fn half(&self, number: u64) -> (&'a [AtomicU64], &'a AtomicU64) {
        let which = (number & 1) as usize;
        (self.halves[which], self.lengths[which])
    }
}

impl View<'_> {
    /// Whether all that was read of it until now is of this list.
    #[inline]
    pub fn is_whole(&self) -> bool {
        fence(Ordering::Acquire);
        // The next list goes into the other half, the one after it into this one.
        self.begun.load(Ordering::Relaxed) <= self.number.saturating_add(1)
    }
}

#[cfg(all(test, not(feature = "model")))]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    fn memory(words: usize) -> Vec<AtomicU64> {
        (0..words).map(|_| AtomicU64::new(0)).collect()
    }

    fn read(view: &View<'_>) -> Vec<u64> {
        view.words.iter().map(|word| word.load(Ordering::Relaxed)).collect()
    }

    #[test]
    fn a_reader_gets_the_last_list_that_was_published() {
        let memory = memory(Halves::memory_for(3).unwrap());
        let halves = Halves::new(&memory).unwrap();
        assert!(halves.current().is_none() && halves.number() == 0 && halves.room() == 3);
        for (number, list) in (1..).zip([&[1, 2, 3][..], &[], &[4], &[5, 6, 7], &[8]]) {
            assert_eq!(halves.publish(list.iter().copied()), Ok(number));
            let view = halves.current().unwrap();
            assert_eq!((read(&view), view.number, view.is_whole()), (list.to_vec(), number, true));
        }
    }

    #[test]
    fn an_answer_is_of_one_list_however_often_that_is_overwritten() {
        let memory = memory(Halves::memory_for(1).unwrap());
        let halves = Halves::new(&memory).unwrap();
        assert_eq!(halves.ask(<[_]>::len), None, "there is no list yet");
        halves.publish([1].into_iter()).unwrap();
        for (overwritten, expected) in [(0, Some(1)), (LOOKS - 1, Some(5)), (LOOKS, None)] {
            let left = std::cell::Cell::new(overwritten);
            let answer = halves.ask(|words| {
                let found = words[0].load(Ordering::Relaxed);
                for _ in 0..2 * usize::from(left.get() > 0) {
                    halves.publish([halves.number() + 1].into_iter()).unwrap();
                }
                left.set(left.get().saturating_sub(1));
                found
            });
            assert_eq!(answer, expected, "overwritten {overwritten} times");
        }
    }

    #[test]
    fn a_list_that_does_not_fit_leaves_the_one_before_in_use() {
        let memory = memory(Halves::memory_for(2).unwrap());
        let halves = Halves::new(&memory).unwrap();
        halves.publish([1, 2].into_iter()).unwrap();
        assert_eq!(halves.publish([3, 4, 5].into_iter()), Err(TooLong { room: 2 }));
        let view = halves.current().unwrap();
        assert_eq!((read(&view), view.is_whole()), (vec![1, 2], true));
    }

    #[test]
    fn memory_without_room_for_a_word_is_of_no_use() {
        assert!((0..HEAD + 2).all(|words| Halves::new(&memory(words)).is_none()));
        assert_eq!(Halves::new(&memory(HEAD + 3)).unwrap().room(), 1);
        assert_eq!((Halves::memory_for(1), Halves::memory_for(usize::MAX)), (Some(HEAD + 2), None));
    }

    #[test]
    fn no_word_in_memory_makes_a_reader_fail() {
        for word in [1, 2, u64::MAX - 1, u64::MAX] {
            let memory: Vec<AtomicU64> = (0..HEAD + 8).map(|_| AtomicU64::new(word)).collect();
            let view = Halves::new(&memory).unwrap().current().unwrap();
            assert!(view.words.len() <= 4);
            let _ = view.is_whole();
        }
    }

    #[test]
    fn what_a_writer_that_died_has_begun_is_written_again() {
        let memory = memory(Halves::memory_for(2).unwrap());
        let halves = Halves::new(&memory).unwrap();
        halves.publish([1, 1].into_iter()).unwrap();
        let view = halves.current().unwrap();
        // dies after the first word of the next
        memory[0].store(2, Ordering::Relaxed);
        halves.half(2).0[0].store(9, Ordering::Relaxed);
        assert_eq!((read(&halves.current().unwrap()), view.is_whole()), (vec![1, 1], true));
        assert_eq!(halves.publish([2, 2].into_iter()), Ok(2));
        assert_eq!((read(&halves.current().unwrap()), view.is_whole()), (vec![2, 2], true));
    }

    /// Against a queue: whatever is published between the parts of reading, a reader is told rightly.
    #[test]
    fn a_reader_is_told_when_its_list_was_overwritten() {
        let mut seed = 1_u64;
        let mut random = move |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..if cfg!(miri) { 20 } else { 500 } {
            let memory = memory(Halves::memory_for(4).unwrap());
            let halves = Halves::new(&memory).unwrap();
            let mut views: VecDeque<(View<'_>, Vec<u64>)> = VecDeque::new();
            for number in 1..=random(8) + 1 {
                let list: Vec<u64> = (0..random(5)).map(|_| number * 100 + random(100)).collect();
                halves.publish(list.iter().copied()).unwrap();
                views.push_front((halves.current().unwrap(), list));
                for (age, (view, list)) in views.iter().enumerate() {
                    assert_eq!(view.is_whole(), age < 2);
                    assert!(age >= 2 || read(view) == *list);
                }
            }
        }
    }

    #[test]
    fn readers_beside_a_writer_believe_no_mixture() {
        let memory = memory(Halves::memory_for(16).unwrap());
        let halves = Halves::new(&memory).unwrap();
        let last = if cfg!(miri) { 60 } else { 5_000 };
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut newest = 0;
                    while newest < last {
                        let Some(view) = halves.current() else { continue };
                        let list = read(&view);
                        if view.is_whole() {
                            assert!(view.number >= newest);
                            newest = view.number;
                            assert_eq!(list.len() as u64, newest % 17);
                            assert!(list.iter().all(|&word| word == newest), "{newest}: {list:?}");
                        } else {
                            std::thread::yield_now();
                        }
                    }
                });
            }
            for number in 1..=last {
                halves.publish(std::iter::repeat_n(number, (number % 17) as usize)).unwrap();
            }
        });
    }
}

/// Every order in which a writer and a reader can read and write the words (`scripts/model`).
#[cfg(all(test, feature = "model"))]
mod model_tests {
    use super::*;
    use loom::sync::Arc;
    use loom::thread;

    #[test]
    fn no_order_makes_a_reader_believe_a_mixture() {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(|| {
            let memory: Arc<Vec<AtomicU64>> = Arc::new((0..HEAD + 4).map(|_| AtomicU64::new(0)).collect());
            let publish = |memory: &[AtomicU64], number: u64| {
                Halves::new(memory).unwrap().publish([number; 2].into_iter()).unwrap();
            };
            publish(&memory, 1);
            let writer = {
                let memory = memory.clone();
                thread::spawn(move || [2, 3].map(|number| publish(&memory, number)))
            };
            let view = Halves::new(&memory).unwrap().current().unwrap();
            let list: Vec<u64> = view.words.iter().map(|word| word.load(Ordering::Relaxed)).collect();
            if view.is_whole() {
                assert_eq!(list, [view.number; 2]);
            }
            writer.join().unwrap();
        });
    }
}
