//! What one piece of a text names, in all the forms in which applications may read it.

use crate::mac::Mac;
use crate::names::budget::{Budget, Left, PIECE};
use crate::names::bytes::is_plain;
use crate::names::decode::Escapes;
use crate::names::finder::{Finder, Hidden, InOrder, NamedValue, Scratch, Syntax, Weight, in_order};
use crate::names::search::forms::{Form, Forms, Level, places_before};
use crate::names::search::memo::{self, Context, Entry, Found};
use std::ops::Range;

/// Which names count.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// All of them.
    All,
    /// Those of known prefixes: whatever the operator's patterns cut out, a phone is never ignored.
    Known,
    /// Those of known prefixes but the sender's own: headers are filled by phones as they like.
    KnownOthers,
}

/// How a piece of a text is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ReadAs {
    /// What it is.
    pub syntax: Syntax,
    /// It is the value of a name parameter.
    pub is_named: bool,
    /// Only that counts, not what else stands in it.
    pub only_named: bool,
}

impl From<Syntax> for ReadAs {
    fn from(syntax: Syntax) -> Self {
        ReadAs { syntax, is_named: false, only_named: false }
    }
}

impl ReadAs {
    /// A number that no other reading has where the same names count.
    fn number(self, counts: Counts) -> u16 {
        let flags = (u16::from(self.is_named) << 2) + (u16::from(self.only_named) << 3);
        self.syntax as u16 + flags + ((counts as u16) << 4)
    }
}

/// Reads the pieces of one request's texts.
pub struct Reader<'a> {
    finder: Finder<'a>,
    sender: Option<Mac>,
    known: u64,
    /// Which names count.
    pub counts: Counts,
    /// Whether what is found in a piece is kept: it is one of a long text.
    pub keeps: bool,
    /// How much of a long text may still be looked at.
    pub budget: Budget,
    /// Whether something may be hidden in what was read.
    pub hides: bool,
    /// What is hidden there, where that is looked for.
    thorough: Option<Box<Thorough>>,
    room: Option<Box<Room>>,
}

/// A search for all that is hidden in texts that were searched for names.
struct Thorough {
    found: Hidden,
    /// How many bytes may still be read again.
    left: usize,
}

/// So much is read again to find out what is hidden in it. With more, that is not known.
const READ_AGAIN: usize = 1024;

/// One form of a text.
struct Looked<'t> {
    text: &'t [u8],
    /// Its weight, where that is known.
    weight: Option<Weight>,
    /// The places of names that it spells when it is decoded.
    taken: &'t [Range<usize>],
    is_folded: bool,
    /// It is the last that is read of a text.
    is_last: bool,
}

impl<'t> Looked<'t> {
    /// A text of which nothing is known.
    fn anew(text: &'t [u8]) -> Self {
        Looked { text, weight: None, taken: &[], is_folded: false, is_last: true }
    }
}

/// Buffers that one piece leaves for the next.
#[derive(Default)]
struct Room {
    forms: Forms,
    scratch: Scratch,
    taken: Vec<Range<usize>>,
    places: Vec<Range<usize>>,
}

impl<'a> Reader<'a> {
    /// A reader of requests of `sender`, with the id of the set of known prefixes, of texts that are made of others, which
    /// have so much left.
    pub fn new(finder: Finder<'a>, sender: Option<Mac>, known: u64, left: Left) -> Self {
        let (counts, budget) = (Counts::All, Budget::with(left));
        Reader { finder, sender, known, counts, keeps: false, budget, hides: false, thorough: None, room: None }
    }

    /// The same that looks for all that is hidden in texts that were searched before.
    pub fn thorough(mut self) -> Self {
        self.finder = self.finder.thorough();
        self.thorough = Some(Box::new(Thorough { found: Hidden::default(), left: READ_AGAIN }));
        self
    }

    /// Whether it looks for all that is hidden.
    pub fn is_thorough(&self) -> bool {
        self.thorough.is_some()
    }

