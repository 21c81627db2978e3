//! Texts that are read in pieces, by a site without patterns: most sites have none.

use super::own;
use crate::built_in::known_prefixes::KnownPrefixes;
use crate::mac::Mac;
use crate::names::budget::Left;
use crate::names::named::{Named, Names, Source};
use crate::names::naming::Naming;
use crate::names::texts::{Earlier, Headers, Texts};
use std::borrow::Cow;

fn names(texts: Texts<'_>) -> Names {
    let known = KnownPrefixes::built_in();
    Names::of(&texts, &Naming::with_defaults(&known), Some(own()), false)
}

fn in_path(uri: &str) -> Names {
    names(Texts { uri: uri.as_bytes(), ..Texts::default() })
}

fn in_query(args: &str) -> Names {
    names(Texts { args: args.as_bytes(), ..Texts::default() })
}

fn found(names: Names) -> Vec<String> {
    names.found().map(|(mac, source)| format!("{mac} {}", source.as_str())).collect()
}

/// What makes a text one of which is kept what is found in it.
fn long(text: &str) -> String {
    format!("{text}{}", "x~".repeat(40))
}

/// How much work it is to look for names, once it is known what stands in another text. What a thread keeps may happen to
/// belong where something else does: the least work of three.
fn work_after(known: impl Fn() -> Names + Sync, search: impl Fn() -> Names + Sync) -> u64 {
    let work = || {
        known();
        crate::names::work::take();
        search();
        crate::names::work::take()
    };
    (0..3).map(|_| std::thread::scope(|scope| scope.spawn(work).join().unwrap())).min().unwrap()
}

#[test]
fn full_width_digits_are_digits_in_every_text() {
    for wide in ["0004f2bbbbb\u{ff42}", "0004f2bbbb\u{ff42}\u{ff42}", "\u{ff10}004f2bbb\u{ff42}bb"] {
        assert_eq!(found(in_path(&format!("/cfg/{wide}.xml"))), ["0004f2bbbbbb uri"], "{wide}");
        assert_eq!(found(in_query(&format!("x={wide}"))), ["0004f2bbbbbb query"], "{wide}");
        assert!(in_query(&format!("mac={wide}")).macs().any(|mac| mac.to_string() == "0004f2bbbbbb"), "{wide}");
    }
    let all: String = "0004f2bbbbbb".chars().map(|c| char::from_u32(c as u32 + 0xfee0).unwrap()).collect();
    assert_eq!(found(in_path(&all)), ["0004f2bbbbbb uri"]);
    for escaped in ["/0004f2bbbb%62%62", "/0004f2bbb%62%62%62"] {
        assert_eq!(found(in_path(escaped)), ["0004f2bbbbbb uri"]);
    }
}

#[test]
fn a_parameter_behind_a_semicolon_is_read_too() {
    assert!(in_query("x;mac=1").is_malformed());
    assert!(!in_query("x;y=1").is_malformed() && !in_query("x;y=1&z").is_malformed());
    assert_eq!(found(in_query("x=y;mac=4f2bbbbbb12"))[..], ["04f2bbbbbb12 name-parameter"]);
}

#[test]
fn a_name_parameter_is_malformed_however_many_devices_are_named_before() {
    let three = "a=123456abcde0&b=123456abcde1&c=123456abcde2";
    assert!(in_query(three).are_more() && !in_query(three).is_malformed());
    let names = in_query(&format!("{three}&mac=1"));
    assert!(names.are_more() && names.is_malformed());
}

#[test]
fn of_a_long_query_all_is_known_that_is_known_of_a_short_one() {
    for query in [
        "mac=1",
        "mac=12:34:56:ab:cd:ef",
        "x=123456abcdef",
        "a=123456abcde0&b=123456abcde1&c=123456abcde2",
        "mac=123456abcdef&x=0004f2bbbbbb",
    ] {
        let longer = format!("{query}&{}", long("y="));
        for _ in 0..2 {
            assert_eq!(in_query(&longer), in_query(query), "{query}");
        }
    }
}

