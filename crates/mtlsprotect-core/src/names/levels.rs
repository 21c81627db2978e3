//! The texts that applications may read where a client sent one: percent-decoded once, twice and so on.

use crate::decode::{decode_once, percent_decode_fully};

/// Bytes that all levels of a short text may have together.
const SHORT: usize = 512;
/// How many times as many bytes as the text all levels of a long one may have together, before it is decoded to its end
/// at once. Nobody's server decodes as often.
const TIMES: usize = 3;

/// Calls `read` with `text` as it stands, decoded once, twice and so on until nothing changes. The last level, which
/// has nothing to decode, and the first, which a server makes of what was sent, are marked as the ones that are read as
/// text.
pub fn each_level(text: &[u8], mut read: impl FnMut(&[u8], Level)) {
    let Some(mut level) = decode_once(text) else {
        read(text, Level { is_sent: true, is_text: true });
        return;
    };
    read(text, Level { is_sent: true, is_text: false });
    let most = SHORT.max(TIMES * text.len());
    let mut bytes = text.len() + level.len();
    let mut is_first = true;
    loop {
        let next = decode_once(&level);
        read(&level, Level { is_sent: false, is_text: is_first || next.is_none() });
        is_first = false;
        let Some(next) = next else { return };
        bytes += next.len();
        level = if bytes > most { percent_decode_fully(&next) } else { next };
    }
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
        each_level(text, |level, _| all.push(level.to_vec()));
        all
    }

    #[test]
    fn each_level_of_decoding_is_read_once() {
        assert_eq!(levels(b"a"), [b"a"]);
        assert_eq!(levels(b"%zz"), [b"%zz"]);
        assert_eq!(levels(b"%252541"), [&b"%252541"[..], b"%2541", b"%41", b"A"]);
        let mut marks = Vec::new();
        each_level(b"%252541", |_, level| marks.push((level.is_sent, level.is_text)));
        assert_eq!(marks, [(true, false), (false, true), (false, false), (false, true)]);
    }

    #[test]
    fn a_long_text_is_decoded_to_its_end_before_its_levels_cost_too_much() {
        let text = format!("%{}41", "25".repeat(4000));
        let all = levels(text.as_bytes());
        assert!(all.iter().map(Vec::len).sum::<usize>() <= 4 * text.len(), "{}", all.len());
        assert_eq!(all.last().unwrap(), b"A");
    }

    proptest! {
        #[test]
        fn levels_of_short_texts_are_all_there_are(text in "[%0-9a-fx]{0,40}") {
            let mut slow = vec![text.into_bytes()];
            loop {
                let next = percent_decode_once(slow.last().unwrap());
                if next == *slow.last().unwrap() { break }
                slow.push(next);
            }
            prop_assert_eq!(levels(&slow[0]), slow);
        }
    }
}
