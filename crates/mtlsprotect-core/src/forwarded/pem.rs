//! Certificates in PEM, URL-encoded or not, and in bare base64.

use crate::der::{Reader, SEQUENCE};
use crate::forwarded::certificates::MOST_CERTIFICATES;
use crate::forwarded::unreadable::Unreadable;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode;
use std::borrow::Cow;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";

/// The certificates of a text that is nothing but PEM blocks, with white space between and in them.
pub(super) fn blocks(text: &[u8]) -> Result<Vec<Vec<u8>>, Unreadable> {
    let mut rest = text.trim_ascii();
    let mut found = Vec::new();
    while !rest.is_empty() {
        rest = rest.strip_prefix(BEGIN).ok_or(Unreadable::NotPem)?;
        let length = rest.iter().position(|&byte| byte == b'-').ok_or(Unreadable::NotPem)?;
        let (body, after) = rest.split_at(length);
        rest = after.strip_prefix(END).ok_or(Unreadable::NotPem)?.trim_ascii_start();
        if found.len() == MOST_CERTIFICATES {
            return Err(Unreadable::TooMany);
        }
        let body: Vec<u8> = body.iter().copied().filter(|byte| !matches!(byte, b' ' | b'\r' | b'\n')).collect();
        found.push(one_der(base64(&body)?)?);
    }
    if found.is_empty() { Err(Unreadable::NotPem) } else { Ok(found) }
}

/// The same where the text is URL-encoded.
pub(super) fn escaped_blocks(text: &[u8]) -> Result<Vec<Vec<u8>>, Unreadable> {
    if text.iter().any(u8::is_ascii_whitespace) {
        return Err(Unreadable::NotEscaped);
    }
    blocks(&unescaped(text)?)
}

/// A URL-encoded text decoded once. A `+` stands for itself.
pub(super) fn unescaped(text: &[u8]) -> Result<Cow<'_, [u8]>, Unreadable> {
    let is_escape = |at: usize| text.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
    let whole = text.iter().enumerate().all(|(at, &byte)| byte != b'%' || is_escape(at));
    if whole { Ok(percent_decode(text).into()) } else { Err(Unreadable::Escape) }
}

/// Base64 with its padding, and nothing else: there is one way to write each text.
pub(super) fn base64(text: &[u8]) -> Result<Vec<u8>, Unreadable> {
    STANDARD.decode(text).map_err(|_| Unreadable::NotBase64)
}

/// Bytes that are one DER sequence and nothing behind it.
pub(super) fn one_der(der: Vec<u8>) -> Result<Vec<u8>, Unreadable> {
    let mut reader = Reader::new(&der);
    let is_one = reader.expect(SEQUENCE).is_some() && reader.is_empty();
    if is_one { Ok(der) } else { Err(Unreadable::NotDer) }
}

/// DER sequences one after another, and nothing else.
///
/// # Errors
/// There is something else, or too many.
pub fn ders(mut bytes: &[u8]) -> Result<Vec<Vec<u8>>, Unreadable> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let mut reader = Reader::new(bytes);
        reader.expect(SEQUENCE).ok_or(Unreadable::NotDer)?;
        let (one, rest) = bytes.split_at(bytes.len() - reader.len());
        if found.len() == MOST_CERTIFICATES {
            return Err(Unreadable::TooMany);
        }
        found.push(one.to_vec());
        bytes = rest;
    }
    Ok(found)
}
