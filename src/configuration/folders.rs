//! The folders that a host serves, as its configuration tells.

use crate::configuration::site::{Host, Setting, Site};
use std::fs;

/// A folder that a host serves.
pub struct Folder<'s> {
    /// Its path, [`clean`]; of a pattern the folder in which all lies that it leads to.
    pub path: String,
    /// The URL below which it is served, where one is; of a pattern what each of its URLs begins with.
    pub url: Option<&'s str>,
    /// How it is written, where more is known of it than that it lies somewhere in `path`.
    pub pattern: Option<&'s str>,
    /// The directive that says so; none for a default.
    pub setting: Option<&'s Setting<'s>>,
}

impl Folder<'_> {
    /// As it is written, for messages.
    pub fn shown(&self) -> &str {
        self.pattern.unwrap_or(&self.path)
    }

    /// Whether it is what users have in their own folders.
    pub fn is_of_users(&self) -> bool {
        self.setting.is_some_and(|setting| setting.node.is("UserDir"))
    }
}

/// What a host serves: its root, and what its aliases, rewrites and users' folders lead to.
pub fn folders_of<'s>(site: &'s Site<'s>, host: &'s Host<'s>) -> Vec<Folder<'s>> {
    let mut folders = vec![root_of(site, host)];
    for name in ["alias", "aliasmatch", "scriptalias", "scriptaliasmatch"] {
        folders.extend(site.all(host, name).filter_map(|setting| alias(setting, name.ends_with("match"))));
    }
    let scripts = site.in_force(host, "virtualscriptalias").filter(|setting| !setting.is("none"));
    folders.extend(scripts.map(|setting| leading_to(setting.word(), Some("/cgi-bin/"), setting)));
    folders.extend(rewrites(site, host).filter_map(rewrite));
    folders.extend(of_users(site, host));
    folders
}

/// `VirtualDocumentRoot` comes before `DocumentRoot`, which then serves nothing.
fn root_of<'s>(site: &'s Site<'s>, host: &'s Host<'s>) -> Folder<'s> {
    let by_name = ["virtualdocumentroot", "virtualdocumentrootip"].iter().find_map(|name| site.in_force(host, name));
    match by_name.filter(|setting| !setting.is("none")) {
        Some(setting) => leading_to(setting.word(), Some("/"), setting),
        None => {
            let setting = site.in_force(host, "documentroot");
            Folder { path: clean(&host.document_root()), url: Some("/"), pattern: None, setting }
        }
    }
}

fn alias<'s>(setting: &'s Setting<'s>, is_match: bool) -> Option<Folder<'s>> {
    let (target, url) = match setting.words() {
        [url, target] if is_match => (target, beginning(url)),
        [url, target] => (target, Some(url.as_str())),
        // In a <Location>.
        [target] => (target, None),
        _ => return None,
    };
    if is_match || setting.words().len() == 1 {
        return Some(leading_to(target, url, setting));
    }
    Some(Folder { path: clean(target), url, pattern: None, setting: Some(setting) })
}

/// The rules whose results a host takes for paths: those outside sections, and the server config's where it inherits them.
fn rewrites<'s>(site: &'s Site<'s>, host: &'s Host<'s>) -> impl Iterator<Item = &'s Setting<'s>> {
    let all = site.all(host, "rewriteoptions");
    let inherits = !host.server.is_virtual()
        || all.flat_map(Setting::words).any(|word| word.to_ascii_lowercase().starts_with("inherit"));
    let of_server = if inherits { site.server.all("rewriterule") } else { &[] };
    of_server.iter().chain(host.own.all("rewriterule")).filter(|setting| setting.sections.is_empty())
}

/// mod_rewrite takes a result for a path if its first folder is there; otherwise it is a URL.
fn rewrite<'s>(setting: &'s Setting<'s>) -> Option<Folder<'s>> {
    const NO_PATH: [&str; 10] = ["r", "redirect", "p", "proxy", "pt", "passthrough", "f", "forbidden", "g", "gone"];
    let [pattern, target, flags @ ..] = setting.words() else { return None };
    let flags = flags.join(",").to_ascii_lowercase();
    let has = |names: &[&str]| {
        let mut flags = flags.split([',', '[', ']', ' ']).map(|flag| flag.split('=').next().unwrap_or_default());
        flags.any(|flag| names.contains(&flag))
    };
    if !target.starts_with('/') || has(&NO_PATH) {
        return None;
    }
    let folder = leading_to(target, beginning(pattern).filter(|_| !has(&["nc", "nocase"])), setting);
    let first = folder.path.split('/').nth(1)?;
    fs::metadata(format!("/{first}")).is_ok().then_some(folder)
}

/// Where mod_userdir leads; where homes are is the system's business, and most often `/home`.
fn of_users<'s>(site: &'s Site<'s>, host: &'s Host<'s>) -> impl Iterator<Item = Folder<'s>> {
    let leads = |setting: &&Setting| !setting.is("disabled") && !setting.is("enabled");
    let is_off = site.all(host, "userdir").any(|setting| setting.words().len() == 1 && setting.is("disabled"));
    let setting = site.all(host, "userdir").rfind(leads).filter(|_| !is_off);
    setting.into_iter().flat_map(|setting| {
        setting.words().iter().filter(|word| !word.contains("://")).map(move |word| {
            let path = if word.starts_with('/') { literal_folder(word) } else { "/home".to_owned() };
            Folder { path, url: Some("/~"), pattern: Some(word), setting: Some(setting) }
        })
    })
}

fn leading_to<'s>(target: &'s str, url: Option<&'s str>, setting: &'s Setting<'s>) -> Folder<'s> {
    let path = literal_folder(target);
    let is_literal = !target.contains(VARIABLE);
    let pattern = (!is_literal || !setting.node.is("Alias")).then_some(target);
    Folder { path, url, pattern, setting: Some(setting) }
}

const VARIABLE: [char; 3] = ['$', '%', '*'];

/// The folder in which all lies that a pattern of a path leads to.
pub fn literal_folder(target: &str) -> String {
    let literal = target.split(VARIABLE).next().unwrap_or_default();
    match literal.rsplit_once('/') {
        Some((folder, _)) if literal.len() < target.len() => clean(&format!("{folder}/")),
        _ => clean(literal),
    }
}

/// What everything begins with that a regular expression matches, where that is easily seen.
fn beginning(pattern: &str) -> Option<&str> {
    let literal = pattern.strip_prefix('^').filter(|literal| !literal.contains('|'))?;
    let end = literal.find(['(', '[', '.', '\\', '*', '?', '+', '{', '$', ')']).unwrap_or(literal.len());
    // What may be left out is no part of it.
    let is_optional = matches!(literal[end..].chars().next(), Some('*' | '?' | '{'));
    let end = if is_optional { end.saturating_sub(1) } else { end };
    literal.get(..end).filter(|literal| literal.starts_with('/'))
}

/// A path as httpd compares it: without `//`, `.`, `..` and a final slash, so that of `/` nothing is left.
pub fn clean(path: &str) -> String {
    if !path.starts_with('/') {
        return path.trim_end_matches('/').to_owned();
    }
    let mut kept = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    kept.iter().fold(String::with_capacity(path.len()), |path, segment| path + "/" + segment)
}

/// Whether `path` is `folder` or lies in it.
pub fn lies_in(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path == folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether one of two folders lies in the other.
pub fn overlap(one: &str, other: &str) -> bool {
    lies_in(one, other) || lies_in(other, one)
}
