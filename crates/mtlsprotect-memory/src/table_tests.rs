use super::*;
use std::alloc::{Layout, alloc_zeroed};
use std::hash::RandomState;
use std::thread;

const NOW: u64 = 1_800_000_000;
const END: u64 = NOW + 365 * 86_400;
const DAY: u64 = 86_400;

/// Memory as fresh shared memory is.
fn table() -> Box<Table> {
    // SAFETY: atomics, for which zeros are a value.
    unsafe { Box::from_raw(alloc_zeroed(Layout::new::<Table>()).cast()) }
}

/// Numbers that look like digests, the same ones each time.
fn digest(number: u64) -> [u64; 4] {
    let mut state = number;
    std::array::from_fn(|_| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    })
}

fn key(number: u64) -> Key {
    Key { first: digest(u64::MAX / 2), second: digest(number << 8) }
}

/// Keys whose entries stand in the same two sets.
fn keys_of_two_sets() -> impl Iterator<Item = Key> {
    (0..).map(|number| {
        let mut key = key(number);
        key.second[0] = key.first[0] ^ (number + 1);
        key.second[1] = key.first[1] ^ !number;
        key
    })
}

/// What is kept under a key, so that any other answer is seen to be wrong.
fn value(key: &Key) -> [u64; 2] {
    [key.second[1], key.second[2]]
}

#[test]
fn an_answer_holds_for_both_digests_until_its_last_second() {
    let (table, secret, key) = (table(), RandomState::new(), key(1));
    assert_eq!(table.get(&secret, &key, NOW), None);
    table.keep(&secret, &key, [7, 8], END, NOW);
    assert_eq!(table.get(&secret, &key, END), Some(Found { value: [7, 8], until: END }));
    assert_eq!(table.get(&secret, &key, END + 1), None);
    assert_eq!(table.get(&RandomState::new(), &key, NOW), None, "another server's");
    let swapped = Key { first: key.second, second: key.first };
    assert_eq!(table.get(&secret, &swapped, NOW), None);
    let both_otherwise = Key { first: key.first.map(|word| word ^ 1), second: key.second.map(|word| word ^ 1) };
    assert_eq!(both_otherwise.both(), key.both());
    assert_eq!(table.get(&secret, &both_otherwise, NOW), None);
    table.keep(&secret, &key, [9, 9], u64::MAX, NOW);
    assert_eq!(
        table.get(&secret, &key, END + 1).map(|found| found.value),
        Some([9, 9]),
        "the new answer stands for the old one"
    );
}

#[test]
fn zeros_are_an_empty_table_of_less_than_four_megabytes() {
    let zeros = Key { first: [0; 4], second: [0; 4] };
    assert_eq!(table().get(&RandomState::new(), &zeros, 0), None);
    assert_eq!((size_of::<Slot>(), size_of::<Table>() < 4_000_000), (64, true));
}

/// Writes the words of one entry over those of another, as a writer does who is interrupted, or killed: each word of
/// the first that is chosen by a bit. What is read is one of the two or nothing.
#[test]
fn an_entry_that_is_half_written_is_no_answer() {
    let secret = RandomState::new();
    let one = key(1);
    let mut other = key(2);
    // the worst case: the same leaf for another trust, the same sets, the same first word
    other.second[0] = other.first[0] ^ one.both()[0];
    let entry = |key: &Key, value, until| {
        let table = table();
        table.keep(&secret, key, value, until, NOW);
        table.sets(&key.both())[0].0[0].load()
    };
    let (a, b, a_later) = (entry(&one, [1, 2], END), entry(&other, [3, 4], END + 5), entry(&one, [5, 6], END + 9));
    let words = |entry: &Entry| {
        [
            entry.key[0],
            entry.key[1],
            entry.key[2],
            entry.key[3],
            entry.value[0],
            entry.value[1],
            entry.times,
            entry.check,
        ]
    };
    let table = table();
    let slot = &table.sets(&one.both())[0].0[0];
    for (before, after) in [(&a, &b), (&b, &a), (&a, &a_later), (&a_later, &a)] {
        for mask in 0..256_u32 {
            let mixed: [u64; 8] =
                std::array::from_fn(
                    |word| {
                        if mask >> word & 1 == 0 { words(before)[word] } else { words(after)[word] }
                    },
                );
            slot.store(&Entry {
                key: [mixed[0], mixed[1], mixed[2], mixed[3]],
                value: [mixed[4], mixed[5]],
                times: mixed[6],
                check: mixed[7],
            });
            for (key, kept) in [(&one, [&a, &a_later]), (&other, [&b, &b])] {
                let whole = kept.into_iter().find(|entry| words(entry) == mixed);
                assert_eq!(
                    table.get(&secret, key, NOW).map(|found| found.value),
                    whole.map(|entry| entry.value),
                    "{mask:08b}"
                );
            }
        }
    }
    // and its place is taken by the next
    table.keep(&secret, &one, [7, 7], END, NOW);
    assert!(table.get(&secret, &one, NOW).is_some_and(|found| found.value == [7, 7]));
}

