//! What the operator's patterns leave of a text, in all its forms.

use crate::mac::Mac;
use crate::names::bytes::pieces;
use crate::names::finder::{Finder, Hidden, Scratch, Syntax, in_order};
use crate::names::fold::Folded;
use crate::names::pattern::Ignore;
use crate::names::search::forms::{Forms, places_before};
use crate::names::search::parameter::Pair;
use std::ops::Range;

/// Which text is cut, and so in which parts what is left of it is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// A path: its segments.
    Path,
    /// A query: each key and each value.
    Query,
}

/// Calls `found` with every device that a text names where the patterns don't match, at any level of decoding. As in a
/// text that isn't cut, an escape's own digits join none of a name that is there once it is decoded. Returns what is hidden,
/// and whether there are so many that not all was searched.
pub fn find(
    finder: &Finder<'_>,
    ignore: &[Ignore],
    of: Of,
    text: &[u8],
    found: &mut impl FnMut(Mac),
) -> (Hidden, bool) {
    let (mut taken, mut places, mut scratch) = (Vec::new(), Vec::new(), Scratch::default());
    let mut rest = Folded::default();
    Forms::default().each(text, |form| {
        if !form.has_places_of_last() {
            taken.clear();
        }
        places_before(form.text, form.escapes, &mut taken);
        // What is cut out leaves the rest where it was.
        let left = ignore.iter().fold(form.text.to_vec(), |text, ignore| ignore.cut(&text));
        let mut beside = Beside { taken: &taken };
        parts(of, &left, &mut |part, syntax| {
            let (text, taken) = (&left[part.clone()], beside.within(&part));
            finder.find_beside(text, None, syntax, &taken, &mut scratch, &mut |mac, span| {
                places.extend(span.map(|span| part.start + span.start..part.start + span.end));
                found(mac);
            });
        });
        for folded in rest.each(&left, form.escapes, usize::MAX).unwrap_or_default() {
            parts(of, folded, &mut |part, syntax| {
                finder.find_beside(&folded[part], None, syntax, &[], &mut scratch, &mut |mac, _| found(mac));
            });
        }
        taken.append(&mut places);
        in_order(&mut taken);
    });
    (scratch.hidden, scratch.more)
}

/// The parts of a text that are searched by themselves, from its front to its end.
fn parts(of: Of, text: &[u8], part: &mut impl FnMut(Range<usize>, Syntax)) {
    match of {
        Of::Path => part(0..text.len(), Syntax::Path),
        Of::Query => {
            let mut start = 0;
            for pair in pieces(text, b'&') {
                let (key, end) = (start + Pair::of(pair).key.len(), start + pair.len());
                part(start..key, Syntax::Value);
                part(end.min(key + 1)..end, Syntax::Value);
                start = end + 1;
            }
        }
    }
}

/// Places that are taken already, whose parts are queried from front to back.
struct Beside<'t> {
    taken: &'t [Range<usize>],
}

impl Beside<'_> {
    /// Those within a part, counted from its start.
    fn within(&mut self, part: &Range<usize>) -> Vec<Range<usize>> {
        while self.taken.first().is_some_and(|place| place.end <= part.start) {
            self.taken = &self.taken[1..];
        }
        let inside = self.taken.iter().take_while(|place| place.start < part.end);
        inside.map(|place| place.start.max(part.start) - part.start..place.end.min(part.end) - part.start).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_searched_whole_and_a_query_key_by_key_and_value_by_value() {
        let of = |of: Of, text: &'static str| {
            let mut all = Vec::new();
            parts(of, text.as_bytes(), &mut |part, syntax| all.push((&text[part], syntax)));
            all
        };
        assert_eq!(of(Of::Path, "/a=b&c/d"), [("/a=b&c/d", Syntax::Path)]);
        let values = ["a", "b=c", "d", "", "", "e", "", ""].map(|text| (text, Syntax::Value));
        assert_eq!(of(Of::Query, "a=b=c&d&=e&"), values);
    }

    #[test]
    fn places_that_are_taken_are_those_of_the_part_that_they_lie_in() {
        let mut beside = Beside { taken: &[1..3, 4..9, 10..12, 14..15] };
        for (part, within) in [(0..4, 1..3), (4..6, 0..2), (6..10, 0..3), (10..14, 0..2), (14..20, 0..1)] {
            assert_eq!(beside.within(&part), std::slice::from_ref(&within), "{part:?}");
        }
    }
}
