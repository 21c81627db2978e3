//! Where httpd listens and no virtual host answers: there the main server does.

use crate::configuration::site::{Setting, Site};
use std::net::IpAddr;

/// A `Listen` for which there is no `<VirtualHost>`.
pub fn without_host<'s>(site: &'s Site<'s>) -> Option<&'s Setting<'s>> {
    let addresses = || site.hosts.iter().flat_map(|host| &host.addresses);
    let answers = |listen: &Setting| addresses().any(|address| answers(address, listen.word()));
    site.server.all("listen").iter().find(|listen| !answers(listen))
}

/// Whether a virtual host of this address answers all that comes to a listener.
fn answers(address: &str, listen: &str) -> bool {
    let (own, port) = split(address);
    let (at, listen_port) = match split(listen) {
        // a port alone
        (port, "*") => ("*", port),
        both => both,
    };
    let is_any =
        |address: &str| ["*", "_default_", "0.0.0.0", "[::]"].iter().any(|any| address.eq_ignore_ascii_case(any));
    // What a name stands for is not looked up here.
    let is_name = |address: &str| address.trim_matches(['[', ']']).parse::<IpAddr>().is_err();
    (port == "*" || port == listen_port) && (is_any(own) || own.eq_ignore_ascii_case(at) || is_name(own))
}

fn split(text: &str) -> (&str, &str) {
    match text.rsplit_once(':') {
        Some((address, port)) if !port.ends_with(']') => (address, port),
        _ => (text, "*"),
    }
}

#[cfg(test)]
mod tests {
    use super::answers;

    #[test]
    fn a_virtual_host_answers_its_own_port_on_its_own_address() {
        for (host, listen) in [
            ("*:80", "80"),
            ("*:80", "192.0.2.1:80"),
            ("_default_:80", "[::]:80"),
            ("192.0.2.1:80", "192.0.2.1:80"),
            ("*", "8080"),
            ("phones.example:80", "80"),
            ("[2001:db8::1]:80", "[2001:db8::1]:80"),
        ] {
            assert!(answers(host, listen), "{host} {listen}");
        }
        for (host, listen) in [("*:443", "80"), ("192.0.2.1:80", "80"), ("192.0.2.1:80", "192.0.2.2:80")] {
            assert!(!answers(host, listen), "{host} {listen}");
        }
    }
}
