//! One line of an error log: a decision of the module, or a handshake that mod_ssl refused.

use super::access_line::{Decision, LoggedVerdict, first_two};
use super::when::{LastDay, WallClock};
use super::words::parse_address;
use memchr::{memchr, memmem};
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::Reason;
use mtlsprotect_core::names::place_of;
use std::net::IpAddr;

/// A line of an error log.
#[derive(Debug, PartialEq, Eq)]
pub struct ErrorLine<'a> {
    /// When it was written.
    pub when: WallClock,
    /// The client; `None` where the line is about none.
    pub from: Option<IpAddr>,
    /// The client's address and port as written, which tell one connection from another.
    pub connection: &'a [u8],
    /// Process and thread as written.
    pub thread: &'a [u8],
    /// What it says.
    pub says: Says<'a>,
}

/// What a line says, as far as it is of interest.
#[derive(Debug, PartialEq, Eq)]
pub enum Says<'a> {
    /// The module's decision.
    Decided(DecisionLine<'a>),
    /// mod_ssl's verification refused the client's certificate (AH02039, AH02276, AH02040).
    CertificateRefused(Refusal<'a>),
    /// A handshake failed (AH02008, AH02261 and the like), for the reason of an earlier or the next line.
    HandshakeFailed(&'a [u8]),
    /// OpenSSL's reason for the previous line of the same thread.
    LibraryError(&'a [u8]),
    /// Something else.
    Other,
}

/// The module's line.
#[derive(Debug, PartialEq, Eq)]
pub struct DecisionLine<'a> {
    /// Verdict, reason, sender and device named.
    pub decision: Decision,
    /// Where the first device was named: `uri`, `query` and so on; a dash where none was.
    pub found_in: &'a [u8],
    /// The certificate's subject as the module escaped it, a dash where there was none.
    pub subject: &'a [u8],
    /// Its issuer.
    pub issuer: &'a [u8],
    /// The method.
    pub method: &'a [u8],
    /// The request-target as the module escaped it.
    pub path: &'a [u8],
    /// The vendor, a dash where there is none.
    pub vendor: &'a [u8],
    /// The virtual host as the module escaped it; empty where the line doesn't have it.
    pub host: &'a [u8],
}

/// A certificate that mod_ssl refused.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal<'a> {
    /// OpenSSL's words, with the number of the error.
    pub error: &'a [u8],
    /// OpenSSL's number of the error, 0 where the line has none.
    pub number: u32,
    /// The certificate's subject; empty where the log level is above `info`.
    pub subject: &'a [u8],
    /// Its issuer; empty likewise.
    pub issuer: &'a [u8],
}

impl<'a> ErrorLine<'a> {
    /// Reads a line without its line end; `None` if it is not from an error log. `day` is what one line leaves for the
    /// next.
    pub fn parse(line: &'a [u8], day: &mut LastDay) -> Option<Self> {
        let (mut when, mut module, mut thread) = (None, None, &b""[..]);
        let mut rest = line;
        let mut groups = 0;
        // [time] [module:level] [pid 1:tid 2] come first, whatever httpd's version; [client ...] is not one of these
        // groups.
        while let Some(group) = rest.strip_prefix(b"[").filter(|group| !group.starts_with(b"client ")) {
            let end = place_of(group, b']')?;
            let (text, after) = (&group[..end], &group[end + 1..]);
            when = when.or_else(|| WallClock::of_error_log(text, day));
            if text.starts_with(b"pid ") {
                thread = text;
            } else if groups > 0 && module.is_none() {
                module = Some(text);
            }
            groups += 1;
            rest = after.strip_prefix(b" ").unwrap_or(after);
        }
        let (when, module) = (when?, module?);
        let (connection, message) = client(rest);
        Some(ErrorLine {
            when,
            from: connection.and_then(host),
            connection: connection.unwrap_or_default(),
            thread,
            says: says(module, message),
        })
    }
}

/// The client's address and port, and the message. A file's name and an errno's text may stand before the client,
/// nothing that it could have written.
fn client(rest: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let after = match rest.strip_prefix(CLIENT) {
        Some(after) => after,
        None => match memmem::find(rest, CLIENT) {
            Some(start) => &rest[start + CLIENT.len()..],
            None => return (None, rest),
        },
    };
    // An address of IPv6 has brackets of its own.
    let mut end = 0;
    while let Some(bracket) = place_of(&after[end..], b']') {
        end += bracket + 1;
        if after.get(end) == Some(&b' ') {
            return (Some(&after[..end - 1]), &after[end + 1..]);
        }
    }
    (None, rest)
}

/// What stands before a client's address.
const CLIENT: &[u8] = b"[client ";

/// The address of `203.0.113.7:50000`, `2001:db8::1:50000` or `[2001:db8::1]:50000`.
fn host(connection: &[u8]) -> Option<IpAddr> {
    let port = connection.iter().rposition(|&byte| byte == b':')?;
    let host = &connection[..port];
    let bare = host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host);
    parse_address(bare)
}

fn says<'a>(module: &[u8], message: &'a [u8]) -> Says<'a> {
    let name = module.split(|&byte| byte == b':').next().unwrap_or_default();
    match name {
        b"mtlsprotect" => decided(message).map_or(Says::Other, Says::Decided),
        b"ssl" => of_mod_ssl(message),
        _ => Says::Other,
    }
}

