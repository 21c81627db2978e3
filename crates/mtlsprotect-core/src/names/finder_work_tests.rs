//! What the finder leaves out because it can name nobody, and how much it does.

use super::{SENDER, find, mac};
use crate::built_in::known_prefixes::KnownPrefixes;
use crate::mac::Mac;
use crate::names::finder::{Finder, Scratch, Syntax};
use std::ops::Range;

#[test]
fn nothing_else_that_stands_beside_the_senders_own_name_is_missed() {
    let of = |sender: &str, text: &str| -> Vec<String> {
        find(text.as_bytes(), Syntax::Path, Some(mac(sender))).iter().map(Mac::to_string).collect()
    };
    assert_eq!(of("64167faabbcc", "64167faabbcc-0004f2112233"), ["0004f2112233", "64167faabbcc"]);
    assert_eq!(of("64167faabbcc", "64167faabbcc-1:2:3:4:5:f"), ["01020304050f", "64167faabbcc"]);
    assert_eq!(of("64167f0004f2", "64167f0004f2112233"), ["0004f2112233", "64167f0004f2"], "its last digits again");
    assert_eq!(of("64167f0004f2", "64167f0004f2-112233"), ["64167f0004f2"]);
    let both = ["0004f2112236", "64167faab000"];
    assert_eq!(of("64167faab000", "64167faab000-4f2112236"), both, "of nine digits more, and its last three");
}

#[test]
fn that_digits_beside_a_phones_name_may_hide_another_is_told() {
    let known = KnownPrefixes::built_in();
    for sender in [None, Some(mac("64167f0004f2"))] {
        let hides = |text: &[u8]| {
            let mut scratch = Scratch::default();
            let finder = Finder::new(&known, sender);
            finder.find_beside(text, None, Syntax::Path, &[], &mut scratch, &mut |_, _| ());
            scratch.hidden.may_be
        };
        assert!(!hides(b"64167f0004f2") && !hides(b"/64167f0004f2/64167f0004f2.zip"));
        assert!(hides(b"64167f0004f2-112233") && hides(b"/64167f0004f2-112233/64167f0004f2.zip"));
    }
}

#[test]
fn a_letter_is_the_end_of_a_word_where_the_first_octet_has_another_digit() {
    let known = KnownPrefixes::built_in();
    let hidden = |text: &str| {
        let hidden = Finder::new(&known, None).hidden(text.as_bytes(), Syntax::Path);
        hidden.macs().unwrap().iter().map(Mac::to_string).collect::<Vec<_>>()
    };
    assert_eq!((hidden("xa1:2:3:4:5:6"), hidden("xa:2:3:4:5:6")), (vec!["010203040506".to_owned()], Vec::new()));
}

#[test]
fn escapes_that_spell_a_device_are_no_uuid_however_long_they_are() {
    let known = KnownPrefixes::built_in();
    let text = b"%36%34%31%36%37%66%61%61%62%62%63%63";
    let (mut scratch, mut found) = (Scratch::default(), Vec::new());
    let mut of = |taken: &[Range<usize>]| {
        let finder = Finder::new(&known, Some(mac("363431363766")));
        finder.find_beside(text, None, Syntax::Path, taken, &mut scratch, &mut |mac, _| found.push(mac));
        (std::mem::take(&mut found).is_empty(), scratch.hidden.may_be)
    };
    assert_eq!(of(&[]), (false, false), "digits that are nobody else's");
    assert_eq!(of(std::slice::from_ref(&(0..text.len()))), (true, true));
}

#[test]
fn whoever_is_named_behind_a_flood_of_names_counts() {
    let known = KnownPrefixes::built_in();
    let finder = Finder::new(&known, Some(Mac::from_bits(SENDER)));
    let is_whole = |names: usize, syntax: Syntax| {
        let text: String = (0x10..0x10 + names).map(|number| format!("x0004f2aaaa{number:x}")).collect();
        let text = format!("{text}/0004f2bbbbbb/x").into_bytes();
        let is_whole = finder.find(&text, syntax, &mut |_| ());
        assert!(is_whole || finder.hidden(&text, syntax).macs().is_none());
        is_whole
    };
    assert!(is_whole(15, Syntax::Path) && is_whole(14, Syntax::Value));
    assert!(!is_whole(16, Syntax::Path) && !is_whole(15, Syntax::Value));
}

