//! Members of balancers whose own URL names a device: mod_proxy writes it into the request behind the last gate.

use crate::configuration::site::{Setting, Site};
use crate::message::{Message, Number};
use mtlsprotect_core::built_in::KnownPrefixes;
use mtlsprotect_core::names::{Names, Naming, Texts, path_of_url};

/// Finds them.
pub fn find(site: &Site, warnings: &mut Vec<Message>) {
    let known = KnownPrefixes::built_in();
    let naming = Naming::with_defaults(&known);
    let all = std::iter::once(&site.server).chain(site.hosts.iter().map(|host| &host.own));
    warnings
        .extend(all.flat_map(|settings| settings.all("balancermember")).filter_map(|member| said_of(member, &naming)));
}

fn said_of(member: &Setting, naming: &Naming) -> Option<Message> {
    // Outside of <Proxy> the balancer's own URL stands before it.
    let url = member.words().iter().find(|word| word.contains("://") && !word.starts_with("balancer:"))?;
    let path = path_of_url(url.as_bytes());
    let texts = Texts { sent: path, uri: path, ..Texts::default() };
    let mac = Names::of(&texts, naming, None, false).macs().next()?;
    Some(Number::MemberNames.says(format!(
        "{}: {} names the device {mac}, which mod_proxy writes into the requests for this member after the last check: \
         whoever is let in there gets that device's file; write the name into the URL of ProxyPass or RewriteRule, where it \
         is checked",
        member.place(),
        member.text(),
    )))
}
