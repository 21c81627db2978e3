use super::*;
use crate::names::Root;
use crate::proofs::{Proof, Proven, Shown};
use crate::record::Certificate;
use crate::test_memory::words;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::thread;

#[path = "devices_proof_tests.rs"]
mod proofs;

const NOW: u32 = 1_800_000_000;

/// A table of its own.
struct Table {
    kept: Vec<AtomicU64>,
    others: Vec<AtomicU64>,
    counters: [AtomicU64; 4],
}

impl Table {
    fn new(kept: usize, others: usize) -> Self {
        let counters = [0; 4].map(AtomicU64::new);
        Table { kept: words(kept * record::WORDS), others: words(others * record::WORDS), counters }
    }

    fn devices(&self) -> Devices<'_> {
        let [used, lost, generation, gave_way] = &self.counters;
        let own_generation = generation.load(Relaxed);
        Devices { kept: &self.kept, others: &self.others, used, lost, gave_way, generation, own_generation }
    }
}

fn request(mac: u64, now: u32) -> Request {
    Request { mac, now, is_listed: false, is_existing_file: true, is_by_password: false, refusal: None }
}

fn refusal(now: u32, verdict: Verdict) -> Option<Refusal> {
    Some(Refusal { time: now, host: 1, reason: 6, verdict, is_by_itself: false })
}

fn proof(mac: u64, now: u32) -> Proof {
    let certificate = Certificate { leaf: mac << 4, end: NOW + 1_000_000, vendor: 1, host: 2 };
    Proof { mac, now, root: Root(3), certificate }
}

/// As a request brings a proof, whose certificate is asked for or not.
fn show(devices: &Devices<'_>, proof: &Proof, refusal: Option<Refusal>) -> (Proven, bool) {
    let &Proof { mac, now, root, certificate } = proof;
    let is_read = std::cell::Cell::new(false);
    let shown = Shown { mac, now, root, leaf: certificate.leaf, place: devices.first_place(mac) };
    let became = devices.show(&shown, refusal, || {
        is_read.set(true);
        certificate
    });
    (became, is_read.get())
}

#[test]
fn a_certificate_is_read_where_the_record_has_another_or_none() {
    let table = Table::new(96, 32);
    let devices = table.devices();
    let first = proof(mac(1), NOW);
    assert_eq!(show(&devices, &first, None), (Proven::New, true));
    assert_eq!(show(&devices, &Proof { now: NOW + 1, ..first }, None), (Proven::Known, false));
    assert_eq!(show(&devices, &first, refusal(NOW, Verdict::Deny)), (Proven::Known, false));
    let later = Certificate { leaf: 9, end: NOW + 2_000_000, ..first.certificate };
    assert_eq!(show(&devices, &Proof { certificate: later, ..first }, None), (Proven::Renewed, true));
    assert_eq!(show(&devices, &first, None), (Proven::Known, true), "which ends earlier");
    assert!(devices.forget(mac(1), NOW + 5));
    assert_eq!(show(&devices, &Proof { certificate: later, now: NOW + 6, ..first }, None), (Proven::New, true));
    let device = devices.get(mac(1)).unwrap();
    assert_eq!((device.certificate, device.served, device.refused), (later, 5, 1));
}

/// MACs as a vendor gives them out.
fn mac(number: u64) -> u64 {
    0x0004_f200_0000 + number
}

#[test]
fn of_a_refusal_and_an_answer_in_one_second_the_last_is_known() {
    let table = Table::new(96, 32);
    let devices = table.devices();
    let (first, own) = (proof(mac(1), NOW), || devices.get(mac(1)).unwrap());
    show(&devices, &first, None);
    for refused in [refusal(NOW, Verdict::Deny), refusal(NOW, Verdict::WouldDeny)] {
        show(&devices, &first, refused);
        assert_eq!((own().refusal, own().is_served_since), (refused, false));
        show(&devices, &first, None);
        assert_eq!((own().refusal, own().is_served_since), (refused, true));
    }
    // the same for one that has not proven itself, and that moves once it has
    devices.note(&request(mac(2), NOW));
    devices.note(&Request { refusal: refusal(NOW, Verdict::Deny), ..request(mac(2), NOW) });
    assert!(devices.get(mac(2)).is_some_and(|device| !device.is_served_since));
    devices.note(&request(mac(2), NOW));
    devices.prove(&proof(mac(2), NOW));
    assert!(devices.get(mac(2)).is_some_and(|device| device.is_served_since && device.refusal.is_some()));
}

