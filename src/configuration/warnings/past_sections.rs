//! Ways around a section or an exemption's address.

use crate::configuration::device_files;
use crate::configuration::extent::{Protection, Reach, described, folder, url};
use crate::configuration::folders::overlap;
use crate::configuration::site::{Host, Setting, Site};
use crate::configuration::warnings::addresses::{self, Fronts};
use crate::httpd::{Checked, Node, Pool};
use crate::message::{Message, Number};
use mtlsprotect_core::wide::names_nearly_all;
use std::collections::HashSet;

/// Finds everything about them, but for directives of which something has been told.
pub fn find(
    site: &Site,
    protection: &Protection<'_>,
    told: &HashSet<Node<'_>>,
    checked: Checked<'_>,
    temporary: Pool<'_>,
    warnings: &mut Vec<Message>,
) {
    let fronts = Fronts::of(site);
    for (host, reach) in site.hosts.iter().zip(&protection.hosts) {
        fastcgi(site, host, reach, told, warnings);
        if reach.protects() {
            let exempts = || {
                let files = device_files::reaching(site, host, &reach.folders, checked, temporary);
                files.iter().any(|devices| devices.list.has_exemptions())
            };
            forged_addresses(site, host, reach, exempts, warnings);
            addresses::own_address(site, host, reach, &fronts, warnings);
        }
    }
    warnings.dedup();
}

/// A FastCGI server that is handed files of a protected folder: what ProxyPass sends on is in no `<Directory>`.
fn fastcgi(site: &Site, host: &Host, reach: &Reach<'_>, told: &HashSet<Node<'_>>, warnings: &mut Vec<Message>) {
    let own = site.hosts.iter().flat_map(|host| host.own.all("mtlsprotect"));
    let mut folders: Vec<(&Setting, String)> = Vec::new();
    for setting in ["proxypass", "proxypassmatch", "sethandler"].iter().flat_map(|name| site.all(host, name)) {
        let Some(path) = setting.words().iter().find_map(|word| fastcgi_path(word)) else { continue };
        if folders.is_empty() {
            let all = site.server.all("mtlsprotect").iter().chain(own.clone()).filter(|setting| setting.protects());
            folders = all.filter_map(|setting| Some((setting, folder(setting)?))).collect();
        }
        let Some((section, folder)) = folders.iter().find(|(_, folder)| overlap(path, folder)) else { continue };
        if told.contains(&setting.node) || is_judged(reach, setting) {
            continue;
        }
        warnings.push(Number::PastSection.says(format!(
            "{}: {} reaches into the protected folder {folder} past {} ({}): a request that goes there is in no \
             <Directory> and is not judged; write MTLSProtect On into a <Location> for it, or SetHandler \
             \"proxy:fcgi://...\" into the <Directory>",
            setting.place(),
            setting.text(),
            described(section),
            section.place(),
        )));
    }
}

/// The path on a FastCGI server's side: of `fcgi://127.0.0.1:9000/srv/cfg/$1` it is `/srv/cfg`.
fn fastcgi_path(word: &str) -> Option<&str> {
    let (_, rest) = word.split_once("fcgi://")?;
    let path = &rest[rest.find('/')?..];
    let literal = path.split('$').next().unwrap_or_default().trim_end_matches('/');
    (!literal.is_empty()).then_some(literal)
}

/// Whether what the directive sends on is judged all the same: outside sections, by its URL, or by an expression.
fn is_judged(reach: &Reach<'_>, proxied: &Setting) -> bool {
    let from = url(proxied).or_else(|| proxied.words().first().filter(|word| word.starts_with('/')).cloned());
    reach.all().filter(|setting| setting.protects()).any(|setting| match (setting.section(), url(setting)) {
        (None, _) => true,
        (Some(_), Some(url)) => from.as_ref().is_none_or(|from| from.starts_with(&url)),
        (Some(section), None) => section.is("<LocationMatch") || section.is("<If"),
    })
}

/// Exemptions by address, and an Off for addresses, where a client writes its address itself.
fn forged_addresses(
    site: &Site,
    host: &Host,
    reach: &Reach<'_>,
    exempts: impl FnOnce() -> bool,
    warnings: &mut Vec<Message>,
) {
    let Some(header) = site.in_force(host, "remoteipheader") else { return };
    const TRUSTED: [&str; 4] =
        ["remoteipinternalproxy", "remoteipinternalproxylist", "remoteiptrustedproxy", "remoteiptrustedproxylist"];
    let nearly_all = |setting: &Setting| setting.words().iter().any(|word| names_nearly_all(word));
    let mut trusted = TRUSTED.iter().flat_map(|name| site.all(host, name)).peekable();
    if trusted.peek().is_some() && !trusted.any(nearly_all) {
        return;
    }
    let what = match addresses::forged(site, host, reach) {
        Some(off) => format!(
            "MTLSProtect {} in {} ({}) lets in by address in",
            off.words().join(" "),
            described(off),
            off.place()
        ),
        None if exempts() => "a device file exempts devices by their address in".to_owned(),
        None => return,
    };
    warnings.push(Number::ForgedAddresses.says(format!(
        "{}: {} trusts the header of anybody, and {what} virtual host {}: any stranger can forge such an address that way; \
         specify the proxies with RemoteIPInternalProxy or RemoteIPTrustedProxy",
        header.place(),
        header.text(),
        host.server.describe(),
    )));
}
