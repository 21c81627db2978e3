//! The prefixes that belong to one vendor.

use crate::mac::Oui;
use std::borrow::Cow;

/// The prefixes for which one vendor's certificates may speak, and no other vendor's: the vendor's
/// own, built in or listed with `oui=`. A few, sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedPrefixes(Cow<'static, [Oui]>);

impl OwnedPrefixes {
    pub(crate) const fn sorted(prefixes: &'static [Oui]) -> Self {
        OwnedPrefixes(Cow::Borrowed(prefixes))
    }

    /// None.
    pub const fn none() -> Self {
        OwnedPrefixes::sorted(&[])
    }

    /// These and others.
    pub fn with(&self, others: impl IntoIterator<Item = Oui>) -> Self {
        let mut all: Vec<Oui> = self.iter().chain(others).collect();
        all.sort_unstable();
        all.dedup();
        OwnedPrefixes(Cow::Owned(all))
    }

    /// Whether the vendor has none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `oui` is one of them.
    pub fn contains(&self, oui: Oui) -> bool {
        self.0.binary_search(&oui).is_ok()
    }

    /// Each of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Oui> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendor_has_the_prefixes_that_it_was_given_once_and_in_order() {
        let oui = Oui::from_bits;
        let two = OwnedPrefixes::none().with([oui(2), oui(1), oui(2)]);
        assert_eq!(two.iter().collect::<Vec<_>>(), [oui(1), oui(2)]);
        let three = two.with([oui(3)]);
        assert!(three.contains(oui(1)) && three.contains(oui(3)) && !three.contains(oui(4)));
        assert!(!three.is_empty() && OwnedPrefixes::none().is_empty());
    }
}
