//! Sections whose Off, Report or Learn replaces a stricter mode around them or before them.

use crate::configuration::extent::{Protection, Reach, described, folder, mode_of, url};
use crate::configuration::site::{Host, Setting, Site};
use crate::message::{Message, Number};
use mtlsprotect_core::decision::Mode;
use regex::Regex;
use std::collections::HashSet;

/// Where Let's Encrypt and others look for a proof that a server's name is its owner's (RFC 8555, section 8.3).
const ACME: &str = "/.well-known/acme-challenge/";

/// Finds them. The answer is the hosts that have one, by their place in [`Site::hosts`].
pub fn find(site: &Site, protection: &Protection<'_>, warnings: &mut Vec<Message>) -> HashSet<usize> {
    let mut hosts = HashSet::new();
    let mut seen = HashSet::new();
    for (number, (host, reach)) in site.hosts.iter().zip(&protection.hosts).enumerate() {
        for &setting in reach.sections.iter().filter(|setting| !setting.is("on")) {
            let Some(outer) = reach.replaced_by(setting) else { continue };
            let is_own = host.own.all("mtlsprotect").iter().any(|own| std::ptr::eq(own, setting));
            if is_own && is_for_staff(site, host) || is_for_addresses(setting) {
                continue;
            }
            let warning = match (is_acme(setting), mode_of(setting)) {
                (true, Mode::Off) => of_acme(site, host, setting),
                _ => Some(of_any(host, reach, setting, outer, is_own)),
            };
            if let Some(warning) = warning {
                hosts.insert(number);
                if seen.insert(setting.node) {
                    warnings.push(warning);
                }
            }
        }
    }
    hosts
}

fn of_any(host: &Host, reach: &Reach<'_>, setting: &Setting, outer: &Setting, is_own: bool) -> Message {
    let (mode, outer_mode) = (mode_of(setting), mode_of(outer));
    let host = if is_own { format!(" of virtual host {}", host.server.describe()) } else { String::new() };
    let around = if outer.sections.is_empty() { String::new() } else { format!(" of {}", described(outer)) };
    let whole = if reach.covers_all(setting) { ", for all that the host serves" } else { "" };
    let then = match mode {
        Mode::Off => {
            "strangers are served there; remove it, or write MTLSProtectOtherFiles allow instead, which opens only \
             what names no phone"
        }
        Mode::Learn => {
            "the files of a device that has not proven itself are served there to anybody; remove it once the log shows \
             none of your phones"
        }
        _ => "what would be refused is only reported there; remove it once the log shows none of your phones",
    };
    Number::ModeReplaced.says(format!(
        "{}: MTLSProtect {} in {}{host} replaces the {}{around} ({}){whole}: {then}",
        setting.place(),
        mode.as_str(),
        described(setting),
        outer_mode.as_str(),
        outer.place(),
    ))
}

/// `<If "-R '192.0.2.0/24'">` and the like: the documented way for staff and monitoring.
fn is_for_addresses(setting: &Setting) -> bool {
    setting.sections.last().is_some_and(|section| {
        let condition = section.words().join(" ").to_ascii_uppercase();
        section.is("<If") && ["-R ", "-IPMATCH", "REMOTE_ADDR"].iter().any(|test| condition.contains(test))
    })
}

/// A host in which mod_ssl lets nobody in without a certificate that it has verified.
pub fn is_for_staff(site: &Site, host: &Host) -> bool {
    let has_cas = ["sslcacertificatefile", "sslcacertificatepath"];
    site.in_force(host, "sslverifyclient").is_some_and(|setting| setting.is("require"))
        && has_cas.iter().any(|name| site.in_force(host, name).is_some())
}

fn is_acme(setting: &Setting) -> bool {
    let is_below = |path: String| format!("{path}/").contains(ACME);
    url(setting).or_else(|| folder(setting)).is_some_and(is_below)
}

/// ACME's path is open on purpose, and nothing but challenges lies there, unless an application answers for it.
fn of_acme(site: &Site, host: &Host, setting: &Setting) -> Option<Message> {
    let proxied = proxied(site, host)?;
    Some(Number::AcmeProxied.says(format!(
        "{}: MTLSProtect Off for {ACME}, whose requests {}: {} passes on to an application that may read more into the \
         path; write ProxyPass {ACME} ! before that line, so that they don't reach it",
        setting.place(),
        proxied.place(),
        proxied.text(),
    )))
}

/// What sends ACME's path on to an application, if anything does.
fn proxied<'s>(site: &'s Site<'s>, host: &'s Host<'s>) -> Option<&'s Setting<'s>> {
    let path = format!("{ACME}x");
    let is_sent_on = |setting: &&Setting| match setting.words() {
        [from, _, ..] if setting.node.is("ProxyPass") => path.starts_with(from.as_str()),
        // What can't be read here may well match.
        [from, _, ..] => Regex::new(from).map_or(true, |pattern| pattern.is_match(&path)),
        [_] => setting.section().is_some_and(|section| ACME.starts_with(section.argument().trim_matches(['"', '>']))),
        [] => false,
    };
    let own = host.own.all("proxypass").iter().chain(host.own.all("proxypassmatch"));
    let server = site.server.all("proxypass").iter().chain(site.server.all("proxypassmatch"));
    let first = own.chain(server).find(is_sent_on)?;
    (first.words().last().is_none_or(|target| target != "!")).then_some(first)
}
