//! Percent-decoding (RFC 3986, section 2.1), as often as there is something to decode.
//!
//! JavaScript's `escape` writes `%u0030` too, and Perl's CGI.pm, libapreq and ASP.NET read it. To all others these are six
//! characters.

use crate::mac::HEX;
use crate::names::bytes::{WORD, place_in};
use std::borrow::Cow;

/// Which escapes are decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escapes {
    /// `%XX` and `%uXXXX` of ASCII characters; other characters are put in by who folds.
    All,
    /// `%XX` and `%uXXXX` of all characters, level by level.
    Wide,
    /// `%XX` alone, as most applications do.
    Bytes,
}

/// `text` with every `%XX` and `%u00XX` decoded once, from left to right. A `%` without two hex digits stays.
pub fn percent_decode_once(text: &[u8]) -> Vec<u8> {
    let mut out = Decoded::default();
    if decode_once_into(text, Escapes::All, &mut out) { out.into_vec() } else { text.to_vec() }
}

/// Whether `decoded` is `text` decoded once.
pub fn is_decoded_once(text: &[u8], decoded: &[u8]) -> bool {
    let (mut index, mut place) = (0, 0);
    while let Some(&byte) = text.get(index) {
        let (byte, length) = match byte {
            b'%' => escape(&text[index..], Escapes::All).unwrap_or((b'%', 1)),
            _ => match plain_word(&text[index..], &decoded[place..]) {
                0 => (byte, 1),
                plain => {
                    (index, place) = (index + plain, place + plain);
                    continue;
                }
            },
        };
        if decoded.get(place) != Some(&byte) {
            break;
        }
        (index, place) = (index + length, place + 1);
    }
    crate::names::work::done(index);
    index == text.len() && place == decoded.len()
}

/// How many bytes before the next percent sign are the same in both, a word at most.
#[inline(always)]
fn plain_word(text: &[u8], decoded: &[u8]) -> usize {
    let (Some(word), Some(other)) = (text.first_chunk::<WORD>(), decoded.first_chunk::<WORD>()) else { return 0 };
    let same = (u64::from_le_bytes(*word) ^ u64::from_le_bytes(*other)).trailing_zeros() as usize / 8;
    place_in(word, b'%').min(same)
}

/// A buffer for a decoded text.
#[derive(Default)]
pub(crate) struct Decoded {
    /// The text, and more.
    bytes: Vec<u8>,
    length: usize,
}

impl Decoded {
    /// The text.
    pub fn text(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Puts another in its place.
    pub fn replace(&mut self, text: Vec<u8>) {
        (self.length, self.bytes) = (text.len(), text);
    }

    fn into_vec(mut self) -> Vec<u8> {
        self.bytes.truncate(self.length);
        self.bytes
    }
}

/// Puts `text` decoded once in the place of `out`; its content is of no use if there is nothing to decode.
pub(crate) fn decode_once_into(text: &[u8], escapes: Escapes, out: &mut Decoded) -> bool {
    crate::names::work::done(text.len());
    let Some(mut decoder) = Decoder::at_first_escape(text, escapes, out) else { return false };
    while decoder.plain() {
        decoder.percent();
        // Most often escapes follow one another.
        while let Some((decoded, length)) = escape(&text[decoder.index..], escapes) {
            decoder.push(decoded, length);
        }
    }
    decoder.finish();
    true
}

/// The byte that an escape at the start of `text` stands for, and how long that is.
#[inline(always)]
pub(crate) fn escape(text: &[u8], escapes: Escapes) -> Option<(u8, usize)> {
    let [b'%', high, low, ..] = *text else { return None };
    match byte_of(high, low) {
        Some(byte) => Some((byte, 3)),
        None if high | 0x20 == b'u' && escapes != Escapes::Bytes => Some((ascii_of(&text[2..])?, 6)),
        None => None,
    }
}

/// The byte that two hex digits spell.
#[inline(always)]
fn byte_of(high: u8, low: u8) -> Option<u8> {
    let (high, low) = (HEX[high as usize], HEX[low as usize]);
    (high | low < 16).then_some(high << 4 | low)
}

/// The ASCII character that four hex digits spell. Those above 127 become more bytes than one, of which none is a digit.
#[inline(never)]
fn ascii_of(digits: &[u8]) -> Option<u8> {
    let [b'0', b'0', high, low, ..] = *digits else { return None };
    byte_of(high, low).filter(u8::is_ascii)
}

/// The byte that an escape at the end of `text` stands for, and how long that is.
#[inline(always)]
pub(crate) fn escape_at_end(text: &[u8], escapes: Escapes) -> Option<(u8, usize)> {
    let at_end =
        |length: usize| escape(&text[text.len().checked_sub(length)?..], escapes).filter(|&(_, own)| own == length);
    at_end(3).or_else(|| at_end(6))
}

/// Whether what follows `text` may complete an escape at its end.
#[inline(always)]
pub(crate) fn begins_escape(text: &[u8]) -> bool {
    match *text {
        [.., b'%'] => true,
        [.., b'%', last] => last.is_ascii_hexdigit() || last | 0x20 == b'u',
        [.., b'%', b'u' | b'U', b'0'] | [.., b'%', b'u' | b'U', b'0', b'0'] => true,
        [.., b'%', b'u' | b'U', b'0', b'0', last] => last.is_ascii_hexdigit(),
        _ => false,
    }
}

/// Where the next escape begins, or the text ends.
pub(crate) fn next_escape(text: &[u8], mut index: usize, escapes: Escapes) -> usize {
    while let Some(word) = text[index..].first_chunk::<WORD>() {
        let place = place_in(word, b'%');
        index += place;
        if place < WORD {
            if escape(&text[index..], escapes).is_some() {
                return index;
            }
            index += 1;
        }
    }
    (index..text.len()).find(|&index| escape(&text[index..], escapes).is_some()).unwrap_or(text.len())
}

/// Copies a text, and decodes it on the way.
struct Decoder<'d> {
    text: &'d [u8],
    escapes: Escapes,
    index: usize,
    /// Room for the text and a word more.
    out: &'d mut [u8],
    end: usize,
    length: &'d mut usize,
}

