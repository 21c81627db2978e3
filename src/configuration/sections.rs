//! What sections say of protection, section by section.

use crate::configuration::extent::{Index, Reach};
use crate::configuration::site::{Host, Setting, Site};
use crate::httpd::Node;

/// A section that says something.
pub struct Section<'s> {
    /// One of its directives, for its place.
    pub first: &'s Setting<'s>,
    /// `MTLSProtect`, if it says that.
    pub mode: Option<&'s Setting<'s>>,
    /// `MTLSProtectOtherFiles`, likewise.
    pub other_files: Option<&'s Setting<'s>>,
    /// `MTLSProtectMethods`, likewise.
    pub methods: Option<&'s Setting<'s>>,
    /// `MTLSProtectPassword`, likewise.
    pub passwords: Option<&'s Setting<'s>>,
}

/// What all sections say, for [`sections_of`].
pub fn said_in_sections<'s>(site: &'s Site<'s>) -> [Index<'s>; 4] {
    ["mtlsprotect", "mtlsprotectotherfiles", "mtlsprotectmethods", "mtlsprotectpassword"]
        .map(|name| Index::of(site, name))
}

/// Those that a request to the host can be in, each once.
pub fn sections_of<'s>(host: &'s Host<'s>, reach: &Reach<'s>, said: &[Index<'s>; 4]) -> Vec<Section<'s>> {
    let [modes, others, methods, passwords] = said.each_ref().map(|index| index.reaching(host, &reach.folders));
    let mut sections: Vec<&[Node]> = Vec::new();
    for setting in modes.iter().chain(&others).chain(&methods).chain(&passwords) {
        if !sections.contains(&&setting.sections[..]) {
            sections.push(&setting.sections);
        }
    }
    let said_in = |section: &[Node]| {
        let last =
            |settings: &[&'s Setting<'s>]| settings.iter().rev().find(|setting| *setting.sections == *section).copied();
        let [mode, other_files, methods, passwords] =
            [&modes, &others, &methods, &passwords].map(|settings| last(settings));
        let first = mode.or(other_files).or(methods).or(passwords)?;
        Some(Section { first, mode, other_files, methods, passwords })
    };
    sections.into_iter().filter_map(said_in).collect()
}
