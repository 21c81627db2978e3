//! Percent-decoding (RFC 3986, section 2.1), as often as there is something to decode.

use crate::mac::hex_value;

/// `text` with every `%XX` decoded once, from left to right. A `%` without two hex digits stays.
pub fn percent_decode_once(text: &[u8]) -> Vec<u8> {
    decode_once(text).unwrap_or_else(|| text.to_vec())
}

/// The same, `None` where there is nothing to decode.
pub(crate) fn decode_once(text: &[u8]) -> Option<Vec<u8>> {
    crate::work::done(text.len());
    // The library looks for a byte faster than a loop does, and most often there is none.
    if !text.contains(&b'%') {
        return None;
    }
    let mut out: Option<Vec<u8>> = None;
    // What stands before `kept` has been copied or decoded.
    let (mut kept, mut index) = (0, 0);
    while index < text.len() {
        if text[index] != b'%' {
            index += 1;
            continue;
        }
        match escape(&text[index..]) {
            Some(decoded) => {
                let out = out.get_or_insert_with(|| Vec::with_capacity(text.len()));
                out.extend_from_slice(&text[kept..index]);
                out.push(decoded);
                index += 3;
                kept = index;
            }
            None => index += 1,
        }
    }
    let mut out = out?;
    out.extend_from_slice(&text[kept..]);
    Some(out)
}

/// The byte that an escape at the start of `text` stands for.
pub(crate) fn escape(text: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = *text else { return None };
    Some(hex_value(high)? << 4 | hex_value(low)?)
}

/// `text` percent-decoded until nothing changes, in one pass.
///
/// No two escapes can overlap, so decoding as soon as an escape is complete reaches the same text
/// as decoding level by level, without the quadratic time that `%252525...` would ask for.
pub fn percent_decode_fully(text: &[u8]) -> Vec<u8> {
    crate::work::done(text.len());
    if !text.contains(&b'%') {
        return text.to_vec();
    }
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    for &byte in text {
        out.push(byte);
        while let Some(decoded) = out.last_chunk::<3>().and_then(|three| escape(three)) {
            out.truncate(out.len() - 3);
            out.push(decoded);
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
