//! What protects each host: a line at startup that names every section which differs.

use crate::configuration::extent::{Protection, Reach, described, mode_of};
use crate::configuration::passed_on::past_sections;
use crate::configuration::passwords;
use crate::configuration::site::{Host, Setting, Site};
use crate::message::{Message, Number};
use crate::module::Mtlsprotect;
use mtlsprotect_core::decision::Mode;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::vendors::{Member, Vendors};
use openssl::asn1::Asn1Time;

const OTHER_FILES: &str = "mtlsprotectotherfiles";

/// Sections that a notice names; `-D DUMP_MTLSPROTECT` has all of them.
const NAMED: usize = 20;

/// A notice for each host that can judge.
pub fn find(site: &Site, protection: &Protection<'_>, notices: &mut Vec<Message>) {
    for (host, reach) in site.hosts.iter().zip(&protection.hosts) {
        notices.extend(notice(site, host, reach));
    }
}

/// A line that says how a host is protected; none where it isn't.
fn notice(site: &Site, host: &Host, reach: &Reach<'_>) -> Option<Message> {
    let trust = host.server.config::<Mtlsprotect>().trust?;
    if !site.has_tls(host) && host.proxies().is_none() {
        return None;
    }
    let mode = reach.strictest()?;
    let in_sections = site.all(host, OTHER_FILES).filter(|setting| !setting.sections.is_empty());
    let in_force = site.in_force(host, OTHER_FILES).into_iter().chain(in_sections);
    let mut other_files: Vec<String> = in_force.map(|setting| setting.word().to_ascii_lowercase()).collect();
    other_files.sort();
    other_files.dedup();
    if other_files.is_empty() {
        other_files.push("device".to_owned());
    }
    Some(Number::Protected.says(format!(
        "{}: mode={}{} vendors={} cas={} earliest-expiry={} other-files={}{}{}",
        host.server.describe(),
        with_vendors(mode, &trust.vendors).as_str(),
        where_it_counts(reach, mode, &past_sections(site, host, reach)),
        vendors(&trust.vendors),
        trust.vendors.members().iter().map(|member| member.trust().list().len()).sum::<usize>(),
        trust.vendors.earliest_expiry().map_or_else(|| "-".to_owned(), date),
        other_files.join(","),
        passwords_of(site, host),
        host.proxies().map(|proxies| format!(" via={}", proxies.addresses())).unwrap_or_default(),
    )))
}

/// A section's mode where each vendor's line has a looser one: the strictest of those.
fn with_vendors(mode: Mode, vendors: &Vendors) -> Mode {
    let of = |member: &Member| match member {
        _ if member.is_watched() => Mode::Report,
        _ if member.learns() => Mode::Learn,
        _ => Mode::On,
    };
    vendors.members().iter().map(of).max().map_or(mode, |strictest| mode.min(strictest))
}

/// Until when passwords count somewhere on the host; nothing where they don't.
fn passwords_of(site: &Site, host: &Host) -> String {
    let settings = site.all(host, "mtlsprotectpassword").filter(|setting| !setting.is("off"));
    let mut ends: Vec<&str> = settings.map(|setting| passwords::day(setting).unwrap_or("on")).collect();
    ends.sort();
    ends.dedup();
    if ends.is_empty() { String::new() } else { format!(" passwords={}", ends.join(",")) }
}

/// The sections that the strictest mode stands in, where it doesn't count for the whole host, those that differ, and what
/// is passed on without being judged.
fn where_it_counts(reach: &Reach<'_>, mode: Mode, passed_on: &[&Setting]) -> String {
    let (same, different): (Vec<&Setting>, Vec<&Setting>) =
        reach.sections.iter().copied().partition(|setting| mode_of(setting) == mode);
    let is_whole = reach.all().any(|setting| mode_of(setting) == mode && reach.covers_all(setting));
    let mut text = String::new();
    if !is_whole {
        text += &format!(" in {}", listed(&same));
    }
    let section =
        |setting: &&Setting| format!("{} {} ({})", described(setting), mode_of(setting).as_str(), setting.place());
    let passing = |setting: &&Setting| format!("what {} passes on ({})", setting.text(), setting.place());
    let exceptions = different.iter().map(section).chain(passed_on.iter().map(passing)).collect::<Vec<_>>();
    if !exceptions.is_empty() {
        text += &format!(" except {}", joined(exceptions));
    }
    text
}

fn listed(settings: &[&Setting]) -> String {
    joined(settings.iter().map(|setting| format!("{} ({})", described(setting), setting.place())).collect())
}

fn joined(mut texts: Vec<String>) -> String {
    let others = texts.len().saturating_sub(NAMED);
    if others > 0 {
        texts.truncate(NAMED);
        texts.push(format!("{others} more (httpd -t -D DUMP_MTLSPROTECT)"));
    }
    texts.join(", ")
}

/// The vendors of a host, those that are only watched marked.
pub fn vendors(vendors: &Vendors) -> String {
    let mut names = Vec::new();
    for member in vendors.members() {
        match member.name() {
            Some(name) if member.is_watched() => names.push(format!("{name}(report)")),
            Some(name) if member.learns() => names.push(format!("{name}(learn)")),
            Some(name) => names.push(name.to_owned()),
            None => names.extend(member.trust().list().vendors().into_iter().map(str::to_owned)),
        }
    }
    if names.is_empty() { "-".to_owned() } else { names.join(",") }
}

fn date(time: UnixTime) -> String {
    Asn1Time::from_unix(time.seconds()).map_or_else(|_| "-".to_owned(), |time| format!("\"{}\"", &*time))
}
