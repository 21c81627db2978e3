//! Hosts in which phones can't prove who they are, or where mod_ssl seems to judge.

use crate::configuration::extent::{Protection, Reach, folder};
use crate::configuration::folders::overlap;
use crate::configuration::site::{Host, Setting, Site};
use crate::httpd::{Pool, server_path};
use crate::message::{Message, Number};
use crate::module::Mtlsprotect;
use mtlsprotect_core::escape::quoted;
use mtlsprotect_core::trust::{Authority, CaList, name_text};
use mtlsprotect_core::vendors::Vendors;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// mod_ssl's own CAs, each file or directory read once.
#[derive(Default)]
pub(super) struct StaffCas(HashMap<PathBuf, CaList>);

/// Finds everything about handshakes.
pub fn find(site: &Site, protection: &Protection<'_>, pool: Pool<'_>, warnings: &mut Vec<Message>) {
    first_host_not_asking(site, warnings);
    let mut cas = StaffCas::default();
    for (host, reach) in site.hosts.iter().zip(&protection.hosts) {
        verdicts_of_mod_ssl(site, host, reach, &mut cas, pool, warnings);
        if reach.protects() && !reach.is_off_in_the_end() {
            dropping_phones(site, host, &mut cas, pool, warnings);
            never_asking(site, host, warnings);
            tls_of_another_module(site, host, warnings);
        }
    }
}

/// A protected host whose TLS is mod_gnutls's or mod_tls's: no certificate of it comes here.
fn tls_of_another_module(site: &Site, host: &Host, warnings: &mut Vec<Message>) {
    if site.has_tls(host) || host.proxies().is_some() {
        return;
    }
    let gnutls = site.in_force(host, "gnutlsenable").filter(|setting| setting.is("on"));
    let Some(tls) = gnutls.or_else(|| tls_engine(site, host)) else { return };
    warnings.push(Number::OtherTls.says(format!(
        "{}: {}: TLS here is not mod_ssl's: virtual host {} gets no phone's certificate, and each request that needs \
         one is refused as no-certificate; write SSLEngine on and SSLVerifyClient optional_no_ca instead, or \
         MTLSProtect Off there",
        tls.place(),
        tls.text(),
        host.server.describe(),
    )));
}

/// mod_tls's `TLSEngine [address:]port`, which names hosts by where they listen.
fn tls_engine<'s>(site: &'s Site<'s>, host: &Host) -> Option<&'s Setting<'s>> {
    let port = |address: &str| address.rsplit(':').next().unwrap_or_default().to_owned();
    let ports: Vec<String> = host.addresses.iter().map(|address| port(address)).collect();
    let mut settings = site.server.all("tlsengine").iter();
    settings.find(|setting| setting.words().first().is_some_and(|word| ports.contains(&port(word))))
}

/// Addresses whose first host doesn't ask for certificates while a later one does.
fn first_host_not_asking(site: &Site, warnings: &mut Vec<Message>) {
    let asks = |host: &Host| site.in_force(host, "sslverifyclient").is_some_and(|setting| !setting.is("none"));
    let mut first: HashMap<&str, &Host> = HashMap::new();
    for host in &site.hosts {
        for address in &host.addresses {
            let Some(first) = first.get(address.as_str()) else {
                first.insert(address, host);
                continue;
            };
            if host.has_list() && asks(host) && site.has_tls(first) && !asks(first) {
                warnings.push(Number::FirstHost.says(format!(
                    "the first virtual host of {address}, {}, does not ask for certificates as {} does: phones that \
                     send no server name get 421; put SSLVerifyClient optional_no_ca there too, or put the other host \
                     first",
                    first.server.describe(),
                    host.server.describe()
                )));
            }
        }
    }
}

/// A protected TLS host that takes no certificate from anybody. Of its own `MTLSProtect` that is an error.
fn never_asking(site: &Site, host: &Host, warnings: &mut Vec<Message>) {
    if site.has_tls(host) && host.has_list() && !site.takes_certificates(host) {
        warnings.push(Number::NotAsked.says(format!(
            "virtual host {} serves protected files over TLS and never asks for a phone's certificate: each request that \
             needs one is refused as no-certificate; write SSLVerifyClient optional_no_ca there, or MTLSProtect Off",
            host.server.describe()
        )));
    }
}

