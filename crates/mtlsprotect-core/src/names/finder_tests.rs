use super::*;
use crate::reference::finder::{hidden, reference};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// What is left out, and how much is done.
#[path = "finder_work_tests.rs"]
mod work;

const SENDER: u64 = 0x64167f_aabbcc;

fn mac(text: &str) -> Mac {
    Mac::parse(text.as_bytes()).unwrap()
}

fn find(text: &[u8], syntax: Syntax, sender: Option<Mac>) -> BTreeSet<Mac> {
    found_by(Finder::new(&KnownPrefixes::built_in(), sender), text, syntax)
}

fn found_by(finder: Finder<'_>, text: &[u8], syntax: Syntax) -> BTreeSet<Mac> {
    let mut set = BTreeSet::new();
    let is_whole = finder.find(text, syntax, &mut |mac| {
        set.insert(mac);
    });
    assert!(is_whole, "{}", text.escape_ascii());
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
        "12_34_56_78_9a_bc",
        "1234.5678.9abc",
        "1234.5678.9abc.cfg",
        "1234-5678-9abc",
        "1234_5678_9abc",
        "algom123456789abc.conf",
        "abc123456789abc",
        "x12:34:56:78:9a:bc.1",
        "123456789abc-20261123.log",
        // The letters after a separator are not a group of digits.
        "12-34-56-78-9a-bc-app.log",
        "12-34-56-78-9a-bc-directory.xml",
        "12-34-56-78-9a-bc-boot.log",
        "12-34-56-78-9a-bc-de.cfg",
        "12:34:56:78:9a:bc:de",
        "abc-12-34-56-78-9a-bc",
        "12-34:56:78:9a:bc:12-34",
    ] {
        let expected = if text.starts_with("12-34:") { "3456789abc12" } else { "123456789abc" };
        assert_eq!(names(text), [expected], "{text}");
    }
}

#[test]
fn octets_without_their_zero_are_an_address_but_an_ipv6_address_is_not() {
    for (text, name) in
        [("1:2:3:4:5:f", "01020304050f"), ("0:4:f2:1:2:3.cfg", "0004f2010203"), ("10-2-3-4-5-f-de.cfg", "10020304050f")]
    {
        assert_eq!(names(text), [name], "{text}");
    }
    for text in [
        "2001:db8:1:2:3:4:5:f",
        "fe80::1:2:3:4:5:f",
        "1:2:3:4:5:f::",
        "1:2:3:4:5:6:7:f",
        "1-2-3-4-f",
        "1-2:3-4:5-f",
        "1:2:3:4:5:6",
    ] {
        assert_eq!(names(text), [""; 0], "{text}");
    }
    assert_eq!(names("fe80::0:4:f2:1:2:3"), ["0004f2010203"], "a known prefix");
}

#[test]
fn digits_that_touch_others_or_read_as_something_else_need_a_known_prefix() {
    for text in [
        "0123456789abc.cfg",
        "123456789abcd",
        "abcd123456789abc",
        "12:34:56:78:9a:bc:de:f0",
        "1234.5678.9abc.def0",
        "12-34:56-78-9a-bc",
        "123456-789abc",
        "12 34 56 78 9a bc",
        "00112233-4455-6677-8899-123456789abc/own.cfg",
        "app-202611230715.log",
        "26-11-24-15-49-22.log",
        "24-11-26-15-49-22.log",
        "2026-1124-1549.log",
        "261124154922",
        "12.345.6789abc",
        "12x34x56x78x9axbc",
        "12.34.56.78.9a.bc",
        "1234:5678:9abc",
        "1_2_3_4_5_f",
        "/0004f2/112233",
        "abc202611230715",
    ] {
        assert_eq!(names(text), [""; 0], "{text}");
    }
    for text in [
        "10004f2112233.cfg",
        "x50004f2112233",
        "0004f2112233d",
        "abcd0004f2112233",
        "00:04:f2:11:22:33:de:f0",
        "0004.f211.2233.d123",
        "00-04:f2-11-22-33",
        "0004f2-112233",
        "00 04 f2 11 22 33",
        "00112233-4455-6677-8899-0004f2112233/x",
        "00.04f211.2233",
        "00x04xf2x11x22x33",
        "0004f2.11-2233",
        "00+04+f2+11+22+33",
        "0.00.4f2.112.233",
        "(0004)f2(112)233",
        "0004f2~112233",
        "0004f2~~~~~~~~112233",
        "3x0004f2~112233x4",
        "VVX500-0004f2~112233-app-20261124.log",
        "0~0~0~4~f~2~1~1~2~2~3~3",
        "1-0004f2------------112233",
        "1-0004f2(((((((((112233-phone.cfg",
        "1-0004f2 \u{2603}\u{2603}. \u{2603}\u{2603}~~~xxxxxxx112233-phone.cfg",
        "0004f2xxxxxxxxx112233.cfg",
    ] {
        assert_eq!(names(text), ["0004f2112233"], "{text}");
    }
    for text in ["1-0004f2xxxxxxxxx112233", "1-0004f2~xxxxxxxx112233", "1-0004f2x~x~x~x~x112233"] {
        assert_eq!(names(text), [""; 0], "{text}: neither close together nor all there is");
    }
}

