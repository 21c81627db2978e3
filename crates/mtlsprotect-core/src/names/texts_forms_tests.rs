//! The forms in which httpd shows one request: what is left out because it was seen before must name nobody else.

use super::own;
use crate::built_in::known_prefixes::KnownPrefixes;
use crate::mac::Mac;
use crate::names::budget::Left;
use crate::names::named::{Names, Source};
use crate::names::naming::Naming;
use crate::names::pattern::{FilePattern, Ignore};
use crate::names::texts::{Earlier, Texts};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeSet;

fn segment() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("0004f2aaaaaa"),
        Just("0004f2bbbbbb"),
        Just("123456abcdef"),
        Just("123456abcdef0"),
        Just("p123456xabcdef"),
        Just("order-123456abcdef"),
        Just("order-0004f2bbbbbb"),
        Just("..;x"),
        Just(".."),
        Just(".x"),
        Just("a"),
        Just("a"),
        Just(""),
    ]
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(segment(), 1..5).prop_map(|segments| format!("/{}", segments.join("/")))
}

/// Everything named, one text looked at by itself.
fn alone(texts: Texts<'_>, naming: &Naming<'_>) -> BTreeSet<Mac> {
    Names::of(&texts, naming, Some(own()), false).macs().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_form_of_a_request_is_as_good_as_searched_by_itself(
        uri in path(),
        (other, other_info) in (path(), path()),
        (file_end, info_start) in (any::<Index>(), any::<Index>()),
        (file_form, info_form, sent_form, args_form) in (0..5, 0..4, 0..4, 0..3_usize),
        (with_pattern, with_ignore) in (any::<bool>(), any::<bool>()),
    ) {
        let (end, start) = (file_end.index(uri.len() + 1), info_start.index(uri.len() + 1));
        let filename = match file_form {
            0 => uri.clone(),
            1 | 2 => uri[..end].to_owned(),
            3 => other.clone(),
            _ => format!("http://b{other}?x={}", other_info.replace('/', "")),
        };
        let path_info = match info_form {
            0 => "",
            1 => &uri[end..],
            2 => &uri[start..],
            _ => &other_info,
        };
        let query = format!("x={}", other.replace('/', ""));
        let sent = match sent_form {
            0 => uri.clone(),
            1 => uri.replace('a', "%61"),
            2 => format!("{uri}?{query}"),
            _ => other.clone(),
        };
        let args: &str = ["", &query, &uri][args_form];
        let patterns = [FilePattern::new("^/p(?<mac>[0-9a-f]{6}x[0-9a-f]{6})$").unwrap()];
        let ignores = [Ignore::new("^/order-[0-9a-f]+/a").unwrap()];
        let known = KnownPrefixes::built_in();
        let naming = Naming {
            patterns: if with_pattern { &patterns[..] } else { &[] },
            ignore: if with_ignore { &ignores[..] } else { &[] },
            ..Naming::with_defaults(&known)
        };
        let (uri, filename, path_info) = (uri.as_bytes(), filename.as_bytes(), path_info.as_bytes());
        let (sent, args) = (sent.as_bytes(), args.as_bytes());
        let texts = Texts { sent, uri, args, filename, path_info };
        let named: BTreeSet<Mac> = [
            Texts { sent, ..Texts::default() },
            Texts { uri, ..Texts::default() },
            Texts { args, ..Texts::default() },
            Texts { filename, ..Texts::default() },
            Texts { path_info, ..Texts::default() },
        ]
        .into_iter()
        .flat_map(|one| alone(one, &naming))
        .collect();
        let all = Names::of(&texts, &naming, Some(own()), true);
        if named.len() <= 2 {
            prop_assert_eq!(&all.macs().collect::<BTreeSet<_>>(), &named, "{:?}", texts);
        } else {
            prop_assert!(all.are_more() || all.macs().count() == 2, "{:?}", texts);
        }
        // and of a write, where it writes
        let writes = |uri: &[u8]| Names::of(&Texts { uri, ..Texts::default() }, &naming, Some(own()), true);
        let file = crate::names::served::path_of_served(filename);
        let in_paths = [writes(uri), writes(&[file, path_info].concat())];
        let in_path = in_paths.iter().any(Names::sender_in_path);
        // what is cut out of one form may be a third name in another, so may what only is one where two join, and the sender
        // may be a third that is not told apart
        let are_told = !all.are_more() && !in_paths.iter().any(Names::are_more);
        if named.len() <= 2 && are_told && !with_ignore {
            prop_assert_eq!(all.sender_in_path(), in_path, "{:?}", texts);
        }
        let is_dot_file = file.rsplit(|&byte| byte == b'/').next().unwrap().starts_with(b".");
        let has_dot = writes(uri).dot_segment() || writes(path_info).dot_segment() || is_dot_file;
        prop_assert_eq!(all.dot_segment(), has_dot, "{:?}", texts);
    }
}

