//! The finder's rules once more, each as a direct search over all windows: slow, and plain to see. Tests and fuzzing
//! compare the finder with it.

use crate::Mac;
use crate::finder::Syntax;
use crate::vendors::KnownPrefixes;
use std::collections::BTreeSet;

/// All that [`Finder::find`](crate::finder::Finder::find) should find in a text.
pub fn reference(text: &[u8], syntax: Syntax, sender: Option<Mac>) -> BTreeSet<Mac> {
    let known = KnownPrefixes::built_in();
    let accepts = |mac: Mac| mac.is_device() && (known.contains(mac.oui()) || sender == Some(mac));
    let is_hex = |i: usize| text.get(i).is_some_and(u8::is_ascii_hexdigit);
    let is_separator = |byte: u8| b":-._+ ".contains(&byte);
    let value = |digits: &[u8]| {
        let text: String = digits.iter().filter(|b| b.is_ascii_hexdigit()).map(|&b| b as char).collect();
        Mac::from_bits(u64::from_str_radix(&text, 16).unwrap())
    };
    let mut certain: Vec<(usize, usize, Mac)> = Vec::new();
    let mut loose: Vec<(usize, usize, Mac)> = Vec::new();
    for start in 0..text.len() {
        for end in start + 12..=text.len().min(start + 17) {
            let piece = &text[start..end];
            // Loose: digits in pairs, at most one separator between two pairs.
            let mut i = 0;
            let mut pairs = 0;
            while i + 1 < piece.len() && piece[i].is_ascii_hexdigit() && piece[i + 1].is_ascii_hexdigit() {
                pairs += 1;
                i += 2;
                if pairs < 6 && i < piece.len() && is_separator(piece[i]) {
                    i += 1;
                }
            }
            if pairs == 6 && i == piece.len() {
                loose.push((start, end, value(piece)));
            }
            // Certain: a notation of Mac::parse that touches nothing of its kind.
            if let Some(mac) = Mac::parse(piece) {
                let separator = piece.iter().copied().find(|b| !b.is_ascii_hexdigit());
                let mut before = start.checked_sub(1).is_some_and(is_hex);
                let mut after = is_hex(end);
                match separator {
                    Some(s) => {
                        let whole = if s == b'.' { 4 } else { 1 };
                        before |= start > whole && text[start - 1] == s && (2..2 + whole).all(|i| is_hex(start - i));
                        after |= text.get(end) == Some(&s) && (1..1 + whole).all(|i| is_hex(end + i));
                    }
                    None => {
                        let run_start = (0..=start).rev().find(|&i| i == 0 || !is_hex(i - 1)).unwrap();
                        let prefix = &text[run_start..start];
                        before = prefix.len() > 3 || !prefix.iter().all(u8::is_ascii_alphabetic);
                        let digits = std::str::from_utf8(piece).unwrap();
                        let field = |from: usize, to: usize| digits[from..to].parse::<u32>().unwrap_or(99);
                        let date = digits.bytes().all(|b| b.is_ascii_digit())
                            && field(0, 2) == 20
                            && (1..=12).contains(&field(4, 6))
                            && (1..=31).contains(&field(6, 8))
                            && field(8, 10) <= 23
                            && field(10, 12) <= 59;
                        let head = String::from_utf8_lossy(&text[start.saturating_sub(24)..start]).into_owned();
                        let groups: Vec<&str> = head.split('-').collect();
                        let uuid = groups.len() == 5
                            && [8, 4, 4, 4, 0].iter().zip(&groups).all(|(&len, group)| group.len() == len)
                            && groups.concat().bytes().all(|b| b.is_ascii_hexdigit());
                        after |= date || uuid;
                    }
                }
                if !before && !after {
                    certain.push((start, end, mac));
                }
            }
        }
    }
    // Nothing loose begins inside the sender's own certain name.
    let own: Vec<(usize, usize)> = {
        let mut own = Vec::new();
        let mut until = 0;
        let mut all: Vec<_> = certain.iter().filter(|c| sender == Some(c.2)).collect();
        all.sort_by_key(|c| c.1);
        for c in all {
            if c.0 >= until {
                own.push((c.0, c.1));
                until = c.1;
            }
        }
        own
    };
    let free = |start: usize, end: usize| !own.iter().any(|o| o.0 <= start && start < o.1 && end > o.1);
    let mut found: BTreeSet<Mac> = BTreeSet::new();
    found.extend(certain.iter().filter(|c| free(c.0, c.1)).map(|c| c.2).filter(|m| m.is_device()));
    found.extend(loose.iter().filter(|l| free(l.0, l.1)).map(|l| l.2).filter(|&m| accepts(m)));
    let delimiters: &[u8] = if syntax == Syntax::Path { b"/" } else { b"/?&=;" };
    for segment in text.split(|b| delimiters.contains(b)) {
        let dots = (0..segment.len()).filter(|&i| segment[i] == b'.');
        for end in dots.chain([segment.len()]) {
            let digits: Vec<u8> = segment[..end].iter().copied().filter(u8::is_ascii_hexdigit).collect();
            if digits.len() == 12 && accepts(value(&digits)) {
                found.insert(value(&digits));
            }
        }
    }
    found
}
