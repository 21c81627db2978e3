//! Texts that are made to cost much.

use crate::place::{Place, Sender};
use crate::random::Random;
use std::borrow::Cow;

/// A text that is repeated up to any length. `#` stands for a random hex digit, so that no two texts are the same.
#[derive(Clone)]
pub struct Family {
    /// What it is.
    pub what: &'static str,
    /// What stands once before the rest.
    pub head: Cow<'static, str>,
    /// What is repeated.
    pub body: Cow<'static, str>,
    /// What stands once behind the rest.
    pub tail: Cow<'static, str>,
    /// Where it costs most, and as whose request, if that is not to be found out.
    pub at: Option<(Place, Sender)>,
}

const fn family(what: &'static str, body: &'static str) -> Family {
    around(what, "", body, "")
}

const fn around(what: &'static str, head: &'static str, body: &'static str, tail: &'static str) -> Family {
    Family { what, head: Cow::Borrowed(head), body: Cow::Borrowed(body), tail: Cow::Borrowed(tail), at: None }
}

/// Twelve digits with more between them than a loose spelling may have.
const APART: &str = "0~0~0~4~f~2~~~~~~~~~~~~~11####";

/// Read in two forms, and folded.
const FULL_WIDTH: &str = "/\u{ff13}\u{ff14}5\u{ff16}:#f\u{ff13}\u{ff14}5\u{ff16}:#f";
const UUID: &str = "/########-####-####-####-############";
const ESCAPED_UUID: &str = "&########-####-####-####-############%25";
/// Of three kinds, of which applications fold some.
const MIXED: &str = "/\u{ff10}\u{e9}#\u{663}\u{2460}:#";
const MIXED_OCTETS: &str = "&%u003#\u{ff10}:\u{e9}:\u{663}:#:0";
const OCTETS: &str = "&0:0:0:0:00:00\u{e9}";

