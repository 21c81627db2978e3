//! What an operator says of how devices are named.

use crate::built_in::known_prefixes::KnownPrefixes;
use crate::names::pattern::{FilePattern, Ignore};
use std::borrow::Cow;

/// How devices are named in requests, besides by their addresses.
#[derive(Clone, Copy, Debug)]
pub struct Naming<'a> {
    /// Query parameters whose value is a device's name, in lower case.
    pub parameters: &'a [Cow<'static, str>],
    /// Patterns that find names in the site's own format.
    pub patterns: &'a [FilePattern],
    /// Text that is cut out before the search.
    pub ignore: &'a [Ignore],
    /// Prefixes of phones.
    pub known: &'a KnownPrefixes,
}

/// `MTLSProtectNameParameter` where nobody sets it.
pub static DEFAULT_NAME_PARAMETERS: &[Cow<'static, str>] = &[Cow::Borrowed("mac")];

impl<'a> Naming<'a> {
    /// Whether they are named by addresses alone, each in a segment of its own.
    #[inline]
    pub fn are_addresses(&self) -> bool {
        self.patterns.is_empty() && self.ignore.is_empty()
    }

    /// What counts where an operator says nothing.
    pub fn with_defaults(known: &'a KnownPrefixes) -> Self {
        Naming { parameters: DEFAULT_NAME_PARAMETERS, patterns: &[], ignore: &[], known }
    }
}
