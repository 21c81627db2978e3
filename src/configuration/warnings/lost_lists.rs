//! What an inner place replaces as a whole, and so no longer blocks or revokes.

use crate::configuration::device_files::{file_of, naming};
use crate::configuration::extent::{Protection, Reach, described, rank};
use crate::configuration::site::{Host, Setting, Site};
use crate::devices::Devices;
use crate::httpd::{Checked, Pool, addr};
use crate::message::{Message, Number};
use crate::module::Mtlsprotect;
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::{DeviceList, Said};
use mtlsprotect_core::escape::quoted;
use mtlsprotect_core::vendors::Sources;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

const LISTS: [&str; 4] = ["mtlsprotectcafile", "mtlsprotectcapath", "mtlsprotectvendor", "mtlsprotectcrlfile"];

/// Finds it.
pub fn find(
    site: &Site,
    protection: &Protection<'_>,
    checked: Checked<'_>,
    pool: Pool<'_>,
    warnings: &mut Vec<Message>,
) {
    crls(site, protection, warnings);
    let mut blocked = Blocked::default();
    let mut told = HashSet::new();
    for (host, reach) in site.hosts.iter().zip(&protection.hosts).filter(|(_, reach)| reach.protects()) {
        for (outer, inner) in replaced(site, host, reach) {
            if told.contains(&(outer.node, inner.node)) {
                continue;
            }
            told.insert((outer.node, inner.node));
            warnings.extend(blocked.let_in(outer, inner, checked, pool));
        }
    }
}

/// The device files that count for some request to a host, each with those that it replaces there.
fn replaced<'s>(site: &'s Site<'s>, host: &'s Host<'s>, reach: &Reach<'_>) -> Vec<(&'s Setting<'s>, &'s Setting<'s>)> {
    let of_server = site.server.all("mtlsprotectdevicefile").iter().rfind(|setting| setting.sections.is_empty());
    let in_force = naming(site, host, &reach.folders);
    let mut all: Vec<&Setting> = of_server.into_iter().chain(in_force).collect();
    all.dedup_by_key(|setting| setting.node);
    let mut pairs = Vec::new();
    for (at, inner) in all.iter().copied().enumerate() {
        let is_before = |&(number, outer): &(usize, &'s Setting<'s>)| {
            (rank(outer), number) < (rank(inner), at) && reach.meet(outer, inner)
        };
        pairs.extend(all.iter().copied().enumerate().filter(is_before).map(|(_, outer)| (outer, inner)));
    }
    pairs
}

/// The devices that each file blocks, found once.
#[derive(Default)]
struct Blocked(HashMap<PathBuf, Vec<Mac>>);

impl Blocked {
    /// The warning of an inner file that lets devices in which the outer one blocks.
    fn let_in(&mut self, outer: &Setting, inner: &Setting, checked: Checked<'_>, pool: Pool<'_>) -> Option<Message> {
        let blocked = self.of(devices(outer, checked, pool)?);
        let inner_file = devices(inner, checked, pool).filter(|_| !blocked.is_empty())?;
        let lets_in = |list: DeviceList<'_>| {
            let is_let_in = |mac: &&Mac| match list.said_of(**mac) {
                Some(said) => said != Said::Block,
                None => !inner_file.is_closed,
            };
            blocked.iter().filter(is_let_in).copied().collect::<Vec<_>>()
        };
        let open = inner_file.list.ask(lets_in)?;
        let first = open.first()?;
        let around = if inner.sections.is_empty() { String::new() } else { format!(" in {}", described(inner)) };
        Some(Number::BlockReplaced.says(format!(
            "{}: {}{around} replaces {} ({}), which blocks {first}{}: there they get their files again; add their block lines to \
             this file, too",
            inner.place(),
            inner.text(),
            outer.text(),
            outer.place(),
            match open.len() {
                1 => String::new(),
                all => format!(" and {} more that this one doesn't", all - 1),
            },
        )))
    }

    fn of(&mut self, devices: &Devices) -> &[Mac] {
        let blocked = |list: DeviceList<'_>| {
            let all = list.devices().filter(|&(_, said)| said == Said::Block);
            all.map(|(mac, _)| mac).collect()
        };
        let path = devices.list.path().to_owned();
        self.0.entry(path).or_insert_with(|| devices.list.ask(blocked).unwrap_or_default())
    }
}

fn devices<'c>(setting: &Setting, checked: Checked<'c>, pool: Pool<'_>) -> Option<&'c Devices> {
    let (path, is_closed) = file_of(setting, pool);
    checked.reading::<Mtlsprotect>().known_devices(path, is_closed)
}

/// Hosts whose own lists replace those of the server config, without a CRL that speaks for one of their CAs.
fn crls(site: &Site, protection: &Protection<'_>, warnings: &mut Vec<Message>) {
    let Some(outer) = site.hosts.first().and_then(sources).filter(|outer| outer.all_crls().next().is_some()) else {
        return;
    };
    let mut seen = HashSet::from([addr(outer)]);
    for (host, _) in site.hosts.iter().zip(&protection.hosts).filter(|(_, reach)| reach.protects()) {
        let own = LISTS.iter().find_map(|name| host.own.all(name).first());
        let (Some(setting), Some(inner)) = (own, sources(host)) else { continue };
        if !seen.insert(addr(inner)) {
            continue;
        }
        if let Some(crl) = inner.lacks_crl_of(outer) {
            warnings.push(Number::CrlReplaced.says(format!(
                "{}: {} replaces all lists of the server config in virtual host {}, with the CRL of \"{}\": certificates that \
                 it revokes are trusted there; write MTLSProtectCRLFile, or crl= of MTLSProtectVendor, into the host, too",
                setting.place(),
                setting.node.name(),
                host.server.describe(),
                quoted(&crl.issuer_text(), 256),
            )));
        }
    }
}

fn sources<'c>(host: &Host<'c>) -> Option<&'c Sources> {
    host.server.config::<Mtlsprotect>().directives.sources
}
