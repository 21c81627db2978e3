//! What can't be combined with the balancers of a host (`MTLSProtectProxy`), or will surprise.

use crate::configuration::lists::ListTrust;
use crate::configuration::proxies::Proxies;
use crate::configuration::site::{Host, Setting, Site};
use crate::message::{Message, Number};
use crate::module::Mtlsprotect;
use std::net::IpAddr;

/// What httpd's own limit is where nobody sets it, and what takes the chains that are known.
const DEFAULT_FIELD_SIZE: usize = 8190;
const SUFFICIENT_FIELD_SIZE: usize = 16380;

/// Makes the lists ready for what balancers pass on, and finds what can't be combined with them.
pub fn check(site: &Site, errors: &mut Vec<Message>, warnings: &mut Vec<Message>) {
    for host in &site.hosts {
        let config = host.server.config::<Mtlsprotect>();
        let (Some(proxies), Some(setting)) = (config.directives.proxies, host.own.all("mtlsprotectproxy").first())
        else {
            continue;
        };
        match config.trust {
            Some(trust) => ListTrust::keep_chains(trust),
            None if !host.has_list() => errors.push(without_list(host, setting)),
            None => {}
        }
        errors.extend(passed_through(site, host, setting));
        errors.extend(merged_trailers(site, host, setting));
        warnings.extend(short_fields(site, host, setting, proxies));
        warnings.extend(unknown_clients(site, host, setting));
    }
}

fn without_list(host: &Host, setting: &Setting) -> Message {
    Number::NoDeviceCas.says(format!(
        "{}: MTLSProtectProxy in virtual host {}, which has no device CAs and so would trust no phone: add \
         MTLSProtectCAFile, MTLSProtectCAPath or MTLSProtectVendor",
        setting.place(),
        host.server.describe(),
    ))
}

/// The PROXY protocol on a listener of the host: the TCP peer of clients that are passed through is the balancer.
fn passed_through(site: &Site, host: &Host, setting: &Setting) -> Option<Message> {
    let is_on = |setting: &&Setting| setting.is("on");
    let in_server = site.server.all("remoteipproxyprotocol").iter().rfind(is_on);
    let on = in_server.or_else(|| {
        let sharing = site.hosts.iter().filter(|other| share_an_address(host, other));
        sharing.flat_map(|other| other.own.all("remoteipproxyprotocol")).find(is_on)
    })?;
    Some(Number::PassedThrough.says(format!(
        "{}: RemoteIPProxyProtocol On covers a listener of virtual host {}, which has MTLSProtectProxy ({}): whoever is \
         passed through would be believed as the balancer itself; let one listener have one of them",
        on.place(),
        host.server.describe(),
        setting.place(),
    )))
}

/// Whether two hosts may answer on one address and port.
fn share_an_address(host: &Host, other: &Host) -> bool {
    let overlap = |one: &String, other: &String| {
        let ((address, port), (other_address, other_port)) = (split(one), split(other));
        let is_any = |address: &str| matches!(address, "*" | "_default_" | "0.0.0.0" | "[::]");
        (port == other_port || port == "*" || other_port == "*")
            && (address == other_address || is_any(address) || is_any(other_address))
    };
    host.addresses.iter().any(|one| other.addresses.iter().any(|other| overlap(one, other)))
}

/// Address and port, a name's address being any: what it stands for is not looked up here.
fn split(text: &str) -> (&str, &str) {
    let (address, port) = match text.rsplit_once(':') {
        Some((address, port)) if !port.ends_with(']') => (address, port),
        _ => (text, "*"),
    };
    let is_literal = address.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    (if is_literal { address } else { "*" }, port)
}

/// Trailers come when the request has been read, and would bring the header past us.
fn merged_trailers(site: &Site, host: &Host, setting: &Setting) -> Option<Message> {
    let on = site.in_force(host, "mergetrailers").filter(|merge| merge.is("on"))?;
    Some(Number::MergedTrailers.says(format!(
        "{}: MergeTrailers On in virtual host {}, which has MTLSProtectProxy ({}): a client could bring the balancer's \
         header in a trailer, which no module can remove in time; write MergeTrailers Off",
        on.place(),
        host.server.describe(),
        setting.place(),
    )))
}

/// A chain in one header may be longer than httpd takes.
fn short_fields(site: &Site, host: &Host, setting: &Setting, proxies: &Proxies) -> Option<Message> {
    let line = proxies.lines().iter().find(|line| line.format().has_chain_inside())?;
    let limit = site.in_force(host, "limitrequestfieldsize").map(|limit| limit.word().parse().unwrap_or(0));
    let limit: usize = limit.unwrap_or(DEFAULT_FIELD_SIZE);
    (limit < SUFFICIENT_FIELD_SIZE).then(|| {
        Number::ShortFields.says(format!(
            "{}: certificate={} brings the whole chain in one header, and httpd answers 400 to one longer than {limit} \
             bytes; write LimitRequestFieldSize {SUFFICIENT_FIELD_SIZE} into {} and into the first virtual host of its \
             address",
            setting.place(),
            line.format().as_str(),
            host.server.describe(),
        ))
    })
}

/// Without mod_remoteip all phones have the balancer's address.
fn unknown_clients(site: &Site, host: &Host, setting: &Setting) -> Option<Message> {
    site.in_force(host, "remoteipheader").is_none().then(|| {
        Number::UnknownClients.says(format!(
            "{}: MTLSProtectProxy without RemoteIPHeader in virtual host {}: the log can't say where phones are \
             (client=unknown), nor can the device file exempt addresses; load mod_remoteip, and write RemoteIPHeader \
             X-Forwarded-For and RemoteIPInternalProxy with the balancer's addresses",
            setting.place(),
            host.server.describe(),
        ))
    })
}
