//! The folders that something protects, by where they really lie.

use crate::configuration::extent::{Protection, Reach, folder, url};
use crate::configuration::folders::{Folder, lies_in, overlap};
use crate::configuration::site::{Setting, Site};
use crate::configuration::warnings::disk::Disk;
use std::collections::{BTreeMap, HashSet};

/// Folders in a served one that are looked at, and those of one host that its locations protect: enough for what people
/// write, and no time is lost where there are thousands.
const LOOKED_AT: usize = 32;

/// What protects a folder.
#[derive(Clone, Copy)]
pub struct Guard<'s> {
    /// The directive.
    pub setting: &'s Setting<'s>,
    /// The host in which alone it counts, by its place in [`Site::hosts`].
    pub host: Option<usize>,
    /// It protects this folder by its `<Directory>`, rather than what the host serves by a URL.
    pub is_directory: bool,
}

/// Where a protected folder and a served one overlap, as the host calls it.
pub struct Place {
    /// Its path there.
    pub path: String,
    /// Its URL, if that is known.
    pub url: Option<String>,
    /// It is only a part of what is protected.
    pub is_part: bool,
}

/// All of them.
pub struct Guarded<'s>(BTreeMap<String, Vec<Guard<'s>>>);

impl<'s> Guarded<'s> {
    /// Those of literal sections, and of the URLs below which hosts serve them.
    pub fn of(site: &'s Site<'s>, protection: &Protection<'s>, disk: &mut Disk) -> Self {
        let mut guarded = Guarded(BTreeMap::new());
        let protects = |setting: &&Setting| setting.protects();
        for setting in site.server.all("mtlsprotect").iter().filter(protects) {
            if let Some(path) = folder(setting) {
                guarded.add(disk.know(&path), Guard { setting, host: None, is_directory: true });
            }
        }
        for (number, (host, reach)) in site.hosts.iter().zip(&protection.hosts).enumerate() {
            for setting in host.own.all("mtlsprotect").iter().filter(protects) {
                if let Some(path) = folder(setting) {
                    guarded.add(disk.know(&path), Guard { setting, host: Some(number), is_directory: true });
                }
            }
            if !host.server.is_virtual() || reach.is_off_in_the_end() {
                continue;
            }
            for (path, setting) in by_url(reach, disk) {
                guarded.add(disk.know(&path), Guard { setting, host: Some(number), is_directory: false });
            }
        }
        guarded
    }

    /// Two hosts are enough: a third has nothing to add to what is said of a folder.
    fn add(&mut self, path: String, guard: Guard<'s>) {
        let guards = self.0.entry(path).or_default();
        if guards.len() < 3 && guards.iter().all(|other| other.host != guard.host) {
            guards.push(guard);
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that overlap a served folder that really lies there.
    pub fn overlapping(&self, real: &str) -> impl Iterator<Item = (&str, &[Guard<'s>])> {
        let around = std::iter::successors(Some(real), |path| path.rsplit_once('/').map(|(parent, _)| parent));
        let around = around.filter_map(|path| self.0.get_key_value(path));
        let below = self.0.range(format!("{real}/")..).take_while(move |(path, _)| lies_in(path, real));
        around.chain(below.take(LOOKED_AT)).map(|(path, guards)| (path.as_str(), guards.as_slice()))
    }
}

/// What settings for a host or a `<Location>` protect of what it serves.
pub fn by_url<'s>(reach: &Reach<'s>, disk: &Disk) -> Vec<(String, &'s Setting<'s>)> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for setting in reach.all().filter(|setting| setting.protects()) {
        let location = if setting.sections.is_empty() { Some("/".to_owned()) } else { url(setting) };
        let Some(location) = location.filter(|_| setting.sections.len() <= 1) else { continue };
        for served in &reach.folders {
            // Icons and the like are served by many hosts, and of a whole host its root is what counts.
            if location == "/" && served.url != Some("/") {
                continue;
            }
            let Some(at) = served.url else { continue };
            let path = if lies_in(at, &location) {
                served.path.clone()
            } else if served.pattern.is_none() && lies_in(&location, at) {
                let rest = location[at.len()..].trim_matches('/');
                Some(format!("{}/{rest}", served.path)).filter(|path| disk.has(path)).unwrap_or_default()
            } else {
                continue;
            };
            if !path.is_empty() && seen.insert(path.clone()) {
                found.push((path, setting));
            }
            if found.len() == LOOKED_AT {
                return found;
            }
        }
    }
    found
}

/// Where a served folder, which is really at `real`, and a protected one overlap.
pub fn place(served: &Folder<'_>, real: &str, protected: &str) -> Option<Place> {
    let is_part = real != protected && lies_in(real, protected);
    let rest = if is_part { "" } else { protected.strip_prefix(real)? };
    let url = match served.url {
        Some(url) if rest.is_empty() => Some(url.to_owned()),
        // Of a pattern only the beginning is known.
        Some(url) if served.pattern.is_none() => Some(format!("{}{rest}", url.trim_end_matches('/'))),
        _ => None,
    };
    Some(Place { path: format!("{}{rest}", served.path), url, is_part })
}

/// Whether anything protects that place for requests to the host. What can't be decided counts as protected.
pub fn is_guarded(reach: &Reach<'_>, place: &Place) -> bool {
    reach.all().filter(|setting| setting.protects()).any(|setting| {
        if setting.sections.is_empty() {
            return true;
        }
        match (folder(setting), url(setting), &place.url) {
            (Some(folder), ..) => overlap(&folder, &place.path),
            (_, Some(location), Some(url)) => lies_in(url, &location),
            _ => true,
        }
    })
}
