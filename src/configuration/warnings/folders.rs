//! Protected folders that no host serves, or that a host serves in another way.

use crate::configuration::extent::{Protection, Reach, described, folder};
use crate::configuration::folders::{Folder, overlap};
use crate::configuration::site::{Host, Setting, Site};
use crate::configuration::warnings::paths::Paths;
use crate::configuration::warnings::replaced::is_for_staff;
use crate::message::{Message, Number};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;

/// Finds everything about folders. `replaced` are the hosts of which an Off has been told already.
pub fn find(site: &Site, protection: &Protection<'_>, replaced: &HashSet<usize>, warnings: &mut Vec<Message>) {
    protecting_nothing(site, warnings);
    without_list(site, protection, warnings);
    behind_links(site, protection, warnings);
    same_folder_unprotected(site, protection, replaced, warnings);
}

/// Each protected `<Directory>` of the server config and of the hosts, once.
fn protected<'s>(site: &'s Site<'s>) -> Vec<(&'s Setting<'s>, String)> {
    let own = site.hosts.iter().flat_map(|host| host.own.all("mtlsprotect"));
    let all = site.server.all("mtlsprotect").iter().chain(own).filter(|setting| setting.protects());
    all.filter_map(|setting| Some((setting, folder(setting)?))).collect()
}

/// Protected folders that aren't there, or that no host serves.
fn protecting_nothing(site: &Site, warnings: &mut Vec<Message>) {
    let protected = protected(site);
    if protected.is_empty() {
        return;
    }
    let served = served(site);
    let mut real: Option<Paths> = None;
    for (setting, folder) in protected {
        let place = format!("{}: MTLSProtect {} in {}", setting.place(), setting.words().join(" "), described(setting));
        if fs::metadata(&folder).is_err() {
            warnings.push(
                Number::NoSuchFolder
                    .says(format!("{place} protects nothing: there is no such folder; check its spelling")),
            );
        } else if served.overlapping(&folder).is_none() {
            let real = real.get_or_insert_with(|| Paths(served.0.iter().map(|path| real_path(path)).collect()));
            // Behind a symbolic link: that is told with the host's own place.
            if real.overlapping(&real_path(&folder)).is_none() {
                warnings.push(Number::NobodyServes.says(format!(
                    "{place} protects nothing: no DocumentRoot and no Alias of any virtual host leads there; write the \
                     folder as a host serves it"
                )));
            }
        }
    }
}

/// Everything that a host of the site may serve, as far as it is written in full.
fn served(site: &Site) -> Paths {
    const LEADING_THERE: [&str; 11] = [
        "documentroot",
        "alias",
        "aliasmatch",
        "scriptalias",
        "scriptaliasmatch",
        "virtualdocumentroot",
        "virtualdocumentrootip",
        "virtualscriptalias",
        "proxypass",
        "proxypassmatch",
        "sethandler",
    ];
    let mut paths = BTreeSet::new();
    let mut add = |target: &str| {
        let literal = target.split(['$', '%', '*']).next().unwrap_or_default();
        let whole = if literal.len() < target.len() {
            literal.rsplit_once('/').map_or("", |(folder, _)| folder)
        } else {
            literal
        };
        paths.insert(whole.trim_end_matches('/').to_owned());
    };
    for settings in std::iter::once(&site.server).chain(site.hosts.iter().map(|host| &host.own)) {
        for setting in LEADING_THERE.iter().flat_map(|name| settings.all(name)) {
            setting.words().iter().rev().take(2).filter_map(|word| path_in(word)).for_each(&mut add);
        }
        // Where a rewrite or a user's folder leads is seldom written in full.
        for setting in settings.all("rewriterule") {
            setting.words().get(1).filter(|target| target.starts_with('/')).into_iter().for_each(|target| add(target));
        }
        for word in settings.all("userdir").iter().flat_map(|setting| setting.words()) {
            if word.starts_with('/') { add(word) } else { add("/home/*") }
        }
    }
    site.hosts.iter().for_each(|host| add(&host.document_root()));
    // An alias to a pattern's beginning serves no particular folder.
    paths.remove("");
    Paths(paths)
}

/// The path that a word of a directive leads to: its own, or that of a FastCGI server's URL.
fn path_in(word: &str) -> Option<&str> {
    match word.rsplit_once("://") {
        Some((_, rest)) => rest.find('/').map(|slash| &rest[slash..]),
        None => word.starts_with('/').then_some(word),
    }
}

