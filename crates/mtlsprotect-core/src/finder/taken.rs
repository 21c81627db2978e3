//! The places of a text where certain names stand.

use crate::work;
use std::ops::Range;

/// Places that loose spellings may not touch, in one part of a text after the other.
#[derive(Default)]
pub struct Taken {
    /// Those that were known before the search, in order and apart.
    given: Vec<Range<usize>>,
    /// Of these so many lie before the part that is searched.
    before: usize,
    /// Those of the part.
    part: Vec<Range<usize>>,
    /// Of these so many end before what is asked about now.
    next: usize,
}

impl Taken {
    /// These, which are in order and apart.
    pub fn new(given: Vec<Range<usize>>) -> Self {
        Taken { given, ..Taken::default() }
    }

    /// Begins a part of the text, behind those before it.
    pub fn begin(&mut self, part: &Range<usize>) {
        self.part.clear();
        self.next = 0;
        while self.given.get(self.before).is_some_and(|range| range.end <= part.start) {
            self.before += 1;
        }
        let here = self.given[self.before..].iter().take_while(|range| range.start < part.end);
        self.part.extend(here.cloned());
    }

    /// Adds a place of the part.
    pub fn add(&mut self, place: Range<usize>) {
        self.part.push(place);
    }

    /// Puts the places of the part in order, once they are all there.
    pub fn settle(&mut self) {
        if self.part.len() > 1 {
            self.part = in_order(std::mem::take(&mut self.part));
        }
    }

    /// Whether one of them has a byte of `start..=last`. Both grow from question to question.
    pub fn overlaps(&mut self, start: usize, last: usize) -> bool {
        while self.part.get(self.next).is_some_and(|range| range.end <= start) {
            self.next += 1;
        }
        self.part.get(self.next).is_some_and(|range| range.start <= last)
    }
}

/// Places in order, those that touch joined.
pub fn in_order(mut places: Vec<Range<usize>>) -> Vec<Range<usize>> {
    work::done(8 * places.len());
    places.sort_unstable_by_key(|place| place.start);
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(places.len());
    for place in places {
        match joined.last_mut().filter(|last| place.start <= last.end) {
            Some(last) => last.end = last.end.max(place.end),
            None => joined.push(place),
        }
    }
    joined
}
