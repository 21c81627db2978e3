//! What was found in texts, so that one is searched once although httpd shows it in several forms, at several gates and
//! for its error page.
//!
//! A text is looked up by all its bytes: no other can be made to pass for it. A slot holds one text, which the next one
//! for the same slot replaces, so that no chain of them can be made long.

use crate::mac::Mac;
use std::borrow::Cow;
use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

/// Shorter texts are searched faster than they are looked up.
pub const LEAST: usize = 16;
/// The pieces of a text shorter than this are not kept.
pub const LEAST_WHOLE: usize = 48;
/// How many texts are kept, how many bytes of them together, and how many places of names; the oldest make room for
/// others.
const SLOTS: usize = 512;
const BYTES: usize = 64 * 1024;
const PLACES: usize = 2048;
const _: () = assert!(SLOTS * size_of::<Slot>() + BYTES + PLACES * size_of::<Range<u32>>() <= 150 * 1024, "per thread");
/// How many lists of name parameters are told apart.
const LISTS: usize = 1024;

/// What was found in one text, decoded and folded too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The first two devices, and whether each is a name parameter's value.
    pub first: [Option<(Mac, bool)>; 2],
    /// There are others.
    pub more: bool,
    /// It is a name parameter's value and not a MAC.
    pub malformed: bool,
    /// Something may be hidden in it.
    pub hides: bool,
}

impl Found {
    /// Adds a device.
    #[inline]
    pub fn add(&mut self, mac: Mac, by_parameter: bool) {
        match &mut self.first {
            [None, _] => self.first[0] = Some((mac, by_parameter)),
            [Some((first, _)), _] if *first == mac => {}
            [_, None] => self.first[1] = Some((mac, by_parameter)),
            [_, Some((second, _))] => self.more |= *second != mac,
        }
    }
}

/// What decides what is found in a text, besides the text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// Whose requests these are.
    pub sender: Option<Mac>,
    /// Which set of prefixes is known.
    pub known: u64,
    /// How it is read: a number of the search's own.
    pub reading: u16,
    /// Which name parameters there are, where that matters: see [`parameters`].
    pub parameters: u16,
}

#[derive(Clone, Default)]
struct Slot {
    /// Whose it is; `None` before the first text.
    context: Option<Context>,
    hash: u64,
    text: Stretch,
    /// The places that its names take, where they are kept.
    places: Option<Stretch>,
    found: Found,
}

struct Memo {
    /// A secret, so that nobody can choose texts that take each other's slots. An odd number.
    key: u64,
    slots: Vec<Slot>,
    texts: Ring<u8, BYTES>,
    places: Ring<Range<u32>, PLACES>,
    parameters: Vec<Vec<Cow<'static, str>>>,
}

thread_local! {
    static MEMO: RefCell<Memo> = RefCell::new(Memo::new());
}

/// The number of a list of name parameters. A server's configuration has few; if there are more, all are forgotten.
pub fn parameters(list: &[Cow<'static, str>]) -> u16 {
    MEMO.with_borrow_mut(|memo| {
        if let Some(number) = memo.parameters.iter().position(|other| other == list) {
            return number as u16;
        }
        if memo.parameters.len() == LISTS {
            *memo = Memo::new();
        }
        memo.parameters.push(list.to_vec());
        (memo.parameters.len() - 1) as u16
    })
}

/// A text in its context, and where it belongs.
#[derive(Clone, Copy)]
pub struct Entry<'t> {
    context: Context,
    text: &'t [u8],
    hash: u64,
}

impl<'t> Entry<'t> {
    /// That of a text.
    pub fn of(context: Context, text: &'t [u8]) -> Self {
        MEMO.with_borrow(|memo| Entry { context, text, hash: memo.hash(&context, text) })
    }

    /// That of another form of the text.
    pub fn of_form<'f>(&self, text: &'f [u8]) -> Entry<'f> {
        Entry::of(self.context, text)
    }

    /// What was found in it.
    pub fn recall(&self) -> Option<Found> {
        MEMO.with_borrow(|memo| Some(memo.slot(self)?.found))
    }

    /// What was found in it, and in the room of `places` those that its names take, where these were kept too.
    pub fn recall_with(&self, places: &mut Vec<Range<usize>>) -> Option<Found> {
        MEMO.with_borrow(|memo| {
            let slot = memo.slot(self)?;
            let kept = memo.places.get(slot.places?)?;
            places.clear();
            places.extend(kept.iter().map(|place| place.start as usize..place.end as usize));
            Some(slot.found)
        })
    }

    /// Keeps what was found.
    pub fn keep(&self, found: Found) {
        self.keep_with(found, None);
    }

    /// Keeps what was found, and the places that names take.
    pub fn keep_with(&self, found: Found, places: Option<&[Range<usize>]>) {
        MEMO.with_borrow_mut(|memo| {
            if memo.slots.is_empty() {
                memo.slots.resize(SLOTS, Slot::default());
            }
            let Some(text) = memo.texts.push(self.text.iter().copied()) else { return };
            let places = places
                .and_then(|places| memo.places.push(places.iter().map(|place| place.start as u32..place.end as u32)));
            memo.slots[self.slot()] = Slot { context: Some(self.context), hash: self.hash, text, places, found };
        });
    }

    fn slot(&self) -> usize {
        self.hash as usize % SLOTS
    }
}