#[test]
fn what_httpd_shows_twice_is_searched_once() {
    let known = KnownPrefixes::built_in();
    let naming = Naming::with_defaults(&known);
    let work = |texts: Texts<'_>| {
        crate::names::work::take();
        Names::of(&texts, &naming, None, false);
        crate::names::work::take()
    };
    let sent: &[u8] = b"/cfg/0004f2bbbbbb/x?y=0004f2bbbbbb";
    let (uri, args) = (&sent[..19], &sent[20..]);
    let once = work(Texts { sent, uri, args, filename: uri, path_info: b"" });
    let shown = work(Texts { sent, uri, args, filename: &uri[..17], path_info: &uri[17..] });
    assert!(0 < shown && shown <= once, "{shown}, and {once} for what was sent");
    // path info that is nowhere else
    let path_info: &[u8] = b"/0004f2cccccc";
    let both = once + work(Texts { path_info, ..Texts::default() });
    let shown = work(Texts { sent, uri, args, filename: uri, path_info });
    assert!(shown <= both, "{shown}, and {both} for what was sent and the path info");
    // decoded
    let encoded: &[u8] = b"/cfg/0004f2%62bbbbb/x";
    let once = work(Texts { sent: encoded, ..Texts::default() });
    let shown = work(Texts { sent: encoded, uri, filename: uri, ..Texts::default() });
    let compared = encoded.len() as u64;
    assert!(shown <= once + compared, "{shown}, and {once} for what was sent");
}

#[test]
fn a_look_is_enough_for_a_read_that_httpd_leaves_as_it_was_sent() {
    let known = KnownPrefixes::built_in();
    let patterns = [FilePattern::new("^/p(?<mac>[0-9a-f]{6}x[0-9a-f]{6})$").unwrap()];
    let plain = Naming::with_defaults(&known);
    let with_pattern = Naming { patterns: &patterns, ..plain };
    let texts = |sent: &'static str| {
        let (uri, args) = sent.split_once('?').unwrap_or((sent, ""));
        let (sent, uri, args) = (sent.as_bytes(), uri.as_bytes(), args.as_bytes());
        Texts { sent, uri, args, filename: uri, path_info: b"" }
    };
    let (path, query) = (texts("/0004f2aaaaaa.cfg"), texts("/0004f2aaaaaa.cfg?model=x"));
    let copied = b"/0004f2aaaaaa.cfg".to_vec();
    // What a long query has left.
    let long = Texts { args: &[b'x'; 600], ..Texts::default() };
    let left = Names::of(&long, &plain, Some(own()), false).left();
    assert!(left < Left::ALL);
    for (texts, is_path, is_query) in [
        (path, true, false),
        (Texts { uri: &copied, ..path }, true, false),
        (query, false, true),
        (Texts { uri: b"/a", ..path }, false, false),
        (Texts { args: b"a", ..path }, false, false),
        (Texts { args: b"a", ..query }, false, false),
        (Texts { filename: b"/a", ..path }, false, false),
        (Texts { filename: b"/a", ..query }, false, false),
        (Texts { path_info: b"/a", ..path }, false, false),
        (Texts { path_info: b"/a", ..query }, false, false),
    ] {
        assert_eq!((texts.are_one_path(), texts.are_path_and_query()), (is_path, is_query), "{texts:?}");
        let looked = |naming: &Naming<'_>, left: Left| {
            Names::of_path_and_query(&texts, naming, Some(own()), Earlier { left, query: None }).is_some()
        };
        assert_eq!(looked(&plain, Left::ALL), is_query, "{texts:?}");
        assert!(!looked(&with_pattern, Left::ALL) && !looked(&plain, left), "{texts:?}");
    }
    let of =
        |naming: &Naming<'_>, sent: &'static str, writes: bool| Names::of(&texts(sent), naming, Some(own()), writes);
    assert_eq!(of(&with_pattern, "/p123456xabcdef?model=x", false).only(), Mac::parse(b"123456abcdef"));
    // A write is judged by where it writes, whatever query it has.
    let written = of(&plain, "/0004f2aaaaaa/.x?model=x", true);
    assert!(written.sender_in_path() && written.dot_segment());
}

