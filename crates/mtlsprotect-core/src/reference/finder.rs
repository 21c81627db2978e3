//! The finder's rules once more, each as a direct search over all that could be meant: slow, and plain to see. Tests and
//! fuzzing compare the finder with it.

use crate::Mac;
use crate::built_in::known_prefixes::KnownPrefixes;
use crate::names::finder::Syntax;
use std::collections::BTreeSet;
use std::ops::Range;

/// A run of hex digits, or 12 of them that are an address.
type Span = Range<usize>;

/// All that [`Finder::find`](crate::names::finder::Finder::find) should find in a text.
pub fn reference(text: &[u8], syntax: Syntax, sender: Option<Mac>, only_known: bool) -> BTreeSet<Mac> {
    found_and_hidden(text, syntax, sender, only_known).0
}

/// All that [`Finder::hidden`](crate::names::finder::Finder::hidden) should tell of a text and isn't named in it anyway.
pub fn hidden(text: &[u8], syntax: Syntax, sender: Option<Mac>, only_known: bool) -> BTreeSet<Mac> {
    let (found, hidden) = found_and_hidden(text, syntax, sender, only_known);
    &hidden - &found
}

type Macs = BTreeSet<Mac>;

fn found_and_hidden(text: &[u8], syntax: Syntax, sender: Option<Mac>, only_known: bool) -> (Macs, Macs) {
    let (mut found, mut hidden) = (Macs::new(), Macs::new());
    let parts: Vec<&[u8]> = if syntax == Syntax::Path { text.split(|&b| b == b'/').collect() } else { vec![text] };
    for part in parts {
        find_in_part(part, syntax, sender, only_known, &mut found, &mut hidden);
    }
    found.retain(|mac| mac.is_device());
    hidden.retain(|mac| mac.is_device());
    (found, hidden)
}

