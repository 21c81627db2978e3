use super::*;
use crate::pattern::{FilePattern, Ignore};
use crate::policy::{Methods, Mode, OtherFiles};
use crate::vendors::KnownPrefixes;
use proptest::prelude::*;
use std::borrow::Cow;

const OWN: &str = "0004f2aaaaaa";

fn own() -> Mac {
    Mac::parse(OWN.as_bytes()).unwrap()
}

/// The names in some texts under a policy with one of each kind of pattern.
fn names(texts: &Texts<'_>, writes: bool) -> Names {
    let known = KnownPrefixes::built_in();
    let parameters: [Cow<'static, str>; 2] = ["mac".into(), "id".into()];
    let patterns = [FilePattern::new("/p(?<mac>[0-9a-f]{6}x[0-9a-f]{6})").unwrap()];
    let ignore = [Ignore::new("order-[0-9a-f]+").unwrap()];
    let policy = Policy {
        mode: Mode::On,
        other_files: OtherFiles::Device,
        methods: &Methods::DEFAULT,
        name_parameters: &parameters,
        file_patterns: &patterns,
        ignore: &ignore,
        known: &known,
        devices: None,
    };
    Names::of(texts, &policy, Some(own()), writes)
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
        assert!(names.contains(&"0004f2bbbbbb uri".to_owned()), "{text}: {names:?}");
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
    for query in ["mac=1", "mac=123456abcdef0", "a=1&MAC=zz9", "mac=0004f2aaaaaa,0004f2bbbbbb"] {
        assert!(malformed(query), "{query}");
    }
    for query in ["mac=", "mac=xyz", "mac", "mac=000000000000", "machine=1", "amac=1", "x=mac"] {
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
    let below = Texts { filename: b"/srv/0004f2aaaaaa", path_info: b"/..;/x", ..Texts::default() };
    assert!(!names(&below, true).sender_in_path(), "path info folds the file's own segment away");
}

#[test]
fn a_destination_is_judged_as_a_path() {
    assert_eq!(path_of_url(b"https://localhost:443/a/b?c"), b"/a/b?c");
    assert_eq!(path_of_url(b"http://host"), b"");
    assert_eq!(path_of_url(b"/a?u=http://x/y"), b"/a?u=http://x/y");
    assert_eq!(path_of_url(b"relative"), b"relative");
}

proptest! {
    #[test]
    fn folding_is_what_a_file_system_would_do(path in "(/(a|b|\\.|\\.\\.|\\.a|))?(/(a|b|\\.|\\.\\.|)){0,5}") {
        let folded = fold_dot_segments(path.as_bytes());
        let mut slow: Vec<&str> = Vec::new();
        for segment in path.split('/') {
            match segment {
                "." => {}
                ".." => { slow.pop(); }
                other => slow.push(other),
            }
        }
        let slow: Vec<&[u8]> = slow.into_iter().map(str::as_bytes).collect();
        prop_assert_eq!(folded, slow);
    }

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
        let by_expression = Names::of_value(value.as_bytes(), Source::NamedBy);
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
    for value in ["bad", "1001", "123456abcdef, 123456abcdee", "123456abcdef0", "123456abcde"] {
        assert_eq!(read(value), "malformed", "{value}");
    }
    assert!(Names::malformed().is_malformed() && Names::malformed().named() == Named::Nobody);
}
