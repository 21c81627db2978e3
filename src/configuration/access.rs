//! Who is let in besides what is judged: `Require`, and hosts that answer no request with a file.

use crate::configuration::passed::location;
use crate::configuration::passed_on::Passing;
use crate::configuration::site::{Host, Setting, Site};
use crate::httpd::Node;

/// Files that a phone could ask for. What counts for these, counts for all.
pub const SAMPLES: [&str; 2] = ["0004f2aabbcc.cfg", "64167f001122.xml"];

/// Whether `Require` in the very section of a setting keeps strangers out, or in another of the same name.
pub fn is_restricted(site: &Site, host: &Host, setting: &Setting) -> bool {
    let own = &setting.sections[..];
    let all = || site.all(host, "require").map(|require| (require, without_combining(require)));
    let here = || all().filter(|(_, sections)| sections == own).map(|(require, _)| require);
    let named_alike = || all().filter(|(_, sections)| text(sections) == text(own)).map(|(require, _)| require);
    let keeps = if here().next().is_some() { keeps_out(here()) } else { keeps_out(named_alike()) };
    keeps && !any_satisfies(site, host)
}

/// The sections around a `Require` but for those that combine it with others.
fn without_combining<'s>(require: &Setting<'s>) -> Vec<Node<'s>> {
    let combines = |section: &Node| section.name().to_ascii_lowercase().starts_with("<require");
    require.sections.iter().copied().filter(|section| !combines(section)).collect()
}

fn text(sections: &[Node]) -> Vec<String> {
    sections.iter().map(|section| format!("{} {}", section.name(), section.words().join(" "))).collect()
}

/// Whether a `<Location>` or `<Proxy>` keeps strangers from a URL that is passed on.
pub fn is_url_restricted(site: &Site, host: &Host, url: &str) -> bool {
    let covers = |require: &&Setting| match (location(require), require.section()) {
        (Some(own), _) => url.starts_with(own.trim_end_matches('/')),
        (None, Some(section)) => ["<Proxy", "<ProxyMatch", "<LocationMatch"].iter().any(|name| section.is(name)),
        (None, None) => false,
    };
    keeps_out(site.all(host, "require").filter(covers)) && !any_satisfies(site, host)
}

/// Whether these let in some and not everybody.
fn keeps_out<'s>(requires: impl Iterator<Item = &'s Setting<'s>>) -> bool {
    const SOME: [&str; 8] = ["ip", "host", "local", "forward-dns", "valid-user", "user", "group", "ssl-verify-client"];
    let mut keeps = false;
    for require in requires {
        let denies_all = require.words() == ["all", "denied"];
        if require.words() == ["all", "granted"] || is_for_others(require) {
            return false;
        }
        keeps |= denies_all || SOME.iter().any(|kind| require.is(kind));
    }
    keeps
}

/// `<RequireNone>` and `<Limit>` say for whom or for which requests it does not count.
fn is_for_others(require: &Setting) -> bool {
    require
        .sections
        .iter()
        .any(|section| ["<RequireNone", "<Limit", "<LimitExcept"].iter().any(|name| section.is(name)))
}

fn any_satisfies(site: &Site, host: &Host) -> bool {
    site.all(host, "satisfy").any(|satisfy| satisfy.is("any"))
}

/// Whether a host gives nobody a file: it redirects, refuses or passes on everything.
pub fn serves_no_files(site: &Site, host: &Host) -> bool {
    let paths = || SAMPLES.iter().map(|name| format!("/{name}"));
    if redirects_all(host) || refuses_all(host) {
        return true;
    }
    let passing = Passing::of(site, host);
    paths().all(|path| passing.answers(&path) || passing.first(&path).is_some())
}

/// `Redirect permanent / https://...`, and nothing before it that would answer.
fn redirects_all(host: &Host) -> bool {
    let is_outside = |setting: &&Setting| setting.sections.is_empty() || location(setting).as_deref() == Some("/");
    let from_root = |setting: &Setting| match setting.words() {
        [.., from, _] => from == "/",
        // in a <Location>
        [_] => !setting.sections.is_empty(),
        [] => false,
    };
    let of_all = ["redirect", "redirectpermanent"].into_iter().flat_map(|name| host.own.all(name));
    let everything =
        ["^", "^/", "^/?", ".*", "^.*", "(.*)", "^(.*)$", "^/(.*)$", "^/?(.*)$", "^/(.*)", "^/.*", "^/.*$"];
    let by_pattern =
        |setting: &Setting| setting.words().iter().rev().nth(1).is_some_and(|from| everything.contains(&from.as_str()));
    of_all.filter(is_outside).any(from_root) || host.own.all("redirectmatch").iter().filter(is_outside).any(by_pattern)
}

/// `Require all denied` for all that the host has.
fn refuses_all(host: &Host) -> bool {
    let root = host.document_root();
    let covers = |setting: &&Setting| match &setting.sections[..] {
        [section] if section.is("<Location") => section.words() == ["/"],
        [section] if section.is("<Directory") => {
            section.words().first().is_some_and(|folder| folder.trim_end_matches('/') == root)
        }
        _ => false,
    };
    keeps_out(host.own.all("require").iter().filter(covers).filter(|require| require.is("all")))
}
