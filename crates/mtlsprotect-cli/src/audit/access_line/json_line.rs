//! One line of the shipped log format `mtlsprotect_json`.

use super::{AccessLine, Decision, LastDay, LoggedDecision, LoggedVerdict, Reason, When, first_two, parse_address};
use serde::Deserialize;
use std::borrow::Cow;

/// Its members, as far as they are used here. The module writes nothing that JSON escapes, so all of them are borrowed.
#[derive(Deserialize)]
struct Line<'a> {
    time: &'a str,
    client: &'a str,
    #[serde(default)]
    host: &'a str,
    #[serde(default)]
    method: &'a str,
    #[serde(default)]
    path: &'a str,
    status: &'a str,
    #[serde(default)]
    ua: &'a str,
    #[serde(default)]
    verdict: &'a str,
    #[serde(default)]
    reason: &'a str,
    #[serde(default)]
    mac: &'a str,
    #[serde(default)]
    named: &'a str,
    #[serde(default)]
    vendor: &'a str,
}

/// Reads a line; `None` where it is of another format.
pub fn parse<'a>(line: &'a [u8], day: &mut LastDay) -> Option<AccessLine<'a>> {
    let line: Line<'_> = serde_json::from_slice(line).ok()?;
    let (named, second) = first_two(line.named.as_bytes());
    let judged = match (LoggedVerdict::named(line.verdict.as_bytes()), Reason::of_word(line.reason.as_bytes())) {
        (Some(verdict), Some(reason)) => {
            LoggedDecision::Yes(Decision { verdict, reason, sender: line.mac.parse().ok(), named, second })
        }
        _ => LoggedDecision::No,
    };
    Some(AccessLine {
        from: parse_address(line.client.as_bytes()),
        when: When::of_iso(line.time.as_bytes(), day)?,
        method: text_of(line.method),
        target: Cow::Borrowed(text_of(line.path)),
        status: line.status.parse().unwrap_or(0),
        user_agent: Cow::Borrowed(text_of(line.ua)),
        judged,
        vendor: if judged == LoggedDecision::No { b"" } else { line.vendor.as_bytes() },
        host: text_of(line.host),
    })
}

fn text_of(field: &str) -> &[u8] {
    if field == "-" { b"" } else { field.as_bytes() }
}
