//! What can't be combined with the balancers of a host (`MTLSProtectProxy`), or will surprise.

use crate::configuration::extent::{Protection, Reach};
use crate::configuration::lists::ListTrust;
use crate::configuration::proxies::Proxies;
use crate::configuration::site::{Host, Setting, Site};
use crate::message::{Message, Number};
use crate::module::Mtlsprotect;
use mtlsprotect_core::forwarded::ProxyLine;
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
        warnings.extend(unknown_clients(site, host, setting, proxies));
        warnings.extend(other_header(site, host, setting, proxies));
        warnings.extend(wide(host, setting, proxies));
    }
}

/// A public network with far more addresses than balancers have.
fn wide(host: &Host, setting: &Setting, proxies: &Proxies) -> Option<Message> {
    let network = proxies.lines().iter().find_map(ProxyLine::wide)?;
    Some(Number::WideProxies.says(format!(
        "{}: MTLSProtectProxy {network} in virtual host {}: whoever connects from one of so many public addresses is believed about \
         certificates; list the balancers' own",
        setting.place(),
        host.server.describe(),
    )))
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
        let is_one_address = address.is_none() || other_address.is_none() || address == other_address;
        (port == other_port || port == "*" || other_port == "*") && is_one_address
    };
    host.addresses.iter().any(|one| other.addresses.iter().any(|other| overlap(one, other)))
}

/// Address and port, however they are spelled. None is any address: so is a name's, which is not looked up here.
fn split(text: &str) -> (Option<IpAddr>, &str) {
    let (address, port) = match text.rsplit_once(':') {
        Some((address, port)) if !port.ends_with(']') => (address, port),
        _ => (text, "*"),
    };
    let literal = address.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    (literal.map(|address| address.to_canonical()).filter(|address| !address.is_unspecified()), port)
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

/// Another host before this one in which a balancer is believed by another header: its client chooses the host.
fn other_header(site: &Site, host: &Host, setting: &Setting, proxies: &Proxies) -> Option<Message> {
    let before = site.hosts.iter().take_while(|other| !std::ptr::eq(*other, host));
    let (other, theirs, ours) =
        before.filter_map(|other| Some((other, other.proxies()?))).find_map(|(other, theirs)| {
            let mut pairs =
                proxies.lines().iter().flat_map(|line| theirs.lines().iter().map(move |other| (other, line)));
            let differ = |(theirs, ours): &(&ProxyLine, &ProxyLine)| {
                !theirs.header().eq_ignore_ascii_case(ours.header()) && theirs.shares(ours).is_some()
            };
            let (theirs, ours) = pairs.find(differ).filter(|_| share_an_address(host, other))?;
            Some((other, theirs, ours))
        })?;
    Some(Number::OtherHeader.says(format!(
        "{}: MTLSProtectProxy in virtual host {} believes {} by {}, and virtual host {} by {}: a client of the balancer chooses \
         the host, so that each listener of the balancer must delete both headers; use one header in both hosts",
        setting.place(),
        host.server.describe(),
        ours.shares(theirs).map(|shared| shared.to_string()).unwrap_or_default(),
        ours.header(),
        other.server.describe(),
        theirs.header(),
    )))
}

/// Without mod_remoteip, or where it doesn't know the balancer, all phones have the balancer's address.
fn unknown_clients(site: &Site, host: &Host, setting: &Setting, proxies: &Proxies) -> Option<Message> {
    let of_all = |names: [&'static str; 2]| names.into_iter().flat_map(|name| site.all(host, name));
    let trusted = || of_all(["remoteipinternalproxy", "remoteiptrustedproxy"]).flat_map(|setting| setting.words());
    let why = if site.in_force(host, "remoteipheader").is_none() {
        "without RemoteIPHeader".to_owned()
    } else if of_all(["remoteipinternalproxylist", "remoteiptrustedproxylist"]).next().is_some() {
        return None;
    } else if trusted().next().is_none() {
        return Some(forged_clients(host, setting));
    } else {
        let stranger = proxies.lines().iter().find_map(|line| line.not_among(trusted().map(String::as_str)))?;
        format!("with {stranger}, which RemoteIPInternalProxy does not have,")
    };
    Some(Number::UnknownClients.says(format!(
        "{}: MTLSProtectProxy {why} in virtual host {}: the log can't say where phones are (client=unknown), nor can the \
         device file exempt addresses, and for Require ip and <If \"-R ...\"> each phone is the balancer; load mod_remoteip, \
         and write RemoteIPHeader X-Forwarded-For and RemoteIPInternalProxy with the balancer's addresses",
        setting.place(),
        host.server.describe(),
    )))
}

fn forged_clients(host: &Host, setting: &Setting) -> Message {
    Number::UnknownClients.says(format!(
        "{}: MTLSProtectProxy where RemoteIPHeader trusts the header of anybody, in virtual host {}: whoever is not behind the \
         balancer chooses his address himself, for the log, Require ip and exemptions; write RemoteIPInternalProxy with the \
         balancer's addresses",
        setting.place(),
        host.server.describe(),
    ))
}

/// Hosts with balancers on which nothing is protected. Where that is so of all hosts, it is told once.
pub fn warn(site: &Site, protection: &Protection<'_>, warnings: &mut Vec<Message>) {
    if !protection.hosts.iter().any(Reach::protects) {
        return;
    }
    for (host, _) in site.hosts.iter().zip(&protection.hosts).filter(|(_, reach)| !reach.protects()) {
        let Some(setting) = host.own.all("mtlsprotectproxy").first() else { continue };
        warnings.push(Number::NothingProtected.says(format!(
            "{}: MTLSProtectProxy in virtual host {}, where MTLSProtect is nowhere On, Learn or Report: nothing is protected \
             there; write MTLSProtect On into the <Directory> of the phones' files, outside all virtual hosts",
            setting.place(),
            host.server.describe(),
        )));
    }
}
