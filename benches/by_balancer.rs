//! How many phones of a fleet that comes through one balancer are known by their headers when they come again.
//!
//!     cargo bench --bench by_balancer

use mtlsprotect_core::forwarded::{Certificates, Format, TextDigest, write};
use mtlsprotect_memory::{Key, Table};
use std::alloc::{Layout, alloc_zeroed};
use std::hash::{BuildHasher, RandomState};
use std::process::exit;

const NOW: u64 = 1_800_000_000;
const END: u64 = NOW + 365 * 86_400;
/// Bytes of a certificate whose header has 3 KB.
const DER: usize = 2_250;
/// As large as a balancer's fleet may be, and larger than the table.
const FLEETS: [u64; 3] = [17_000, 50_000, 200_000];
/// The part of 50,000 that is to be known.
const LEAST: f64 = 0.95;

fn main() {
    println!("part of the phones behind one balancer that are known, of {} KiB", size_of::<Table>() / 1024);
    let mut kept = true;
    for fleet in FLEETS {
        let known = known(fleet);
        let is_missed = fleet == 50_000 && known < LEAST;
        kept &= !is_missed;
        let verdict = if is_missed { format!("MISSED, at least {LEAST}") } else { String::new() };
        println!("{:<48} {known:>8.3}  {verdict}", format!("{fleet} in turn, round 3"));
    }
    if !kept {
        exit(1);
    }
}

/// The part that is known in the last of three rounds, in which all phones come in turn.
fn known(fleet: u64) -> f64 {
    // SAFETY: atomics, for which zeros are a value.
    let table: Box<Table> = unsafe { Box::from_raw(alloc_zeroed(Layout::new::<Table>()).cast()) };
    let secret = RandomState::new();
    let digest = TextDigest::new([0, 1].map(|number| secret.hash_one(number)));
    let mut known = 0;
    for round in 0..3 {
        known = 0;
        for number in 0..fleet {
            // a hundred phones a second
            let now = NOW + (round * fleet + number) / 100;
            let key = key(&digest, number);
            match table.get(&secret, &key, now) {
                Some(_) => known += 1,
                None => table.keep(&secret, &key, [number, 0], END, now),
            }
        }
    }
    known as f64 / fleet as f64
}

/// The key of a phone's header, as the module makes it.
fn key(digest: &TextDigest, number: u64) -> Key {
    let mut leaf = vec![0x30; DER];
    leaf[DER / 2..DER / 2 + 8].copy_from_slice(&number.to_be_bytes());
    let header = write(Format::Haproxy, &Certificates { leaf, chain: Vec::new() }).leaf;
    let [first, second] = digest.of(&[header.as_bytes(), b""]);
    Key { first: [7; 4], second: [first, second, Format::Haproxy as u64, header.len() as u64] }
}
