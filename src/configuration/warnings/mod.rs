//! Warnings about a configuration without errors: what serves strangers or shuts phones out.

mod acme;
mod addresses;
mod asked;
mod base;
mod dav;
mod disk;
mod dropped;
mod first_host;
mod folders;
mod fronts;
mod guarded;
mod handshakes;
mod hidden;
mod links;
mod lost_lists;
mod members;
mod mod_ssl_cas;
mod named_by;
mod other_ways;
mod own_files;
mod past_sections;
mod paths;
mod patterns;
mod proxied;
mod replaced;
mod staff;
mod status_page;
mod twice;
mod uploads;
mod wrong_vendor;

pub use hidden::find as find_hidden;

use crate::configuration::extent::Protection;
use crate::configuration::site::{Settings, Site};
use crate::httpd::{Checked, Pool, is_loaded};
use crate::message::{Message, Number};

/// Finds everything that should be said of a configuration without errors.
pub fn find<'s>(
    site: &'s Site<'s>,
    protection: &Protection<'s>,
    checked: Checked<'_>,
    pool: Pool<'_>,
    warnings: &mut Vec<Message>,
) {
    status_page::find(site, warnings);
    let all = || std::iter::once(&site.server).chain(site.hosts.iter().map(|host| &host.own));
    let protects = |settings: &Settings| settings.all("mtlsprotect").iter().any(|setting| setting.protects());
    if !all().any(protects) {
        return nothing_protected(all(), warnings);
    }
    let replaced = replaced::find(site, protection, warnings);
    folders::find(site, protection, &replaced, warnings);
    base::find(site, protection, warnings);
    dav::find(site, protection, warnings);
    staff::find(site, protection, pool, warnings);
    handshakes::find(site, protection, pool, warnings);
    let told = proxied::find(site, protection, warnings);
    past_sections::find(site, protection, &told, checked, pool, warnings);
    uploads::find(site, protection, warnings);
    lost_lists::find(site, protection, checked, pool, warnings);
    twice::find(site, warnings);
    named_by::find(site, protection, pool, warnings);
    own_files::find(site, protection, pool, warnings);
    fronts::find(site, warnings);
    members::find(site, warnings);
    wrong_vendor::find(site, warnings);
    corrected_spellings(site, warnings);
}

/// Device CAs, and not one `MTLSProtect On`, `Learn` or `Report`.
fn nothing_protected<'s>(mut all: impl Iterator<Item = &'s Settings<'s>>, warnings: &mut Vec<Message>) {
    let lists = ["mtlsprotectcafile", "mtlsprotectcapath", "mtlsprotectvendor"];
    if let Some(list) = all.find_map(|settings| lists.iter().find_map(|name| settings.all(name).first())) {
        warnings.push(Number::NothingProtected.says(format!(
            "{}: {}: there are device CAs, but MTLSProtect is nowhere On, Learn or Report: nothing is protected; write \
             MTLSProtect Report into the <Directory> of the phones' files",
            list.place(),
            list.node.name(),
        )));
    }
}

fn corrected_spellings(site: &Site, warnings: &mut Vec<Message>) {
    if is_loaded(c"mod_speling.c") {
        let all = std::iter::once(&site.server).chain(site.hosts.iter().map(|host| &host.own));
        let on = all.flat_map(|settings| settings.all("checkspelling")).find(|setting| setting.is("on"));
        let place = on.map(|setting| format!("{}: CheckSpelling On: ", setting.place())).unwrap_or_default();
        warnings.push(Number::CorrectedSpelling.says(format!(
            "{place}mod_speling is loaded, whose corrections tell strangers the names of files; keep CheckSpelling \
             off where files are named after phones"
        )));
    }
}
