//! MAC addresses, compared as 48-bit numbers and never as text.

use std::fmt;
use std::str::FromStr;

/// A device's MAC address (EUI-48).
///
/// Prints as the provisioning world writes file names: 12 lower-case hex digits, no separators.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(u64);

/// The first 24 bits of a MAC address, which IEEE assigns to a manufacturer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oui(u32);

/// A text that is not a MAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAMac;

/// A text that is not a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAPrefix;

impl Mac {
    /// Number of hex digits in a MAC address.
    pub const DIGITS: usize = 12;

    /// The MAC whose value is the low 48 bits of `bits`.
    pub const fn from_bits(bits: u64) -> Self {
        Mac(bits & 0xffff_ffff_ffff)
    }

    /// The 48 bits as a number.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The prefix that names the manufacturer.
    pub const fn oui(self) -> Oui {
        Oui((self.0 >> 24) as u32)
    }

    /// Whether this can be a device at all: `000000......` names files shared by all phones
    /// (`000000000000.cfg`, Yealink's `y000000000025.cfg`).
    pub const fn is_device(self) -> bool {
        self.oui().0 != 0
    }

    /// A MAC from exactly 12 hex digits, six pairs joined by `:` or by `-`, or three quads joined
    /// by `.`, and nothing else around it.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if let Ok(digits) = text.try_into() {
            return Mac::of_digits(digits);
        }
        let (group, separators): (usize, &[u8]) = match text.len() {
            17 => (2, b":-"),
            14 => (4, b"."),
            _ => return None,
        };
        let separator = text.get(group).copied();
        if separator.is_some_and(|byte| !separators.contains(&byte)) {
            return None;
        }
        let mut bits = 0;
        for (index, &byte) in text.iter().enumerate() {
            if index % (group + 1) == group {
                if Some(byte) != separator {
                    return None;
                }
            } else {
                bits = bits * 16 + u64::from(hex_value(byte)?);
            }
        }
        Some(Mac(bits))
    }

    /// The MAC that 12 hex digits are.
    pub(crate) fn of_digits(digits: &[u8; Self::DIGITS]) -> Option<Self> {
        let (mut bits, mut all) = (0, 0);
        for &digit in digits {
            let value = HEX[digit as usize];
            bits = bits << 4 | u64::from(value);
            all |= value;
        }
        (all < 16).then_some(Mac(bits))
    }

    /// The same where they are known to be digits; otherwise some MAC.
    pub(crate) fn of_known_digits(digits: &[u8; Self::DIGITS]) -> Self {
        let [first @ .., _, _, _, _] = *digits;
        let [_, _, _, _, last @ ..] = *digits;
        // Four of them are in both.
        Mac(u64::from(eight_values(first)) << 16 | u64::from(eight_values(last)))
    }

    /// The same where it is a device's.
    pub fn of_device(text: &[u8]) -> Option<Self> {
        Mac::parse(text).filter(|mac| mac.is_device())
    }

    /// The 12 lower-case digits as bytes.
    pub fn digits(self) -> [u8; Self::DIGITS] {
        let mut digits = [0; Self::DIGITS];
        digits[..4].copy_from_slice(&eight_digits((self.0 >> 32) as u32)[4..]);
        digits[4..].copy_from_slice(&eight_digits(self.0 as u32));
        digits
    }
}

/// The 8 lower-case hex digits of a number, all at once: this is done for every request.
fn eight_digits(number: u32) -> [u8; 8] {
    // A digit in the low half of each byte.
    let mut nibbles = u64::from(number);
    nibbles = (nibbles | nibbles << 16) & 0x0000_ffff_0000_ffff;
    nibbles = (nibbles | nibbles << 8) & 0x00ff_00ff_00ff_00ff;
    nibbles = (nibbles | nibbles << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    // 1 in each byte that is above 9; `a` is 39 further than the byte after `9`.
    let letters = ((nibbles + 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101;
    (nibbles + 0x3030_3030_3030_3030 + letters * 39).to_be_bytes()
}

/// The number that 8 hex digits are.
fn eight_values(digits: [u8; 8]) -> u32 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let digits = u64::from_be_bytes(digits);
    // The value of each in the low half of its byte: of a letter, 9 more than its own low half.
    let nibbles = (digits & (0x0f * ONES)) + (digits >> 6 & ONES) * 9;
    let pairs = (nibbles | nibbles >> 4) & 0x00ff_00ff_00ff_00ff;
    let quads = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    (quads | quads >> 16) as u32
}

impl Oui {
    /// The OUI whose value is the low 24 bits of `bits`.
    pub const fn from_bits(bits: u32) -> Self {
        Oui(bits & 0xff_ffff)
    }

    /// The 24 bits as a number.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The first of its octets.
    pub const fn octet(self) -> u8 {
        (self.0 >> 16) as u8
    }

    /// An OUI from exactly 6 hex digits, or three pairs joined by `:` or by `-`.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let digits: Vec<u8> = match text {
            [_, _, b':', _, _, b':', _, _] => text.split(|&byte| byte == b':').flatten().copied().collect(),
            [_, _, b'-', _, _, b'-', _, _] => text.split(|&byte| byte == b'-').flatten().copied().collect(),
            _ => text.to_vec(),
        };
        if digits.len() != 6 {
            return None;
        }
        digits.into_iter().try_fold(0, |bits, digit| Some(bits * 16 + u32::from(hex_value(digit)?))).map(Oui)
    }
}

