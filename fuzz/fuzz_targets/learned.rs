//! A learned file of any bytes says the same however it is read, and lines only ever prove what they say.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mtlsprotect_core::learned::{Learned, LearnedList, Line, written};
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::{Fingerprint, Mac};
use std::sync::atomic::AtomicU64;

const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);

fn read<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> (Vec<(Mac, u64, Fingerprint)>, u64, Vec<u64>) {
    let mut learned = Learned::default();
    pieces.into_iter().for_each(|piece| learned.read(piece, NOW));
    let mut proofs: Vec<_> = learned.proofs().map(|proof| (proof.mac, proof.leaf, *proof.root)).collect();
    proofs.sort();
    let roots: Vec<Fingerprint> = proofs.iter().map(|&(_, _, root)| root).collect();
    (proofs, learned.bad_lines().count(), learned.to_words(&roots))
}

fuzz_target!(|input: &[u8]| {
    let [cut, file @ ..] = input else { return };
    let size = usize::from(*cut).max(1);
    let whole = read([file]);
    assert_eq!(whole, read(file.chunks(size)));
    for line in file.split(|&byte| byte == b'\n') {
        if let Ok(Some(parsed)) = Line::parse(line) {
            assert_eq!(Line::parse(written([parsed]).trim_ascii()), Ok(Some(parsed)));
        }
    }
    // and words of any kind are read
    let words =
        whole.2.into_iter().chain(file.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().unwrap())));
    let memory: Vec<AtomicU64> = words.map(AtomicU64::new).collect();
    for list in [LearnedList(&memory), LearnedList(&memory[memory.len() / 2..])] {
        let mac = Mac::from_bits(0x0004_f2aa_aaaa);
        let _ = (list.proven_by(mac), list.was_proven_with(mac, 0, 1), list.root(3), list.len());
    }
});