fn decided(message: &[u8]) -> Option<DecisionLine<'_>> {
    let numbered = message.strip_prefix(b"MTLSP").and_then(|number| number.get(4..)?.strip_prefix(b": "));
    let mut rest = numbered.unwrap_or(message).strip_prefix(b"mtlsprotect: ")?;
    let (word, after) = rest.split_at(place_of(rest, b' ')?);
    let verdict = match word {
        b"allowed" => LoggedVerdict::Allow,
        b"denied" => LoggedVerdict::Deny,
        b"would-deny" => LoggedVerdict::WouldDeny,
        _ => return None,
    };
    rest = &after[1..];
    let mut field = |key: &[u8]| {
        let (value, after) = value_at(rest.strip_prefix(key)?.strip_prefix(b"=")?)?;
        rest = after;
        Some(value)
    };
    let reason = Reason::of_word(field(b"reason")?)?;
    // Of a request that came through a balancer.
    if field(b"via").is_some() {
        field(b"client")?;
    }
    let sender = Mac::parse(field(b"cert-mac")?);
    let (named, second) = first_two(field(b"named")?);
    let decision = Decision { verdict, reason, sender, named, second };
    let found_in = field(b"found-in")?.split(|&byte| byte == b',').next()?;
    let vendor = field(b"vendor")?;
    let (subject, issuer) = (field(b"subject")?, field(b"issuer")?);
    field(b"serial")?;
    field(b"sha256")?;
    let (method, path) = (field(b"method")?, field(b"path")?);
    // Others may have come between. What httpd itself puts at the end, the referer, has no such key.
    let is_key = |key: &[u8]| key.iter().all(|&byte| byte.is_ascii_lowercase() || byte == b'-');
    let mut host = &b""[..];
    while let Some((key, value, after)) = next_field(rest).filter(|(key, ..)| host.is_empty() && is_key(key)) {
        if key == b"host" {
            host = value;
        }
        rest = after;
    }
    Some(DecisionLine { decision, found_in, subject, issuer, method, path, vendor, host })
}

/// The key and value of `key=value`, `key='value'` or, of older releases, `key="value"` at the beginning of a text, and what follows.
fn next_field(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let equals = memchr(b'=', text)?;
    let (value, after) = value_at(&text[equals + 1..])?;
    Some((&text[..equals], value, after))
}

/// The value that a text begins with, and what follows.
#[inline]
fn value_at(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (value, after) = match text {
        [quote @ (b'\'' | b'"'), quoted @ ..] => {
            let end = place_of(quoted, *quote)?;
            (&quoted[..end], &quoted[end + 1..])
        }
        _ => text.split_at(place_of(text, b' ').unwrap_or(text.len())),
    };
    Some((value, after.strip_prefix(b" ").unwrap_or(after)))
}

fn of_mod_ssl(message: &[u8]) -> Says<'_> {
    if let Some(error) = message.strip_prefix(b"SSL Library Error: ") {
        return Says::LibraryError(library_error(error));
    }
    let Some((number, text)) = message.strip_prefix(b"AH").and_then(|text| text.split_first_chunk::<5>()) else {
        return Says::Other;
    };
    let text = text.strip_prefix(b": ").unwrap_or(text);
    match number {
        b"02039" | b"02276" | b"02040" => Says::CertificateRefused(refusal(text)),
        // The text of the first two ends with the server's name, and there may be many servers.
        b"02008" | b"02261" | b"02225" | b"02262" | b"02263" | b"02010" | b"02011" | b"01996" => {
            Says::HandshakeFailed(&text[..memmem::find(text, b" (server ").unwrap_or(text.len())])
        }
        _ => Says::Other,
    }
}

/// `Certificate Verification: Error (20): text [subject: ... / issuer: ... / serial: ...]`
fn refusal(text: &[u8]) -> Refusal<'_> {
    let text = text.strip_prefix(b"Certificate Verification: ").unwrap_or(text);
    let details = memmem::find(text, b" [subject: ");
    let error = &text[..details.unwrap_or(text.len())];
    let error = &error[..memmem::find(error, b", referer: ").unwrap_or(error.len())];
    let number = error
        .strip_prefix(b"Error (")
        .and_then(|digits| digits.split(|&byte| byte == b')').next())
        .and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    let (mut subject, mut issuer) = (&b""[..], &b""[..]);
    if let Some(at) = details {
        let named = &text[at + b" [subject: ".len()..];
        if let Some(end) = memmem::find(named, b" / issuer: ") {
            subject = &named[..end];
            let after = &named[end + b" / issuer: ".len()..];
            issuer = &after[..memmem::find(after, b" / serial: ").unwrap_or(after.len())];
        }
    }
    Refusal { error, number: number.unwrap_or(0), subject, issuer }
}

/// The words of `error:0A0000C7:SSL routines::peer did not return a certificate -- Hint of mod_ssl's`.
fn library_error(error: &[u8]) -> &[u8] {
    let error = &error[..memmem::find(error, b" -- ").unwrap_or(error.len())];
    error.rsplit(|&byte| byte == b':').find(|words| !words.is_empty()).unwrap_or(error).trim_ascii()
}

#[cfg(test)]
mod tests;