#[test]
fn a_stranger_with_made_up_macs_leaves_nothing() {
    let table = Table::new(96, 32);
    let devices = table.devices();
    let count = if cfg!(miri) { 100 } else { 1_000_000 };
    for number in 0..count {
        let refused = Request { refusal: refusal(NOW, Verdict::Deny), ..request(mac(number), NOW) };
        let not_found = Request { is_existing_file: false, ..request(mac(number), NOW) };
        let would_be = Request { refusal: refusal(NOW, Verdict::WouldDeny), ..not_found };
        for made_up in [refused, not_found, would_be] {
            assert_eq!(devices.note(&made_up), Noted::Nothing);
        }
    }
    assert!(table.kept.iter().chain(&table.others).all(|word| word.load(Relaxed) == 0));
}

#[test]
fn what_is_no_mac_has_no_record() {
    let table = Table::new(96, 32);
    let devices = table.devices();
    for mac in [0, 1 << 48, u64::MAX] {
        assert_eq!(devices.note(&Request { is_listed: true, ..request(mac, NOW) }), Noted::Nothing);
        assert_eq!(devices.prove(&proof(mac, NOW)), Proven::Full { is_first: false });
        assert_eq!((devices.get(mac), devices.proven_by(mac), devices.forget(mac, NOW)), (None, 0, false));
    }
    assert_eq!(devices.all().count(), 0);
}

#[test]
fn a_proof_is_new_once_for_each_root_and_moves_what_was_known() {
    let table = Table::new(96, 32);
    let devices = table.devices();
    devices.note(&Request { refusal: refusal(NOW, Verdict::WouldDeny), ..request(mac(1), NOW) });
    assert_eq!(devices.note(&request(mac(1), NOW + 1)), Noted::AmongOthers);
    assert_eq!(devices.kept(), 0);
    assert_eq!(devices.prove(&proof(mac(1), NOW + 2)), Proven::New);
    assert_eq!(devices.prove(&proof(mac(1), NOW + 3)), Proven::Known);
    assert_eq!(devices.prove(&Proof { root: Root(31), ..proof(mac(1), NOW + 4) }), Proven::New);
    let later = Certificate { leaf: 9, end: NOW + 2_000_000, ..proof(mac(1), 0).certificate };
    assert_eq!(devices.prove(&Proof { certificate: later, ..proof(mac(1), NOW + 5) }), Proven::Renewed);
    assert_eq!(devices.note(&request(mac(1), NOW + 6)), Noted::Kept);
    let device = Device {
        mac: mac(1),
        first_seen: NOW,
        last_seen: NOW + 6,
        roots: 1 << 3 | 1 << 31,
        decided: NOW + 4,
        certificate: later,
        refusal: refusal(NOW, Verdict::WouldDeny),
        served: 3,
        refused: 0,
        is_served_since: false,
        is_by_password: false,
    };
    assert_eq!((devices.all().collect::<Vec<_>>(), devices.kept()), (vec![device], 1));
    assert!(devices.was_proven_with(mac(1), 9) && !devices.was_proven_with(mac(1), mac(1) << 4));
    assert!(devices.forget(mac(1), NOW + 9) && !devices.was_proven_with(mac(1), 9));
    assert_eq!(devices.prove(&proof(mac(1), NOW + 9)), Proven::Forgotten);
    assert_eq!(devices.prove(&proof(mac(1), NOW + 10)), Proven::New);
    assert!(devices.was_proven_with(mac(1), mac(1) << 4), "the certificate of before it was forgotten is forgotten");
}

