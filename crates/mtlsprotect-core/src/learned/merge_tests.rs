use super::*;
use crate::learned::state::tests::{forget, learned, proof, text};
use proptest::prelude::*;

/// The lines that are appended to `own`.
fn appended<'a>(own: &[Line<'a>], others: &[Line<'a>]) -> Vec<Line<'a>> {
    let mut lacking = lacking(&mut learned(&text(own)), &mut learned(&text(others)));
    let lines: Vec<Line<'_>> = others.iter().copied().filter(|line| lacking.take(line)).collect();
    assert!(lacking.is_empty(), "{lacking:?} is in no line of {others:?}");
    lines
}

#[test]
fn what_a_file_lacks_is_what_would_change_it() {
    let (old, new) = (proof(1, 50, 1, 1), proof(1, 10, 1, 1));
    for (own, others, expected) in [
        (vec![], vec![old, new], vec![new]),
        (vec![old], vec![new], vec![]),
        (vec![new], vec![old], vec![]),
        (vec![old], vec![proof(1, 10, 2, 1)], vec![proof(1, 10, 2, 1)]),
        (vec![new], vec![proof(1, 50, 2, 1)], vec![]),
        (vec![old], vec![proof(1, 50, 1, 2)], vec![proof(1, 50, 1, 2)]),
        (vec![old], vec![forget(1, 30)], vec![forget(1, 30)]),
        (vec![old], vec![proof(1, 50, 2, 1)], vec![]),
        (vec![forget(1, 30)], vec![forget(1, 30)], vec![]),
        (vec![forget(1, 30)], vec![proof(1, 30, 1, 1)], vec![]),
        (vec![forget(1, 30)], vec![old], vec![]),
        (vec![forget(1, 30)], vec![new, forget(1, 40)], vec![new]),
        (vec![old], vec![new, forget(1, 30)], vec![new, forget(1, 30)]),
        (vec![new], vec![old, forget(1, 30)], vec![forget(1, 30)]),
        (vec![], vec![old, forget(1, 30)], vec![forget(1, 30)]),
        (vec![], vec![old, old, old], vec![old]),
    ] {
        assert_eq!(appended(&own, &others), expected, "{own:?} {others:?}");
        let lacking = lacking(&mut learned(&text(&own)), &mut learned(&text(&others)));
        assert_eq!(lacking.is_empty(), expected.is_empty(), "{own:?} {others:?}");
    }
}

fn lines() -> impl Strategy<Value = Vec<Line<'static>>> {
    let one = (0..3_u64, 0..6_i64, 0..3_u8, 0..2_u8, 0..4_u8);
    let one = one.prop_map(|(device, before, leaf, root, kind)| match kind {
        0 => forget(device, before),
        _ => proof(device, before, leaf, root),
    });
    proptest::collection::vec(one, 0..16)
}

/// Who is proven, by which root.
fn proven(lines: &[Line<'_>]) -> Vec<(Mac, Fingerprint)> {
    let mut proven: Vec<_> = learned(&text(lines)).proofs().map(|proof| (proof.mac, *proof.root)).collect();
    proven.sort();
    proven
}

proptest! {
    #[test]
    fn servers_that_merge_agree_whoever_does_it_first_and_then_append_nothing(one in lines(), other in lines()) {
        let union = proven(&[one.clone(), other.clone()].concat());
        let mut own = one.clone();
        own.extend(appended(&one, &other));
        prop_assert_eq!(proven(&own), union.clone());
        let mut theirs = other.clone();
        theirs.extend(appended(&other, &own));
        prop_assert_eq!(proven(&theirs), union);
        prop_assert_eq!(appended(&theirs, &own), vec![]);
        prop_assert_eq!(appended(&own, &theirs), vec![]);
    }
}
