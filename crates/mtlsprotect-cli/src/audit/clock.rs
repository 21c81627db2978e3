//! The time zone in which error logs were written, and times on the command line.

use super::when::{WallClock, When};
use jiff::Timestamp;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::TimeZone;
use mtlsprotect_core::time::{DAY, UnixTime};
use std::cell::Cell;

/// Nowhere do clocks change in the middle of a quarter of an hour.
const QUARTER: i64 = 900;

/// Turns an error log's times into UTC.
#[derive(Debug)]
pub struct Clock {
    zone: TimeZone,
    /// The last quarter of an hour, and its offset.
    last: Cell<Option<(i64, i64)>>,
}

impl Clock {
    /// For a zone, or for this machine's.
    pub fn new(zone: Option<&TimeZone>) -> Self {
        Clock { zone: zone.cloned().unwrap_or_else(TimeZone::system), last: Cell::new(None) }
    }

    /// When the clock showed this; of an hour that occurs twice, the first.
    pub fn utc(&self, WallClock(local): WallClock) -> When {
        let quarter = local.div_euclid(QUARTER);
        let offset = match self.last.get() {
            Some((last, offset)) if last == quarter => offset,
            _ => self.offset(local),
        };
        self.last.set(Some((quarter, offset)));
        When::at(UnixTime::from_seconds(local - offset))
    }

    fn offset(&self, local: i64) -> i64 {
        let Ok(as_utc) = Timestamp::from_second(local) else { return 0 };
        let shown = TimeZone::UTC.to_datetime(as_utc);
        let meant = self.zone.to_ambiguous_timestamp(shown).compatible();
        meant.map_or(0, |meant| local - meant.as_second())
    }
}

/// Reads `Europe/Berlin` or `+01:00`.
///
/// # Errors
/// There is no such zone.
pub fn parse_zone(text: &str) -> Result<TimeZone, String> {
    let zone = DateTimeParser::new().parse_time_zone(text);
    zone.map_err(|_| "is not a time zone known here; write Europe/Berlin, or +01:00".to_owned())
}

/// Reads a day (its beginning, in UTC), a time with its zone, or how long ago.
///
/// # Errors
/// It is none of these.
pub fn parse_since(text: &str) -> Result<When, String> {
    let ago = || {
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let seconds = match unit {
            "m" => 60,
            "h" => 3600,
            "d" => DAY,
            _ => return None,
        };
        let number = u32::try_from(number.parse::<u64>().ok()?).ok()?;
        Some(UnixTime::now() - i64::from(number) * seconds)
    };
    let time = || text.parse::<Timestamp>().ok().map(|time| UnixTime::from_seconds(time.as_second()));
    let time = UnixTime::end_of_day(text).map(|end| end + 1 - DAY).or_else(time).or_else(ago);
    time.map(When::at).ok_or_else(|| "write 2026-11-23, 2026-11-23T10:00:00Z, 36h or 7d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::when::LastDay;
    use super::*;

    fn utc(zone: &str, text: &str) -> String {
        Clock::new(Some(&parse_zone(zone).unwrap()))
            .utc(WallClock::of_error_log(text.as_bytes(), &mut LastDay::default()).unwrap())
            .to_string()
    }

    #[test]
    fn an_error_log_is_read_by_the_clock_that_it_was_written_by() {
        assert_eq!(utc("+01:00", "2026-11-23 10:10:26.7"), "2026-11-23T09:10:26Z");
        assert_eq!(utc("UTC", "2026-11-23 10:10:26.7"), "2026-11-23T10:10:26Z");
        let berlin = parse_zone("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let clock = Clock::new(Some(&berlin));
        for (local, expected) in [
            ("2026-07-01 10:00:00.0", "2026-07-01T08:00:00Z"),
            ("2026-10-25 01:59:59.0", "2026-10-24T23:59:59Z"),
            ("2026-10-25 03:00:00.0", "2026-10-25T02:00:00Z"),
            ("2026-12-01 10:00:00.0", "2026-12-01T09:00:00Z"),
        ] {
            let local = WallClock::of_error_log(local.as_bytes(), &mut LastDay::default()).unwrap();
            assert_eq!(clock.utc(local).to_string(), expected);
        }
        assert!(parse_zone("Nowhere/Nothing").is_err() && parse_zone("").is_err());
    }

    #[test]
    fn since_is_a_day_a_time_or_so_long_ago() {
        let text = |since: &str| parse_since(since).unwrap().to_string();
        assert_eq!(text("2026-11-23"), "2026-11-23T00:00:00Z");
        assert_eq!(text("2026-11-23T10:00:00+01:00"), "2026-11-23T09:00:00Z");
        assert!(When::at(UnixTime::now()).is_after(parse_since("36h").unwrap(), 36 * 3600 - 60));
        for wrong in ["", "h", "7", "-7d", "yesterday", "2026-02-30", "2026-11-23T10:00:00", "99999999999d", "7€"] {
            assert!(parse_since(wrong).is_err(), "{wrong}");
        }
    }
}
