//! Folders into which phones write, and whose files another part of the configuration would execute.

use crate::configuration::extent::{Index, Protection, Reach, folder};
use crate::configuration::folders::lies_in;
use crate::configuration::site::{Host, Setting, Site};
use crate::httpd::Node;
use crate::message::{Message, Number};
use std::collections::HashSet;

/// What gives files a handler by their names.
const BY_NAME: [&str; 3] = ["sethandler", "addhandler", "addtype"];

/// Media types that httpd and PHP take for handlers.
const RUN: [&str; 2] = ["application/x-httpd-", "application/x-type-map"];

/// Finds them: each place that lets phones write is told of once.
pub fn find(site: &Site, protection: &Protection<'_>, warnings: &mut Vec<Message>) {
    let writing = ["dav", "script"].map(|name| Index::of(site, name));
    let handlers = BY_NAME.map(|name| Index::of(site, name));
    let mut told = HashSet::new();
    for (host, reach) in site.hosts.iter().zip(&protection.hosts).filter(|(_, reach)| reach.protects()) {
        let everywhere = |name| site.all(host, name).filter(|setting| setting.sections.is_empty());
        let in_sections = writing.iter().flat_map(|index| index.reaching(host, &reach.folders));
        let mut found = ["dav", "script"].into_iter().flat_map(everywhere).chain(in_sections).peekable();
        if found.peek().is_none() {
            continue;
        }
        let all: Vec<&Setting> = handlers.iter().flat_map(|index| index.reaching(host, &reach.folders)).collect();
        let all: Vec<&Setting> = BY_NAME.into_iter().flat_map(everywhere).chain(all).collect();
        for setting in found.filter(|setting| lets_write(setting)) {
            let is_protected = || reach.all().any(|mode| mode.protects() && reach.meet(mode, setting));
            let Some(handler) = runs_there(site, host, reach, &all, setting).filter(|_| is_protected()) else {
                continue;
            };
            if told.insert(setting.node) {
                warnings.push(of(setting, handler));
            }
        }
    }
}

fn of(setting: &Setting, handler: &Setting) -> Message {
    Number::UploadsRun.says(format!(
        "{}: {} lets phones write where {}: {} applies: whoever has one phone can upload a file that runs as the server and \
         reads the files of all; write <FilesMatch \".\">, SetHandler default-handler, </FilesMatch> into that <Directory> \
         (SetHandler outside of <FilesMatch> isn't enough)",
        setting.place(),
        setting.text(),
        handler.place(),
        handler.text(),
    ))
}

/// `Dav On`, or a script for PUT.
fn lets_write(setting: &Setting) -> bool {
    if setting.node.is("Script") { setting.word() == "PUT" } else { !setting.is("off") }
}

/// The first of these handlers that counts for some file in the section of `writing`.
fn runs_there<'s>(
    site: &Site,
    host: &Host,
    reach: &Reach<'_>,
    all: &[&'s Setting<'s>],
    writing: &'s Setting<'s>,
) -> Option<&'s Setting<'s>> {
    let harmless = |setting: &Setting| setting.is("none") || setting.is("default-handler");
    let guards: Vec<(usize, &Setting)> =
        all.iter().copied().enumerate().filter(|(_, setting)| is_guard(setting) && covers(setting, writing)).collect();
    let mut numbered = all.iter().copied().enumerate();
    let (_, found) = numbered.find(|&(at, setting)| {
        let is_by_name = setting.node.is("SetHandler");
        let runs = match () {
            () if harmless(setting) => false,
            () if is_by_name => files(setting).is_some() && !names_page(setting),
            () if setting.node.is("AddType") => is_run(setting),
            () => !is_removed(site, host, setting, writing),
        };
        let is_overridden = guards.iter().any(|&(number, guard)| match files(guard) {
            // httpd takes SetHandler before what mod_mime has from extensions.
            _ if !is_by_name => true,
            None => false,
            Some(_) => (depth(setting), at) < (depth(guard), number),
        });
        runs && !is_overridden && reach.meet(setting, writing)
    })?;
    Some(found)
}

fn names_page(setting: &Setting) -> bool {
    setting.is("mtlsprotect-status") || setting.is("server-status") || setting.is("server-info")
}

fn is_run(setting: &Setting) -> bool {
    let kind = setting.word().to_ascii_lowercase();
    RUN.iter().any(|run| kind.starts_with(run))
}

/// `SetHandler default-handler` for all files of its section, or with `<Files>` for whatever httpd merges before.
fn is_guard(setting: &Setting) -> bool {
    const ALL: [&str; 6] = [".", ".*", ".+", "^", "^.*", "^.+"];
    setting.is("default-handler")
        && files(setting).is_none_or(|section| match &section.words()[..] {
            [pattern] if section.is("<FilesMatch") => ALL.contains(&pattern.as_str()),
            [tilde, pattern] => tilde == "~" && ALL.contains(&pattern.as_str()),
            [name] => name == "*",
            _ => false,
        })
}

/// The `<Files>` or `<FilesMatch>` that a setting stands in.
fn files<'c>(setting: &Setting<'c>) -> Option<Node<'c>> {
    setting.sections.last().copied().filter(|section| section.is("<Files") || section.is("<FilesMatch"))
}

/// Whether a setting counts wherever the other does, as far as it stands in no pattern.
fn covers(setting: &Setting, other: &Setting) -> bool {
    let around = &setting.sections[..setting.sections.len() - usize::from(files(setting).is_some())];
    match around {
        [] => true,
        _ if other.sections.starts_with(around) => true,
        [_] => folder(setting).zip(folder(other)).is_some_and(|(outer, inner)| lies_in(&inner, &outer)),
        _ => false,
    }
}

/// Where httpd merges a `<Files>` among others: with the folder around it.
fn depth(setting: &Setting) -> usize {
    folder(setting).map_or(0, |folder| folder.matches('/').count() + 1)
}

/// Whether a RemoveHandler of the section takes all of an AddHandler's extensions back.
fn is_removed(site: &Site, host: &Host, handler: &Setting, writing: &Setting) -> bool {
    let plain = |word: &str| word.trim_start_matches('.').to_ascii_lowercase();
    let removed: HashSet<String> = site
        .all(host, "removehandler")
        .filter(|setting| covers(setting, writing) && !setting.sections.is_empty())
        .flat_map(|setting| setting.words().iter().map(|word| plain(word)))
        .collect();
    handler.words().iter().skip(1).all(|extension| removed.contains(&plain(extension)))
}
