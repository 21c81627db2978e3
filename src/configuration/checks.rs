//! What can't work, or would protect nothing: errors of `httpd -t`.

use crate::configuration::config::ServerConfig;
use crate::configuration::site::{Host, Setting, Settings, Site};
use crate::httpd::{Checked, Judges, SharedStore, is_loaded};
use crate::message::{Message, Number};
use crate::module::Mtlsprotect;

/// Whether each `MTLSProtect On`, `Learn` or `Report` stands where a phone can prove who it is.
pub fn check_protection(site: &Site, errors: &mut Vec<Message>) {
    fn own<'s>(settings: &'s Settings<'s>) -> Option<&'s Setting<'s>> {
        settings.all("mtlsprotect").iter().find(|setting| setting.protects())
    }
    let in_server_scope = own(&site.server);
    let Some(first) = in_server_scope.or_else(|| site.hosts.iter().find_map(|host| own(&host.own))) else {
        return;
    };
    if !is_loaded(c"mod_ssl.c") && site.hosts.iter().all(|host| host.proxies().is_none()) {
        errors.push(Number::NoModSsl.says(format!(
            "{}: MTLSProtect needs mod_ssl, which is not loaded: add LoadModule ssl_module",
            first.place()
        )));
        return;
    }
    for host in &site.hosts {
        let Some(setting) = own(&host.own) else { continue };
        let (place, name) = (setting.place(), host.server.describe());
        if !host.has_list() {
            errors.push(Number::NoDeviceCas.says(format!(
                "{place}: MTLSProtect {} in virtual host {name}, which has no device CAs and so would trust no phone: \
                 add MTLSProtectCAFile, MTLSProtectCAPath or MTLSProtectVendor",
                setting.words().join(" ")
            )));
        }
        if site.has_tls(host) && !site.takes_certificates(host) {
            errors.push(Number::NeverAsks.says(format!(
                "{place}: MTLSProtect {} in virtual host {name}, which never asks for a phone's certificate: \
                 add SSLVerifyClient optional_no_ca",
                setting.words().join(" ")
            )));
        }
    }
    let can_trust = |host: &Host| host.has_list() && site.takes_certificates(host);
    if let Some(setting) = in_server_scope.filter(|_| !site.hosts.iter().any(can_trust)) {
        errors.push(Number::NoHostProves.says(format!(
            "{}: MTLSProtect {}, but no virtual host has device CAs (MTLSProtectCAFile, CAPath or Vendor), SSLEngine on and \
             SSLVerifyClient optional_no_ca, all three, or device CAs and MTLSProtectProxy: no phone could prove who it is",
            setting.place(),
            setting.words().join(" ")
        )));
    }
}

/// Decides which hosts' handshakes are judged here, and refuses what can't be combined with that.
pub fn check_handshakes(site: &Site, checked: Checked<'_>, errors: &mut Vec<Message>) {
    for host in &site.hosts {
        let Some(trust) = host.server.config::<Mtlsprotect>().trust else { continue };
        if !site.asks_without_judging(host) {
            continue;
        }
        trust.judge_handshakes_of(host.server, Judges::Handshakes { one_ticket: !site.counts_tickets(host) });
        keep_intermediates(site, checked);
        for (name, off) in [("sslocspenable", "off"), ("sslcarevocationcheck", "none")] {
            if let Some(setting) = site.in_force(host, name).filter(|setting| !setting.is(off)) {
                errors.push(Number::JudgedTwice.says(format!(
                    "{}: {} cannot be combined with SSLVerifyClient optional_no_ca and device CAs in virtual \
                     host {}: mod_ssl would check a chain that mod_mtlsprotect verifies instead; set {} \
                     {off} there",
                    setting.place(),
                    setting.text(),
                    host.server.describe(),
                    setting.node.name()
                )));
            }
        }
    }
}

/// Gives the main server a store for what phones send, once.
fn keep_intermediates(site: &Site, checked: Checked<'_>) {
    let Some(main) = site.hosts.first().map(|host| host.server) else { return };
    let config = *checked.config::<Mtlsprotect>(main);
    if config.intermediates.is_none() {
        let intermediates = Some(checked.pool.own(SharedStore::new()));
        checked.set_config::<Mtlsprotect>(main, ServerConfig { intermediates, ..config });
    }
}

/// `expired=allow` and a low `seclevel=` in hosts where mod_ssl drops such phones in the handshake,
/// before anybody can let them in: an error where the list takes effect in no other host.
pub fn check_lax_vendors(site: &Site, errors: &mut Vec<Message>, warnings: &mut Vec<Message>) {
    for host in site.hosts.iter().filter(|host| site.has_tls(host) && !site.asks_without_judging(host)) {
        let config = host.server.config::<Mtlsprotect>();
        let (Some(sources), Some(trust)) = (config.directives.sources, config.trust) else { continue };
        let Some((vendor, key)) =
            sources.vendors.iter().find_map(|vendor| Some((vendor, vendor.laxer_than_mod_ssl()?)))
        else {
            continue;
        };
        let Some(ask) = site.asks(host).next() else { continue };
        let messages = if !trust.judges_handshakes() { &mut *errors } else { &mut *warnings };
        messages.push(Number::LaxVendor.says(format!(
            "{}: SSLVerifyClient {} in virtual host {}: {key} of MTLSProtectVendor {} cannot take effect, since mod_ssl \
             drops such phones in the handshake; write SSLVerifyClient optional_no_ca",
            ask.place(),
            ask.words().join(" "),
            host.server.describe(),
            vendor.name(),
        )));
    }
}
