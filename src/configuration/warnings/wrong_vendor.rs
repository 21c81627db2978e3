//! Vendors' lines with the CAs of another vendor.

use crate::configuration::site::{Host, Site};
use crate::message::{Message, Number};
use crate::module::Mtlsprotect;
use mtlsprotect_core::escape::quoted;
use mtlsprotect_core::trust::name_text;

/// Says it of each line, once.
pub fn find(site: &Site, warnings: &mut Vec<Message>) {
    let in_hosts = site.hosts.iter().map(|host| (host, &host.own));
    for (host, settings) in site.hosts.first().map(|main| (main, &site.server)).into_iter().chain(in_hosts) {
        let own = settings.all("mtlsprotectvendor").iter();
        warnings.extend(own.filter_map(|line| said_of(host, line.word(), &line.place())));
    }
}

fn said_of(host: &Host, name: &str, place: &str) -> Option<Message> {
    let sources = host.server.config::<Mtlsprotect>().directives.sources?;
    let line = sources.vendors.iter().find(|line| line.name().eq_ignore_ascii_case(name))?;
    let (ca, other) = line.foreign_ca()?;
    let (name, other) = (line.name(), other.name());
    Some(Number::WrongVendor.says(format!(
        "{place}: MTLSProtectVendor {name} has the CA \"{}\", which is {other}'s: phones with {other}'s prefixes are refused as \
         vendor-mismatch; write MTLSProtectVendor {other}, or give {name} the file of its own CAs",
        quoted(&name_text(ca.certificate().subject_name()), 256),
    )))
}
