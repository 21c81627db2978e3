//! Numbers for hosts, vendors and roots, which stay the same over graceful restarts.

use crate::atomic::{AtomicU64, Relaxed};
use crate::word::{check, place, text_of_words, words_of_text};

/// The words of a name: a digest of all of it, its length, and its beginning.
const WORDS: usize = 16;
const TEXT_WORDS: usize = WORDS - 2;

/// Names with a number each, from 1 on; 0 stands for those that found no room. A number is never given to another name:
/// old children of a graceful restart go on counting under the numbers that they know.
///
/// The parent alone gives out numbers, at startup. Its children and whoever shows names read them at any time: a name's
/// digest is written last, and a name that is there doesn't change.
#[derive(Clone, Copy)]
pub struct Names<'a>(pub(crate) &'a [AtomicU64]);

/// The certificates of root CAs, by their SHA-256.
#[derive(Clone, Copy)]
pub struct Roots<'a>(pub(crate) Names<'a>);

/// The number of a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Root(pub(crate) u8);

impl<'a> Names<'a> {
    /// The words that so many names need.
    pub(crate) const fn words(count: usize) -> usize {
        count * WORDS
    }

    /// The longest text that is kept whole. Of longer ones the beginning can be read.
    pub const LONGEST: usize = TEXT_WORDS * 8;

    /// The number of a name, which may be new; 0 if there is no room for it.
    pub fn claim(&self, name: &[u8]) -> u16 {
        let digest = digest(name);
        let words: [u64; TEXT_WORDS] = words_of_text(name);
        for number in 1..=self.count() {
            let Some([there, length, text @ ..]) = self.name(number) else { return 0 };
            let is_the_same = |(word, wanted): (&AtomicU64, &u64)| word.load(Relaxed) == *wanted;
            match there.load(Relaxed) {
                0 => {
                    length.store(name.len().min(Self::LONGEST) as u64, Relaxed);
                    for (word, &value) in text.iter().zip(&words) {
                        word.store(value, Relaxed);
                    }
                    there.store(digest, std::sync::atomic::Ordering::Release);
                    return number;
                }
                found if found == digest && text.iter().zip(&words).all(is_the_same) => return number,
                _ => {}
            }
        }
        0
    }

    /// The name with a number, or its beginning.
    pub fn text(&self, number: u16) -> Option<Vec<u8>> {
        let [digest, length, text @ ..] = self.name(number)?;
        if digest.load(std::sync::atomic::Ordering::Acquire) == 0 {
            return None;
        }
        let words: [u64; TEXT_WORDS] = std::array::from_fn(|word| text[word].load(Relaxed));
        Some(text_of_words(&words, length.load(Relaxed) as usize))
    }

    fn name(&self, number: u16) -> Option<&'a [AtomicU64; WORDS]> {
        place(self.0, usize::from(number.checked_sub(1)?))
    }

    fn count(&self) -> u16 {
        u16::try_from(self.0.len() / WORDS).unwrap_or(u16::MAX)
    }
}

impl Roots<'_> {
    /// How many there is room for: as many as a device's record has bits for them.
    pub const MOST: usize = 32;

    /// The number of a root, which may be new; none if there is no room for it, and it can prove nothing.
    pub fn claim(&self, sha256: &[u8; 32]) -> Option<Root> {
        let number = self.0.claim(sha256);
        u8::try_from(number).ok()?.checked_sub(1).map(Root)
    }

    /// The SHA-256 of the root that a bit of [`Root::bit`] stands for; none of a bit that was not given out.
    pub fn sha256(&self, bit: u32) -> Option<[u8; 32]> {
        let number = u16::try_from(bit.trailing_zeros()).ok()?.checked_add(1)?;
        self.0.text(number)?.try_into().ok()
    }
}

impl Root {
    /// The bit that stands for it.
    pub const fn bit(self) -> u32 {
        1 << (self.0 % 32)
    }
}

/// A digest of all of a name, never 0.
fn digest(name: &[u8]) -> u64 {
    let chunks = name.chunks(8).map(|chunk| words_of_text::<1>(chunk)[0]);
    chunks.fold(check(&[name.len() as u64]), |sum, word| check(&[sum, word])).max(1)
}

#[cfg(all(test, not(feature = "model")))]
mod tests {
    use super::*;
    use crate::test_memory::words;

    #[test]
    fn a_host_keeps_its_number_over_restarts_and_no_other_gets_it() {
        let memory = words(Names::words(3));
        let names = Names(&memory);
        assert_eq!((names.claim(b"a.example:443"), names.claim(b"b.example:443")), (1, 2));
        assert_eq!((names.claim(b"b.example:443"), names.claim(b"c.example:443")), (2, 3));
        assert_eq!(names.claim(b"d.example:443"), 0, "no room");
        assert_eq!((names.claim(b"a.example:443"), names.claim(b"c.example:443")), (1, 3));
        assert_eq!(names.text(2).as_deref(), Some(&b"b.example:443"[..]));
        assert_eq!((names.text(0), names.text(4)), (None, None));
    }

    #[test]
    fn long_names_that_begin_alike_differ() {
        let memory = words(Names::words(3));
        let names = Names(&memory);
        let long = |end: u8| [[b'x'; Names::LONGEST].as_slice(), &[end]].concat();
        assert_eq!((names.claim(&long(1)), names.claim(&long(2)), names.claim(b"")), (1, 2, 3));
        assert_eq!(names.text(1).map(|text| text.len()), Some(Names::LONGEST));
        assert_eq!(names.text(3).as_deref(), Some(&b""[..]));
    }

    #[test]
    fn roots_past_the_last_bit_have_no_number() {
        let memory = words(Names::words(Roots::MOST));
        let roots = Roots(Names(&memory));
        let numbers: Vec<_> = (0..33).map(|number| roots.claim(&[number; 32])).collect();
        let bits = numbers.iter().flatten().fold(0, |bits, root| bits | root.bit());
        assert_eq!((bits, numbers[32]), (u32::MAX, None));
        assert_eq!(roots.claim(&[7; 32]), numbers[7]);
        assert_eq!(roots.sha256(numbers[7].unwrap().bit()), Some([7; 32]));
        assert_eq!((roots.sha256(0), Roots(Names(&memory[..32])).sha256(1 << 5)), (None, None));
    }
}
