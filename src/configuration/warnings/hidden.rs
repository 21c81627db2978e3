//! Hosts whose log leaves out what is denied, or would be.

use crate::configuration::extent::Protection;
use crate::configuration::site::{Setting, Site};
use crate::message::{Message, Number};
use std::collections::HashSet;

/// The levels at which warnings aren't logged.
const QUIET: [&str; 4] = ["emerg", "alert", "crit", "error"];

/// Says it once of each `LogLevel`, as an error, since a warning would be hidden too.
pub fn find(site: &Site, protection: &Protection<'_>, errors: &mut Vec<Message>) {
    let mut said = HashSet::new();
    for (host, _) in site.hosts.iter().zip(&protection.hosts).filter(|(_, reach)| reach.protects()) {
        let (in_sections, outside): (Vec<&Setting>, Vec<&Setting>) =
            site.all(host, "loglevel").partition(|level| !level.sections.is_empty());
        let Some(level) = quiet(outside) else { continue };
        if in_sections.into_iter().all(|level| quiet([level]).is_some()) && said.insert(level.place()) {
            errors.push(Number::HiddenDecisions.says(format!(
                "{}: {} hides what is denied in virtual host {}, and under MTLSProtect Report what would be: a log without such \
                 lines says nothing; write {} mtlsprotect:warn",
                level.place(),
                level.text(),
                host.server.describe(),
                level.text(),
            )));
        }
    }
}

/// The last of these that leaves warnings out, if nothing says after it how this module logs.
fn quiet<'s>(levels: impl IntoIterator<Item = &'s Setting<'s>>) -> Option<&'s Setting<'s>> {
    levels.into_iter().fold(None, |before, level| {
        level.words().iter().fold(before, |before, word| {
            let word = word.to_ascii_lowercase();
            match word.contains(':') {
                true => before.filter(|_| !word.contains("mtlsprotect")),
                false => QUIET.contains(&word.as_str()).then_some(level),
            }
        })
    })
}
