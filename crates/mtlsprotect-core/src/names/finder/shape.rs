//! Digits that look like an address and most often are something else.

use super::class::{CLASSES, is_hex};
use crate::mac::Mac;
use crate::names::decode::{Escapes, escape_at_end};

/// Whether 12 hex digits read as a date and time, as log files and backups carry it: the year with four or two digits
/// first, or the day.
pub fn is_date(mac: Mac) -> bool {
    if !is_decimal(mac) {
        return false;
    }
    let digit = |index: usize| (mac.bits() >> (44 - 4 * index)) as u8 & 0xf;
    let pair = |index: usize| digit(index) * 10 + digit(index + 1);
    let is_century = |index| matches!(pair(index), 19 | 20);
    let is_day = |month, day| (1..=12).contains(&pair(month)) && (1..=31).contains(&pair(day));
    let is_time = |hour, minute| pair(hour) < 24 && pair(minute) < 60;
    let is_second = |index| pair(index) < 60;
    // YYYYMMDDhhmm, DDMMYYYYhhmm, YYMMDDhhmmss, DDMMYYhhmmss
    (is_century(0) && is_day(4, 6) && is_time(8, 10))
        || (is_century(4) && is_day(2, 0) && is_time(8, 10))
        || (is_day(2, 4) && is_time(6, 8) && is_second(10))
        || (is_day(2, 0) && is_time(6, 8) && is_second(10))
}

/// Whether no digit of an address is a letter.
pub fn is_decimal(mac: Mac) -> bool {
    // A digit with the bits 8 and either 4 or 2 is more than 9.
    let bits = mac.bits();
    (bits >> 3) & (bits >> 2 | bits >> 1) & 0x1111_1111_1111 == 0
}

/// Where the dashes of a UUID stand (RFC 9562, section 4).
const UUID_DASHES: [usize; 4] = [8, 13, 18, 23];
/// The length of its last group.
pub const UUID_LAST: usize = 12;
/// The length of a UUID, including its dashes.
pub const UUID_LENGTH: usize = 36;

/// Whether a run of 12 digits that ends before `end` is the last group of a UUID: where that begins.
pub fn uuid_before(text: &[u8], end: usize) -> Option<usize> {
    let start = end.checked_sub(UUID_LENGTH)?;
    let uuid: &[u8; UUID_LENGTH] = text[start..].first_chunk()?;
    let has_dashes = UUID_DASHES.iter().all(|&at| uuid[at] == b'-');
    if !has_dashes || is_digit_before(text, start) {
        return None;
    }
    let digits = uuid.iter().filter(|&&byte| is_hex(CLASSES[byte as usize])).count();
    (digits == UUID_LENGTH - UUID_DASHES.len()).then_some(start)
}

/// Whether a digit stands before this place that is not the last of an escape, which is another character.
fn is_digit_before(text: &[u8], start: usize) -> bool {
    let before = &text[..start];
    before.last().is_some_and(u8::is_ascii_hexdigit) && escape_at_end(before, Escapes::Bytes).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_begin_with_year_or_day() {
        for date in [
            "202611241549",
            "261124154922",
            "241120261549",
            "241126154922",
            "199912312359",
            "991231235959",
            "311299235959",
        ] {
            assert!(is_date(Mac::parse(date.as_bytes()).unwrap()), "{date}");
        }
        for other in [
            "202613241549",
            "202611321549",
            "202600241549",
            "202611001549",
            "202611242449",
            "202611241560",
            "219911241549",
            "261124154960",
            "261124244922",
            "261124156022",
            "261300154922",
            "2026112415a9",
            "991332000000",
            "999920269999",
            "241199991549",
        ] {
            assert!(!is_date(Mac::parse(other.as_bytes()).unwrap()), "{other}");
        }
    }

    #[test]
    fn a_uuid_is_five_groups_and_nothing_before_them() {
        for (text, start) in [
            ("00112233-4455-6677-8899-123456789abc", 0),
            ("x00112233-4455-6677-8899-123456789abc", 1),
            ("%2200112233-4455-6677-8899-123456789abc", 3),
        ] {
            assert_eq!(uuid_before(text.as_bytes(), text.len()), Some(start), "{text}");
        }
        for other in [
            "%200112233-4455-6677-8899-123456789abc",
            "%x200112233-4455-6677-8899-123456789abc",
            "000112233-4455-6677-8899-123456789abc",
            "00112233-4455-6677-88990-12345678abc",
            "123456789abc",
        ] {
            assert_eq!(uuid_before(other.as_bytes(), other.len()), None, "{other}");
        }
    }
}