#[test]
fn a_long_query_is_read_anew_where_other_parameters_name_a_device() {
    let known = KnownPrefixes::built_in();
    let parameters: [Cow<'static, str>; 1] = ["phone".into()];
    let naming = Naming { parameters: &parameters, ..Naming::with_defaults(&known) };
    let query = long("phone=1&mac=zz&x=");
    let is_malformed = |naming: &Naming<'_>| {
        Names::of(&Texts { args: query.as_bytes(), ..Texts::default() }, naming, None, false).is_malformed()
    };
    for _ in 0..2 {
        assert!(is_malformed(&naming) && !is_malformed(&Naming::with_defaults(&known)));
    }
}

#[test]
fn a_long_text_is_read_as_what_it_is_wherever_it_stood_before() {
    let known = KnownPrefixes::built_in();
    // A path ends its parts at slashes, a query at ampersands, cookies at semicolons.
    let text = format!("0004f2/bbbbbb&mac=1;{}", "xyz~".repeat(20));
    let cookie = || {
        let headers = Headers { cookie: text.as_bytes(), ..Headers::default() };
        Names::of_headers(&headers, &Naming::with_defaults(&known), Some(own()))
    };
    let alone = |search: &(dyn Fn() -> Names + Sync)| std::thread::scope(|scope| scope.spawn(search).join().unwrap());
    let (path, query) = (|| in_path(&text), || in_query(&text));
    let searches: [&(dyn Fn() -> Names + Sync); 3] = [&path, &query, &cookie];
    let each = searches.map(alone);
    assert!(each[0] != each[1] && each[1].is_malformed() && found(each[2]) != found(each[1]), "{each:?}");
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        for which in order {
            assert_eq!(searches[which](), each[which], "{which} of {order:?}");
        }
    }
}

#[test]
fn a_shorter_text_may_be_encoded_more_often_than_a_long_one() {
    // full-width digits, so that each level is folded too
    let text = format!("\u{ff10}{}", "xy1z%25252541".repeat(100));
    let named = |length: usize| in_query(&text[..length]).named();
    assert_eq!([named(512), named(511)], [Named::Several; 2], "decoded four times it is more than is looked at");
    assert_eq!(named(100), Named::Nobody);
}

#[test]
fn no_short_text_takes_more_work_than_one_of_512_bytes_may() {
    for piece in [
        "/\u{663}64167faabbcc%%61%252530\u{2460}\u{20ac}00:04:f2:aa:bb:cc-00:04:f2:aa:bb:cc-\u{e9}",
        ";mac=00:04:f2:aa:bb:cc-;mac=0004f2-%252530\u{2460}\u{e9}0004f2-\u{ff10}\u{f0}0004f2%uff10",
        "\u{e9}\u{663}00:04:f2:aa:bb:cc-.0004f2-00:04:f2:aa:bb:cc-0004f2bbbbbb&00:04:f2:aa:bb:cc-%uff10%252530\u{2460}",
        "%u0004%66%32bbbbbb\u{ff10}\u{e9}",
    ] {
        for length in [40, 47, 48, 120, 250, 480, 511] {
            let text = String::from_utf8_lossy(&piece.repeat(40).as_bytes()[..length]).into_owned();
            for text in [text.clone(), format!("mac={text}")] {
                crate::names::work::take();
                in_query(&text);
                let work = crate::names::work::take();
                assert!(work < 10_000, "{work} for {} bytes: {text}", text.len());
            }
        }
    }
}