#[test]
fn nothing_else_that_stands_beside_a_phones_name_is_missed() {
    for sender in [None, Some(Mac::from_bits(SENDER))] {
        let of = |text: &str| -> Vec<String> {
            find(text.as_bytes(), Syntax::Path, sender).iter().map(Mac::to_string).collect()
        };
        assert_eq!(of("0004f2aabbcc-app.log"), ["0004f2aabbcc"]);
        assert_eq!(of("0004f2aabbcc-64167f112233"), ["0004f2aabbcc", "64167f112233"]);
        assert_eq!(of("0004f2aabbcc-1:2:3:4:5:f"), ["0004f2aabbcc", "01020304050f"]);
        assert_eq!(of("0004f2000413112233"), ["000413112233", "0004f2000413"], "its last digits again");
        assert_eq!(of("0004f2000413-112233"), ["0004f2000413"]);
        assert_eq!(of("000000000000-112233"), [""; 0]);
    }
}

#[test]
fn what_can_name_nobody_else_is_looked_at_once() {
    for text in [
        "",
        "64167faabbcc",
        "64167faabbcc.cfg",
        "64167FAABBCC-phone.cfg",
        "64167faabbcc-111111.cfg",
        "/cfg/64167faabbcc.cfg",
        "/phones/64167faabbcc/64167faabbcc-app.log",
        "sip-abc123.ld",
        "0004f2aabbcc.cfg",
        "/phones/0004F2AABBCC/64167faabbcc-app.log",
        "12-34-56",
        "3111-40250",
    ] {
        crate::names::work::take();
        find(text.as_bytes(), Syntax::Path, Some(Mac::from_bits(SENDER)));
        assert!(crate::names::work::take() <= text.len() as u64, "{text}");
    }
}

#[test]
fn the_work_is_linear_in_the_text() {
    let digits_apart = |text: &str| text.chars().flat_map(|c| [c, '.']).collect::<String>();
    for (family, piece) in [
        ("dots behind twelve digits", ".".to_owned()),
        ("addresses", "0004f2112233-".to_owned()),
        ("pairs", "00-04-f2-11-22-33-".to_owned()),
        ("octets", "1:".to_owned()),
        ("digits and dots", digits_apart("0004f2112233")),
        ("digits", "0004f2".to_owned()),
        ("uuids", "00112233-4455-6677-8899-0004f2112233".to_owned()),
        ("bytes of UTF-8", "0\u{20ac}".to_owned()),
    ] {
        let text = |length: usize| format!("0~0~0~4~f~2~~~~~~~~~~~~112233{}", piece.repeat(length / piece.len()));
        for syntax in [Syntax::Path, Syntax::Value, Syntax::Host, Syntax::UserAgent] {
            for length in [1024, 8192, 65_536] {
                let text = text(length);
                crate::names::work::take();
                find(text.as_bytes(), syntax, Some(Mac::from_bits(SENDER)));
                let work = crate::names::work::take();
                assert!(work <= 8 * text.len() as u64, "{family}, {syntax:?}, {}: {work}", text.len());
            }
        }
    }
}

#[test]
fn a_look_ahead_makes_short_work_of_numbers_that_are_no_names() {
    let known = KnownPrefixes::built_in();
    let work = |looks_ahead: bool| {
        crate::names::work::take();
        let finder = Finder::new(&known, None).looking_ahead(looks_ahead);
        assert!(finder.find(b"1~234~5678~91234~5678~912", Syntax::Value, &mut |_| ()));
        crate::names::work::take()
    };
    assert!(work(true) < work(false));
}
