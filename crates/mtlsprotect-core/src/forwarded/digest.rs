//! A digest of texts by a secret, fast enough for each request.

/// The prime 2^61 - 1.
const PRIME: u64 = (1 << 61) - 1;
/// Those of a word above a number of the field.
const UNUSED_BITS: u32 = 3;
/// Bytes of a chunk: it stays below the prime.
const CHUNK: usize = 7;
const CHUNK_MASK: u64 = (1 << (8 * CHUNK)) - 1;

/// Two secret points at which texts, as polynomials over a prime field, are evaluated.
///
/// Two texts of `n` chunks that were chosen without knowing the points, which nothing tells, have one digest with a
/// probability of at most (n/2^60)^2: 2^-94 for the longest headers. SHA-256 would take ten times as long.
#[derive(Clone)]
pub struct TextDigest([u64; 2]);

impl TextDigest {
    /// With points that nobody else knows; of each the lower 60 bits count.
    pub fn new(secret: [u64; 2]) -> Self {
        TextDigest(secret.map(|point| point & (PRIME >> 1)))
    }

    /// The digest of some texts, of each by itself, in this order. The upper bits are as good as any: tables choose places
    /// by them.
    pub fn of(&self, texts: &[&[u8]]) -> [u64; 2] {
        // Beginning with one, texts of different lengths are polynomials of different degrees.
        let mut sums = [1; 2];
        for text in texts {
            let mut rest = *text;
            while let Some(eight) = rest.first_chunk::<8>() {
                self.add(&mut sums, u64::from_le_bytes(*eight) & CHUNK_MASK);
                rest = &rest[CHUNK..];
            }
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            self.add(&mut sums, u64::from_le_bytes(last));
            // What was padded, and where a text ends, shows by its length.
            self.add(&mut sums, text.len() as u64);
        }
        sums.map(|sum| (sum % PRIME) << UNUSED_BITS)
    }

    /// One step of Horner's rule at both points. A sum stays below 2^63: of the product of 2^63 + 2^56 and a point the
    /// part above the lowest 61 bits is below 2^62 + 2^55.
    #[inline(always)]
    fn add(&self, sums: &mut [u64; 2], chunk: u64) {
        for (sum, &point) in sums.iter_mut().zip(&self.0) {
            let product = u128::from(*sum + chunk) * u128::from(point);
            *sum = (product as u64 & PRIME) + (product >> 61) as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same with a remainder at each step, in whole numbers.
    fn obvious(secret: [u64; 2], texts: &[Vec<u8>]) -> [u64; 2] {
        secret.map(|point| {
            let point = u128::from(point & ((1 << 60) - 1));
            let mut sum = 1_u128;
            for text in texts {
                let mut chunks: Vec<u128> = Vec::new();
                let mut at = 0;
                while at + 8 <= text.len() {
                    chunks.push((0..7).map(|byte| u128::from(text[at + byte]) << (8 * byte)).sum());
                    at += 7;
                }
                chunks.push((at..text.len()).map(|byte| u128::from(text[byte]) << (8 * (byte - at))).sum());
                chunks.push(text.len() as u128);
                for chunk in chunks {
                    sum = (sum + chunk) * point % u128::from(PRIME);
                }
            }
            (sum as u64) << 3
        })
    }

    proptest! {
        #[test]
        fn a_digest_is_the_polynomials_value(
            secret in any::<[u64; 2]>(),
            texts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..4),
        ) {
            let slices: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(TextDigest::new(secret).of(&slices), obvious(secret, &texts));
        }

        #[test]
        fn other_texts_have_another_digest(
            secret in any::<[u64; 2]>().prop_filter("points", |secret| secret.iter().all(|point| point & (PRIME >> 1) > 1)),
            one in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..30), 2),
            other in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..30), 2),
        ) {
            let digest = TextDigest::new(secret);
            let of = |texts: &[Vec<u8>]| digest.of(&texts.iter().map(Vec::as_slice).collect::<Vec<_>>());
            prop_assert_eq!(of(&one) == of(&other), one == other);
        }
    }

    #[test]
    fn where_a_text_ends_makes_a_difference() {
        let digest = TextDigest::new([0x0123_4567_89ab_cdef, 0x0fed_cba9_8765_4321]);
        let texts: [&[&[u8]]; 9] =
            [&[], &[b""], &[b"", b""], &[b"\0"], &[b"ab", b""], &[b"a", b"b"], &[b"", b"ab"], &[b"ab"], &[b"ab\0"]];
        let digests: std::collections::HashSet<[u64; 2]> = texts.iter().map(|texts| digest.of(texts)).collect();
        assert_eq!(digests.len(), texts.len());
    }

    #[test]
    fn digests_are_spread_over_all_places_of_a_table() {
        const PLACES: usize = 64;
        let digest = TextDigest::new([0x0123_4567_89ab_cdef, 0x0fed_cba9_8765_4321]);
        let mut taken = [[0; PLACES]; 2];
        for number in 0..PLACES * 100 {
            for (half, word) in digest.of(&[format!("phone {number}").as_bytes()]).into_iter().enumerate() {
                taken[half][((u128::from(word) * PLACES as u128) >> 64) as usize] += 1;
            }
        }
        assert!(taken.iter().flatten().all(|count| (50..200).contains(count)), "{taken:?}");
    }

    #[test]
    fn the_largest_sums_stay_in_their_words() {
        let digest = TextDigest::new([u64::MAX; 2]);
        let text = vec![0xff; 40_000];
        assert_eq!(digest.of(&[&text]), obvious([u64::MAX; 2], std::slice::from_ref(&text)));
    }
}
