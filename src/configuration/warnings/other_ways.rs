//! Other ways to what something protects: another name of its folder, another host, another URL.

use crate::configuration::access::serves_no_files;
use crate::configuration::extent::{Protection, Reach, described, folder};
use crate::configuration::folders::{Folder, lies_in};
use crate::configuration::listening;
use crate::configuration::site::{Host, Setting, Site};
use crate::configuration::warnings::disk::Disk;
use crate::configuration::warnings::guarded::{Guard, Guarded, Place, by_url, is_guarded, place};
use crate::configuration::warnings::links::Links;
use crate::configuration::warnings::staff::is_for_staff;
use crate::message::{Message, Number};
use std::collections::HashSet;

/// Finds them. `replaced` are the hosts of which an Off has been told already.
pub fn find<'s>(
    site: &'s Site<'s>,
    protection: &Protection<'s>,
    replaced: &HashSet<usize>,
    disk: &mut Disk,
    warnings: &mut Vec<Message>,
) {
    let guarded = Guarded::of(site, protection, disk);
    if guarded.is_empty() {
        return;
    }
    let mut links = Links::default();
    let mut told = HashSet::new();
    for (number, (host, reach)) in site.hosts.iter().zip(&protection.hosts).enumerate() {
        let way = Way { site, protection, number, host, reach, guarded: &guarded };
        if !is_for_staff(site, host) {
            warnings.extend(way.to_folders(replaced.contains(&number), disk, &mut told));
            warnings.extend(way.by_another_url(disk));
            warnings.extend(way.through_links(disk, &mut links, &mut told));
        }
    }
}

/// The ways of one host.
struct Way<'w, 's> {
    site: &'s Site<'s>,
    protection: &'w Protection<'s>,
    number: usize,
    host: &'s Host<'s>,
    reach: &'w Reach<'s>,
    guarded: &'w Guarded<'s>,
}