#[test]
fn a_full_table_says_so_once_and_keeps_whom_it_has() {
    let table = Table::new(96, 32);
    let devices = table.devices();
    let count = 300;
    let became: Vec<Proven> = (0..count).map(|number| devices.prove(&proof(mac(number), NOW))).collect();
    let first = became.iter().position(|&proven| proven == Proven::Full { is_first: true }).unwrap();
    assert!(first > 90, "{first} of 96");
    assert_eq!(became.iter().filter(|&&proven| proven == Proven::Full { is_first: true }).count(), 1);
    for (number, &became) in became.iter().enumerate() {
        let is_proven = devices.proven_by(mac(number as u64)) != 0;
        assert_eq!(is_proven, became == Proven::New, "{number}");
    }
    assert_eq!(devices.kept(), became.iter().filter(|&&proven| proven == Proven::New).count());
    assert_eq!(devices.lost(), count - devices.kept() as u64);
    // others go on as before
    assert_eq!(devices.note(&request(mac(count), NOW)), Noted::AmongOthers);
}

#[test]
#[cfg_attr(miri, ignore = "thousands of devices")]
fn a_device_file_leaves_room_for_those_that_prove_themselves() {
    let table = Table::new(960, 320);
    let devices = table.devices();
    for number in 0..2_000 {
        devices.note(&Request { is_listed: true, ..request(mac(number), NOW) });
    }
    assert_eq!(devices.kept(), 720);
    for number in 2_000..2_140 {
        assert_eq!(devices.prove(&proof(mac(number), NOW)), Proven::New);
    }
    // refused ones that are listed are known too, as far as there is room
    let other = Table::new(96, 32);
    let refused = Request { is_listed: true, refusal: refusal(NOW, Verdict::Deny), ..request(mac(1), NOW) };
    other.devices().note(&refused);
    let device = other.devices().get(mac(1)).unwrap();
    assert_eq!((device.refused, device.served, device.first_seen), (1, 0, 0));
}

#[test]
fn a_device_that_comes_into_the_device_file_is_kept() {
    let table = Table::new(96, 8);
    let devices = table.devices();
    assert_eq!(devices.note(&request(mac(1), NOW)), Noted::AmongOthers);
    assert_eq!(devices.note(&request(mac(2), NOW)), Noted::AmongOthers);
    assert_eq!(devices.note(&Request { is_listed: true, ..request(mac(1), NOW + 1) }), Noted::Kept);
    assert_eq!(devices.note(&request(mac(2), NOW + 1)), Noted::AmongOthers, "not known to be listed yet");
    devices.keep_listed(mac(2));
    for number in 3..100 {
        devices.note(&request(mac(number), NOW + number as u32));
    }
    for mac in [mac(1), mac(2)] {
        let device = devices.get(mac).unwrap();
        assert_eq!((device.served, device.first_seen), (2, NOW));
        assert_eq!(devices.note(&request(mac, NOW + 200)), Noted::Kept);
    }
    assert_eq!(devices.kept(), 2);
}

#[test]
fn a_device_that_is_kept_as_listed_leaves_room_for_proofs() {
    let table = Table::new(96, 32);
    let devices = table.devices();
    assert!((0..80).all(|number| devices.prove(&proof(mac(number), NOW)) == Proven::New));
    devices.note(&request(mac(100), NOW));
    devices.keep_listed(mac(100));
    assert_eq!(devices.note(&request(mac(100), NOW)), Noted::AmongOthers);
}

#[test]
#[cfg_attr(miri, ignore = "takes hours there")]
fn nine_tenths_of_a_large_table_find_room() {
    let room = 49_152;
    let table = Table::new(room, 8);
    let devices = table.devices();
    let first = (0..).find(|&number| devices.prove(&proof(mac(number), NOW)) != Proven::New).unwrap();
    assert!(first > room as u64 * 9 / 10, "{first}");
}

#[test]
fn a_device_that_gives_way_within_a_week_is_counted() {
    let table = Table::new(8, 8);
    let devices = table.devices();
    (0..8).for_each(|number| assert_eq!(devices.note(&request(mac(number), NOW)), Noted::AmongOthers));
    assert_eq!(devices.gave_way(), 0);
    devices.note(&request(mac(8), NOW + RECENT - 1));
    assert_eq!((devices.gave_way(), devices.all().count()), (1, 8));
    devices.note(&request(mac(9), NOW + RECENT));
    assert_eq!(devices.gave_way(), 1, "it has been away for a week");
}