#[test]
fn levels_that_a_long_text_leaves_out_count_as_one() {
    let deep = |length: usize| format!("%{}41", "25".repeat((length - 3) / 2));
    assert_eq!(in_query(&deep(513)).named(), Named::Several);
    assert_eq!(in_query(&deep(255)).named(), Named::Nobody);
    let twice = format!("{}{}%2541", "x".repeat(600), "1~".repeat(12));
    assert_eq!(in_query(&twice).named(), Named::Nobody, "as deep as it is read");
    assert_eq!(in_query(&format!("a={twice}")).named(), Named::Nobody);
    assert_eq!(in_query(&format!("mac={twice}")).named(), Named::Several, "a name takes longer to read");
    let once = format!("{}{}%41", "x".repeat(600), "1~".repeat(12));
    assert_eq!(in_query(&format!("a={once}")).named(), Named::Nobody);
    assert_eq!(in_query(&format!("mac={once}")).named(), Named::Several, "twice as long");
    let dense = |length: usize| format!("{}%2541", "00~".repeat((length - 5) / 3));
    assert_eq!(in_query(&dense(320)).named(), Named::Nobody);
    assert_eq!(in_query(&dense(515)).named(), Named::Several, "it takes too long to read");
    let octets = |length: usize| format!("{}%2541", "0:z".repeat((length - 5) / 3));
    assert_eq!(in_query(&octets(320)).named(), Named::Nobody);
    assert_eq!(in_query(&octets(515)).named(), Named::Several, "so does what joins digits");
    let semicolons = |between: &str| format!("x=1{between}{}", format!("z0{between}zxxx%2541").repeat(60));
    assert_eq!(in_query(&semicolons(",")).named(), Named::Nobody);
    assert_eq!(in_query(&semicolons(";")).named(), Named::Several, "it is read up to these too");
    assert_eq!(in_query(&";z0;z1=2".repeat(400)).named(), Named::Nobody, "without escapes it is read to its end");
    let short = format!("/{}{}", deep(31), "/x%41".repeat(200));
    assert_eq!(in_path(&short).named(), Named::Nobody, "a short piece of a long text may be nested deeply");
}

#[test]
fn many_short_pieces_take_longer_to_read_than_their_bytes() {
    let pieces = |escape: &str| -> String {
        ('g'..='z').map(|letter| format!("/{letter}xxxxxxx0x1x2x3x4x5x6x7x8x9x{escape}")).collect()
    };
    assert!(pieces("%41").len() > 512);
    assert_eq!(in_path(&pieces("%41")).named(), Named::Nobody);
    assert_eq!(in_path(&pieces("%2541")).named(), Named::Several, "as deep as one long piece may be");
}

#[test]
fn escaped_keys_of_a_long_query_count_as_what_is_looked_at() {
    // No value that was read with the other key.
    let query = |key: &str, letters: std::ops::RangeInclusive<char>| -> String {
        letters.map(|letter| format!("{key}={letter}xxxxxx0x1x2x3x4x5x6x7x8x9x%2541&")).collect()
    };
    assert!(query("kkkkkk", 'g'..='z').len() > 512);
    assert_eq!(in_query(&query("kkkkkk", 'g'..='z')).named(), Named::Nobody);
    assert_eq!(in_query(&query("kkk%41", 'G'..='Z')).named(), Named::Several, "each of them may have to be decoded");
}

#[test]
fn many_short_pieces_full_of_digits_take_longer_still() {
    let pieces: String = (0..30).map(|number| format!("/{number:05}x12345x%41")).collect();
    let path = |more: usize| format!("{pieces}/{}", "x".repeat(more));
    assert!(path(200).len() >= 512);
    assert_eq!(in_path(&path(200)).named(), Named::Several);
    assert_eq!(in_path(&path(400)).named(), Named::Nobody, "a longer text may have more of them");
    let in_pairs = in_query(&path(310).replace('/', "&"));
    assert_eq!([in_path(&path(310)), in_pairs].map(|names| names.named()), [Named::Several, Named::Nobody]);
}

#[test]
fn name_parameters_behind_semicolons_are_read_as_long_as_something_is_left() {
    // No parameter is the same as one that was read before.
    let half = |separator: &str, letters: std::ops::RangeInclusive<char>, digit: u8| -> String {
        let value = |letter: char| format!("mac={letter}{digit}&");
        letters.map(|letter| ["mac=1", "mac=1", "mac=1", &value(letter)].join(separator)).collect()
    };
    let query = |first: &str, second: &str, digit: u8| half(first, 'g'..='z', digit) + &half(second, 'G'..='Z', digit);
    assert!(query(",", ",", 1).len() >= 512);
    assert_eq!(in_query(&query(",", ",", 1)).named(), Named::Nobody, "without semicolons it is read to its end");
    assert_eq!(in_query(&query(";", ";", 2)).named(), Named::Several);
    assert_eq!(in_query(&query(",", ";", 3)).named(), Named::Several, "what stands before them counts too");
}

