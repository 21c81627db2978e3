use super::*;
use proptest::prelude::*;
use reference::reference;
use std::collections::BTreeSet;

#[path = "finder_reference.rs"]
mod reference;

const SENDER: u64 = 0x64167f_aabbcc;

fn mac(text: &str) -> Mac {
    Mac::parse(text.as_bytes()).unwrap()
}

fn find(text: &[u8], syntax: Syntax, sender: Option<Mac>) -> BTreeSet<Mac> {
    let known = KnownPrefixes::built_in();
    let mut set = BTreeSet::new();
    Finder::new(&known, sender).find(text, syntax, &mut |mac| {
        set.insert(mac);
    });
    set
}

fn names(text: &str) -> Vec<String> {
    find(text.as_bytes(), Syntax::Path, Some(Mac::from_bits(SENDER))).iter().map(Mac::to_string).collect()
}

#[test]
fn an_address_standing_alone_is_a_name_whatever_its_prefix() {
    for text in [
        "123456789abc.cfg",
        "/cfg/123456789ABC-phone.cfg",
        "SEP123456789ABC.cnf.xml",
        "cfg123456789abc.xml",
        "12:34:56:78:9a:bc",
        "/12-34-56-78-9A-BC/",
        "1234.5678.9abc",
        "1234.5678.9abc.cfg",
        "algom123456789abc.conf",
        "abc123456789abc",
        "x12:34:56:78:9a:bc.1",
        "123456789abc-20261123.log",
    ] {
        assert_eq!(names(text), ["123456789abc"], "{text}");
    }
}

#[test]
fn digits_that_touch_others_or_read_as_something_else_need_a_known_prefix() {
    for text in [
        "0123456789abc.cfg",
        "123456789abcd",
        "abcd123456789abc",
        "12:34:56:78:9a:bc:de",
        "0-12-34-56-78-9a-bc",
        "1234.5678.9abc.def0",
        "12-34:56-78-9a-bc",
        "123456-789abc",
        "1234-5678-9abc",
        "12 34 56 78 9a bc",
        "00112233-4455-6677-8899-123456789abc/own.cfg",
        "app-202611230715.log",
        "12.345.6789abc",
        "12x34x56x78x9axbc",
        "abc202611230715",
        "12_34_56_78_9a_bc",
    ] {
        assert_eq!(names(text), [""; 0], "{text}");
    }
    for text in [
        "10004f2112233.cfg",
        "0004f2112233d",
        "abcd0004f2112233",
        "00:04:f2:11:22:33:de",
        "0-00-04-f2-11-22-33",
        "0004.f211.2233.d",
        "00-04:f2-11-22-33",
        "0004f2-112233",
        "0004-f211-2233",
        "00 04 f2 11 22 33",
        "00112233-4455-6677-8899-0004f2112233/x",
        "00.04f211.2233",
        "00x04xf2x11x22x33",
        "0004f2.11-2233",
        "00_04_f2_11_22_33",
        "00+04+f2+11+22+33",
        "0.00.4f2.112.233",
        "(0004)f2(112)233",
    ] {
        assert_eq!(names(text), ["0004f2112233"], "{text}");
    }
}

#[test]
fn the_senders_own_address_is_seen_in_every_loose_spelling() {
    for text in ["64-16-7f_aa-bb-cc", "064167faabbcc1", "64167f-aabbcc", "6-4-1-6-7-f-aabbcc/x"] {
        assert_eq!(names(text), ["64167faabbcc"], "{text}");
    }
}

#[test]
fn shared_files_name_nobody() {
    for text in [
        "000000000000.cfg",
        "y000000000025.cfg",
        "000000000000-directory.xml",
        "sip.ld",
        "00:00:00:00:00:25",
        "3111-44500-001.3111-44500-001.sip.ld",
        "FileTransport PolycomVVX-VVX_500-UA/5.9.7.4477 Type/Application",
        "/3111-40250-001.sip.ld",
        "firmware-5.9.7.4477-rts45.zip",
    ] {
        assert_eq!(names(text), [""; 0], "{text}");
    }
}

#[test]
fn a_date_after_the_senders_own_address_is_not_read_together_with_it() {
    // 0004f2 ends this sender's address, so its tail and a date would look like another Poly phone.
    let sender = mac("64167f0004f2");
    let found = find(b"64167f0004f2-20261123-app.log", Syntax::Path, Some(sender));
    assert_eq!(found, BTreeSet::from([sender]));
}

#[test]
fn query_values_are_segments_of_their_own() {
    let found = |text: &str| find(text.as_bytes(), Syntax::Query, None);
    assert_eq!(found("a=00x04f2112233&b=c"), BTreeSet::from([mac("0004f2112233")]));
    assert_eq!(found("abc=00x04f2112233&face"), BTreeSet::from([mac("0004f2112233")]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn the_finder_agrees_with_the_reference(
        parts in prop::collection::vec(
            prop_oneof![
                3 => "[0-9a-f]{1,4}",
                2 => Just("0004f2".to_string()),
                2 => Just("64167faabbcc".to_string()),
                1 => Just("00:04:f2:11:22:33".to_string()),
                1 => Just("64-16-7f-aa-bb-cc".to_string()),
                1 => Just("001122334455".to_string()),
                1 => Just("000000000025".to_string()),
                1 => Just("1234.5678.9abc".to_string()),
                1 => Just("202611230715".to_string()),
                1 => Just("00112233-4455-6677-8899-".to_string()),
                3 => "[:._ +-]",
                1 => "[/?&=;x-]{1,2}",
                1 => "[a-f]{1,3}",
            ],
            0..9,
        ),
        query in any::<bool>(),
        proven in any::<bool>(),
    ) {
        let text = parts.concat().into_bytes();
        let syntax = if query { Syntax::Query } else { Syntax::Path };
        let sender = proven.then(|| Mac::from_bits(SENDER));
        prop_assert_eq!(
            find(&text, syntax, sender),
            reference(&text, syntax, sender),
            "{}", String::from_utf8_lossy(&text)
        );
    }

    #[test]
    fn every_spelling_of_a_known_device_is_found(
        digits in "[0-9a-fA-F]{6}",
        joints in prop::collection::vec(prop_oneof![Just(""), Just(":"), Just("-"), Just("."), Just("_"), Just(" ")], 5),
        before in "[/x][g-z]{0,5}",
        after in "(\\.cfg|-phone\\.xml|/|)",
    ) {
        let all = format!("0004F2{digits}");
        let mut text = before;
        for (index, pair) in all.as_bytes().chunks(2).enumerate() {
            text.push_str(std::str::from_utf8(pair).unwrap());
            text.push_str(joints.get(index).copied().unwrap_or(""));
        }
        text.push_str(&after);
        prop_assert!(names(&text).contains(&all.to_ascii_lowercase()), "{}", text);
    }
}
