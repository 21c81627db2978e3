//! Protected folders that no host serves, or that a host serves which trusts nobody.

use crate::configuration::access::serves_no_files;
use crate::configuration::extent::{Protection, described, folder};
use crate::configuration::folders::{Folder, literal_folder};
use crate::configuration::site::{Setting, Site};
use crate::configuration::warnings::disk::Disk;
use crate::configuration::warnings::other_ways;
use crate::configuration::warnings::paths::Paths;
use crate::configuration::warnings::patterns;
use crate::message::{Message, Number};
use std::collections::{BTreeSet, HashSet};

/// Finds everything about folders. `replaced` are the hosts of which an Off has been told already.
pub fn find<'s>(
    site: &'s Site<'s>,
    protection: &Protection<'s>,
    replaced: &HashSet<usize>,
    warnings: &mut Vec<Message>,
) {
    let mut disk = Disk::of(site);
    protecting_nothing(site, &mut disk, warnings);
    patterns::find(site, protection, &disk, warnings);
    without_list(site, protection, warnings);
    other_ways::find(site, protection, replaced, &mut disk, warnings);
}

/// Each protected `<Directory>` of the server config and of the hosts, once.
fn protected<'s>(site: &'s Site<'s>) -> Vec<(&'s Setting<'s>, String)> {
    let own = site.hosts.iter().flat_map(|host| host.own.all("mtlsprotect"));
    let all = site.server.all("mtlsprotect").iter().chain(own).filter(|setting| setting.protects());
    all.filter_map(|setting| Some((setting, folder(setting)?))).collect()
}

/// Protected folders that aren't there, or that no host serves.
fn protecting_nothing(site: &Site, disk: &mut Disk, warnings: &mut Vec<Message>) {
    let protected = protected(site);
    if protected.is_empty() {
        return;
    }
    let served = served(site);
    let mut real: Option<Paths> = None;
    // Of a variable that is not defined the patterns tell.
    for (setting, folder) in protected.into_iter().filter(|(_, folder)| !folder.contains("${")) {
        let place = format!("{}: MTLSProtect {} in {}", setting.place(), setting.words().join(" "), described(setting));
        if !disk.has(&folder) {
            warnings.push(
                Number::NoSuchFolder
                    .says(format!("{place} protects nothing: there is no such folder; check its spelling")),
            );
        } else if served.overlapping(&folder).is_none() {
            let real = real.get_or_insert_with(|| Paths(served.0.iter().map(|path| disk.real(path)).collect()));
            // Behind a symbolic link: that is told with the host's own place.
            if real.overlapping(&disk.real(&folder)).is_none() {
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
        paths.insert(literal_folder(target));
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

/// Hosts that serve a protected folder but trust nobody.
fn without_list(site: &Site, protection: &Protection<'_>, warnings: &mut Vec<Message>) {
    let in_server = site.server.all("mtlsprotect").iter().filter(|setting| setting.protects());
    let protected = Paths(in_server.filter_map(folder).collect());
    for (host, reach) in site.hosts.iter().zip(&protection.hosts) {
        if host.has_list() || !host.server.is_virtual() {
            continue;
        }
        for served in &reach.folders {
            if let Some(folder) = protected.around(&served.path).filter(|_| !serves_no_files(site, host)) {
                warnings.push(Number::NobodyTrusted.says(format!(
                    "{}virtual host {} serves {} in the protected folder {folder} but has no device CAs: there nobody is \
                     trusted; add MTLSProtectVendor or MTLSProtectCAFile there, or serve the folder by another host only",
                    place_of(served),
                    host.server.describe(),
                    served.shown(),
                )));
            }
        }
    }
}

fn place_of(folder: &Folder<'_>) -> String {
    folder.setting.map(|setting| format!("{}: ", setting.place())).unwrap_or_default()
}
