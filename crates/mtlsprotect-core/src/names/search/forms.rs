//! The forms in which applications may read a text that a client sent: percent-decoded once, twice and so on, and with
//! compatibility forms folded.

use crate::names::decode::{Decoded, Escapes, decode_fully_into, decode_once_into, escape, next_escape};
use crate::names::finder::Weight;
use crate::names::fold::{Folded, has_wide_escape, has_wide_escape_of_others, without_wide_escapes};
use std::ops::Range;

/// All levels of decoding together may have this many times the bytes of the text, before it is decoded to the end at
/// once. Nobody's server decodes as often; but what httpd has decoded, an application may well decode again.
const TIMES: usize = 2;

/// One form of a text.
#[derive(Clone, Copy, Debug)]
pub struct Form<'f> {
    /// The text at this level of decoding.
    pub text: &'f [u8],
    /// The weight of that.
    pub weight: Weight,
    /// The same with compatibility forms folded, where it has any and an application may take it for text: with all of
    /// them, and as applications have it that fold only some; `None` where there is no room for that.
    pub folded: Option<&'f [Vec<u8>]>,
    /// Which level it is.
    pub level: Level,
    /// Which escapes are decoded.
    pub escapes: Escapes,
    /// The text has other forms for applications to which `%u0030` is not an escape.
    pub is_read_twice: bool,
    /// Other levels before it are left out.
    pub skips: bool,
    /// Other levels behind it were left out.
    pub follows_gap: bool,
}

impl Form<'_> {
    /// Whether places in the form before it can be found again in this one (`places_before`): not in the first of a
    /// reading, nor where more than one decoding lies between, nor where escapes stand for characters of several bytes.
    pub fn has_places_of_last(&self) -> bool {
        !self.level.is_deepest() && !self.follows_gap && self.escapes != Escapes::Wide
    }
}

/// A level of decoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// As the client sent it, where there is nothing to decode.
    Plain,
    /// As the client sent it, escapes and all.
    Sent,
    /// Decoded once, as a server does.
    Once,
    /// Decoded more than once.
    Between,
    /// Decoded until nothing changes.
    Fully,
}

impl Level {
    /// Whether it is what was sent.
    pub fn is_sent(self) -> bool {
        matches!(self, Level::Plain | Level::Sent)
    }

    /// Whether it is the one with which a reading begins.
    fn is_deepest(self) -> bool {
        matches!(self, Level::Plain | Level::Fully)
    }
}

/// The forms of one text after the other.
#[derive(Default)]
pub struct Forms {
    levels: Vec<Decoded>,
    folded: Folded,
}

