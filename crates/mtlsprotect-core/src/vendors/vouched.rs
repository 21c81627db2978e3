//! What the vendors' lists say of a certificate.

use crate::trust::device_trust::Trusted;

/// A certificate that one of the lists vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    /// What the list says.
    pub trusted: Trusted,
    /// Which list: an index into [`crate::vendors::Vendors::members`].
    pub member: usize,
    /// Which root of it: an index into [`crate::vendors::Vendors::roots`].
    pub root: usize,
    /// Whose the MAC's prefix is.
    pub ownership: Ownership,
}

/// Whose the prefix of a certificate's MAC is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// The vendor's own, or nothing depends on it.
    Own,
    /// No vendor's: this vendor may speak for it, and the log says so.
    New,
    /// Another vendor's, or closed to this one by `strict=yes`.
    Foreign,
}
