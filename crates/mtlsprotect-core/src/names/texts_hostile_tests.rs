//! Requests of which every byte is somebody else's choice: whatever they are, all their texts can be searched, in every way
//! in which a gate searches them, and in time that is linear in them.

use super::{OWN, own};
use crate::built_in::known_prefixes::KnownPrefixes;
use crate::mac::Mac;
use crate::names::budget::Left;
use crate::names::decode::percent_decode_once;
use crate::names::finder::Hidden;
use crate::names::named::{Names, Source};
use crate::names::naming::{DEFAULT_NAME_PARAMETERS, Naming};
use crate::names::pattern::{FilePattern, Ignore};
use crate::names::texts::{Earlier, Headers, Texts};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::borrow::Cow;
use std::sync::LazyLock;
use std::thread;

/// What names are made of, and what stands around them, decoded and not.
const PIECES: &[&str] = &[
    OWN,
    "0004f2bbbbbb",
    "0004F2-aabbcc",
    "00:04:f2:aa:bb:cc",
    "00-04-f2-bb-bb-bb",
    "0004.f2aa.bbcc",
    "0:4:f2:a:b:c",
    "0004f2",
    "aabbcc",
    "0004f2aa",
    "000400",
    "bbbbbb",
    "f2",
    "aa",
    "0",
    "4",
    "b",
    "12",
    "123456abcdef",
    "123456-abcdef",
    "202611241549",
    "000000000000",
    "00112233-4455-6677-8899-",
    "-4455-6677-",
    "64167f",
    "%30",
    "%61",
    "%2d",
    "%2D",
    "%3a",
    "%2f",
    "%2530",
    "%25%33%30",
    "%252d",
    "%25",
    "%2525",
    "%",
    "%%",
    "%u",
    "%u0030",
    "%25u0030",
    "%u00e9",
    "%uff10",
    "%%7530030",
    "%ef%bc%90",
    "%c3%a9",
    "%3",
    "%00",
    "\u{ff10}",
    "\u{ff42}",
    "\u{ff1a}",
    "\u{e9}",
    "\u{660}",
    "\u{2460}",
    "\u{2025}",
    "\u{ff0f}",
    "\u{fffd}",
    ":",
    "-",
    "_",
    ".",
    "~",
    "/",
    "//",
    "/../",
    "/./",
    "/.",
    "\\",
    ";",
    "=",
    "&",
    "?",
    "#",
    "|",
    "+",
    " ",
    "mac=",
    "&mac=",
    ";mac=",
    "id=",
    "order-",
    "/p123456xabcdef",
    "http://",
    "proxy:",
    "[::1]:80",
    "x",
    "xyz",
];

/// A request, and what a server may make of it.
#[derive(Clone, Debug)]
struct Request {
    path: Vec<u8>,
    query: Vec<u8>,
    /// What a header says, or rewriting makes of the path.
    other: Vec<u8>,
    /// Where the file's name ends in the path.
    cut: usize,
    /// Which patterns the operator has, who sends it, and what the server makes of it.
    ways: [usize; 6],
}

/// Devices. One name may end as another begins.
const DIGITS: &[&str] =
    &[OWN, "0004f2bbbbbb", "0004f20004f2", "bbbb0004f2aa", "aa0004F20004", "123456abcdef", "000400000400"];

/// A device's name, whole or cut, its digits joined in some way, of which one or two may be escaped.
fn name() -> impl Strategy<Value = Vec<u8>> {
    let joined = (select(&[2_usize, 4, 6, 6, 12, 12][..]), select(&["-", ":", ".", "_", "~"][..]));
    let cut = prop_oneof![2 => Just(0..12), 1 => (0..6_usize, 6..12_usize).prop_map(|(start, end)| start..end)];
    (select(DIGITS), joined, cut, vec(0..24_usize, 0..2)).prop_map(|(digits, (size, joint), cut, escaped)| {
        let digits = digits[cut].as_bytes();
        let text = digits.chunks(size).collect::<Vec<_>>().join(joint.as_bytes());
        let written = |(at, &byte): (usize, &u8)| match escaped.contains(&at) {
            true => format!("%{byte:02x}").into_bytes(),
            false => vec![byte],
        };
        text.iter().enumerate().flat_map(written).collect()
    })
}

