//! What the status page shows of each host: found while the configuration is checked, as its tree goes after that.

use crate::configuration::config::ServerConfig;
use crate::configuration::extent::{Protection, Reach, described, mode_of, url};
use crate::configuration::sections::{Section, said_in_sections, sections_of};
use crate::configuration::site::{self, Setting, Site};
use crate::configuration::startup;
use crate::httpd::{Checked, PoolStr};
use crate::message::{Message, Number};
use crate::module::Mtlsprotect;
use mtlsprotect_core::decision::Mode;
use mtlsprotect_core::vendors::{Member, Vendors};
use mtlsprotect_status::model::{self, Host, HostVendor, Place};

/// Sections that are shown of a host; `-D DUMP_MTLSPROTECT` has all of them.
const SECTIONS: usize = 200;

/// Notes it for each host on which something is judged.
pub fn prepare(site: &Site, protection: &Protection<'_>, checked: Checked<'_>) {
    let said = said_in_sections(site);
    for (host, reach) in site.hosts.iter().zip(&protection.hosts).filter(|(_, reach)| reach.protects()) {
        let config = *checked.config::<Mtlsprotect>(host.server);
        let mode = mode_of_all(reach);
        let different = sections_of(host, reach, &said).into_iter().map(|section| shown(&section, mode));
        let different = different.filter(|section| section.mode != mode.as_str() || !section.says.is_empty());
        let place = |(file, line): (&[u8], u32)| Place { file: String::from_utf8_lossy(file).into_owned(), line };
        let shown = Host {
            name: name_of(host),
            defined_at: host.server.is_virtual().then(|| place(host.server.defined_at())),
            mode: mode.as_str().into(),
            sections: different.take(SECTIONS).collect(),
            vendors: config.trust.map(|trust| vendors(&trust.vendors)).unwrap_or_default(),
            earliest_expiry: config.trust.and_then(|trust| trust.vendors.earliest_expiry()),
        };
        let shown = Some(checked.pool.own(shown));
        checked.set_config::<Mtlsprotect>(host.server, ServerConfig { shown, ..config });
    }
}

/// Notes the paths of the `<Location>`s that show the status page. Elsewhere it is not shown: a section of another kind may be
/// protected, and a pattern could match what names a device.
pub fn pages(site: &Site, checked: Checked<'_>, warnings: &mut Vec<Message>) {
    let settings = site.server.all("sethandler").iter();
    let settings = settings.chain(site.hosts.iter().flat_map(|host| host.own.all("sethandler")));
    let mut paths = Vec::new();
    for setting in settings.filter(|setting| setting.is("mtlsprotect-status")) {
        match url(setting) {
            Some(path) => paths.push(path),
            None => warnings.push(Number::StatusElsewhere.says(format!(
                "{}: the status page is only shown in a <Location> with a path, like <Location \"/mtlsprotect-status\">",
                setting.place()
            ))),
        }
    }
    paths.sort();
    paths.dedup();
    startup::note_pages(!paths.is_empty());
    if paths.is_empty() {
        return;
    }
    let paths: Vec<PoolStr> = paths.iter().map(|path| checked.pool.string(path.as_bytes())).collect();
    let pages = checked.pool.slice(&paths);
    for host in &site.hosts {
        let config = *checked.config::<Mtlsprotect>(host.server);
        checked.set_config::<Mtlsprotect>(host.server, ServerConfig { pages, ..config });
    }
}

/// Its ServerName and port, and the addresses of its `<VirtualHost>`: what makes it another host for the phones. Where it is
/// defined does not.
fn name_of(host: &site::Host) -> String {
    let name = String::from_utf8_lossy(host.server.name());
    if !host.server.is_virtual() {
        return format!("{name} (main server)");
    }
    let of_address = || host.addresses.first()?.rsplit(':').next()?.parse().ok();
    let port = Some(host.server.port()).filter(|&port| port != 0).or_else(of_address);
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    format!("{name}{port} ({})", host.addresses.join(" "))
}

/// The strictest mode where it counts for all that the host serves, otherwise the one outside sections.
fn mode_of_all(reach: &Reach<'_>) -> Mode {
    let base = reach.base.map_or(Mode::Off, mode_of);
    let strictest = reach.strictest().unwrap_or(base);
    let is_whole = reach.all().any(|setting| mode_of(setting) == strictest && reach.covers_all(setting));
    if is_whole { strictest } else { base }
}

fn shown(section: &Section<'_>, of_host: Mode) -> model::Section {
    let says = [section.other_files, section.methods, section.passwords].into_iter().flatten().map(Setting::text);
    let (file, line) = section.first.node.place();
    model::Section {
        what: described(section.first),
        defined_at: Some(Place { file: String::from_utf8_lossy(file).into_owned(), line }),
        mode: section.mode.map_or(of_host, mode_of).as_str().into(),
        says: says.collect::<Vec<_>>().join("; "),
    }
}

fn vendors(vendors: &Vendors) -> Vec<HostVendor> {
    let one = |member: &Member| {
        let cas = member.trust().list();
        HostVendor {
            name: member.name().map_or_else(|| cas.vendors().join(","), str::to_owned),
            mode: own_mode(member).map(|mode| mode.as_str().into()),
            cas: cas.len() as u64,
            prefixes: member.prefixes().iter().count() as u64,
        }
    };
    vendors.members().iter().map(one).collect()
}

/// The mode that a vendor's line sets, where it is not that of the section.
fn own_mode(member: &Member) -> Option<Mode> {
    match member {
        _ if member.is_watched() => Some(Mode::Report),
        _ if member.learns() => Some(Mode::Learn),
        _ => None,
    }
}
