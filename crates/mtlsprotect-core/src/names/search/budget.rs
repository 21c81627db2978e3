//! How much of a long text is looked at before it counts as one that names several devices.

/// All forms of the pieces of a text of [`LONG`] together may have this many times its bytes, and each counts as [`PIECE`]
/// bytes more; levels that are left out count as one. Forms that are digits and what joins them for the most part take longer
/// to read, and count half as much again, values of name parameters twice, and what has semicolons once more. More than that
/// is not looked at, and counts as several names: no phone encodes a long text three times.
const TIMES: usize = 3;

/// What it takes to decode, to look up and to keep the form of a piece, in bytes of one.
pub const PIECE: usize = 8;

/// From this many bytes on.
pub const LONG: usize = 512;

/// What may be looked at of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The forms of one text.
    OfText,
    /// Those of a path, which httpd may show in other forms, too: what has nothing to decode is read to its end, but counts.
    OfPath,
    /// Of such another form, what is left of all forms of the path.
    WhatIsLeft,
}

/// Counts the bytes of forms that are looked at.
pub struct Budget {
    /// How many may still be looked at; `None` once there were more.
    pub left: Option<usize>,
    limit: Limit,
    /// How many were left of the paths before.
    left_of_paths: Option<usize>,
}

/// That of a short text.
const ALL: Option<usize> = Some(usize::MAX);

impl Default for Budget {
    fn default() -> Self {
        Budget { left: ALL, limit: Limit::OfText, left_of_paths: ALL }
    }
}

impl Budget {
    /// Begins with a text of this length.
    pub fn begin(&mut self, length: usize, limit: Limit) {
        self.left = if length < LONG { ALL } else { Some(TIMES * (length + PIECE)) };
        self.limit = limit;
        if limit == Limit::WhatIsLeft {
            self.left = self.left.min(self.left_of_paths);
            // To find again what is known of it takes about as long as to look at it.
            self.take(length);
        }
    }

    /// Ends with it.
    pub fn end(&mut self) {
        if self.limit != Limit::OfText {
            self.left_of_paths = self.left;
        }
        (self.left, self.limit) = (ALL, Limit::OfText);
    }

    /// Whether it is limited what is looked at.
    pub fn is_limited(&self) -> bool {
        self.left < ALL
    }

    /// Whether there was more than is looked at.
    pub fn is_used_up(&self) -> bool {
        self.left.is_none()
    }

    /// Counts so many bytes of what may be read in any case.
    pub fn count(&mut self, bytes: usize) {
        if self.is_limited() {
            self.left = self.left.map(|left| left.saturating_sub(bytes));
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
            Limit::OfText => true,
            Limit::OfPath => {
                self.count(bytes);
                true
            }
            Limit::WhatIsLeft => self.take(bytes),
        }
    }
}
