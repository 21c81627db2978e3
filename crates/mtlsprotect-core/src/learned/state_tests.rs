use super::*;
use crate::learned::LearnedList;
use proptest::prelude::*;
use std::sync::atomic::AtomicU64;

pub const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);

/// A device's proof by a root and with a certificate of a number, so many seconds before `NOW`.
pub fn proof(device: u64, before: i64, leaf: u8, root: u8) -> Line<'static> {
    let (mac, time) = (Mac::from_bits(0x0004_f200_0000 + device), NOW - before);
    let (leaf, root) = (Fingerprint::of(&[leaf]), Fingerprint::of(&[root, 0]));
    Line::Proof(ProofLine { mac, time, vendor: b"poly", leaf, root })
}

pub fn forget(device: u64, before: i64) -> Line<'static> {
    Line::Forget { mac: Mac::from_bits(0x0004_f200_0000 + device), time: NOW - before }
}

pub fn text(lines: &[Line<'_>]) -> Vec<u8> {
    lines.iter().flat_map(|line| crate::learned::written([*line])).collect()
}

pub fn learned(text: &[u8]) -> Learned {
    let mut learned = Learned::default();
    learned.read(text, NOW);
    learned
}

/// All that counts, in an order of its own.
fn all(learned: &mut Learned) -> Vec<(Mac, Fingerprint, UnixTime, u64)> {
    let mut all: Vec<_> = learned.proofs().map(|proof| (proof.mac, *proof.root, proof.time, proof.leaf)).collect();
    all.sort();
    all
}

fn devices(learned: &mut Learned) -> Vec<u64> {
    learned.proofs().map(|proof| proof.mac.bits() & 0xff_ffff).collect()
}

#[test]
fn a_device_is_proven_until_it_is_forgotten_and_again_when_it_proves_itself_later() {
    for (lines, proven) in [
        (vec![proof(1, 100, 1, 1)], vec![1]),
        (vec![proof(1, 100, 1, 1), forget(1, 50)], vec![]),
        (vec![forget(1, 50), proof(1, 100, 1, 1)], vec![]),
        (vec![proof(1, 50, 1, 1), forget(1, 50)], vec![]),
        (vec![proof(1, 49, 1, 1), forget(1, 50)], vec![1]),
        (vec![forget(1, 50), proof(1, 100, 1, 1), proof(1, 20, 2, 1), forget(1, 70)], vec![1]),
        (vec![proof(1, 100, 1, 1), proof(1, 20, 1, 2), forget(1, 50), proof(2, 90, 1, 1)], vec![1, 2]),
        (vec![forget(3, 50)], vec![]),
    ] {
        assert_eq!(devices(&mut learned(&text(&lines))), proven, "{lines:?}");
    }
}

#[test]
fn of_several_proofs_the_latest_is_kept() {
    let mut learned = learned(&text(&[proof(1, 10, 1, 1), proof(1, 5, 2, 1), proof(1, 20, 3, 1), proof(1, 30, 4, 2)]));
    let [two, four] = [2_u8, 4].map(|leaf| Fingerprint::of(&[leaf]).words()[0]);
    let mut found: Vec<_> = learned.proofs().map(|proof| (NOW - proof.time, proof.leaf)).collect();
    found.sort_unstable();
    assert_eq!(found, [(5, two), (30, four)]);
    let mac = Mac::from_bits(0x0004_f200_0001);
    assert_eq!((learned.last_proof(mac), learned.proofs_of(mac).count()), (Some(NOW - 5), 2));
}

#[test]
fn a_clock_that_goes_wrong_shuts_nobody_out() {
    let day = DAY;
    let mut learned =
        learned(&text(&[proof(1, 10, 1, 1), forget(1, -day - 1), proof(2, -day - 1, 1, 1), proof(3, -day, 1, 1)]));
    assert_eq!(devices(&mut learned), [1, 3]);
    let bad = learned.bad_lines();
    assert_eq!((bad.count(), bad.first()[0].number, bad.first()[0].why), (2, 4, "its time is more than a day ahead"));
}

#[test]
fn a_line_has_4096_bytes_at_most_in_however_many_pieces_it_comes() {
    let of_length = |length: usize| {
        let mut line = text(&[proof(1, 10, 1, 1)]).trim_ascii().to_vec();
        line.resize(length, b' ');
        line.push(b'\n');
        line
    };
    for (length, proven) in [(4096, vec![1]), (4097, vec![]), (4098, vec![])] {
        for size in [1, 1000, 5000] {
            let mut learned = Learned::default();
            of_length(length).chunks(size).for_each(|piece| learned.read(piece, NOW));
            let bad = learned.bad_lines().count();
            assert_eq!((devices(&mut learned), bad == 0), (proven.clone(), length == 4096), "{length} {size}");
        }
    }
}

#[test]
fn bad_lines_are_counted_and_the_first_few_named() {
    let mut file = text(&[proof(1, 10, 1, 1)]);
    file.extend(b"0004f2bbbbbb 2026-11-25T20:59:57Z poly ab");
    file.extend(text(&[proof(2, 10, 1, 1)]));
    file.extend([0; 3000]);
    file.extend(b"\n");
    file.extend(vec![b'x'; 9000]);
    file.extend(b"\n");
    for _ in 0..7 {
        file.extend(b"nothing\x1b[31m\n");
    }
    file.extend(b"0004f2cccccc");
    let mut learned = learned(&file);
    assert_eq!(devices(&mut learned), [1, 2]);
    let bad = learned.bad_lines();
    assert_eq!(bad.count(), 10);
    assert_eq!(bad.first().iter().map(|bad| bad.number).collect::<Vec<_>>(), [3, 5, 6, 7, 8]);
    assert_eq!(bad.first()[0].why, "the certificate's SHA-256 is not whole");
    assert_eq!(bad.first()[2].why, "it is too long");
    assert_eq!(bad.first()[3].text, "nothing%1B[31m");
    let told = bad.told();
    assert!(told.starts_with("line 3: the certificate's SHA-256 is not whole (\"0004f2bbbbbb "), "{told}");
    assert!(told.ends_with("of 12 hex digits (\"nothing%1B[31m\"), and more"), "{told}");
    assert!(learned.is_unfinished() && learned.lines() == 13);
    let one = self::learned(b"nothing\n").take_bad_lines().told();
    assert_eq!(one, "line 1: it does not begin with a MAC of 12 hex digits (\"nothing\")");
    let exact = self::learned(&b"nothing to see\n".repeat(5));
    assert!(!exact.is_unfinished() && exact.bad_lines().told().ends_with(')'), "{}", exact.bad_lines().told());
}

#[test]
fn more_proofs_than_are_kept_unsorted_are_the_same() {
    let devices = 3 * UNSORTED as u64 / 2;
    let mut learned = Learned::default();
    for round in 0..3 {
        for device in 0..devices {
            let device = device * 7919 % devices;
            learned.take(&proof(device, 10 - round, 1, 1));
        }
    }
    assert!(learned.proofs().is_sorted_by_key(|proof| proof.mac));
    assert_eq!(learned.proofs().filter(|proof| proof.time == NOW - 8).count() as u64, devices);
    assert_eq!(learned.proofs().count() as u64, devices);
}

fn lines() -> impl Strategy<Value = Vec<Line<'static>>> {
    let one = (0..4_u64, 0..6_i64, 0..3_u8, 0..3_u8, 0..4_u8);
    let one = one.prop_map(|(device, before, leaf, root, kind)| match kind {
        0 => forget(device, before),
        _ => proof(device, before, leaf, root),
    });
    proptest::collection::vec(one, 0..24)
}

