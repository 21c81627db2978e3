//! A first look at a text: whether it has enough digits for an address at all.

use crate::mac::Mac;
use crate::names::work;

/// The least number of digits of an address: six octets without their leading zero.
pub const LEAST_DIGITS: usize = 6;

/// What a first look counts: hex digits in the lower half, `:` and `-`, which join octets, in the upper one. A byte
/// above 127 counts as one digit, the most that folding makes of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight(u64);

const JOINT: u64 = 1 << 32;

/// What each byte of a short text adds.
const WEIGHTS: [u64; 256] = {
    let mut weights = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        weights[byte] = is_digit(byte as u8) as u64 + is_joint(byte as u8) as u64 * JOINT;
        byte += 1;
    }
    weights
};

const fn is_digit(byte: u8) -> bool {
    byte.wrapping_sub(b'0') < 10 || (byte | 0x20).wrapping_sub(b'a') < 6 || byte > 127
}

const fn is_joint(byte: u8) -> bool {
    byte == b':' || byte == b'-'
}

/// How many bytes are weighed together, and how many such blocks: so few that no one-byte counter overflows, with some bytes
/// more.
const BLOCK: usize = 16;
const BLOCKS: usize = 254;

/// From a place on, of that many last bytes of a block all bits, and none of those before them.
const LAST: [u8; 2 * BLOCK] = {
    let mut last = [0; 2 * BLOCK];
    let mut place = BLOCK;
    while place < last.len() {
        last[place] = 0xff;
        place += 1;
    }
    last
};

/// A counter for each place of a block: the compiler makes whole registers of them.
#[derive(Default)]
struct Counts {
    digits: [u8; BLOCK],
    joints: [u8; BLOCK],
}

impl Counts {
    /// Adds those bytes of a block that `which` has all bits of.
    #[inline(always)]
    fn add(&mut self, block: &[u8; BLOCK], which: &[u8; BLOCK]) {
        for place in 0..BLOCK {
            self.digits[place] += u8::from(is_digit(block[place])) & which[place];
            self.joints[place] += u8::from(is_joint(block[place])) & which[place];
        }
    }

    #[inline(always)]
    fn sum(self) -> u64 {
        total(self.digits) + JOINT * total(self.joints)
    }
}

impl Weight {
    /// That of a text.
    pub fn of(text: &[u8]) -> Self {
        work::done(text.len());
        let (blocks, rest) = text.split_at(text.len() / BLOCK * BLOCK);
        let (Some(last), Some(which)) = (text.last_chunk(), LAST[rest.len()..].first_chunk()) else {
            return Weight(rest.iter().fold(0, |sum, &byte| sum + WEIGHTS[byte as usize]));
        };
        let (mut counts, mut sum) = (Counts::default(), 0);
        counts.add(last, which);
        for blocks in blocks.chunks(BLOCK * BLOCKS) {
            for block in blocks.chunks_exact(BLOCK) {
                block.first_chunk().into_iter().for_each(|block| counts.add(block, &[0xff; BLOCK]));
            }
            sum += std::mem::take(&mut counts).sum();
        }
        Weight(sum)
    }

    /// At most this many hex digits.
    pub fn digits(self) -> usize {
        self.0 as u32 as usize
    }

    /// Of the characters that join octets.
    pub fn joints(self) -> usize {
        (self.0 >> 32) as usize
    }

    /// Whether six octets may be among them.
    pub fn may_have_octets(self) -> bool {
        self.0 >= 5 * JOINT
    }

    /// Whether a text of this weight can name a device at all, decoded and folded too: it needs 12 digits, or 6 and 5 that
    /// join octets, each of which can be written as an escape with two digits more.
    pub fn may_name(self) -> bool {
        let digits = self.digits();
        digits >= Mac::DIGITS || (digits >= LEAST_DIGITS && digits + 2 * self.joints() >= 16)
    }
}

/// The sum of all counters.
fn total(counts: [u8; BLOCK]) -> u64 {
    // Side by side in a register: every other one, as 16 bits.
    const EVERY_OTHER: u128 = u128::MAX / 0xffff * 0xff;
    const ONES: u64 = u64::MAX / 0xffff;
    let counts = u128::from_le_bytes(counts);
    let pairs = (counts & EVERY_OTHER) + (counts >> 8 & EVERY_OTHER);
    // A product's upper 16 bits are the sum of all four.
    (pairs as u64 + (pairs >> 64) as u64).wrapping_mul(ONES) >> 48
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_any_length_weighs_what_its_bytes_weigh() {
        let text: Vec<u8> = (0..=255).cycle().take(3 * BLOCK * BLOCKS + 7).collect();
        for length in [0, 1, BLOCK, 100, BLOCK * BLOCKS - 1, BLOCK * BLOCKS + 1, text.len()] {
            let slow = text[..length].iter().map(|&byte| WEIGHTS[byte as usize]).sum();
            assert_eq!(Weight::of(&text[..length]), Weight(slow), "{length}");
        }
        let all = Weight::of("0:-9aAfFgG/ \u{7f}\u{e9}".as_bytes());
        assert_eq!((all.digits(), all.0 >> 32), (8, 2));
    }
}