#[test]
fn behind_more_devices_than_are_told_apart_no_path_is_searched() {
    let known = KnownPrefixes::built_in();
    let naming = Naming::with_defaults(&known);
    let three: &[u8] = b"/123456abcde0/123456abcde1/123456abcde2";
    let work = |filename: &[u8]| {
        crate::names::work::take();
        let names = Names::of(&Texts { uri: three, filename, ..Texts::default() }, &naming, None, false);
        assert!(names.are_more());
        crate::names::work::take()
    };
    assert_eq!(work(b"/0004f2bbbbbb"), work(b""));
}

#[test]
fn a_file_is_searched_by_itself_where_a_site_has_patterns() {
    let known = KnownPrefixes::built_in();
    let patterns = [FilePattern::new("^/p(?<mac>[0-9a-f]{6}x[0-9a-f]{6})$").unwrap()];
    let ignores = [Ignore::new("^/order-[0-9a-f]+/a").unwrap()];
    let with_pattern = Naming { patterns: &patterns, ..Naming::with_defaults(&known) };
    let with_ignore = Naming { ignore: &ignores, ..Naming::with_defaults(&known) };
    for (naming, uri, end) in [(with_pattern, "/p123456xabcdef/a", 15), (with_ignore, "/order-123456abcdef/a", 19)] {
        let (filename, path_info) = uri.as_bytes().split_at(end);
        let all = Texts { sent: uri.as_bytes(), uri: uri.as_bytes(), filename, path_info, ..Texts::default() };
        let uri_alone = Texts { filename: b"", path_info: b"", ..all };
        let only = |texts| Names::of(&texts, &naming, None, false).only().map(|mac| mac.to_string());
        assert_eq!((only(uri_alone), only(all)), (None, Some("123456abcdef".to_owned())), "{uri}");
    }
}

#[test]
fn a_device_named_twice_hides_no_other() {
    let known = KnownPrefixes::built_in();
    let naming = Naming::with_defaults(&known);
    let path = b"/123456abcdef/123456abcdef/0004f2bbbbbb/0004f2bbbbbb";
    for sent in [&path[..], b"/123456abcdef-123456abcdef-0004f2bbbbb%62-0004f2bbbbbb"] {
        let names = Names::of(&Texts { sent, ..Texts::default() }, &naming, None, false);
        let macs: Vec<String> = names.macs().map(|mac| mac.to_string()).collect();
        assert_eq!((macs, names.are_more()), (vec!["123456abcdef".to_owned(), "0004f2bbbbbb".to_owned()], false));
    }
    let malformed = Names::of(&Texts { sent: b"/x?mac=1", ..Texts::default() }, &naming, None, false);
    assert!(malformed.is_malformed(), "the query begins behind its mark");
}

#[test]
fn a_destination_is_written_where_its_path_names_the_sender() {
    let known = KnownPrefixes::built_in();
    let naming = Naming::with_defaults(&known);
    let of = |destination: &str| Names::of_destination(destination.as_bytes(), &naming, Some(own()));
    let names = of("https://h/dav/0004f2aaaaaa/.x?y=123456abcdef");
    let found: Vec<String> = names.found().map(|(mac, source)| format!("{mac} {}", source.as_str())).collect();
    assert_eq!(found, ["0004f2aaaaaa destination", "123456abcdef destination"]);
    assert!(names.sender_in_path() && names.dot_segment());
    for elsewhere in ["/dav/x?y=0004f2aaaaaa", "/dav/x#/0004f2aaaaaa/.y", "/dav/x", "https://0004f2aaaaaa/x"] {
        assert!(!of(elsewhere).sender_in_path() && !of(elsewhere).dot_segment(), "{elsewhere}");
    }
    let padded = |length: usize| format!("/dav/0004f2aaaaaa/{}", "x".repeat(length - 18));
    assert!(of(&padded(511)).sender_in_path() && !of(&padded(511)).are_more());
    assert!(of(&padded(512)).are_more(), "nobody writes to so long a name");
}

