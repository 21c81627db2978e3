//! Digits that look like a MAC and name nobody, since their prefix is not known.

use mtlsprotect_core::built_in::KnownPrefixes;
use mtlsprotect_core::names::{Names, Naming, percent_decode_fully};
use mtlsprotect_core::{Mac, Oui};
use std::ops::Range;

/// A run of more digits than this is a hash or a signature.
const LONG_RUN: usize = 16;

/// A hex digit of a name, and where it stands.
#[derive(Clone, Copy)]
struct Digit {
    byte: u8,
    at: usize,
}

/// The device that a name of a file would name were the prefix of its digits known. `names` is the module's own search
/// where an operator says so: what it would not see with any prefix looks like no MAC.
pub fn look_alike(naming: &Naming<'_>, name: &[u8], names: impl Fn(&Naming<'_>) -> Names) -> Option<Mac> {
    let candidates = candidates(naming, name);
    if candidates.is_empty() {
        return None;
    }
    let known = KnownPrefixes::none().with(candidates);
    names(&Naming { known: &known, ..*naming }).macs().next()
}

fn candidates(naming: &Naming<'_>, name: &[u8]) -> Vec<Oui> {
    let text = naming.ignore.iter().fold(percent_decode_fully(name).into_owned(), |text, ignore| ignore.cut(&text));
    let digits = text.iter().enumerate().filter(|(_, byte)| byte.is_ascii_hexdigit());
    let digits: Vec<Digit> = digits.map(|(at, &byte)| Digit { byte, at }).collect();
    let mut found = Vec::new();
    // As a whole, or up to a dot, exactly 12 are left.
    let ends = text.iter().enumerate().filter(|&(_, &byte)| byte == b'.').map(|(at, _)| at).chain([text.len()]);
    for end in ends {
        let before = digits.partition_point(|digit| digit.at < end);
        if before == Mac::DIGITS {
            found.extend(prefix_of(&digits[..before]));
        }
    }
    for chain in digits.chunk_by(|one, other| other.at - one.at <= 2) {
        let looks_like_more = is_uuid(chain) || is_part_number(chain) || has_long_run(chain) || reads_as_date(chain);
        if !looks_like_more && chain.len() <= LONG_RUN {
            found.extend(chain.windows(Mac::DIGITS).filter_map(prefix_of));
        }
    }
    found
}

/// The prefix that digits begin with, unless they read as a date.
fn prefix_of(digits: &[Digit]) -> Option<Oui> {
    let prefix: Vec<u8> = digits.iter().take(6).map(|digit| digit.byte).collect();
    if reads_as_date(digits) || is_part_number(digits) { None } else { Oui::parse(&prefix) }
}

/// Whether decimal digits begin with a day like 20261124.
fn reads_as_date(digits: &[Digit]) -> bool {
    let number = |range: Range<usize>| digits[range].iter().fold(0, |sum, digit| sum * 10 + (digit.byte - b'0'));
    digits.len() >= Mac::DIGITS
        && digits.iter().all(|digit| digit.byte.is_ascii_digit())
        && matches!(number(0..2), 19 | 20)
        && (1..=12).contains(&number(4..6))
        && (1..=31).contains(&number(6..8))
}

fn runs(chain: &[Digit]) -> impl Iterator<Item = usize> {
    chain.chunk_by(|one, other| other.at == one.at + 1).map(<[Digit]>::len)
}

fn is_uuid(chain: &[Digit]) -> bool {
    runs(chain).eq([8, 4, 4, 4, 12])
}

/// Whether it is a part number of Poly's, `3111-40450-001`, as its firmware files are named.
fn is_part_number(chain: &[Digit]) -> bool {
    runs(chain).eq([4, 5, 3]) && chain.iter().all(|digit| digit.byte.is_ascii_digit())
}

fn has_long_run(chain: &[Digit]) -> bool {
    runs(chain).any(|run| run >= LONG_RUN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mtlsprotect_core::names::{Ignore, Texts};

    fn looks_like(name: &str, ignore: &[Ignore]) -> Option<String> {
        let known = KnownPrefixes::built_in();
        let naming = Naming { ignore, ..Naming::with_defaults(&known) };
        let path = format!("/{name}");
        let texts = Texts { sent: path.as_bytes(), uri: path.as_bytes(), ..Texts::default() };
        look_alike(&naming, name.as_bytes(), |naming| Names::of(&texts, naming, None, false)).map(|mac| mac.to_string())
    }

    #[test]
    fn digits_of_an_unknown_prefix_that_only_applications_put_together() {
        for name in ["123456~bbbbbb.cfg", "SIP-123456 bbbbbb", "123.456.bbb.bbb"] {
            assert_eq!(looks_like(name, &[]).as_deref(), Some("123456bbbbbb"), "{name}");
        }
        for name in ["x5123456bbbbbb", "phone~123456~bbbbbb"] {
            assert!(looks_like(name, &[]).is_some(), "{name}");
        }
        assert_eq!(looks_like("26-11-24-15-49-22.log", &[]).as_deref(), Some("261124154922"));
    }

    #[test]
    fn hashes_dates_versions_and_shared_files_look_like_none() {
        for name in [
            "sip.ld",
            "y000000000025.cfg",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "123e4567-e89b-12d3-a456-426614174000",
            "backup-20261124154922.tar.gz",
            "202611241549.log",
            "T46S-66.86.0.15.rom",
            "3111-40450-001.sip.ld",
            "3111-44500-001.3111-44500-001.sip.ld",
        ] {
            assert_eq!(looks_like(name, &[]), None, "{name}");
        }
        let ignore = [Ignore::new("order-[0-9~]+").unwrap()];
        assert_eq!(looks_like("order-123456~123456", &[]).as_deref(), Some("123456123456"));
        assert_eq!(looks_like("order-123456~123456", &ignore), None);
    }
}
