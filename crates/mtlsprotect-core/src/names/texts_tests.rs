use super::*;
use crate::Oui;
use crate::built_in::known_prefixes::KnownPrefixes;
use crate::names::named::Named;
use crate::names::pattern::{FilePattern, Ignore};
use proptest::prelude::*;
use std::borrow::Cow;

/// The forms of one request.
#[path = "texts_forms_tests.rs"]
mod forms;
/// Requests of which nothing is as it should be.
#[path = "texts_hostile_tests.rs"]
mod hostile;
/// The pieces of a text, and what is kept of them.
#[path = "texts_pieces_tests.rs"]
mod pieces;

const OWN: &str = "0004f2aaaaaa";

fn own() -> Mac {
    Mac::parse(OWN.as_bytes()).unwrap()
}

/// The names in some texts where an operator gave one of each kind of pattern.
fn names(texts: &Texts<'_>, writes: bool) -> Names {
    let known = KnownPrefixes::built_in();
    let parameters: [Cow<'static, str>; 2] = ["mac".into(), "id".into()];
    let patterns = [FilePattern::new("/p(?<mac>[0-9a-f]{6}x[0-9a-f]{6})").unwrap()];
    let ignore = [Ignore::new("order-[0-9a-f]+").unwrap()];
    let naming = Naming { parameters: &parameters, patterns: &patterns, ignore: &ignore, known: &known };
    Names::of(texts, &naming, Some(own()), writes)
}

fn found(texts: &Texts<'_>) -> Vec<String> {
    names(texts, false).found().map(|(mac, source)| format!("{mac} {}", source.as_str())).collect()
}

fn in_query(query: &str) -> Vec<String> {
    found(&Texts { args: query.as_bytes(), ..Texts::default() })
}

#[test]
fn each_text_is_searched_and_named_in_the_log() {
    let mac = b"123456abcdef";
    let with = |texts: Texts<'_>| found(&texts);
    assert_eq!(with(Texts { sent: b"/123456abcdef?x", ..Texts::default() }), ["123456abcdef uri"]);
    assert_eq!(with(Texts { sent: b"/x?y=123456abcdef", ..Texts::default() }), ["123456abcdef query"]);
    assert_eq!(with(Texts { uri: mac, ..Texts::default() }), ["123456abcdef uri"]);
    assert_eq!(with(Texts { filename: mac, ..Texts::default() }), ["123456abcdef filename"]);
    assert_eq!(with(Texts { filename: b"/x?a=123456abcdef", ..Texts::default() }), ["123456abcdef filename"]);
    assert_eq!(with(Texts { path_info: mac, ..Texts::default() }), ["123456abcdef path-info"]);
    assert_eq!(with(Texts { args: b"a=123456abcdef", ..Texts::default() }), ["123456abcdef query"]);
}

#[test]
fn texts_are_searched_by_themselves() {
    let halves = Texts { uri: b"/0004f2", path_info: b"bbbbbb", args: b"0004f2", ..Texts::default() };
    assert_eq!(found(&halves), [""; 0]);
}

#[test]
fn a_text_is_decoded_until_nothing_changes() {
    for text in [
        "%30004f2bbbbbb",
        "%2530004f2bbbbbb",
        "%252530004f2bbbbbb",
        "%25252530004f2bbbbbb",
        // Decoded once it spells a phone, 0004f2%bbbbbb, decoded further it no longer does.
        "0004f2%25bbbbbb",
        "0004f2%2525bbbbbb",
        // And here only once nothing is left to decode.
        "0004f2b%2540bbbbb",
    ] {
        let names = found(&Texts { uri: text.as_bytes(), ..Texts::default() });
        // What it spells on the way may be names of their own.
        assert!(names.len() == 2 || names == ["0004f2bbbbbb uri"], "{text}: {names:?}");
    }
}

#[test]
fn what_an_application_decodes_again_counts() {
    let known = KnownPrefixes::built_in();
    let naming = Naming::with_defaults(&known);
    let (sender, other) = (Mac::parse(b"0004f225bbbb"), Mac::from_bits(0x0004_f2bb_bbbb));
    let (sent, uri) = (&b"/0004f2%2525bbbbbb"[..], &b"/0004f2%25bbbbbb"[..]);
    for texts in [
        Texts { sent, uri, filename: uri, ..Texts::default() },
        Texts { sent: b"/?x=0004f2%2525bbbbbb", uri: b"/", args: b"x=0004f2%2525bbbbbb", ..Texts::default() },
    ] {
        // Undecoded it spells the sender, decoded twice 0004f2%bbbbbb.
        assert_eq!(Names::of(&texts, &naming, sender, false).named(), Named::One(other), "{texts:?}");
    }
}

#[test]
fn its_own_name_with_escaped_separators_names_nobody_else() {
    // Undecoded, 003a9a3ad23a has a prefix of Cisco's.
    let known = KnownPrefixes::built_in().with([Oui::from_bits(0x003a9a), Oui::from_bits(0x002004)]);
    let naming = Naming::with_defaults(&known);
    let own = Mac::from_bits(0x009a_d2aa_bbcc);
    for text in [
        "mac=00%3A9A%3Ad2%3Aaa%3Abb%3Acc",
        "x=00%203A9A%20d2%20aa%20bb%20cc",
        "x=00%253A9A%253Ad2%253Aaa%253Abb%253Acc",
    ] {
        let text = text.replace("203A9A", "209A");
        let names = Names::of(&Texts { args: text.as_bytes(), ..Texts::default() }, &naming, Some(own), false);
        assert_eq!(names.named(), Named::One(own), "{text}: {names:?}");
    }
    // What an application that does not decode would strip counts where nothing is decoded there.
    let stripped = Texts { args: b"x=0004f2%bbbbbb", ..Texts::default() };
    assert_eq!(Names::of(&stripped, &naming, Some(own), false).only(), Some(Mac::from_bits(0x0004_f2bb_bbbb)));
}

#[test]
fn headers_name_known_phones_and_never_the_sender() {
    let known = KnownPrefixes::built_in();
    let naming = Naming::with_defaults(&known);
    let of = |headers: Headers<'_>| Names::of_headers(&headers, &naming, Some(own()));
    for (headers, found) in [
        (Headers { host: b"0004f2bbbbbb.example", ..Headers::default() }, "0004f2bbbbbb host"),
        (Headers { host: b"0004f2b--bbbbb-boot.log.example", ..Headers::default() }, "0004f2bbbbbb host"),
        (Headers { cookie: b"x=12-34-56-00-04-f2-x~bb~bb~bb", ..Headers::default() }, "0004f2bbbbbb cookie"),
        (Headers { user_agent: b"Yealink 0004f2/bb~bb~bb", ..Headers::default() }, "0004f2bbbbbb user-agent"),
        (Headers { cookie: b"a=b; mac=0004f2bbbbbb", ..Headers::default() }, "0004f2bbbbbb cookie"),
        (Headers { cookie: b"x=000~4f2~bbb~bbb", ..Headers::default() }, "0004f2bbbbbb cookie"),
        (Headers { cookie: b"mac=004f2bbbbbb", ..Headers::default() }, "0004f2bbbbbb cookie"),
        (Headers { cookie: b"a=1;0004f2%62bbbbb=1", ..Headers::default() }, "0004f2bbbbbb cookie"),
    ] {
        let names = of(headers);
        let all: Vec<String> = names.found().map(|(mac, source)| format!("{mac} {}", source.as_str())).collect();
        assert_eq!(all, [found], "{headers:?}");
    }
    for headers in [
        Headers { user_agent: b"Yealink SIP-T46S 66.84.0.15 00:04:f2:aa:aa:aa", ..Headers::default() },
        Headers { cookie: b"mac=0004f2aaaaaa; mac=12345; session=123456abcdef", ..Headers::default() },
        Headers { host: b"123456abcdef.example", ..Headers::default() },
    ] {
        let names = of(headers);
        assert!(names.named() == Named::Nobody && !names.is_malformed(), "{headers:?}");
    }
}

#[test]
fn what_is_known_of_a_host_is_not_known_of_a_user_agent() {
    let known = KnownPrefixes::built_in();
    let naming = Naming::with_defaults(&known);
    let text = format!("0004f2xybbbbbb Phone/z{}", "xyz".repeat(12));
    let (host, user_agent) = (text.as_bytes(), text.as_bytes());
    let of = |headers: Headers<'_>| Names::of_headers(&headers, &naming, None).only();
    let other = Some(Mac::from_bits(0x0004_f2bb_bbbb));
    for _ in 0..2 {
        assert_eq!(of(Headers { host, ..Headers::default() }), other);
        assert_eq!(of(Headers { user_agent, ..Headers::default() }), None, "there it stands before the end");
    }
}

#[test]
fn full_width_digits_are_digits() {
    let wide = "\u{ff10}\u{ff10}\u{ff10}\u{ff14}\u{ff46}\u{ff12}bbbbbb";
    let escaped: String = wide.bytes().map(|byte| format!("%{byte:02X}")).collect();
    for text in [wide.to_owned(), escaped.clone(), escaped.replace('%', "%25")] {
        assert_eq!(found(&Texts { uri: format!("/{text}.cfg").as_bytes(), ..Texts::default() }), ["0004f2bbbbbb uri"]);
        assert_eq!(in_query(&format!("x={text}")), ["0004f2bbbbbb query"], "{text}");
        assert!(in_query(&format!("mac={text}"))[0].starts_with("0004f2bbbbbb"), "{text}");
    }
}

#[test]
fn what_folds_for_one_application_and_not_for_another_hides_nothing() {
    for text in [
        "/\u{e9}\u{e9}\u{e9}\u{ff10}004f2bbbbbb\u{e9}\u{e9}\u{e9}",
        "/\u{ff10}\u{e9}\u{e9}0004f2bbbbbb\u{ff10}\u{e9}\u{e9}0",
        "/000\u{32c3}f2bbbbbb",
        "/000\u{2074}%uff462bbbbbb.cfg",
        "/0004f%u2603%u26032bbbbbb-phone.cfg",
    ] {
        let read = names(&Texts { uri: text.as_bytes(), ..Texts::default() }, false);
        assert!(read.macs().any(|mac| mac == Mac::from_bits(0x0004_f2bb_bbbb)), "{text}");
    }
}

#[test]
fn full_width_digits_are_digits_whatever_is_cut_out_or_matched() {
    // What the operator of these tests says has a pattern of each kind.
    let wide = |text: &str| text.replace('1', "\u{ff11}").replace('a', "\u{ff41}");
    assert_eq!(found(&Texts { uri: wide("/123456abcdef").as_bytes(), ..Texts::default() }), ["123456abcdef uri"]);
    assert_eq!(in_query(&format!("x={}", wide("123456abcdef"))), ["123456abcdef query"]);
    assert_eq!(found(&Texts { uri: wide("/p123456xabcdef").as_bytes(), ..Texts::default() }), ["123456abcdef uri"]);
}

#[test]
fn octets_with_escaped_colons_are_an_address() {
    assert_eq!(in_query("x=1%3A2:3:4:5:f"), ["01020304050f query"]);
    assert_eq!(in_query("x=1%3A2%3a3%3A4%3A5%3Af"), ["01020304050f query"]);
}

#[test]
fn more_matches_of_a_pattern_than_are_looked_at_are_several_devices() {
    let text = "/p123456xabcdef".repeat(65);
    assert_eq!(names(&Texts { uri: text.as_bytes(), ..Texts::default() }, false).named(), Named::Several);
}

#[test]
fn a_long_text_is_searched_once_for_all_its_forms() {
    let path = format!("/{}", "0~0~0~4~f~2.".repeat(600));
    let texts = Texts { sent: path.as_bytes(), filename: path.as_bytes(), ..Texts::default() };
    let known = KnownPrefixes::built_in();
    Names::of(&texts, &Naming::with_defaults(&known), Some(own()), false);
    crate::names::work::take();
    Names::of(&texts, &Naming::with_defaults(&known), Some(own()), false);
    let again = crate::names::work::take();
    assert!(again <= 8 * path.len() as u64, "{again} for {} bytes", path.len());
}

proptest! {
    #[test]
    fn the_work_of_a_request_is_linear_in_it(
        pieces in prop::collection::vec(
            prop_oneof![
                Just("%25"), Just("%2525"), Just("%"), Just("0"), Just("0004f2"), Just("~"), Just("."), Just("&"), Just("="),
                Just(";"), Just("mac="), Just("/"), Just("0004f2bbbbbb"), Just(":"), Just("-"), Just("\u{ff10}"), Just("%EF%BC%90"),
                Just("00:04:f2:bb:bb:bb"), Just("%3a"), Just("1:"), Just("?"), Just("+"),
            ],
            1..4,
        ),
        around in "[0-9a-f./&=%~]{0,12}",
        length in prop_oneof![Just(1024_usize), Just(8192)],
    ) {
        let piece = pieces.concat();
        let text = format!("{around}{}{around}", piece.repeat(length / piece.len()));
        let texts = Texts { sent: text.as_bytes(), args: text.as_bytes(), uri: text.as_bytes(), ..Texts::default() };
        let known = KnownPrefixes::built_in();
        crate::names::work::take();
        Names::of(&texts, &Naming::with_defaults(&known), Some(own()), true);
        let work = crate::names::work::take();
        // Three texts of this length, none of them a part of another.
        prop_assert!(work <= 3 * 40 * text.len() as u64, "{} bytes, {work}", text.len());
    }
}

#[test]
fn a_name_parameter_is_read_as_applications_read_it() {
    for query in [
        "mac=12-34-56-ab-cd-ef",
        "ID=123456ABCDEF",
        "a=b&mac[]=123456abcdef",
        "%6d%61c=x1x2x3x4x5x6xaxbxcxdxexf",
        "x;mac=123456abcdef",
        "mac%00y=123456abcdef",
        "+mac+=1234.56ab.cdef",
    ] {
        let names = in_query(query);
        assert!(names.iter().all(|name| name.starts_with("123456abcdef ")) && !names.is_empty(), "{query}: {names:?}");
    }
    let malformed = |query: &str| names(&Texts { args: query.as_bytes(), ..Texts::default() }, false).is_malformed();
    for query in ["mac=1", "x;mac=1", "mac=123456abcdef0", "a=1&MAC=zz9", "mac=0004f2aaaaaa,0004f2bbbbbb"] {
        assert!(malformed(query), "{query}");
    }
    for query in ["mac=", "mac=xyz", "x;y=1", "mac", "mac=000000000000", "machine=1", "amac=1", "x=mac"] {
        assert!(!malformed(query) && in_query(query).is_empty(), "{query}");
    }
}

#[test]
fn patterns_add_and_ignore_never_hides_a_phone() {
    assert_eq!(found(&Texts { uri: b"/p123456xabcdef", ..Texts::default() }), ["123456abcdef uri"]);
    assert_eq!(found(&Texts { uri: b"/order-123456abcdef", ..Texts::default() }), [""; 0]);
    assert_eq!(found(&Texts { uri: b"/order-0004f2bbbbbb", ..Texts::default() }), ["0004f2bbbbbb uri"]);
}

#[test]
fn a_phone_gets_its_own_odd_names_where_a_pattern_ignores_others() {
    let ignore = [Ignore::new("x-[0-9a-f]{12}").unwrap()];
    let known = KnownPrefixes::built_in();
    let naming = Naming { ignore: &ignore, ..Naming::with_defaults(&known) };
    let own: Mac = Mac::parse(b"0004f2bbbbbb").unwrap();
    for text in [
        "/odd4/0004f2b_--%2bbbbbb",
        "/odd1/0004F2%2bbbBbbB.xml",
        "/odd4/0004f2%3cbbbbbb-web",
        "/odd2/0004F2B!%5d@%3c%5dz)bBBBB.cfg",
        "/x-0004f2b%2bbbbbb/0004F2%252bbbBbbB",
    ] {
        for texts in [
            Texts { uri: text.as_bytes(), ..Texts::default() },
            Texts { args: text.as_bytes(), ..Texts::default() },
            Texts { args: &[b"a=1&b=", text.as_bytes(), b"&c"].concat(), ..Texts::default() },
        ] {
            let names = Names::of(&texts, &naming, Some(own), false);
            assert_eq!(names.named(), Named::One(own), "{text}");
        }
    }
    // And an escape's digits still belong to a name that is there without it.
    let names = Names::of(&Texts { uri: b"/odd/123456abcd%2be", ..Texts::default() }, &naming, Some(own), false);
    assert_eq!(names.named(), Named::Nobody);
}

proptest! {
    #[test]
    fn a_pattern_that_matches_nothing_hides_no_device_and_refuses_no_phone(
        before in "(/[0-9a-z%+]{0,6})?/",
        between in proptest::collection::vec("|||[!:._-]|%2[bdf]|%252b|%5d|%c3%a9|%", Mac::DIGITS),
        behind in "(\\.cfg|-%2b|[0-9a-f]|%3c){0,2}",
    ) {
        let ignore = [Ignore::new("zz").unwrap()];
        let known = KnownPrefixes::built_in();
        let plain = Naming::with_defaults(&known);
        let naming = Naming { ignore: &ignore, ..Naming::with_defaults(&known) };
        let own_name = OWN.chars().zip(&between).map(|(digit, between)| format!("{digit}{between}"));
        let path = before + &own_name.collect::<String>() + &behind;
        let texts = Texts { uri: path.as_bytes(), ..Texts::default() };
        let [with, without] = [&naming, &plain].map(|naming| Names::of(&texts, naming, Some(own()), false));
        match without.named() {
            Named::One(mac) if mac == own() => prop_assert_eq!(with.named(), Named::One(own()), "{}", path),
            Named::Several => prop_assert_eq!(with.named(), Named::Several, "{}", path),
            _ => prop_assert!(with.named() == Named::Several || with.macs().eq(without.macs()), "{}", path),
        }
    }
}

#[test]
fn two_devices_are_enough() {
    let many =
        names(&Texts { uri: b"/123456abcdef/123456abcde0/123456abcdef/123456abcde1", ..Texts::default() }, false);
    assert_eq!(many.named(), Named::Several);
    assert_eq!(many.found().count(), 2);
    let one = names(&Texts { uri: b"/123456abcdef/12:34:56:ab:cd:ef", ..Texts::default() }, false);
    assert_eq!(one.named(), Named::One(Mac::from_bits(0x1234_56ab_cdef)));
    assert_eq!(Names::default().and(&one), one);
}

#[test]
fn what_dot_segments_fold_away_is_no_place_to_write() {
    let stays = |uri: &str| names(&Texts { uri: uri.as_bytes(), ..Texts::default() }, true).sender_in_path();
    for uri in ["/0004f2aaaaaa.log", "/x/../0004f2aaaaaa/y", "/0004F2-aa-aa-aa/%2e/z"] {
        assert!(stays(uri), "{uri}");
    }
    for uri in
        ["/0004f2aaaaaa/../x", "/0004f2aaaaaa%2f..%2fx", "/0004f2aaaaaa%252f%252e%252e/x", "/0004f2aaaaaa/..;a/x", "/x"]
    {
        assert!(!stays(uri), "{uri}");
    }
    for destination in ["/dav/0004f2aaaaaa//../x", "https://h/dav/0004f2aaaaaa:///..//x", "/0004f2aaaaaa///.././x"] {
        let known = KnownPrefixes::built_in();
        let named = Names::of_destination(destination.as_bytes(), &Naming::with_defaults(&known), Some(own()));
        assert!(!named.sender_in_path(), "{destination}");
    }
    // What is written has the name as httpd has decoded it, whatever is made of it later.
    for uri in ["/0004f2aa%61aaa", "/x;0004f2aa%61aaa@y", "/0004f2aaaa\u{ff41}a"] {
        let read = names(&Texts { uri: uri.as_bytes(), ..Texts::default() }, true);
        assert!(!read.sender_in_path() && read.macs().any(|mac| mac == own()), "{uri}");
    }
    for (destination, stays) in [("/dav/0004f2aa%61aaa", true), ("/dav/0004f2aa%2561aaa", false)] {
        let known = KnownPrefixes::built_in();
        let named = Names::of_destination(destination.as_bytes(), &Naming::with_defaults(&known), Some(own()));
        assert_eq!(named.sender_in_path(), stays, "{destination}");
    }
    // Applications that normalise a path see other slashes and dots.
    for uri in
        ["/0004f2aaaaaa/\u{2025}/x", "/0004f2aaaaaa\u{ff0f}\u{ff0e}%ef%bc%8e\u{ff0f}x", "/0004f2aaaaaa/\u{2024}."]
    {
        let read = names(&Texts { uri: uri.as_bytes(), ..Texts::default() }, true);
        assert!(!read.sender_in_path() && read.macs().any(|mac| mac == own()), "{uri}");
    }
    for (uri, is_dotted) in [("/0004f2aaaaaa/\u{ff0e}htaccess", true), ("/0004f2aaaaaa/x\u{ff0e}y\u{e9}", false)] {
        let read = names(&Texts { uri: uri.as_bytes(), ..Texts::default() }, true);
        assert!(read.sender_in_path() && read.dot_segment() == is_dotted, "{uri}");
    }
    let below = Texts { filename: b"/srv/0004f2aaaaaa", path_info: b"/..;/x", ..Texts::default() };
    assert!(!names(&below, true).sender_in_path(), "path info folds the file's own segment away");
}

proptest! {
    #[test]
    fn no_bytes_make_the_search_fail(
        sent in prop::collection::vec(any::<u8>(), 0..60),
        args in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'%'), Just(b'='), Just(b'&')], 0..60),
    ) {
        let _ = names(&Texts { sent: &sent, uri: &sent, args: &args, filename: &args, path_info: &sent }, true);
    }
}