impl Memo {
    fn new() -> Self {
        let key = RandomState::new().hash_one(0) | 1;
        Memo { key, slots: Vec::new(), texts: Ring::new(), places: Ring::new(), parameters: Vec::new() }
    }

    /// The slot that has a text.
    fn slot(&self, entry: &Entry<'_>) -> Option<&Slot> {
        let slot = self.slots.get(entry.slot())?;
        let is_it = slot.hash == entry.hash
            && slot.context == Some(entry.context)
            && self.texts.get(slot.text).is_some_and(|text| text == entry.text);
        is_it.then_some(slot)
    }

    /// Where a text belongs. That is all it decides.
    fn hash(&self, context: &Context, text: &[u8]) -> u64 {
        crate::names::work::done(text.len() / 4);
        let mix = |hash: u64, word: u64| {
            let product = u128::from(hash ^ word) * u128::from(self.key);
            product as u64 ^ (product >> 64) as u64
        };
        let word = |bytes: &[u8]| bytes.first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
        let sender = context.sender.map_or(self.key, Mac::bits);
        let start = mix(sender, u64::from(context.reading) << 48 ^ context.known);
        let hash = text.chunks_exact(8).fold(start, |hash, bytes| mix(hash, word(bytes)));
        // The last bytes again; no text is shorter than a word.
        mix(hash, word(&text[text.len().saturating_sub(8)..]) ^ (text.len() as u64).rotate_left(48))
    }
}

/// Stretches of items, of which the oldest make room for others.
struct Ring<T, const ROOM: usize> {
    items: Vec<T>,
    /// How many items have been written, including those left out at the end of the buffer.
    written: u64,
}

/// This many items of a ring, after this many.
#[derive(Clone, Copy, Default)]
struct Stretch {
    start: u64,
    length: usize,
}

impl<T: Clone + Default, const ROOM: usize> Ring<T, ROOM> {
    fn new() -> Self {
        Ring { items: Vec::new(), written: 0 }
    }

    /// Adds a stretch, if there is room for it at all.
    fn push(&mut self, items: impl ExactSizeIterator<Item = T>) -> Option<Stretch> {
        let length = items.len();
        if length > ROOM {
            return None;
        }
        let place = self.written as usize % ROOM;
        // No stretch has an end at the beginning.
        if place + length > ROOM {
            self.written += (ROOM - place) as u64;
        }
        let start = self.written;
        let place = start as usize % ROOM;
        // Only what is written is touched: a thread may keep a few texts all its life.
        if self.items.len() < place + length {
            self.items.reserve_exact(ROOM - self.items.len());
            self.items.resize(place + length, T::default());
        }
        let room = &mut self.items[place..][..length];
        room.iter_mut().zip(items).for_each(|(room, item)| *room = item);
        self.written += length as u64;
        Some(Stretch { start, length })
    }

    /// A stretch, if nothing else has taken its place.
    fn get(&self, stretch: Stretch) -> Option<&[T]> {
        let is_there = self.written - stretch.start <= ROOM as u64;
        if is_there { self.items.get(stretch.start as usize % ROOM..)?.get(..stretch.length) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn context(reading: u16) -> Context {
        Context { sender: Some(Mac::from_bits(1)), known: 2, reading, parameters: 0 }
    }

    fn found(mac: u64) -> Found {
        let mut found = Found::default();
        found.add(Mac::from_bits(mac), false);
        found
    }

    #[test]
    fn a_text_is_found_again_in_its_own_context_only() {
        let text = b"0004f2112233-of-some-length";
        let entry = Entry::of(context(1), text);
        assert_eq!(entry.recall(), None);
        entry.keep(found(3));
        assert_eq!(entry.recall(), Some(found(3)));
        let again = text.to_vec();
        assert_eq!(Entry::of(context(1), &again).recall(), Some(found(3)));
        assert_eq!(Entry::of(context(2), text).recall(), None);
        assert_eq!(Entry::of(Context { sender: None, ..context(1) }, text).recall(), None);
        assert_eq!(Entry::of(Context { known: 1, ..context(1) }, text).recall(), None);
        assert_eq!(Entry::of(Context { parameters: 1, ..context(1) }, text).recall(), None);
        assert_eq!(Entry::of(context(1), b"0004f2112233-of-some-Length").recall(), None);
    }

    #[test]
    fn texts_that_differ_anywhere_belong_elsewhere() {
        let memo = Memo { key: 0x9e37_79b9_7f4a_7c15, ..Memo::new() };
        let hash = |context: Context, text: &[u8]| memo.hash(&context, text);
        let text = *b"/phones/0004f2112233";
        let mut hashes = vec![hash(context(1), &text), hash(context(2), &text), hash(context(1), &text[..19])];
        hashes.push(hash(Context { known: 3, ..context(1) }, &text));
        hashes.push(hash(Context { sender: None, ..context(1) }, &text));
        for bit in 0..8 * text.len() {
            let mut other = text;
            other[bit / 8] ^= 1 << (bit % 8);
            hashes.push(hash(context(1), &other));
        }
        let all = hashes.len();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), all);
        // With as many texts as there are slots, a good hash leaves 37 % of the slots empty.
        for byte in [0, 6, 12, 18] {
            let slot = |number: u16| {
                let mut other = text;
                other[byte..byte + 2].copy_from_slice(&number.to_le_bytes());
                hash(context(1), &other) as usize % SLOTS
            };
            let slots: BTreeSet<usize> = (0..SLOTS as u16).map(slot).collect();
            assert!(slots.len() > SLOTS / 2, "{} slots, byte {byte}", slots.len());
        }
    }

