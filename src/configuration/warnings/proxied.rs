//! What is passed on to an application although a section seems to protect it.

use crate::configuration::access::{SAMPLES, is_url_restricted};
use crate::configuration::extent::{Protection, Reach, described, folder};
use crate::configuration::passed::{Passed, location};
use crate::configuration::passed_on::{Passing, is_judged_at};
use crate::configuration::site::{Host, Setting, Site};
use crate::configuration::warnings::staff::is_for_staff;
use crate::httpd::Node;
use crate::message::{Message, Number};
use std::collections::{BTreeMap, HashSet};

/// What a host passes on, with its place in [`Site::hosts`].
struct Of<'s> {
    number: usize,
    passing: Passing<'s>,
}

/// Finds it. The answer is the directives of which something has been told.
pub fn find<'s>(site: &'s Site<'s>, protection: &Protection<'s>, warnings: &mut Vec<Message>) -> HashSet<Node<'s>> {
    let mut told = HashSet::new();
    let passing = |(number, host): (usize, &'s Host<'s>)| Of { number, passing: Passing::of(site, host) };
    let all: Vec<Of> =
        site.hosts.iter().enumerate().map(passing).filter(|of| of.passing.all().next().is_some()).collect();
    for Of { number, passing } in &all {
        let (host, reach) = (&site.hosts[*number], &protection.hosts[*number]);
        if host.has_list() && site.takes_certificates(host) {
            over_folders(host, reach, passing, &mut told, warnings);
        }
        beside_locations(host, reach, passing, &mut told, warnings);
    }
    same_backend(site, protection, &all, &mut told, warnings);
    told
}

/// `ProxyPass /` over the URL by which a protected folder is served.
fn over_folders<'s>(
    host: &Host,
    reach: &Reach<'s>,
    passing: &Passing<'s>,
    told: &mut HashSet<Node<'s>>,
    warnings: &mut Vec<Message>,
) {
    for section in reach.sections.iter().filter(|setting| setting.protects() && location(setting).is_none()) {
        for (url, sample) in urls(reach, section).iter().flat_map(|url| SAMPLES.iter().map(move |sample| (url, sample)))
        {
            let path = format!("{}/{sample}", url.trim_end_matches('/'));
            let Some(passed) = passing.first(&path).filter(|_| !is_judged_at(reach, &path)) else { continue };
            if told.insert(passed.setting.node) {
                warnings.push(Number::PastSection.says(format!(
                    "{}: {} of virtual host {} passes on what is asked for below {url}, where {} ({}) seems to protect it: a \
                     request that is passed on is in no <Directory> and no <Files>, and is not judged; write MTLSProtect On \
                     into <Location \"{url}\">, or {} before that line",
                    passed.setting.place(),
                    passed.setting.text(),
                    host.server.describe(),
                    described(section),
                    section.place(),
                    exception(passed, url),
                )));
            }
        }
    }
}

/// What keeps requests from being passed on.
pub fn exception(passed: &Passed<'_>, url: &str) -> String {
    if passed.setting.node.is("RewriteRule") {
        format!("RewriteRule ^{} - [L]", url.replace('.', "\\."))
    } else {
        format!("ProxyPass {url} !")
    }
}

/// The URLs by which a host serves what a section protects.
fn urls(reach: &Reach<'_>, setting: &Setting) -> Vec<String> {
    let Some(section) = setting.section() else { return Vec::new() };
    match folder(setting) {
        Some(folder) => reach.urls_of(&folder),
        None if section.is("<Files") || section.is("<FilesMatch") => vec!["/".to_owned()],
        None => Vec::new(),
    }
}

/// `ProxyPass /app` beside `<Location "/app/">`, and patterns that match more than the `<Location>`.
fn beside_locations<'s>(
    host: &Host,
    reach: &Reach<'s>,
    passing: &Passing<'s>,
    told: &mut HashSet<Node<'s>>,
    warnings: &mut Vec<Message>,
) {
    let protecting = || reach.sections.iter().filter(|setting| setting.protects());
    let locations: Vec<(&Setting, String)> =
        protecting().filter_map(|setting| Some((*setting, location(setting)?))).collect();
    for passed in passing.all() {
        let beside = locations.iter().find_map(|(section, url)| Some((section, url, beside(passed, url)?)));
        let Some((section, url, path)) = beside.filter(|(.., path)| !is_judged_at(reach, path)) else { continue };
        if told.insert(passed.setting.node) {
            let url = url.trim_end_matches('/');
            let instead = if passed.is_pattern() {
                format!("begin the pattern with ^{url}/")
            } else {
                format!("write <Location \"{url}\">, without the last slash")
            };
            warnings.push(Number::PassedBeside.says(format!(
                "{}: {} of virtual host {} passes on {path} as well, which is not in {} ({}) and is not judged; {instead}",
                passed.setting.place(),
                passed.setting.text(),
                host.server.describe(),
                described(section),
                section.place(),
            )));
        }
    }
}

