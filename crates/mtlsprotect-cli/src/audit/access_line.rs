//! One line of an access log: the combined format, the shipped ones, or the common one.

mod json_line;

use super::when::{LastDay, When};
use super::words::{Words, parse_address};
use memchr::{memchr, memchr2, memrchr};
use mtlsprotect_core::decision::Reason;
use mtlsprotect_core::names::place_of;
use mtlsprotect_core::{Mac, hex_value};
use std::borrow::Cow;
use std::net::IpAddr;

/// A request as the access log has it.
#[derive(Debug, PartialEq, Eq)]
pub struct AccessLine<'a> {
    /// The client; `None` where the log has a host name.
    pub from: Option<IpAddr>,
    /// When it came.
    pub when: When,
    /// The method as sent; empty if it was not a request.
    pub method: &'a [u8],
    /// The request-target as sent.
    pub target: Cow<'a, [u8]>,
    /// The answer's status; 0 where the log has a dash.
    pub status: u16,
    /// The User-Agent header; empty where there was none.
    pub user_agent: Cow<'a, [u8]>,
    /// What the module said of it.
    pub judged: LoggedDecision,
    /// The vendor that it said; empty where it said none.
    pub vendor: &'a [u8],
    /// The virtual host; empty where the format doesn't have it.
    pub host: &'a [u8],
}

/// The module's fields of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoggedDecision {
    /// The format doesn't have it.
    NotLogged,
    /// The module didn't judge the request.
    No,
    /// It did.
    Yes(Decision),
}

/// What the module decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether the request was let pass, was refused, or would have been with `On`.
    pub verdict: LoggedVerdict,
    /// Why.
    pub reason: Reason,
    /// Whose certificate it was.
    pub sender: Option<Mac>,
    /// The first device named.
    pub named: Option<Mac>,
    /// The second, where the request names more than one.
    pub second: Option<Mac>,
}

impl Decision {
    /// The device named, where it is only one.
    pub fn only_named(&self) -> Option<Mac> {
        self.named.filter(|_| self.second.is_none())
    }
}

/// The module's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoggedVerdict {
    /// It passed.
    Allow,
    /// It was refused.
    Deny,
    /// It passed, and will be refused with `On`.
    WouldDeny,
}

impl LoggedVerdict {
    /// By the word of the access log.
    fn named(word: &[u8]) -> Option<Self> {
        match word {
            b"allow" => Some(LoggedVerdict::Allow),
            b"deny" => Some(LoggedVerdict::Deny),
            b"would-deny" => Some(LoggedVerdict::WouldDeny),
            _ => None,
        }
    }
}

impl<'a> AccessLine<'a> {
    /// Reads a line without its line end; `None` if it has another format. `day` is what one line leaves for the next.
    pub fn parse(line: &'a [u8], day: &mut LastDay) -> Option<Self> {
        if line.starts_with(b"{") {
            return json_line::parse(line, day);
        }
        let (before, request_on) = split_at_request(line)?;
        let when = When::of_access_log(&before[memrchr(b'[', before)? + 1..], day)?;
        // Most lines escape nothing, and to know that of the whole is quicker than to look for it in each field.
        let escapes = if memchr(b'\\', request_on).is_some() { Escapes::Some } else { Escapes::None };
        let (request, rest) = split_at_end(request_on, escapes)?;
        let mut words = Words(rest);
        let status = status(words.next()?)?;
        words.next().filter(|size| *size == b"-" || size.iter().all(u8::is_ascii_digit))?;
        let (user_agent, after) = user_agent(rest, escapes).unwrap_or_default();
        let (method, target) = method_and_target(request);
        let (judged, vendor, host) = judged(after);
        let (from, first_host) = address(before);
        Some(AccessLine {
            from,
            when,
            method,
            target: escapes.undone(target),
            status,
            user_agent: escapes.undone(user_agent),
            judged,
            vendor,
            host: host.or(first_host).unwrap_or_default(),
        })
    }

    /// Whether the client got something.
    pub fn is_served(&self) -> bool {
        (100..400).contains(&self.status)
    }

    /// Whether the client was told that it may not, or that there is nothing.
    pub fn is_turned_away(&self) -> bool {
        matches!(self.status, 401 | 403 | 404 | 410)
    }
}

/// Whether a line has backslashes behind the request's opening quote.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    None,
    Some,
}

impl Escapes {
    /// A text as it was before httpd wrote it.
    fn undone(self, text: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Escapes::None => Cow::Borrowed(text),
            Escapes::Some => unescape(text),
        }
    }
}

/// What stands before the request, and everything after its opening quote. A quote inside the
/// user's name is escaped, so the first one behind a time is the request's.
fn split_at_request(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut from = 0;
    loop {
        let quote = from + place_of(&line[from..], b'"')?;
        if line[..quote].ends_with(b"] ") {
            return Some((&line[..quote - 2], &line[quote + 1..]));
        }
        from = quote + 1;
    }
}

