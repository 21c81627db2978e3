//! What the finder leaves out because it can name nobody, and how much it does.

use super::{SENDER, find, mac};
use crate::mac::Mac;
use crate::names::finder::Syntax;

#[test]
fn nothing_else_that_stands_beside_the_senders_own_name_is_missed() {
    let of = |sender: &str, text: &str| -> Vec<String> {
        find(text.as_bytes(), Syntax::Path, Some(mac(sender))).iter().map(Mac::to_string).collect()
    };
    assert_eq!(of("64167faabbcc", "64167faabbcc-0004f2112233"), ["0004f2112233", "64167faabbcc"]);
    assert_eq!(of("64167faabbcc", "64167faabbcc-1:2:3:4:5:f"), ["01020304050f", "64167faabbcc"]);
    assert_eq!(of("64167f0004f2", "64167f0004f2112233"), ["0004f2112233", "64167f0004f2"], "its last digits again");
    assert_eq!(of("64167f0004f2", "64167f0004f2-112233"), ["64167f0004f2"]);
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
