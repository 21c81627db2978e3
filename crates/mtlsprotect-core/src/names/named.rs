//! Which devices are named, and where.

use crate::mac::Mac;
use crate::names::budget::Left;
use std::fmt;
use std::num::NonZeroU64;

crate::words! {
    /// Where in a request a name was found, in the words of the log.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Source {
        /// The path, as sent or as httpd decoded and rewrote it.
        Uri = "uri",
        /// The query.
        Query = "query",
        /// A query parameter that the operator listed as a device's name.
        NameParameter = "name-parameter",
        /// The file that httpd would serve, or the path it would ask of a backend.
        Filename = "filename",
        /// What follows the file in the path.
        PathInfo = "path-info",
        /// The Host header.
        Host = "host",
        /// The User-Agent header.
        UserAgent = "user-agent",
        /// The Cookie header.
        Cookie = "cookie",
        /// The Destination header of COPY and MOVE (RFC 4918, section 10.3).
        Destination = "destination",
        /// What an expression of the operator's makes of the request.
        NamedBy = "named-by",
    }
}

/// A device, and where it was found: names are handed on often, and so are one number: the MAC in the upper 48 bits,
/// below it the place of the source among all of them, and a 1.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Mention(NonZeroU64);

impl Mention {
    fn new(mac: Mac, source: Source) -> Self {
        Mention(NonZeroU64::MIN | (mac.bits() << 16 | (source as u64) << 1))
    }

    /// The device.
    pub fn mac(self) -> Mac {
        Mac::from_bits(self.0.get() >> 16)
    }

    /// Where it was found.
    pub fn source(self) -> Source {
        Source::ALL[(self.0.get() as u16 >> 1) as usize]
    }
}

impl fmt::Debug for Mention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.mac(), self.source().as_str())
    }
}

/// The devices that a request names. Two are enough to know that there is more than one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Names {
    first: Option<Mention>,
    second: Option<Mention>,
    pub(in crate::names) more: bool,
    pub(in crate::names) malformed: bool,
    pub(in crate::names) sender_in_path: bool,
    pub(in crate::names) dot_segment: bool,
    /// What the texts in which they were found have left of what may be looked at.
    pub(in crate::names) left: Left,
}

/// How many devices are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// None.
    Nobody,
    /// Exactly one.
    One(Mac),
    /// Two or more.
    Several,
}

impl Names {
    /// Names that could not be determined: nothing passes.
    pub fn malformed() -> Self {
        Names { malformed: true, ..Names::default() }
    }

    /// How many devices are named.
    pub fn named(&self) -> Named {
        match (self.first, self.second) {
            // More than can be looked at.
            _ if self.more => Named::Several,
            (None, _) => Named::Nobody,
            (Some(only), None) => Named::One(only.mac()),
            (Some(_), Some(_)) => Named::Several,
        }
    }

    /// The first two devices found, with the place of each.
    pub fn found(&self) -> impl Iterator<Item = (Mac, Source)> {
        self.first_two().into_iter().flatten().map(|mention| (mention.mac(), mention.source()))
    }

    /// The same as they are kept.
    pub fn first_two(&self) -> [Option<Mention>; 2] {
        [self.first, self.second]
    }

    /// The device named, where it is only one.
    pub fn only(&self) -> Option<Mac> {
        match self.named() {
            Named::One(mac) => Some(mac),
            _ => None,
        }
    }

    /// The first two devices found.
    pub fn macs(&self) -> impl Iterator<Item = Mac> {
        self.first_two().into_iter().flatten().map(Mention::mac)
    }

    /// Whether more than two devices are named.
    pub fn are_more(&self) -> bool {
        self.more
    }

    /// Whether a name parameter, or an expression that names a device, holds something that is not a MAC.
    pub fn is_malformed(&self) -> bool {
        self.malformed
    }

    /// Whether the sender is named in a part of the path that dot segments don't fold away.
    pub fn sender_in_path(&self) -> bool {
        self.sender_in_path
    }

    /// Whether a segment of the path begins with a dot.
    pub fn dot_segment(&self) -> bool {
        self.dot_segment
    }

    /// What the texts in which they were found have left of what may be looked at.
    pub fn left(&self) -> Left {
        self.left
    }

    /// These names and those of a request that this one continues.
    pub fn and(mut self, earlier: &Names) -> Self {
        // Headers most often name nobody.
        if earlier.is_silent() {
            return self;
        }
        for mention in earlier.first_two().into_iter().flatten() {
            self.add_mention(mention);
        }
        self.more |= earlier.more;
        self.malformed |= earlier.malformed;
        self.sender_in_path |= earlier.sender_in_path;
        self.dot_segment |= earlier.dot_segment;
        self.left = self.left.min(earlier.left);
        self
    }

    /// Whether nobody is named, and nothing else is to be said.
    pub fn is_silent(&self) -> bool {
        let says_more = self.more | self.malformed | self.sender_in_path | self.dot_segment;
        self.first.is_none() && !says_more && self.left == Left::ALL
    }

    /// Adds a device, where it is none of those found before.
    pub(in crate::names) fn add(&mut self, mac: Mac, source: Source) {
        self.add_mention(Mention::new(mac, source));
    }

    fn add_mention(&mut self, mention: Mention) {
        match (self.first, self.second) {
            (None, _) => self.first = Some(mention),
            (Some(first), _) if first.mac() == mention.mac() => {}
            (_, None) => self.second = Some(mention),
            (_, Some(second)) => self.more |= second.mac() != mention.mac(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mention_is_of_a_device_at_a_place() {
        for (mac, source) in [0, 1, 0x0004_f2aa_bbcc, 0xffff_ffff_ffff].into_iter().zip(Source::ALL.into_iter().rev()) {
            let mention = Mention::new(Mac::from_bits(mac), source);
            assert_eq!((mention.mac().bits(), mention.source()), (mac, source));
        }
        let mention = Mention::new(Mac::from_bits(0x0004_f2aa_bbcc), Source::Uri);
        assert_eq!(format!("{mention:?}"), "0004f2aabbcc in uri");
    }

    #[test]
    fn nothing_that_is_said_of_an_earlier_request_is_lost() {
        for said in 0..16_u8 {
            let [more, malformed, sender_in_path, dot_segment] = [1, 2, 4, 8].map(|flag| said & flag != 0);
            let names = Names { more, malformed, sender_in_path, dot_segment, ..Names::default() };
            assert_eq!(names.is_silent(), said == 0, "{names:?}");
            assert_eq!(Names::default().and(&names), names);
        }
        let mut names = Names::default();
        names.add(Mac::from_bits(0x0004_f2aa_bbcc), Source::Cookie);
        assert!(!names.is_silent() && Names::default().and(&names) == names);
    }
}
