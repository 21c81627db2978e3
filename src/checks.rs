//! What is wrong with a configuration as a whole, found before the server starts or restarts.
//!
//! httpd -t runs check_config but not post_config, and an error in post_config during a graceful
//! restart ends the server: so everything is checked here.

use crate::Mtlsprotect;
use crate::config::{ListTrust, ServerConfig};
use crate::hosts::{Host, Setting, hosts, server_settings};
use crate::httpd::log::{self, Level};
use crate::httpd::{Pool, PoolRef, Server, SharedStore, is_loaded, main_server};
use crate::{notes, startup, warnings};
use mtlsprotect_core::devices::DeviceFile;
use mtlsprotect_core::fleet::Fleet;
use mtlsprotect_core::vendors::KnownPrefixes;
use std::time::{SystemTime, UNIX_EPOCH};

/// Checks the configuration and prepares the CA lists; each error is logged with its place.
pub fn check_config(pool: Pool<'static>, temporary: Pool<'_>) -> Result<(), ()> {
    let hosts = hosts();
    let mut errors = Vec::new();
    let mut messages = warnings::Messages::default();
    prepare_lists(&hosts, pool, temporary, &mut errors, &mut messages);
    prepare_prefixes(&hosts, pool);
    check_protection(&hosts, temporary, &mut errors);
    check_handshakes(&hosts, pool, temporary, &mut errors);
    check_lax_vendors(&hosts, temporary, &mut errors, &mut messages.warnings);
    for error in &errors {
        log::server(None, Level::Critical, &format!("mtlsprotect: {error}"));
    }
    if !errors.is_empty() {
        return Err(());
    }
    warnings::find(&hosts, temporary, &mut messages);
    notes::look_for_readers(temporary);
    startup::keep(messages);
    Ok(())
}

/// Unix time.
pub fn unix_time() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    i64::try_from(now).unwrap_or(i64::MAX)
}

/// The directives that say whom a host trusts.
const LISTS: [&str; 4] = ["MTLSProtectCAFile", "MTLSProtectCAPath", "MTLSProtectVendor", "MTLSProtectCRLFile"];

/// Makes all lists ready to judge, once for all hosts with the same settings.
fn prepare_lists(
    hosts: &[Host],
    pool: Pool<'static>,
    temporary: Pool<'_>,
    errors: &mut Vec<String>,
    messages: &mut warnings::Messages,
) {
    let mut prepared: Vec<(&ServerConfig, PoolRef<ListTrust>)> = Vec::new();
    let mut files: Vec<PoolRef<DeviceFile>> = Vec::new();
    for host in hosts {
        let config = host.server.config::<Mtlsprotect>();
        if let Some(file) = config.devices.filter(|file| !files.contains(file)) {
            files.push(file);
            let place = host.in_force("MTLSProtectDeviceFile", temporary).map(|setting| setting.node.place_text());
            let warn = |warning: &String| format!("{}: the device file {warning}", place.clone().unwrap_or_default());
            messages.warnings.extend(file.warnings().iter().map(warn));
        }
        let Some(sources) = config.sources else { continue };
        let same = |other: &ServerConfig| {
            other.sources == config.sources && other.depth == config.depth && other.identity == config.identity
        };
        if let Some((_, trust)) = prepared.iter().find(|(other, _)| same(other)) {
            config.set_trust(*trust);
            continue;
        }
        match Fleet::new(&sources, config.depth, config.identity.as_deref(), unix_time()) {
            Ok(fleet) => {
                let warnings = fleet.warnings().iter().map(|warning| format!("device CA {}", warning.text));
                messages.warnings.extend(warnings);
                let trust = pool.own(ListTrust::new(fleet, pool));
                config.set_trust(trust);
                prepared.push((config, trust));
            }
            Err(error) => {
                let places = LISTS.iter().flat_map(|name| host.all(name, temporary));
                let place = places.last().map(|setting| setting.node.place_text()).unwrap_or_default();
                errors.push(format!("{place}: {error}"));
            }
        }
    }
}

/// Gathers the prefixes that are known in each host, once for all hosts with the same lists and device file: a request
/// finds them in one place.
fn prepare_prefixes(hosts: &[Host], pool: Pool<'static>) {
    let mut prepared: Vec<(&ServerConfig, PoolRef<KnownPrefixes>)> = Vec::new();
    for host in hosts {
        let config = host.server.config::<Mtlsprotect>();
        if config.trust().is_none() && config.devices.is_none() {
            continue;
        }
        let same = |other: &ServerConfig| other.devices == config.devices && other.trust() == config.trust();
        let known = match prepared.iter().find(|(other, _)| same(other)) {
            Some((_, known)) => *known,
            None => {
                let listed = config.trust().map_or_else(KnownPrefixes::built_in, |list| list.fleet.known().clone());
                let known = pool.own(listed.with(config.devices.iter().flat_map(|file| file.prefixes())));
                prepared.push((config, known));
                known
            }
        };
        config.set_known(known);
    }
}