#[test]
fn a_text_is_not_read_on_once_it_is_more_than_is_looked_at() {
    let deep = |times: usize| "x=z\u{ff10}%25252541&".repeat(times);
    assert!(in_query(&format!("{}mac=1", deep(10))).is_malformed(), "a short one is read to its end");
    let end = "mac=1;mac=%2531&".repeat(100);
    let query = format!("x={}&{end}", "z%2525252541".repeat(300));
    let names = in_query(&query);
    assert!(names.are_more() && !names.is_malformed());
    let work = work_after(Names::default, || in_query(&query));
    assert!(work < 16 * query.len() as u64, "{} a byte", work / query.len() as u64);
}

/// A path of many short segments, each of which has to be folded and names nobody.
fn short_segments(times: usize) -> String {
    "/1::2:3:4:5\u{fc}6".repeat(times)
}

#[test]
fn what_httpd_makes_of_a_long_path_is_read_with_what_that_has_left() {
    let made_of =
        |sent: &str, uri: &str| names(Texts { sent: sent.as_bytes(), uri: uri.as_bytes(), ..Texts::default() });
    let path = short_segments(60);
    let sent = format!("{path}/x/..");
    let both = made_of(&sent, &path);
    assert_eq!((both.named(), both.are_more()), (Named::Several, true));
    for alone in [&path, &sent] {
        assert_eq!(in_path(alone).named(), Named::Nobody, "it is read to its end in another request");
    }
    assert_eq!(made_of(&format!("/x/..{}", short_segments(12)), &short_segments(12)).named(), Named::Nobody);
    // What names nobody at a look, or has been read already, counts no more.
    for segment in ["/languages-5.9.7.4477", "/0004f2aaaaaa-license.cfg"] {
        let path = segment.repeat(40);
        let names = made_of(&format!("/{path}"), &path);
        assert!(names.named() != Named::Several, "{segment}: {names:?}");
    }
    let dense = path.replace('\u{fc}', "-");
    assert_eq!(
        made_of(&format!("/{dense}"), &dense).named(),
        Named::Several,
        "what has nothing to decode is not read in each form"
    );
    assert_eq!(in_path(&dense).named(), Named::Nobody, "but to its end");
}

#[test]
fn a_long_path_that_is_written_is_not_read_twice_to_find_the_sender() {
    let written = |uri: &str| {
        let known = KnownPrefixes::built_in();
        let texts = Texts { uri: uri.as_bytes(), ..Texts::default() };
        Names::of(&texts, &Naming::with_defaults(&known), Some(own()), true)
    };
    let own = own();
    for (times, is_written) in [(15, true), (60, false)] {
        let names = written(&format!("/x-{own}{}", short_segments(times)));
        assert_eq!((names.only(), names.sender_in_path()), (Some(own), is_written), "{times}");
    }
    assert!(written(&format!("{}/{own}.log", short_segments(60))).sender_in_path(), "it is seen at once");
}

#[test]
fn the_short_texts_of_a_url_share_what_they_may_have() {
    let both = |path: &str, query: &str| {
        let sent = format!("{path}?{query}");
        names(Texts { sent: sent.as_bytes(), uri: path.as_bytes(), args: query.as_bytes(), ..Texts::default() })
    };
    let (path, query) = (short_segments(30), short_values(30));
    assert!(path.len() < 512 && query.len() < 512);
    // Before either was searched by itself: what is known of a text counts no more.
    assert!(both(&path, &query).are_more());
    assert_eq!(both(&path, "a=b").named(), Named::Nobody);
    assert_eq!(both("/x", &query).named(), Named::Nobody);
    let title = "%C3%9Cbersicht-der-Ger%C3%A4te-f%C3%BCr-B%C3%BCros-und-L%C3%A4den-%C3%96sterreich-2026-11-26-\
                 gepr%C3%BCft-und-ver%C3%B6ffentlicht-f%C3%BCr-alle-H%C3%A4ndler.pdf";
    let other = title.replace("2026", "2027").replace("gepr", "ungepr");
    let names = both(&format!("/files/{title}"), &format!("next={other}"));
    assert_eq!(names.named(), Named::Nobody, "two long titles fit");
}

