//! What a byte means to the search.

use crate::mac::hex_value;

/// The value of a hex digit, or one of the others: an ASCII letter that is not a digit,
pub const LETTER: u8 = 0x10;
/// a further byte of a UTF-8 character, which is not a character of its own,
pub const CONTINUATION: u8 = 0x11;
/// or what is neither letter nor digit: from here on.
pub const MARK: u8 = 0x12;
/// From here to [`DOT`] they may join the groups of an address: this one pairs and octets,
pub const COLON: u8 = 0x13;
/// this one all groups,
pub const DASH: u8 = 0x14;
/// this one pairs and quads,
pub const UNDERSCORE: u8 = 0x15;
/// this one quads. From here to [`SEMICOLON`] they end a part of some text: this one what applications take for the stem of
/// a file's name.
pub const DOT: u8 = 0x16;
/// One of `/ ? &`, which end a part of a value.
pub const DELIMITER: u8 = 0x17;
/// Ends a part of a value, and the key of what some applications take for a parameter.
pub const EQUALS: u8 = 0x18;
/// Ends a part of a value, and for some applications a parameter.
pub const SEMICOLON: u8 = 0x19;
/// What follows the last byte.
pub const END: u8 = 0x1a;
/// What each byte is.
pub const CLASSES: [u8; 256] = {
    let mut classes = [MARK; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b':' => COLON,
            b'-' => DASH,
            b'_' => UNDERSCORE,
            b'.' => DOT,
            b'/' | b'?' | b'&' => DELIMITER,
            b'=' => EQUALS,
            b';' => SEMICOLON,
            0x80..=0xbf => CONTINUATION,
            other => match hex_value(other) {
                Some(value) => value,
                None if other.is_ascii_alphabetic() => LETTER,
                None => MARK,
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