impl FromStr for Mac {
    type Err = NotAMac;

    /// As [`Mac::parse`].
    fn from_str(text: &str) -> Result<Self, NotAMac> {
        Mac::parse(text.as_bytes()).ok_or(NotAMac)
    }
}

impl FromStr for Oui {
    type Err = NotAPrefix;

    /// As [`Oui::parse`].
    fn from_str(text: &str) -> Result<Self, NotAPrefix> {
        Oui::parse(text.as_bytes()).ok_or(NotAPrefix)
    }
}

impl fmt::Display for NotAMac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is not a MAC address, which has 12 hex digits")
    }
}

impl std::error::Error for NotAMac {}

impl fmt::Display for NotAPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is not a prefix, which has 6 hex digits")
    }
}

impl std::error::Error for NotAPrefix {}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012x}", self.0)
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mac({self})")
    }
}

impl fmt::Display for Oui {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06x}", self.0)
    }
}

impl fmt::Debug for Oui {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oui({self})")
    }
}

/// The value of one hex digit of either case.
pub const fn hex_value(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// The value of each hex digit, and more for all other bytes.
pub(crate) const HEX: [u8; 256] = {
    let mut values = [0xff; 256];
    let mut byte = 0;
    while byte < 256 {
        if let Some(value) = hex_value(byte as u8) {
            values[byte] = value;
        }
        byte += 1;
    }
    values
};

/// The MAC that is left of `text` once everything but hex digits is removed, as applications do; `None` where these are
/// not exactly 12.
pub(crate) fn strip_to_mac(text: &[u8]) -> Option<Mac> {
    let mut bits: u64 = 0;
    let mut count = 0usize;
    for value in text.iter().filter_map(|&byte| hex_value(byte)) {
        bits = bits << 4 | u64::from(value);
        count += 1;
    }
    (count == Mac::DIGITS).then(|| Mac::from_bits(bits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_notation_of_one_address_is_the_same_number() {
        let expected = Mac::from_bits(0x0004_f28b_54f4);
        for text in ["0004F28B54F4", "0004f28b54f4", "00:04:f2:8b:54:f4", "00-04-F2-8b-54-f4", "0004.f28b.54f4"] {
            assert_eq!(Mac::parse(text.as_bytes()), Some(expected), "{text}");
        }
        assert_eq!(expected.to_string(), "0004f28b54f4");
        assert_eq!(&expected.digits(), b"0004f28b54f4");
        assert_eq!(expected.oui(), Oui::from_bits(0x0004f2));
    }

    #[test]
    fn anything_around_or_instead_of_an_address_is_refused() {
        for text in [
            "",
            "*",
            "0004f28b54f",
            "0004f28b54f4a",
            "0004f28b54f4 ",
            "00:04-f2:8b:54:f4",
            "0004:f28b:54f4",
            "00.04.f2.8b.54.f4",
            "0004f28b54fg",
            "00:04:f2:8b:54:f4:",
            "0004.f28b.54f4\0",
            "0004-f28b-54f4",
        ] {
            assert_eq!(Mac::parse(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn digits_are_what_formatting_writes(bits in any::<u64>()) {
            let mac = Mac::from_bits(bits);
            prop_assert_eq!(String::from_utf8(mac.digits().to_vec()).unwrap(), format!("{:012x}", mac.bits()));
            prop_assert_eq!(Mac::of_known_digits(&mac.digits()), mac);
            prop_assert_eq!(Mac::of_known_digits(&mac.digits().map(|digit| digit.to_ascii_uppercase())), mac);
        }
    }

    #[test]
    fn a_prefix_is_six_digits() {
        for text in ["0004f2", "0004F2", "00:04:f2", "00-04-F2"] {
            assert_eq!(Oui::parse(text.as_bytes()), Some(Oui::from_bits(0x0004f2)), "{text}");
        }
        for text in ["", "0004f", "0004f20", "00:04-f2", "00:04:f2:", "0004fg", "000:4:f2", "+0004f2"] {
            assert_eq!(Oui::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Oui::from_bits(0x0004f2).to_string(), "0004f2");
        assert_eq!(format!("{:?}", Oui::from_bits(0xff00_04f2)), "Oui(0004f2)");
        assert_eq!(Oui::from_bits(0xffff_ffff).bits(), 0xff_ffff);
    }

    #[test]
    fn a_word_is_an_address_or_says_that_it_is_not() {
        assert_eq!("00:04:f2:8b:54:f4".parse(), Ok(Mac::from_bits(0x0004_f28b_54f4)));
        assert_eq!("0004f28b54f".parse::<Mac>(), Err(NotAMac));
        assert_eq!("00-04-f2".parse(), Ok(Oui::from_bits(0x0004f2)));
        assert_eq!("0004f".parse::<Oui>(), Err(NotAPrefix));
        assert!(NotAMac.to_string().contains("12 hex digits") && NotAPrefix.to_string().contains("6 hex digits"));
        assert_eq!(Mac::of_device(b"0004f28b54f4"), Some(Mac::from_bits(0x0004_f28b_54f4)));
        assert_eq!((Mac::of_device(b"000000000025"), Mac::of_device(b"x")), (None, None));
    }

    #[test]
    fn the_shared_prefix_is_no_device() {
        assert!(!Mac::parse(b"000000000025").unwrap().is_device());
        assert!(Mac::parse(b"000001000000").unwrap().is_device());
    }
}