impl<'d> Decoder<'d> {
    /// One that has copied what stands before the first escape; `None` where there is none.
    fn at_first_escape(text: &'d [u8], escapes: Escapes, out: &'d mut Decoded) -> Option<Self> {
        let first = next_escape(text, 0, escapes);
        if first == text.len() {
            return None;
        }
        let Decoded { bytes, length } = out;
        if bytes.len() < text.len() + WORD {
            bytes.resize(text.len() + WORD, 0);
        }
        bytes[..first].copy_from_slice(&text[..first]);
        Some(Decoder { text, escapes, index: first, out: bytes, end: first, length })
    }

    /// Copies what stands before the next percent sign, and says whether there is one.
    #[inline(always)]
    fn plain(&mut self) -> bool {
        while let Some(word) = self.text[self.index..].first_chunk::<WORD>() {
            self.out[self.end..self.end + WORD].copy_from_slice(word);
            let place = place_in(word, b'%');
            self.index += place;
            self.end += place;
            if place < WORD {
                return true;
            }
        }
        while let Some(&byte) = self.text.get(self.index) {
            if byte == b'%' {
                return true;
            }
            self.push(byte, 1);
        }
        false
    }

    /// Decodes an escape, or copies a percent sign that begins none.
    #[inline(always)]
    fn percent(&mut self) {
        match escape(&self.text[self.index..], self.escapes) {
            Some((decoded, length)) => self.push(decoded, length),
            None => self.push(b'%', 1),
        }
    }

    /// Appends a byte that stands for this many bytes of the text.
    #[inline(always)]
    fn push(&mut self, byte: u8, bytes: usize) {
        self.out[self.end] = byte;
        self.end += 1;
        self.index += bytes;
    }

    /// Decodes what has become an escape, until nothing changes. Returns whether what follows may complete another.
    #[inline(always)]
    fn again(&mut self) -> bool {
        // Most often no percent sign is near enough.
        if self.out[..self.end].last_chunk().is_some_and(|word| place_in(word, b'%') == WORD) {
            return false;
        }
        while let Some((decoded, length)) = escape_at_end(&self.out[..self.end], self.escapes) {
            self.end -= length - 1;
            self.out[self.end - 1] = decoded;
        }
        begins_escape(&self.out[..self.end])
    }

    /// Leaves out what follows a percent sign and makes one of it again.
    #[inline(always)]
    fn nested(&mut self) {
        if self.out[..self.end].ends_with(b"%") {
            while self.text[self.index..].starts_with(b"25") {
                self.index += 2;
            }
        }
    }

    /// Notes how long the decoded text is.
    fn finish(self) {
        *self.length = self.end;
    }
}

/// `text` percent-decoded until nothing changes, in one pass.
///
/// No two escapes can overlap, so decoding as soon as an escape is complete reaches the same text
/// as decoding level by level, without the quadratic time that `%252525...` would ask for.
pub fn percent_decode_fully(text: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Decoded::default();
    if decode_fully_into(text, Escapes::All, &mut out) { Cow::Owned(out.into_vec()) } else { Cow::Borrowed(text) }
}

