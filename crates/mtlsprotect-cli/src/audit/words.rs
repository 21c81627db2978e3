//! The words that both of httpd's logs have: addresses.

use std::net::IpAddr;

/// An address; an IPv4-mapped IPv6 address is read as IPv4.
pub fn parse_address(word: &[u8]) -> Option<IpAddr> {
    std::str::from_utf8(word).ok()?.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}
