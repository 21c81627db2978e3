//! WebDAV above a protected folder: `COPY` and `MOVE` of a folder around it take its files out, unjudged.

use crate::configuration::access::is_restricted;
use crate::configuration::extent::{Protection, Reach, described, folder};
use crate::configuration::folders::lies_in;
use crate::configuration::passed::location;
use crate::configuration::site::{Host, Setting, Site};
use crate::message::{Message, Number};
use std::collections::HashSet;

/// Finds it.
pub fn find(site: &Site, protection: &Protection<'_>, warnings: &mut Vec<Message>) {
    let mut told = HashSet::new();
    for (host, reach) in site.hosts.iter().zip(&protection.hosts) {
        for dav in site.all(host, "dav").filter(|dav| !dav.is("off")) {
            let Some(section) = below(reach, dav).filter(|_| !is_restricted(site, host, dav)) else { continue };
            if told.insert(dav.node) {
                warnings.push(message(host, dav, section));
            }
        }
    }
}

fn message(host: &Host, dav: &Setting, section: &Setting) -> Message {
    Number::DavAbove.says(format!(
        "{}: {} in {} of virtual host {} counts above {} ({}): COPY or MOVE of a folder around that takes its files to where \
         nothing protects them; write MTLSProtect On into {} as well, or Dav On into the folders that need it alone",
        dav.place(),
        dav.text(),
        described(dav),
        host.server.describe(),
        described(section),
        section.place(),
        described(dav),
    ))
}

/// A protected folder that lies below WebDAV's, and not itself around it.
fn below<'s>(reach: &Reach<'s>, dav: &Setting) -> Option<&'s Setting<'s>> {
    let urls = match (folder(dav), location(dav)) {
        (Some(folder), _) => reach.urls_of(&folder),
        (None, Some(url)) => vec![format!("{}/", url.trim_end_matches('/'))],
        (None, None) => return None,
    };
    let protecting = || reach.all().filter(|setting| setting.protects());
    let covers = |setting: &Setting, url: &str| match (folder(setting), location(setting)) {
        (Some(folder), _) => reach.urls_of(&folder).iter().any(|own| url.starts_with(own.as_str())),
        (None, Some(own)) => lies_in(url.trim_end_matches('/'), own.trim_end_matches('/')),
        (None, None) => true,
    };
    let is_open = |url: &&String| !protecting().any(|setting| covers(setting, url));
    let inside = |url: &String| {
        reach.sections.iter().copied().filter(|setting| setting.protects()).find(|setting| {
            folder(setting)
                .is_some_and(|own| reach.urls_of(&own).iter().any(|own| own.starts_with(url.as_str()) && own != url))
        })
    };
    urls.iter().filter(is_open).find_map(inside)
}
