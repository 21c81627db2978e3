//! A host that passes requests on to another of the same httpd, which believes it about certificates.

use crate::configuration::passed::local_port;
use crate::configuration::site::{Host, Setting, Settings, Site};
use crate::message::{Message, Number};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What is on this machine.
const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// Finds fronts that let a client's own header through.
pub fn find(site: &Site, warnings: &mut Vec<Message>) {
    let port = |address: &str| address.rsplit_once(':').map(|(_, port)| port.to_owned());
    let believing = site.hosts.iter().filter(|host| {
        host.proxies().is_some_and(|proxies| LOOPBACK.iter().any(|&address| proxies.line_of(address).is_some()))
    });
    let by_port: HashMap<String, &Host> = believing
        .flat_map(|host| host.addresses.iter().filter_map(move |address| Some((port(address)?, host))))
        .collect();
    if by_port.is_empty() {
        return;
    }
    for settings in std::iter::once(&site.server).chain(site.hosts.iter().map(|host| &host.own)) {
        for name in ["proxypass", "proxypassmatch"] {
            let all = settings.all(name).iter();
            let passed = all.filter_map(|pass| Some((pass, *by_port.get(to(pass)?)?)));
            warnings.extend(passed.filter_map(|(pass, backend)| let_through(site, settings, pass, backend)).take(1));
        }
    }
}

/// The port on this machine to which a directive passes on.
fn to<'s>(pass: &'s Setting<'_>) -> Option<&'s str> {
    local_port(pass.words().iter().find(|word| word.contains("://"))?)?
}

fn let_through(site: &Site, front: &Settings, pass: &Setting, backend: &Host) -> Option<Message> {
    let removes = |setting: &&Setting, header: &str| {
        let words = setting.words();
        matches!(words.first().map(|word| word.to_ascii_lowercase()).as_deref(), Some("unset" | "set"))
            && words.get(1).is_some_and(|own| own.trim_end_matches(':').eq_ignore_ascii_case(header))
    };
    let settings = || site.server.all("requestheader").iter().chain(front.all("requestheader"));
    let lines = backend.proxies()?.lines();
    let mut headers =
        lines.iter().filter(|line| LOOPBACK.iter().any(|&address| line.has(address))).map(|line| line.header());
    let header = headers.find(|header| !settings().any(|setting| removes(&setting, header)))?;
    Some(Number::HeaderLetThrough.says(format!(
        "{}: {} passes on what a client has written into {header} to virtual host {}, which believes it (MTLSProtectProxy): whoever \
         knows a phone's certificate, which is public, is that phone; write RequestHeader unset {header} there, or RequestHeader set \
         with the certificate that mod_ssl has verified",
        pass.place(),
        pass.text(),
        backend.server.describe(),
    )))
}
