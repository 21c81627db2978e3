//! Searches a text for bytes, eight or sixteen at a time.

use mtlsprotect_memory::{BLOCK, equal};

pub(crate) const WORD: usize = 8;
pub(crate) const ONES: u64 = 0x0101_0101_0101_0101;
/// The upper bit of each byte.
pub(crate) const HIGH: u64 = ONES << 7;

/// The place of the first such byte in a word, or the length of one.
#[inline(always)]
pub(crate) fn place_in(word: &[u8; WORD], byte: u8) -> usize {
    // A byte's upper bit is set if the byte is equal, and perhaps if one after it is.
    let other = u64::from_le_bytes(*word) ^ (ONES * u64::from(byte));
    let equal = other.wrapping_sub(ONES) & !other & HIGH;
    equal.trailing_zeros() as usize / 8
}

/// Whether there is nothing in a text to decode or to fold.
#[inline]
pub(crate) fn is_plain(text: &[u8]) -> bool {
    let word = |word: &[u8; WORD]| u64::from_le_bytes(*word);
    let marked = |word: u64| {
        // The upper bit of a byte is set if it is a percent sign, perhaps if one before it is, or if it is not ASCII.
        let other = word ^ (ONES * u64::from(b'%'));
        (word | (other.wrapping_sub(ONES) & !other)) & HIGH
    };
    let Some(last) = text.last_chunk() else {
        return !text.iter().fold(false, |any, &byte| any | (byte == b'%') | !byte.is_ascii());
    };
    let mut found = marked(word(last));
    for chunk in text.chunks_exact(WORD) {
        found |= chunk.first_chunk().map_or(0, |chunk| marked(word(chunk)));
    }
    found == 0
}

/// The place of the first such byte.
#[inline]
pub fn place_of(text: &[u8], byte: u8) -> Option<usize> {
    if let Some(last) = text.last_chunk() {
        return place_in_blocks(text, last, byte);
    }
    let Some(last) = text.last_chunk() else {
        return text.iter().position(|&other| other == byte);
    };
    let mut start = 0;
    while let Some(word) = text[start..].first_chunk() {
        let place = place_in(word, byte);
        if place < WORD {
            return Some(start + place);
        }
        start += WORD;
    }
    // The last word has some bytes again.
    let place = place_in(last, byte);
    (place < WORD).then_some(text.len() - WORD + place)
}

/// The same in a text with this last block.
#[inline]
fn place_in_blocks(text: &[u8], last: &[u8; BLOCK], byte: u8) -> Option<usize> {
    let mut start = 0;
    while let Some(block) = text[start..].first_chunk() {
        let places = equal(block, byte);
        if places != 0 {
            return Some(start + places.trailing_zeros() as usize);
        }
        start += BLOCK;
    }
    // The last block has some bytes again.
    let places = equal(last, byte);
    (places != 0).then(|| text.len() - BLOCK + places.trailing_zeros() as usize)
}

/// The place of the last byte that is one of two.
#[inline]
pub(crate) fn last_place_of(text: &[u8], [one, other]: [u8; 2]) -> Option<usize> {
    // The upper bit of each byte that is equal, and of no other.
    let equal = |word: u64, byte: u8| {
        let other = word ^ (ONES * u64::from(byte));
        !(((other & !HIGH) + !HIGH) | other) & HIGH
    };
    let mut rest = text;
    while let Some((before, word)) = rest.split_last_chunk() {
        let word = u64::from_le_bytes(*word);
        let found = equal(word, one) | equal(word, other);
        if found != 0 {
            return Some(rest.len() - 1 - found.leading_zeros() as usize / 8);
        }
        rest = before;
    }
    rest.iter().rposition(|&byte| byte == one || byte == other)
}

/// Whether there is such a byte.
#[inline]
pub(crate) fn has(text: &[u8], byte: u8) -> bool {
    place_of(text, byte).is_some()
}

/// What stands before and after the first such byte; `None` where there is none.
#[inline]
pub(crate) fn split_at_byte(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    place_of(text, byte).map(|place| (&text[..place], &text[place + 1..]))
}

/// The pieces of a text that such bytes separate.
#[inline]
pub(crate) fn pieces(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (piece, behind) = match split_at_byte(text, separator) {
            Some((piece, behind)) => (piece, Some(behind)),
            None => (text, None),
        };
        rest = behind;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_text_with_an_escape_or_another_script_is_not_plain(
            text in "[ -~]{0,30}", place in 0..30_usize, byte in prop_oneof![Just(b'%'), 0x80..=0xff_u8, any::<u8>()],
        ) {
            let mut text = text.into_bytes();
            if let Some(at) = text.get_mut(place) {
                *at = byte;
            }
            prop_assert_eq!(is_plain(&text), text.is_ascii() && !text.contains(&b'%'));
        }

        #[test]
        fn a_text_is_split_as_the_library_does(text in "[/a]{0,10}|a{0,40}/?[/.a]{0,10}|[./0\u{1}\u{80}]{0,40}") {
            let text = text.as_bytes();
            prop_assert_eq!(place_of(text, b'/'), text.iter().position(|&byte| byte == b'/'));
            prop_assert_eq!(has(text, b'a'), text.contains(&b'a'));
            let last = text.iter().rposition(|byte| b"/.".contains(byte));
            prop_assert_eq!(last_place_of(text, [b'/', b'.']), last);
            let slash = text.iter().rposition(|&byte| byte == b'/');
            prop_assert_eq!(last_place_of(text, [b'/', b'/']), slash, "twice the same");
            prop_assert!(pieces(text, b'/').eq(text.split(|&byte| byte == b'/')));
        }
    }
}