    #[test]
    fn lists_of_parameters_are_told_apart_as_long_as_there_are_not_too_many() {
        let number = |list: usize| usize::from(parameters(&[Cow::Owned(format!("mac{list}"))]));
        assert!((0..LISTS).all(|list| number(list) == list && number(list / 2) == list / 2));
        let entry = Entry::of(context(1), b"a text of the first list");
        entry.keep(found(3));
        assert_eq!((number(LISTS - 1), entry.recall()), (LISTS - 1, Some(found(3))));
        assert_eq!((number(LISTS), number(LISTS)), (0, 0));
        assert_eq!(entry.recall(), None, "it was found with the list that had this number before");
    }

    #[test]
    fn places_are_told_only_where_they_were_kept() {
        let entry = Entry::of(context(1), b"0004f2112233-with-places");
        let mut places = Vec::new();
        entry.keep(found(3));
        assert_eq!(entry.recall_with(&mut places), None);
        entry.keep_with(found(3), Some(&[0..12, 14..18]));
        assert_eq!(entry.recall_with(&mut places), Some(found(3)));
        assert_eq!(places, [0..12, 14..18]);
    }

    #[test]
    fn texts_that_take_each_others_slots_are_told_apart() {
        let texts: Vec<Vec<u8>> =
            (0..4 * SLOTS).map(|number| format!("text-number-{number:08}").into_bytes()).collect();
        for (number, text) in texts.iter().enumerate() {
            Entry::of(context(1), text).keep(found(number as u64));
        }
        let mut again = 0;
        for (number, text) in texts.iter().enumerate() {
            if let Some(recalled) = Entry::of(context(1), text).recall() {
                assert_eq!(recalled, found(number as u64));
                again += 1;
            }
        }
        assert!((1..=SLOTS).contains(&again), "{again}");
    }

    #[test]
    fn the_oldest_make_room_for_others() {
        let mut full = Ring::<u8, 5>::new();
        let half = full.push(b"abc".iter().copied()).unwrap();
        full.push(b"de".iter().copied()).unwrap();
        assert_eq!(full.get(half), Some(&b"abc"[..]), "there was just room for both");
        let mut ring = Ring::<u8, 8>::new();
        let first = ring.push(b"abc".iter().copied()).unwrap();
        let second = ring.push(b"de".iter().copied()).unwrap();
        assert_eq!((ring.get(first), ring.get(second)), (Some(&b"abc"[..]), Some(&b"de"[..])));
        // At the end there is room for three more only.
        let third = ring.push(b"fghi".iter().copied()).unwrap();
        assert_eq!((ring.get(first), ring.get(second), ring.get(third)), (None, None, Some(&b"fghi"[..])));
        let fourth = ring.push(b"j".iter().copied()).unwrap();
        assert_eq!((ring.get(third), ring.get(fourth)), (Some(&b"fghi"[..]), Some(&b"j"[..])));
        assert!(ring.push(b"too much!".iter().copied()).is_none());
        let all = ring.push(b"klmnopqr".iter().copied()).unwrap();
        assert_eq!((ring.get(third), ring.get(all)), (None, Some(&b"klmnopqr"[..])));
        assert_eq!(ring.items.capacity(), 8, "nor more than that");
    }

    #[test]
    fn a_thread_keeps_no_more_than_it_should() {
        let most = SLOTS * size_of::<Slot>() + BYTES + PLACES * size_of::<Range<u32>>();
        assert!(most <= 320 * 1024, "{most}");
    }
}
