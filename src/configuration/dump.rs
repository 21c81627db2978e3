//! `httpd -t -D DUMP_MTLSPROTECT`: tables of what protects what and of the device files, as `-S` has one of the hosts.

use crate::configuration::device_files;
use crate::configuration::extent::{Index, Protection, Reach, described, mode_of};
use crate::configuration::notices::vendors;
use crate::configuration::passed_on::past_sections;
use crate::configuration::sections::{Section, said_in_sections, sections_of};
use crate::configuration::site::{Host, Setting, Site};
use crate::httpd::{Checked, Pool, is_defined};
use crate::module::Mtlsprotect;
use mtlsprotect_core::decision::{DEFAULT_METHODS, Mode};
use std::{array, iter};

const COLUMNS: [&str; 8] = ["HOST", "SECTION", "MODE", "SENDERS", "OTHER FILES", "METHODS", "PASSWORDS", "STANDS IN"];
const FILE_COLUMNS: [&str; 5] = ["HOST", "SECTION", "DEVICE FILE", "ENTRIES", "STANDS IN"];

/// What a section sets that is not a mode.
const NOTHING: &str = "-";

/// Whether the tables are asked for.
pub fn is_asked_for() -> bool {
    is_defined(c"DUMP_MTLSPROTECT")
}

/// The tables: for each host what counts outside sections, then what its sections change; then the device files, if there
/// are any.
pub fn tables(site: &Site, protection: &Protection<'_>, checked: Checked<'_>, temporary: Pool<'_>) -> String {
    let in_sections = said_in_sections(site);
    let hosts = || site.hosts.iter().zip(&protection.hosts);
    let rows = hosts().flat_map(|(host, reach)| rows_of(site, host, reach, &in_sections));
    let files = hosts().flat_map(|(host, reach)| files_of(site, host, reach, checked, temporary)).collect::<Vec<_>>();
    let files = if files.is_empty() { String::new() } else { table("MTLSProtectDeviceFile", FILE_COLUMNS, files) };
    table("MTLSProtect", COLUMNS, rows) + &files
}

fn table<const N: usize>(name: &str, columns: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let rows: Vec<[String; N]> = iter::once(columns.map(str::to_owned)).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = array::from_fn(width);
    let mut table = format!("{name}:\n");
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
        table += cells.collect::<Vec<_>>().join("  ").trim_end();
        table.push('\n');
    }
    table
}

/// The device files that a request to a host can meet, outside sections first.
fn files_of<'s>(
    site: &'s Site<'s>,
    host: &'s Host<'s>,
    reach: &Reach<'s>,
    checked: Checked<'_>,
    temporary: Pool<'_>,
) -> Vec<[String; 5]> {
    let reading = checked.reading::<Mtlsprotect>();
    let row = |setting: &'s Setting<'s>| {
        let (path, is_closed) = device_files::file_of(setting, temporary);
        let shown = format!("{}{}", path.display(), if is_closed { " closed" } else { "" });
        let entries = reading.known_devices(path, is_closed).map_or(0, |devices| devices.list.state().devices);
        let section = if setting.sections.is_empty() { NOTHING.to_owned() } else { described(setting) };
        [host.server.describe(), section, shown, entries.to_string(), setting.place()]
    };
    device_files::naming(site, host, &reach.folders).map(row).collect()
}

fn rows_of<'s>(
    site: &'s Site<'s>,
    host: &'s Host<'s>,
    reach: &Reach<'s>,
    in_sections: &[Index<'s>; 4],
) -> Vec<[String; 8]> {
    let trust = host.server.config::<Mtlsprotect>().trust;
    let senders = match trust {
        None => "nobody (no device CAs)".to_owned(),
        Some(_) if !site.has_tls(host) => "nobody (no TLS)".to_owned(),
        Some(_) if site.asks(host).next().is_none() => "nobody (not asked)".to_owned(),
        Some(trust) => vendors(&trust.vendors),
    };
    let senders = match (host.proxies(), trust) {
        (Some(proxies), Some(trust)) => format!("{} via {}", vendors(&trust.vendors), proxies.addresses()),
        _ => senders,
    };
    let name = host.server.describe();
    let in_force = |directive: &str| site.in_force(host, directive);
    let word =
        |setting: Option<&Setting>, default: &str| setting.map_or(default.to_owned(), |set| set.words().join(" "));
    let mut rows = vec![[
        name.clone(),
        NOTHING.to_owned(),
        reach.base.map_or(Mode::Off, mode_of).as_str().to_owned(),
        senders.clone(),
        word(in_force("mtlsprotectotherfiles"), "device"),
        word(in_force("mtlsprotectmethods"), &DEFAULT_METHODS.to_string()),
        word(in_force("mtlsprotectpassword"), "Off"),
        reach.base.map_or_else(|| NOTHING.to_owned(), Setting::place),
    ]];
    for Section { first, mode, other_files, methods, passwords } in sections_of(host, reach, in_sections) {
        rows.push([
            name.clone(),
            described(first),
            mode.map_or(NOTHING, |mode| mode_of(mode).as_str()).to_owned(),
            senders.clone(),
            word(other_files, NOTHING),
            word(methods, NOTHING),
            word(passwords, NOTHING),
            first.place(),
        ]);
    }
    for passed in past_sections(site, host, reach) {
        let mode = "not judged".to_owned();
        let nothing = || NOTHING.to_owned();
        rows.push([name.clone(), passed.text(), mode, nothing(), nothing(), nothing(), nothing(), passed.place()]);
    }
    rows
}