#[test]
fn of_phones_without_certificates_a_sixteenth_of_the_table_is_shown() {
    let sizes = crate::Sizes::for_devices(65_536);
    let block = words(sizes.words());
    let devices = crate::Fleet::new(&block, sizes).unwrap().devices;
    (0..65_536 / 16).for_each(|number| assert_eq!(devices.note(&request(mac(number), NOW)), Noted::AmongOthers));
    assert!(devices.gave_way() <= 2, "{}", devices.gave_way());
    assert_eq!(devices.all().count() as u64 + devices.gave_way(), 65_536 / 16);
}

/// What is done to the table, for the model.
#[derive(Clone, Debug)]
enum Step {
    Serve { mac: u64, is_listed: bool, is_existing_file: bool, is_by_password: bool, would_deny: bool },
    Refuse { mac: u64, is_listed: bool },
    KeepListed { mac: u64 },
    Prove { mac: u64, root: u8 },
    Forget { mac: u64, earlier: u32 },
    Take { mac: u64, roots: u32 },
}

fn step() -> impl Strategy<Value = Step> {
    let mac = 1..40_u64;
    prop_oneof![
        4 => (mac.clone(), any::<[bool; 4]>()).prop_map(|(mac, [is_listed, is_existing_file, is_by_password, would_deny])| {
            // few are listed, or none would be left for the rest
            Step::Serve { mac, is_listed: is_listed && mac % 4 == 0, is_existing_file, is_by_password, would_deny }
        }),
        2 => (mac.clone(), any::<bool>()).prop_map(|(mac, is_listed)| Step::Refuse { mac, is_listed: is_listed && mac % 4 == 0 }),
        1 => (1..10_u64).prop_map(|mac| Step::KeepListed { mac: 4 * mac }),
        1 => (mac.clone(), 0..3_u8).prop_map(|(mac, root)| Step::Prove { mac, root }),
        1 => (mac.clone(), 0..20_u32).prop_map(|(mac, earlier)| Step::Forget { mac, earlier }),
        1 => (mac, 0..8_u32).prop_map(|(mac, roots)| Step::Take { mac, roots }),
    ]
}

/// The slow, obvious table: kept devices and others, of which the eight that were served last stay.
#[derive(Default)]
struct Model {
    kept: BTreeMap<u64, Device>,
    others: BTreeMap<u64, Device>,
}

fn unknown(mac: u64) -> Device {
    Device {
        mac,
        first_seen: 0,
        last_seen: 0,
        roots: 0,
        decided: 0,
        certificate: Certificate::default(),
        refusal: None,
        served: 0,
        refused: 0,
        is_served_since: false,
        is_by_password: false,
    }
}

impl Model {
    fn keep(&mut self, mac: u64) -> &mut Device {
        let before = self.others.remove(&mac);
        self.kept.entry(mac).or_insert_with(|| before.unwrap_or_else(|| unknown(mac)))
    }

    fn note(&mut self, request: &Request) {
        let &Request { mac, now, is_listed, is_existing_file, is_by_password, refusal } = request;
        let is_served = refusal.is_none_or(|refusal| refusal.verdict == Verdict::WouldDeny);
        let is_new = !self.kept.contains_key(&mac) && !self.others.contains_key(&mac);
        if self.kept.contains_key(&mac) || is_listed {
            self.keep(mac);
        } else if is_new && (!is_served || !is_existing_file) {
            return;
        } else if is_new {
            if self.others.len() == WAYS {
                let oldest = self.others.values().min_by_key(|device| device.last_seen).unwrap().mac;
                self.others.remove(&oldest);
            }
            self.others.insert(mac, unknown(mac));
        }
        let device = self.kept.get_mut(&mac).or_else(|| self.others.get_mut(&mac)).unwrap();
        if is_served {
            device.served += 1;
            device.is_by_password = is_by_password;
            device.last_seen = now;
            device.first_seen = if device.first_seen == 0 { now } else { device.first_seen };
        } else {
            device.refused += 1;
        }
        device.is_served_since = match refusal {
            Some(_) => false,
            None => device.is_served_since || device.refusal.is_some_and(|refusal| refusal.time == now),
        };
        device.refusal = refusal.or(device.refusal);
    }

    fn prove(&mut self, proof: &Proof) -> Proven {
        let device = self.keep(proof.mac);
        let had = device.roots;
        if had == 0 && device.decided >= proof.now {
            return Proven::Forgotten;
        }
        if had & proof.root.bit() != 0 {
            return Proven::Known;
        }
        (device.roots, device.decided) = (had | proof.root.bit(), proof.now.max(device.decided));
        device.certificate = proof.certificate;
        Proven::New
    }

