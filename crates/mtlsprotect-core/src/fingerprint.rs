//! SHA-256 digests, by which certificates and lists of them are told apart.

use openssl::sha::Sha256 as Hasher;
use std::fmt;
use std::str::FromStr;

/// A SHA-256 digest. Prints as people compare them: 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

/// A text that is not a SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAFingerprint;

impl Fingerprint {
    /// The digest with these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Fingerprint(bytes)
    }

    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        // OpenSSL's function for all at once looks the algorithm up anew each time.
        let mut hasher = Hasher::new();
        hasher.update(bytes);
        Fingerprint(hasher.finish())
    }

    /// The digest whose bytes are these four numbers.
    pub fn of_words(words: [u64; 4]) -> Self {
        let mut bytes = [0; 32];
        for (bytes, word) in bytes.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        Fingerprint(bytes)
    }

    /// Its bytes as four numbers.
    pub fn words(&self) -> [u64; 4] {
        let mut words = [0; 4];
        for (word, bytes) in words.iter_mut().zip(self.0.chunks_exact(8)) {
            *word = bytes.try_into().map_or(0, u64::from_be_bytes);
        }
        words
    }

    /// Its first 64 bits, by which certificates are told apart where there is no room for all.
    pub fn first_bits(&self) -> u64 {
        let [first, ..] = self.words();
        first
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Fingerprint {
    type Err = NotAFingerprint;

    /// 64 hex digits, also as OpenSSL prints them with colons between.
    fn from_str(text: &str) -> Result<Self, NotAFingerprint> {
        let digits = text.replace(':', "");
        if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(NotAFingerprint);
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&digits[2 * index..2 * index + 2], 16).map_err(|_| NotAFingerprint)?;
        }
        Ok(Fingerprint(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut digits = [0; 64];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
        f.pad(std::str::from_utf8(&digits).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl fmt::Display for NotAFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is not a SHA-256, which has 64 hex digits")
    }
}

impl std::error::Error for NotAFingerprint {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_as_it_is_written_and_as_openssl_writes_it() {
        let digest = Fingerprint::of(b"abc");
        let digits = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!((digest.to_string(), digits.parse()), (digits.to_owned(), Ok(digest)));
        assert_eq!(Fingerprint::new(*digest.as_bytes()), digest);
        assert_eq!(Fingerprint::of_words(digest.words()), digest);
        assert_eq!(
            format!("{:016x?}", digest.words()),
            format!("[{}]", [0, 16, 32, 48].map(|at| &digits[at..at + 16]).join(", "))
        );
        let pairs: Vec<&str> = (0..32).map(|index| &digits[2 * index..2 * index + 2]).collect();
        assert_eq!(pairs.join(":").to_uppercase().parse(), Ok(digest));
        assert_eq!(format!("{digest:?}"), format!("Fingerprint({digits})"));
        for wrong in [
            "",
            "12",
            &digits[1..],
            &digits.replace('b', "g"),
            &format!("{digits}0"),
            &"é".repeat(32),
            &format!("+{}", &digits[1..]),
        ] {
            assert_eq!(wrong.parse::<Fingerprint>(), Err(NotAFingerprint), "{wrong}");
        }
        assert!(NotAFingerprint.to_string().contains("64 hex digits"));
    }
}
