//! The words that both of httpd's logs have: reasons, addresses.

use mtlsprotect_core::decision::Reason;
use std::net::IpAddr;

/// The reason of this word.
pub fn reason_named(word: &[u8]) -> Option<Reason> {
    Reason::ALL.into_iter().find(|reason| reason.as_str().as_bytes() == word)
}

/// An address, one of IPv4 in IPv6's clothes as IPv4.
pub fn parse_address(word: &[u8]) -> Option<IpAddr> {
    std::str::from_utf8(word).ok()?.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}
