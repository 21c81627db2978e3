//! One directive that passes requests on to another server.

use crate::configuration::extent::Reach;
use crate::configuration::folders::lies_in;
use crate::configuration::pattern::Pattern;
use crate::configuration::site::Setting;
use std::net::IpAddr;

/// A directive that passes requests on.
pub struct Passed<'s> {
    /// It.
    pub setting: &'s Setting<'s>,
    /// Where to; none for `ProxyPass /x !`.
    pub target: Option<String>,
    from: From,
}

/// The URLs that are passed on.
enum From {
    Below(String),
    Matching(String, Pattern),
}

impl<'s> Passed<'s> {
    /// By `ProxyPass` or `ProxyPassMatch`.
    pub fn by_proxy_pass(setting: &'s Setting<'s>) -> Option<Self> {
        let words = setting.words();
        let (from, target) = match (setting.section(), words) {
            (Some(section), [target, ..]) => {
                let around = section.words();
                let from = match &around[..] {
                    [url] if section.is("<Location") => From::Below(url.clone()),
                    [.., pattern] => From::matching(pattern),
                    [] => return None,
                };
                (from, target)
            }
            (None, [from, target, ..]) if setting.node.is("ProxyPass") => (From::Below(from.clone()), target),
            (None, [from, target, ..]) => (From::matching(from), target),
            _ => return None,
        };
        Some(Passed { setting, target: (target != "!").then(|| target.clone()), from })
    }

    /// By `RewriteRule` with the flag `P`.
    pub fn by_rule(setting: &'s Setting<'s>, pattern: &str, target: &str) -> Self {
        Passed { setting, target: Some(target.to_owned()), from: From::matching(pattern) }
    }

    /// Whether the requests for a path are passed on.
    pub fn covers(&self, path: &str) -> bool {
        match &self.from {
            From::Below(url) => is_below(path, url),
            From::Matching(_, pattern) => pattern.regex().is_some_and(|pattern| pattern.is_match(path)),
        }
    }

    /// Whether it says so by a pattern.
    pub fn is_pattern(&self) -> bool {
        matches!(self.from, From::Matching(..))
    }

    /// What the URLs that it passes on have in common.
    pub fn url(&self) -> &str {
        match &self.from {
            From::Below(url) => url,
            From::Matching(literal, _) => literal,
        }
    }

    /// Whether what it passes on is judged, as far as can be seen.
    pub fn is_judged(&self, reach: &Reach<'_>) -> bool {
        let own = self.url().trim_end_matches('/');
        reach.all().filter(|setting| setting.protects()).any(|setting| match location(setting) {
            Some(url) => lies_in(own, url.trim_end_matches('/')),
            None => is_of_any_url(setting),
        })
    }
}

impl From {
    fn matching(pattern: &str) -> Self {
        let anchored = pattern.strip_prefix('^').unwrap_or_default().replace('\\', "");
        let literal = anchored.split(['(', '[', '*', '?', '$', '.', '+', '|']).next().unwrap_or_default();
        From::Matching(literal.to_owned(), Pattern::new(pattern))
    }
}

/// The port of a target on this machine, which may be left out; `None` for one elsewhere.
pub fn local_port(target: &str) -> Option<Option<&str>> {
    let (_, rest) = target.split_once("://")?;
    let authority = &rest[..rest.find(['/', '?', '$']).unwrap_or(rest.len())];
    let (address, port) = authority.rsplit_once(':').map_or((authority, None), |(address, port)| (address, Some(port)));
    is_loopback(address.trim_matches(['[', ']'])).then_some(port)
}

/// Whether an address is this machine's own.
pub fn is_loopback(address: &str) -> bool {
    address.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// As httpd compares a URL with that of a `<Location>` or ProxyPass.
pub fn is_below(path: &str, url: &str) -> bool {
    if url.ends_with('/') { path.starts_with(url) } else { lies_in(path, url) }
}

/// The URL of the `<Location>` around a setting, with its final slash.
pub fn location(setting: &Setting) -> Option<String> {
    let section = setting.section().filter(|section| section.is("<Location"))?;
    let words = section.words();
    let [url] = &words[..] else { return None };
    (!url.contains(['*', '?', '['])).then(|| url.clone())
}

/// Whether a setting may count for any URL that is passed on: outside sections, and by patterns and expressions.
pub fn is_of_any_url(setting: &Setting) -> bool {
    const OTHERS: [&str; 5] = ["<Location", "<LocationMatch", "<If", "<Proxy", "<ProxyMatch"];
    setting.section().is_none_or(|section| OTHERS.iter().any(|name| section.is(name)))
}