/// Puts `text` decoded until nothing changes in the place of `out`; its content is of no use if there is nothing to
/// decode.
pub(crate) fn decode_fully_into(text: &[u8], escapes: Escapes, out: &mut Decoded) -> bool {
    crate::names::work::done(2 * text.len());
    let Some(mut decoder) = Decoder::at_first_escape(text, escapes, out) else { return false };
    while decoder.plain() {
        decoder.percent();
        while decoder.again() {
            decoder.nested();
            match text.get(decoder.index) {
                Some(b'%') => decoder.percent(),
                Some(&byte) => decoder.push(byte, 1),
                None => break,
            }
        }
    }
    decoder.finish();
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_escape_is_decoded_and_a_broken_one_stays() {
        assert_eq!(percent_decode_once(b"%41%4a%zz%4"), b"AJ%zz%4");
        assert_eq!(percent_decode_once(b"%4z%z4"), b"%4z%z4", "half of one");
        assert_eq!(percent_decode_once(b"%2541"), b"%41");
        assert_eq!(*percent_decode_fully(b"%252541"), b"A"[..]);
        assert_eq!(*percent_decode_fully(b"%25%32%35"), b"%"[..]);
        assert_eq!(percent_decode_once(b"%u0030%U006A%u00zz%u0130%u00e9%u003"), b"0j%u00zz%u0130%u00e9%u003");
        assert_eq!(*percent_decode_fully(b"%25u0030%u0025u0031%u0025%u0033%u0032%%75003%33"), b"0123"[..]);
    }

    #[test]
    fn what_is_the_same_before_a_percent_sign_is_compared_a_word_at_a_time() {
        for (text, decoded, same) in [
            ("0004f2aabbcc", "0004f2aabbcc", WORD),
            ("0004f%32aabbcc", "0004f2aabbcc", 5),
            ("0004f2aabbcc", "0004f3aabbcc", 5),
            ("0004f2a", "0004f2aabbcc", 0),
        ] {
            assert_eq!(plain_word(text.as_bytes(), decoded.as_bytes()), same, "{text}");
        }
    }

    #[test]
    fn a_buffer_has_room_for_the_longest_text_so_far_and_a_word_more() {
        let mut out = Decoded::default();
        for (text, decoded, room) in
            [("%41bc", "Abc", 5), ("/cfg/%30004f2aabbcc", "/cfg/0004f2aabbcc", 19), ("%42bc", "Bbc", 19)]
        {
            assert!(decode_once_into(text.as_bytes(), Escapes::All, &mut out));
            assert_eq!((out.text(), out.bytes.len()), (decoded.as_bytes(), room + WORD), "{text}");
        }
        out.replace(b"0004f2".to_vec());
        assert_eq!(out.text(), b"0004f2");
        assert!(decode_fully_into(b"%2541", Escapes::All, &mut out));
        assert_eq!(out.text(), b"A");
    }

    #[test]
    fn a_percent_sign_that_was_encoded_again_and_again_is_decoded_at_once() {
        let mut out = Decoded::default();
        let mut decoder = Decoder::at_first_escape(b"%25252541", Escapes::All, &mut out).unwrap();
        decoder.percent();
        decoder.nested();
        assert_eq!((&decoder.text[decoder.index..], decoder.end), (&b"41"[..], 1));
    }

    proptest! {
        #[test]
        fn what_a_text_is_decoded_to_is_told_from_all_else(
            text in "[%0-9a-fux]{0,40}|(%|u00|41|25|[a-z/]{0,40}){0,12}",
            (place, byte) in (0_usize..40, any::<u8>()),
        ) {
            let text = text.into_bytes();
            let mut decoded = percent_decode_once(&text);
            prop_assert!(is_decoded_once(&text, &decoded));
            if let Some(other) = decoded.get_mut(place).filter(|other| **other != byte) {
                *other = byte;
                prop_assert!(!is_decoded_once(&text, &decoded));
            }
            let decoded = percent_decode_once(&text);
            prop_assert!(!is_decoded_once(&text, &[&decoded[..], b"%"].concat()));
            if let Some((_, less)) = decoded.split_last() {
                prop_assert!(!is_decoded_once(&text, less));
            }
        }

        #[test]
        fn full_decoding_is_decoding_level_by_level(text in "[%0-9a-fx]{0,40}|(%|u00|U|[0-9]|25|%25|%75|%u002|%u00){0,14}") {
            let mut slow = text.into_bytes();
            let fast = percent_decode_fully(&slow).into_owned();
            loop {
                let next = percent_decode_once(&slow);
                if next == slow { break }
                slow = next;
            }
            prop_assert_eq!(fast, slow);
        }
    }
}