pub const FAMILIES: &[Family] = &[
    around("twelve digits apart, then dots", APART, ".", ""),
    around("twelve digits apart, then delimiters", APART, ".;=.", ""),
    around("twelve digits apart, then escaped dots", APART, "%2e", ""),
    family("digits of a known prefix with marks between", "0~~~~~~~0~~~~~~~0~~~~~~~4~~~~~~~f~~~~~~~2~~~~~~~"),
    family("known prefixes and many marks", "0004f2~~~~~~~~~~~~~~~~~~~~######~~~~~~~~~~~~~~~~~~~~"),
    family(
        "names and forms of a short text",
        "/\u{663}64167f######%%61%252530\u{2460}\u{20ac}00:04:f2:##:##:##-00:04:f2:##:##:##-\u{e9}",
    ),
    family(
        "a name parameter with all forms",
        ";mac=00:04:f2:##:##:##-;mac=0004f2-%252530\u{2460}\u{e9}0004f2-\u{ff10}\u{f0}0004f2%uff1#",
    ),
    family(
        "names beside names with forms",
        "\u{e9}\u{663}00:04:f2:##:##:##-.0004f2-00:04:f2:##:##:##-0004f2######&00:04:f2:##:##:##-%uff1#%252530\u{2460}",
    ),
    family("digits of characters that are more", "/\u{33e9}\u{32c3}#\u{33e9}f\u{33e9}2"),
    family("long runs of folded digits", "\u{ff10}004f2######"),
    family("wide dots and slashes", "\u{ff0f}\u{2025}\u{ff0f}0004f2######"),
    family("wide escapes of digits", "%uff1#"),
    family("wide escapes of anything", "%u26##"),
    family("nested escapes", "%2525"),
    family("nested escapes of digits", "%2530%253#"),
    around("an escape nested deeply", "%", "25", "3#"),
    around("an escape nested deeply beside octets", "%25252525253#", "#:", ""),
    family("escapes nested deeply in segments", "%252525252525252525253#/"),
    family("escapes nested deeply in values", "%252525252525252525253#&"),
    family("broken escapes", "%&"),
    family("escapes of letters", "%4#%7#"),
    family("wide escapes", "%u003#"),
    family("wide escapes of percent signs", "%u0025"),
    around("a wide escape nested deeply", "%", "25", "u003#"),
    family("broken wide escapes", "%u00"),
    family("empty name parameters", "mac=&"),
    family("name parameters of a digit", "mac=#&"),
    family("name parameters behind semicolons", "a;mac=0;"),
    family("one name parameter of semicolons", ";mac=0004f2######"),
    around("name parameter of octets", "mac=", "0:", ""),
    around("name parameter of escapes", "mac=", "%3#", ""),
    family("escaped keys of name parameters", "%6dac=#&"),
    family("digits joined by colons", "#:"),
    family("digits joined by dashes", "#-"),
    family("digits joined by dots", "#."),
    family("digits joined by tildes", "#~"),
    family("six octets", "1:2:3:4:5:#~"),
    family("six pairs", "00:04:f2:##:##:##~"),
    family("six pairs of an unknown prefix", "12-34-56-##-##-##~"),
    family("six pairs joined to six pairs", "00-04-f2-##-##-##_"),
    family("three quads", "0004.f2##.####."),
    family("a known prefix", "0004f2"),
    family("another known prefix", "00000c"),
    family("known prefixes with tildes", "0004f2~######~"),
    around("dense known prefixes behind an escape", "%250004f2aabbcc", "00000c", ""),
    family("hex digits", "################"),
    family("runs of 12 digits", "0004f2######/"),
    family("runs of 13 digits", "00004f2######~"),
    family("runs of 15 digits", "0004f2#########~"),
    family("dates", "202611241549.2611241549##."),
    family("UUIDs", "########-####-####-####-0004f2######."),
    family("UUIDs that begin with a name", "0004f2##-####-####-####-############."),
    family("names that share a digit with its own", "0004f2#####-0004f2aabbcc."),
    family("UUIDs as values", "x=########-####-####-####-############&"),
    family("full-width digits", "\u{ff10}\u{ff11}\u{ff46}"),
    family("full-width digits and digits", "\u{ff10}#"),
    family("full-width digits, escaped", "%ef%bc%9#"),
    family("full-width digits, escaped twice", "%25EF%25BC%259#"),
    family("circled numbers", "\u{2460}#\u{249b}"),
    family("bytes above 127", "\u{e9}\u{20ac}"),
    family("accents and digits of another script", "\u{e9}\u{660}#"),
    family("its own name", "0004f2aabbcc/"),
    family("its own name without more", "0004f2aabbcc"),
    family("its own name in values", "x=0004f2aabbcc&"),
    family("its own name in pairs", "00:04:f2:aa:bb:cc~"),
    family("slashes", "/"),
    family("escaped slashes between names", "0004f2######%2f"),
    // Of one device there is always more to look for, of more than two there is not.
    family("another's name in pairs, always the same", "00:04:f2:bb:bb:bb~"),
    family("another's name and escaped slashes", "0004f2bbbbbb%2f"),
    family("dot segments", "0004f2######/../"),
    family("short segments", "######/######~"),
    family("short values", "a=0004f2######&"),
    family("segments of 24 digits", "########################/"),
    family("segments of 31 bytes", "#:#:#:#:#:#:#:#:#:#:#:#:#:#:#:#/"),
    // What the search has found.
    around(
        "bytes above 127 between parts of names",
        "0004.0004.0004.2f",
        "\u{20ac}0004f2aa&x=bbcc",
        "000%25%252f2######%2e",
    ),
    around(
        "octets and broken escapes in segments",
        "x",
        "%#:#.3%2525+1:2:3:4:5:64_/6%#:#%",
        "/.%2525_5.&%252\u{ff10}5",
    ),
    around("keys that begin as a name parameter's", "%6dac=", "%3#00:04:f\u{e9}\u{2460}:&mac;#", ";mac="),
    around("dashed digits in names of parameters", "&x=", "00/0%ef%bc%9#.ma%25c####:#%6d-ac=", "%22#:0004f2aabbcc"),
    around("a name parameter twice behind semicolons", "..", "\u{ff10}04f2#0&mac=000c;mac=5#%252525\u{ff10}", "#"),
    around("escaped keys behind semicolons", ";;mac=\u{2460}", "%0=;%2525=", "&x000000:04:f2:04.%2525.#-="),
    around("semicolons", "00%25\u{2460}00c", ";", "..202611241549"),
    around("semicolons and broken escapes", "%2e", "%;%25#/\u{ff10}%", "%3#02611241549#########-####-####-####-"),
    around(
        "segments that httpd joins",
        "%6dac=1:2:3:4:56",
        "#//00004f2######4f2-###.%252525",
        "-00040004f2aabbc2026112415491:2:3:4:5:6.",
    ),
    around(
        "digits and letters in turn",
        "3xa\u{20ac}",
        "2e",
        "12-34x-56-##-##-00000c#######-####-####-%ef%bc%9#####-#",
    ),
    around("segments before what httpd folds away", "1:2:3:4:5:6", ":/3::5:6#\u{20ac}#", "/../0004f2"),
    around("short segments of escapes and digits", "#=+", "/%fbc%9#%2e#0004f2aabbccx#", ";ac===_"),
    around("dashed name parameters with semicolons", "&ma_c=", ";ac=+&mac=12-34-5-##-##-#", "\u{2460}"),
    around("short segments behind its own name", "x-0004f2aabbcc/\u{20ac}", "/0:0:0:0:00:00", "/../0004f2"),
    around("full-width digits behind its own name", "x-0004f2aabbcc/\u{20ac}", FULL_WIDTH, "")
        .at(Place::Put, Sender::Phone),
    around("UUIDs behind its own name", "x-0004f2aabbcc/\u{20ac}", UUID, "").at(Place::Put, Sender::Phone),
    // What is read again in another form, or for another reason.
    around("a rewritten query of UUIDs", "x", ESCAPED_UUID, "").at(Place::RewrittenQuery, Sender::Phone),
    around("a rewritten query of octets", "x", OCTETS, "").at(Place::RewrittenQuery, Sender::Plain),
    around("a query rewritten in a folder", "x", OCTETS, "").at(Place::RedirectedQuery, Sender::Phone),
    around("a path rewritten to a query", "x", ESCAPED_UUID, "").at(Place::PathAsQuery, Sender::Plain),
    around("short segments that mod_dav writes", "x-0004f2aabbcc/\u{20ac}", "/0:0:0:0:00:00", "")
        .at(Place::DavPut, Sender::Phone),
    around("short segments that mod_dav copies to", "x-0004f2aabbcc/\u{20ac}", "/0:0:0:0:00:00", "")
        .at(Place::DavCopy, Sender::Phone),
    around("UUIDs below a page with SSI", "x", "/########-####-####-####-############%25", "")
        .at(Place::PathInfoOfScript, Sender::Phone),
    around("full-width digits below a watched name", "x/\u{20ac}", FULL_WIDTH, "").at(Place::Watched, Sender::Phone),
    // What applications undo in part.
    family("digits that are some to few", MIXED),
    family("escapes that few decode beside those of all", "%u003#%3#"),
    family("escapes of digits that are some to few", "%uff1#%u00e9%u066#"),
    family("digits that are some to few, and wide escapes", "&%u003#\u{ff10}\u{e9}\u{663}#4f2;mac=#"),
    around("a rewritten query of digits that are some to few", "x", MIXED_OCTETS, "")
        .at(Place::RewrittenQuery, Sender::Phone),
    around("digits that are some to few in three texts", "x", MIXED_OCTETS, "").at(Place::Everywhere, Sender::Plain),
    around("written digits that are some to few", "x-0004f2aabbcc/\u{20ac}", MIXED, "")
        .at(Place::DavPut, Sender::Phone),
    around("name parameters of digits that are some to few", "", "&mac=%u003#\u{ff10}\u{e9}\u{663}#4f2", "")
        .at(Place::PathAsQuery, Sender::Phone),
];

