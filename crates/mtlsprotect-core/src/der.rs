//! The little of DER (X.690) that reading a certificate's names and extensions takes.
//!
//! OpenSSL has parsed every certificate before it comes here; these readers only look at what its
//! safe interface doesn't show: the type of a string and the presence of an extension.

pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const BOOLEAN: u8 = 0x01;

/// Reads one element after the other. Elements with a tag number above 30, of indefinite length
/// or longer than the input end the reading.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(der: &'a [u8]) -> Self {
        Reader(der)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Bytes that are left.
    pub(crate) fn len(self) -> usize {
        self.0.len()
    }

    /// The next element's tag and content; `None` at the end and where the input is not DER.
    pub(crate) fn element(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (length.iter().fold(0, |sum, &byte| sum * 256 + usize::from(byte)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        if tag & 0x1f == 0x1f {
            return None;
        }
        self.0 = rest;
        Some((tag, content))
    }

    /// The content of the next element when it has this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.element().filter(|&(found, _)| found == tag).map(|(_, content)| content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn elements_follow_one_another() {
        let mut reader = Reader::new(&[4, 1, 7, 0x30, 0x81, 2, 1, 2]);
        assert_eq!(reader.element(), Some((4, &[7][..])));
        assert_eq!(reader.expect(SEQUENCE), Some(&[1, 2][..]));
        assert!(reader.is_empty() && reader.element().is_none());
    }

    #[test]
    fn an_element_is_as_long_as_it_says() {
        for (length, header) in
            [(127, &[4, 127][..]), (128, &[4, 0x81, 128]), (0x102, &[4, 0x82, 1, 2]), (3, &[4, 0x84, 0, 0, 0, 3])]
        {
            let der = [header, &vec![7; length], &[5, 0]].concat();
            let mut reader = Reader::new(&der);
            assert_eq!(reader.element(), Some((4, &vec![7; length][..])), "{header:?}");
            assert_eq!(reader.element(), Some((5, &[][..])), "{header:?}");
            assert_eq!(Reader::new(&der[..header.len() + length - 1]).element(), None, "{header:?}");
        }
    }

    #[test]
    fn what_the_reader_does_not_know_ends_the_reading() {
        let long_tags = [0x1f, 0x3f, 0x5f, 0xbf, 0xff].map(|tag| vec![tag, 1, 7]);
        for der in long_tags.iter().chain(&[vec![0x30, 0x80, 0, 0], vec![4, 0x85, 0, 0, 0, 0, 1, 7]]) {
            let mut reader = Reader::new(der);
            assert_eq!((reader.element(), reader.is_empty()), (None, false), "{der:?}");
        }
        assert_eq!(Reader::new(&[0x1e, 1, 7]).element(), Some((0x1e, &[7][..])));
    }

    proptest! {
        #[test]
        fn no_input_makes_the_reader_leave_it(der in prop::collection::vec(any::<u8>(), 0..60)) {
            let mut reader = Reader::new(&der);
            let mut total = 0;
            while let Some((_, content)) = reader.element() {
                total += content.len() + 2;
            }
            prop_assert!(total <= der.len());
        }
    }
}
