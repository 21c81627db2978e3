//! How much of a text is looked at before it counts as one that names several devices.

/// All forms of the pieces of a text of [`LONG`] together may have this many times its bytes and those of two pieces, and
/// each counts as [`PIECE`] bytes more; levels that are left out count as one. Forms that are digits and what joins them for
/// the most part take longer to read, and count half as much again and as a piece more, values of name parameters twice, and
/// what has semicolons once more, as escaped keys do. A path has a quarter of its bytes less: it is compared with what httpd
/// makes of it. More than that is not looked at, and counts as several names: no phone encodes a long text three times.
const TIMES: usize = 3;

/// What it takes to decode, to look up and to keep the form of a piece, in bytes of one.
pub const PIECE: usize = 9;

/// From this many bytes on. Shorter ones may have as much as one of so many: a name takes more than its bytes where it is all
/// there is, among characters of several kinds or encoded twice.
pub const LONG: usize = 512;

/// What a short text may have, and the short headers of a request together.
const OF_SHORT: usize = of_long(LONG);

/// What the short texts of a URL may have together, with those that httpd makes of them: two long titles with umlauts.
const OF_URL: usize = OF_SHORT * 4 / 3;

/// What a long text of this many bytes may have, but for a path.
const fn of_long(length: usize) -> usize {
    TIMES * (length + 2 * PIECE)
}

/// What may be looked at of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The forms of one text.
    OfText,
    /// Those of a path, which httpd may show in other forms, too: what has nothing to decode is read to its end, but counts.
    OfPath,
    /// Of a text that is made of those before, what they have left.
    WhatIsLeft,
}

/// How many bytes may still be looked at in what is made of texts of one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Left(u32);

impl Default for Left {
    fn default() -> Self {
        Left::ALL
    }
}

impl Left {
    /// That of short texts.
    pub const ALL: Left = Left(u32::MAX);

    fn of(bytes: Option<usize>) -> Self {
        Left(bytes.map_or(0, |bytes| u32::try_from(bytes).unwrap_or(u32::MAX)))
    }

    fn bytes(self) -> Option<usize> {
        if self == Left::ALL { ALL } else { Some(self.0 as usize) }
    }
}

/// Counts the bytes of forms that are looked at.
pub struct Budget {
    /// How many may still be looked at; `None` once there were more.
    pub left: Option<usize>,
    limit: Limit,
    /// The text is a long one, or shares what is left of long ones.
    is_long: bool,
    /// How many bytes were looked at that have nothing to decode, where these don't count at once.
    plain: usize,
    /// How many the texts before have left together; all where none of them was long.
    left_of_texts: Option<usize>,
    /// How many the last short text began with.
    began_with: usize,
    /// How many the short texts have left together.
    left_of_short: usize,
}

/// That of a text that was not begun with.
const ALL: Option<usize> = Some(usize::MAX);

impl Budget {
    /// That of the texts of one search, where those that are made of others have so much left: of a URL's, of a Destination's,
    /// of what is served, or of a value.
    pub fn with(left: Left) -> Self {
        let (limit, left_of_texts) = (Limit::OfText, left.bytes());
        Budget {
            left: ALL,
            limit,
            is_long: false,
            plain: 0,
            left_of_texts,
            began_with: OF_SHORT,
            left_of_short: OF_URL,
        }
    }

    /// The short texts that follow are headers.
    pub fn begin_headers(&mut self) {
        self.left_of_short = OF_SHORT;
    }

    /// Whether a text that was not read to its end might be in another request: others have left it less.
    pub fn depends_on_others(&self) -> bool {
        self.limit == Limit::WhatIsLeft || (!self.is_long && self.began_with < OF_SHORT)
    }

    /// Begins with a text of this length.
    pub fn begin(&mut self, length: usize, limit: Limit) {
        let shares = limit == Limit::WhatIsLeft && self.is_shared();
        (self.left, self.limit, self.plain) = (ALL, limit, 0);
        self.is_long = shares || length >= LONG;
        if shares {
            self.left = self.left_of_texts;
            // To find again what is known of it takes about as long as to look at it.
            self.take(length);
        } else if self.is_long {
            let compared = if limit == Limit::OfPath { length / 4 } else { 0 };
            self.left = Some(of_long(length) - compared);
        } else {
            self.began_with = self.left_of_short.min(OF_SHORT);
            self.left = Some(self.began_with);
        }
    }

    /// Ends with it.
    pub fn end(&mut self) {
        if self.is_long {
            let left = self.left.map(|left| left.saturating_sub(self.plain));
            let adds = self.limit != Limit::WhatIsLeft && self.is_shared();
            let before = if adds { self.left_of_texts } else { Some(0) };
            self.left_of_texts = left.zip(before).map(|(left, before)| left + before);
        } else {
            self.left_of_short -= self.began_with - self.left.unwrap_or(0);
        }
        (self.left, self.limit, self.is_long) = (ALL, Limit::OfText, false);
    }

    /// What the texts have left.
    pub fn left_of_texts(&self) -> Left {
        Left::of(self.left_of_texts)
    }

