//! Hosts in which phones can't prove who they are, or where mod_ssl seems to judge.

use crate::configuration::extent::{Protection, Reach, folder};
use crate::configuration::folders::overlap;
use crate::configuration::site::{Host, Setting, Site};
use crate::configuration::warnings::dropped::Dropped;
use crate::configuration::warnings::mod_ssl_cas::{CAS, ModSslCas, is_ours, path_of};
use crate::configuration::warnings::{asked, first_host};
use crate::httpd::Pool;
use crate::message::{Message, Number};
use crate::module::Mtlsprotect;
use mtlsprotect_core::escape::quoted;
use mtlsprotect_core::trust::name_text;

/// Finds everything about handshakes.
pub fn find(site: &Site, protection: &Protection<'_>, pool: Pool<'_>, warnings: &mut Vec<Message>) {
    first_host::find(site, protection, pool, warnings);
    let mut cas = ModSslCas::default();
    let mut dropped = Dropped::default();
    for (host, reach) in site.hosts.iter().zip(&protection.hosts) {
        verdicts_of_mod_ssl(site, host, reach, &mut cas, pool, warnings);
        if reach.protects() && !reach.is_off_in_the_end() {
            dropped.find(site, host, &mut cas, pool, warnings);
            asked::find(site, host, reach, warnings);
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
    let Some(tls) = gnutls.or_else(|| tls_engine(site, host)) else { return asked::without_tls(site, host, warnings) };
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

/// What looks as if mod_ssl judged, where the handshakes are judged here: there SSL_CLIENT_VERIFY
/// says what the device CAs say.
fn verdicts_of_mod_ssl(
    site: &Site,
    host: &Host,
    reach: &Reach<'_>,
    cas: &mut ModSslCas,
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
    for directive in CAS {
        let Some(setting) = site.in_force(host, directive).filter(|_| judged_by_mod_ssl.is_empty()) else { continue };
        let foreign = cas.read(&path_of(setting, pool)).authorities().iter().find(|ca| !is_ours(ca, &trust.vendors));
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
