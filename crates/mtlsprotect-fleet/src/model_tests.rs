//! Every order in which a few threads can read and write the words, as far as the memory model allows (`scripts/model`).
//! What a thread that is killed leaves is what others see of one that is stopped: both are among these orders.

use crate::atomic::{AtomicU64, Relaxed};
use crate::cell::{Cell, Verdict};
use crate::counts::Counts;
use crate::devices::{Devices, Request};
use crate::history::History;
use crate::names::Root;
use crate::proofs::{Proof, Proven};
use crate::record::{self, Certificate, Refusal};
use crate::ring::{self, Entry, Ring};
use crate::test_memory::words;
use loom::sync::Arc;
use loom::thread;
use std::net::{IpAddr, Ipv4Addr};

const NOW: u32 = 1_800_000_000;

/// Runs a test in every order with at most three changes of thread that none of them asked for.
fn in_every_order(test: impl Fn() + Sync + Send + 'static) {
    in_orders(3, test);
}

/// Runs a test in every order with at most so many such changes.
fn in_orders(changes: usize, test: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(changes);
    model.max_branches = 20_000;
    model.check(test);
}

/// A table of 4 kept devices and one set of others.
struct Table {
    kept: Vec<AtomicU64>,
    others: Vec<AtomicU64>,
    used: AtomicU64,
    lost: AtomicU64,
    gave_way: AtomicU64,
    generation: AtomicU64,
}

impl Table {
    fn new() -> Arc<Self> {
        let others = words(crate::devices::WAYS * record::WORDS);
        let [used, lost, gave_way, generation] = [0; 4].map(AtomicU64::new);
        Arc::new(Table { kept: words(4 * record::WORDS), others, used, lost, gave_way, generation })
    }

    fn devices(&self) -> Devices<'_> {
        let Table { kept, others, used, lost, gave_way, generation } = self;
        Devices { kept, others, used, lost, gave_way, generation, own_generation: generation.load(Relaxed) }
    }
}

fn request(mac: u64, now: u32) -> Request {
    Request { mac, now, is_listed: false, is_existing_file: true, is_by_password: false, refusal: None }
}

fn proof(mac: u64, now: u32) -> Proof {
    let certificate = Certificate { leaf: mac, end: NOW, vendor: 1, host: 2 };
    Proof { mac, now, root: Root(0), certificate }
}

#[test]
fn of_two_that_prove_a_device_one_says_so() {
    in_every_order(|| {
        let table = Table::new();
        let other = {
            let table = table.clone();
            thread::spawn(move || table.devices().prove(&proof(1, NOW)))
        };
        let own = table.devices().prove(&proof(1, NOW));
        let other = other.join().unwrap();
        assert!([(Proven::New, Proven::Known), (Proven::Known, Proven::New)].contains(&(own, other)));
        assert_eq!((table.devices().kept(), table.devices().all().count()), (1, 1));
    });
}

#[test]
fn of_two_that_come_while_a_proof_is_unwritten_one_tries_again() {
    in_every_order(|| {
        let table = Table::new();
        table.devices().prove(&proof(1, NOW));
        table.devices().unwritten(1, NOW);
        let other = {
            let table = table.clone();
            thread::spawn(move || table.devices().prove(&proof(1, NOW + 30)))
        };
        let own = table.devices().prove(&proof(1, NOW + 30));
        let both = (own, other.join().unwrap());
        assert!([(Proven::Unwritten, Proven::Known), (Proven::Known, Proven::Unwritten)].contains(&both), "{both:?}");
        table.devices().written(1);
        assert_eq!(table.devices().prove(&proof(1, NOW + 60)), Proven::Known);
    });
}

#[test]
fn two_devices_that_want_one_place_both_get_one() {
    in_every_order(|| {
        let table = Table::new();
        let other = {
            let table = table.clone();
            thread::spawn(move || table.devices().prove(&proof(1, NOW)))
        };
        assert_eq!((table.devices().prove(&proof(2, NOW)), other.join().unwrap()), (Proven::New, Proven::New));
        let devices = table.devices();
        for mac in [1, 2] {
            assert!(devices.was_proven_with(mac, mac));
        }
        assert_eq!(devices.all().count(), 2);
    });
}

