//! Ways to write a phone's name.

use crate::decoding::{FORMS, Folds};
use crate::phones::OWN;
use crate::random::Random;
use crate::reader::{From, Pick, Reader, Strip};

/// What a place takes for the name of a phone.
#[derive(Clone, Copy, Debug)]
pub enum Understood {
    /// The 12 digits in lower case, as the file's name has them.
    Literally,
    /// The same in any case.
    InAnyCase,
    /// What this application makes of it.
    By(Reader),
}

/// Where in a request a text goes: what must be escaped there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// A segment of the path.
    Path,
    /// A value of the query.
    Query,
    /// A header.
    Header,
}

/// Characters that applications strip, none of them a hex digit.
const JUNK: &[&str] = &[
    "~", "!", "$", "'", "(", ")", "*", ",", "@", "^", "`", "|", "x", "z", "G", "[", "]", "\"", "<", "é", "\\", "=", ";",
];
const SEPARATORS: &[&str] = &[":", "-", "_", ".", " ", "+"];
const ENDINGS: &[&str] = &[
    "",
    "",
    "",
    ".cfg",
    ".xml",
    "-app.log",
    "-directory.xml",
    "-boot.log",
    "-phone.cfg",
    "_x.cfg",
    "-web",
    ".tar.gz",
    "-de.cfg",
    "-20261124-app.log",
    "-cloud.cfg",
];
const BEGINNINGS: &[&str] =
    &["spa", "SEP", "cfg", "snom370-", "x5", "Config", "phone", "algom", "gxp", "1", "f", "file_", "a", "x50"];

/// Writes a phone's name so that it is understood there, in one of very many ways.
pub fn spell(random: &mut Random, mac: &str, understood: Understood, slot: Slot) -> String {
    match understood {
        Understood::Literally => escape(random, mac, slot, 1, false),
        Understood::InAnyCase => {
            let cased = any_case(random, mac);
            escape(random, &cased, slot, 1, false)
        }
        Understood::By(reader) => {
            // httpd decodes a path once itself
            let decodes = reader.decodes + usize::from(slot == Slot::Path);
            for _ in 0..12 {
                let written = wild(random, mac, Some(reader));
                let sent = escape(random, &written, slot, decodes, reader.is_wide);
                if reader.read_sent(&sent) == Some(mac) {
                    return sent;
                }
            }
            escape(random, mac, slot, decodes, reader.is_wide)
        }
    }
}

/// Writes it in any of the ways, whoever may read it.
pub fn spell_wildly(random: &mut Random, mac: &str, slot: Slot) -> String {
    let written = wild(random, mac, None);
    let (decodes, is_wide) = (random.below(3), random.chance(50));
    escape(random, &written, slot, decodes, is_wide)
}

fn wild(random: &mut Random, mac: &str, reader: Option<Reader>) -> String {
    // 17 characters are six pairs
    if reader.is_some_and(|reader| reader.from == From::AgentTail) && random.chance(80) {
        let joint = random.pick(&[":", "-", ".", "_", "~"]);
        return any_case(random, &grouped(mac, 2, joint));
    }
    let strip = reader
        .map_or(random.one(&[Strip::Nothing, Strip::Separators, Strip::NonHex, Strip::EtherAton]), |reader| {
            reader.strip
        });
    let mut name = match strip {
        Strip::Nothing => mac.to_owned(),
        Strip::EtherAton => octets(random, mac),
        Strip::Separators => separated(random, mac, SEPARATORS),
        Strip::NonHex if random.chance(30) => separated(random, mac, SEPARATORS),
        Strip::NonHex => separated(random, mac, JUNK),
    };
    if random.chance(50) {
        name = any_case(random, &name);
    }
    if let Some(reader) = reader {
        if reader.folds != Folds::Nothing && random.chance(60) {
            name = in_other_forms(random, &name, reader.folds);
        }
        if reader.strip == Strip::NonHex && random.chance(20) {
            name = with_what_others_read(random, &name, reader);
        }
    }
    // what is stripped to its first digits may go on with those of the sender's own name, or of a UUID
    let is_cut = reader.is_some_and(|reader| reader.strip == Strip::NonHex && reader.pick == Pick::First);
    if is_cut && random.chance(10) {
        name = match mac.strip_suffix(&OWN[..1]) {
            Some(start) => format!("{start}-{OWN}"),
            None => format!("{}-{}-4455-8899-123456789abc", &mac[..8], &mac[8..]),
        };
    } else if let Some(hidden) = reader.and_then(|reader| hidden(random, mac, reader)) {
        name = hidden;
    } else if random.chance(25) {
        name = random.pick(BEGINNINGS).to_owned() + &name;
    } else if random.chance(6) && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        // with anything else in its last group it is none
        name = format!("f81d4fae-7dec-11d0-a765-{name}");
    } else if random.chance(6) {
        name = format!("9e107d9d372bb682{name}");
    }
    name + random.pick(ENDINGS)
}

/// Digits that make another device's name of those at one end of a phone's: of a prefix that nobody knows, or of a known one.
const BESIDE: &[&str] = &["1a2b3c4d", "0004f2cc"];

/// Now and then, for one who takes the first or the last of all digits: more than three of them are another device's, too.
fn hidden(random: &mut Random, mac: &str, reader: Reader) -> Option<String> {
    if reader.strip != Strip::NonHex || reader.pick == Pick::Only || !random.chance(12) {
        return None;
    }
    let (shared, beside) = (4 + random.below(5), random.pick(BESIDE));
    let beside = &beside[..mac.len() - shared];
    Some(match reader.pick {
        Pick::Last => format!("{beside}{}-{}", &mac[..shared], &mac[shared..]),
        _ => format!("{}-{}{beside}", &mac[..beside.len()], &mac[beside.len()..]),
    })
}

