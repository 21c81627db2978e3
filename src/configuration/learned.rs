//! Reads the learned file, and finds what is wrong with it.

use crate::configuration::site::{Host, Setting, Site};
use crate::configuration::startup::Messages;
use crate::httpd::{AppendOnly, Checked, is_config_test};
use crate::message::{Message, Number};
use crate::module::Mtlsprotect;
use mtlsprotect_core::decision::Mode;
use mtlsprotect_core::learned::{BadLine, LearnedFile, MOST_ROOTS};
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::{Fingerprint, Oui};

/// Reads the file, if there is one, for the hosts whose lists are ready. The prefixes of the devices in it.
pub fn read(site: &Site, checked: Checked<'_>, errors: &mut Vec<Message>, messages: &mut Messages) -> Vec<Oui> {
    let Some(main) = site.hosts.first() else { return Vec::new() };
    let Some(store) = checked.config::<Mtlsprotect>(main.server).directives.learned else {
        errors.extend(learns_without(site));
        return Vec::new();
    };
    let setting = site.server.all("mtlsprotectlearnedfile").last();
    let place = setting.map(Setting::place).unwrap_or_default();
    let shown = store.path().display();
    let roots = roots(site, checked);
    if roots.len() > MOST_ROOTS {
        errors.push(Number::UnusableLearnedFile.says(format!(
            "{place}: MTLSProtectLearnedFile: the device CAs of all hosts have {} roots, and at most {MOST_ROOTS} can be \
             told apart; remove roots that no phone needs",
            roots.len()
        )));
        return Vec::new();
    }
    if is_config_test() {
        errors.extend(AppendOnly::check(store.path()).err().map(|error| {
            Number::UnusableLearnedFile.says(format!(
                "{place}: MTLSProtectLearnedFile: {shown} cannot be written to: {error}; it must be a file that httpd's \
                 parent process can append to, or make"
            ))
        }));
    }
    match LearnedFile::read(store.path(), UnixTime::now()) {
        Ok(mut file) => {
            let bad = bad_lines(&place, &file);
            if is_config_test() {
                errors.extend(bad)
            } else {
                messages.errors.extend(bad)
            }
            store.publish(file.learned.to_words(&roots));
            file.learned.prefixes().collect()
        }
        Err(error) => {
            errors.push(Number::UnusableLearnedFile.says(format!(
                "{place}: MTLSProtectLearnedFile: {shown} cannot be read: {error}; without it no device would be known \
                 to have proven itself"
            )));
            Vec::new()
        }
    }
}

/// The roots of all hosts, each once.
fn roots(site: &Site, checked: Checked<'_>) -> Vec<Fingerprint> {
    let trusts = site.hosts.iter().filter_map(|host| checked.config::<Mtlsprotect>(host.server).trust);
    let mut roots: Vec<Fingerprint> = trusts.flat_map(|list| list.fleet.roots()).map(|root| root.fingerprint).collect();
    roots.sort_unstable();
    roots.dedup();
    roots
}

/// Where something is to be learned, and nothing says where it is kept.
fn learns_without(site: &Site) -> Vec<Message> {
    let all = std::iter::once(&site.server).chain(site.hosts.iter().map(|host| &host.own));
    let sections =
        all.flat_map(|settings| settings.all("mtlsprotect")).filter(|setting| setting.is(Mode::Learn.as_str()));
    let vendors = site.hosts.iter().filter_map(|host| learning_vendor(site, host));
    let mut places: Vec<(String, String)> =
        sections.chain(vendors).map(|setting| (setting.place(), setting.text())).collect();
    places.sort();
    places.dedup();
    let says = |(place, text): (String, String)| {
        Number::NoLearnedFile.says(format!(
            "{place}: {text}: without MTLSProtectLearnedFile nobody knows which devices have proven themselves; add \
             MTLSProtectLearnedFile /var/lib/mtlsprotect/learned outside of all virtual hosts"
        ))
    };
    places.into_iter().map(says).collect()
}

fn learning_vendor<'s>(site: &'s Site<'s>, host: &'s Host<'s>) -> Option<&'s Setting<'s>> {
    host.server.config::<Mtlsprotect>().trust.filter(|list| list.learns)?;
    let learns = |setting: &&Setting<'_>| setting.words().iter().any(|word| word.eq_ignore_ascii_case("mode=learn"));
    site.all(host, "mtlsprotectvendor").find(learns)
}

/// What should be known of lines that say nothing.
fn bad_lines(place: &str, file: &LearnedFile) -> Option<Message> {
    let (bad, path) = (file.learned.bad_lines(), file.path().display());
    if bad.count() == 0 {
        return None;
    }
    let shown = |line: &BadLine| format!("line {}: {} (\"{}\")", line.number, line.why, line.text);
    let first: Vec<String> = bad.first().iter().map(shown).collect();
    let more = if bad.count() > first.len() as u64 { ", and more" } else { "" };
    Some(Number::LearnedLines.says(format!(
        "{place}: MTLSProtectLearnedFile: {path} has {} lines that say nothing and are skipped; {}{more}; remove them, or \
         have their devices prove themselves again",
        bad.count(),
        first.join(", ")
    )))
}
