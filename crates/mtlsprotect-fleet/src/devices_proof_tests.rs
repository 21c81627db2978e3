//! When a proof is not written, or not written down.

use super::*;

#[test]
fn a_process_of_before_a_restart_adds_no_proof() {
    let table = Table::new(96, 32);
    let before = table.devices();
    assert_eq!(before.prove(&proof(mac(1), NOW)), Proven::New);
    table.counters[2].fetch_add(1, Relaxed);
    let after = table.devices();
    // what the restart takes away stays so
    assert!(after.take_proofs(mac(1), u32::MAX));
    let shown = proof(mac(1), NOW + 1);
    assert_eq!(show(&before, &shown, None), (Proven::Outdated, false));
    assert_eq!((after.proven_by(mac(1)), after.get(mac(1)).unwrap().served), (0, 1), "the request is counted");
    assert_eq!(before.prove(&proof(mac(2), NOW)), Proven::Outdated);
    assert_eq!(after.get(mac(2)), None);
    // what others have proven since is known to it
    assert_eq!(after.prove(&shown), Proven::New);
    assert_eq!(before.prove(&proof(mac(1), NOW + 2)), Proven::Known);
}

#[test]
fn a_proof_that_could_not_be_written_down_is_tried_again_twice_a_minute() {
    let table = Table::new(96, 32);
    let devices = table.devices();
    let at = |seconds: u32| proof(mac(1), NOW + seconds);
    assert_eq!(devices.prove(&at(0)), Proven::New);
    devices.unwritten(mac(1), NOW);
    devices.note(&Request { is_listed: true, ..request(mac(1), NOW) });
    let tried: Vec<u32> = (0..90).filter(|&second| devices.prove(&at(second)) == Proven::Unwritten).collect();
    assert_eq!(tried, [30, 60]);
    assert_eq!(devices.prove(&at(90)), Proven::Unwritten);
    assert!(!devices.take_proofs(mac(1), u32::MAX), "it is all there is of it");
    devices.written(mac(1));
    assert!((0..300).all(|second| devices.prove(&at(second)) == Proven::Known));
    assert_eq!((devices.proven_by(mac(1)), devices.proven_by(mac(2))), (1 << 3, 0));
    // of one that is not there nothing is said
    devices.unwritten(mac(2), NOW);
    devices.written(mac(2));
    assert_eq!(devices.get(mac(2)), None);
}

#[test]
fn a_proof_that_lacks_its_line_is_told_at_once_and_left_where_it_is() {
    let table = Table::new(96, 32);
    let devices = table.devices();
    assert!((1..4).all(|number| devices.prove(&proof(mac(number), NOW)) == Proven::New));
    devices.note(&Request { is_listed: true, ..request(mac(4), NOW) });
    let proven = |devices: &Devices<'_>| {
        // in parts, as the parent asks
        let parts = (0..devices.room()).step_by(5).flat_map(|first| devices.proven_among(first, 5));
        parts.collect::<BTreeSet<u64>>()
    };
    assert_eq!(proven(&devices), (1..4).map(mac).collect());
    (1..6).for_each(|number| devices.lacks_line(mac(number), NOW));
    assert_eq!(proven(&devices), BTreeSet::new(), "they are told already");
    let came = |number| devices.prove(&proof(mac(number), NOW));
    assert_eq!(
        (came(1), came(1), came(2), devices.proven_by(mac(1))),
        (Proven::Unwritten, Proven::Known, Proven::Unwritten, 1 << 3)
    );
    assert_eq!((devices.get(mac(5)), devices.prove(&proof(mac(4), NOW))), (None, Proven::New), "which had none");
    devices.written(mac(1));
    assert_eq!(proven(&devices), BTreeSet::from([mac(1), mac(4)]));
}