impl<'s> Way<'_, 's> {
    /// Those to folders that sections and other hosts protect: each that sections do, and one that hosts do.
    fn to_folders(&self, is_told: bool, disk: &mut Disk, told: &mut HashSet<String>) -> Vec<Message> {
        let mut found = Vec::new();
        let mut is_told = is_told;
        for served in self.reach.folders.iter().filter(|served| !served.is_of_users()) {
            let real = disk.real(&served.path);
            let Some((protected, place, guard)) = self.open(served, &real) else { continue };
            if self.is_by_name(&guard) {
                if told.insert(served.path.clone()) {
                    found.push(self.by_another_name(served, &place, &guard, protected));
                }
            } else if !is_told && self.answers() && !serves_no_files(self.site, self.host) {
                is_told = true;
                found.push(self.by_another_host(served, &guard, protected));
            }
        }
        found
    }

    /// A protected folder, where the host serves it, and what should protect it there and doesn't.
    fn open(&self, served: &Folder<'_>, real: &str) -> Option<(&str, Place, Guard<'s>)> {
        self.guarded.overlapping(real).find_map(|(protected, guards)| {
            let place = place(served, real, protected)?;
            let can_be = |guard: &&Guard| {
                self.is_by_name(guard)
                    // Part of what a host has below its root may well be for others.
                    || guard.host != Some(self.number) && (guard.is_directory || !place.is_part)
            };
            let guard = *guards.iter().find(can_be)?;
            (!is_guarded(self.reach, &place)).then_some((protected, place, guard))
        })
    }

    /// Whether requests come to the host: to the main server only where it listens and no virtual host does.
    fn answers(&self) -> bool {
        self.host.server.is_virtual() || listening::without_host(self.site).is_some()
    }

    /// Whether a section counts for the host, so that only the folder's name can keep it from doing so.
    fn is_by_name(&self, guard: &Guard<'_>) -> bool {
        guard.is_directory && guard.host.is_none_or(|host| host == self.number)
    }

    fn by_another_name(&self, served: &Folder<'_>, place: &Place, guard: &Guard<'_>, protected: &str) -> Message {
        let own = folder(guard.setting).unwrap_or_default();
        let host = self.host.server.describe();
        Number::BehindLink.says(if own != protected && lies_in(&place.path, protected) {
            format!(
                "{}: MTLSProtect {} in {}: that folder is a symbolic link to {protected}, which virtual host {host} serves by \
                 that name, and so it stands open there: httpd applies <Directory> by the name it serves; write <Directory \
                 \"{protected}\">",
                guard.setting.place(),
                guard.setting.words().join(" "),
                described(guard.setting),
            )
        } else {
            format!(
                "{}virtual host {host} serves {}, which is {protected} behind a symbolic link or a mount, and so what is \
                 protected as {own} stands open there: httpd applies <Directory> by the name it serves; write <Directory \
                 \"{}\"> as well, or the real path into the host",
                place_of(served),
                served.shown(),
                place.path,
            )
        })
    }

    fn by_another_host(&self, served: &Folder<'_>, guard: &Guard<'_>, protected: &str) -> Message {
        let own = guard.host.unwrap_or_default();
        let (owner, reach) = (&self.site.hosts[own], &self.protection.hosts[own]);
        let is_reached = reach.sections.iter().any(|setting| std::ptr::eq(*setting, guard.setting));
        if guard.is_directory && !is_reached {
            return Number::WrongHost.says(format!(
                "{}: MTLSProtect {} in {} stands in virtual host {}, which doesn't serve that folder, and counts for no \
                 other; virtual host {} serves it to anybody: move the section out of all virtual hosts",
                guard.setting.place(),
                guard.setting.words().join(" "),
                described(guard.setting),
                owner.server.describe(),
                self.host.server.describe(),
            ));
        }
        let served_as = match served.shown() {
            shown if shown == protected => protected.to_owned(),
            shown => format!("{shown}, which leads to {protected},"),
        };
        let listen = if self.host.server.is_virtual() { None } else { listening::without_host(self.site) };
        let host = listen.map_or("virtual host".to_owned(), |listen| {
            let (place, address) = (listen.place(), listen.text());
            format!("{place}: {address}: there is no <VirtualHost> for that, so that the main server answers:")
        });
        Number::SameFolder.says(format!(
            "{}{host} {} serves {served_as} to anybody: {} protects that for its own requests only \
             ({}); protect the folder itself, for all hosts, with <Directory \"{protected}\"> outside them",
            if listen.is_some() { String::new() } else { place_of(served) },
            self.host.server.describe(),
            owner.server.describe(),
            guard.setting.place(),
        ))
    }

    /// What a `<Location>` of the host protects, and another URL of it leads to.
    fn by_another_url(&self, disk: &mut Disk) -> Option<Message> {
        if !self.host.server.is_virtual() || self.reach.base.is_some_and(Setting::protects) {
            return None;
        }
        for (path, setting) in by_url(self.reach, disk) {
            let protected = disk.real(&path);
            for served in self.reach.folders.iter().filter(|served| !served.is_of_users()) {
                let real = disk.real(&served.path);
                let Some(place) = place(served, &real, &protected).filter(|place| !place.is_part) else { continue };
                if !is_guarded(self.reach, &place) {
                    return Some(Number::OtherUrl.says(format!(
                        "{}: MTLSProtect {} in {} protects URLs, and virtual host {} serves the folder {protected} below \
                         {} too, to anybody; write it into <Directory \"{protected}\"> outside all hosts instead",
                        setting.place(),
                        setting.words().join(" "),
                        described(setting),
                        self.host.server.describe(),
                        place.url.as_deref().unwrap_or("another URL"),
                    )));
                }
            }
        }
        None
    }

    /// Symbolic links among what the host serves.
    fn through_links(&self, disk: &mut Disk, links: &mut Links, told: &mut HashSet<String>) -> Vec<Message> {
        let mut found = Vec::new();
        for served in self.reach.folders.iter().filter(|served| served.pattern.is_none()) {
            let is_wanted = |path: &str| self.guarded.overlapping(&disk.real(path)).next().is_some();
            for name in links.in_folder(&served.path, is_wanted) {
                let path = format!("{}/{name}", served.path);
                let real = disk.real(&path);
                let url = served.url.map(|url| format!("{}/{name}", url.trim_end_matches('/')));
                let link = Folder { path, url: url.as_deref(), pattern: None, setting: served.setting };
                let Some((protected, place, _)) = self.open(&link, &real) else { continue };
                if links.are_followed(self.site, self.host, &served.path) && told.insert(link.path.clone()) {
                    found.push(Number::LinkInFolder.says(format!(
                        "{}virtual host {} serves the symbolic link {}, which leads to the protected {protected}, to anybody: \
                         httpd applies <Directory> by the name it serves; remove the link, or write <Directory \"{}\"> as \
                         well",
                        place_of(served),
                        self.host.server.describe(),
                        link.path,
                        place.path,
                    )));
                }
            }
        }
        found
    }
}

fn place_of(served: &Folder<'_>) -> String {
    served.setting.map(|setting| format!("{}: ", setting.place())).unwrap_or_default()
}
