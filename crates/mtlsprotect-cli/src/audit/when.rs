//! When a line was written, in the server's local time as both of httpd's logs give it.

use mtlsprotect_core::date::end_of_day;
use serde::{Serialize, Serializer};
use std::fmt;

/// A wall-clock second as the decimal number `YYYYMMDDhhmmss`; 0 where the log doesn't tell.
///
/// The error log has no time zone and the access log has the same clock's, so zones are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct When(u64);

const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

impl When {
    /// Not told.
    pub const UNKNOWN: When = When(0);

    /// The time of an access log, `23/Nov/2026:10:10:26 +0000`.
    pub fn of_access_log(text: &[u8]) -> Option<Self> {
        let (date, time) = (text.get(..11)?, text.get(12..20)?);
        (text[11] == b':' && date[2] == b'/' && date[6] == b'/').then_some(())?;
        When::of(&date[7..], month(&date[3..6])?, &date[..2], time)
    }

    /// The time of an error log, `Mon Nov 23 10:10:26.729803 2026` or, with `%{c}t` in
    /// ErrorLogFormat, `2026-11-23 10:10:26.729803`.
    pub fn of_error_log(text: &[u8]) -> Option<Self> {
        if text.get(4) == Some(&b'-') {
            let month = number(text.get(5..7)?)?;
            return When::of(text.get(..4)?, month, text.get(8..10)?, text.get(11..19)?);
        }
        let year = text.get(text.len().checked_sub(4)?..)?;
        When::of(year, month(text.get(4..7)?)?, text.get(8..10)?, text.get(11..19)?)
    }

    fn of(year: &[u8], month: u64, day: &[u8], time: &[u8]) -> Option<Self> {
        (time[2] == b':' && time[5] == b':').then_some(())?;
        let date = number(year)? * 10_000 + month * 100 + number(day)?;
        Some(When(date * 1_000_000 + number(&time[..2])? * 10_000 + number(&time[3..5])? * 100 + number(&time[6..8])?))
    }

    /// Seconds since 1970, as if the clock were UTC; `None` for no time or none of any calendar.
    fn seconds(self) -> Option<i64> {
        let (date, time) = (self.0 / 1_000_000, self.0 % 1_000_000);
        let day = format!("{:04}-{:02}-{:02}", date / 10_000, date / 100 % 100, date % 100);
        let time = time / 10_000 * 3600 + time / 100 % 100 * 60 + time % 100;
        Some(end_of_day(&day)? - 86_399 + i64::try_from(time).ok()?)
    }

    /// Whether this is more than `seconds` after `earlier`; times that are not known are not.
    pub fn is_after(self, earlier: When, seconds: i64) -> bool {
        matches!((self.seconds(), earlier.seconds()), (Some(later), Some(earlier)) if later - earlier > seconds)
    }
}

/// As tables show it, `2026-11-23 10:10:26`; a dash where the log doesn't tell.
impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == When::UNKNOWN {
            return f.pad("-");
        }
        let (date, time) = (self.0 / 1_000_000, self.0 % 1_000_000);
        let (year, month, day) = (date / 10_000, date / 100 % 100, date % 100);
        let (hour, minute, second) = (time / 10_000, time / 100 % 100, time % 100);
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}

impl Serialize for When {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if *self == When::UNKNOWN { serializer.serialize_none() } else { serializer.collect_str(self) }
    }
}

fn month(name: &[u8]) -> Option<u64> {
    MONTHS.iter().zip(1..).find(|(month, _)| month.as_slice() == name).map(|(_, number)| number)
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_logs_give_the_same_second() {
        let access = When::of_access_log(b"23/Nov/2026:10:10:26 +0100").unwrap();
        assert_eq!(When::of_error_log(b"Mon Nov 23 10:10:26.729803 2026"), Some(access));
        assert_eq!(When::of_error_log(b"2026-11-23 10:10:26.729803"), Some(access));
        assert_eq!(access.to_string(), "2026-11-23 10:10:26");
        assert_eq!(When::UNKNOWN.to_string(), "-");
    }

    #[test]
    fn an_hour_is_an_hour_over_the_end_of_a_month() {
        let at = |text: &str| When::of_access_log(text.as_bytes()).unwrap();
        let before = at("30/Nov/2026:23:30:00 +0000");
        assert!(!at("01/Dec/2026:00:29:59 +0000").is_after(before, 3600));
        assert!(at("01/Dec/2026:00:30:01 +0000").is_after(before, 3600));
        assert!(!before.is_after(When::UNKNOWN, 0) && !When::UNKNOWN.is_after(before, 0));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in
            ["", "23/Nov/2026", "23/Foo/2026:10:10:26 +0000", "23-Nov-2026:10:10:26 +0000", "2x/Nov/2026:10:10:26"]
        {
            assert_eq!(When::of_access_log(text.as_bytes()), None, "{text}");
        }
        assert_eq!(When::of_error_log(b"core:notice"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(text in prop::collection::vec(any::<u8>(), 0..40)) {
            for when in [When::of_access_log(&text), When::of_error_log(&text)].into_iter().flatten() {
                let _ = (when.to_string(), when.is_after(When(20260101000000), 1));
            }
        }
    }
}