fn real_path(path: &str) -> String {
    fs::canonicalize(path).map_or_else(|_| path.to_owned(), |real| real.to_string_lossy().into_owned())
}

/// Hosts that serve a protected folder but trust nobody.
fn without_list(site: &Site, protection: &Protection<'_>, warnings: &mut Vec<Message>) {
    let in_server = site.server.all("mtlsprotect").iter().filter(|setting| setting.protects());
    let protected = Paths(in_server.filter_map(folder).collect());
    for (host, reach) in site.hosts.iter().zip(&protection.hosts) {
        if host.has_list() || !host.server.is_virtual() {
            continue;
        }
        for served in &reach.folders {
            if let Some(folder) = protected.around(&served.path) {
                warnings.push(Number::NobodyTrusted.says(format!(
                    "{}virtual host {} serves {} in the protected folder {folder} but has no device CAs: there nobody is \
                     trusted; add MTLSProtectVendor or MTLSProtectCAFile there, or serve the folder by another host only",
                    place_of(served),
                    host.server.describe(),
                    served.path,
                )));
            }
        }
    }
}

fn place_of(folder: &Folder<'_>) -> String {
    folder.setting.map(|setting| format!("{}: ", setting.place())).unwrap_or_default()
}

/// Hosts that serve a protected folder by another name: httpd applies `<Directory>` by the name it serves.
fn behind_links(site: &Site, protection: &Protection<'_>, warnings: &mut Vec<Message>) {
    let protected = protected(site);
    if protected.is_empty() {
        return;
    }
    let real = Paths(protected.iter().map(|(_, folder)| real_path(folder)).collect());
    let mut known: HashMap<String, String> = HashMap::new();
    let mut told = HashSet::new();
    for (host, reach) in site.hosts.iter().zip(&protection.hosts) {
        for served in reach.folders.iter().filter(|served| !is_protected(reach, served)) {
            let is = known.entry(served.path.clone()).or_insert_with(|| real_path(&served.path));
            let Some(folder) = real.overlapping(is).filter(|_| *is != served.path) else { continue };
            if told.insert(served.path.clone()) {
                warnings.push(Number::BehindLink.says(format!(
                    "{}virtual host {} serves {}, which is {is} behind a symbolic link, and so what is protected as \
                     {folder} stands open there: httpd applies <Directory> by the name it serves; write <Directory \
                     \"{}\"> as well, or the real path into the host",
                    place_of(served),
                    host.server.describe(),
                    served.path,
                    served.path,
                )));
            }
        }
    }
}

/// Whether something protects a folder by the name that the host serves it by, or its parts.
fn is_protected(reach: &Reach<'_>, served: &Folder<'_>) -> bool {
    reach
        .all()
        .filter(|setting| setting.protects())
        .any(|setting| folder(setting).map_or_else(|| reach.covers_all(setting), |own| overlap(&own, &served.path)))
}

/// Hosts that serve unprotected what another protects.
fn same_folder_unprotected(
    site: &Site,
    protection: &Protection<'_>,
    replaced: &HashSet<usize>,
    warnings: &mut Vec<Message>,
) {
    let is_off = |host: &Host, reach: &Reach<'_>| {
        let own = || host.own.all("mtlsprotect").iter();
        !reach.protects() || own().any(|setting| setting.is("off") && reach.covers_all(setting))
    };
    let mut by_root: HashMap<String, &Host> = HashMap::new();
    let virtual_hosts =
        || site.hosts.iter().zip(&protection.hosts).enumerate().filter(|(_, (host, _))| host.server.is_virtual());
    for (_, (host, reach)) in virtual_hosts() {
        if !is_off(host, reach) {
            by_root.entry(host.document_root()).or_insert(host);
        }
    }
    for (number, (host, reach)) in virtual_hosts() {
        let folder = host.document_root();
        if replaced.contains(&number) || !is_off(host, reach) || is_for_staff(site, host) {
            continue;
        }
        if let Some(protected) = by_root.get(&folder) {
            warnings.push(Number::SameFolder.says(format!(
                "virtual host {} has the DocumentRoot of the protected {}, and MTLSProtect is Off there: protect the \
                 folder itself, for all hosts, with <Directory \"{folder}\"> outside them",
                host.server.describe(),
                protected.server.describe(),
            )));
        }
    }
}
