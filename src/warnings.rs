//! What is odd about a configuration, and what it protects: said at startup and by `httpd -t`.

use crate::Mtlsprotect;
use crate::hosts::{Host, Setting, lies_in, server_settings};
use crate::httpd::{Node, Pool, is_loaded, server_path};
use mtlsprotect_core::ca_list::{Authority, CaList};
use mtlsprotect_core::certificate::name_text;
use mtlsprotect_core::escape::quoted;
use mtlsprotect_core::fleet::Fleet;
use openssl::asn1::Asn1Time;
use std::path::Path;

/// Lines for the error log.
#[derive(Default)]
pub struct Messages {
    /// What will surprise.
    pub warnings: Vec<String>,
    /// What protects each host.
    pub notices: Vec<String>,
}

/// Finds everything that should be said of a configuration without errors.
pub fn find(hosts: &[Host], pool: Pool<'_>, messages: &mut Messages) {
    let protection: Vec<Vec<Setting>> = hosts.iter().map(|host| protection_of(host, pool)).collect();
    for (host, protection) in hosts.iter().zip(&protection) {
        if let Some(notice) = notice(host, protection, pool) {
            messages.notices.push(notice);
        }
    }
    let warnings = &mut messages.warnings;
    without_list(hosts, pool, warnings);
    same_folder_unprotected(hosts, &protection, pool, warnings);
    first_host_not_asking(hosts, pool, warnings);
    for (host, protection) in hosts.iter().zip(&protection) {
        verdicts_of_mod_ssl(host, pool, warnings);
        tls_of_another_module(host, protection, pool, warnings);
    }
    if is_loaded(c"mod_speling.c") && protection.iter().any(|settings| !settings.is_empty()) {
        let on = hosts.iter().flat_map(|host| host.all("CheckSpelling", pool)).find(|setting| setting.is("on"));
        let place = on.map(|setting| format!("{}: CheckSpelling On: ", setting.node.place_text())).unwrap_or_default();
        warnings.push(format!(
            "{place}mod_speling is loaded, whose corrections tell strangers the names of files; keep CheckSpelling \
             off where files are named after phones"
        ));
    }
}

/// A protected host whose TLS is mod_gnutls's or mod_tls's: no certificate of it comes here.
fn tls_of_another_module(host: &Host, protection: &[Setting], pool: Pool<'_>, warnings: &mut Vec<String>) {
    if protection.is_empty() || host.has_tls(pool) {
        return;
    }
    let gnutls = host.in_force("GnuTLSEnable", pool).filter(|setting| setting.is("on"));
    let Some(tls) = gnutls.or_else(|| tls_engine(host, pool)) else { return };
    warnings.push(format!(
        "{}: {} {}: TLS here is not mod_ssl's: virtual host {} gets no phone's certificate, and each request that needs \
         one is refused as no-certificate; write SSLEngine on and SSLVerifyClient optional_no_ca in its stead, or \
         MTLSProtect Off there",
        tls.node.place_text(),
        tls.node.name(),
        tls.words.join(" "),
        host.server.describe(),
    ));
}

/// mod_tls's `TLSEngine [address:]port`, which names hosts by where they listen.
fn tls_engine(host: &Host, pool: Pool<'_>) -> Option<Setting> {
    let port = |address: &str| address.rsplit(':').next().unwrap_or_default().to_owned();
    let ports: Vec<String> = host.addresses(pool).iter().map(|address| port(address)).collect();
    let mut settings = server_settings("TLSEngine", pool).into_iter();
    settings.find(|setting| setting.words.first().is_some_and(|word| ports.contains(&port(word))))
}

/// The settings of `On` and `Report` that can count for a request to the host.
fn protection_of(host: &Host, pool: Pool<'_>) -> Vec<Setting> {
    let mut settings = reaching("MTLSProtect", host, pool);
    settings.retain(Setting::protects);
    settings
}

/// The settings of a directive that can count for a request to the host.
fn reaching(name: &str, host: &Host, pool: Pool<'_>) -> Vec<Setting> {
    let mut settings = host.all(name, pool);
    let folders = folders_of(host, pool);
    settings.retain(|setting| match setting.section.filter(|section| section.is("<Directory")) {
        Some(section) => directory(section, pool).is_none_or(|protected| {
            folders.iter().any(|(path, _)| lies_in(path, &protected) || lies_in(&protected, path))
        }),
        None => true,
    });
    settings
}

