//! The words of httpd's logs: how they are told apart, and addresses.

use mtlsprotect_core::names::place_of;
use std::net::{IpAddr, Ipv4Addr};

/// The words of a text between one or more spaces.
pub struct Words<'a>(pub &'a [u8]);

impl<'a> Iterator for Words<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let start = self.0.iter().position(|&byte| byte != b' ')?;
        let text = &self.0[start..];
        let (word, rest) = text.split_at(place_of(text, b' ').unwrap_or(text.len()));
        self.0 = rest;
        Some(word)
    }
}

/// An address; an IPv4-mapped IPv6 address is read as IPv4.
pub fn parse_address(word: &[u8]) -> Option<IpAddr> {
    if let Some(address) = parse_ipv4(word) {
        return Some(IpAddr::V4(address));
    }
    std::str::from_utf8(word).ok()?.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// The same of most lines, without the detours of the library.
fn parse_ipv4(word: &[u8]) -> Option<Ipv4Addr> {
    let (first, word) = octet(word)?;
    let (second, word) = octet(word.strip_prefix(b".")?)?;
    let (third, word) = octet(word.strip_prefix(b".")?)?;
    let (fourth, word) = octet(word.strip_prefix(b".")?)?;
    word.is_empty().then(|| Ipv4Addr::new(first, second, third, fourth))
}

/// The octet that a text begins with, and what follows; as for the library, 010 is not one.
fn octet(text: &[u8]) -> Option<(u8, &[u8])> {
    let digit = |at: usize| text.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|&digit| digit < 10);
    let first = digit(0)?;
    let Some(second) = digit(1).filter(|_| first > 0) else { return Some((first, &text[1..])) };
    let two = 10 * first + second;
    let Some(third) = digit(2) else { return Some((two, &text[2..])) };
    Some((two.checked_mul(10)?.checked_add(third)?, &text[3..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_address_is_what_the_library_takes_for_one(
            word in "(25[0-9]|[0-9]{1,3}|0?|x)(\\.(25[0-9]|[0-9]{1,3}|00|0)){2,4}\\.?|[0-9.]{0,16}|::ffff:[1-9]\\.2\\.3\\.4|[0-9a-f:]{2,9}"
        ) {
            let library = word.parse::<IpAddr>().ok().map(|address| address.to_canonical());
            prop_assert_eq!(parse_address(word.as_bytes()), library, "{}", word);
        }

        #[test]
        fn words_are_those_of_the_library(text in "[ab ]{0,40}") {
            let library = text.as_bytes().split(|&byte| byte == b' ').filter(|word| !word.is_empty());
            prop_assert!(Words(text.as_bytes()).eq(library));
        }
    }
}
