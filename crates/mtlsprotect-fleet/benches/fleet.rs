//! What it takes to note a request, and to look at all devices. With a number of requests as its argument it notes so
//! many and says nothing, for a profiler that counts instructions.
//!
//!     cargo bench --package mtlsprotect-fleet --bench fleet

use mtlsprotect_fleet::{AtomicU64, Cell, Certificate, Fleet, Proof, Proven, Request, Row, Sizes, Verdict};
use std::hint::black_box;
use std::time::Instant;

const NOW: u32 = 1_800_000_000;
const DEVICES: u64 = 100_000;
const ROUNDS: usize = 20;

fn mac(number: u64) -> u64 {
    0x0004_f200_0000 + number % DEVICES
}

fn main() {
    // cargo gives --bench, and a profiler's run the number of requests
    let requests = std::env::args().skip(1).find_map(|word| word.parse().ok());
    // half again as many as there are
    let sizes = Sizes::for_devices(2 * DEVICES as usize);
    let words: Vec<AtomicU64> = (0..sizes.words()).map(|_| AtomicU64::new(0)).collect();
    let fleet = Fleet::new(&words, sizes).expect("as many words as it needs");
    let row = fleet.counts.claim(fleet.hosts.claim(b"a.example:443"), Some(fleet.vendors.claim(b"poly")));
    let root = fleet.roots.claim(&[1; 32]).expect("it is the first");
    for number in 0..DEVICES {
        let certificate = Certificate { leaf: number, end: NOW, vendor: 1, host: 1 };
        let proof = Proof { mac: mac(number), now: NOW, root, certificate };
        assert_eq!(fleet.devices.prove(&proof), Proven::New);
    }
    if let Some(requests) = requests {
        return note(&fleet, row, requests);
    }
    let nanoseconds = fastest(|| note(&fleet, row, DEVICES)) * 1e9 / DEVICES as f64;
    println!("{:<48} {nanoseconds:>8.0}", "nanoseconds to note a request, devices in turn");
    let milliseconds = fastest(|| assert_eq!(black_box(fleet.devices.all().count()), DEVICES as usize)) * 1e3;
    println!("{:<48} {milliseconds:>8.1}", "milliseconds to look at 100,000 devices");
    let milliseconds = fastest(|| drop(black_box(fleet.history.last(288, NOW).collect::<Vec<_>>()))) * 1e3;
    println!("{:<48} {milliseconds:>8.1}", "milliseconds to read a day");
    println!("{:<48} {:>8.1}", "megabytes, of which those written count", 8e-6 * sizes.words() as f64);
}

/// All that a request that is served leaves.
fn note(fleet: &Fleet<'_>, row: Row, requests: u64) {
    let cell = Cell::new(Verdict::Allow, 16);
    for number in 0..requests {
        let request = Request {
            mac: mac(number),
            now: NOW + 1,
            is_listed: false,
            is_existing_file: true,
            is_by_password: false,
            refusal: None,
        };
        fleet.counts.add(row, 3, cell);
        fleet.history.add(3, cell, NOW);
        black_box(fleet.devices.note(&request));
    }
}

/// The seconds of the fastest of some rounds.
fn fastest(what: impl Fn()) -> f64 {
    let times = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        what();
        start.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min)
}