/// `SSLVerifyClient optional` or `require` without the device CAs: mod_ssl drops each phone before anybody can judge it.
fn dropping_phones(site: &Site, host: &Host, cas: &mut StaffCas, pool: Pool<'_>, warnings: &mut Vec<Message>) {
    let Some(ask) = site.in_force(host, "sslverifyclient").filter(|ask| ask.is("optional") || ask.is("require")) else {
        return;
    };
    let Some(trust) = host.server.config::<Mtlsprotect>().trust.filter(|_| site.has_tls(host)) else { return };
    let lists = ["sslcacertificatefile", "sslcacertificatepath"].iter().filter_map(|name| site.in_force(host, name));
    let paths: Vec<PathBuf> = lists.filter_map(|list| Some(server_path(pool, list.words().first()?))).collect();
    if !paths.iter().any(|path| cas.read(path).authorities().iter().any(|ca| is_ours(ca, &trust.vendors))) {
        warnings.push(Number::DropsPhones.says(format!(
            "{}: {} in virtual host {}, where mod_ssl has none of the device CAs (SSLCACertificateFile): it drops every \
             phone in the handshake, under MTLSProtect Report too; write SSLVerifyClient optional_no_ca",
            ask.place(),
            ask.text(),
            host.server.describe(),
        )));
    }
}

/// What looks as if mod_ssl judged, where the handshakes are judged here: there SSL_CLIENT_VERIFY
/// says what the device CAs say.
fn verdicts_of_mod_ssl(
    site: &Site,
    host: &Host,
    reach: &Reach<'_>,
    cas: &mut StaffCas,
    pool: Pool<'_>,
    warnings: &mut Vec<Message>,
) {
    let Some(trust) = host.server.config::<Mtlsprotect>().trust else { return };
    if trust.judges_handshakes_of(host.server).is_none() {
        return;
    }
    let name = || host.server.describe();
    let advice = "give clients that are not phones a virtual host of their own, with SSLVerifyClient require";
    let judged_by_mod_ssl: Vec<&Setting> = site.asks(host).filter(|ask| !ask.is("optional_no_ca")).collect();
    for directive in ["sslcacertificatefile", "sslcacertificatepath"] {
        let Some(setting) = site.in_force(host, directive).filter(|_| judged_by_mod_ssl.is_empty()) else { continue };
        let path = setting.words().first().map(|word| server_path(pool, word)).unwrap_or_default();
        let foreign = cas.read(&path).authorities().iter().find(|ca| !is_ours(ca, &trust.vendors));
        if let Some(foreign) = foreign {
            warnings.push(Number::StaffCa.says(format!(
                "{}: {} has \"{}\", which is not a device CA of virtual host {}: with SSLVerifyClient optional_no_ca \
                 only the device CAs count, and certificates of this CA are not verified; {advice}",
                setting.place(),
                setting.node.name(),
                quoted(&name_text(foreign.certificate().subject_name()), 256),
                name(),
            )));
        }
    }
    let verified =
        |setting: &Setting| setting.words().iter().any(|word| word.eq_ignore_ascii_case("ssl-verify-client"));
    let asked_again = |setting: &Setting| {
        setting.section().is_some() && judged_by_mod_ssl.iter().any(|ask| ask.section() == setting.section())
    };
    let reaches = |setting: &Setting| {
        folder(setting).is_none_or(|own| reach.folders.iter().any(|served| overlap(&served.path, &own)))
    };
    let mut requires = site.all(host, "require");
    if let Some(setting) = requires.find(|setting| verified(setting) && !asked_again(setting) && reaches(setting)) {
        warnings.push(Number::StaffRequired.says(format!(
            "{}: {} accepts every phone of the device CAs as verified in virtual host {}, and nobody else; {advice}",
            setting.place(),
            setting.text(),
            name(),
        )));
    }
}

impl StaffCas {
    pub(super) fn read(&mut self, path: &Path) -> &CaList {
        self.0.entry(path.to_owned()).or_insert_with(|| {
            let mut list = CaList::default();
            let files = match std::fs::read_dir(path) {
                Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
                Err(_) => vec![path.to_owned()],
            };
            for file in files {
                // What is wrong with it, mod_ssl says.
                let _ = list.add_file(&file);
            }
            list
        })
    }
}

/// Whether a CA is in one of the device CA lists.
pub(super) fn is_ours(ca: &Authority, vendors: &Vendors) -> bool {
    vendors.members().iter().any(|member| member.trust().list().contains(ca.fingerprint()))
}
