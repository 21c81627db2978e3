//! The places of a text where certain names stand.

use crate::names::work;
use std::ops::Range;

/// Places that loose spellings may not touch, in one part of a text after the other.
pub struct Taken<'t> {
    /// Those that were known before the search, in order and apart.
    given: InOrder<'t>,
    /// The same again, for what is added.
    added_to: InOrder<'t>,
    /// The others of the part.
    part: &'t mut Vec<Range<usize>>,
    /// How many of these end before the place that is asked about now.
    next: usize,
}

/// Places that are in order and apart, queried from front to back.
#[derive(Clone, Copy)]
pub struct InOrder<'t>(&'t [Range<usize>]);

impl<'t> InOrder<'t> {
    /// These.
    pub fn new(places: &'t [Range<usize>]) -> Self {
        InOrder(places)
    }

    /// The first of them that ends behind a place.
    fn behind(&mut self, start: usize) -> Option<&'t Range<usize>> {
        while let Some((first, rest)) = self.0.split_first() {
            if first.end > start {
                return Some(first);
            }
            self.0 = rest;
        }
        None
    }

    /// Whether one of them contains a whole place; may be false if an earlier query was about a later one.
    pub fn has(&mut self, place: &Range<usize>) -> bool {
        self.behind(place.start).is_some_and(|taken| taken.start <= place.start && place.end <= taken.end)
    }
}

impl<'t> Taken<'t> {
    /// These, which are in order and apart, and a buffer for those of a part.
    pub fn new(given: &'t [Range<usize>], part: &'t mut Vec<Range<usize>>) -> Self {
        Taken { given: InOrder(given), added_to: InOrder(given), part, next: 0 }
    }

    /// Begins a part of the text, behind those before it.
    pub fn begin(&mut self) {
        self.part.clear();
        self.next = 0;
    }

    /// Adds a place of the part.
    pub fn add(&mut self, place: Range<usize>) {
        // Most often it is one of those that were known.
        if !self.added_to.has(&place) {
            self.part.push(place);
        }
    }

    /// Puts the places of the part in order, once they are all there.
    pub fn settle(&mut self) {
        in_order(self.part);
    }

    /// Whether one of them has a byte of `start..=last`. Both grow from query to query.
    pub fn overlaps(&mut self, start: usize, last: usize) -> bool {
        while self.part.get(self.next).is_some_and(|range| range.end <= start) {
            self.next += 1;
        }
        let reaches = |range: Option<&Range<usize>>| range.is_some_and(|range| range.start <= last);
        // Both are asked: [`Self::over`] begins where they are then.
        reaches(self.given.behind(start)) | reaches(self.part.get(self.next))
    }

    /// Whether one of them is just the place that was last asked about.
    #[inline]
    pub fn is(&self, place: &Range<usize>) -> bool {
        self.part.get(self.next) == Some(place) || self.given.0.first() == Some(place)
    }

    /// Those that have bytes of the place that was last asked about.
    pub fn over(&self, place: &Range<usize>) -> impl Iterator<Item = &Range<usize>> {
        let end = place.end;
        let over = move |places: &'_ [Range<usize>]| places.iter().take_while(|range| range.start < end).count();
        let (part, given) = (&self.part[self.next.min(self.part.len())..], self.given.0);
        part[..over(part)].iter().chain(&given[..over(given)])
    }
}

/// Puts places in order and joins those that touch.
pub fn in_order(places: &mut Vec<Range<usize>>) {
    work::done(8 * places.len());
    // Most often they are.
    if places.windows(2).all(|two| two[0].end < two[1].start) {
        return;
    }
    // They are two or three sorted sequences, one after the other, which a stable sort merges.
    places.sort_by_key(|place| place.start);
    places.dedup_by(|place, last| {
        let touches = place.start <= last.end;
        if touches {
            last.end = last.end.max(place.end);
        }
        touches
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_place_is_taken_as_far_as_it_reaches() {
        let (given, mut part) = ([2..5, 9..12], Vec::new());
        let mut taken = Taken::new(&given, &mut part);
        assert!(!taken.overlaps(0, 1) && taken.overlaps(0, 2) && taken.overlaps(4, 5));
        assert!(!taken.overlaps(5, 8), "between two");
        assert!(taken.overlaps(8, 20) && !taken.overlaps(12, 20));
        let mut taken = Taken::new(&given, &mut part);
        assert!(taken.overlaps(2, 4) && taken.is(&(2..5)) && !taken.is(&(2..4)));
        let mut taken = Taken::new(&given, &mut part);
        for place in [3..4, 4..6, 8..10, 9..12, 20..21] {
            taken.add(place);
        }
        assert_eq!(part, [4..6, 8..10, 20..21], "what lies in one that was known is there already");
    }

    #[test]
    fn what_lies_over_a_place_begins_with_neither_of_what_ends_before_it() {
        let (given, mut part) = ([0..2, 6..9], Vec::new());
        let mut taken = Taken::new(&given, &mut part);
        taken.add(4..5);
        taken.add(11..13);
        let mut over = |place: Range<usize>| {
            assert!(taken.overlaps(place.start, place.end - 1));
            taken.over(&place).cloned().collect::<Vec<_>>()
        };
        assert!(over(4..5) == vec![4..5; 1] && over(7..12) == [11..13, 6..9]);
    }

    /// So many bytes are left out, and so many are a place.
    fn places() -> impl Strategy<Value = Vec<Range<usize>>> {
        prop::collection::vec((1..6_usize, 1..6_usize), 0..6).prop_map(|steps| {
            let mut end = 0;
            let place = |(gap, length)| {
                let start = end + gap - 1;
                end = start + length;
                start..end
            };
            steps.into_iter().map(place).collect()
        })
    }

    proptest! {
        #[test]
        fn whatever_was_asked_before_a_place_is_over_those_that_have_bytes_of_it(
            mut given in places(),
            added in places(),
            asked in prop::collection::vec((0..4_usize, 0..4_usize), 1..16),
        ) {
            in_order(&mut given);
            let mut part = Vec::new();
            let mut taken = Taken::new(&given, &mut part);
            taken.begin();
            added.into_iter().for_each(|place| taken.add(place));
            taken.settle();
            let added = taken.part.clone();
            let (mut start, mut end) = (0, 1);
            for (later, longer) in asked {
                start += later;
                end = (end + longer).max(start + 1);
                let place = start..end;
                let is_over = |other: &&Range<usize>| other.start < end && start < other.end;
                let over: Vec<_> = added.iter().filter(is_over).chain(given.iter().filter(is_over)).collect();
                prop_assert_eq!(taken.overlaps(start, end - 1), !over.is_empty());
                prop_assert_eq!(taken.over(&place).collect::<Vec<_>>(), over);
                prop_assert_eq!(taken.is(&place), added.contains(&place) || given.contains(&place));
            }
        }
    }

    #[test]
    fn places_that_touch_are_one() {
        for (mut places, joined) in [
            (vec![0..3, 4..6], vec![(0, 3), (4, 6)]),
            (vec![0..3, 3..6], vec![(0, 6)]),
            (vec![0..3, 3..6, 8..9], vec![(0, 6), (8, 9)]),
            (vec![0..2, 5..9, 1..3, 6..7], vec![(0, 3), (5, 9)]),
        ] {
            in_order(&mut places);
            assert!(places.iter().map(|place| (place.start, place.end)).eq(joined), "{places:?}");
        }
    }
}
