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

/// The day that was read last and when it began, by its own clock: nearly every line is of the same day as the one
/// before it.
#[derive(Clone, Debug, Default)]
pub struct LastDay(Option<(Written, i64)>);

/// A day as it stands in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Written {
    year: [u8; 4],
    month: Month,
    day: [u8; 2],
}

/// A month as it stands in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Month {
    Name([u8; 3]),
    Number([u8; 2]),
}

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
    pub fn of_access_log(text: &[u8], last: &mut LastDay) -> Option<Self> {
        let (&[d0, d1, b'/', m0, m1, m2, b'/', y0, y1, y2, y3, b':'], rest) = text.split_first_chunk()? else {
            return None;
        };
        let (time, zone) = rest.split_first_chunk()?;
        let day = Written { year: [y0, y1, y2, y3], month: Month::Name([m0, m1, m2]), day: [d0, d1] };
        let local = last.begins(day)? + second_of_day(time)?;
        let offset = zone.strip_prefix(b" ").and_then(offset);
        Some(When(UnixTime::from_seconds(local - offset.unwrap_or(0))))
    }

    /// The time of the shipped JSON, `2026-11-23T10:10:26+0000`.
    pub fn of_iso(text: &[u8], last: &mut LastDay) -> Option<Self> {
        let (&[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T'], rest) = text.split_first_chunk()? else {
            return None;
        };
        let (time, zone) = rest.split_first_chunk()?;
        let day = Written { year: [y0, y1, y2, y3], month: Month::Number([m0, m1]), day: [d0, d1] };
        let local = last.begins(day)? + second_of_day(time)?;
        Some(When(UnixTime::from_seconds(local - offset(zone).unwrap_or(0))))
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
    pub fn of_error_log(text: &[u8], last: &mut LastDay) -> Option<Self> {
        let (&[y0, y1, y2, y3, mark, m0, m1, _, d0, d1, _], rest) = text.split_first_chunk()?;
        let time = rest.first_chunk()?;
        let day = if mark == b'-' {
            Written { year: [y0, y1, y2, y3], month: Month::Number([m0, m1]), day: [d0, d1] }
        } else {
            let month = Month::Name(*text[4..].first_chunk()?);
            Written { year: *text.last_chunk()?, month, day: [d0, d1] }
        };
        Some(WallClock(last.begins(day)? + second_of_day(time)?))
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

impl LastDay {
    /// Seconds from 1970 to the beginning of a day.
    fn begins(&mut self, day: Written) -> Option<i64> {
        if let Some((_, midnight)) = self.0.filter(|(last, _)| *last == day) {
            return Some(midnight);
        }
        let year = small(number(&day.year).unwrap_or(0))?;
        let date = Date::new(year, small(day.month.number()?)?, small(number(&day.day)?)?).ok()?;
        let midnight = Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?.as_second();
        self.0 = Some((day, midnight));
        Some(midnight)
    }
}

impl Month {
    fn number(&self) -> Option<i64> {
        match self {
            Month::Name(name) => MONTHS.iter().zip(1..).find(|(month, _)| **month == name).map(|(_, number)| number),
            Month::Number(digits) => number(digits),
        }
    }
}

/// Seconds since midnight of `hh:mm:ss`.
fn second_of_day(time: &[u8; 8]) -> Option<i64> {
    let &[h0, h1, b':', m0, m1, b':', s0, s1] = time else { return None };
    let [hour, minute, second] = [number(&[h0, h1])?, number(&[m0, m1])?, number(&[s0, s1])?];
    // a leap second counts as the first one after it
    let is_time = hour < 24 && minute < 60 && second <= 60;
    is_time.then(|| hour * 3600 + minute * 60 + second)
}

fn small<T: TryFrom<i64>>(number: i64) -> Option<T> {
    number.try_into().ok()
}

/// Seconds of `+0100`.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, digits) = match text.get(..5)? {
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    Some(sign * (number(&digits[..2])? * 3600 + number(&digits[2..])? * 60))
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
        let day = &mut LastDay::default();
        let access = When::of_access_log(b"23/Nov/2026:10:10:26 +0100", day).unwrap();
        assert_eq!(access.to_string(), "2026-11-23T09:10:26Z");
        assert_eq!(When::of_access_log(b"23/Nov/2026:03:40:26 -0530", day), Some(access));
        for text in ["Mon Nov 23 09:10:26.729803 2026", "2026-11-23 09:10:26.729803"] {
            assert_eq!(
                WallClock::of_error_log(text.as_bytes(), day)
                    .map(|WallClock(local)| When(UnixTime::from_seconds(local))),
                Some(access)
            );
        }
        assert_eq!((access.day().as_str(), When::UNKNOWN.to_string().as_str()), ("2026-11-23", "-"));
    }

    #[test]
    fn an_hour_is_an_hour_over_the_end_of_a_month() {
        let at = |text: &str| When::of_access_log(text.as_bytes(), &mut LastDay::default()).unwrap();
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
            assert_eq!(When::of_access_log(text.as_bytes(), &mut LastDay::default()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_fail(text in prop::collection::vec(any::<u8>(), 0..40)) {
            let day = &mut LastDay::default();
            let _ = (When::of_access_log(&text, day), When::of_iso(&text, day), WallClock::of_error_log(&text, day));
        }

        #[test]
        fn a_line_of_another_day_is_read_as_one_that_comes_first(
            texts in prop::collection::vec("(0[12]|31|4x)/(Nov|Feb|Xxx|11/)/20(26|27|2x):1[01]:10:[236][06] [+-]0[01]00", 1..9)
        ) {
            let day = &mut LastDay::default();
            for text in texts.iter().map(|text| text.as_bytes()) {
                prop_assert_eq!(When::of_access_log(text, day), When::of_access_log(text, &mut LastDay::default()));
            }
        }

        #[test]
        fn both_logs_times_may_come_in_turn(
            texts in prop::collection::vec("2026-(11|02)-0[12] 10:10:2[0-9].1|[A-Z]on (Nov|Feb) 0[12] 10:10:26.1 2026", 1..9)
        ) {
            let day = &mut LastDay::default();
            for text in texts.iter().map(|text| text.as_bytes()) {
                let alone = WallClock::of_error_log(text, &mut LastDay::default());
                prop_assert!(alone.is_some());
                prop_assert_eq!(WallClock::of_error_log(text, day), alone);
            }
        }
    }
}
