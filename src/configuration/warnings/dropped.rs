//! Phones that mod_ssl drops in the handshake, before anybody can judge them: `SSLVerifyClient optional` or `require`.

use crate::configuration::lists::ListTrust;
use crate::configuration::site::{Host, Setting, Site};
use crate::configuration::warnings::mod_ssl_cas::{ModSslCas, ca_paths, crl_issuers, is_ours, subject};
use crate::httpd::{Pool, addr};
use crate::message::{Message, Number};
use crate::module::Mtlsprotect;
use mtlsprotect_core::escape::quoted;
use mtlsprotect_core::trust::{Authority, CaList};
use std::collections::HashMap;
use std::path::PathBuf;

/// How many of them may stand above a leaf where SSLVerifyDepth isn't set.
const DEFAULT_DEPTH: usize = 1;

/// What mod_ssl knows of the device CAs, found once for all hosts that have the same ones and the same files.
#[derive(Default)]
pub struct Dropped<'s>(HashMap<(usize, Vec<PathBuf>), Known<'s>>);

#[derive(Default)]
struct Known<'s> {
    has_any: bool,
    /// The device CAs that lead to a root, each with its way up.
    all: Vec<Vec<&'s Authority>>,
    /// Those of them that mod_ssl lacks.
    missing: Vec<&'s Authority>,
}

impl<'s> Known<'s> {
    fn of(trust: &'s ListTrust, paths: &[PathBuf], cas: &mut ModSslCas) -> Self {
        let mut known = Known::default();
        for list in trust.vendors.members().iter().map(|member| member.trust().list()) {
            known.all.extend(list.authorities().iter().filter_map(|ca| list.way_up(ca)));
        }
        let mut missing: Vec<&Authority> = known.all.iter().filter_map(|way| way.first().copied()).collect();
        for path in paths {
            let list = cas.read(path);
            known.has_any |= list.authorities().iter().any(|ca| is_ours(ca, &trust.vendors));
            missing.retain(|ca| !has(list, ca));
        }
        known.missing = missing;
        known
    }

    /// The longest way up to a root that mod_ssl has.
    fn longest(&self) -> Option<&Vec<&'s Authority>> {
        let lacks = |ca: &&&Authority| self.missing.iter().any(|other| other.fingerprint() == ca.fingerprint());
        self.all.iter().filter(|way| !way.last().is_some_and(|root| lacks(&root))).max_by_key(|way| way.len())
    }
}

/// Whether a list has a CA, or another certificate of it.
fn has(list: &CaList, ca: &Authority) -> bool {
    list.contains(ca.fingerprint()) || list.authorities().iter().any(|other| subject(other) == subject(ca))
}

impl<'s> Dropped<'s> {
    /// What mod_ssl does to the phones of a host whose certificates it judges by itself.
    pub fn find(
        &mut self,
        site: &'s Site<'s>,
        host: &'s Host<'s>,
        cas: &mut ModSslCas,
        pool: Pool<'_>,
        warnings: &mut Vec<Message>,
    ) {
        let asks = site.in_force(host, "sslverifyclient");
        let Some(ask) = asks.filter(|ask| ask.is("optional") || ask.is("require")) else { return };
        let Some(trust) = host.server.config::<Mtlsprotect>().trust.filter(|_| site.has_tls(host)) else { return };
        // A section's optional_no_ca has the device CAs judge all handshakes of the host that mod_ssl doesn't insist on.
        if ask.is("optional") && trust.judges_handshakes_of(host.server).is_some() {
            return;
        }
        let paths = ca_paths(site, host, pool);
        let same = (addr(trust), paths);
        let known = self.0.entry(same).or_insert_with_key(|(_, paths)| Known::of(trust, paths, cas));
        let start = format!("{}: {} in virtual host {}", ask.place(), ask.text(), host.server.describe());
        if !known.has_any {
            warnings.push(Number::DropsPhones.says(format!(
                "{start}, where mod_ssl has none of the device CAs (SSLCACertificateFile): it drops every phone in the \
                 handshake, under MTLSProtect Report too; write SSLVerifyClient optional_no_ca"
            )));
            return;
        }
        let reasons = [
            lacking(known),
            too_deep(site, host, known),
            without_crl(site, host, known, pool),
            without_responder(site, host, known),
        ];
        for Why { what, whom, instead } in reasons.into_iter().flatten() {
            warnings.push(Number::ModSslDrops.says(format!(
                "{start}, where mod_ssl {what}: it drops {whom} in the handshake, under MTLSProtect Report too; write \
                 {instead}"
            )));
        }
    }
}