    /// What is hidden in what was read.
    pub fn hidden(self) -> Hidden {
        self.thorough.map(|thorough| thorough.found).unwrap_or_default()
    }

    /// Adds what is hidden in a text that was read, where that is looked for.
    pub fn hide(&mut self, hidden: &mut Hidden) {
        if let Some(thorough) = &mut self.thorough {
            thorough.found.take_from(hidden);
        }
    }

    /// Whether a text of so many bytes is read: not where it is read again, and is more than what is.
    pub fn may_read(&mut self, bytes: usize) -> bool {
        let Some(thorough) = &mut self.thorough else { return true };
        match thorough.left.checked_sub(bytes) {
            Some(left) => thorough.left = left,
            None => thorough.found.add_more(),
        }
        thorough.found.macs().is_some()
    }

    /// What decides what is found in a text that is read like this.
    pub fn context(&self, reading: u16, parameters: u16) -> Context {
        Context { sender: self.sender, known: self.known, reading, parameters }
    }

    /// What stands in a piece, decoded and folded too.
    pub fn found(&mut self, text: &[u8], reading: ReadAs) -> Found {
        if self.keeps && text.len() >= memo::LEAST {
            let context = self.context(reading.number(self.counts), 0);
            let entry = Entry::of(context, text);
            let known = entry.recall().filter(|found| !(found.hides && self.is_thorough()));
            let found = known.unwrap_or_else(|| self.found_anew(text, reading, Some(entry)));
            self.hides |= found.hides;
            return found;
        }
        let found = self.found_anew(text, reading, None);
        self.hides |= found.hides;
        found
    }

    fn found_anew(&mut self, text: &[u8], reading: ReadAs, entry: Option<Entry<'_>>) -> Found {
        let mut found = Found::default();
        if !self.may_read(text.len()) {
            found.more = true;
        } else if !is_plain(text) {
            // Before anything is decoded: at least it is looked at as it was sent.
            if self.budget.has(counted(text.len(), reading)) {
                let mut room = self.room.take().unwrap_or_default();
                self.budget.left = self.read_forms(text, reading, entry, &mut room, &mut found);
                self.hide(&mut room.scratch.hidden);
                self.room = Some(room);
            }
            // Nothing of it is kept: in another text the same piece may be looked at.
            found.more |= self.budget.is_used_up();
        } else {
            let bytes = counted(text.len(), reading);
            // What has been read before need not be read to its end in any case.
            let is_left = if reading.only_named { self.budget.take(bytes) } else { self.budget.take_plain(bytes) };
            if !is_left {
                found.more = true;
                return found;
            }
            self.plain(text, reading, &mut found);
            if let Some(entry) = entry {
                entry.keep(found);
            }
        }
        found
    }

    /// Whether a piece names a device as it stands, whatever it is decoded to.
    pub fn names_as_it_stands(&mut self, text: &[u8], device: Mac) -> bool {
        let mut named = false;
        if self.budget.take(counted(text.len(), Syntax::Path.into())) {
            // What is not searched may name it too, and then it is not known.
            let _ = self.finder.find(text, Syntax::Path, &mut |mac| named |= mac == device);
        }
        named
    }

    /// Reads what has nothing to decode or to fold.
    pub fn plain(&mut self, text: &[u8], reading: ReadAs, found: &mut Found) {
        if self.keeps {
            self.room.get_or_insert_default();
        }
        let mut room = self.room.take();
        let mut own = Scratch::default();
        let scratch = room.as_mut().map_or(&mut own, |room| &mut room.scratch);
        self.look(Looked::anew(text), reading, scratch, found, &mut |_| ());
        self.hide(&mut scratch.hidden);
        if reading.is_named {
            self.name(text, Escapes::All, found);
        }
        self.room = room;
    }

