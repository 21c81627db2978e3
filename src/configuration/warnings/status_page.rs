//! A status page that is shown to everybody.

use crate::configuration::extent::{described, url};
use crate::configuration::site::{Host, Setting, Site};
use crate::message::{Message, Number};
use regex::Regex;

/// Finds those that nothing restricts, and those whose restriction another section takes back.
pub fn find(site: &Site, warnings: &mut Vec<Message>) {
    let is_page = |setting: &&Setting| setting.is("mtlsprotect-status");
    for setting in site.server.all("sethandler").iter().filter(is_page) {
        let Some(path) = url(setting) else { continue };
        let virtual_hosts = || site.hosts.iter().filter(|host| host.server.is_virtual());
        let is_restricted = |host: &Host| host.own.all("require").iter().any(|other| restricts(other, &path));
        let is_restricted_in_all = virtual_hosts().next().is_some() && virtual_hosts().all(is_restricted);
        if !is_restricted_in_all && !site.server.all("require").iter().any(|other| says(other, &path)) {
            warnings.push(open_to_all(setting));
        } else {
            warnings.extend(site.hosts.iter().find_map(|host| opened(site, host, &path)));
        }
    }
    for host in &site.hosts {
        for setting in host.own.all("sethandler").iter().filter(is_page) {
            let Some(path) = url(setting) else { continue };
            if !site.all(host, "require").any(|other| says(other, &path)) {
                warnings.push(open_to_all(setting));
            } else {
                warnings.extend(opened(site, host, &path));
            }
        }
    }
}

/// Whether a `Require` says who may see the page: any beside it, where even `all granted` is meant, or a strict one around it.
fn says(require: &Setting, path: &str) -> bool {
    url(require).is_some_and(|own| own == *path) || restricts(require, path)
}

fn restricts(require: &Setting, path: &str) -> bool {
    !is_granted(require) && covers(require, path)
}

fn is_granted(require: &Setting) -> bool {
    require.words() == ["all", "granted"]
}

/// Whether the `<Location>` of a setting has the page in it.
fn covers(setting: &Setting, path: &str) -> bool {
    if let Some(own) = url(setting) {
        let own = own.trim_end_matches('/');
        return path.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    }
    setting.section().filter(|section| section.is("<LocationMatch")).is_some_and(|section| {
        let words = section.words();
        words.first().is_some_and(|word| Regex::new(word).is_ok_and(|pattern| pattern.is_match(path)))
    })
}

fn open_to_all(setting: &Setting) -> Message {
    Number::StatusOpen.says(format!(
        "{}: the status page in {} has no Require: strangers see the hosts, vendors and devices, and the paths of the \
         configuration; write Require local beside SetHandler",
        setting.place(),
        described(setting),
    ))
}

/// What httpd merges later than a page's own `Require` and lets everybody in again.
fn opened(site: &Site, host: &Host, path: &str) -> Option<Message> {
    let all: Vec<&Setting> = site.all(host, "require").collect();
    let last = all.iter().rposition(|other| restricts(other, path))?;
    let replaces = |other: &&&Setting| {
        is_granted(other) && other.sections.len() == 1 && covers(other, path) && !is_combined(site, host, other)
    };
    let own = |other: &&&Setting| url(other).is_some_and(|own| own == *path);
    let granted = all[last + 1..].iter().find(|other| replaces(other) && !own(other)).copied();
    let is_any = |other: &&Setting| other.is("any") && (other.sections.is_empty() || covers(other, path));
    let denies = || site.all(host, "deny").any(|other| covers(other, path));
    let found = granted.or_else(|| site.all(host, "satisfy").find(is_any).filter(|_| !denies()))?;
    let around = if found.sections.is_empty() { String::new() } else { format!(" in {}", described(found)) };
    Some(Number::StatusOpen.says(format!(
        "{}: {}{around} replaces {} ({}) of the status page in virtual host {}: strangers see the hosts, vendors and devices, \
         and the paths of the configuration; write the page's <Location> with its SetHandler and Require behind it, into the \
         same virtual host, and no Satisfy Any",
        found.place(),
        found.text(),
        all[last].text(),
        all[last].place(),
        host.server.describe(),
    )))
}

/// `AuthMerging And` or `Or` in the same section: what was said before still counts.
fn is_combined(site: &Site, host: &Host, require: &Setting) -> bool {
    site.all(host, "authmerging").any(|merging| merging.is("and") && merging.sections == require.sections)
}
