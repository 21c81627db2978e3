//! Words of 64 bits, and what is packed into them.

use crate::atomic::AtomicU64;

/// A word of two halves.
pub(crate) fn word(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// The halves of a word.
pub(crate) fn halves(word: u64) -> (u32, u32) {
    ((word >> 32) as u32, word as u32)
}

/// Unix time as it is kept here, in 32 bits: from 1970 to 2106, and the first and last of these seconds for all before and
/// after.
pub fn seconds(time: i64) -> u32 {
    time.clamp(0, u32::MAX.into()) as u32
}

/// A number whose bits all depend on all bits of another. It must stay the same from build to build, as long as the
/// layout does.
pub(crate) fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

/// A check of words in their order.
pub(crate) fn check(words: &[u64]) -> u64 {
    words.iter().fold(words.len() as u64, |sum, &word| mix(sum ^ word))
}

/// A text cut to the words that there are for it, padded with zeros.
pub(crate) fn words_of_text<const WORDS: usize>(text: &[u8]) -> [u64; WORDS] {
    let mut words = [0; WORDS];
    for (word, bytes) in words.iter_mut().zip(text.chunks(8)) {
        let mut padded = [0; 8];
        padded[..bytes.len()].copy_from_slice(bytes);
        *word = u64::from_le_bytes(padded);
    }
    words
}

/// The first bytes of words.
pub(crate) fn text_of_words(words: &[u64], length: usize) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).take(length).collect()
}

/// The place with a number among places of so many words each.
pub(crate) fn place<const WORDS: usize>(words: &[AtomicU64], number: usize) -> Option<&[AtomicU64; WORDS]> {
    words.get(number * WORDS..)?.first_chunk()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_to_its_words() {
        let words: [u64; 2] = words_of_text(b"0123456789abcdefg");
        assert_eq!(text_of_words(&words, 17), b"0123456789abcdef");
        let words: [u64; 2] = words_of_text(b"123456789");
        assert_eq!(text_of_words(&words, 9), b"123456789");
        assert_eq!(words_of_text::<1>(b""), [0]);
    }

    #[test]
    fn time_ends_in_2106() {
        assert_eq!((seconds(7), seconds(1 << 32)), (7, u32::MAX));
        assert_eq!((seconds(-1), seconds(i64::MAX)), (0, u32::MAX));
        assert_eq!(halves(word(1, 2)), (1, 2));
    }
}
