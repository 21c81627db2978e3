//! Whose names are looked for where digits alone don't say.

use crate::built_in::known_prefixes::KnownPrefixes;
use crate::mac::{Mac, Oui};

/// What makes a loose spelling a name.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The prefixes of phones.
    pub known: &'a KnownPrefixes,
    /// Who is proven to send the request.
    pub sender: Option<Mac>,
}

impl Wanted<'_> {
    /// Whether `mac` has a prefix that a phone vendor is known to use.
    pub fn is_known(&self, mac: Mac) -> bool {
        self.known.contains(mac.oui())
    }

    /// Whether a loose spelling with this prefix may be a name.
    pub fn may_begin(&self, prefix: Oui) -> bool {
        self.known.contains(prefix) || self.sender.is_some_and(|sender| sender.oui() == prefix)
    }

    /// Whether a prefix for which [`Self::may_begin`] holds may begin with this octet.
    #[inline(always)]
    pub fn may_begin_with(&self, octet: u8) -> bool {
        self.known.may_begin_with(octet) || self.sender.is_some_and(|sender| sender.oui().octet() == octet)
    }

    /// Whether a loose spelling of `mac` would be a name.
    pub fn has(&self, mac: Mac) -> bool {
        self.sender == Some(mac) || self.is_known(mac)
    }
}
