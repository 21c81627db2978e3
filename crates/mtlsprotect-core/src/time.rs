//! Days as people write them, in UTC.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The day of a Unix time, `2027-03-31`; a dash for one that no calendar has.
pub fn day(unix_time: i64) -> String {
    Timestamp::from_second(unix_time).map_or_else(|_| "-".to_owned(), |time| time.strftime("%Y-%m-%d").to_string())
}

/// A Unix time as RFC 3339 has it, in UTC: `2026-11-23T10:10:26Z`.
pub fn time(unix_time: i64) -> String {
    let second = unix_time.rem_euclid(86_400);
    format!("{}T{:02}:{:02}:{:02}Z", day(unix_time), second / 3600, second / 60 % 60, second % 60)
}

/// The Unix time of the last second of a day written like `2027-03-31`.
pub fn end_of_day(day: &str) -> Option<i64> {
    if day.len() != "2027-03-31".len() {
        return None;
    }
    let date: Date = day.parse().ok()?;
    let next = date.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(next.timestamp().as_second() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_with_its_last_second_in_utc() {
        assert_eq!(end_of_day("1970-01-01"), Some(86_399));
        assert_eq!(end_of_day("2027-03-31").map(day).unwrap(), "2027-03-31");
        assert_eq!(end_of_day("2027-03-31").map(|last| day(last + 1)).unwrap(), "2027-04-01");
        assert_eq!(end_of_day("2028-02-29").map(day).unwrap(), "2028-02-29");
        for wrong in
            ["", "2027-02-29", "2027-13-01", "2027-3-31", "31.03.2027", "20270331", "2027-03-31T00:00", "+02027-3-31"]
        {
            assert_eq!(end_of_day(wrong), None, "{wrong}");
        }
        assert_eq!(day(i64::MAX), "-");
    }

    #[test]
    fn a_time_has_its_zone() {
        assert_eq!(time(0), "1970-01-01T00:00:00Z");
        assert_eq!(time(-1), "1969-12-31T23:59:59Z");
        assert_eq!(time(1_795_428_626), "2026-11-23T10:10:26Z");
    }
}
