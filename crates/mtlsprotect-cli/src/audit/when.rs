//! When a line was written.

use jiff::civil::Date;
use jiff::tz::Offset;
use mtlsprotect_core::time::UnixTime;
use serde::{Serialize, Serializer};
use std::fmt;

/// A Unix time in seconds, or none where the log doesn't tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct When(UnixTime);

/// Seconds since 1970 in local time, whose zone the log doesn't say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WallClock(pub i64);

const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

impl When {
    /// Not told.
    pub const UNKNOWN: When = When(UnixTime::MIN);

    /// At this moment.
    pub const fn at(time: UnixTime) -> Self {
        When(time)
    }

    /// The time of an access log, `23/Nov/2026:10:10:26 +0000`.
    pub fn of_access_log(text: &[u8]) -> Option<Self> {
        let (date, time) = (text.get(..11)?, text.get(12..20)?);
        (text[11] == b':' && date[2] == b'/' && date[6] == b'/').then_some(())?;
        let local = seconds(&date[7..], month(&date[3..6])?, &date[..2], time)?;
        Some(When(UnixTime::from_seconds(local - offset(&text[20..]).unwrap_or(0))))
    }

    /// The time of the shipped JSON, `2026-11-23T10:10:26+0000`.
    pub fn of_iso(text: &[u8]) -> Option<Self> {
        let (date, time) = (text.get(..10)?, text.get(11..19)?);
        (text[10] == b'T' && date[4] == b'-' && date[7] == b'-').then_some(())?;
        let local = seconds(&date[..4], number(&date[5..7])?, &date[8..], time)?;
        let zone = [b" ", &text[19..]].concat();
        Some(When(UnixTime::from_seconds(local - offset(&zone).unwrap_or(0))))
    }

    /// The day, in UTC.
    pub fn day(self) -> String {
        if self == When::UNKNOWN { "-".to_owned() } else { self.0.day() }
    }

    /// Whether this is more than `seconds` after `earlier`; false for unknown times.
    pub fn is_after(self, earlier: When, seconds: i64) -> bool {
        self != When::UNKNOWN && earlier != When::UNKNOWN && self.0 - earlier.0 > seconds
    }
}

impl Default for When {
    fn default() -> Self {
        When::UNKNOWN
    }
}

impl WallClock {
    /// The time of an error log, `Mon Nov 23 10:10:26.729803 2026` or, with `%{c}t` in
    /// ErrorLogFormat, `2026-11-23 10:10:26.729803`.
    pub fn of_error_log(text: &[u8]) -> Option<Self> {
        if text.get(4) == Some(&b'-') {
            let month = number(text.get(5..7)?)?;
            return seconds(text.get(..4)?, month, text.get(8..10)?, text.get(11..19)?).map(WallClock);
        }
        let year = text.get(text.len().checked_sub(4)?..)?;
        seconds(year, month(text.get(4..7)?)?, text.get(8..10)?, text.get(11..19)?).map(WallClock)
    }
}

/// As JSON and tables show it, `2026-11-23T10:10:26Z`; a dash where the log doesn't tell.
impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == When::UNKNOWN { f.pad("-") } else { self.0.fmt(f) }
    }
}

impl Serialize for When {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if *self == When::UNKNOWN { serializer.serialize_none() } else { serializer.collect_str(self) }
    }
}

/// Seconds since 1970 of four digits, a month from 1, two digits and `hh:mm:ss`.
fn seconds(year: &[u8], month: i64, day: &[u8], time: &[u8]) -> Option<i64> {
    (time[2] == b':' && time[5] == b':').then_some(())?;
    let [hour, minute, second] = [number(&time[..2])?, number(&time[3..5])?, number(&time[6..8])?];
    let date = Date::new(small(number(year).unwrap_or(0))?, small(month)?, small(number(day)?)?).ok()?;
    // a leap second counts as the first one after it
    let is_time = hour < 24 && minute < 60 && second <= 60;
    let midnight = Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?;
    is_time.then(|| midnight.as_second() + hour * 3600 + minute * 60 + second)
}

fn small<T: TryFrom<i64>>(number: i64) -> Option<T> {
    number.try_into().ok()
}

/// Seconds of ` +0100`.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, digits) = match text.get(..6)? {
        [b' ', b'+', digits @ ..] => (1, digits),
        [b' ', b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    Some(sign * (number(&digits[..2])? * 3600 + number(&digits[2..])? * 60))
}

fn month(name: &[u8]) -> Option<i64> {
    MONTHS.iter().zip(1..).find(|(month, _)| month.as_slice() == name).map(|(_, number)| number)
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_access_log_tells_its_zone_and_the_error_log_does_not() {
        let access = When::of_access_log(b"23/Nov/2026:10:10:26 +0100").unwrap();
        assert_eq!(access.to_string(), "2026-11-23T09:10:26Z");
        assert_eq!(When::of_access_log(b"23/Nov/2026:03:40:26 -0530"), Some(access));
        for text in ["Mon Nov 23 09:10:26.729803 2026", "2026-11-23 09:10:26.729803"] {
            assert_eq!(
                WallClock::of_error_log(text.as_bytes()).map(|WallClock(local)| When(UnixTime::from_seconds(local))),
                Some(access)
            );
        }
        assert_eq!((access.day().as_str(), When::UNKNOWN.to_string().as_str()), ("2026-11-23", "-"));
    }

    #[test]
    fn an_hour_is_an_hour_over_the_end_of_a_month() {
        let at = |text: &str| When::of_access_log(text.as_bytes()).unwrap();
        let last = at("28/Feb/2026:23:30:00 +0000");
        assert!(at("01/Mar/2026:00:30:01 +0000").is_after(last, 3600));
        assert!(!at("01/Mar/2026:00:30:00 +0000").is_after(last, 3600));
        assert!(!last.is_after(When::UNKNOWN, 3600) && !When::UNKNOWN.is_after(last, 3600));
    }

    #[test]
    fn no_calendar_has_such_a_time() {
        for text in [
            "32/Nov/2026:10:10:26 +0000",
            "23/Nov/2026:24:10:26 +0000",
            "23/Xxx/2026:10:10:26 +0000",
            "31/Jun/2026:10:10:26 +0000",
            "00/Nov/2026:10:10:26",
        ] {
            assert_eq!(When::of_access_log(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_fail(text in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = (When::of_access_log(&text), WallClock::of_error_log(&text));
        }
    }
}