/// A quoted field and what follows its closing quote, the first that no backslash escapes.
fn split_at_end(text: &[u8], escapes: Escapes) -> Option<(&[u8], &[u8])> {
    let end = match escapes {
        Escapes::None => memchr(b'"', text)?,
        Escapes::Some => end_of_escaped(text)?,
    };
    Some((&text[..end], &text[end + 1..]))
}

fn end_of_escaped(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr2(b'"', b'\\', text.get(from..)?)?;
        if text[at] == b'"' {
            return Some(at);
        }
        from = at + 2;
    }
}

/// The client's address: the first word, or the second where `vhost_combined` has a host's name and port first.
fn address(before: &[u8]) -> (Option<IpAddr>, Option<&[u8]>) {
    let end = place_of(before, b' ').unwrap_or(before.len());
    let first = &before[..end];
    if let Some(address) = parse_address(first) {
        return (Some(address), None);
    }
    match memrchr(b':', first) {
        Some(port) => {
            let second = before[end..].split(|&byte| byte == b' ').nth(1).unwrap_or_default();
            (parse_address(second), Some(&first[..port]))
        }
        None => (None, None),
    }
}

fn status(word: &[u8]) -> Option<u16> {
    match word {
        b"-" => Some(0),
        [_, _, _] => std::str::from_utf8(word).ok()?.parse().ok(),
        _ => None,
    }
}

/// The User-Agent of `... "referer" "user-agent" ...` and what follows it; nothing where the format is the common one.
fn user_agent(rest: &[u8], escapes: Escapes) -> Option<(&[u8], &[u8])> {
    let (_, after) = split_at_end(&rest[place_of(rest, b'"')? + 1..], escapes)?;
    let (agent, after) = split_at_end(&after[place_of(after, b'"')? + 1..], escapes)?;
    Some((if agent == b"-" { b"" } else { agent }, after))
}

/// `GET /target HTTP/1.1`; what is not a request (a TLS hello on a plain port, a time-out) asks for nothing.
fn method_and_target(request: &[u8]) -> (&[u8], &[u8]) {
    let Some(first) = place_of(request, b' ') else { return (b"", b"") };
    let (method, rest) = (&request[..first], &request[first + 1..]);
    let target = match memrchr(b' ', rest) {
        Some(last) if rest[last + 1..].starts_with(b"HTTP/") => &rest[..last],
        _ => rest,
    };
    (method, target)
}

/// Undoes what httpd's `ap_escape_logitem` does to hostile bytes.
fn unescape(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr(b'\\', text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        let (byte, after) = match rest {
            [b'\\', b'x', high, low, after @ ..] => match (hex_value(*high), hex_value(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, after),
                _ => (b'\\', &rest[1..]),
            },
            [b'\\', letter, after @ ..] => match letter {
                b'b' => (8, after),
                b't' => (b'\t', after),
                b'n' => (b'\n', after),
                b'v' => (11, after),
                b'f' => (12, after),
                b'r' => (b'\r', after),
                other => (*other, after),
            },
            _ => (*byte, after),
        };
        out.push(byte);
        rest = after;
    }
    Cow::Owned(out)
}

/// Finds verdict, reason, mac, named, vendor and the virtual host among the last fields, whatever else an operator added.
fn judged(after: &[u8]) -> (LoggedDecision, &[u8], Option<&[u8]>) {
    let mut words = Words(after);
    let mut dashes = 0;
    while let Some(word) = words.next() {
        if dashes >= 5 {
            return (LoggedDecision::No, b"", host(word));
        }
        dashes = if word == b"-" { dashes + 1 } else { 0 };
        let Some(verdict) = LoggedVerdict::named(word) else { continue };
        let Some(reason) = words.next().and_then(Reason::of_word) else { continue };
        let sender = words.next().and_then(Mac::parse);
        let (named, second) = first_two(words.next().unwrap_or_default());
        let decision = Decision { verdict, reason, sender, named, second };
        return (LoggedDecision::Yes(decision), words.next().unwrap_or_default(), words.next().and_then(host));
    }
    (if dashes >= 5 { LoggedDecision::No } else { LoggedDecision::NotLogged }, b"", None)
}

/// The first two devices of those named, with commas between them.
pub fn first_two(named: &[u8]) -> (Option<Mac>, Option<Mac>) {
    match place_of(named, b',') {
        None => (Mac::parse(named), None),
        Some(first) => {
            let others = &named[first + 1..];
            let second = &others[..place_of(others, b',').unwrap_or(others.len())];
            (Mac::parse(&named[..first]), Mac::parse(second))
        }
    }
}

/// The name in `host`, `"host"` or `host=host`; `None` if it can't be one.
fn host(word: &[u8]) -> Option<&[u8]> {
    let word = word.strip_prefix(b"host=").unwrap_or(word);
    let word = word.strip_prefix(b"\"").and_then(|word| word.strip_suffix(b"\"")).unwrap_or(word);
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(byte);
    (!word.is_empty() && word != b"-" && word.iter().all(is_name)).then_some(word)
}

#[cfg(test)]
mod plain;
#[cfg(test)]
mod tests;