/// A query of many short values, each of which has to be folded and names nobody.
fn short_values(times: usize) -> String {
    "&1::2:3:4:5\u{fc}6".repeat(times)
}

#[test]
fn a_rewritten_query_is_read_with_what_the_sent_one_has_left() {
    let rewritten = |sent: &str, args: &str| {
        names(Texts { sent: sent.as_bytes(), uri: b"/x", args: args.as_bytes(), ..Texts::default() })
    };
    let query = short_values(60);
    let added = format!("y{query}");
    for sent in [format!("/x?{query}"), format!("/x{}", query.replace('&', "/"))] {
        let both = rewritten(&sent, &added);
        assert_eq!((both.named(), both.are_more()), (Named::Several, true), "{sent}");
        assert_eq!(rewritten(&sent, "a=b").named(), Named::Nobody, "{sent}");
    }
    assert_eq!(rewritten("/x", &added).named(), Named::Nobody, "nothing else was read");
    let few = short_values(12);
    assert_eq!(rewritten(&format!("/x?{few}"), &format!("y{few}")).named(), Named::Nobody);
    // What has been read already counts no more, and words hardly.
    for value in ["x=0004f2aaaaaa-license.cfg&", "x=languages&", "x=https%3A%2F%2Fprov.example%2F0004f2aaaaaa&"] {
        let query = value.repeat(40);
        let names = rewritten(&format!("/x?{query}"), &format!("y&{query}"));
        assert!(names.named() != Named::Several, "{value}: {names:?}");
    }
    let words = "x=languages&".repeat(60);
    for (times, named) in [(2, Named::Nobody), (4, Named::Several)] {
        let names = rewritten(&format!("/x?{times}&{words}"), &words.repeat(times));
        assert_eq!(names.named(), named, "{times}: each form counts, even if nothing in it may name anybody");
    }
    let sent = format!("/x?v{query}");
    let url = format!("http://b/x?z{query}");
    let texts = Texts { sent: sent.as_bytes(), uri: b"/x", filename: url.as_bytes(), ..Texts::default() };
    assert_eq!(names(texts).named(), Named::Several, "a backend is asked for it");
    let plain = query.replace('\u{fc}', "-");
    assert_eq!(rewritten(&format!("/x?{plain}"), &plain).named(), Named::Nobody, "it is the same");
    assert_eq!(rewritten(&format!("/x?w{plain}"), &format!("y{plain}")).named(), Named::Several);
    // What path and query have left is added up, and all that is made of them takes from it.
    let mixed = "/1::2:3:4:5-6/languages/languages".repeat(26);
    assert_eq!(rewritten(&format!("/x{mixed}?5&{words}"), &words.repeat(5)).named(), Named::Nobody);
    let (sent, uri, filename) = (format!("/y{mixed}"), format!("/z{mixed}"), format!("/file{mixed}"));
    let two = Texts { sent: sent.as_bytes(), uri: uri.as_bytes(), ..Texts::default() };
    let three = Texts { filename: filename.as_bytes(), ..two };
    assert_eq!(names(three).named(), Named::Several);
    assert_eq!(names(two).named(), Named::Nobody);
}

