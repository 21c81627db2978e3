//! Children that are killed while they write to memory that they share.

use mtlsprotect_fleet::{
    AtomicU64, Cell, Certificate, Device, Entry, Fleet, Noted, Proof, Proven, Refusal, Request, Sizes, Verdict,
};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ptr::null_mut;
use std::time::Duration;

const NOW: u32 = 1_800_000_000;
const CHILDREN: usize = 4;
const ROUNDS: u64 = 40;
/// Rounds go on until so many were killed in the middle of a refusal.
const CUT: usize = 5;
/// More than there is room for, of both kinds.
const DEVICES: u64 = 3_000;

/// Fresh memory that is shared with children, zeroed and never given back.
fn shared(sizes: Sizes) -> &'static [AtomicU64] {
    let (access, kind) =
        (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE);
    // SAFETY: asks for new memory, which is aligned to a page and zeroed; zeros are atomics, and it stays.
    unsafe {
        let memory = libc::mmap(null_mut(), sizes.words() * 8, access, kind, -1, 0);
        assert_ne!(memory, libc::MAP_FAILED);
        std::slice::from_raw_parts(memory.cast::<AtomicU64>(), sizes.words())
    }
}

/// Numbers that look random.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
}

fn mac(number: u64) -> u64 {
    0x0004_f200_0000 + number
}

/// What all requests of a device are, so that anything of another's is seen.
fn refusal(mac: u64, verdict: Verdict) -> Refusal {
    Refusal { time: NOW, host: mac as u16, reason: 6, verdict, is_by_itself: false }
}

fn refusal_of(mac: u64) -> Refusal {
    refusal(mac, if mac % 3 == 0 { Verdict::Deny } else { Verdict::WouldDeny })
}

fn certificate(mac: u64) -> Certificate {
    Certificate { leaf: mac << 8, end: NOW + 1 + mac as u16 as u32, vendor: 1, host: mac as u16 }
}

fn entry(mac: u64) -> Entry<'static> {
    const TEXT: [u8; 64] = [b'x'; 64];
    let address = IpAddr::from((mac as u32).to_be_bytes());
    let texts = &TEXT[..(mac % 64) as usize];
    let refusal = refusal(mac, Verdict::Deny);
    Entry {
        refusal,
        named: mac,
        sender: mac,
        address,
        via: Some(address),
        vendor: mac as u16,
        uri: texts.into(),
        agent: texts.into(),
    }
}

/// Writes everything there is for a device.
fn write(fleet: &Fleet<'_>, stripe: usize, mac: u64) {
    let now = NOW + stripe as u32;
    let row = fleet.counts.claim(mac as u16 % 100, Some(mac as u16 % 3));
    let cell = Cell::new(Verdict::Deny, mac as u8 % 20);
    fleet.counts.add(row, stripe, cell);
    fleet.handshakes.add(stripe, mac % 2 == 0, true);
    fleet.history.add(stripe, cell, NOW + 300 * (mac % 7) as u32);
    fleet.refusals.push(&entry(mac));
    let refusal = Some(refusal_of(mac));
    let _ = fleet.devices.note(&Request {
        mac,
        now,
        is_listed: mac % 5 == 0,
        is_existing_file: true,
        is_by_password: false,
        refusal,
    });
    if mac % 4 == 0 {
        let root = fleet.roots.claim(&[1; 32]).expect("given out by the parent");
        let _ = fleet.devices.prove(&Proof { mac, now, root, certificate: certificate(mac) });
    }
    if mac % 64 == 0 {
        let _ = fleet.devices.forget(mac, now);
    }
}

/// A child that writes until it is killed.
fn child(fleet: &Fleet<'_>, stripe: usize, seed: u64) -> libc::pid_t {
    // SAFETY: the child does nothing but write to shared memory, allocates nothing and never returns.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        let mut numbers = Numbers(seed);
        loop {
            write(fleet, stripe, mac(numbers.next() % DEVICES));
        }
    }
    assert!(pid > 0);
    pid
}

