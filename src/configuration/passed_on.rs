//! What a host passes on to other servers, which is in no `<Directory>` and no `<Files>`.

use crate::configuration::extent::Reach;
use crate::configuration::passed::{Passed, is_below, is_of_any_url, location};
use crate::configuration::rewriting::{Outcome, Rewriting};
use crate::configuration::site::{Host, Setting, Site};

/// What a host passes on.
pub struct Passing<'s> {
    /// Each directive that passes on, or keeps from that, in the order in which httpd asks them.
    proxied: Vec<Passed<'s>>,
    rewriting: Rewriting<'s>,
}

impl<'s> Passing<'s> {
    /// Reads it.
    pub fn of(site: &'s Site<'s>, host: &'s Host<'s>) -> Self {
        let all = || ["proxypass", "proxypassmatch"].into_iter().flat_map(|name| site.all(host, name));
        // httpd asks what stands in a section first.
        let (mut proxied, outside): (Vec<_>, Vec<_>) =
            all().filter_map(Passed::by_proxy_pass).partition(|passed| !passed.setting.sections.is_empty());
        proxied.extend(outside);
        Passing { proxied, rewriting: Rewriting::of(site, host) }
    }

    /// All directives that pass something on.
    pub fn all(&self) -> impl Iterator<Item = &Passed<'s>> {
        self.rewriting.passed().iter().chain(self.proxied.iter().filter(|passed| passed.target.is_some()))
    }

    /// Whether a rewrite redirects or refuses the requests for a path.
    pub fn answers(&self, path: &str) -> bool {
        matches!(self.rewriting.outcome(path), Outcome::Answered)
    }

    /// The directive that surely passes on the requests for a path.
    pub fn first(&self, path: &str) -> Option<&Passed<'s>> {
        match self.rewriting.outcome(path) {
            Outcome::PassedOn(passed) => Some(passed),
            Outcome::Unchanged => {
                self.proxied.iter().find(|passed| passed.covers(path)).filter(|passed| passed.target.is_some())
            }
            Outcome::Answered | Outcome::Unknown => None,
        }
    }
}

/// What a host passes on past a `<Directory>` or `<Files>` that protects, without being judged.
pub fn past_sections<'s>(site: &'s Site<'s>, host: &'s Host<'s>, reach: &Reach<'_>) -> Vec<&'s Setting<'s>> {
    let is_of_files = |setting: &Setting| setting.protects() && !is_of_any_url(setting);
    if !reach.sections.iter().any(|setting| is_of_files(setting)) {
        return Vec::new();
    }
    let passing = Passing::of(site, host);
    passing.all().filter(|passed| !passed.is_judged(reach)).map(|passed| passed.setting).collect()
}

/// Whether a request for a path is judged, though it is passed on.
pub fn is_judged_at(reach: &Reach<'_>, path: &str) -> bool {
    reach.all().filter(|setting| setting.protects()).any(|setting| match location(setting) {
        Some(url) => is_below(path, &url),
        None => is_of_any_url(setting),
    })
}
