//! Looks at 16 bytes at once, with a bit for each of them in the answer, the first one lowest.

/// So many bytes make a block.
pub const BLOCK: usize = 16;

/// What bytes of a block are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// Hex digits.
    pub digits: u16,
    /// Slashes.
    pub slashes: u16,
    /// Percent signs, and what is not ASCII.
    pub coded: u16,
}

impl Marks {
    /// Those of a block.
    #[inline(always)]
    pub fn of(block: &[u8; BLOCK]) -> Self {
        of(block)
    }
}

/// Which bytes are this one.
#[inline(always)]
pub fn equal(block: &[u8; BLOCK], byte: u8) -> u16 {
    equal_to(block, byte)
}

// Every x86-64 processor has SSE2. The compiler makes the same of the loops below elsewhere, but for the last step.
#[cfg(not(target_arch = "x86_64"))]
use anywhere::{equal_to, of};
#[cfg(target_arch = "x86_64")]
use sse2::{equal_to, of};

#[cfg(target_arch = "x86_64")]
mod sse2 {
    use super::{BLOCK, Marks};
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
        _mm_sub_epi8,
    };

    #[inline(always)]
    pub fn of(block: &[u8; BLOCK]) -> Marks {
        // SAFETY: a block may be read at any address, and the processor has what this takes.
        unsafe {
            let bytes: __m128i = _mm_loadu_si128(block.as_ptr().cast());
            let all = |byte: u8| _mm_set1_epi8(byte as i8);
            let is_below = |bytes: __m128i, bound: u8| _mm_cmpeq_epi8(_mm_min_epu8(bytes, all(bound - 1)), bytes);
            let decimal = is_below(_mm_sub_epi8(bytes, all(b'0')), 10);
            let letter = is_below(_mm_sub_epi8(_mm_or_si128(bytes, all(0x20)), all(b'a')), 6);
            let is = |byte: u8| _mm_cmpeq_epi8(bytes, all(byte));
            Marks {
                digits: _mm_movemask_epi8(_mm_or_si128(decimal, letter)) as u16,
                slashes: _mm_movemask_epi8(is(b'/')) as u16,
                coded: _mm_movemask_epi8(_mm_or_si128(is(b'%'), bytes)) as u16,
            }
        }
    }

    #[inline(always)]
    pub fn equal_to(block: &[u8; BLOCK], byte: u8) -> u16 {
        // SAFETY: as above.
        unsafe {
            let bytes: __m128i = _mm_loadu_si128(block.as_ptr().cast());
            _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte as i8))) as u16
        }
    }
}

#[cfg(any(test, not(target_arch = "x86_64")))]
mod anywhere {
    use super::{BLOCK, Marks};

    /// The bit of each byte among those of its word.
    const BIT: [u8; BLOCK] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];

    #[inline(always)]
    pub fn of(block: &[u8; BLOCK]) -> Marks {
        Marks {
            digits: which(block, |byte| byte.wrapping_sub(b'0') < 10 || (byte | 0x20).wrapping_sub(b'a') < 6),
            slashes: which(block, |byte| byte == b'/'),
            coded: which(block, |byte| byte == b'%' || byte > 0x7f),
        }
    }

    #[inline(always)]
    pub fn equal_to(block: &[u8; BLOCK], byte: u8) -> u16 {
        which(block, |other| other == byte)
    }

    #[inline(always)]
    fn which(block: &[u8; BLOCK], is: impl Fn(u8) -> bool) -> u16 {
        let mut bits = [0; BLOCK];
        for place in 0..BLOCK {
            bits[place] = if is(block[place]) { BIT[place] } else { 0 };
        }
        let both = u128::from_le_bytes(bits);
        // No two of a word's bits are the same: the upper byte of the product is the sum of them all.
        let sum = |word: u64| (word.wrapping_mul(0x0101_0101_0101_0101) >> 56) as u16;
        sum(both as u64) | sum((both >> 64) as u64) << 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_seen_as_what_it_is_at_every_place() {
        for byte in 0..=255_u8 {
            for place in 0..BLOCK {
                let (mut block, bit) = ([b'~'; BLOCK], 1_u16 << place);
                block[place] = byte;
                let marked = |is: bool| if is { bit } else { 0 };
                let marks = Marks {
                    digits: marked(byte.is_ascii_hexdigit()),
                    slashes: marked(byte == b'/'),
                    coded: marked(byte == b'%' || !byte.is_ascii()),
                };
                assert_eq!((Marks::of(&block), anywhere::of(&block)), (marks, marks), "{byte} at {place}");
                let same = if byte == b'~' { u16::MAX } else { bit };
                assert_eq!((equal(&block, byte), anywhere::equal_to(&block, byte)), (same, same), "{byte} at {place}");
            }
        }
    }
}
