//! Protected hosts that don't ask for certificates where it counts.

use crate::configuration::extent::{Reach, described, folder, url};
use crate::configuration::folders::overlap;
use crate::configuration::site::{Host, Setting, Site};
use crate::message::{Message, Number};
use std::path::Path;

/// A protected TLS host that takes no certificate of those who ask for what is protected. Of its own `MTLSProtect` it is an
/// error never to ask.
pub fn find(site: &Site, host: &Host, reach: &Reach<'_>, warnings: &mut Vec<Message>) {
    let asks_all = site.in_force(host, "sslverifyclient").is_some_and(|ask| !ask.is("none"));
    if asks_all || !site.has_tls(host) || !host.has_list() || host.proxies().is_some() {
        return;
    }
    if site.asks(host).any(|ask| counts(site, host, reach, ask)) {
        return;
    }
    let asks = site.asks(host).next().map_or_else(
        || "never asks for a phone's certificate".to_owned(),
        |ask| {
            format!(
                "asks for a phone's certificate only in {} ({}), where nothing is protected",
                described(ask),
                ask.place()
            )
        },
    );
    warnings.push(Number::NotAsked.says(format!(
        "virtual host {} serves protected files over TLS and {asks}: each request that needs one is refused as \
         no-certificate; write SSLVerifyClient optional_no_ca there, outside of sections, or MTLSProtect Off",
        host.server.describe()
    )));
}

/// Whether a section that asks has something protected in it, as far as can be seen.
fn counts(site: &Site, host: &Host, reach: &Reach<'_>, ask: &Setting) -> bool {
    if folder(ask).is_some_and(|own| !reach.folders.iter().any(|served| overlap(&served.path, &own))) {
        return false;
    }
    let protects = |setting: &&Setting| setting.protects() && reach.meet(setting, ask);
    let mut protecting = reach.all().filter(protects).peekable();
    let Some(url) = url(ask) else { return protecting.peek().is_some() };
    // Of a URL nothing may be in a folder that is protected.
    protecting.any(|setting| folder(setting).is_none() || is_there(site, host, reach, ask, &url))
}

/// Whether a URL leads to files, or may lead anywhere.
fn is_there(site: &Site, host: &Host, reach: &Reach<'_>, ask: &Setting, url: &str) -> bool {
    let leads_on = ["rewriterule", "fallbackresource"].iter().any(|name| site.all(host, name).next().is_some())
        || site.all(host, "sethandler").any(|handler| handler.section() == ask.section());
    leads_on
        || reach.folders.iter().filter_map(|served| Some((served.url?, &served.path))).any(|(at, path)| {
            at.starts_with(url)
                || url.strip_prefix(at).is_some_and(|rest| Path::new(path).join(rest.trim_matches('/')).exists())
        })
}

/// A host that should ask, as it says itself, and speaks plain HTTP.
pub fn without_tls(site: &Site, host: &Host, warnings: &mut Vec<Message>) {
    let engine = site.in_force(host, "sslengine");
    let ask = match engine {
        None => host.own.all("sslverifyclient").iter().rfind(|ask| ask.sections.is_empty()),
        Some(engine) if engine.is("optional") => site.in_force(host, "sslverifyclient"),
        Some(_) => None,
    };
    let Some(ask) = ask.filter(|ask| !ask.is("none")) else { return };
    let why = engine.map_or_else(
        || "SSLEngine is not on there".to_owned(),
        |engine| format!("httpd takes {} for off ({})", engine.text(), engine.place()),
    );
    warnings.push(Number::AskedWithoutTls.says(format!(
        "{}: {} in virtual host {}, which speaks plain HTTP, since {why}: no phone can show a certificate, and each request \
         that needs one is refused as plain-http; write SSLEngine on there",
        ask.place(),
        ask.text(),
        host.server.describe(),
    )));
}