#[test]
fn whoever_writes_the_same_sets_at_once_no_answer_is_anothers() {
    let (table, secret) = (table(), RandomState::new());
    let keys: Vec<Key> = keys_of_two_sets().take(24).collect();
    let rounds = if cfg!(miri) { 10 } else { 2_000 };
    let seen: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let (table, secret, keys) = (&table, &secret, &keys);
                scope.spawn(move || {
                    let mut seen = 0;
                    for round in 0..rounds {
                        for (number, key) in keys.iter().enumerate() {
                            // time goes on, so that old entries give way
                            let now = NOW + (round * keys.len() + number) as u64 * DAY;
                            if (number + round + thread) % 3 == 0 {
                                table.keep(secret, key, value(key), u64::MAX, now);
                            } else if let Some(found) = table.get(secret, key, now) {
                                assert_eq!(found.value, value(key));
                                seen += 1;
                            }
                        }
                    }
                    seen
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert!(seen > 0, "nothing was ever found");
}

#[test]
fn full_sets_make_room_where_nobody_needs_it() {
    let (table, secret) = (table(), RandomState::new());
    let mut keys = keys_of_two_sets();
    let first: Vec<Key> = keys.by_ref().take(2 * WAYS).collect();
    for (number, key) in first.iter().enumerate() {
        let until = if number == 3 { NOW + 10 } else { END };
        table.keep(&secret, key, value(key), until, NOW);
    }
    assert!(first.iter().all(|key| table.get(&secret, key, NOW).is_some()));
    // one is past its time
    let late = keys.next().unwrap();
    table.keep(&secret, &late, value(&late), END, NOW + 11);
    assert!(table.get(&secret, &late, NOW + 11).is_some());
    // all but one have not been used for three days
    let used = first[5];
    assert!(table.get(&secret, &used, NOW + 2 * DAY).is_some());
    for key in keys.by_ref().take(2 * WAYS - 1) {
        table.keep(&secret, &key, value(&key), END, NOW + 3 * DAY);
        assert!(table.get(&secret, &key, NOW + 3 * DAY).is_some());
    }
    assert!(table.get(&secret, &used, NOW + 3 * DAY).is_some());
    assert!(first.iter().filter(|key| table.get(&secret, key, NOW + 3 * DAY).is_some()).count() == 1);
}

/// The part of those that were found there when so many phones come in turn, in the last of some rounds.
fn found_in_turn(fleet: u64, rounds: u64) -> f64 {
    let (table, secret) = (table(), RandomState::new());
    let mut found = 0;
    for round in 0..rounds {
        found = 0;
        for number in 0..fleet {
            // a hundred phones a second
            let now = NOW + (round * fleet + number) / 100;
            let key = key(number);
            match table.get(&secret, &key, now) {
                Some(_) => found += 1,
                None => table.keep(&secret, &key, value(&key), END, now),
            }
        }
    }
    found as f64 / fleet as f64
}

#[test]
#[cfg_attr(miri, ignore = "takes hours there")]
fn a_fleet_that_comes_in_turn_is_known_as_far_as_there_is_room() {
    assert!(found_in_turn(17_000, 2) > 0.99);
    assert!(found_in_turn(50_000, 3) > 0.97);
    let capacity = (SETS * WAYS) as f64;
    assert!(found_in_turn(1_000_000, 2) > 0.8 * capacity / 1_000_000.0);
}
