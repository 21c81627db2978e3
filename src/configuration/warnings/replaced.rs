//! Sections whose Off, Report or Learn replaces a stricter mode around them or before them.

use crate::configuration::access::is_restricted;
use crate::configuration::extent::{Protection, Reach, described, mode_of};
use crate::configuration::site::{Host, Setting, Site};
use crate::configuration::warnings::acme;
use crate::configuration::warnings::addresses::is_for_addresses;
use crate::configuration::warnings::staff::is_for_staff;
use crate::message::{Message, Number};
use mtlsprotect_core::decision::Mode;
use std::collections::HashSet;

/// Finds them. The answer is the hosts that have one, by their place in [`Site::hosts`].
pub fn find(site: &Site, protection: &Protection<'_>, warnings: &mut Vec<Message>) -> HashSet<usize> {
    let mut hosts = HashSet::new();
    let mut seen = HashSet::new();
    for (number, (host, reach)) in site.hosts.iter().zip(&protection.hosts).enumerate() {
        for &setting in reach.sections.iter().filter(|setting| !setting.is("on")) {
            let Some(outer) = reach.replaced_by(setting) else { continue };
            let is_own = host.own.all("mtlsprotect").iter().any(|own| std::ptr::eq(own, setting));
            if is_own && is_for_staff(site, host) || is_for_addresses(setting) || is_restricted(site, host, setting) {
                continue;
            }
            let found = match mode_of(setting) {
                Mode::Off if acme::is_for_challenges(reach, setting) => acme::dangers(site, host, reach, setting),
                _ => vec![of_any(host, reach, setting, outer, is_own)],
            };
            if !found.is_empty() {
                hosts.insert(number);
                if seen.insert(setting.node) {
                    warnings.extend(found);
                }
            }
        }
    }
    hosts
}

fn of_any(host: &Host, reach: &Reach<'_>, setting: &Setting, outer: &Setting, is_own: bool) -> Message {
    let (mode, outer_mode) = (mode_of(setting), mode_of(outer));
    let host = if is_own { format!(" of virtual host {}", host.server.describe()) } else { String::new() };
    let around = if outer.sections.is_empty() { String::new() } else { format!(" of {}", described(outer)) };
    let whole = if reach.covers_all(setting) { ", for all that the host serves" } else { "" };
    let is_condition = setting.sections.iter().any(|section| section.is("<If") || section.is("<ElseIf"));
    let then = match mode {
        Mode::Off if is_condition => {
            "strangers are served there, since the condition lets in more than some addresses; write an address alone, <If \
             \"-R '192.0.2.0/24'\">, or remove it"
        }
        Mode::Off => {
            "strangers are served there; remove it, or write MTLSProtectOtherFiles allow instead, which opens only \
             what names no phone"
        }
        Mode::Learn => {
            "the files of a device that has not proven itself are served there to anybody; remove it once the log shows \
             none of your phones"
        }
        _ => "what would be refused is only reported there; remove it once the log shows none of your phones",
    };
    Number::ModeReplaced.says(format!(
        "{}: MTLSProtect {} in {}{host} replaces the {}{around} ({}){whole}: {then}",
        setting.place(),
        mode.as_str(),
        described(setting),
        outer_mode.as_str(),
        outer.place(),
    ))
}