#[test]
fn of_a_long_run_the_first_and_the_last_digits_count() {
    let known = "0004f2112233";
    assert_eq!(names(&format!("{known}aaaaaaaa")), [known]);
    assert_eq!(names(&format!("aaaaaaaa{known}")), [known]);
    assert_eq!(names(&format!("aaaa{known}aaaa")), [""; 0]);
    assert_eq!(names(&format!("a{known}aa")), [known], "15 digits");
    assert_eq!(names(&format!("a{known}aaa")), [""; 0], "16 digits");
}

#[test]
fn what_stands_on_a_certain_name_is_not_read_together_with_what_is_beside_it() {
    // 0004f2 ends this address; with the digits behind it a phone of Poly's would come out.
    assert_eq!(names("1234560004f2-112233.cfg"), ["1234560004f2"]);
    assert_eq!(names("123456780004-f2112233.cfg"), ["123456780004"], "four digits of it");
    assert_eq!(names("123456789ab0-004f2112233-1.cfg"), ["123456789ab0"], "neither first nor last");
    assert_eq!(names("00:11:22:00:04:f2-112233"), ["00112200 04f2".replace(' ', "")]);
    let known = KnownPrefixes::built_in();
    let found = found_by(Finder::new(&known, None).only_known(), b"12-34-56-00-04-f2-x~11~22~33", Syntax::Value);
    assert_eq!(found, BTreeSet::from([mac("0004f2112233")]), "where an unknown prefix is no name, it hides nothing");
}

#[test]
fn what_a_stripping_application_takes_from_the_beginning_or_the_end_may_share_digits_with_a_certain_name() {
    let (own, other) = ("64167faabb00", "0004f2112236");
    let sender = mac(own);
    for text in [
        "64167faabb00-04f2112236",
        "64167faabb00-04f2112236.cfg",
        "x/64167faabb00-~04f2112236.cfg.gz",
        "64-16-7f-aa-bb-00_04f2112236",
        "a=64167faabb00~0~4~f~2112236",
        "0004f211223-64167faabb00",
        "0004f21122-3-64167faabb00-app.log",
        "k=v;0004f211223-64:16:7f:aa:bb:00",
    ] {
        for syntax in [Syntax::Path, Syntax::Value] {
            assert_eq!(find(text.as_bytes(), syntax, Some(sender)), BTreeSet::from([sender, mac(other)]), "{text}");
        }
    }
    let agent = b"Yealink SIP-T46G 66.84 64167faabb00-0-0-4-f-2112236";
    assert!(find(agent, Syntax::UserAgent, Some(sender)).contains(&mac("0004f2112236")));
    for text in ["64167faabb00-20261124.log", "64167faabb00-1764133200.log", "64167faabb00-04f2112236-1.log"] {
        assert_eq!(find(text.as_bytes(), Syntax::Path, Some(sender)), BTreeSet::from([sender]), "{text}");
    }
}

#[test]
fn a_uuid_hides_no_name_that_a_text_begins_with() {
    for text in ["0004f211-2233-4455-8899-123456789abc", "0004f2-11223344-5566-4455-8899-123456789abc.cfg"] {
        assert_eq!(names(text), ["0004f2112233"], "{text}");
        assert_eq!(names(&format!("cfg/{text}")), ["0004f2112233"], "{text}");
    }
    assert_eq!(names("1-0004f211-2233-4455-8899-123456789abc"), [""; 0], "nor is what is in its middle one");
    // An application that decodes it sees a quotation mark before it.
    assert_eq!(names("%7B%22id%22%3A%22372a4a5f-750e-4143-a449-000070fc8c70%22%7D"), [""; 0]);
    assert_eq!(names("%22372a4a5f-750e-4143-a449-0004f2112233%22"), ["0004f2112233"]);
    assert_eq!(names("22372a4a5f-750e-4143-a449-000070fc8c70"), ["000070fc8c70", "750e4143a449"], "no UUID");
}