/// A line that says how a host is protected; none where it isn't.
fn notice(host: &Host, protection: &[Setting], pool: Pool<'_>) -> Option<String> {
    let trust = host.server.config::<Mtlsprotect>().trust()?;
    if !host.has_tls(pool) {
        return None;
    }
    let strictest = protection.iter().find(|setting| setting.is("on")).or(protection.first())?;
    let mode = if strictest.is("on") { "On" } else { "Report" };
    let mut other_files: Vec<String> = host.all("MTLSProtectOtherFiles", pool).iter().map(Setting::value).collect();
    other_files.sort();
    other_files.dedup();
    if other_files.is_empty() {
        other_files.push("device".to_owned());
    }
    Some(format!(
        "{}: mode={mode} vendors={} cas={} earliest-expiry={} other-files={}",
        host.server.describe(),
        vendors(&trust.fleet),
        trust.fleet.members().iter().map(|member| member.trust().list().len()).sum::<usize>(),
        trust.fleet.earliest_expiry().map_or_else(|| "-".to_owned(), date),
        other_files.join(","),
    ))
}

/// The vendors of a host, those that are only watched marked.
fn vendors(fleet: &Fleet) -> String {
    let mut vendors = Vec::new();
    for member in fleet.members() {
        match member.name() {
            Some(name) if member.is_watched() => vendors.push(format!("{name}(report)")),
            Some(name) => vendors.push(name.to_owned()),
            None => vendors.extend(member.trust().list().vendors().into_iter().map(str::to_owned)),
        }
    }
    if vendors.is_empty() { "-".to_owned() } else { vendors.join(",") }
}

fn date(unix_time: i64) -> String {
    Asn1Time::from_unix(unix_time).map_or_else(|_| "-".to_owned(), |time| format!("\"{}\"", &*time))
}

/// The literal path of a `<Directory>`; none for a pattern.
fn directory(section: Node, pool: Pool<'_>) -> Option<String> {
    let words = section.words(pool);
    let [path] = &words[..] else { return None };
    (!path.contains(['*', '?', '['])).then(|| path.trim_end_matches('/').to_owned())
}

/// The folders that a host serves: its DocumentRoot and what its aliases lead to.
fn folders_of(host: &Host, pool: Pool<'_>) -> Vec<(String, Option<Setting>)> {
    let mut folders = vec![(host.document_root(), host.in_force("DocumentRoot", pool))];
    for name in ["Alias", "AliasMatch", "ScriptAlias", "ScriptAliasMatch"] {
        for setting in host.all(name, pool) {
            if let Some(target) = setting.words.last() {
                folders.push((target.trim_end_matches('/').to_owned(), Some(setting.clone())));
            }
        }
    }
    folders
}

/// Hosts that serve a protected folder but trust nobody.
fn without_list(hosts: &[Host], pool: Pool<'_>, warnings: &mut Vec<String>) {
    let mut protected = server_settings("MTLSProtect", pool);
    protected.retain(Setting::protects);
    let protected: Vec<String> = protected
        .iter()
        .filter_map(|setting| setting.section.filter(|section| section.is("<Directory")))
        .filter_map(|section| directory(section, pool))
        .collect();
    for host in hosts.iter().filter(|host| !host.has_list() && host.server.is_virtual()) {
        for (path, setting) in folders_of(host, pool) {
            if let Some(folder) = protected.iter().find(|folder| lies_in(&path, folder)) {
                let place = setting.map(|setting| format!("{}: ", setting.node.place_text())).unwrap_or_default();
                warnings.push(format!(
                    "{place}virtual host {} serves {path} in the protected folder {folder} but has no device CAs: \
                     there nobody is trusted",
                    host.server.describe()
                ));
            }
        }
    }
}

/// Hosts that serve unprotected what another protects.
fn same_folder_unprotected(hosts: &[Host], protection: &[Vec<Setting>], pool: Pool<'_>, warnings: &mut Vec<String>) {
    let is_off = |host: &Host, protection: &[Setting]| {
        let own = host.own("MTLSProtect", pool);
        protection.is_empty() || own.iter().any(|setting| setting.is("off") && covers_all(setting, host, pool))
    };
    let all: Vec<(&Host, bool)> =
        hosts.iter().zip(protection).map(|(host, settings)| (host, is_off(host, settings))).collect();
    for &(host, off) in all.iter().filter(|(host, _)| host.server.is_virtual()) {
        let folder = host.document_root();
        let protected =
            all.iter().find(|(other, off)| !off && other.server.is_virtual() && other.document_root() == folder);
        if let Some((protected, _)) = protected.filter(|_| off) {
            warnings.push(format!(
                "virtual host {} has the DocumentRoot of the protected {}, and MTLSProtect is Off there: protect the \
                 folder itself, for all hosts, with <Directory \"{folder}\"> outside them",
                host.server.describe(),
                protected.server.describe(),
            ));
        }
    }
}

