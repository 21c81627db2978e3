//! `MTLSProtect` outside sections: a later line that undoes an earlier one, and hosts in which it was forgotten.

use crate::configuration::extent::{Protection, Reach, mode_of};
use crate::configuration::site::{Host, Setting, Settings, Site};
use crate::configuration::warnings::staff::is_for_staff;
use crate::message::{Message, Number};

/// Finds everything about it.
pub fn find(site: &Site, protection: &Protection<'_>, warnings: &mut Vec<Message>) {
    for settings in std::iter::once(&site.server).chain(site.hosts.iter().map(|host| &host.own)) {
        undone(settings, "mtlsprotect", |setting| mode_of(setting) as u8, warnings);
        undone(settings, "mtlsprotectotherfiles", strictness, warnings);
    }
    let is_protected = protection.hosts.iter().any(Reach::protects);
    for (host, reach) in site.hosts.iter().zip(&protection.hosts) {
        undone_in_host(site, host, warnings);
        if is_protected && !reach.protects() {
            forgotten(host, warnings);
        }
    }
}

/// Whether it is told, here or of a section's mode, that one line undoes an earlier one in the same place.
pub fn is_told(name: &str, before: &Setting, after: &Setting) -> bool {
    match name {
        "mtlsprotect" => mode_of(after) < mode_of(before),
        "mtlsprotectotherfiles" => after.sections.is_empty() && strictness(after) < strictness(before),
        _ => false,
    }
}

/// How few `MTLSProtectOtherFiles` lets read.
fn strictness(setting: &Setting) -> u8 {
    match setting.word().to_ascii_lowercase().as_str() {
        "deny" => 2,
        "device" => 1,
        _ => 0,
    }
}

/// A line outside sections after a stricter one: the last counts.
fn undone(settings: &Settings, name: &str, strictness: impl Fn(&Setting) -> u8, warnings: &mut Vec<Message>) {
    let outside = || settings.all(name).iter().filter(|setting| setting.sections.is_empty());
    let Some(last) = outside().next_back() else { return };
    if let Some(stricter) = outside().find(|setting| strictness(setting) > strictness(last)) {
        warnings.push(Number::ModeReplaced.says(format!(
            "{}: {} replaces the {} of {}, since the last line counts; remove one of them",
            last.place(),
            last.text(),
            stricter.word(),
            stricter.place(),
        )));
    }
}

/// A host in which phones can prove who they are, and where less counts than in the server config.
fn undone_in_host(site: &Site, host: &Host, warnings: &mut Vec<Message>) {
    let last =
        |settings: &'_ Settings| settings.all("mtlsprotect").iter().rposition(|setting| setting.sections.is_empty());
    let (Some(own), Some(outer)) = (last(&host.own), last(&site.server)) else { return };
    let (own, outer) = (&host.own.all("mtlsprotect")[own], &site.server.all("mtlsprotect")[outer]);
    let is_for_phones = host.has_list() && site.takes_certificates(host) && !is_for_staff(site, host);
    if is_for_phones && mode_of(own) < mode_of(outer) {
        warnings.push(Number::ModeReplaced.says(format!(
            "{}: {} in virtual host {}, which asks for phones' certificates, replaces the {} of {}: remove it, or \
             SSLVerifyClient there",
            own.place(),
            own.text(),
            host.server.describe(),
            outer.word(),
            outer.place(),
        )));
    }
}

/// A host with device CAs of its own where nothing says `MTLSProtect`.
fn forgotten(host: &Host, warnings: &mut Vec<Message>) {
    let lists = ["mtlsprotectcafile", "mtlsprotectcapath", "mtlsprotectvendor"];
    let list = lists.iter().find_map(|name| host.own.all(name).first());
    // What stands there is meant; what balancers are told is told of them.
    let is_said = ["mtlsprotect", "mtlsprotectproxy"].iter().any(|name| !host.own.all(name).is_empty());
    if let Some(list) = list.filter(|_| !is_said) {
        warnings.push(Number::NothingProtected.says(format!(
            "{}: {}: virtual host {} has device CAs of its own, but MTLSProtect is nowhere On, Learn or Report there: \
             nothing is protected; write MTLSProtect On into it, or Off if that is meant",
            list.place(),
            list.node.name(),
            host.server.describe(),
        )));
    }
}