/// Why mod_ssl drops phones.
struct Why {
    /// What is so with mod_ssl.
    what: String,
    whom: String,
    /// What to do.
    instead: String,
}

fn shown(ca: &Authority) -> String {
    format!("\"{}\"", quoted(&subject(ca), 256))
}

fn lacking(known: &Known) -> Option<Why> {
    let (first, more) = known.missing.split_first()?;
    let others = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    Some(Why {
        what: format!("lacks the device CA {}{others} (SSLCACertificateFile)", shown(first)),
        whom: "each phone that needs a root among them, or an intermediate CA that it doesn't send,".to_owned(),
        instead: "SSLVerifyClient optional_no_ca, or add them to SSLCACertificateFile".to_owned(),
    })
}

/// How many CAs mod_ssl allows in a chain, its root counted.
pub fn allowed_depth(site: &Site, host: &Host) -> Option<usize> {
    let setting = site.in_force(host, "sslverifydepth");
    setting.map_or(Some(DEFAULT_DEPTH), |setting| setting.word().parse().ok())
}

/// How many CAs stand in the longest chain that the device CAs make.
pub fn longest_way(trust: &ListTrust) -> usize {
    let lists = trust.vendors.members().iter().map(|member| member.trust().list());
    let ways = lists.flat_map(|list| list.authorities().iter().filter_map(|ca| list.way_up(ca)));
    ways.map(|way| way.len()).max().unwrap_or(0)
}

/// mod_ssl counts all CAs of a chain, the root too.
fn too_deep(site: &Site, host: &Host, known: &Known) -> Option<Why> {
    let setting = site.in_force(host, "sslverifydepth");
    let depth = allowed_depth(site, host)?;
    let longest = known.longest().filter(|way| way.len() > depth)?;
    let place = setting.map_or_else(|| "the default".to_owned(), |setting| setting.place());
    Some(Why {
        what: format!(
            "has SSLVerifyDepth {depth} ({place}), and phones below {} have {} CAs above them",
            shown(longest.first()?),
            longest.len()
        ),
        whom: "them".to_owned(),
        instead: format!("SSLVerifyClient optional_no_ca, or SSLVerifyDepth {}", longest.len()),
    })
}

/// Whether a setting of mod_ssl's revocation checks lets pass what can't be checked.
fn tolerates(setting: &Setting, word: &str) -> bool {
    setting.words().iter().any(|other| other.eq_ignore_ascii_case(word))
}

fn without_crl(site: &Site, host: &Host, known: &Known, pool: Pool<'_>) -> Option<Why> {
    let check = site.in_force(host, "sslcarevocationcheck").filter(|check| !check.is("none"))?;
    if tolerates(check, "no_crl_for_cert_ok") {
        return None;
    }
    let issuers = crl_issuers(site, host, pool);
    let mut checked = known.all.iter().filter_map(|way| way.first());
    // Of a leaf only its issuer's CRL is asked for, and who issues leaves can't be seen: one that issues no CA does.
    let is_above = |ca: &Authority| {
        known.all.iter().any(|way| way.iter().skip(1).any(|other| other.fingerprint() == ca.fingerprint()))
    };
    let lacks = checked.find(|ca| !issuers.contains(&subject(ca)) && (check.is("chain") || !is_above(ca)))?;
    Some(Why {
        what: format!("has no CRL of the device CA {} ({}: {})", shown(lacks), check.place(), check.text()),
        whom: "each phone below it".to_owned(),
        instead:
            "SSLCARevocationCheck none, SSLVerifyClient optional_no_ca and MTLSProtectCRLFile, or add that CRL to \
                  SSLCARevocationFile"
                .to_owned(),
    })
}

/// Of intermediate CAs it can be seen that they name no responder; of phones' certificates it can't.
fn without_responder(site: &Site, host: &Host, known: &Known) -> Option<Why> {
    let check = site.in_force(host, "sslocspenable").filter(|check| check.is("on"))?;
    if tolerates(check, "no_ocsp_for_cert_ok") || site.in_force(host, "sslocspdefaultresponder").is_some() {
        return None;
    }
    let mut intermediates = known.all.iter().filter(|way| way.len() > 1).filter_map(|way| way.first());
    let silent = intermediates.find(|ca| ca.certificate().ocsp_responders().map_or(true, |all| all.is_empty()))?;
    Some(Why {
        what: format!(
            "asks an OCSP responder for the device CA {}, which names none ({}: {})",
            shown(silent),
            check.place(),
            check.text()
        ),
        whom: "each phone below it".to_owned(),
        instead: "SSLOCSPEnable off".to_owned(),
    })
}
