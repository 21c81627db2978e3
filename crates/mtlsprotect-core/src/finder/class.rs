//! What a byte means to the search.

use crate::mac::hex_value;

/// The value of a hex digit, or one of the others.
pub const OTHER: u8 = 0x10;
/// A further byte of a character of UTF-8, which is no character of its own.
pub const CONTINUATION: u8 = 0x11;
/// One of `: - _`, which stand between the groups of an address.
pub const JOINT: u8 = 0x12;
/// From here to [`SLASH`] characters end a part of some text. This one stands between quads, and ends what applications take for the stem of a file's name.
pub const DOT: u8 = 0x13;
/// One of `? & =`, which end a part of a value.
pub const DELIMITER: u8 = 0x14;
/// Ends a part of a value, and for some applications a parameter.
pub const SEMICOLON: u8 = 0x15;
/// Ends a segment of a path and a part of a value.
pub const SLASH: u8 = 0x16;
/// What each byte is.
pub const CLASSES: [u8; 256] = {
    let mut classes = [OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b':' | b'-' | b'_' => JOINT,
            b'.' => DOT,
            b'?' | b'&' | b'=' => DELIMITER,
            b';' => SEMICOLON,
            b'/' => SLASH,
            0x80..=0xbf => CONTINUATION,
            other => match hex_value(other) {
                Some(value) => value,
                None => OTHER,
            },
        };
        byte += 1;
    }
    classes
};

/// Whether a class is a hex digit's value.
pub const fn is_hex(class: u8) -> bool {
    class < 0x10
}

/// What a first look at a text counts, all in one number: each byte adds its weight.
pub mod weight {
    /// A hex digit.
    pub const DIGIT: u64 = 1;
    /// A `:` or a `-`, which join octets.
    pub const JOINT: u64 = 1 << 32;

    /// What each byte adds. A byte above 127 counts as a digit, which is the most that folding makes of one.
    pub const WEIGHTS: [u64; 256] = {
        let mut weights = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            weights[byte] = match byte as u8 {
                b':' | b'-' => JOINT,
                0x80..=0xff => DIGIT,
                other if super::is_hex(super::CLASSES[other as usize]) => DIGIT,
                _ => 0,
            };
            byte += 1;
        }
        weights
    };
}