/// A request's names in a write of what `written` names, whatever else stands in its URL: the sender must be named there.
fn in_a_write_of(mut names: Names, written: &Names) -> Names {
    names.sender_in_path = written.sender_in_path;
    names
}

#[test]
fn a_write_counts_as_what_it_writes_whatever_else_its_url_names() {
    let known = KnownPrefixes::built_in();
    let naming = Naming::with_defaults(&known);
    let of = |uri: &[u8]| Names::of(&Texts { uri, ..Texts::default() }, &naming, Some(own()), true);
    let (own_folder, shared) = (of(b"/0004f2aaaaaa/x"), of(b"/123456abcdef/x"));
    assert!(own_folder.sender_in_path() && !in_a_write_of(own_folder, &shared).sender_in_path());
    assert!(!shared.sender_in_path() && in_a_write_of(shared, &own_folder).sender_in_path());
    assert!(in_a_write_of(shared, &own_folder).found().eq(shared.found()));
    // digits that are nobody's, and the sender's name beside the path
    let texts = Texts { uri: b"/1234567890123456/x", args: b"mac=0004f2aaaaaa", ..Texts::default() };
    let names = Names::of(&texts, &naming, Some(own()), true);
    assert!(names.only() == Some(own()) && !names.sender_in_path());
}

#[test]
fn who_names_more_devices_than_are_told_apart_writes_nowhere() {
    let known = KnownPrefixes::built_in();
    let naming = Naming::with_defaults(&known);
    let three = Texts { uri: b"/0004f2aaaaaa/123456abcde1/123456abcde2", ..Texts::default() };
    let names = Names::of(&three, &naming, Some(own()), true);
    assert!(names.are_more() && !names.sender_in_path());
    let file: &[u8] = b"/0004f2aaaaaa.log";
    for (filename, path_info) in [(file, &b""[..]), (b"/dav", file)] {
        let served = Texts { filename, path_info, ..Texts::default() };
        assert!(!names.in_a_write_to(&served, &naming, Some(own())).sender_in_path(), "{served:?}");
    }
}

#[test]
fn what_follows_a_file_is_written_where_both_say_together() {
    let known = KnownPrefixes::built_in();
    let patterns = [FilePattern::new("^/p99-(?<mac>[0-9a-f]{6}x+[0-9a-f]{6})-1$").unwrap()];
    let naming = Naming { patterns: &patterns, ..Naming::with_defaults(&known) };
    for (filename, is_written) in [(&b""[..], true), (b"/dav", false)] {
        let texts = Texts { uri: b"/x", filename, path_info: b"/p99-0004f2xxxxxxxxxxaaaaaa-1", ..Texts::default() };
        let names = Names::of(&texts, &naming, Some(own()), true);
        assert_eq!((names.only(), names.sender_in_path()), (Some(own()), is_written), "{texts:?}");
    }
}

proptest! {
    #[test]
    fn a_write_to_a_file_is_judged_by_all_that_the_file_and_its_path_info_say(
        filename in "(/?(0004f2aaaaaa|0004f2bbbbbb|a|[.]{1,2}|%2f|%5c|\\\\)[-.a]{0,2}){0,5}",
        path_info in "(/(0004f2aaaaaa|x|[.]{2}))?",
        is_patterned in any::<bool>(),
    ) {
        let known = KnownPrefixes::built_in();
        let patterns = [FilePattern::new("/(?<mac>0004f2aaaaaa)-a$").unwrap()];
        let patterns: &[FilePattern] = if is_patterned { &patterns } else { &[] };
        let naming = Naming { patterns, ..Naming::with_defaults(&known) };
        let served = Texts { filename: filename.as_bytes(), path_info: path_info.as_bytes(), ..Texts::default() };
        let all = Names::of(&served, &naming, Some(own()), true);
        prop_assert_eq!(all.in_a_write_to(&served, &naming, Some(own())), in_a_write_of(all, &all));
        prop_assert_eq!(all.in_a_write_to(&served, &naming, None), in_a_write_of(all, &Names::default()));
    }
}