fn kill(pid: libc::pid_t) {
    // SAFETY: a child of ours that was not waited for yet.
    unsafe {
        assert_eq!(libc::kill(pid, libc::SIGKILL), 0);
        assert_eq!(libc::waitpid(pid, null_mut(), 0), pid);
    }
}

fn is_whole(device: &Device) -> bool {
    let &Device { mac, certificate: kept, refusal: last, .. } = device;
    let is_kept = mac % 4 == 0;
    (device.roots == 0 || is_kept && device.roots == 1)
        && (kept.leaf == 0 || kept.leaf == certificate(mac).leaf)
        && (kept.end == 0 || Certificate { leaf: 0, ..kept } == Certificate { leaf: 0, ..certificate(mac) })
        // A record that no proof has kept yet can be given to another device while its writer is stopped between finding it
        // and writing to it: then it has that one's refusal, which a proof moves along.
        && last.is_none_or(|last| last == refusal_of(mac_of(last.host)))
}

/// The device whose requests came to this host.
fn mac_of(host: u16) -> u64 {
    mac(host.into())
}

#[test]
fn whoever_is_killed_while_he_writes_the_others_go_on() {
    let sizes = Sizes::for_devices(1);
    let fleet = Fleet::new(shared(sizes), sizes).unwrap();
    let root = fleet.roots.claim(&[1; 32]).unwrap();
    let mut random = Numbers(1);
    let (mut round, mut cut) = (0, 0);
    while round < ROUNDS || cut < CUT {
        assert!(round < 100 * ROUNDS, "nobody is killed in the middle of a write");
        round += 1;
        let children: Vec<_> = (0..CHILDREN).map(|stripe| child(&fleet, stripe, round * 10 + stripe as u64)).collect();
        std::thread::sleep(Duration::from_micros(500 + random.next() % 20_000));
        // readers see the same while others write
        let mut macs = BTreeSet::new();
        assert!(fleet.devices.all().all(|device| is_whole(&device)));
        assert!(fleet.refusals.last().all(|seen| seen == entry(seen.named)));
        children.into_iter().for_each(kill);
        for device in fleet.devices.all() {
            assert!(is_whole(&device), "{device:?}");
            assert!(macs.insert(device.mac), "twice: {device:?}");
        }
        for seen in fleet.refusals.last() {
            assert_eq!(seen, entry(seen.named));
        }
        cut += fleet.refusals.count().min(256) as usize - fleet.refusals.last().count();
    }
    // Nothing is wedged: whatever they left, the next writes are all there.
    let number = (0..DEVICES).find(|number| number % 64 == 4 && fleet.devices.proven_by(mac(*number)) != 0).unwrap();
    let proven = mac(number);
    let before = fleet.devices.get(proven).unwrap();
    let later = Proof { mac: proven, now: NOW + 9, root, certificate: certificate(proven) };
    assert_eq!(fleet.devices.prove(&later), Proven::Known);
    let request = Request {
        mac: proven,
        now: NOW + 9,
        is_listed: false,
        is_existing_file: true,
        is_by_password: false,
        refusal: None,
    };
    assert_eq!(fleet.devices.note(&request), Noted::Kept);
    let after = fleet.devices.get(proven).unwrap();
    assert_eq!((after.served, after.last_seen), (before.served + 1, NOW + 9));
    for number in 0..300 {
        fleet.refusals.push(&entry(mac(number)));
    }
    assert_eq!(fleet.refusals.last().count(), 256);
    let row = fleet.counts.claim(1, None);
    let cell = Cell::new(Verdict::Deny, 1);
    let before = fleet.counts.sums(row)[cell.index()];
    fleet.counts.add(row, 99, cell);
    assert_eq!(fleet.counts.sums(row)[cell.index()], before + 1);
    for number in 0..2 * DEVICES {
        write(&fleet, 0, mac(number));
    }
}