/// The digits with something between some of them.
fn separated(random: &mut Random, mac: &str, between: &[&str]) -> String {
    let joint = random.pick(between);
    match random.below(8) {
        0 => mac.to_owned(),
        1 => grouped(mac, 2, joint),
        2 => grouped(mac, 4, joint),
        3 => grouped(mac, 6, joint),
        4 => grouped(mac, 1, joint),
        // one place, several characters
        5 => {
            let at = 1 + random.below(11);
            // of letters a few, of others any number
            let is_mark = !joint.contains(char::is_alphanumeric);
            let junk: String = if is_mark && random.chance(30) {
                joint.repeat(1 + random.below(30))
            } else {
                (0..1 + random.below(8)).map(|_| random.pick(between)).collect()
            };
            format!("{}{junk}{}", &mac[..at], &mac[at..])
        }
        // anywhere, mixed
        6 => mac
            .chars()
            .map(|digit| if random.chance(40) { format!("{}{digit}", random.pick(between)) } else { digit.to_string() })
            .collect(),
        // all over
        _ => {
            let junk: String = (0..2 + random.below(30)).map(|_| random.pick(between)).collect();
            grouped(mac, 2, &junk)
        }
    }
}

fn grouped(mac: &str, size: usize, joint: &str) -> String {
    let digits: Vec<char> = mac.chars().collect();
    digits.chunks(size).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(joint)
}

/// Octets, most without their zero.
fn octets(random: &mut Random, mac: &str) -> String {
    let joint = random.pick(&[":", "-"]);
    let octet = |at: usize| -> &str {
        let octet = &mac[2 * at..2 * at + 2];
        octet.strip_prefix('0').unwrap_or(octet)
    };
    (0..6).map(octet).collect::<Vec<_>>().join(joint)
}

fn any_case(random: &mut Random, text: &str) -> String {
    if random.chance(50) {
        return text.to_uppercase();
    }
    text.chars().map(|letter| if random.chance(50) { letter.to_ascii_uppercase() } else { letter }).collect()
}

/// Digits among those of a name that are none to an application, which leaves them out, and are to others.
fn with_what_others_read(random: &mut Random, name: &str, reader: Reader) -> String {
    let forms: Vec<char> =
        FORMS.iter().filter(|(.., by)| !by.contains(&reader.folds)).flat_map(|(forms, ..)| forms.chars()).collect();
    let mut letters: Vec<String> = name.chars().map(String::from).collect();
    for _ in 0..1 + random.below(4) {
        let at = random.below(letters.len());
        let is_escape = forms.is_empty() || !reader.is_wide && random.chance(30);
        let junk = if is_escape { "%u".to_owned() } else { random.one(&forms).to_string() };
        letters[at].insert_str(0, &junk);
    }
    letters.concat()
}

fn in_other_forms(random: &mut Random, text: &str, folds: Folds) -> String {
    let all = random.chance(40);
    let read: Vec<_> = FORMS.iter().filter(|(.., by)| by.contains(&folds)).collect();
    let (forms, plain, _) = random.one(&read);
    let other = |letter: char| forms.chars().zip(plain.chars()).find(|&(_, plain)| plain == letter);
    text.chars()
        .map(|letter| if all || random.chance(30) { other(letter).map_or(letter, |(form, _)| form) } else { letter })
        .collect()
}

/// Escapes what can't stand there, and whatever else as often as it will be decoded.
fn escape(random: &mut Random, text: &str, slot: Slot, decodes: usize, is_wide: bool) -> String {
    // some characters as many times as the reader decodes, most as plain as can be
    let eager = random.one(&[0, 0, 0, 10, 30, 100]);
    // httpd refuses a path with `%u`
    let wide = if is_wide && slot != Slot::Path { random.one(&[0, 15, 15, 60]) } else { 0 };
    let mut escaped = String::new();
    for character in text.chars() {
        let must = match slot {
            Slot::Header => false,
            Slot::Path => !character.is_ascii_alphanumeric() && !"-._:()~!$'*,@|;=".contains(character),
            Slot::Query => !character.is_ascii_alphanumeric() && !"-._:()~!$'*,@|/^`".contains(character),
        };
        if decodes == 0 || !(must || random.chance(eager)) {
            escaped.push(character);
            continue;
        }
        let times = if must && !random.chance(eager) { 1 } else { 1 + random.below(decodes) };
        let once: Vec<String> = if random.chance(wide) {
            character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("%u{unit:04x}")).collect()
        } else if character.is_ascii() && !character.is_ascii_alphanumeric() && random.chance(4) {
            // two bytes for one (RFC 3629, section 10): no character, but whoever strips is rid of it all the same
            overlong(character as u8).iter().map(|byte| format!("%{byte:02x}")).collect()
        } else {
            character.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("%{byte:02x}")).collect()
        };
        for escape in once {
            escaped += &escape_again(random, escape, times);
        }
    }
    // a space ends the request line
    if slot == Slot::Header { escaped } else { escaped.replace(' ', "%20").replace('"', "%22") }
}

/// An ASCII character in two bytes.
fn overlong(byte: u8) -> [u8; 2] {
    [0xc0 | byte >> 6, 0x80 | byte & 0x3f]
}

/// `%30`, `%2530`, `%25%33%30`, `%25u0030`, in any case.
fn escape_again(random: &mut Random, mut text: String, times: usize) -> String {
    if random.chance(30) {
        text = text.to_uppercase();
    }
    for _ in 1..times {
        text = if random.chance(25) {
            text.bytes().map(|byte| format!("%{byte:02x}")).collect()
        } else {
            text.replace('%', "%25")
        };
    }
    text
}

#[cfg(test)]
mod tests;
