//! What the headers of a request say of its client, where a balancer sends them.

use crate::forwarded::line::ProxyLine;
use crate::forwarded::read::is_absent;
use crate::forwarded::scheme::{forwarded_says_http, forwarded_says_https, proto_says_http, proto_says_https};

/// What a balancer says of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said<'h> {
    /// That it came without TLS.
    PlainHttp,
    /// That it has no certificate.
    NoCertificate,
    /// Something in more headers than one.
    Twice,
    /// The values of the headers with its certificate and the chain.
    Certificate {
        /// Of the certificate.
        leaf: &'h [u8],
        /// Of the chain; empty where there is none.
        chain: &'h [u8],
    },
}

/// The headers of one request from a balancer that count.
#[derive(Debug, Default)]
pub struct BalancersHeaders<'h> {
    says_http: bool,
    says_https: bool,
    leaf: Option<&'h [u8]>,
    is_more: bool,
    chain: Option<&'h [u8]>,
}

impl<'h> BalancersHeaders<'h> {
    /// Looks at a header; whether it is one of those that the balancer sets.
    pub fn take(&mut self, line: &ProxyLine, name: &[u8], value: &'h [u8]) -> bool {
        let is = |header: &str| name.eq_ignore_ascii_case(header.as_bytes());
        if is(line.header()) {
            self.is_more |= self.leaf.replace(value).is_some();
            return true;
        }
        if line.chain().is_some_and(is) {
            // More than one chain adds nothing that counts.
            self.chain.get_or_insert(value);
            return true;
        }
        if is("X-Forwarded-Proto") {
            self.says_http |= proto_says_http(value);
            self.says_https |= proto_says_https(value);
        } else if is("Forwarded") {
            self.says_http |= forwarded_says_http(value);
            self.says_https |= forwarded_says_https(value);
        }
        false
    }

    /// Whether the client came to the balancer with TLS, by what it says or because a certificate came.
    pub fn is_of_tls(&self) -> bool {
        !self.says_http && (self.says_https || self.leaf.is_some_and(|leaf| !is_absent(leaf)))
    }

    /// What all of them say.
    pub fn said(&self) -> Said<'h> {
        match self.leaf {
            _ if self.says_http => Said::PlainHttp,
            _ if self.is_more => Said::Twice,
            Some(leaf) if !is_absent(leaf) => Said::Certificate { leaf, chain: self.chain.unwrap_or_default() },
            _ => Said::NoCertificate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said<'h>(headers: &[(&str, &'h str)]) -> Said<'h> {
        let line = ProxyLine::read(&["192.0.2.10", "certificate=rfc9440"]).unwrap();
        let mut found = BalancersHeaders::default();
        for (name, value) in headers {
            found.take(&line, name.as_bytes(), value.as_bytes());
        }
        found.said()
    }

    #[test]
    fn a_balancer_says_http_or_nothing_or_a_certificate_once() {
        let one = ("Client-Cert", ":MAA=:");
        let certificate = |chain: &'static str| Said::Certificate { leaf: b":MAA=:", chain: chain.as_bytes() };
        for (headers, expected) in [
            (vec![], Said::NoCertificate),
            (vec![("Client-Cert", " ")], Said::NoCertificate),
            (vec![("client-cert", "(null)")], Said::NoCertificate),
            (vec![("Client_Cert", ":MAA=:")], Said::NoCertificate),
            (vec![one], certificate("")),
            (vec![("Client-Cert-Chain", "x"), one, ("Client-Cert-Chain", "y")], certificate("x")),
            (vec![one, one], Said::Twice),
            (vec![one, ("Client-Cert", "")], Said::Twice),
            (vec![one, ("X-Forwarded-Proto", "https")], certificate("")),
            (vec![one, ("x-forwarded-proto", "https, http")], Said::PlainHttp),
            (vec![one, one, ("Forwarded", "proto=http")], Said::PlainHttp),
        ] {
            assert_eq!(said(&headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn a_balancer_has_a_client_with_tls_where_it_says_so_or_has_its_certificate() {
        let line = ProxyLine::read(&["192.0.2.10", "certificate=rfc9440"]).unwrap();
        let is_of_tls = |headers: &[(&str, &'static str)]| {
            let mut found = BalancersHeaders::default();
            for (name, value) in headers {
                found.take(&line, name.as_bytes(), value.as_bytes());
            }
            found.is_of_tls()
        };
        assert!(is_of_tls(&[("X-Forwarded-Proto", "https")]) && is_of_tls(&[("Forwarded", "proto=https")]));
        assert!(is_of_tls(&[("Client-Cert", ":MAA=:")]));
        assert!(!is_of_tls(&[]) && !is_of_tls(&[("Client-Cert", "(null)")]));
        assert!(!is_of_tls(&[("Client-Cert", ":MAA=:"), ("X-Forwarded-Proto", "http")]));
        assert!(!is_of_tls(&[("X-Forwarded-Proto", "https"), ("Forwarded", "proto=http")]));
    }
}