/// Names and what else there is, side by side. Now and then the text is a long one.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let other = select(PIECES).prop_map(|piece| piece.as_bytes().to_vec());
    let cut_off = select(&[b"\x80", b"\xef", b"\xf0"][..]).prop_map(|byte| byte.to_vec());
    let piece = prop_oneof![30 => name(), 8 => other, 1 => cut_off];
    let times = prop_oneof![60 => Just(1_usize), 1 => Just(4), 1 => Just(30)];
    (vec(piece, 0..6), times).prop_map(|(pieces, times)| pieces.concat().repeat(times))
}

fn request() -> impl Strategy<Value = Request> {
    let ways = [0..3_usize, 0..3, 0..6, 0..3, 0..3, 0..3];
    (text(), text(), text(), any::<prop::sample::Index>(), ways).prop_map(|(path, query, other, cut, ways)| {
        let path = [b"/", &path[..]].concat();
        let cut = cut.index(path.len() + 1);
        Request { path, query, other, cut, ways }
    })
}

/// Looks at a byte of a search, with all that is decoded and folded; each search has some more besides.
const LOOKS: usize = 200;
const MORE: usize = 40;

/// Does a search of texts with so many bytes.
fn linear<T>(bytes: usize, search: impl FnOnce() -> T) -> T {
    crate::names::work::take();
    let found = search();
    let looks = crate::names::work::take() as usize;
    assert!(looks <= LOOKS * (bytes + MORE), "{looks} looks at {bytes} bytes");
    found
}

static KNOWN: LazyLock<KnownPrefixes> = LazyLock::new(KnownPrefixes::built_in);
static PARAMETERS: [Cow<'static, str>; 2] = [Cow::Borrowed("mac"), Cow::Borrowed("id")];
static PATTERNS: LazyLock<[FilePattern; 1]> =
    LazyLock::new(|| [FilePattern::new("/p(?<mac>[0-9a-f]{6}x[0-9a-f]{6})").unwrap()]);
static IGNORE: LazyLock<[Ignore; 1]> = LazyLock::new(|| [Ignore::new("order-[0-9a-f]+").unwrap()]);

impl Request {
    fn naming(&self) -> Naming<'static> {
        let plain = Naming { parameters: DEFAULT_NAME_PARAMETERS, patterns: &[], ignore: &[], known: &KNOWN };
        match self.ways[0] {
            0 => plain,
            1 => Naming { parameters: &PARAMETERS, patterns: &*PATTERNS, ..plain },
            _ => Naming { parameters: &PARAMETERS, ignore: &*IGNORE, ..plain },
        }
    }

    fn sender(&self) -> Option<Mac> {
        [None, Some(own()), Mac::parse(b"123456abcdef")][self.ways[1]]
    }

    /// Searches all its texts in all ways.
    fn search(&self) {
        let (naming, sender) = (self.naming(), self.sender());
        let sent = [&self.path[..], b"?", &self.query].concat();
        let decoded = percent_decode_once(&self.path);
        let uri = if self.ways[3] == 2 { &self.other } else { &decoded };
        let (head, tail) = uri.split_at(self.cut.min(uri.len()));
        let filename = match self.ways[2] {
            0 => uri.clone(),
            1 => head.to_vec(),
            2 => [b"/srv", head].concat(),
            3 => [b"http://host", &uri[..], b"?", &self.query].concat(),
            4 => self.other.clone(),
            _ => Vec::new(),
        };
        let path_info = [b"", tail, &self.other][self.ways[4]];
        let args = [&self.query, &self.other, &self.query][self.ways[5]];
        let texts = Texts { sent: &sent, uri, args, filename: &filename, path_info };
        let turned = Texts { sent: &self.other, uri: &self.other, args: &self.path, filename: uri, path_info: tail };
        let length = |texts: &Texts<'_>| {
            [texts.sent, texts.uri, texts.args, texts.filename, texts.path_info].iter().map(|text| text.len()).sum()
        };
        let (bytes, turned_bytes) = (length(&texts), length(&turned));
        for writes in [false, true] {
            let of = |earlier| Names::and_of_query(&texts, &naming, sender, writes, earlier);
            let (names, query) = linear(bytes, || of(Earlier::default()));
            for query in [None, Some(query)] {
                linear(bytes, || of(Earlier { query, left: names.left() }));
            }
            linear(turned_bytes, || names.of_others(&turned, &naming, sender));
            let written = linear(turned_bytes, || names.in_a_write_to(&turned, &naming, sender));
            linear(bytes, || written.and(&names).are_in(&texts, &naming));
            for left in [Left::ALL, names.left()] {
                linear(bytes, || Hidden::in_texts(&texts, &naming, sender, left));
            }
        }
        let [path, query, other] = [&self.path[..], &self.query, &self.other];
        for [host, user_agent, cookie] in [[other, path, query], [path, query, other]] {
            let headers = Headers { host, user_agent, cookie };
            let bytes = path.len() + query.len() + other.len();
            linear(bytes, || Names::of_headers(&headers, &naming, sender));
            linear(bytes, || Hidden::in_headers(&headers, &naming, sender));
        }
        for text in [path, query, other] {
            linear(text.len(), || Names::of_path(text, &naming, sender, Left::ALL));
            linear(text.len(), || Names::of_value(text, &naming, sender, Source::NamedBy));
            linear(text.len(), || Hidden::in_value(text, &naming, sender));
            linear(text.len(), || Names::of_destination(text, &naming, sender));
            linear(text.len(), || Hidden::in_destination(text, &naming, sender));
        }
    }
}

