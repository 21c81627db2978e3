//! `httpd -t -D DUMP_MTLSPROTECT`: a table of what protects what, as `-S` has one of the hosts.

use crate::configuration::extent::{Index, Protection, Reach, described, mode_of};
use crate::configuration::notices::vendors;
use crate::configuration::sections::{Section, said_in_sections, sections_of};
use crate::configuration::site::{Host, Setting, Site};
use crate::httpd::is_defined;
use crate::module::Mtlsprotect;
use mtlsprotect_core::decision::{DEFAULT_METHODS, Mode};

const COLUMNS: [&str; 8] = ["HOST", "SECTION", "MODE", "SENDERS", "OTHER FILES", "METHODS", "PASSWORDS", "STANDS IN"];

/// What a section sets that is not a mode.
const NOTHING: &str = "-";

/// Whether the table is asked for.
pub fn is_asked_for() -> bool {
    is_defined(c"DUMP_MTLSPROTECT")
}

/// The table: for each host what counts outside sections, then what its sections change.
pub fn table(site: &Site, protection: &Protection<'_>) -> String {
    let mut rows = vec![COLUMNS.map(str::to_owned)];
    let in_sections = said_in_sections(site);
    for (host, reach) in site.hosts.iter().zip(&protection.hosts) {
        rows.extend(rows_of(site, host, reach, &in_sections));
    }
    let widths: Vec<usize> = (0..COLUMNS.len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    let mut table = "MTLSProtect:\n".to_owned();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
        table += cells.collect::<Vec<_>>().join("  ").trim_end();
        table.push('\n');
    }
    table
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
        Some(trust) => vendors(&trust.fleet),
    };
    let senders = match (host.proxies(), trust) {
        (Some(proxies), Some(trust)) => format!("{} via {}", vendors(&trust.fleet), proxies.addresses()),
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
    rows
}
