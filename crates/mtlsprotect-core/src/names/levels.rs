//! The texts that applications may read where a client sent one: percent-decoded once, twice and so on.

use crate::decode::{decode_once, escape, percent_decode_fully};
use std::ops::Range;

/// How many times as many bytes as the text all levels may have together, before it is decoded to its end at once.
/// Nobody's server decodes as often.
const TIMES: usize = 2;

/// Calls `read` with `text` decoded until nothing changes, decoded once less and so on, and last as it stands. The form
/// that has nothing left to decode, and the one that a server makes of what was sent, are marked as those that are read as
/// text.
pub fn each_level(text: &[u8], mut read: impl FnMut(&[u8], Level)) {
    let Some(first) = decode_once(text) else {
        read(text, Level { is_sent: true, is_text: true });
        return;
    };
    let most = TIMES * text.len();
    let mut bytes = text.len() + first.len();
    let mut levels = vec![first];
    while let Some(last) = levels.last().filter(|last| last.contains(&b'%')) {
        if bytes + last.len() > most {
            let full = percent_decode_fully(last);
            if full.len() < last.len() {
                levels.push(full);
            }
            break;
        }
        let Some(next) = decode_once(last) else { break };
        bytes += next.len();
        levels.push(next);
    }
    for (number, level) in levels.iter().enumerate().rev() {
        read(level, Level { is_sent: false, is_text: number == 0 || number + 1 == levels.len() });
    }
    read(text, Level { is_sent: true, is_text: false });
}

/// The places of `text` that are decoded to these of `decoded`, which are in order and apart; nothing where `decoded` is
/// not `text` decoded once.
pub fn places_before(text: &[u8], decoded: &[Range<usize>]) -> Vec<Range<usize>> {
    crate::work::done(text.len());
    let mut places = Vec::with_capacity(decoded.len());
    let (mut index, mut place) = (0, 0);
    let mut at = |wanted: usize| {
        while place < wanted && index < text.len() {
            index += if escape(&text[index..]).is_some() { 3 } else { 1 };
            place += 1;
        }
        index
    };
    for range in decoded {
        let start = at(range.start);
        places.push(start..at(range.end));
    }
    places
}

/// What a level is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// As the client sent it.
    pub is_sent: bool,
    /// An application may take it for text, and fold its characters.
    pub is_text: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::percent_decode_once;
    use proptest::prelude::*;

    fn levels(text: &[u8]) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        each_level(text, |level, _| all.insert(0, level.to_vec()));
        all
    }

    #[test]
    fn each_level_of_decoding_is_read_once() {
        assert_eq!(levels(b"a"), [b"a"]);
        assert_eq!(levels(b"%zz"), [b"%zz"]);
        assert_eq!(levels(b"%252541%252541"), [&b"%252541%252541"[..], b"%2541%2541", b"AA"]);
        assert_eq!(levels(b"%25%34%31"), [&b"%25%34%31"[..], b"%41", b"A"]);
        let mut deep = vec![b"0004f2".to_vec()];
        for _ in 0..5 {
            let escaped: String = deep[0].iter().map(|byte| format!("%{byte:02x}")).collect();
            deep.insert(0, escaped.into_bytes());
        }
        assert_eq!(levels(&deep[0]), deep);
        let mut marks = Vec::new();
        each_level(b"%25%32%35%34%31", |_, level| marks.insert(0, (level.is_sent, level.is_text)));
        assert_eq!(marks, [(true, false), (false, true), (false, false), (false, true)]);
    }

    #[test]
    fn a_long_text_is_decoded_to_its_end_before_its_levels_cost_too_much() {
        let text = format!("%{}41", "25".repeat(4000));
        let escaped: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
        for text in [text, escaped] {
            let all = levels(text.as_bytes());
            assert!(all.iter().map(Vec::len).sum::<usize>() <= 4 * text.len(), "{}", all.len());
            assert_eq!(all.last().unwrap(), b"A");
        }
        assert_eq!(levels(b"xxxxxxxx%41%"), [&b"xxxxxxxx%41%"[..], b"xxxxxxxxA%"], "no level twice");
    }

    #[test]
    fn a_place_is_found_again_where_it_was_not_yet_decoded() {
        assert_eq!(places_before(b"a%41b%zz%42", &[0..2, 2..4, 6..7]), [0..4, 4..6, 8..11]);
        assert_eq!(places_before(b"%41x", &[0..1, 1..2]), [0..3, 3..4]);
        assert_eq!(places_before(b"ab", &[0..2, 5..9]), [0..2, 2..2], "of another text");
    }

    proptest! {
        #[test]
        fn the_first_levels_are_read_and_the_last(text in "[%0-9a-fx]{0,40}") {
            let mut slow = vec![text.into_bytes()];
            loop {
                let next = percent_decode_once(slow.last().unwrap());
                if next == *slow.last().unwrap() { break }
                slow.push(next);
            }
            let levels = levels(&slow[0]);
            prop_assert!(levels.len() >= slow.len().min(3));
            prop_assert_eq!(levels.last(), slow.last());
            prop_assert_eq!(&levels[..levels.len() - 1], &slow[..levels.len() - 1]);
        }
    }
}
