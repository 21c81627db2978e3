//! Networks so wide that to trust them is to trust nearly everybody.

use ipnet::IpNet;
use std::net::{IpAddr, Ipv6Addr};

/// The longest prefixes of networks that are nearly everybody, for IPv4 and IPv6: two halves of the Internet are it as well.
const NEARLY_ALL: [u8; 2] = [7, 15];
/// The longest prefixes of public networks that are too wide for balancers.
const TOO_WIDE: [u8; 2] = [15, 31];

fn longest(network: &IpNet, lengths: [u8; 2]) -> u8 {
    if network.addr().is_ipv4() { lengths[0] } else { lengths[1] }
}

/// fc00::/7, of RFC 4193, and what is in it.
fn is_unique_local(network: &IpNet) -> bool {
    let all = IpNet::new(IpAddr::V6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0)), 7);
    all.is_ok_and(|all| all.contains(network))
}

/// Whether a network has nearly all addresses of some region of the Internet.
pub fn is_nearly_all(network: &IpNet) -> bool {
    network.prefix_len() <= longest(network, NEARLY_ALL) && !is_unique_local(network)
}

/// Whether a word of a directive is such a network.
pub fn names_nearly_all(word: &str) -> bool {
    word.parse().is_ok_and(|network| is_nearly_all(&network))
}

/// Whether a network is too wide for balancers, and not a private one: RFC 1918, RFC 6598, loopback, fc00::/7.
pub fn is_wide_public(network: &IpNet) -> bool {
    const PRIVATE: [&str; 6] =
        ["10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fe80::/10"];
    let is_private = || PRIVATE.iter().any(|own| own.parse().is_ok_and(|own: IpNet| own.contains(network)));
    network.prefix_len() <= longest(network, TOO_WIDE) && !is_private() && !is_unique_local(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_nearly_all_and_private_networks_are_not_public() {
        for (text, nearly, wide) in [
            ("0.0.0.0/1", true, true),
            ("128.0.0.0/7", true, true),
            ("10.0.0.0/8", false, false),
            ("11.0.0.0/8", false, true),
            ("203.0.0.0/15", false, true),
            ("203.0.0.0/16", false, false),
            ("172.16.0.0/12", false, false),
            ("172.0.0.0/8", false, true),
            ("fc00::/7", false, false),
            ("2000::/3", true, true),
            ("2001:db8::/32", false, false),
            ("2001::/16", false, true),
        ] {
            let network = text.parse().unwrap();
            assert_eq!((is_nearly_all(&network), is_wide_public(&network)), (nearly, wide), "{text}");
            assert_eq!(names_nearly_all(text), nearly, "{text}");
        }
        assert!(!names_nearly_all("all"));
    }
}
