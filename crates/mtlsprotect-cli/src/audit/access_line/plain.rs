//! The reader of lines once more, byte by byte and by the library: slow, and plain to see. Tests compare the other with
//! it.

use super::{AccessLine, Decision, LoggedDecision, LoggedVerdict, host, unescape};
use crate::audit::when::{LastDay, When};
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::Reason;
use std::net::IpAddr;

/// Reads a line that is not JSON.
pub fn parse(line: &[u8]) -> Option<AccessLine<'_>> {
    let quote = (0..line.len()).find(|&at| line[at] == b'"' && line[..at].ends_with(b"] "))?;
    let before = &line[..quote - 2];
    let bracket = before.iter().rposition(|&byte| byte == b'[')?;
    let when = When::of_access_log(&before[bracket + 1..], &mut LastDay::default())?;
    let (request, rest) = quoted(&line[quote + 1..])?;
    let words = words_of(rest);
    let status = match *words.first()? {
        b"-" => 0,
        word if word.len() == 3 => std::str::from_utf8(word).ok()?.parse().ok()?,
        _ => return None,
    };
    words.get(1).filter(|size| **size == b"-" || size.iter().all(u8::is_ascii_digit))?;
    let (user_agent, after) = next_quoted(rest).and_then(|(_, after)| next_quoted(after)).unwrap_or_default();
    let mut method_on = request.splitn(2, |&byte| byte == b' ');
    let (method, target) = match (method_on.next(), method_on.next()) {
        (Some(method), Some(rest)) => (method, target(rest)),
        _ => (&b""[..], &b""[..]),
    };
    let (judged, vendor, last_host) = judged(&words_of(after));
    let (from, first_host) = address(before);
    Some(AccessLine {
        from,
        when,
        method,
        target: unescape(target),
        status,
        user_agent: unescape(if user_agent == b"-" { b"" } else { user_agent }),
        judged,
        vendor,
        host: last_host.or(first_host).unwrap_or_default(),
    })
}

fn words_of(text: &[u8]) -> Vec<&[u8]> {
    text.split(|&byte| byte == b' ').filter(|word| !word.is_empty()).collect()
}

/// What stands before the first quote that no backslash escapes, and behind it.
fn quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    while *text.get(at)? != b'"' {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    Some((&text[..at], &text[at + 1..]))
}

fn next_quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    quoted(&text[text.iter().position(|&byte| byte == b'"')? + 1..])
}

fn target(rest: &[u8]) -> &[u8] {
    match rest.iter().rposition(|&byte| byte == b' ') {
        Some(end) if rest[end + 1..].starts_with(b"HTTP/") => &rest[..end],
        _ => rest,
    }
}

fn judged<'a>(words: &[&'a [u8]]) -> (LoggedDecision, &'a [u8], Option<&'a [u8]>) {
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    for at in 0..=words.len() {
        if at >= 5 && words[at - 5..at].iter().all(|word| *word == b"-") {
            return (LoggedDecision::No, b"", words.get(at).copied().and_then(host));
        }
        let Some(verdict) = LoggedVerdict::named(word(at)) else { continue };
        let Some(reason) = Reason::ALL.into_iter().find(|reason| reason.as_str().as_bytes() == word(at + 1)) else {
            // The word is taken for a reason, and for nothing else.
            return judged(words.get(at + 2..).unwrap_or_default());
        };
        let named: Vec<&[u8]> = word(at + 3).split(|&byte| byte == b',').collect();
        let [sender, named, second] =
            [Some(word(at + 2)), named.first().copied(), named.get(1).copied()].map(|text| text.and_then(Mac::parse));
        let decision = Decision { verdict, reason, sender, named, second };
        return (LoggedDecision::Yes(decision), word(at + 4), words.get(at + 5).copied().and_then(host));
    }
    (LoggedDecision::NotLogged, b"", None)
}

fn address(before: &[u8]) -> (Option<IpAddr>, Option<&[u8]>) {
    let address = |word: &[u8]| Some(std::str::from_utf8(word).ok()?.parse::<IpAddr>().ok()?.to_canonical());
    let words: Vec<&[u8]> = before.split(|&byte| byte == b' ').collect();
    if let Some(from) = address(words[0]) {
        return (Some(from), None);
    }
    match words[0].iter().rposition(|&byte| byte == b':') {
        Some(port) => (words.get(1).and_then(|word| address(word)), Some(&words[0][..port])),
        None => (None, None),
    }
}
