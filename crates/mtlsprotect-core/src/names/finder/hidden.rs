//! What a text could be read as besides the names that it has.

use crate::mac::Mac;

/// So many devices are told apart.
const MOST: usize = 4;

/// Devices that are not named, because digits that spell them are a name's, too: `123456780004-f2bbbbbb` is the name of one
/// device, and that of another for an application that strips it and takes the last 12 digits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// One more than are told apart where there are more.
    macs: Vec<Mac>,
    /// There may be some: most often nobody wants to know which.
    pub(in crate::names) may_be: bool,
}

impl Hidden {
    /// Adds a device.
    pub fn add(&mut self, mac: Mac) {
        self.may_be = true;
        if self.macs.len() <= MOST && !self.macs.contains(&mac) {
            self.macs.push(mac);
        }
    }

    /// Adds those of another text.
    pub(in crate::names) fn take_from(&mut self, other: &mut Hidden) {
        self.may_be |= std::mem::take(&mut other.may_be);
        other.macs.drain(..).for_each(|mac| self.add(mac));
    }

    /// More may be hidden than was looked for.
    pub(in crate::names) fn add_more(&mut self) {
        self.may_be = true;
        self.macs.resize(MOST + 1, Mac::from_bits(0));
    }

    /// These and those of other texts.
    #[must_use]
    pub fn and(mut self, mut other: Hidden) -> Self {
        if other.are_more() {
            self.add_more();
        }
        self.take_from(&mut other);
        self
    }

    /// The devices, unless there are more than are told apart.
    pub fn macs(&self) -> Option<&[Mac]> {
        (!self.are_more()).then_some(&self.macs)
    }

    fn are_more(&self) -> bool {
        self.macs.len() > MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(macs: std::ops::Range<u64>) -> Hidden {
        let mut hidden = Hidden::default();
        macs.for_each(|bits| hidden.add(Mac::from_bits(bits)));
        hidden
    }

    #[test]
    fn a_few_devices_are_told_apart_and_more_are_unknown() {
        let most = MOST as u64;
        assert_eq!(Hidden::default().macs(), Some(&[][..]));
        assert_eq!(hidden(1..3).and(hidden(2..4)).macs().map(<[Mac]>::len), Some(3));
        assert_eq!(hidden(0..most).and(hidden(0..most)).macs().map(<[Mac]>::len), Some(MOST));
        assert_eq!(hidden(0..most + 1).macs(), None);
        assert_eq!(hidden(0..most).and(hidden(most..most + 1)).macs(), None);
        assert_eq!(hidden(0..1).and(hidden(0..most + 1)).macs(), None);
        let mut more = Hidden::default();
        more.add_more();
        assert_eq!((more.macs(), hidden(0..1).and(more.clone()).macs()), (None, None));
        assert!(more.may_be && hidden(0..1).may_be && !Hidden::default().may_be);
        let unknown = Hidden { may_be: true, ..Hidden::default() };
        assert!(Hidden::default().and(unknown.clone()).may_be && unknown.and(Hidden::default()).may_be);
    }
}
