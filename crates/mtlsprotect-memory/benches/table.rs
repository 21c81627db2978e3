//! The table of trusted certificates: how many phones of a fleet it knows, and what a look-up takes on one processor and
//! on two at once.
//!
//!     cargo bench --package mtlsprotect-memory --bench table

use mtlsprotect_memory::{Found, Key, Table};
use std::alloc::{Layout, alloc_zeroed};
use std::collections::HashMap;
use std::hash::RandomState;
use std::hint::{black_box, spin_loop};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

const NOW: u64 = 1_800_000_000;
const END: u64 = NOW + 365 * 86_400;

/// Look-ups of each thread in one round, and rounds, of which the fastest counts: others may be at work on the machine.
const LOOKUPS: u32 = 20_000;
const ROUNDS: usize = 1_000;
/// Phones that are looked up in turn.
const PHONES: usize = 1_000;

fn main() {
    println!("part of the phones that are known, of {} KiB", size_of::<Table>() / 1024);
    for (fleet, rounds) in [(17_000, 6), (50_000, 6), (200_000, 6), (1_000_000, 4)] {
        println!("{:<48} {:>8.3}", format!("{fleet} in turn, round {rounds}"), known_in_turn(fleet, rounds));
    }
    println!("\n{:<48} {:>8} {:>8}", "nanoseconds of a look-up", "1 thread", "2 threads");
    times();
}

/// Memory as fresh shared memory is.
fn table() -> Box<Table> {
    // SAFETY: atomics, for which zeros are a value.
    unsafe { Box::from_raw(alloc_zeroed(Layout::new::<Table>()).cast()) }
}

/// Numbers that look like digests.
fn key(number: u64) -> Key {
    let mut state = number << 8;
    let second = std::array::from_fn(|_| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    });
    Key { first: [7; 4], second }
}

/// The part of a fleet whose phones come in turn, as after a power cut, that is known in the last of some rounds.
fn known_in_turn(fleet: u64, rounds: u64) -> f64 {
    let (table, secret) = (table(), RandomState::new());
    let mut known = 0;
    for round in 0..rounds {
        known = 0;
        for number in 0..fleet {
            // a hundred phones a second
            let now = NOW + (round * fleet + number) / 100;
            match table.get(&secret, &key(number), now) {
                Some(_) => known += 1,
                None => table.keep(&secret, &key(number), [number; 2], END, now),
            }
        }
    }
    known as f64 / fleet as f64
}

fn times() {
    let (table, secret) = (table(), RandomState::new());
    let keys: Vec<Key> = (0..PHONES as u64).map(key).collect();
    let mut locked = HashMap::new();
    for key in &keys {
        table.keep(&secret, key, [1; 2], END, NOW);
        locked.insert((key.first, key.second), Found { value: [1; 2], until: END });
    }
    let locked = Mutex::new(locked);
    let written = AtomicU64::new(0);
    let look_up = |number: usize| table.get(&secret, &keys[number % PHONES], NOW);
    row("the table, which is only read", &|number| look_up(number));
    row("the table, and a line that each look-up writes", &|number| {
        written.fetch_add(1, Relaxed);
        look_up(number)
    });
    row("a map behind a lock", &|number| {
        let key = &keys[number % PHONES];
        locked.lock().unwrap_or_else(PoisonError::into_inner).get(&(key.first, key.second)).copied()
    });
}

fn row(name: &str, look_up: &(dyn Fn(usize) -> Option<Found> + Sync)) {
    let [one, two] = [1, 2].map(|threads| {
        let fastest = (0..ROUNDS).map(|_| round(threads, look_up)).min().unwrap_or_default();
        fastest.as_nanos() as f64 / f64::from(LOOKUPS)
    });
    println!("{name:<48} {one:>8.1} {two:>8.1}");
}

/// The time from the beginning of the first of some threads to the end of the last.
fn round(threads: usize, look_up: &(dyn Fn(usize) -> Option<Found> + Sync)) -> Duration {
    let ready = AtomicUsize::new(0);
    let work = || {
        ready.fetch_add(1, Relaxed);
        // A thread that sleeps would begin later than the other.
        while ready.load(Relaxed) < threads {
            spin_loop();
        }
        let start = Instant::now();
        for number in 0..LOOKUPS as usize {
            assert!(black_box(look_up(number)).is_some(), "a known phone");
        }
        (start, Instant::now())
    };
    let times: Vec<(Instant, Instant)> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    let (first, last) = (times.iter().map(|time| time.0).min(), times.iter().map(|time| time.1).max());
    first.zip(last).map_or(Duration::MAX, |(first, last)| last - first)
}