#[test]
fn behind_more_names_than_are_looked_at_no_other_is_overlooked() {
    let others: String = (0..40).map(|number| format!("0004f2~bbbb{number:02}~~")).collect();
    for ignore in [&[][..], &*IGNORE] {
        let naming = Naming { parameters: DEFAULT_NAME_PARAMETERS, patterns: &[], ignore, known: &KNOWN };
        let of = |args: &str| {
            let texts = Texts { uri: b"/app", args: args.as_bytes(), ..Texts::default() };
            (Names::of(&texts, &naming, Some(own()), false), Hidden::in_texts(&texts, &naming, Some(own()), Left::ALL))
        };
        for listed in ["0004f2~aaaaaa~~", "0004f2aaaaaa,"] {
            assert_eq!(of(&format!("f={}", listed.repeat(33))).0.only(), Some(own()), "a phone's own, for each line");
        }
        // digits of two names side by side are another's of a known prefix
        let beside = Mac::parse(b"000e08f0060b");
        let listed =
            Texts { uri: b"/app", args: &[b"f=", &b"000e08f0060b,".repeat(33)[..]].concat(), ..Texts::default() };
        assert_eq!(Names::of(&listed, &naming, beside, false).only(), beside);
        for escape in ["", "%41", "%2541"] {
            let (names, hidden) = of(&format!("f={escape}{others}0004f2~cccccc"));
            assert!(names.are_more() && hidden.macs().is_none(), "{escape}: {names:?}");
        }
    }
}