fn find_in_part(
    text: &[u8],
    syntax: Syntax,
    sender: Option<Mac>,
    only_known: bool,
    found: &mut Macs,
    hidden: &mut Macs,
) {
    let known = KnownPrefixes::built_in();
    let counts = |mac: Mac| known.contains(mac.oui()) || sender == Some(mac);
    let uuids = uuids(text);
    let mut taken: Vec<Span> = uuids.clone();
    for (span, mac, is_doubtful) in certain(text, syntax, &uuids) {
        // an application may take the letter that it begins with for the end of a word
        let [first, second] = [text[span.start], text[span.start + 1]];
        let is_octets = text[span.clone()].split(|b| b":-".contains(b)).count() == 6;
        let follows_letter = span.start.checked_sub(1).is_some_and(|i| text[i].is_ascii_alphabetic());
        if is_octets && first.is_ascii_alphabetic() && second.is_ascii_hexdigit() && follows_letter {
            hidden.insert(Mac::from_bits(mac.bits() % (1 << 44)));
        }
        let is_name = mac.is_device() && (counts(mac) || (!is_doubtful && !only_known));
        if is_name {
            found.insert(mac);
            // one that ends a UUID is looked at as a whole with it
            if !uuids.iter().any(|uuid| uuid.end == span.end) {
                taken.push(span);
            }
        }
    }
    let digits: Vec<usize> = (0..text.len()).filter(|&i| text[i].is_ascii_hexdigit()).collect();
    let is_free = |window: &[usize]| {
        let shares = |span: &Span| window.iter().filter(|i| span.contains(i)).count();
        // Nothing but what ends a piece, or nothing at all, stands between it and the next digit.
        let ends = |mut others: Box<dyn Iterator<Item = &u8> + '_>| {
            others.find(|b| b.is_ascii_hexdigit() || b"./?&=;".contains(b)).is_none_or(|b| !b.is_ascii_hexdigit())
        };
        let is_at_end = ends(Box::new(text[..window[0]].iter().rev())) || ends(Box::new(text[window[11] + 1..].iter()));
        let most = |span: &Span| {
            if !is_at_end {
                0
            } else if uuids.contains(span) {
                12
            } else {
                3
            }
        };
        taken.iter().all(|span| shares(span) <= most(span))
    };
    let characters = |from: usize, to: usize| {
        let bytes = text[from..to].iter().filter(|b| !(0x80..=0xbf).contains(*b));
        // what is not a letter counts once, however much of it follows
        let mut runs: Vec<bool> = bytes.map(|b| b.is_ascii_alphabetic()).collect();
        runs.dedup_by(|next, last| !*next && !*last);
        runs.len()
    };
    for window in digits.windows(12) {
        let between = |pair: &[usize]| characters(pair[0] + 1, pair[1]);
        // In a User-Agent more than one character is left out at its end only.
        let may_be_apart = syntax != Syntax::UserAgent || window[11] == digits[digits.len() - 1];
        let together = window.windows(2).all(|pair| between(pair) <= 1)
            || (may_be_apart && window.windows(2).map(between).sum::<usize>() <= 8);
        let run = run_around(text, window[0]);
        let inside = window[11] < run.end && run.len() >= 16 && window[0] != run.start && window[11] + 1 != run.end;
        if together && !inside && counts(value(text, window)) {
            if is_free(window) { &mut *found } else { &mut *hidden }.insert(value(text, window));
        }
    }
    // What applications strip: the whole up to its end or a dot, and of values their parts.
    let mut stretches: Vec<Span> = ends(text, b".").map(|end| 0..end).collect();
    if syntax == Syntax::Value {
        for end in ends(text, b"./?&=;") {
            let start = text[..end].iter().rposition(|b| b"/?&=;".contains(b)).map_or(0, |at| at + 1);
            stretches.push(start..end);
        }
        for end in ends(text, b".;") {
            let piece = text[..end].iter().rposition(|&b| b == b';').map_or(0, |at| at + 1);
            let start = text[piece..end].iter().position(|&b| b == b'=').map_or(piece, |at| piece + at + 1);
            stretches.push(start..end);
        }
    }
    for stretch in stretches {
        let window: Vec<usize> = digits.iter().copied().filter(|i| stretch.contains(i)).collect();
        if window.len() == 12 && counts(value(text, &window)) {
            if is_free(&window) { &mut *found } else { &mut *hidden }.insert(value(text, &window));
        }
    }
}

/// The places of these characters, and the end.
fn ends<'t>(text: &'t [u8], characters: &'t [u8]) -> impl Iterator<Item = usize> + 't {
    (0..text.len()).filter(|&i| characters.contains(&text[i])).chain([text.len()])
}

fn value(text: &[u8], places: &[usize]) -> Mac {
    let digits: String = places.iter().map(|&i| char::from(text[i])).collect();
    Mac::from_bits(u64::from_str_radix(&digits, 16).unwrap())
}

fn run_around(text: &[u8], at: usize) -> Span {
    let start = text[..at].iter().rposition(|b| !b.is_ascii_hexdigit()).map_or(0, |i| i + 1);
    let end = text[at..].iter().position(|b| !b.is_ascii_hexdigit()).map_or(text.len(), |i| at + i);
    start..end
}

fn uuids(text: &[u8]) -> Vec<Span> {
    let is_uuid = |span: &Span| {
        let groups: Vec<&[u8]> = text[span.clone()].split(|&b| b == b'-').collect();
        groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
            && groups.concat().iter().all(u8::is_ascii_hexdigit)
            && (!span.start.checked_sub(1).is_some_and(|i| text[i].is_ascii_hexdigit())
                || ends_escape(&text[..span.start]))
            && !text.get(span.end).is_some_and(u8::is_ascii_hexdigit)
    };
    (0..text.len().saturating_sub(35)).map(|start| start..start + 36).filter(is_uuid).collect()
}

fn ends_escape(text: &[u8]) -> bool {
    let escape = text.len().checked_sub(3).map(|start| &text[start..]);
    escape.is_some_and(|escape| escape[0] == b'%' && escape[1..].iter().all(u8::is_ascii_hexdigit))
}

