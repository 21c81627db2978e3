//! What it takes to read a learned file: 1,000,000 lines in at most half a second, and 5,000,000.

use mtlsprotect_core::learned::{LearnedFile, LearnedList, Line, ProofLine, written};
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::{Fingerprint, Mac};
use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);
const ONE_LINE: u64 = 1_000_000;
const LIMIT: Duration = Duration::from_millis(500);

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("learned");
    let root = Fingerprint::of(b"root");
    for devices in [ONE_LINE, 5 * ONE_LINE] {
        write(&path, devices, root);
        let (mut read, mut publish) = (Duration::MAX, Duration::MAX);
        let mut words = Vec::new();
        for _ in 0..3 {
            let started = Instant::now();
            let mut file = LearnedFile::read(&path, NOW).expect("it can be read");
            assert_eq!(file.learned.bad_lines().count(), 0);
            read = read.min(started.elapsed());
            let started = Instant::now();
            words = file.learned.to_words(&[root]);
            publish = publish.min(started.elapsed());
        }
        let size = fs::metadata(&path).expect("it is there").len() >> 20;
        println!(
            "{devices:>9} devices, {size:>4} MiB: read in {read:>7.1?}, sorted and encoded in {publish:>7.1?}, {:>3} MiB of words",
            (words.len() * 8) >> 20
        );
        let memory: Vec<AtomicU64> = words.into_iter().map(AtomicU64::new).collect();
        let list = LearnedList(&memory);
        assert_eq!(list.len() as u64, devices);
        let started = Instant::now();
        let asked = 1_000_000;
        let proven = (0..asked).filter(|number| list.proven_by(device(number * 7919, devices)) == 1).count();
        assert_eq!(proven as u64, asked);
        println!("          a device is found in {:?}", started.elapsed() / asked as u32);
        assert!(devices > ONE_LINE || read + publish <= LIMIT, "more than {LIMIT:?}");
    }
}

fn device(number: u64, devices: u64) -> Mac {
    Mac::from_bits(0x0004_f200_0000 + number * 7919 % devices)
}

/// In the order in which phones come: none.
fn write(path: &Path, devices: u64, root: Fingerprint) {
    let mut file = BufWriter::new(fs::File::create(path).expect("a file"));
    for number in 0..devices {
        let leaf = Fingerprint::of(&number.to_be_bytes());
        let proof = ProofLine { mac: device(number, devices), time: NOW - 1, vendor: b"poly", leaf, root };
        file.write_all(&written([Line::Proof(proof)])).expect("room");
    }
    file.flush().expect("room");
}