    /// Reads each form of a text, as long as there are bytes left to look at; how many are left then.
    fn read_forms(
        &self,
        text: &[u8],
        reading: ReadAs,
        entry: Option<Entry<'_>>,
        room: &mut Room,
        found: &mut Found,
    ) -> Option<usize> {
        let Room { forms, scratch, taken, places } = room;
        let mut left = self.budget.left;
        taken.clear();
        forms.each_while(text, left.unwrap_or(0), |form| {
            if !form.has_places_of_last() {
                taken.clear();
            }
            let skipped = if form.skips { text.len() } else { 0 };
            let takes = looked_at(form, reading).map(|bytes| skipped + bytes);
            left = left.zip(takes).and_then(|(left, takes)| left.checked_sub(takes));
            if left.is_none() {
                return false;
            }
            let (text, level) = (form.text, form.level);
            // What one of two readings finds is not all that is found, nor is what stands in one form of a text, but for the last,
            // all that is found in a text that is sent like this.
            let is_complete = (level.is_sent() || level == Level::Fully) && !form.is_read_twice;
            let is_kept = text.len() >= memo::LEAST && is_complete;
            let entry = entry.as_ref().filter(|_| is_kept);
            let entry = entry.map(|entry| if level.is_sent() { *entry } else { entry.of_form(text) });
            if level == Level::Fully {
                // Different texts are decoded to the same.
                let known =
                    |entry: Entry<'_>| entry.recall_with(taken).filter(|found| !found.hides || !self.is_thorough());
                if let Some(again) = entry.and_then(known) {
                    *found = again;
                    return true;
                }
                // Those of what is read again are found again.
                taken.clear();
            }
            // If there are more devices than are told apart, only a name parameter can add something.
            if !found.more || reading.is_named {
                self.read_form(form, reading, scratch, taken, places, found);
            }
            if let Some(entry) = entry {
                // A server shows what it has decoded as a text of its own.
                entry.keep_with(*found, (level == Level::Fully).then_some(&taken[..]));
            }
            true
        });
        left
    }

    /// Reads one form of a text. `taken` are the places of the names that it spells when it is decoded once more, and then
    /// those of its own too; `places` is room.
    fn read_form(
        &self,
        Form { text, weight, folded, level, escapes, .. }: Form<'_>,
        reading: ReadAs,
        scratch: &mut Scratch,
        taken: &mut Vec<Range<usize>>,
        places: &mut Vec<Range<usize>>,
        found: &mut Found,
    ) {
        places_before(text, escapes, taken);
        places.clear();
        let mut known = InOrder::new(taken);
        let looked = Looked { text, weight: Some(weight), taken, is_folded: false, is_last: level.is_sent() };
        self.look(looked, reading, scratch, found, &mut |place| {
            // Most often it is one of those that are taken already.
            if !known.has(&place) {
                places.push(place);
            }
        });
        if !places.is_empty() {
            taken.append(places);
            in_order(taken);
        }
        if reading.is_named && level != Level::Sent {
            self.name(text, escapes, found);
        }
        for folded in folded.unwrap_or_default() {
            self.look(Looked { is_folded: true, ..Looked::anew(folded) }, reading, scratch, found, &mut |_| ());
            if reading.is_named {
                self.name(folded, escapes, found);
            }
        }
    }

    /// Looks at one form of a text; `place` gets the places of names of its own.
    fn look(
        &self,
        Looked { text, weight, taken, is_folded, is_last }: Looked<'_>,
        reading: ReadAs,
        scratch: &mut Scratch,
        found: &mut Found,
        place: &mut impl FnMut(Range<usize>),
    ) {
        if reading.only_named {
            return;
        }
        let finder = if self.counts == Counts::All { self.finder } else { self.finder.only_known() };
        let finder = if is_folded { finder.of_folded() } else { finder }.looking_ahead(!self.keeps);
        let finder = if is_last { finder.of_last() } else { finder };
        finder.find_beside(text, weight, reading.syntax, taken, scratch, &mut |mac, span| {
            span.into_iter().for_each(&mut *place);
            if self.does_count(mac) {
                found.add(mac, false);
            }
        });
        found.hides |= std::mem::take(&mut scratch.hidden.may_be);
        found.more |= std::mem::take(&mut scratch.more);
    }

