//! Hosts for staff, into which mod_ssl lets phones or half the world as well.

use crate::configuration::extent::Protection;
use crate::configuration::site::{Host, Setting, Site};
use crate::configuration::warnings::mod_ssl_cas::{ModSslCas, is_ours};
use crate::configuration::warnings::paths::Paths;
use crate::httpd::{Pool, server_path};
use crate::message::{Message, Number};
use crate::module::Mtlsprotect;
use mtlsprotect_core::vendors::Vendors;
use std::collections::HashMap;

/// More CAs than a staff has of its own.
const MANY: usize = 20;

/// Finds them.
pub fn find(site: &Site, protection: &Protection<'_>, pool: Pool<'_>, warnings: &mut Vec<Message>) {
    let hosts = || site.hosts.iter().zip(&protection.hosts);
    let is_off = |host: &Host| host.own.all("mtlsprotect").iter().any(|setting| setting.is("off"));
    let mut staff =
        hosts().filter(|(host, reach)| is_for_staff(site, host) && (!reach.protects() || is_off(host))).peekable();
    if staff.peek().is_none() {
        return;
    }
    let judging: Vec<_> =
        hosts().filter(|(host, reach)| reach.protects() && !reach.is_off_in_the_end() && host.has_list()).collect();
    // Most hosts share a list.
    let lists: HashMap<usize, &Vendors> = judging
        .iter()
        .filter_map(|(host, _)| host.server.config::<Mtlsprotect>().trust)
        .map(|trust| (std::ptr::from_ref(trust).addr(), &trust.vendors))
        .collect();
    let folders =
        Paths(judging.iter().flat_map(|(_, reach)| reach.folders.iter().map(|folder| folder.path.clone())).collect());
    let mut cas = ModSslCas::default();
    for (host, reach) in staff {
        if !reach.folders.iter().any(|served| folders.overlapping(&served.path).is_some()) {
            continue;
        }
        for setting in
            ["sslcacertificatefile", "sslcacertificatepath"].iter().filter_map(|name| site.in_force(host, name))
        {
            let list = cas.read(&server_path(pool, setting.word()));
            let is_phones = list.authorities().iter().any(|ca| lists.values().any(|vendors| is_ours(ca, vendors)));
            let many = Some(list.authorities().len()).filter(|&count| count > MANY);
            warnings.extend(let_in(host, setting, is_phones, many));
        }
    }
}

fn let_in(host: &Host, setting: &Setting, is_phones: bool, many: Option<usize>) -> Option<Message> {
    let who = match many {
        _ if is_phones => "it has device CAs, so that every phone is let in".to_owned(),
        Some(count) => format!("it has {count} CAs, so that whoever gets a certificate of one of them is let in"),
        None => return None,
    };
    Some(Number::StaffIsAnybody.says(format!(
        "{}: {} of virtual host {}, where MTLSProtect is Off: {who}, and served every phone's file; write the staff's own CA \
         alone there",
        setting.place(),
        setting.text(),
        host.server.describe(),
    )))
}

/// A host in which mod_ssl lets nobody in without a certificate that it has verified.
pub fn is_for_staff(site: &Site, host: &Host) -> bool {
    let has_cas = ["sslcacertificatefile", "sslcacertificatepath"];
    site.has_tls(host)
        && site.in_force(host, "sslverifyclient").is_some_and(|setting| setting.is("require"))
        && has_cas.iter().any(|name| site.in_force(host, name).is_some())
}