#[test]
fn numbers_that_come_together_to_no_name_are_looked_at_once_more() {
    let naming = Naming { parameters: DEFAULT_NAME_PARAMETERS, patterns: &[], ignore: &[], known: &KNOWN };
    for args in [
        "x=5.9.7.4477-20261126",
        "x=5.9.7.4477-20261126&y=%20",
        "x=1~234~5678~91234~5678~912",
        "x=123-456-789-123-456-789",
    ] {
        let texts = Texts { uri: b"/app", args: args.as_bytes(), ..Texts::default() };
        crate::names::work::take();
        assert!(Names::of(&texts, &naming, Some(own()), false).is_silent());
        let work = crate::names::work::take();
        assert!(work <= 3 * args.len() as u64, "{work} for {args}");
    }
}

#[test]
fn a_name_parameter_without_a_digit_is_not_read() {
    let naming = Naming { parameters: DEFAULT_NAME_PARAMETERS, patterns: &[], ignore: &[], known: &KNOWN };
    let args = "%6dac=zz&".repeat(100);
    let texts = Texts { uri: b"/app", args: args.as_bytes(), ..Texts::default() };
    crate::names::work::take();
    let names = Names::of(&texts, &naming, Some(own()), false);
    assert!(names.macs().next().is_none() && !names.is_malformed());
    assert!(crate::names::work::take() <= args.len() as u64);
}

/// All that is told of a request of a path or a query: its names, and what is hidden.
type Told = (Names, Names, Hidden, Hidden);

/// What a text tells as a query and as a path, each long enough for its pieces to be kept.
fn told(text: &[u8], sender: Option<Mac>) -> Told {
    let naming = Naming { parameters: DEFAULT_NAME_PARAMETERS, patterns: &[], ignore: &[], known: &KNOWN };
    let query = [text, b"&p=", &[b'y'; 48]].concat();
    let path = [b"/", text, b"/", &[b'y'; 48]].concat();
    let in_query = Texts { uri: b"/app", args: &query, ..Texts::default() };
    let in_path = Texts { uri: &path, ..Texts::default() };
    let names = |texts| Names::of(texts, &naming, sender, false);
    let hidden = |texts| Hidden::in_texts(texts, &naming, sender, Left::ALL);
    (names(&in_query), names(&in_path), hidden(&in_query), hidden(&in_path))
}

/// The same in a thread that has read other texts before, and none besides.
fn told_after(before: &[Vec<u8>], text: &[u8], sender: Option<Mac>) -> Told {
    thread::scope(|scope| {
        let search = || {
            before.iter().for_each(|text| drop(told(text, sender)));
            told(text, sender)
        };
        scope.spawn(search).join().unwrap()
    })
}

/// Texts of which an application may make this one, or that may be made of it.
fn related(text: &[u8]) -> Vec<Vec<u8>> {
    let escaped = |what: &[u8]| -> Vec<u8> {
        let each = text.iter().map(|&byte| match what.contains(&byte) {
            true => format!("%{byte:02x}").into_bytes(),
            false => vec![byte],
        });
        each.collect::<Vec<_>>().concat()
    };
    let once_more = escaped(b"%");
    let twice_more = once_more.iter().flat_map(|&byte| if byte == b'%' { b"%25".to_vec() } else { vec![byte] });
    vec![twice_more.collect(), escaped(b"%:-"), once_more, percent_decode_once(text), [b"mac=", text].concat()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_a_thread_has_read_before_hides_nothing(text in text(), names_it in any::<bool>(), is_sent in any::<bool>()) {
        let text = [if names_it { &b"mac="[..] } else { b"f=" }, &text].concat();
        // of a long text more may be read the second time
        let text = &text[..text.len().min(300)];
        let sender = is_sent.then(own);
        let (fresh, after) = (told_after(&[], text, sender), told_after(&related(text), text, sender));
        // what was not read to its end may be read further
        if !fresh.0.are_more() {
            prop_assert_eq!((fresh.0, &fresh.2), (after.0, &after.2));
        }
        if !fresh.1.are_more() {
            prop_assert_eq!((fresh.1, &fresh.3), (after.1, &after.3));
        }
    }

    #[test]
    fn whatever_a_request_is_all_its_texts_can_be_searched(request in request()) {
        request.search();
    }
}
