//! Loose spellings that share digits with a name beside them.
//!
//! The end of the sender's own name and what follows it could be read as a name, and so could a UUID. Applications don't,
//! but those that strip a text and take its first or its last 12 digits do: `0004f2aaaaa0-004f2bbbbbb` begins with one
//! phone for them and ends with another.

use super::class::{CLASSES, DOT, is_hex};
use super::shape::{UUID_LENGTH, uuid_before};
use super::taken::Taken;
use crate::names::work;
use std::ops::Range;

/// So many digits of a certain name may be the beginning or the end of another name. With more, a date behind the name of
/// one phone in some thousands would be another phone.
pub const SHARED: usize = 3;

/// Whether a loose spelling in a part of a text is a name although it overlaps places that are taken: it begins or ends a
/// piece of the text, and has few digits in common with any place but a UUID. It is the one that was last asked about.
#[inline(never)]
pub fn is_beside(text: &[u8], part: &Range<usize>, span: &Range<usize>, taken: &Taken<'_>) -> bool {
    let begins = || !comes_a_digit(text[part.start..span.start].iter().rev());
    let ends = || !comes_a_digit(text[span.end..part.end].iter());
    if !(begins() || ends()) {
        return false;
    }
    let digits_of = |place: &Range<usize>| {
        if is_uuid(text, part, place) {
            return 0;
        }
        let shared = place.start.max(span.start)..place.end.min(span.end);
        work::done(shared.len());
        text[shared].iter().filter(|&&byte| is_hex(CLASSES[byte as usize])).count()
    };
    taken.over(span).all(|place| digits_of(place) <= SHARED)
}

/// Whether a digit comes before what ends a piece.
fn comes_a_digit<'t>(text: impl Iterator<Item = &'t u8>) -> bool {
    text.map(|&byte| CLASSES[byte as usize])
        .inspect(|_| work::done(1))
        .find(|&class| is_hex(class) || class >= DOT)
        .is_some_and(is_hex)
}

fn is_uuid(text: &[u8], part: &Range<usize>, place: &Range<usize>) -> bool {
    place.len() == UUID_LENGTH
        && part.start <= place.start
        && uuid_before(&text[part.start..], place.end - part.start) == Some(place.start - part.start)
}