/// What lines mean, said in the slowest way.
fn meaning(lines: &[Line<'_>]) -> Vec<(Mac, Fingerprint, UnixTime, u64)> {
    let mut all = Vec::new();
    for line in lines {
        let Line::Proof(proof) = line else { continue };
        let is_forgotten =
            |other: &Line<'_>| matches!(other, Line::Forget { mac, time } if *mac == proof.mac && *time >= proof.time);
        let is_later = |other: &Line<'_>| {
            matches!(other, Line::Proof(other) if (other.mac, other.root) == (proof.mac, proof.root)
                && (other.time, other.leaf) > (proof.time, proof.leaf))
        };
        if !lines.iter().any(|line| is_forgotten(line) || is_later(line)) {
            all.push((proof.mac, proof.root, proof.time, proof.leaf.words()[0]));
        }
    }
    all.sort();
    all.dedup();
    all
}

proptest! {
    #[test]
    fn neither_order_nor_repetition_nor_how_it_is_read_changes_what_a_file_says(
        lines in lines(),
        order in proptest::collection::vec(any::<usize>(), 48),
        cuts in proptest::collection::vec(1..400_usize, 1..40),
    ) {
        let once = text(&lines);
        let mut straight = learned(&once);
        prop_assert_eq!(all(&mut straight), meaning(&lines));
        // in another order, some of it twice
        let mut shuffled = lines.clone();
        for (index, &by) in order.iter().enumerate().take(shuffled.len()) {
            let other = by % shuffled.len();
            shuffled.swap(index, other);
        }
        for &by in order.iter().take(if lines.is_empty() { 0 } else { 8 }) {
            let line = lines[by % lines.len()];
            shuffled.insert(by % (shuffled.len() + 1), line);
        }
        let mut other = Learned::default();
        let file = text(&shuffled);
        let (mut rest, mut cut) = (&file[..], cuts.iter().cycle());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at((*cut.next().unwrap()).min(rest.len()));
            other.read(piece, NOW);
            rest = after;
            if cuts[0] % 2 == 0 {
                other.sort();
            }
        }
        prop_assert_eq!(all(&mut other), all(&mut straight));
        let roots = [Fingerprint::of(&[2, 0]), Fingerprint::of(&[1, 0])];
        let words = other.to_words(&roots);
        prop_assert_eq!(&words, &straight.to_words(&roots));
        // and the list in memory says the same
        let memory: Vec<AtomicU64> = words.into_iter().map(AtomicU64::new).collect();
        let list = LearnedList(&memory);
        for device in 0..5 {
            let mac = Mac::from_bits(0x0004_f200_0000 + device);
            let mut bits = 0;
            for (found, root, _, leaf) in meaning(&lines) {
                if let Some(number) = roots.iter().position(|known| *known == root && found == mac) {
                    bits |= 1 << number;
                    prop_assert!(list.was_proven_with(mac, number as u32, leaf));
                    prop_assert!(!list.was_proven_with(mac, number as u32, leaf ^ 1));
                }
            }
            prop_assert_eq!(list.proven_by(mac), bits);
        }
    }

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let mut learned = Learned::default();
        learned.read(&bytes, NOW);
        let _ = learned.to_words(&[]);
    }
}