/// What is an address whatever its prefix, and what would be were it not doubtful.
fn certain(text: &[u8], syntax: Syntax, uuids: &[Span]) -> Vec<(Span, Mac, bool)> {
    let mut runs: Vec<Span> = Vec::new();
    for i in 0..text.len() {
        if text[i].is_ascii_hexdigit() && run_around(text, i).start == i {
            runs.push(run_around(text, i));
        }
    }
    let mut all = Vec::new();
    let in_uuid = |span: &Span| uuids.iter().any(|uuid| uuid.start <= span.start && span.end <= uuid.end);
    let mut add = |span: Span, groups: &[Span], doubtful: bool, is_colon: bool| {
        let width = 12 / groups.len();
        let digits: String =
            groups.iter().map(|group| format!("{:0>width$}", String::from_utf8_lossy(&text[group.clone()]))).collect();
        let telephone = syntax == Syntax::Value && !is_colon && digits.bytes().all(|b| b.is_ascii_digit());
        let mac = Mac::from_bits(u64::from_str_radix(&digits, 16).unwrap());
        all.push((span, mac, doubtful || is_date(&digits) || telephone));
    };
    for run in runs.iter().filter(|run| (12..=15).contains(&run.len())) {
        let span = run.end - 12..run.end;
        if text[run.start..span.start].iter().all(u8::is_ascii_alphabetic) {
            add(span.clone(), std::slice::from_ref(&span), in_uuid(&span), false);
        }
    }
    type Notation = (&'static [usize], &'static [u8], usize, &'static [usize]);
    let notations: [Notation; 3] = [(&[2], b":-_", 6, &[6, 7]), (&[4], b".-_", 3, &[3]), (&[1, 2], b":-", 6, &[6, 7])];
    for (lengths, joints, least, holds) in notations {
        for &joint in joints {
            let fits = |i: usize| runs.get(i).is_some_and(|run| lengths.contains(&run.len()));
            let joined =
                |i: usize| i + 1 < runs.len() && runs[i].end + 1 == runs[i + 1].start && text[runs[i].end] == joint;
            for first in 0..runs.len() {
                if !fits(first) || (first > 0 && joined(first - 1) && fits(first - 1)) {
                    continue;
                }
                let mut last = first;
                while joined(last) && fits(last + 1) {
                    last += 1;
                }
                if !holds.contains(&(last + 1 - first)) {
                    continue;
                }
                let groups = &runs[first..first + least];
                let span = groups[0].start..groups[least - 1].end;
                let in_full = groups.iter().all(|group| group.len() == 12 / least);
                if (lengths == [4] && in_uuid(&span)) || (lengths == [1, 2] && in_full) {
                    continue;
                }
                let goes_on = |first: Option<usize>, next: Option<usize>| {
                    first.is_some_and(|i| text.get(i) == Some(&b':'))
                        && next.and_then(|i| text.get(i)).is_some_and(|b| *b == b':' || b.is_ascii_hexdigit())
                };
                let ipv6 = lengths == [1, 2]
                    && joint == b':'
                    && (goes_on(span.start.checked_sub(1), span.start.checked_sub(2))
                        || goes_on(Some(span.end), Some(span.end + 1)));
                add(span, groups, ipv6, joint == b':');
            }
        }
    }
    all
}

fn is_date(digits: &str) -> bool {
    let field = |at: usize, length: usize| digits[at..at + length].parse::<u32>().unwrap_or(9999);
    let day = |month: usize, day: usize| (1..=12).contains(&field(month, 2)) && (1..=31).contains(&field(day, 2));
    let time = |hour: usize| field(hour, 2) <= 23 && field(hour + 2, 2) <= 59;
    let year = |at: usize| (1900..=2099).contains(&field(at, 4));
    digits.bytes().all(|b| b.is_ascii_digit())
        && ((year(0) && day(4, 6) && time(8))
            || (year(4) && day(2, 0) && time(8))
            || ((day(2, 4) || day(2, 0)) && time(6) && field(10, 2) <= 59))
}
