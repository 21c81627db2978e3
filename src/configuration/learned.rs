//! Reads the learned file, and finds what is wrong with it.

use crate::configuration::site::{Host, Setting, Site};
use crate::configuration::startup::Messages;
use crate::httpd::{AppendOnly, Checked, is_config_test};
use crate::learned::{Begun, LearnedStore, Trouble};
use crate::message::{Message, Number};
use crate::module::Mtlsprotect;
use mtlsprotect_core::Fingerprint;
use mtlsprotect_core::decision::Mode;
use mtlsprotect_core::learned::{LearnedFile, MOST_ROOTS};
use mtlsprotect_core::time::UnixTime;

/// Reads the file, if there is one, for the hosts whose lists are ready, and has it count.
pub fn read(site: &Site, checked: Checked<'_>, errors: &mut Vec<Message>, messages: &mut Messages) {
    let Some(main) = site.hosts.first() else { return };
    let Some(store) = checked.config::<Mtlsprotect>(main.server).directives.learned else {
        return errors.extend(learns_without(site));
    };
    let setting = site.server.all("mtlsprotectlearnedfile").last();
    let place = setting.map(Setting::place).unwrap_or_default();
    let shown = store.path().display();
    let roots = roots(site, checked);
    let mut unusable = |text: String| {
        errors.push(Number::UnusableLearnedFile.says(format!("{place}: MTLSProtectLearnedFile: {text}")));
    };
    if roots.len() > MOST_ROOTS {
        return unusable(format!(
            "the device CAs of all hosts have {} roots, and at most {MOST_ROOTS} can be told apart; remove roots that no \
             phone needs",
            roots.len()
        ));
    }
    if let Some(error) = is_config_test().then(|| AppendOnly::check(store.path()).err()).flatten() {
        unusable(format!(
            "{shown} cannot be written to: {error}; it must be a file that httpd's parent process can append to, or make"
        ));
    }
    match LearnedFile::read(store.path(), UnixTime::now()) {
        Ok(file) => {
            let bad = bad_lines(&place, &file);
            match store.begin(file, roots) {
                Ok(begun) => messages.errors.extend(fewer(store, &begun)),
                Err(error) => unusable(format!("{shown}: {error}; free some, or let httpd have more")),
            }
            if is_config_test() { errors.extend(bad) } else { messages.errors.extend(bad) }
        }
        // What it said before a graceful restart still counts.
        Err(_) if store.list.go_on(store.path()) => {
            messages.errors.push(Number::LearnedKept.says(Trouble::Unreadable.says(store.path())));
        }
        Err(error) => unusable(format!(
            "{shown} cannot be read: {error}; without it no device would be known to have proven itself"
        )),
    }
}

/// What should be known of a graceful restart after which fewer devices are proven.
fn fewer(store: &LearnedStore, begun: &Begun) -> Option<Message> {
    let &Begun { before, devices } = begun;
    (devices < before).then(|| {
        Number::LearnedLost.says(format!(
            "{}: the learned file proves fewer devices than before this restart, {devices} instead of {before}; if you didn't \
             mean that, add what is missing from a copy with mtlsprotect learned merge",
            store.path().display()
        ))
    })
}

/// The roots of all hosts, each once.
fn roots(site: &Site, checked: Checked<'_>) -> Vec<Fingerprint> {
    let trusts = site.hosts.iter().filter_map(|host| checked.config::<Mtlsprotect>(host.server).trust);
    let mut roots: Vec<Fingerprint> =
        trusts.flat_map(|list| list.vendors.roots()).map(|root| root.fingerprint).collect();
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

/// What should be known of bad lines.
fn bad_lines(place: &str, file: &LearnedFile) -> Option<Message> {
    let (bad, path) = (file.learned.bad_lines(), file.path().display());
    if bad.count() == 0 {
        return None;
    }
    Some(Number::LearnedLines.says(format!(
        "{place}: MTLSProtectLearnedFile: {path} has bad lines, which are skipped ({} in all): {}; remove them, or have \
         their devices prove themselves again",
        bad.count(),
        bad.told()
    )))
}