#[test]
fn the_senders_own_address_is_seen_in_every_loose_spelling() {
    for text in ["64-16-7f_aa-bb-cc", "064167faabbcc1", "64167f-aabbcc", "6~4~1~6~7~f~aabbcc/x", "64167f~aabbcc"] {
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
fn a_model_and_a_version_are_no_address_and_the_end_of_a_header_may_be() {
    let found = |text: &str| find(text.as_bytes(), Syntax::UserAgent, None);
    // 000a41 is a prefix of Cisco's.
    assert_eq!(found("FileTransport PolycomVVX-SSIP_6000-UA/4.11.7.7954 Type/Application"), BTreeSet::new());
    let poly = BTreeSet::from([mac("0004f2112233")]);
    for text in ["Phone 1.0 0004f2~~112233", "Phone 0~0~0~4~f~2~1~1~2~2~3~3 1.0", "Phone (0004f2~~~~~~~~~~~~112233)"] {
        assert_eq!(found(text), poly, "{text}");
    }
}

#[test]
fn a_value_is_stripped_whole_and_in_its_parts() {
    let found = |text: &str| find(text.as_bytes(), Syntax::Value, None);
    let poly = BTreeSet::from([mac("0004f2112233")]);
    for text in [
        "0/0/04f2112233",
        "00=04=f2=11=22=33",
        "11111111111111111/0004f2xxxxxxxxx112233",
        "abc=0004f2xxxxxxxxx112233",
        "abc;y=00/04f2xxxxxxxxx11/2233",
        "abc;00/04f2xxxxxxxxx11/2233",
        "abc;ad=00/04f2xxxxxxxxx11/2233",
        "00/04f2xxxxxxxxx11/2233;abc",
        "0004f2xxxxxxxxx112233.cfg",
    ] {
        assert_eq!(found(text), poly, "{text}");
    }
}

#[test]
fn a_telephone_number_in_a_value_is_no_address() {
    for text in ["441632960123", "+441632960123", "33-1-23-45-67-89", "sip:441632960123@example.com"] {
        assert_eq!(find(text.as_bytes(), Syntax::Value, None), BTreeSet::new(), "{text}");
    }
    assert_eq!(names("441632960123.cfg"), ["441632960123"], "in a path it is");
    assert_eq!(find(b"000413000001", Syntax::Value, None), BTreeSet::from([mac("000413000001")]), "a known prefix");
    assert_eq!(find(b"44:16:32:96:01:23", Syntax::Value, None), BTreeSet::from([mac("441632960123")]));
}

#[test]
fn a_name_parameters_value_is_read_as_applications_read_it() {
    let is = |mac: &str| NamedValue::Device(Mac::parse(mac.as_bytes()).unwrap());
    for value in [
        "0004f2aaaaaa",
        "0004f2aaaaaa.cfg",
        "0004f2aaaaaa-phone",
        "0004f2aaaaaa-directory.xml",
        "spa0004f2aaaaaa.xml",
        "0:4:f2:aa:aa:aa",
        "0004f2~aaaaaa",
        "0~0~0~4~f~2~a~a~a~a~a~a",
        "004f2aaaaaa",
        "04:f2aa:aaaa",
        "0004f2aaaaaa 20261124",
        "0:4:f2:aa:aa:aa 0004f2bbbbb",
    ] {
        if value != "04:f2aa:aaaa" {
            assert_eq!(Finder::named_value(value.as_bytes()), is("0004f2aaaaaa"), "{value}");
        }
    }
    for value in ["", "xyz", "000000000000", "000000000000.cfg", "y000000000025", "0:0:0:1:2:3"] {
        assert_eq!(Finder::named_value(value.as_bytes()), NamedValue::Nobody, "{value}");
    }
    assert_eq!(Finder::named_value(b"aa:aa:aa:aa:aa:aa-aa-aa-aa-aa-aa"), is("aaaaaaaaaaaa"), "twice the same");
    for value in [
        "1",
        "f",
        "0004f2aaaaaa0",
        "0004f2aaaaaa,0004f2bbbbbb",
        "0004f2aaaaaa/0004f2aaaaaa",
        "0004f2aaaa",
        "aa:bb:cc:dd:ee:ff-00-11-22-33-44",
        "0:4:f2:aa:aa:aa/0004f2~bbbbbb",
    ] {
        assert_eq!(Finder::named_value(value.as_bytes()), NamedValue::Malformed, "{value}");
    }
    assert_eq!(Finder::named_value(b"202611241549"), is("202611241549"), "a date or not");
}

#[test]
fn a_sender_of_an_unknown_prefix_is_seen_in_loose_spellings_too() {
    let sender = mac("123456aabbcc");
    for text in ["123456aabbcc1", "12~34~56~aa~bb~cc", "1~2~3~4~5~6~aabbcc"] {
        assert_eq!(find(text.as_bytes(), Syntax::Path, Some(sender)), BTreeSet::from([sender]), "{text}");
        assert_eq!(find(text.as_bytes(), Syntax::Path, None), BTreeSet::new(), "{text}");
    }
    let known = KnownPrefixes::built_in();
    let finder = Finder::new(&known, Some(sender));
    assert!(finder.is_known(mac("0004f2112233")) && !finder.is_known(sender), "nor is it a vendor's then");
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
                1 => Just("0004f2~".to_string()),
                1 => "[0-9a-f]:[0-9a-f]{1,2}:[0-9a-f]{1,2}:",
                1 => Just("1-2-3-4-5-6".to_string()),
                1 => Just("441632960123".to_string()),
                1 => Just("00112233-4455-6677-8899-0004f2112233".to_string()),
                1 => Just("\u{20ac}".to_string()),
                1 => Just("~~~~~~~~".to_string()),
                3 => "[:._ +-]",
                1 => "[/?&=;x-]{1,2}",
                1 => "[a-f]{1,3}",
                1 => "([0-9a-f]{1,2}:){4,9}",
                1 => "([0-9a-f]{2}[:_]){4,9}",
                1 => "([0-9a-f]{4}[.-]){1,4}",
                1 => "(0~){0,2}0004f2[0-9a-f]{3,12}",
                1 => "%?2[2f]?[0-9a-f]{8}(-[0-9a-f]{4}){3}-(0004f2)?[0-9a-f]{6}",
            ],
            0..9,
        ),
        syntax in prop_oneof![Just(Syntax::Path), Just(Syntax::Value), Just(Syntax::Host), Just(Syntax::UserAgent)],
        proven in any::<bool>(),
        only_known in any::<bool>(),
        looks_ahead in any::<bool>(),
    ) {
        let text = parts.concat().into_bytes();
        let sender = proven.then(|| Mac::from_bits(SENDER));
        let known = KnownPrefixes::built_in();
        let finder = Finder::new(&known, sender).looking_ahead(looks_ahead);
        let finder = if only_known { finder.only_known() } else { finder };
        let found = found_by(finder, &text, syntax);
        prop_assert_eq!(&found, &reference(&text, syntax, sender, only_known), "{}", String::from_utf8_lossy(&text));
        let all = hidden(&text, syntax, sender, only_known);
        let mut scratch = Scratch::default();
        finder.find_beside(&text, None, syntax, &[], &mut scratch, &mut |_, _| ());
        prop_assert!(all.is_empty() || scratch.hidden.may_be, "{}", String::from_utf8_lossy(&text));
        match finder.hidden(&text, syntax).macs() {
            Some(told) => {
                let told: BTreeSet<Mac> = told.iter().copied().filter(|mac| !found.contains(mac)).collect();
                prop_assert_eq!(told, all, "{}", String::from_utf8_lossy(&text));
            }
            None => prop_assert!(all.union(&found).count() > 4, "{}", String::from_utf8_lossy(&text)),
        }
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

#[test]
fn in_a_folded_text_any_12_digits_of_a_long_run_are_a_name() {
    let known = KnownPrefixes::built_in();
    let of = |finder: Finder<'_>| {
        let mut found = Vec::new();
        assert!(finder.find(b"aa0004f2bbbbbbaa", Syntax::Value, &mut |mac| found.push(mac.to_string())));
        found
    };
    let finder = Finder::new(&known, None);
    assert_eq!((of(finder), of(finder.of_folded())), (Vec::new(), vec!["0004f2bbbbbb".to_owned()]));
}