    /// Whether one of the texts was long.
    pub fn is_shared(&self) -> bool {
        self.left_of_texts < ALL
    }

    /// Whether the text is a long one, or shares what is left of long ones.
    pub fn is_long(&self) -> bool {
        self.is_long
    }

    /// Whether there was more than is looked at.
    pub fn is_used_up(&self) -> bool {
        self.left.is_none()
    }

    /// Counts so many bytes of what may be read in any case.
    pub fn count(&mut self, bytes: usize) {
        self.left = self.left.map(|left| left.saturating_sub(bytes));
    }

    /// From now on what has nothing to decode counts at once, and so does what had nothing.
    pub fn count_plain(&mut self) {
        if self.limit == Limit::OfText {
            self.count(self.plain);
            (self.plain, self.limit) = (0, Limit::OfPath);
        }
    }

    /// Whether so many bytes may still be looked at; if not, nothing more is.
    pub fn has(&mut self, bytes: usize) -> bool {
        self.left = self.left.filter(|&left| left >= bytes);
        self.left.is_some()
    }

    /// The same, and counts them.
    pub fn take(&mut self, bytes: usize) -> bool {
        let is_there = self.has(bytes);
        self.count(bytes);
        is_there
    }

    /// Whether so many bytes may still be looked at that have nothing to decode or to fold.
    pub fn take_plain(&mut self, bytes: usize) -> bool {
        match self.limit {
            Limit::OfText => {
                self.plain += bytes;
                true
            }
            Limit::OfPath => {
                self.count(bytes);
                true
            }
            Limit::WhatIsLeft => self.take(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_text_may_have_as_much_as_one_of_512_bytes() {
        let of = |length: usize| {
            let mut budget = Budget::with(Left::ALL);
            budget.begin(length, Limit::OfText);
            budget.left.unwrap()
        };
        assert!((1..2 * LONG).all(|length| of(length - 1) <= of(length)));
        assert_eq!([of(12), of(LONG)], [OF_SHORT; 2]);
        assert_eq!((OF_SHORT, OF_URL), (1590, 2120), "those of a URL a third more");
    }

    #[test]
    fn short_texts_share_what_they_may_have_and_a_long_one_has_its_own() {
        let mut budget = Budget::with(Left::ALL);
        let mut next = |length: usize, has: usize, depends: bool, takes: usize| {
            budget.begin(length, Limit::OfText);
            assert!(budget.left == Some(has) && budget.depends_on_others() == depends && budget.take(takes), "{has}");
            budget.end();
        };
        next(100, OF_SHORT, false, 500);
        next(100, OF_SHORT, false, 100);
        next(1000, of_long(1000), false, 2000);
        next(12, OF_URL - 600, true, OF_URL - 600);
        next(12, 0, true, 0);
        budget.begin_headers();
        budget.begin(12, Limit::OfText);
        assert_eq!((budget.left, budget.take(OF_SHORT + 1)), (Some(OF_SHORT), false));
        budget.end();
        budget.begin(12, Limit::OfText);
        assert_eq!(budget.left, Some(0), "one that was not read to its end leaves nothing");
    }

    #[test]
    fn a_text_has_three_times_its_bytes_and_those_of_two_pieces_and_a_path_a_quarter_less() {
        let begun = |length: usize, limit: Limit| {
            let mut budget = Budget::with(Left::ALL);
            budget.begin(length, limit);
            budget
        };
        assert_eq!(begun(1001, Limit::OfText).left, Some(3 * (1001 + 18)));
        assert_eq!(begun(1001, Limit::OfPath).left, Some(3 * (1001 + 18) - 250));
        assert_eq!([LONG - 1, LONG].map(|length| begun(length, Limit::OfText).is_long()), [false, true]);
    }

    #[test]
    fn what_has_nothing_to_decode_counts_once_something_is_read_twice_and_in_a_path_at_once() {
        for (limit, at_once) in [(Limit::OfText, 0), (Limit::OfPath, 100)] {
            let mut budget = Budget::with(Left::ALL);
            budget.begin(1000, limit);
            let all = budget.left.unwrap();
            assert!(budget.take_plain(100));
            assert_eq!(budget.left, Some(all - at_once));
            budget.count_plain();
            assert_eq!(budget.left, Some(all - 100));
            assert!(budget.take_plain(100));
            assert_eq!(budget.left, Some(all - 200));
        }
    }

    #[test]
    fn what_is_left_may_be_taken_to_the_last_byte_and_no_more() {
        let all = of_long(LONG);
        let mut budget = Budget::with(Left::ALL);
        budget.begin(LONG, Limit::OfText);
        assert!(budget.has(all) && budget.take(all) && !budget.is_used_up());
        assert!(!budget.take(1) && budget.is_used_up());
        budget.end();
        assert!(budget.left_of_texts() < Left::ALL);
        budget.begin(1, Limit::WhatIsLeft);
        assert!(budget.is_used_up() && !budget.take_plain(1));
    }
}