#[test]
fn a_write_is_the_senders_where_only_a_pattern_of_the_site_names_it() {
    let known = KnownPrefixes::built_in();
    let patterns = [FilePattern::new("/p99-(?<mac>[0-9a-f]{6}x+[0-9a-f]{6})-1$").unwrap()];
    let naming = Naming { patterns: &patterns, ..Naming::with_defaults(&known) };
    let of = |uri: &[u8]| Names::of(&Texts { uri, ..Texts::default() }, &naming, Some(own()), true);
    let named = of(b"/p99-0004f2xxxxxxxxxxaaaaaa-1");
    assert!(named.only() == Some(own()) && named.sender_in_path());
    let folded = of(b"/p99-0004f2xxxxxxxxxxaaaaaa-1/../p99-0004f2xxxxxxxxxxaaaaaa-1/..%2fx/y");
    assert!(!folded.sender_in_path());
}

#[test]
fn a_request_that_goes_on_has_the_names_of_those_before_it() {
    let known = KnownPrefixes::built_in();
    let naming = Naming::with_defaults(&known);
    let of = |uri: &str| Names::of(&Texts { uri: uri.as_bytes(), ..Texts::default() }, &naming, Some(own()), true);
    let three = of("/123456abcde0/123456abcde1/123456abcde2");
    let (mine, dot, nobody) = (of("/0004f2aaaaaa"), of("/.x"), of("/x"));
    assert!(three.are_more() && !mine.are_more() && mine.sender_in_path() && dot.dot_segment());
    for (one, other) in [(nobody, three), (three, nobody)] {
        let both = one.and(&other);
        assert!(both.are_more() && !both.is_malformed() && !both.sender_in_path() && !both.dot_segment());
        assert!(both.found().eq(three.found()));
    }
    let two = of("/123456abcde0/123456abcde1");
    assert!(!two.are_more() && two.and(&mine).are_more() && mine.and(&two).are_more() && !two.and(&two).are_more());
    for (one, other) in [(nobody, mine.and(&dot)), (mine.and(&dot), nobody), (dot, mine), (mine, dot)] {
        assert!(one.and(&other).sender_in_path() && one.and(&other).dot_segment());
    }
    assert!(nobody.and(&Names::malformed()).is_malformed() && Names::malformed().and(&nobody).is_malformed());
}

#[test]
fn what_was_found_in_long_texts_is_found_in_them_again() {
    let known = KnownPrefixes::built_in();
    let naming = Naming::with_defaults(&known);
    let long = |name: &str| format!("{}{name}", "x~".repeat(500));
    let sent = format!("/{}?y={}&z={}", long("123456abcdef"), long("0004f2~bbbbbb"), long("x"));
    let of = || {
        crate::names::work::take();
        let names = Names::of(&Texts { sent: sent.as_bytes(), ..Texts::default() }, &naming, None, false);
        let macs: Vec<String> = names.macs().map(|mac| mac.to_string()).collect();
        (macs, crate::names::work::take())
    };
    let ((first, work), (again, less)) = (of(), of());
    assert_eq!(first, ["123456abcdef", "0004f2bbbbbb"]);
    assert_eq!(again, first);
    assert!(2 * less < work, "{less} the second time, {work} the first");
}

#[test]
fn a_value_that_is_three_devices_while_it_is_decoded_is_more_than_two() {
    let value = "1%32-34-56-78-9a-b%2563";
    let sent: String = value.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let known = KnownPrefixes::built_in();
    let names = Names::of_value(sent.as_bytes(), &Naming::with_defaults(&known), None, Source::NamedBy);
    let macs: Vec<String> = names.macs().map(|mac| mac.to_string()).collect();
    assert_eq!(macs, ["123456789abc", "123456789a0b"]);
    assert!(names.are_more() && !names.is_malformed());
}