    fn forget(&mut self, mac: u64, time: u32) -> bool {
        let Some(device) = self.kept.get_mut(&mac).filter(|device| device.decided <= time) else { return false };
        let had = device.roots;
        (device.roots, device.decided, device.certificate) = (0, time, Certificate::default());
        had != 0
    }

    fn take(&mut self, mac: u64, roots: u32) -> bool {
        let Some(device) = self.kept.get_mut(&mac).filter(|device| device.roots & roots != 0) else { return false };
        device.roots &= !roots;
        if device.roots == 0 {
            (device.decided, device.certificate) = (0, Certificate::default());
        }
        true
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    #[cfg_attr(miri, ignore = "proptest asks for its folder, which Miri has not")]
    fn the_table_does_what_two_lists_do(steps in proptest::collection::vec(step(), 0..120)) {
        // one set of others, so that the model's rule is the same
        let table = Table::new(96, WAYS);
        let (devices, mut model) = (table.devices(), Model::default());
        for (second, step) in steps.into_iter().enumerate() {
            let now = NOW + second as u32;
            match step {
                Step::Serve { mac, is_listed, is_existing_file, is_by_password, would_deny } => {
                    let refusal = would_deny.then(|| refusal(now, Verdict::WouldDeny)).flatten();
                    let request = Request { is_listed, is_existing_file, is_by_password, refusal, ..request(mac, now) };
                    devices.note(&request);
                    model.note(&request);
                }
                Step::Refuse { mac, is_listed } => {
                    let request = Request { is_listed, refusal: refusal(now, Verdict::Deny), ..request(mac, now) };
                    devices.note(&request);
                    model.note(&request);
                }
                Step::KeepListed { mac } if model.others.contains_key(&mac) => {
                    devices.keep_listed(mac);
                    model.keep(mac);
                }
                Step::KeepListed { .. } => {}
                Step::Prove { mac, root } => {
                    let proof = Proof { root: Root(root), ..proof(mac, now) };
                    prop_assert_eq!(devices.prove(&proof), model.prove(&proof));
                }
                Step::Forget { mac, earlier } => {
                    prop_assert_eq!(devices.forget(mac, now - earlier), model.forget(mac, now - earlier));
                }
                Step::Take { mac, roots } => {
                    prop_assert_eq!(devices.take_proofs(mac, roots), model.take(mac, roots));
                }
            }
            let seen: BTreeMap<u64, Device> = devices.all().map(|device| (device.mac, device)).collect();
            let expected: BTreeMap<u64, Device> = model.kept.iter().chain(&model.others).map(|(&mac, device)| (mac, device.clone())).collect();
            prop_assert_eq!(devices.all().count(), expected.len());
            prop_assert_eq!(seen, expected);
        }
    }
}

#[test]
fn of_children_that_prove_the_same_devices_one_says_so() {
    let table = Table::new(96, 32);
    let devices = table.devices();
    let rounds = if cfg!(miri) { 3 } else { 500 };
    for round in 0..rounds {
        let macs: Vec<u64> = (0..40).map(|number| mac(round * 1_000 + number)).collect();
        table.kept.iter().chain(&table.others).for_each(|word| word.store(0, Relaxed));
        table.counters[0].store(0, Relaxed);
        let new: usize = thread::scope(|scope| {
            let threads: Vec<_> = (0..4_usize)
                .map(|thread| {
                    let macs = &macs;
                    scope.spawn(move || {
                        let turn = macs.iter().cycle().skip(thread * 3).take(macs.len());
                        turn.filter(|&&mac| {
                            devices.note(&request(mac, NOW));
                            devices.prove(&proof(mac, NOW)) == Proven::New
                        })
                        .count()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!((new, devices.kept()), (40, 40));
        let seen: Vec<u64> = devices.all().map(|device| device.mac).collect();
        assert_eq!((seen.len(), seen.into_iter().collect::<BTreeSet<_>>()), (40, macs.into_iter().collect()));
        assert!(devices.all().all(|device| device.roots == 1 << 3 && device.certificate.leaf == device.mac << 4));
    }
}