/// What mixtures are made of.
pub const PIECES: &[&str] = &[
    "#",
    "#",
    "##",
    "####",
    "0004f2",
    "00000c",
    "0004f2aabbcc",
    "0004f2######",
    "~",
    ".",
    "..",
    "/",
    "/../",
    "%2f",
    "%2e",
    "%3#",
    "%25",
    "%2525",
    "%252525",
    "%",
    "&",
    "=",
    "&x=",
    "&mac=",
    "mac=",
    ";",
    ";mac=",
    ":",
    "-",
    "_",
    "%3a",
    "#:",
    "#-",
    "#~",
    "#.",
    "00:04:f2:",
    "0004.",
    "1:2:3:4:5:6",
    "12-34-56-##-##-##",
    "202611241549",
    "########-####-####-####-",
    "?",
    "+",
    "x",
    "[",
    "%00",
    "\u{ff10}",
    "%ef%bc%9#",
    "\u{e9}",
    "\u{20ac}",
    "\u{2460}",
    "\u{663}",
    "%u003#",
    "%u00e9",
    "%6dac=",
];

impl Family {
    /// The same, measured there only.
    const fn at(mut self, place: Place, sender: Sender) -> Self {
        self.at = Some((place, sender));
        self
    }

    /// A text of no cost.
    pub const HARMLESS: Family = family("harmless", "x");

