use super::*;
use crate::test_memory::words;

const NOW: u32 = 1_800_000_000;

fn refusal(reason: u8, is_by_itself: bool) -> Refusal {
    Refusal { time: NOW, host: 4095, reason, verdict: Verdict::WouldDeny, is_by_itself }
}

#[test]
fn a_record_is_a_line_of_the_cache() {
    assert_eq!(size_of::<[AtomicU64; WORDS]>(), 64);
}

#[test]
fn a_refusal_is_one_word() {
    for refusal in [refusal(0, false), refusal(19, true), Refusal { verdict: Verdict::Deny, ..refusal(3, true) }] {
        assert_eq!(Refusal::of(refusal.word()), Some(refusal));
    }
    assert_eq!(Refusal::of(0), None);
    assert_eq!(Refusal::of(word(NOW, 0x7f)), None, "not a verdict");
}

#[test]
fn the_latest_of_proof_and_forget_holds() {
    let memory = words(WORDS);
    let record = Record(memory.first_chunk().unwrap());
    assert_eq!(record.prove(1, NOW), Ok(true));
    assert_eq!(record.prove(1, NOW + 1), Ok(false), "known");
    assert_eq!(record.prove(2, NOW + 1), Ok(true), "by another root");
    assert!(!record.forget(NOW), "there is a later proof");
    assert_eq!(record.roots(), 3);
    assert!(record.forget(NOW + 5));
    assert_eq!((record.roots(), record.forget(NOW + 7)), (0, false));
    assert_eq!(record.prove(1, NOW + 7), Err(Forgotten));
    assert_eq!(record.prove(1, NOW + 8), Ok(true));
    assert_eq!(record.roots(), 1);
}

#[test]
fn two_certificates_in_turn_change_nothing() {
    let memory = words(WORDS);
    let record = Record(memory.first_chunk().unwrap());
    let certificate = |leaf, end| Certificate { leaf, end, vendor: 65_535, host: 7 };
    let (old, new) = (certificate(1, NOW), certificate(2, NOW + 9));
    record.take(5).unwrap();
    record.prove(1, NOW).unwrap();
    assert!(!record.keep_certificate(&old) && !record.keep_certificate(&old), "the first takes nobody's place");
    assert!(record.keep_certificate(&new));
    assert!(!record.keep_certificate(&old) && !record.keep_certificate(&new));
    assert_eq!(record.load().map(|device| device.certificate), Some(new));
    // the word of one and the leaf of another, as two writers can leave them
    record.0[LEAF].store(1, Relaxed);
    assert!(!record.keep_certificate(&new));
    assert_eq!(record.leaf(), 2);
    record.forget(NOW);
    assert_eq!(record.load().map(|device| device.certificate), Some(Certificate::default()));
    assert!(!record.keep_certificate(&old));
    assert_eq!(record.leaf(), 1, "after it was forgotten");
}

#[test]
fn a_record_is_taken_once() {
    let memory = words(WORDS);
    let record = Record(memory.first_chunk().unwrap());
    assert_eq!((record.mac(), record.load()), (0, None));
    assert_eq!((record.take(0xffff_ffff_ffff), record.take(2)), (Ok(()), Err(0xffff_ffff_ffff)));
    assert!(record.load().is_some_and(|device| device.mac == 0xffff_ffff_ffff));
    assert!(!record.free(2) && record.free(0xffff_ffff_ffff) && !record.free(0xffff_ffff_ffff));
}
