//! The URL that is checked.

use std::net::Ipv6Addr;

/// `https://HOST[:PORT]/PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// As it was given.
    pub text: String,
    /// Without the brackets of an IPv6 address.
    pub host: String,
    /// 443 unless it says another.
    pub port: u16,
    /// Path and query.
    pub path: String,
}

impl Url {
    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(url: &str) -> Result<Self, String> {
        let rest = match url.split_at_checked("https://".len()) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https://") => rest,
            _ => return Err("expected https://HOST/PATH".to_owned()),
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let path = path.split('#').next().unwrap_or_default();
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let is_sent = |byte: u8| byte > b' ' && byte != 0x7f;
        if !rest.bytes().all(is_sent) || authority.contains('@') {
            return Err("has white space or a user name in it, which no phone sends".to_owned());
        }
        let (host, port) = split_port(authority).ok_or("has no host or a wrong port")?;
        Ok(Url { text: url.to_owned(), host, port, path })
    }
}

/// Host and port; an IPv6 address in brackets.
fn split_port(authority: &str) -> Option<(String, u16)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            host.parse::<Ipv6Addr>().ok()?;
            (host, port.strip_prefix(':').or(port.is_empty().then_some("443"))?)
        }
        None => authority.split_once(':').unwrap_or((authority, "443")),
    };
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.parse().ok().filter(|&port| port != 0 && is_number)?;
    (!host.is_empty()).then_some((host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports_are_told_apart() {
        for (authority, expected) in [
            ("pbx.example", Some(("pbx.example", 443))),
            ("pbx.example:8443", Some(("pbx.example", 8443))),
            ("[::1]", Some(("::1", 443))),
            ("[::1]:8443", Some(("::1", 8443))),
            ("", None),
            (":443", None),
            ("x:", None),
            ("x:0", None),
            ("x:+1", None),
            ("x:99999", None),
            ("::1", None),
            ("[::1", None),
            ("[::1]x", None),
            ("[x]", None),
        ] {
            let found = split_port(authority);
            assert_eq!(found.as_ref().map(|(host, port)| (host.as_str(), *port)), expected, "{authority}");
        }
    }

    #[test]
    fn a_url_is_https_with_a_host() {
        let url = Url::parse("HTTPS://pbx.example:8443?mac=1#x").unwrap();
        assert_eq!((url.host.as_str(), url.port, url.path.as_str()), ("pbx.example", 8443, "/?mac=1"));
        for wrong in [
            "",
            "http://x/",
            "pbx.example/x",
            "https://",
            "https:///x",
            "https://u@x/",
            "https://x/a b",
            "https://a b/",
        ] {
            assert!(Url::parse(wrong).is_err(), "{wrong}");
        }
    }
}