    /// A few random pieces.
    pub fn mixture(random: &mut Random) -> Self {
        let mut pieces = |most: usize| (0..random.below(most + 1)).map(|_| random.of(PIECES)).collect::<String>();
        let (head, body, tail) = (pieces(2), pieces(6), pieces(2));
        Family { what: "", head: head.into(), body: (body + "#").into(), tail: tail.into(), at: None }
    }

    /// What it is, in one line of at most 46 characters or so.
    pub fn shown(&self) -> String {
        let mixed = || format!("{:?} {:?} {:?}", self.head, self.body, self.tail);
        if self.what.is_empty() { mixed().chars().take(46).collect() } else { self.what.to_owned() }
    }

    /// The same with one piece more or one character less.
    pub fn mutated(&self, random: &mut Random, pieces: &[&str]) -> Self {
        let mut other = self.clone();
        let text = match random.below(6) {
            0 => &mut other.head,
            1 => &mut other.tail,
            _ => &mut other.body,
        };
        let text = text.to_mut();
        let places: Vec<usize> = text.char_indices().map(|(place, _)| place).chain([text.len()]).collect();
        let place = random.of(&places);
        match random.below(3) {
            0 if place < text.len() => drop(text.remove(place)),
            1 if place < text.len() => {
                text.remove(place);
                text.insert_str(place, random.of(pieces));
            }
            _ => text.insert_str(place, random.of(pieces)),
        }
        if other.body.is_empty() {
            other.body = "#".into();
        }
        other
    }

    /// A text of at most `length` bytes. Letters that are not digits go before it, so that no two are the same, whatever
    /// is in them.
    pub fn text(&self, length: usize, random: &mut Random) -> Vec<u8> {
        let mut text: Vec<u8> = (0..8).map(|_| random.of(b"ghijklmnopqrstuvw")).chain([b'~']).collect();
        text.extend(self.head.bytes());
        while text.len() + self.body.len() + self.tail.len() <= length {
            text.extend(self.body.bytes());
        }
        text.extend(self.tail.bytes());
        for byte in text.iter_mut().filter(|byte| **byte == b'#') {
            *byte = random.of(b"0123456789abcdef");
        }
        text
    }
}