impl Forms {
    /// Calls `read` with `text` decoded until nothing changes, decoded once less and so on, and last as it stands; and the
    /// same again as applications have it that don't decode all escapes, where that is something else.
    pub fn each(&mut self, text: &[u8], mut read: impl FnMut(Form<'_>)) {
        self.each_while(text, usize::MAX, |form| {
            read(form);
            true
        });
    }

    /// The same until `read` says that this was enough. What only some applications fold may take so many bytes of each form.
    pub fn each_while(&mut self, text: &[u8], room: usize, mut read: impl FnMut(Form<'_>) -> bool) {
        let (count, skips) = self.decode(text, Escapes::All);
        let has_wide = |decoded: &Decoded| has_wide_escape(decoded.text());
        let is_read_twice = has_wide_escape(text) || self.levels[..count].iter().any(has_wide);
        // Without such escapes both decode the same, and there is less to look for.
        let escapes = if is_read_twice { Escapes::All } else { Escapes::Bytes };
        let mut read_all = |form: Form<'_>| read(Form { is_read_twice, escapes: Escapes::All, ..form });
        let mut goes_on = self.each_level(text, escapes, (count, skips), room, &mut read_all) && is_read_twice;
        let has_others = |decoded: &Decoded| has_wide_escape_of_others(decoded.text());
        let is_read_again =
            is_read_twice && (has_wide_escape_of_others(text) || self.levels[..count].iter().any(has_others));
        for (escapes, is_there) in [(Escapes::Bytes, true), (Escapes::Wide, is_read_again)] {
            if goes_on && is_there {
                let levels = self.decode(text, escapes);
                let mut read_again = |form: Form<'_>| read(Form { is_read_twice, ..form });
                goes_on = self.each_level(text, escapes, levels, room, &mut read_again);
            }
        }
    }

    /// Calls `read` with each level, until it says that this was enough; whether it didn't.
    fn each_level(
        &mut self,
        text: &[u8],
        escapes: Escapes,
        (count, skips): (usize, bool),
        room: usize,
        read: &mut impl FnMut(Form<'_>) -> bool,
    ) -> bool {
        let Forms { levels, folded } = self;
        let mut follows_gap = false;
        let mut read = |text: &[u8], level: Level, is_text: bool| {
            let folded = if is_text { folded.each(text, escapes, room) } else { Some(&[][..]) };
            let (weight, skips) = (Weight::of(text), skips && level == Level::Fully);
            let follows_gap = std::mem::replace(&mut follows_gap, skips);
            read(Form { text, weight, folded, level, escapes, is_read_twice: false, skips, follows_gap })
        };
        for (number, text) in levels[..count].iter().enumerate().rev() {
            let level = match number {
                _ if number + 1 == count => Level::Fully,
                0 => Level::Once,
                _ => Level::Between,
            };
            // What a server has decoded is sent on to others as it is sent to this one.
            if !read(text.text(), level, number <= 1 || level == Level::Fully) {
                return false;
            }
        }
        read(text, if count == 0 { Level::Plain } else { Level::Sent }, count == 0)
    }

    /// Decodes a text again and again, and says how many levels there are, and whether some are left out before the last.
    fn decode(&mut self, text: &[u8], escapes: Escapes) -> (usize, bool) {
        if !decode_level(text, escapes, self.level(0).1) {
            return (0, false);
        }
        let mut count = 1;
        let mut bytes = text.len() + self.levels[0].text().len();
        loop {
            let (last, next) = self.level(count);
            if count > 1 && bytes + last.len() > TIMES * text.len() {
                let mut is_deeper = decode_fully_into(last, escapes, next);
                let fully = if is_deeper { next.text() } else { last };
                if let Some(without) = Some(fully).filter(|_| escapes == Escapes::Wide).and_then(without_wide_escapes) {
                    next.replace(without);
                    is_deeper = true;
                }
                return (count + usize::from(is_deeper), is_deeper);
            }
            if !decode_level(last, escapes, next) {
                return (count, false);
            }
            bytes += next.text().len();
            count += 1;
        }
    }

    /// The level before one, if any, and room for that one.
    fn level(&mut self, number: usize) -> (&[u8], &mut Decoded) {
        if self.levels.len() == number {
            self.levels.push(Decoded::default());
        }
        let (before, here) = self.levels.split_at_mut(number);
        (before.last().map_or(&[], Decoded::text), &mut here[0])
    }
}

/// Puts `text` decoded once in the place of `out`; whether there was something to decode.
fn decode_level(text: &[u8], escapes: Escapes, out: &mut Decoded) -> bool {
    let without = if escapes == Escapes::Wide { without_wide_escapes(text) } else { None };
    let Some(without) = without else { return decode_once_into(text, escapes, out) };
    if !decode_once_into(&without, escapes, out) {
        out.replace(without);
    }
    true
}

/// Replaces places in `decoded`, which are in order and apart, by the places in `text` from which they were decoded;
/// the result is of no use if `decoded` is not `text` decoded once.
pub fn places_before(text: &[u8], escapes: Escapes, places: &mut [Range<usize>]) {
    if places.is_empty() {
        return;
    }
    crate::names::work::done(text.len());
    // This many bytes of the text become this many.
    let (mut index, mut place) = (0, 0);
    let mut escape_at = next_escape(text, 0, escapes);
    let mut at = |wanted: usize| {
        while place + (escape_at - index) < wanted && escape_at < text.len() {
            place += escape_at - index + 1;
            index = escape_at + escape(&text[escape_at..], escapes).map_or(0, |(_, length)| length);
            escape_at = next_escape(text, index, escapes);
        }
        let ahead = (wanted - place).min(text.len() - index);
        (index, place) = (index + ahead, place + ahead);
        index
    };
    for range in places {
        *range = at(range.start)..at(range.end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::decode::percent_decode_once;
    use proptest::prelude::*;

    fn levels(text: &[u8]) -> Vec<Vec<u8>> {
        levels_of(text, Escapes::All)
    }

    fn levels_of(text: &[u8], escapes: Escapes) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        Forms::default().each(text, |form| {
            if form.escapes == escapes {
                all.insert(0, form.text.to_vec());
            }
        });
        all
    }

    #[test]
    fn where_not_everybody_decodes_an_escape_the_text_is_read_twice() {
        let bytes = |text: &[u8]| levels_of(text, Escapes::Bytes);
        assert_eq!(bytes(b"%u0030%34"), [&b"%u0030%34"[..], b"%u00304"]);
        assert_eq!(bytes(b"%25u0030%2534"), [&b"%25u0030%2534"[..], b"%u0030%34", b"%u00304"]);
        assert_eq!(bytes(b"%u4f2b"), [b"%u4f2b"]);
        for text in [&b"%34"[..], b"%u", b"%u003x%34", b"u0030", b"%%75"] {
            assert!(bytes(text).is_empty(), "{}", text.escape_ascii());
        }
        // And a third time where it is of another character than an ASCII one.
        let wide = |text: &[u8]| levels_of(text, Escapes::Wide);
        assert_eq!(wide(b"%u00e9x"), [&b"%u00e9x"[..], "\u{e9}x".as_bytes()]);
        assert_eq!(wide(b"%u00e9%41"), [&b"%u00e9%41"[..], "\u{e9}A".as_bytes()]);
        assert_eq!(wide(b"%25u00e9"), [&b"%25u00e9"[..], b"%u00e9", "\u{e9}".as_bytes()]);
        for text in [&b"%u0030%34"[..], b"%25u0030", b"%41"] {
            assert!(wide(text).is_empty(), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn each_level_of_decoding_is_read_once() {
        assert_eq!(levels(b"a"), [b"a"]);
        assert_eq!(levels(b"%zz"), [b"%zz"]);
        assert_eq!(levels(b"%252541%252541"), [&b"%252541%252541"[..], b"%2541%2541", b"%41%41", b"AA"]);
        assert_eq!(levels(b"a%2525252541b"), [&b"a%2525252541b"[..], b"a%25252541b", b"a%252541b", b"aAb"]);
        assert_eq!(levels(b"%25%34%31"), [&b"%25%34%31"[..], b"%41", b"A"]);
        let mut deep = vec![b"0004f2".to_vec()];
        for _ in 0..5 {
            let escaped: String = deep[0].iter().map(|byte| format!("%{byte:02x}")).collect();
            deep.insert(0, escaped.into_bytes());
        }
        assert_eq!(self::levels(&deep[0]), deep);
        // All of them together have twice as many bytes as the text before the last is reached.
        let each = [&b"%25%32%35341"[..], b"%25341", b"%341", b"41"];
        assert_eq!(self::levels(each[0]), each);
        let just_as_many = [&b"%25%32%35%32%3541"[..], b"%252541", b"%2541", b"%41", b"A"];
        assert_eq!(self::levels(just_as_many[0]), just_as_many);
        let mut levels = Vec::new();
        Forms::default().each(b"%25%32%35%34%31", |form| levels.insert(0, form.level));
        assert_eq!(levels, [Level::Sent, Level::Once, Level::Between, Level::Fully]);
    }

    #[test]
    fn of_a_place_at_the_last_level_nothing_is_known_where_levels_before_it_were_left_out() {
        let has_places = |text: &[u8]| {
            let mut all = Vec::new();
            Forms::default().each(text, |form| all.insert(0, form.has_places_of_last()));
            all
        };
        assert_eq!(has_places(b"%2541"), [true, true, false]);
        assert_eq!(has_places(b"a%2525252541b"), [true, true, false, false]);
    }

    #[test]
    fn what_servers_and_applications_make_of_a_text_is_folded_too() {
        let folded = |text: &str| {
            let mut all = Vec::new();
            Forms::default().each(text.as_bytes(), |form| all.insert(0, form.folded.unwrap().first().cloned()));
            all
        };
        assert_eq!(folded("\u{ff10}"), [Some(b"0".to_vec())]);
        assert_eq!(folded("\u{ff10}%41"), [None, Some(b"0A".to_vec())]);
        assert_eq!(folded("%ef%bc%90"), [None, Some(b"0".to_vec())]);
        assert_eq!(folded("a%41"), [None, None]);
        let each = ["%25410", "%410", "A0"].map(|text| Some(text.as_bytes().to_vec()));
        assert_eq!(folded("%25%32%35%34%31\u{ff10}")[1..], each, "what is sent on is decoded again");
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
        let before = |text: &[u8], places: &[Range<usize>]| {
            let mut places = places.to_vec();
            places_before(text, Escapes::All, &mut places);
            places
        };
        assert_eq!(before(b"a%41b%zz%42", &[0..2, 2..4, 6..7]), [0..4, 4..6, 8..11]);
        assert_eq!(before(b"%41x", &[0..1, 1..2]), [0..3, 3..4]);
        assert_eq!(before(b"x%u0041x", &[1..2, 2..3]), [1..7, 7..8]);
        assert_eq!(before(b"a", &[0..1, 3..9]), [0..1, 1..1], "nothing of use, and no panic");
    }

    proptest! {
        #[test]
        fn the_first_levels_are_read_and_the_last(text in "[%0-9a-fx]{0,40}|(%|u00|25|4|1|%u00){0,16}") {
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