#[test]
fn where_a_loose_name_stands_is_told_in_pieces_and_only_to_whom_it_matters() {
    let known = KnownPrefixes::built_in();
    let of = |finder: Finder<'_>| {
        let mut places = Vec::new();
        let mut scratch = Scratch::default();
        finder.find_beside(b"x0004f2~aa~~aaaa", None, Syntax::Value, &[], &mut scratch, &mut |_, place| {
            places.push(place)
        });
        places
    };
    let finder = Finder::new(&known, Mac::parse(b"0004f2aaaaaa"));
    // several rules see it
    assert_eq!(of(finder)[..2], [Some(1..10), Some(12..16)]);
    for nowhere in [finder.of_last(), Finder::new(&known, None)] {
        assert!(!of(nowhere).is_empty() && of(nowhere).iter().all(Option::is_none));
    }
}

#[test]
fn in_a_user_agent_a_name_may_be_apart_at_its_end_alone() {
    let known = KnownPrefixes::built_in();
    let of = |text: &str| found_by(Finder::new(&known, None), text.as_bytes(), Syntax::UserAgent);
    let other = BTreeSet::from([mac("0004f2bbbbbb")]);
    assert_eq!(of("Phone/x 0004f2xybbbbbb"), other);
    assert_eq!(of("1/xxxxxxxxx 0004f2~xbbbbbb"), other, "a digit before a mark is one of it");
    assert_eq!(of(&format!("Phone/x 0004f2xy{}bbbbbb", "~".repeat(60))), other, "all marks together count as one");
    assert_eq!(of("0004f2xybbbbbb Phone/z"), BTreeSet::new());
}
