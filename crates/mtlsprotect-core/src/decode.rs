//! Percent-decoding (RFC 3986, section 2.1), as often as there is something to decode.

use crate::mac::hex_value;

/// `text` with every `%XX` decoded once, from left to right. A `%` without two hex digits stays.
pub fn percent_decode_once(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        if let (b'%', [high, low, after @ ..]) = (byte, tail) {
            if let (Some(high), Some(low)) = (hex_value(*high), hex_value(*low)) {
                out.push(high << 4 | low);
                rest = after;
                continue;
            }
        }
        out.push(byte);
        rest = tail;
    }
    out
}

/// `text` percent-decoded until nothing changes, in one pass.
///
/// No two escapes can overlap, so decoding as soon as an escape is complete reaches the same text
/// as decoding level by level, without the quadratic time that `%252525...` would ask for.
pub fn percent_decode_fully(text: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    for &byte in text {
        out.push(byte);
        while let [.., b'%', high, low] = out[..] {
            let (Some(high), Some(low)) = (hex_value(high), hex_value(low)) else { break };
            out.truncate(out.len() - 3);
            out.push(high << 4 | low);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_escape_is_decoded_and_a_broken_one_stays() {
        assert_eq!(percent_decode_once(b"%41%4a%zz%4"), b"AJ%zz%4");
        assert_eq!(percent_decode_once(b"%2541"), b"%41");
        assert_eq!(percent_decode_fully(b"%252541"), b"A");
        assert_eq!(percent_decode_fully(b"%25%32%35"), b"%");
    }

    proptest! {
        #[test]
        fn full_decoding_is_decoding_level_by_level(text in "[%0-9a-fx]{0,40}") {
            let mut slow = text.into_bytes();
            let fast = percent_decode_fully(&slow);
            loop {
                let next = percent_decode_once(&slow);
                if next == slow { break }
                slow = next;
            }
            prop_assert_eq!(fast, slow);
        }
    }
}