/// Whether each `MTLSProtect On` or `Report` stands where a phone can prove who it is.
fn check_protection(hosts: &[Host], pool: Pool<'_>, errors: &mut Vec<String>) {
    let mut all = server_settings("MTLSProtect", pool);
    all.retain(Setting::protects);
    let in_server_scope = all.clone();
    for host in hosts {
        all.extend(host.own("MTLSProtect", pool).into_iter().filter(Setting::protects));
    }
    let Some(first) = all.first() else { return };
    if !is_loaded(c"mod_ssl.c") {
        errors.push(format!(
            "{}: MTLSProtect needs mod_ssl, which is not loaded: add LoadModule ssl_module",
            first.node.place_text()
        ));
        return;
    }
    for host in hosts {
        let Some(setting) = host.own("MTLSProtect", pool).into_iter().find(Setting::protects) else { continue };
        let (place, name) = (setting.node.place_text(), host.server.describe());
        if !host.has_list() {
            errors.push(format!(
                "{place}: MTLSProtect {} in virtual host {name}, which has no device CAs and so would trust no phone: \
                 add MTLSProtectCAFile, MTLSProtectCAPath or MTLSProtectVendor",
                setting.words.join(" ")
            ));
        }
        if host.has_tls(pool) && host.asks(pool).is_empty() {
            errors.push(format!(
                "{place}: MTLSProtect {} in virtual host {name}, which never asks for a phone's certificate: \
                 add SSLVerifyClient optional_no_ca",
                setting.words.join(" ")
            ));
        }
    }
    let can_trust = |host: &Host| host.has_list() && host.has_tls(pool) && !host.asks(pool).is_empty();
    if let Some(setting) = in_server_scope.first().filter(|_| !hosts.iter().any(can_trust)) {
        errors.push(format!(
            "{}: MTLSProtect {}, but no virtual host has device CAs (MTLSProtectCAFile, CAPath or Vendor), SSLEngine on and \
             SSLVerifyClient optional_no_ca, all three: no phone could prove who it is",
            setting.node.place_text(),
            setting.words.join(" ")
        ));
    }
}

/// Decides which hosts' handshakes are judged here, and refuses what can't be combined with that.
fn check_handshakes(hosts: &[Host], configuration: Pool<'static>, pool: Pool<'_>, errors: &mut Vec<String>) {
    for host in hosts {
        let Some(trust) = host.server.config::<Mtlsprotect>().trust() else { continue };
        if !host.asks_without_judging(pool) {
            continue;
        }
        trust.handshakes_of().push(host.server);
        if let Some(main) =
            main_server().map(Server::config::<Mtlsprotect>).filter(|main| main.intermediates().is_none())
        {
            main.set_intermediates(configuration.own(SharedStore::new(configuration)));
        }
        for (name, off) in [("SSLOCSPEnable", "off"), ("SSLCARevocationCheck", "none")] {
            if let Some(setting) = host.in_force(name, pool).filter(|setting| !setting.is(off)) {
                errors.push(format!(
                    "{}: {name} {} cannot be combined with SSLVerifyClient optional_no_ca and device CAs in virtual \
                     host {}: mod_ssl would look for a chain that mod_mtlsprotect verifies in its stead; set {name} \
                     {off} there",
                    setting.node.place_text(),
                    setting.words.join(" "),
                    host.server.describe()
                ));
            }
        }
    }
}

/// `expired=allow` and a low `seclevel=` in hosts where mod_ssl drops such phones in the handshake,
/// before anybody can let them in: an error where the list takes effect in no other host.
fn check_lax_vendors(hosts: &[Host], pool: Pool<'_>, errors: &mut Vec<String>, warnings: &mut Vec<String>) {
    for host in hosts.iter().filter(|host| host.has_tls(pool) && !host.asks_without_judging(pool)) {
        let config = host.server.config::<Mtlsprotect>();
        let (Some(sources), Some(trust)) = (config.sources, config.trust()) else { continue };
        let Some((vendor, key)) =
            sources.vendors.iter().find_map(|vendor| Some((vendor, vendor.laxer_than_mod_ssl()?)))
        else {
            continue;
        };
        let asks = host.asks(pool);
        let Some(ask) = asks.first() else { continue };
        let messages = if trust.handshakes_of().is_empty() { &mut *errors } else { &mut *warnings };
        messages.push(format!(
            "{}: SSLVerifyClient {} in virtual host {}: {key} of MTLSProtectVendor {} cannot take effect, since mod_ssl \
             drops such phones in the handshake; write SSLVerifyClient optional_no_ca",
            ask.node.place_text(),
            ask.words.join(" "),
            host.server.describe(),
            vendor.name(),
        ));
    }
}