#[test]
fn a_value_that_names_a_device_is_read_as_a_name_parameter_is() {
    let read = |value: &str| {
        let known = KnownPrefixes::built_in();
        let naming = Naming::with_defaults(&known);
        let by_expression = Names::of_value(value.as_bytes(), &naming, Some(own()), Source::NamedBy);
        let query = format!("mac={}", value.replace('&', "%26"));
        let by_parameter = names(&Texts { args: query.as_bytes(), ..Texts::default() }, false);
        assert_eq!(by_expression.is_malformed(), by_parameter.is_malformed(), "{value}");
        assert!(by_expression.macs().all(|mac| by_parameter.macs().any(|other| other == mac)), "{value}");
        if by_expression.is_malformed() {
            return "malformed".to_owned();
        }
        by_expression.found().map(|(mac, source)| format!("{mac} {}", source.as_str())).collect::<Vec<_>>().join(" ")
    };
    for value in ["123456abcdef", "12:34:56:AB:CD:EF", " 1234.56ab.cdef ", "12%3A34%3a56%2Dab-cd-ef"] {
        assert_eq!(read(value), "123456abcdef named-by", "{value}");
    }
    for value in ["", "-", "(null)", "000000000000"] {
        assert_eq!(read(value), "", "{value}");
    }
    for value in ["bad", "1001", "123456abcdef, 123456abcdee", "123456abcdef0", "123456abcd"] {
        assert_eq!(read(value), "malformed", "{value}");
    }
    // What begins or ends beside a name is another one, as in a path.
    let known = KnownPrefixes::built_in();
    let own = Mac::from_bits(0x0004_f2aa_aaa0);
    let of =
        |value: &str| Names::of_value(value.as_bytes(), &Naming::with_defaults(&known), Some(own), Source::NamedBy);
    assert_eq!(of("0004f2aaaaa0-004f2bbbbbb").named(), Named::Several);
    assert_eq!(of("Phone-0004f2aaaaa0").only(), Some(own));
    assert!(of("Phone-0004f2aaaaa0, 0004f2bbbbbb, 0004f2cccccc").are_more(), "one of them is no such name");
    assert!(Names::malformed().is_malformed() && Names::malformed().named() == Named::Nobody);
}