#[test]
fn a_request_that_another_became_is_read_with_what_that_has_left() {
    let known = KnownPrefixes::built_in();
    let naming = Naming::with_defaults(&known);
    let of = |query: &str, left: Left| {
        let sent = format!("/x?{query}");
        let texts =
            Texts { sent: sent.as_bytes(), uri: b"/x", args: query.as_bytes(), filename: b"/x", ..Texts::default() };
        Names::and_of_query(&texts, &naming, Some(own()), false, Earlier { left, query: None }).0
    };
    let first = of(&short_values(60), Left::ALL);
    assert_eq!(first.named(), Named::Nobody);
    assert!(first.left() < Left::ALL);
    let second = of(&format!("y{}", short_values(60)), first.left());
    assert_eq!(second.named(), Named::Several);
    let third = of(&format!("yy{}", short_values(60)), second.left());
    assert_eq!(third.named(), Named::Several);
    assert_eq!(of("a=b", second.left()).named(), Named::Nobody);
    assert_eq!(of(&format!("y{}", short_values(60)), Left::ALL).named(), Named::Nobody, "it is not kept");
    assert_eq!(second.and(&first).left(), second.left());
    assert_eq!(Names::default().and(&first).left(), first.left());
}

#[test]
fn what_a_long_path_is_served_from_is_read_with_what_that_has_left() {
    let known = KnownPrefixes::built_in();
    let naming = Naming::with_defaults(&known);
    let other = Mac::from_bits(0x0015_6500_0001);
    for (times, is_read) in [(25, true), (60, false)] {
        let path = format!("/{other}{}", short_segments(times));
        let texts = Texts { sent: path.as_bytes(), uri: path.as_bytes(), ..Texts::default() };
        let asked = Names::of(&texts, &naming, Some(own()), false);
        let served = Texts { filename: path.as_bytes(), ..Texts::default() };
        assert_eq!((asked.only(), asked.are_in(&served, &naming)), (Some(other), is_read), "{times}");
        assert!(!asked.are_in(&Texts { filename: b"/x", ..Texts::default() }, &naming));
    }
    for (times, is_written) in [(15, true), (60, false)] {
        let path = format!("/x-{}{}", own(), short_segments(times));
        let texts = Texts { sent: path.as_bytes(), uri: path.as_bytes(), ..Texts::default() };
        let asked = Names::of(&texts, &naming, Some(own()), false);
        let served = Texts { filename: b"/dav", path_info: path.as_bytes(), ..Texts::default() };
        let written = asked.in_a_write_to(&served, &naming, Some(own()));
        assert_eq!((written.only(), written.sender_in_path()), (Some(own()), is_written), "{times}");
        let log = format!("{}/{}.log", short_segments(times), own());
        let served = Texts { filename: log.as_bytes(), ..Texts::default() };
        assert!(asked.in_a_write_to(&served, &naming, Some(own())).sender_in_path(), "it is seen at once");
    }
}

#[test]
fn titles_of_files_in_letters_of_several_kinds_name_nobody() {
    for title in [
        "\u{dc}bergabeprotokoll der Telefonanlage f\u{fc}r das Geb\u{e4}ude 4711 \u{2013} Gr\u{f6}\u{df}e, Ger\u{e4}t, \
         Fl\u{e4}che\u{2026} gepr\u{fc}ft.pdf",
        "\u{dc}bergabeprotokoll der Telefonanlage Geb\u{e4}ude 4711 Gr\u{f6}\u{df}e Ger\u{e4}t Fl\u{e4}che\u{bd}.pdf",
    ] {
        let once: String = title
            .bytes()
            .map(|byte| if byte > 126 { format!("%{byte:02x}") } else { char::from(byte).into() })
            .collect();
        for text in [once.clone(), once.replace('%', "%25")] {
            assert_eq!(in_path(&format!("/doc/{text}")).named(), Named::Nobody, "{text}");
            assert_eq!(in_query(&format!("t={text}")).named(), Named::Nobody, "{text}");
        }
    }
    let own = "/ann\u{e9}e \u{2013} \u{e9}t\u{e9}\u{2026}_\u{662}\u{660}\u{662}\u{666} 00:04:f2:aa:aa:aa.pdf";
    assert_eq!(in_path(own).only(), Some(super::own()));
}

