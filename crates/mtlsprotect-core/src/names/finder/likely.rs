//! A second look at a part of a text that has enough digits for an address: most often these are part and version
//! numbers, which come together to no name.

use super::class::{CLASSES, is_hex};
use super::wanted::Wanted;
use super::windows::{Digits, Interest};
use crate::mac::Mac;
use crate::names::work;

/// Which spellings there may be in a part.
pub struct Likely {
    /// Certain ones: a run of digits is long enough, or enough runs are groups of an address.
    pub certain: bool,
    /// Loose ones: some 12 digits that follow one another, whatever stands between them, would be a name.
    pub loose: bool,
}

impl Likely {
    /// Of a part that nobody has looked at.
    pub const UNKNOWN: Likely = Likely { certain: true, loose: true };

    /// In this part.
    pub fn of(wanted: &Wanted<'_>, part: &[u8]) -> Self {
        work::done(part.len());
        let (interest, mut digits, mut runs) = (Interest::of(wanted), Digits::default(), Runs::default());
        let (mut run, mut loose) = (0, false);
        for &byte in part {
            let class = CLASSES[byte as usize];
            if is_hex(class) {
                digits.add(class);
                run += 1;
                loose |= interest.may_have(digits.bits) && wanted.has(digits.mac());
            } else if run > 0 {
                runs.add(run);
                run = 0;
            }
        }
        runs.add(run);
        Likely { certain: runs.may_be_certain(), loose }
    }
}

/// How many runs of digits there are that certain spellings consist of.
#[derive(Default)]
struct Runs {
    /// Of one or two digits.
    octets: usize,
    /// Of four.
    quads: usize,
    has_long: bool,
}

impl Runs {
    fn add(&mut self, length: usize) {
        match length {
            1 | 2 => self.octets += 1,
            4 => self.quads += 1,
            _ => self.has_long |= length >= Mac::DIGITS,
        }
    }

    fn may_be_certain(&self) -> bool {
        self.has_long || self.octets >= 6 || self.quads >= 3
    }
}
