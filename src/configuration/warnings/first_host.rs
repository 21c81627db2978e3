//! Phones that send no server name (SNI): the first virtual host of the address makes their handshakes, and mod_ssl
//! answers 421 to a request for another host whose settings are not the same.

use crate::configuration::extent::{Protection, Reach};
use crate::configuration::site::{Host, Setting, Site};
use crate::configuration::warnings::dropped::{allowed_depth, longest_way};
use crate::httpd::{ListenAddress, Pool, server_path};
use crate::message::{Message, Number};
use crate::module::Mtlsprotect;
use std::collections::{BTreeSet, HashMap, HashSet};

/// The files and directories that mod_ssl compares.
const PATHS: [(&str, &str); 4] = [
    ("sslcacertificatefile", "SSLCACertificateFile"),
    ("sslcacertificatepath", "SSLCACertificatePath"),
    ("sslcadnrequestfile", "SSLCADNRequestFile"),
    ("sslcadnrequestpath", "SSLCADNRequestPath"),
];

/// What is so with the first host, what that means, and what to do besides putting the phones' host first.
struct Problem {
    /// By which it is said once for each address.
    kind: &'static str,
    what: String,
    then: &'static str,
    instead: String,
}

/// Says of each address which phones' hosts behind its first one can't be reached without a server name.
pub fn find(site: &Site, protection: &Protection<'_>, pool: Pool<'_>, warnings: &mut Vec<Message>) {
    let mut first: HashMap<ListenAddress, (&Host, bool)> = HashMap::new();
    let mut said = HashSet::new();
    for (host, reach) in site.hosts.iter().zip(&protection.hosts) {
        let is_phones = is_phones(site, host, reach);
        for address in host.server.listen_addresses() {
            let Some(&(first, is_phones_too)) = first.get(&address) else {
                first.insert(address, (host, is_phones));
                continue;
            };
            let problem = is_phones.then(|| problem(site, first, host, is_phones_too, pool)).flatten();
            let Some(Problem { kind, what, then, instead }) = problem else { continue };
            if said.insert((address, kind)) {
                warnings.push(Number::FirstHost.says(format!(
                    "the first virtual host of {address}, {}, {what}: {then}; put {} first{instead}",
                    first.server.describe(),
                    host.server.describe(),
                )));
            }
        }
    }
}

/// Whether phones show their certificates to a host.
fn is_phones(site: &Site, host: &Host, reach: &Reach) -> bool {
    host.has_list()
        && reach.protects()
        && !reach.is_off_in_the_end()
        && site.has_tls(host)
        && site.asks(host).next().is_some()
}

fn problem(site: &Site, first: &Host, host: &Host, is_phones_too: bool, pool: Pool<'_>) -> Option<Problem> {
    let name = host.server.describe();
    let get_421 = "phones that send no server name get 421";
    if !site.has_tls(first) {
        return Some(Problem {
            kind: "SSLEngine",
            what: "has no SSLEngine on".to_owned(),
            then: "the whole address speaks plain HTTP, and phones get no handshake",
            instead: String::new(),
        });
    }
    let asks = |host| site.in_force(host, "sslverifyclient").filter(|ask| !ask.is("none"));
    match (asks(host), asks(first)) {
        (Some(own), None) => Some(Problem {
            kind: "SSLVerifyClient none",
            what: format!("does not ask for certificates as {name} does"),
            then: get_421,
            instead: format!(", or give it {} and the same device CAs", own.text()),
        }),
        (own, Some(its)) if !own.is_some_and(|own| own.is(its.word())) => Some(Problem {
            kind: "SSLVerifyClient",
            what: format!("has {} ({}), which {name} has not", its.text(), its.place()),
            then: "phones that send no server name get 421, or are dropped in the handshake",
            instead: String::new(),
        }),
        (_, Some(its)) if its.is("optional_no_ca") && !first.has_list() && drops(site, first, host) => Some(Problem {
            kind: "MTLSProtectCAFile",
            what: "asks for certificates and has no device CAs, so that mod_ssl's SSLVerifyDepth counts".to_owned(),
            then: "phones that send no server name, but CAs along with their certificate, are dropped in the handshake",
            instead: ", or give it the same device CAs".to_owned(),
        }),
        _ => {
            let kind = difference(site, first, host, is_phones_too, pool)?;
            Some(Problem {
                kind,
                what: format!("has another {kind} than {name}"),
                then: get_421,
                instead: ", or give both the same".to_owned(),
            })
        }
    }
}

/// Whether the first host allows fewer CAs in a chain than phones may send.
fn drops(site: &Site, first: &Host, host: &Host) -> bool {
    let longest = host.server.config::<Mtlsprotect>().trust.map_or(0, longest_way);
    allowed_depth(site, first).is_some_and(|depth| depth < longest)
}

/// The first directive by which mod_ssl tells two hosts apart that ask in the same way.
fn difference(site: &Site, first: &Host, host: &Host, is_phones_too: bool, pool: Pool<'_>) -> Option<&'static str> {
    let policy = site.server.all("sslvhostsnipolicy").last();
    if policy.is_some_and(|policy| policy.is("insecure")) {
        return None;
    }
    let path = |host, name| site.in_force(host, name).map(|setting| server_path(pool, setting.word()));
    if allowed_depth(site, first) != allowed_depth(site, host) {
        return Some("SSLVerifyDepth");
    }
    if let Some((_, shown)) = PATHS.iter().find(|(name, _)| path(first, name) != path(host, name)) {
        return Some(shown);
    }
    if policy.is_some_and(|policy| policy.is("authonly")) {
        return None;
    }
    if protocols(site, first) != protocols(site, host) {
        return Some("SSLProtocol");
    }
    if [false, true].iter().any(|&of_13| ciphers(site, first, of_13) != ciphers(site, host, of_13)) {
        return Some("SSLCipherSuite");
    }
    // Phones' hosts with a name and a certificate each are for phones that send the name.
    let files =
        |host, name| site.all(host, name).map(|setting| server_path(pool, setting.word())).collect::<BTreeSet<_>>();
    let of_server = ["sslcertificatefile", "sslcertificatekeyfile"];
    let is_other = !is_phones_too && of_server.iter().any(|name| files(first, name) != files(host, name));
    is_other.then_some("SSLCertificateFile")
}

/// The versions that a host speaks, a bit for each.
fn protocols(site: &Site, host: &Host) -> u8 {
    const ALL: u8 = 0b1111;
    let Some(setting) = site.in_force(host, "sslprotocol") else { return ALL };
    setting.words().iter().fold(0, |versions, word| {
        let name = word.trim_start_matches(['+', '-']);
        let named =
            ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"].iter().position(|other| other.eq_ignore_ascii_case(name));
        let bits = if name.eq_ignore_ascii_case("all") { ALL } else { named.map_or(0, |at| 1 << at) };
        match word.as_bytes().first() {
            Some(b'+') => versions | bits,
            Some(b'-') => versions & !bits,
            _ => bits,
        }
    })
}

/// The ciphers of TLS 1.3, or of all versions before.
fn ciphers<'s>(site: &'s Site<'s>, host: &'s Host<'s>, of_13: bool) -> Option<&'s str> {
    let is_one = |setting: &&Setting| {
        setting.sections.is_empty() && of_13 == (setting.words().len() > 1 && setting.is("TLSv1.3"))
    };
    site.all(host, "sslciphersuite").rfind(is_one)?.words().last().map(String::as_str)
}