#[test]
fn a_proof_that_is_later_than_a_forget_holds_whichever_comes_first() {
    in_every_order(|| {
        let table = Table::new();
        table.devices().prove(&proof(1, NOW));
        let other = {
            let table = table.clone();
            thread::spawn(move || table.devices().forget(1, NOW + 1))
        };
        let again = table.devices().prove(&proof(1, NOW + 2));
        assert!(other.join().unwrap(), "there was a proof to forget");
        match again {
            // before it was forgotten nothing was new, and nothing was written to the file
            Proven::Known => assert_eq!(table.devices().proven_by(1), 0),
            Proven::New => assert_eq!(table.devices().proven_by(1), 1),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_proof_that_is_taken_away_beside_another_leaves_the_other() {
    in_every_order(|| {
        let table = Table::new();
        table.devices().prove(&proof(1, NOW));
        let other = {
            let table = table.clone();
            thread::spawn(move || table.devices().take_proofs(1, Root(0).bit()))
        };
        let again = table.devices().prove(&Proof { root: Root(1), ..proof(1, NOW + 2) });
        assert!(other.join().unwrap() && again == Proven::New);
        assert_eq!(table.devices().proven_by(1), Root(1).bit());
        assert_eq!(table.devices().prove(&proof(1, NOW)), Proven::New);
    });
}

#[test]
fn a_proof_that_an_old_child_adds_after_a_restart_gets_its_line_when_the_device_comes_again() {
    for was_proven in [false, true] {
        in_every_order(move || {
            let table = Table::new();
            if was_proven {
                table.devices().prove(&Proof { root: Root(1), ..proof(1, NOW) });
            }
            let old = {
                let table = table.clone();
                let own_generation = table.devices().own_generation;
                thread::spawn(move || Devices { own_generation, ..table.devices() }.prove(&proof(1, NOW)))
            };
            // the file that counts from now on has no line of the device
            let mut devices = table.devices();
            devices.next_generation();
            let proven: Vec<_> = devices.all().map(|device| (device.mac, device.roots)).collect();
            proven.into_iter().for_each(|(mac, roots)| {
                devices.take_proofs(mac, roots);
            });
            old.join().unwrap();
            // whatever came of that: nobody takes it for written
            let again = devices.prove(&proof(1, NOW + 60));
            assert!([Proven::New, Proven::Unwritten].contains(&again), "{again:?}");
            assert_eq!(devices.proven_by(1) & Root(0).bit(), Root(0).bit());
        });
    }
}

#[test]
fn a_device_that_replaces_another_has_nothing_of_it() {
    in_every_order(|| {
        let table = Table::new();
        // both places of the set are taken, long ago, by devices that were refused once
        let old = Refusal { time: 1, host: 9, reason: 9, verdict: Verdict::WouldDeny, is_by_itself: false };
        for mac in [1, 2] {
            table.devices().note(&Request { refusal: Some(old), ..request(mac, 1) });
        }
        let other = {
            let table = table.clone();
            thread::spawn(move || table.devices().note(&request(3, NOW)))
        };
        let seen = table.devices().all().collect::<Vec<_>>();
        let _ = other.join();
        for device in seen.into_iter().chain(table.devices().all()) {
            let is_old = device.mac < 3;
            // a reader may see an old device half cleared, and never a new one with what the old one had
            assert!(is_old || device.refusal.is_none() && device.served < 2, "{device:?}");
        }
    });
}

#[test]
fn a_proof_never_reaches_the_device_that_replaces_another() {
    in_every_order(|| {
        let table = Table::new();
        for mac in [1, 2] {
            table.devices().note(&request(mac, mac as u32));
        }
        let other = {
            let table = table.clone();
            thread::spawn(move || table.devices().note(&request(3, NOW)))
        };
        assert_eq!(table.devices().prove(&proof(1, NOW)), Proven::New);
        let _ = other.join();
        let devices = table.devices();
        assert_eq!([1, 2, 3].map(|mac| devices.proven_by(mac)), [1, 0, 0]);
        assert!(devices.all().all(|device| (device.mac == 1) == (device.roots != 0)));
        // its request before is in its record, or lost with the place that was given away
        assert!(devices.get(1).is_some_and(|device| device.served <= 1));
    });
}

#[test]
fn of_two_refusals_written_to_one_place_one_is_read_or_none() {
    fn entry(number: u8) -> Entry<'static> {
        let refusal = Refusal { time: NOW, host: 0, reason: number, verdict: Verdict::Deny, is_by_itself: false };
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let [named, sender] = [number; 2].map(u64::from);
        Entry { refusal, named, sender, address, via: None, vendor: 0, uri: (&[][..]).into(), agent: (&[][..]).into() }
    }
    /// A ring of one entry.
    struct Memory(AtomicU64, Vec<AtomicU64>);
    impl Memory {
        fn ring(&self) -> Ring<'_> {
            Ring { next: &self.0, entries: &self.1 }
        }
    }
    // each of the many words takes its time
    in_orders(2, || {
        let memory = Arc::new(Memory(AtomicU64::new(0), words(ring::WORDS)));
        let other = {
            let memory = memory.clone();
            thread::spawn(move || memory.ring().push(&entry(1)))
        };
        memory.ring().push(&entry(2));
        other.join().unwrap();
        // read at the end: each word can be of either, whichever wrote it last
        assert!(memory.ring().last().all(|seen| seen == entry(seen.refusal.reason)));
    });
}

#[test]
fn two_that_begin_a_period_are_both_counted() {
    in_every_order(|| {
        // one stripe and one period would do, but the place of a period follows from the time
        let memory = Arc::new(words(64));
        let add = |memory: &[AtomicU64]| History(memory).add(0, Cell::new(Verdict::Deny, 0), 0);
        // of an earlier use, 300 periods before
        memory[Cell::new(Verdict::Deny, 0).index()].store(7 << 32 | 5, Relaxed);
        let other = {
            let memory = memory.clone();
            thread::spawn(move || add(&memory))
        };
        add(&memory);
        other.join().unwrap();
        assert_eq!(memory[Cell::new(Verdict::Deny, 0).index()].load(Relaxed), 2);
    });
}

#[test]
fn two_hosts_never_share_a_row() {
    in_every_order(|| {
        let memory = Arc::new(words(4));
        let claim = |memory: &[AtomicU64], host| Counts { keys: memory, cells: &[] }.claim(host, None);
        let other = {
            let memory = memory.clone();
            thread::spawn(move || claim(&memory, 1))
        };
        let own = claim(&memory, 2);
        let other = other.join().unwrap();
        assert_ne!(own, other);
        assert_eq!((claim(&memory, 1), claim(&memory, 2)), (other, own));
    });
}
