//! Changes of the target that a reader may overlook.

use crate::phones::{OWN, VICTIMS};
use crate::random::Random;
use crate::request::Request;
use crate::spelling::{Slot, spell_wildly};

/// What is put in where nothing is expected.
const PUNCTUATION: &[&str] = &[
    "|", "|", "!", "~", "'", "(", ")", "*", ",", ";", ":", "@", "&", "=", "+", "$", "^", "`", "\\", "[", "]", "{", "}",
    "<", ">", "%7c", "%3b", "%00", "%20", "%0a", "%2f", "%5c", "%3f", "%23", "é", ".", "/", "?", "#",
];

/// What means something in names that httpd makes for itself (`proxy:unix:SOCKET|URL`), and in URLs.
const INNER: &[&str] = &[
    "|",
    "?|",
    "%7c",
    "|0004f2aaaaaa",
    "|http://localhost/",
    "|http://localhost/0004f2aaaaaa.cfg",
    "?|/",
    "?x=unix:/x|",
    "?proxy:",
    "://localhost/",
    "?://0004f2aaaaaa",
    "?http://0004f2aaaaaa/",
    "@localhost",
    "?@",
    "#",
    "?#",
    "%23",
    "?/..",
    "?/../..",
];

/// One change of the target that a reader may overlook.
pub fn noise(random: &mut Random, request: &mut Request) {
    let own = request.sender.mac().unwrap_or(OWN);
    let target = request.target.clone();
    let (path, query) = target.split_once('?').map_or((target.as_str(), None), |(path, query)| (path, Some(query)));
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    // a place where a character begins
    let places: Vec<usize> = target.char_indices().map(|(at, _)| at).skip(1).collect();
    let place = places.get(random.below(places.len().max(1))).copied().unwrap_or(target.len());
    let slashes: Vec<usize> = path.match_indices('/').map(|(at, _)| at).collect();
    let slash = slashes.get(random.below(slashes.len().max(1))).copied().unwrap_or(0);
    let at_slash = |text: &str| format!("{}{text}{}{query}", &path[..slash], &path[slash..]);
    let more = if query.is_empty() { "?" } else { "&" };
    request.target = match random.below(24) {
        0 => at_slash("/"),
        1 => at_slash("/."),
        2 => at_slash("/x/.."),
        3 => at_slash(&format!("/{own}/..")),
        4 => at_slash(random.pick(&["/%2e", "/.%2e/..", "/%2e%2e", "/..;", "/.;"])),
        5 | 6 => format!("{}{}{}", &target[..place], random.pick(PUNCTUATION), &target[place..]),
        7 => format!("{target}{}", random.pick(PUNCTUATION)),
        8 => format!("{path}{}{query}", random.pick(PUNCTUATION)),
        9 | 10 => format!("{target}{more}{}", random.pick(PUNCTUATION)),
        11 => format!("{target}{more}mac={own}"),
        12 => format!("{target}{more}{own}.cfg"),
        13 => format!("{path}/{own}.cfg{query}"),
        14 => format!("{path};{own}{query}"),
        15 => format!("{target}{more}x={}", spell_wildly(random, VICTIMS[0], Slot::Query)),
        16 => encode_at(&target, place, random.chance(30)),
        17 => format!(
            "http://{}{target}",
            random.pick(&["localhost", "0004f2aaaaaa", "other.test", "localhost:{https}", "phones.test"])
        ),
        18 => format!(
            "{path}{}{query}",
            random.pick(&[".", "..", "./", "/", "/.", "~", ".bak", "::$DATA", "%00.html", "/x"])
        ),
        19..22 => format!("{}{}", random.pick(&[target.as_str(), path]), random.pick(INNER)),
        22 => format!("{target}{more}{}", random.pick(INNER)),
        _ => format!("{target}#{own}"),
    };
}

/// The character at a place, escaped once or twice.
fn encode_at(target: &str, place: usize, twice: bool) -> String {
    let Some(character) = target[place.min(target.len())..].chars().next() else { return target.to_owned() };
    let mut utf8 = [0; 4];
    let percent = if twice { "%25" } else { "%" };
    let escaped: String = character.encode_utf8(&mut utf8).bytes().map(|byte| format!("{percent}{byte:02x}")).collect();
    format!("{}{escaped}{}", &target[..place], &target[place + character.len_utf8()..])
}