/// What a value is read as, by itself, in the name of a phone that is not in it.
fn in_value(value: &str) -> Vec<Mac> {
    let known = KnownPrefixes::built_in();
    let query = format!("file={value}");
    let texts = Texts { args: query.as_bytes(), ..Texts::default() };
    Names::of(&texts, &Naming::with_defaults(&known), Some(own()), false).macs().collect()
}

#[test]
fn an_application_may_decode_or_fold_less_than_another_before_it_strips() {
    let other = Mac::parse(b"0004f2bbbbbb").unwrap();
    for value in [
        // PHP decodes no %u0004, and finds four digits there.
        "%u0004%66%32bbbbbb",
        "%u0004%66%32bbbbbb-phone.cfg",
        "%25u0004%2566%2532bbbbbb",
        "\u{ff10}0%u04f2%62bbbbb",
        // CGI.pm makes a letter with an accent of it, which a script strips.
        "0004%u00e9f2bbbbbb",
        // What is decoded once is no escape to be decoded again.
        "%ud835%udfce%25u\u{ff10}%uff10%uff14F\u{ff12}%uBB%u0042B%42B",
        // NFKC leaves an accent on its letter, makes no digit of another script's, nor of what only weighs as much.
        "\u{ff10}\u{e9}0\u{e9}0\u{e9}4f2bbbbbb",
        "\u{ff10}%C3%A90%C3%A90%C3%A94f2bbbbbb",
        "\u{ff10}\u{663}0\u{663}0\u{663}4f2bbbbbb",
        "\u{ff10}\u{f0}0\u{f0}0\u{f0}4f2bbbbbb",
        // To leave out accents makes no digit of another script's.
        "0\u{663}0\u{663}0\u{663}4f2bbbbb\u{1e03}",
        // To read decimal digits makes nothing of a circled one.
        "\u{660}\u{2460}0\u{2460}0\u{2460}4f2bbbbbb",
    ] {
        assert!(in_value(value).contains(&other), "{value}: {:?}", in_value(value));
    }
    // A database that ignores accents.
    for (value, mac) in [
        ("0004f2bbbb\u{e6}", "0004f2bbbbae"),
        ("0004f2\u{1fc}bbbb", "0004f2aebbbb"),
        ("0004f2bb\u{238}bb", "0004f2bbdbbb"),
        ("0004f2bb\u{a733}bb", "0004f2bbaabb"),
        ("0004f2bb\u{24eb}bb", "0004f2bb11bb"),
        ("\u{f0}\u{f0}\u{f0}0004f2bb\u{238}bb\u{f0}\u{f0}\u{f0}", "0004f2bbdbbb"),
    ] {
        assert_eq!(in_value(value), [Mac::parse(mac.as_bytes()).unwrap()], "{value}");
    }
}

#[test]
fn to_read_a_text_in_several_ways_takes_work_that_is_linear_in_it() {
    let known = KnownPrefixes::built_in();
    let naming = Naming::with_defaults(&known);
    for piece in [
        "%u0030%34",
        "%u0030",
        "%25u0030",
        "%%7530030",
        "%u4f2b\u{ff10}",
        "%uff10%u00e9%u0663",
        "\u{ff10}\u{e9}\u{663}\u{f0}\u{2460}",
        "\u{ff10}\u{e9}0\u{663}0:",
        "%ef%bc%90%c3%a9%d9%a3",
        "%25ef%25bc%2590%c3%a9%u0030",
        "mac=\u{ff10}\u{e9}\u{663}%u00304&",
        "mac=%u0030\u{ff10}\u{e9}\u{663}04f2;mac=1&",
    ] {
        for length in [100, 500, 4000] {
            let text = format!("/?{}", piece.repeat(length / piece.len() + 1));
            let texts = Texts { sent: text.as_bytes(), uri: b"/", args: &text.as_bytes()[2..], ..Texts::default() };
            crate::names::work::take();
            let _ = Names::of(&texts, &naming, Some(own()), false);
            let looks = crate::names::work::take() as usize;
            // The query is there twice.
            assert!(looks <= 40 * 2 * text.len() + 600, "{looks} looks at {} bytes of {piece}", text.len());
        }
    }
}