#[test]
fn a_value_that_names_a_device_may_be_stripped_as_it_was_sent() {
    let known = KnownPrefixes::built_in();
    let of =
        |value: &str| Names::of_value(value.as_bytes(), &Naming::with_defaults(&known), Some(own()), Source::NamedBy);
    assert_eq!(of("%12%b4%56%bb%bb%bb").only(), Mac::parse(b"12b456bbbbbb"));
    for value in ["00%3A04%3Af2%3Aaa%3Aaa%3Aaa", "%30004f2aaaaaa", "0004f2%2Daaaaaa"] {
        assert_eq!((of(value).only(), of(value).is_malformed()), (Some(own()), false), "{value}");
    }
}

#[test]
fn a_long_text_that_is_encoded_over_and_over_is_more_than_can_be_looked_at() {
    // full-width digits, so that each level is folded too
    let piece = |escape: &str| format!("\u{ff10}{}", format!("xy1z{escape}").repeat(120));
    let several =
        |query: &str| names(&Texts { args: query.as_bytes(), ..Texts::default() }, false).named() == Named::Several;
    assert!(several(&piece("%25252541")), "decoded four times");
    assert!(!several(&piece("%2541")[..250]), "a short one has more than its bytes");
    // What was too much there is none of it here: nothing is kept of what was not looked at.
    let innocent = format!("x={}%2541&y=xy1z%252541", "xy1z%25252541".repeat(4));
    assert!(!several(&innocent));
    let encoded_twice = format!("url={}", "https%253A%252F%252Fprov.example%252Fcfg%252F".repeat(60));
    assert!(encoded_twice.len() > 2000 && !several(&encoded_twice), "as links in links are");
    let text_once = format!("q={}", "%E6%97%A5%E6%9C%AC%20%EF%BC%91".repeat(60));
    assert!(!several(&text_once), "a form's field in Japanese, its digits full-width");
}