#[test]
fn who_sends_a_text_escaped_once_more_before_it_hides_nothing_in_it() {
    let query = |value: &str| format!("f={value}&p=1{}", "y".repeat(55));
    let searched = |first: &str, then: &str| {
        in_query(&query(first));
        in_query(&query(then))
    };
    // an application may decode the second once more, and then drop what is no digit
    let names = searched("0004%252525f2bbb-ccc.cfg", "0004%2525f2bbb-ccc.cfg");
    assert_eq!(names.only(), Mac::parse(b"0004f2bbbccc"), "{names:?}");
    let octets = "00%3A04%3Af2%3Aaa%3Aaa%3Aaa";
    let own = |value: &str| format!("mac={value}&model={}", "y".repeat(55));
    in_query(&own(&octets.replace('%', "%25")));
    assert!(!in_query(&own(octets)).is_malformed(), "and makes no name of a phone's malformed");
}

#[test]
fn a_loose_name_hides_no_other_between_its_digits() {
    let known = KnownPrefixes::built_in();
    let naming = Naming::with_defaults(&known);
    let own = Mac::parse(b"64167faabbcc");
    let of = |query: &str| {
        let texts = Texts { uri: b"/app", args: query.as_bytes(), ..Texts::default() };
        Names::of(&texts, &naming, own, false)
    };
    for value in ["64167f/%2500%2504%25f2%25bb%25bb%25bb/aabbcc", "64167f.%00%04%f2%bb%bb%bb.aabbcc"] {
        assert_eq!(of(&format!("f={value}")).named(), Named::Several, "{value}");
    }
    for value in ["64167f%2daabbcc", "64167f%20%20aabbcc.cfg", "6416~7f%61abbcc", "64167f%252daabbcc"] {
        assert_eq!(of(&format!("f={value}")).only(), own, "{value}");
    }
}

#[test]
fn a_long_piece_that_stands_in_another_text_too_is_searched_once() {
    let piece = "0~".repeat(500);
    let first = format!("/a/{piece}/\u{fc}");
    let second = format!("/b/{piece}/\u{fc}");
    let work = work_after(|| in_path(&first), || in_path(&second));
    let anew = work_after(|| in_path(&second.replace('0', "1")), || in_path(&first.replace('0', "2")));
    assert!(4 * work < 3 * anew, "{work}, and {anew} for another piece");
}

#[test]
fn a_text_that_a_server_has_decoded_is_not_searched_again() {
    for (hides, less, more) in [("", 4, 5), ("/123456aa0004-f2bbbbbb", 5, 6)] {
        let piece = |escaped: &str| format!("x={escaped}{}{hides}", "0~".repeat(500));
        let (sent, other, decoded) = (piece("%7e"), piece("%7E"), piece("~"));
        let decoded_piece = work_after(|| in_query(&sent), || in_query(&format!("{decoded}&y")));
        let anew = work_after(|| in_query("x=y"), || in_query(&format!("{}&y", decoded.replace("0~", "1~"))));
        assert!(4 * decoded_piece < 3 * anew, "{decoded_piece}, and {anew} for another text");
        let differently = work_after(|| in_query(&sent), || in_query(&other));
        let anew = work_after(|| in_query("x=y"), || in_query(&other.replace("0~", "2~")));
        assert!(more * differently < less * anew, "{differently}, and {anew} for another text");
    }
}

#[test]
fn what_a_name_takes_once_it_is_decoded_is_not_read_together_with_what_is_beside_it() {
    let sender = Mac::from_bits(0x6416_7f00_04f2);
    let known = KnownPrefixes::built_in();
    let naming = Naming::with_defaults(&known);
    // As it was sent its first digit is another.
    let texts = Texts { uri: b"/%364167f0004f2-112233.cfg", ..Texts::default() };
    let names = Names::of(&texts, &naming, Some(sender), false);
    assert_eq!(found(names), ["64167f0004f2 uri"]);
    assert_eq!(names.only(), Some(sender));
    let source = names.found().next().map(|(_, source)| source);
    assert_eq!(source, Some(Source::Uri));
}

#[test]
fn what_is_taken_once_it_is_decoded_and_what_is_taken_as_it_stands_may_lie_side_by_side() {
    let named = in_path("/0004f2-aabbcd0004f2-aabbcd%30f2aa000400:04:F2:aa:bb:cc");
    assert_eq!(named.named(), Named::Several, "{named:?}");
}