    /// Reads one form of a name parameter's value. Escapes that are not decoded make none malformed.
    fn name(&self, value: &[u8], escapes: Escapes, found: &mut Found) {
        match Finder::named_value(value) {
            // Of a query any counts.
            NamedValue::Device(mac) if self.counts != Counts::KnownOthers || self.does_count(mac) => {
                found.add(mac, true);
            }
            NamedValue::Malformed => found.malformed |= escapes == Escapes::All,
            NamedValue::Nobody | NamedValue::Device(_) => {}
        }
    }

    fn does_count(&self, mac: Mac) -> bool {
        match self.counts {
            Counts::All => true,
            Counts::Known => self.finder.is_known(mac),
            Counts::KnownOthers => self.finder.is_known(mac) && self.sender != Some(mac),
        }
    }
}

/// As how many bytes a form of a long text's piece counts; `None` where it is more than may be looked at.
fn looked_at(Form { text, weight, folded, .. }: Form<'_>, reading: ReadAs) -> Option<usize> {
    // To fold it takes as long as to look at it.
    let bytes = text.len() + folded?.iter().map(|folded| text.len() + folded.len()).sum::<usize>();
    let is_dense = 2 * weight.digits() + weight.joints() > text.len();
    Some(counted(bytes, reading) + if is_dense { PIECE + bytes / 2 } else { 0 })
}

/// The same of so many bytes, whatever they are.
fn counted(bytes: usize, reading: ReadAs) -> usize {
    PIECE + bytes + bytes * usize::from(reading.is_named)
}

/// The device that a text spells which is nothing but a name, decoded and folded too.
pub fn named_value(value: &[u8]) -> Found {
    let mut found = Found::default();
    Forms::default().each(value, |form| {
        if form.level == Level::Sent {
            // An application may leave out its percent signs with all else that is no digit.
            if let NamedValue::Device(mac) = Finder::named_value(form.text) {
                found.add(mac, true);
            }
            return;
        }
        let folded = form.folded.unwrap_or_default();
        let plain = folded.is_empty().then_some(form.text);
        for value in plain.into_iter().chain(folded.iter().map(Vec::as_slice)) {
            match Finder::named_value(value) {
                NamedValue::Device(mac) => found.add(mac, true),
                NamedValue::Malformed => found.malformed |= form.escapes == Escapes::All,
                NamedValue::Nobody => {}
            }
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn what_is_digits_for_the_most_part_counts_half_as_much_again() {
        let counts = |text: &str| {
            let (text, mut counted) = (text.as_bytes(), None);
            Forms::default().each(text, |form| counted = looked_at(form, Syntax::Path.into()));
            counted.unwrap() - PIECE - text.len()
        };
        assert_eq!(["12xx", "12x", "1:xx", "1:x"].map(counts), [0, PIECE + 1, 0, 0]);
        assert_eq!(["1:1", "1:1xx", "1:1xxx"].map(counts), [PIECE + 1, 0, 0]);
    }

    #[test]
    fn what_is_read_differently_has_another_number() {
        let mut numbers = BTreeSet::new();
        for syntax in [Syntax::Path, Syntax::Value, Syntax::Host, Syntax::UserAgent] {
            for counts in [Counts::All, Counts::Known, Counts::KnownOthers] {
                for (is_named, only_named) in [(false, false), (false, true), (true, false), (true, true)] {
                    numbers.insert(ReadAs { syntax, is_named, only_named }.number(counts));
                }
            }
        }
        assert_eq!(numbers.len(), 4 * 3 * 4);
        assert!(numbers.iter().all(|&number| number < 0x100), "those further up are of whole texts");
    }
}
