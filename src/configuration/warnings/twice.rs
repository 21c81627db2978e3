//! Two lines of one directive in one place, of which the second replaces the first.

use crate::configuration::site::{Setting, Settings, Site};
use crate::configuration::warnings::base;
use crate::httpd::Node;
use crate::message::{Message, Number};
use std::collections::HashMap;

/// Directives of which one line counts. Of those that name a file a second one is an error.
const SINGLE: [&str; 8] = [
    "mtlsprotect",
    "mtlsprotectfleetsize",
    "mtlsprotectidentitypattern",
    "mtlsprotectmethods",
    "mtlsprotectnameparameter",
    "mtlsprotectotherfiles",
    "mtlsprotectpassword",
    "mtlsprotectverifydepth",
];

/// Finds them. Defaults in one file and a site's own line in another are meant so.
pub fn find(site: &Site, warnings: &mut Vec<Message>) {
    for settings in std::iter::once(&site.server).chain(site.hosts.iter().map(|host| &host.own)) {
        SINGLE.iter().for_each(|name| in_one_place(settings, name, warnings));
    }
}

fn in_one_place(settings: &Settings, name: &str, warnings: &mut Vec<Message>) {
    let all = settings.all(name);
    if all.len() < 2 {
        return;
    }
    let mut last: HashMap<&[Node], &Setting> = HashMap::new();
    for setting in all {
        let Some(before) = last.insert(&setting.sections, setting) else { continue };
        let is_told = is_same(before, setting) || base::is_told(name, before, setting);
        if before.node.place().0 == setting.node.place().0 && !is_told {
            warnings.push(Number::Twice.says(format!(
                "{}: {} replaces {} ({}) in the same place: only the last line counts; remove one, or write everything into \
                 one line",
                setting.place(),
                setting.text(),
                before.text(),
                before.place(),
            )));
        }
    }
}

fn is_same(one: &Setting, other: &Setting) -> bool {
    let lower = |setting: &Setting| setting.words().iter().map(|word| word.to_lowercase()).collect::<Vec<_>>();
    lower(one) == lower(other)
}