/// A path right beside the URL of a `<Location>` that is passed on with it, if there is one.
fn beside(passed: &Passed<'_>, url: &str) -> Option<String> {
    let whole = url.trim_end_matches('/');
    if whole.is_empty() {
        return None;
    }
    if !passed.is_pattern() {
        return (passed.url() == whole && url.ends_with('/')).then(|| whole.to_owned());
    }
    let path = format!("{whole}{}", SAMPLES[0]);
    let is_of_location =
        passed.covers(&format!("{whole}/{}", SAMPLES[0])) && !passed.covers(&format!("/~{}", SAMPLES[0]));
    (is_of_location && passed.covers(&path)).then_some(path)
}

/// An application that is protected by one way to it, and open by another.
fn same_backend<'s>(
    site: &'s Site<'s>,
    protection: &Protection<'s>,
    all: &[Of<'s>],
    told: &mut HashSet<Node<'s>>,
    warnings: &mut Vec<Message>,
) {
    let ways = || all.iter().flat_map(|of| of.passing.all().map(|passed| (of.number, passed)));
    let mut protected: BTreeMap<String, (usize, &Setting)> = BTreeMap::new();
    for (number, passed) in ways().filter(|(number, passed)| passed.is_judged(&protection.hosts[*number])) {
        if let Some(backend) = backend(number, passed) {
            protected.entry(backend).or_insert((number, passed.setting));
        }
    }
    for (number, passed) in ways().filter(|_| !protected.is_empty()) {
        let (host, reach) = (&site.hosts[number], &protection.hosts[number]);
        if passed.is_judged(reach) || told.contains(&passed.setting.node) {
            continue;
        }
        let Some(backend) = backend(number, passed) else { continue };
        let below = protected.range(backend.clone()..).next().filter(|(other, _)| other.starts_with(&backend));
        let Some((_, (other, protected))) =
            below.filter(|(_, (other, _))| is_open(site, host, reach, passed, &site.hosts[*other]))
        else {
            continue;
        };
        if told.insert(passed.setting.node) {
            warnings.push(Number::OpenWay.says(format!(
                "{}: {} of virtual host {} passes on to the application that {} of virtual host {} ({}) passes on to, where \
                 it is protected: here nothing is judged and strangers are served; write MTLSProtect On into <Location \
                 \"{}\"> here as well, or keep others out with Require",
                passed.setting.place(),
                passed.setting.text(),
                host.server.describe(),
                protected.text(),
                site.hosts[*other].server.describe(),
                protected.place(),
                if passed.is_pattern() { "/" } else { passed.url() },
            )));
        }
    }
}

/// Whether strangers come by a way to an application that another host protects.
fn is_open(site: &Site, host: &Host, reach: &Reach<'_>, passed: &Passed<'_>, other: &Host) -> bool {
    let keeps_name = || site.in_force(host, "proxypreservehost").is_some_and(|setting| setting.is("on"));
    let is_other_name = !std::ptr::eq(host, other) && host.server.name() != other.server.name();
    // A part of it that is protected tells that the rest is meant to be open.
    let is_partly_protected = reach
        .sections
        .iter()
        .filter(|setting| setting.protects())
        .any(|setting| location(setting).is_some_and(|url| url.starts_with(passed.url())));
    let is_meant = is_partly_protected
        || is_other_name && keeps_name()
        || is_for_staff(site, host)
        || is_url_restricted(site, host, passed.url());
    !is_meant
}

/// Where a directive passes on to, so that what lies below it begins alike; none for FastCGI, whose path is a file's.
fn backend(host: usize, passed: &Passed<'_>) -> Option<String> {
    let target = passed.target.as_ref()?;
    let literal = target.split(['$', '%']).next().unwrap_or_default();
    let (scheme, rest) = literal.split_once("://")?;
    let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (folder, _) = path.rsplit_once('/').unwrap_or(("", path));
    let folder = if literal.len() == target.len() { path.trim_end_matches('/') } else { folder };
    let address = match address.split_once(':') {
        Some(("localhost", port)) => format!("127.0.0.1:{port}"),
        _ => address.to_ascii_lowercase(),
    };
    // Two hosts may have balancers of one name.
    let of_host = if scheme == "balancer" { format!("{host} ") } else { String::new() };
    let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    (!scheme.contains("fcgi")).then(|| format!("{of_host}{scheme}://{address}/{folder}"))
}
