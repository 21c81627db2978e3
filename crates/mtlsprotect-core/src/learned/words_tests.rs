use super::*;
use crate::decision::proven::Proven;
use crate::learned::Line;
use crate::learned::by_list::ProvenByList;
use crate::learned::state::tests::{NOW, learned, proof, text};
use proptest::prelude::*;

fn memory(words: Vec<u64>) -> Vec<AtomicU64> {
    words.into_iter().map(AtomicU64::new).collect()
}

fn root(number: u8) -> Fingerprint {
    Fingerprint::of(&[number, 0])
}

fn device(number: u64) -> Mac {
    Mac::from_bits(0x0004_f200_0000 + number)
}

#[test]
fn a_list_says_who_is_proven_by_which_roots_and_with_which_certificate() {
    let lines = [proof(3, 1, 3, 1), proof(1, 1, 1, 1), proof(1, 2, 2, 2), proof(2, 1, 1, 9), proof(0xff_ffff, 1, 1, 2)];
    let memory = memory(learned(&text(&lines)).to_words(&[root(1), root(2)]));
    let list = LearnedList(&memory);
    assert_eq!([1, 2, 3, 4, 0xff_ffff].map(|number| list.proven_by(device(number))), [0b11, 0, 0b01, 0, 0b10]);
    assert_eq!((list.len(), list.is_empty()), (3, false));
    let from = |number: u64| list.devices_from(device(number)).map(|mac| mac.bits() & 0xff_ffff).collect::<Vec<_>>();
    assert_eq!(
        [0, 1, 2, 4].map(from),
        [vec![1, 3, 0xff_ffff], vec![1, 3, 0xff_ffff], vec![3, 0xff_ffff], vec![0xff_ffff]]
    );
    assert!(from(0x100_0000).is_empty());
    assert_eq!(
        [0, 1, 2, 31, 32, u32::MAX].map(|number| list.root(number)),
        [Some(root(1)), Some(root(2)), None, None, None, None]
    );
    assert_eq!([1, 2, 3].map(|number| list.number_of(&root(number))), [Some(0), Some(1), None]);
    let lacks = |device_number: u64| [1, 2, 3].map(|number| list.lacks(device(device_number), &root(number)));
    assert_eq!([1, 2, 3].map(lacks), [[false, false, false], [true, true, false], [false, true, false]]);
    let leaf = |number: u8| Fingerprint::of(&[number]).words()[0];
    assert!(list.was_proven_with(device(1), 0, leaf(1)) && list.was_proven_with(device(1), 1, leaf(2)));
    assert!(!list.was_proven_with(device(1), 0, leaf(2)) && !list.was_proven_with(device(2), 0, leaf(1)));
}

#[test]
fn in_a_host_that_trusts_nobody_a_proof_by_any_root_counts() {
    let memory = memory(learned(&text(&[proof(1, 1, 1, 2)])).to_words(&[root(1), root(2)]));
    let leaf = |number: u8| Some(Fingerprint::of(&[number]).words()[0]);
    let proven = |leaf| ProvenByList { list: LearnedList(&memory), vendors: None, leaf };
    assert!(proven(None).is_proven(device(1)) && !proven(None).is_proven(device(2)));
    let with_this = |number, leaf| proven(leaf).was_proven_with_this(device(number));
    assert!(with_this(1, leaf(1)));
    assert!(!with_this(1, leaf(2)) && !with_this(2, leaf(1)) && !with_this(1, None));
}

#[test]
fn each_prefix_of_the_proven_is_told_once_and_in_order() {
    let devices = [0x0015_6500_0001, 0x0004_f200_0001, 0xffff_ffff_ffff, 0x0004_f2ff_ffff, 0x0004_f300_0000];
    let lines = devices.map(|mac| {
        let Line::Proof(line) = proof(1, 1, 1, 1) else { unreachable!() };
        Line::Proof(crate::learned::ProofLine { mac: Mac::from_bits(mac), ..line })
    });
    let memory = memory(learned(&text(&lines)).to_words(&[root(1)]));
    let prefixes: Vec<u32> = LearnedList(&memory).prefixes().map(|oui| oui.bits()).collect();
    assert_eq!(prefixes, [0x0004f2, 0x0004f3, 0x001565, 0xffffff]);
}

#[test]
fn nothing_is_an_empty_list() {
    for words in [vec![], vec![0], vec![0; 100], learned(b"").to_words(&[])] {
        let memory = memory(words);
        let list = LearnedList(&memory);
        assert!(
            list.is_empty()
                && list.prefixes().next().is_none()
                && list.devices_from(device(0)).next().is_none()
                && list.proven_by(device(1)) == 0
                && list.root(0).is_none()
        );
    }
}

#[test]
fn a_list_has_no_more_proofs_than_there_is_room_for() {
    for (roots, words) in [(0, 10), (1, 14), (2, 18), (2, 19)] {
        let header = [u64::MAX, u64::MAX, roots];
        let memory = memory(header.into_iter().chain(std::iter::repeat_n(1, words)).collect());
        assert_eq!(LearnedList(&memory).len(), 5, "{roots} {words}");
    }
}

#[test]
fn thirty_two_roots_are_told_apart_and_no_more() {
    let lines: Vec<Line<'_>> = (0..40).map(|number| proof(1, 1, 1, number)).collect();
    let roots: Vec<Fingerprint> = (0..40).map(root).collect();
    let memory = memory(learned(&text(&lines)).to_words(&roots));
    let list = LearnedList(&memory);
    assert_eq!((list.proven_by(device(1)), list.len()), (u32::MAX, 1));
    assert_eq!((list.root(31), list.root(32)), (Some(root(31)), None));
}

proptest! {
    #[test]
    fn whatever_the_words_hold_there_is_an_answer(
        mut words in proptest::collection::vec(any::<u64>(), 0..64),
        header in (any::<u64>(), any::<u64>(), any::<u64>(), any::<bool>()),
        mac in any::<u64>(),
    ) {
        let (proofs, devices, roots, is_small) = header;
        let bound = if is_small { 40 } else { u64::MAX };
        for (word, value) in words.iter_mut().zip([proofs % bound, devices % bound, roots % bound]) {
            *word = value;
        }
        let memory = memory(words);
        let list = LearnedList(&memory);
        let mac = Mac::from_bits(mac);
        let _ = (list.prefixes().count(), list.devices_from(mac).count(), list.proven_by(mac), list.len(), list.root(mac.bits() as u32), list.was_proven_with(mac, 3, 1));
    }

    #[test]
    fn words_that_were_changed_in_one_place_are_read(at in 0..40_usize, value: u64) {
        let lines = [proof(3, 1, 3, 1), proof(1, 1, 1, 1), proof(1, 2, 2, 2), proof(2, 1, 1, 9)];
        let mut words = learned(&text(&lines)).to_words(&[root(1), root(2)]);
        if let Some(word) = words.get_mut(at) {
            *word = value;
        }
        let memory = memory(words);
        for number in 0..5 {
            let list = LearnedList(&memory);
            let _ = (list.proven_by(device(number)), list.was_proven_with(device(number), 0, value), NOW);
        }
    }
}