/// Whether a setting counts for everything that the host serves.
fn covers_all(setting: &Setting, host: &Host, pool: Pool<'_>) -> bool {
    let Some(section) = setting.section else { return true };
    if section.is("<Location") {
        return section.words(pool) == ["/"];
    }
    section.is("<Directory") && directory(section, pool).is_some_and(|folder| lies_in(&host.document_root(), &folder))
}

/// Addresses whose first host doesn't ask for certificates while a later one does.
fn first_host_not_asking(hosts: &[Host], pool: Pool<'_>, warnings: &mut Vec<String>) {
    let mut seen: Vec<(String, &Host)> = Vec::new();
    for host in hosts {
        for address in host.addresses(pool) {
            let Some((_, first)) = seen.iter().find(|(other, _)| *other == address) else {
                seen.push((address, host));
                continue;
            };
            let asks = |host: &Host| host.in_force("SSLVerifyClient", pool).is_some_and(|setting| !setting.is("none"));
            if host.has_list() && asks(host) && first.has_tls(pool) && !asks(first) {
                warnings.push(format!(
                    "the first virtual host of {address}, {}, does not ask for certificates as {} does: phones that \
                     send no server name get 421; put SSLVerifyClient optional_no_ca there too, or the host first",
                    first.server.describe(),
                    host.server.describe()
                ));
            }
        }
    }
}

/// What looks as if mod_ssl judged, where the handshakes are judged here: there SSL_CLIENT_VERIFY
/// says what the device CAs say.
fn verdicts_of_mod_ssl(host: &Host, pool: Pool<'_>, warnings: &mut Vec<String>) {
    let Some(trust) = host.server.config::<Mtlsprotect>().trust() else { return };
    if !trust.handshakes_of().contains(&host.server) {
        return;
    }
    let name = host.server.describe();
    let advice = "give those who are not phones a virtual host of their own, with SSLVerifyClient require";
    let asks = host.asks(pool);
    let judged_by_mod_ssl: Vec<&Setting> = asks.iter().filter(|ask| !ask.is("optional_no_ca")).collect();
    for directive in ["SSLCACertificateFile", "SSLCACertificatePath"] {
        let Some(setting) = host.in_force(directive, pool).filter(|_| judged_by_mod_ssl.is_empty()) else { continue };
        let path = setting.words.first().map(|word| server_path(pool, word)).unwrap_or_default();
        if let Some(subject) = foreign_ca(&path, &trust.fleet) {
            warnings.push(format!(
                "{}: {directive} has \"{subject}\", which is no device CA of virtual host {name}: SSLVerifyClient \
                 optional_no_ca leaves the judging to the device CAs, and its certificates are not verified; {advice}",
                setting.node.place_text()
            ));
        }
    }
    let verified = |setting: &Setting| setting.words.iter().any(|word| word.eq_ignore_ascii_case("ssl-verify-client"));
    let asked_again = |setting: &Setting| {
        setting.section.is_some() && judged_by_mod_ssl.iter().any(|ask| ask.section == setting.section)
    };
    let requires = reaching("Require", host, pool);
    if let Some(setting) = requires.iter().find(|setting| verified(setting) && !asked_again(setting)) {
        warnings.push(format!(
            "{}: Require {} counts every phone of the device CAs as verified in virtual host {name}, and nobody else; \
             {advice}",
            setting.node.place_text(),
            setting.words.join(" ")
        ));
    }
}

/// The first CA of a file or directory of mod_ssl's that no list of the host has.
fn foreign_ca(path: &Path, fleet: &Fleet) -> Option<String> {
    let files = if path.is_dir() {
        std::fs::read_dir(path).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect()
    } else {
        vec![path.to_owned()]
    };
    let mut list = CaList::default();
    for file in files {
        // What is wrong with it, mod_ssl says.
        let _ = list.add_file(&file);
    }
    let is_ours =
        |ca: &Authority| fleet.members().iter().any(|member| member.trust().list().contains(ca.fingerprint()));
    let foreign = list.authorities().iter().find(|ca| !is_ours(ca))?;
    Some(quoted(&name_text(foreign.certificate().subject_name()), 256))
}
