//! A line of the learned file.

use crate::escape::quoted;
use crate::fingerprint::Fingerprint;
use crate::mac::{HEX, Mac};
use crate::time::{DAY, UnixTime};

/// Bytes of a digest as hex digits, of a time, and the most of a vendor's name.
const DIGEST: usize = 64;
const TIME: usize = "2026-11-25T20:59:57Z".len();
const LONGEST_VENDOR: usize = 64;

/// The word in place of a vendor that takes a device's proofs away.
const FORGET: &[u8] = b"forget";
const NO_VENDOR: &[u8] = b"-";

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// `MAC TIME VENDOR LEAF ROOT`: a device has proven itself.
    Proof(ProofLine<'a>),
    /// `MAC TIME forget`: what it has proven until then doesn't count.
    Forget {
        /// The device.
        mac: Mac,
        /// Until when, to the second.
        time: UnixTime,
    },
}

/// A device's proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProofLine<'a> {
    /// The device.
    pub mac: Mac,
    /// When it proved itself, to the second, from 1970 to 2106.
    pub time: UnixTime,
    /// The vendor whose list vouched for it; empty for none.
    pub vendor: &'a [u8],
    /// SHA-256 of its certificate.
    pub leaf: Fingerprint,
    /// SHA-256 of the root that its chain ended in.
    pub root: Fingerprint,
}

impl<'a> Line<'a> {
    /// Reads a line without its newline; none of an empty one.
    ///
    /// A proof is one only if all of it is there: MAC, time, vendor and two whole digests, so that nothing that was cut
    /// counts, wherever it was. What follows the last digest behind a blank or a control character (the zeros of a power
    /// cut, a later version's words) is not looked at. After `forget` nothing may follow, or a vendor of that name would
    /// be forgotten when its line is cut.
    ///
    /// # Errors
    /// What it lacks.
    pub fn parse(line: &'a [u8]) -> Result<Option<Self>, &'static str> {
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        let (mac, rest) = line.split_first_chunk().ok_or("it does not begin with a MAC of 12 hex digits")?;
        let mac = Mac::of_digits(mac).filter(|mac| mac.is_device());
        let mac = mac.ok_or("it does not begin with a device's MAC of 12 hex digits")?;
        let no_time = "no time like 2026-11-25T20:59:57Z follows the MAC";
        let (time, rest) = after_blank(rest).and_then(|rest| rest.split_first_chunk()).ok_or(no_time)?;
        let time = parse_time(time).ok_or(no_time)?;
        let rest = after_blank(rest).ok_or("it ends after the time")?;
        let (vendor, rest) = rest.split_at(rest.iter().take_while(|byte| is_of_name(**byte)).count());
        if vendor == FORGET {
            let is_all = rest.iter().all(|&byte| is_blank(byte));
            return if is_all { Ok(Some(Line::Forget { mac, time })) } else { Err("something follows forget") };
        }
        if vendor.is_empty() || vendor.len() > LONGEST_VENDOR {
            return Err("no vendor, dash or forget follows the time");
        }
        let (leaf, rest) = after_blank(rest).and_then(digest).ok_or("the certificate's SHA-256 is not whole")?;
        let (root, rest) = after_blank(rest).and_then(digest).ok_or("the root's SHA-256 is not whole")?;
        if rest.first().is_some_and(|&byte| !is_blank(byte)) {
            return Err("the root's SHA-256 does not end after 64 digits");
        }
        let vendor = if vendor == NO_VENDOR { &[] } else { vendor };
        Ok(Some(Line::Proof(ProofLine { mac, time, vendor, leaf, root })))
    }

    /// The device.
    pub fn mac(&self) -> Mac {
        match self {
            Line::Proof(proof) => proof.mac,
            Line::Forget { mac, .. } => *mac,
        }
    }

    /// The line's time.
    pub fn time(&self) -> UnixTime {
        match self {
            Line::Proof(proof) => proof.time,
            Line::Forget { time, .. } => *time,
        }
    }

    /// Writes it with its newline at the end of `text`.
    pub fn append(&self, text: &mut Vec<u8>) {
        text.extend_from_slice(&self.mac().digits());
        text.extend_from_slice(format!(" {} ", self.time()).as_bytes());
        match self {
            Line::Forget { .. } => text.extend_from_slice(FORGET),
            Line::Proof(proof) => {
                text.extend_from_slice(shown_vendor(proof.vendor));
                text.extend_from_slice(format!(" {} {}", proof.leaf, proof.root).as_bytes());
            }
        }
        text.push(b'\n');
    }
}

/// Some lines for one write. It begins with a newline, too: whatever another writer left unfinished ends there.
pub fn written<'a>(lines: impl IntoIterator<Item = Line<'a>>) -> Vec<u8> {
    let mut text = vec![b'\n'];
    lines.into_iter().for_each(|line| line.append(&mut text));
    text
}

/// A line's beginning for people.
pub(super) fn shown(line: &[u8]) -> String {
    quoted(line, 64)
}

/// A vendor that would be read as something else is none.
fn shown_vendor(vendor: &[u8]) -> &[u8] {
    let is_name = (1..=LONGEST_VENDOR).contains(&vendor.len()) && vendor.iter().all(|&byte| is_of_name(byte));
    if is_name && vendor != FORGET { vendor } else { NO_VENDOR }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// A blank, a control character or the zeros of a power cut.
fn is_blank(byte: u8) -> bool {
    byte <= b' '
}

fn after_blank(text: &[u8]) -> Option<&[u8]> {
    text.strip_prefix(b" ")
}

/// A digest of exactly 64 hex digits, and what follows.
fn digest(text: &[u8]) -> Option<(Fingerprint, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<DIGEST>()?;
    let (mut bytes, mut all) = ([0; DIGEST / 2], 0);
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let (high, low) = (HEX[usize::from(pair[0])], HEX[usize::from(pair[1])]);
        all |= high | low;
        *byte = high << 4 | low & 15;
    }
    (all < 16).then(|| (Fingerprint::new(bytes), rest))
}

/// A time like `2026-11-25T20:59:57Z`, from 1970 to 2106.
fn parse_time(text: &[u8; TIME]) -> Option<UnixTime> {
    let is_marked = [text[4], text[7], text[10], text[13], text[16], text[19]] == *b"--T::Z";
    let number = |from: usize, length: usize| {
        let digits = &text[from..from + length];
        let value = |sum: i64, digit: &u8| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0'));
        digits.iter().try_fold(0, value)
    };
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
    let is_time = (1..=12).contains(&month) && hour < 24 && minute < 60 && second < 60;
    let is_day = (1..=days_of(year, month)).contains(&day);
    if !(is_marked && is_time && is_day) {
        return None;
    }
    let seconds = days_since_1970(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
    u32::try_from(seconds).ok().map(|seconds| UnixTime::from_seconds(seconds.into()))
}

fn days_of(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days of the Gregorian calendar; the year begins in March, so that the leap day is its last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let month = (month + 9) % 12;
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
