//! Unix time, and days as people write them, in UTC.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::fmt;
use std::ops::{Add, Sub};
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// A moment, in whole seconds since 1970. Prints as RFC 3339 has it, in UTC: `2026-11-23T10:10:26Z`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(i64);

impl UnixTime {
    /// Before every other moment.
    pub const MIN: UnixTime = UnixTime(i64::MIN);
    /// The first second of 1970.
    pub const EPOCH: UnixTime = UnixTime(0);
    /// After every other moment: the end of what never ends.
    pub const MAX: UnixTime = UnixTime(i64::MAX);

    /// So many seconds after 1970 began.
    pub const fn from_seconds(seconds: i64) -> Self {
        UnixTime(seconds)
    }

    /// Seconds since 1970 began.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// This moment by the machine's clock.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        i64::try_from(since).map_or(UnixTime::MAX, UnixTime)
    }

    /// The last second of a day written like `2027-03-31`.
    pub fn end_of_day(day: &str) -> Option<Self> {
        if day.len() != "2027-03-31".len() {
            return None;
        }
        let date: Date = day.parse().ok()?;
        let next = date.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?;
        Some(UnixTime(next.timestamp().as_second() - 1))
    }

    /// Its day, `2027-03-31`; a dash for one that no calendar has.
    pub fn day(self) -> String {
        Timestamp::from_second(self.0).map_or_else(|_| "-".to_owned(), |time| time.strftime("%Y-%m-%d").to_string())
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = self.0.rem_euclid(DAY);
        let text = format!("{}T{:02}:{:02}:{:02}Z", self.day(), second / 3600, second / 60 % 60, second % 60);
        f.pad(&text)
    }
}

impl Add<i64> for UnixTime {
    type Output = UnixTime;

    /// So many seconds later.
    fn add(self, seconds: i64) -> UnixTime {
        UnixTime(self.0 + seconds)
    }
}

impl Sub<i64> for UnixTime {
    type Output = UnixTime;

    /// So many seconds earlier.
    fn sub(self, seconds: i64) -> UnixTime {
        UnixTime(self.0 - seconds)
    }
}

impl Sub for UnixTime {
    type Output = i64;

    /// Seconds from the other to this.
    fn sub(self, earlier: UnixTime) -> i64 {
        self.0 - earlier.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_with_its_last_second_in_utc() {
        let end = UnixTime::end_of_day;
        assert_eq!(end("1970-01-01"), Some(UnixTime(86_399)));
        assert_eq!(end("2027-03-31").map(UnixTime::day).unwrap(), "2027-03-31");
        assert_eq!(end("2027-03-31").map(|last| (last + 1).day()).unwrap(), "2027-04-01");
        assert_eq!(end("2028-02-29").map(UnixTime::day).unwrap(), "2028-02-29");
        for wrong in
            ["", "2027-02-29", "2027-13-01", "2027-3-31", "31.03.2027", "20270331", "2027-03-31T00:00", "+02027-3-31"]
        {
            assert_eq!(end(wrong), None, "{wrong}");
        }
        assert_eq!(UnixTime::MAX.day(), "-");
    }

    #[test]
    fn a_time_has_its_zone() {
        assert_eq!(UnixTime::EPOCH.to_string(), "1970-01-01T00:00:00Z");
        assert_eq!((UnixTime::EPOCH - 1).to_string(), "1969-12-31T23:59:59Z");
        assert_eq!(UnixTime(1_795_428_626).to_string(), "2026-11-23T10:10:26Z");
    }

    #[test]
    fn moments_are_seconds_apart() {
        let (one, other) = (UnixTime::from_seconds(1_800_000_000), UnixTime::from_seconds(1_800_086_400));
        assert_eq!((other - one, one + DAY, other - DAY), (DAY, other, one));
        assert_eq!(one.seconds(), 1_800_000_000);
        assert!(UnixTime::MIN < UnixTime::EPOCH && UnixTime::from_seconds(1_700_000_000) < UnixTime::now());
        assert!(UnixTime::now() < UnixTime::MAX);
    }
}
