use super::*;
use crate::cell::Verdict;
use crate::test_memory::words;
use proptest::prelude::*;

fn refusal(time: u32) -> Refusal {
    Refusal { time, host: 7, reason: 14, verdict: Verdict::Deny, is_by_itself: true }
}

/// A refusal whose parts all follow from one number, so that a mixture is seen.
fn entry(number: u32) -> Entry<'static> {
    let text = |length: u32| number.to_be_bytes().repeat(length as usize / 4);
    Entry {
        refusal: refusal(number),
        named: u64::from(number) << 8,
        sender: u64::from(number) << 9,
        address: IpAddr::from(number.to_be_bytes()),
        via: (number % 2 == 0).then(|| IpAddr::from(number.to_le_bytes())),
        vendor: number as u16,
        uri: text(4 * (1 + number % 32)).into(),
        agent: text(4 * (number % 16)).into(),
    }
}

#[test]
fn the_last_refusals_are_there_newest_first() {
    let (next, memory) = (AtomicU64::new(0), words(4 * WORDS));
    let ring = Ring { next: &next, entries: &memory };
    assert_eq!(ring.last().count(), 0);
    for number in 1..=3 {
        ring.push(&entry(number));
    }
    assert_eq!(ring.last().collect::<Vec<_>>(), [3, 2, 1].map(entry));
    for number in 4..=10 {
        ring.push(&entry(number));
    }
    assert_eq!(ring.last().collect::<Vec<_>>(), [10, 9, 8, 7].map(entry));
    assert_eq!(ring.count(), 10);
}

#[test]
fn a_long_request_is_cut() {
    let (next, memory) = (AtomicU64::new(0), words(WORDS));
    let ring = Ring { next: &next, entries: &memory };
    let address = "2001:db8::1".parse().unwrap();
    let via = Some("2001:db8::2".parse().unwrap());
    ring.push(&Entry { uri: vec![b'u'; 9_000].into(), agent: vec![b'\0'; 9_000].into(), address, via, ..entry(1) });
    let kept = ring.last().next().unwrap();
    assert_eq!((kept.uri.len(), kept.agent.len()), (Ring::LONGEST_URI, Ring::LONGEST_AGENT));
    assert_eq!((kept.address, kept.via, kept.refusal), (address, via, refusal(1)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    /// Words of two refusals that were written to the same place: what is read is one of them or nothing.
    #[test]
    #[cfg_attr(miri, ignore = "proptest asks for its folder, which Miri has not")]
    fn an_entry_of_two_refusals_is_skipped(one in 1..1_000_u32, other in 1..1_000_u32, mask in any::<u64>()) {
        let (first, second) = (entry(one).words(0), entry(other).words(256));
        let mixed: [u64; WORDS] =
            std::array::from_fn(|word| if mask >> word & 1 == 0 { first[word] } else { second[word] });
        let whole = |words: &[u64; WORDS], number, which| (mixed == *words).then(|| (number, entry(which)));
        let expected = whole(&first, 0, one).or(whole(&second, 256, other));
        for number in [0, 256] {
            let seen = Entry::of(&mixed, number);
            prop_assert_eq!(seen, expected.clone().filter(|&(of, _)| of == number).map(|(_, entry)| entry));
        }
    }
}

#[test]
fn whoever_writes_at_once_no_refusal_is_of_two() {
    let (next, memory) = (AtomicU64::new(0), words(2 * WORDS));
    let ring = Ring { next: &next, entries: &memory };
    let rounds = if cfg!(miri) { 20 } else { 20_000 };
    std::thread::scope(|scope| {
        for writer in 0..3 {
            scope.spawn(move || (1..rounds).for_each(|round| ring.push(&entry(round * 3 + writer))));
        }
        while ring.count() < u64::from(rounds - 1) * 3 {
            assert!(ring.last().all(|read| read == entry(read.refusal.time)));
        }
    });
    // whatever they left, what is written now is there
    (1..=2).for_each(|number| ring.push(&entry(number)));
    assert_eq!(ring.last().collect::<Vec<_>>(), [2, 1].map(entry));
}
