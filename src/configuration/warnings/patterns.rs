//! Protected sections whose argument can match nothing that is served.

use crate::configuration::extent::{Protection, described};
use crate::configuration::folders::{Folder, lies_in};
use crate::configuration::site::{Host, Setting, Site};
use crate::configuration::warnings::disk::Disk;
use crate::httpd::Node;
use crate::message::{Message, Number};
use regex::Regex;
use std::collections::BTreeSet;

/// Finds them.
pub fn find(site: &Site, protection: &Protection<'_>, disk: &Disk, warnings: &mut Vec<Message>) {
    let mut served: Option<Served> = None;
    let mut all_served =
        || served.get_or_insert_with(|| Served::by(protection.hosts.iter().map(|r| &r.folders))).clone();
    for setting in site.server.all("mtlsprotect") {
        warnings.extend(nothing(setting, &mut all_served, &|word| {
            site.hosts.iter().zip(&protection.hosts).any(|(host, reach)| is_url(site, host, &reach.folders, word, disk))
        }));
    }
    for (host, reach) in site.hosts.iter().zip(&protection.hosts) {
        for setting in host.own.all("mtlsprotect") {
            let mut served = || Served::by([&reach.folders].into_iter());
            warnings.extend(nothing(setting, &mut served, &|word| is_url(site, host, &reach.folders, word, disk)));
        }
    }
}

/// Served folders, each once.
#[derive(Clone)]
struct Served(BTreeSet<String>);

impl Served {
    fn by<'f>(folders: impl Iterator<Item = &'f Vec<Folder<'f>>>) -> Self {
        Served(folders.flatten().map(|folder| folder.path.clone()).collect())
    }
}

fn nothing(setting: &Setting, served: &mut dyn FnMut() -> Served, is_url: &dyn Fn(&str) -> bool) -> Option<Message> {
    let sections = || setting.sections.iter().filter(|_| setting.protects());
    let why = sections().find_map(|section| why_nothing(section, served, is_url))?;
    Some(Number::MatchesNothing.says(format!(
        "{}: MTLSProtect {} in {} protects nothing: {why}",
        setting.place(),
        setting.words().join(" "),
        described(setting),
    )))
}

fn why_nothing(section: &Node, served: &mut dyn FnMut() -> Served, is_url: &dyn Fn(&str) -> bool) -> Option<String> {
    let words = section.words();
    let name = section.name().to_ascii_lowercase();
    let word = words.last().map_or("", String::as_str);
    let is_pattern = words.len() > 1 || name.ends_with("match");
    let kind = name.trim_end_matches("match");
    if !["<directory", "<location", "<files"].contains(&kind) {
        return None;
    }
    if word.contains("${") {
        return Some(format!("{word} has a variable that is not defined: write Define before it, or the text itself"));
    }
    match (kind, is_pattern) {
        ("<location", false) if !word.starts_with('/') && !word.contains("://") => {
            Some(format!("each URL begins with a slash: write \"/{word}\""))
        }
        ("<location", false) if served().0.iter().any(|folder| !folder.is_empty() && lies_in(word, folder)) => {
            (!is_url(word)).then(|| {
                format!(
                    "that is the path of a folder, not a URL: write <Directory \"{word}\"> outside all virtual hosts"
                )
            })
        }
        ("<files", false) if word.starts_with('^') => {
            Some("<Files> takes * and ?, not a regular expression: write <FilesMatch>".to_owned())
        }
        ("<files", _) if word.trim_start_matches('^').starts_with('/') || !is_pattern && word.contains('/') => {
            Some("the names of files are compared without their folder: leave out what ends with the slash".to_owned())
        }
        ("<directory", true) => of_pattern(word, &served().0),
        ("<directory", false) if word.starts_with('/') && word.contains(['*', '?', '[']) => {
            let matches = served().0.iter().any(|folder| may_match(word, folder));
            (!matches).then(|| "no virtual host serves such a folder; check its spelling".to_owned())
        }
        _ => None,
    }
}

/// Whether a path can be a URL of the host all the same.
fn is_url(site: &Site, host: &Host, folders: &[Folder<'_>], word: &str, disk: &Disk) -> bool {
    let proxied =
        ["proxypass", "proxypassmatch", "rewriterule"].iter().any(|name| site.all(host, name).next().is_some());
    proxied
        || folders.iter().any(|folder| match folder.url {
            Some("/") => folder.pattern.is_some() || disk.has(&format!("{}{word}", folder.path)),
            Some(url) => word.starts_with(url) || url.starts_with(word),
            None => true,
        })
}

/// Why a regular expression for folders matches no file of a served one. httpd compares it with the whole names of files.
fn of_pattern(pattern: &str, served: &BTreeSet<String>) -> Option<String> {
    const CLASS: [char; 13] = ['(', '[', '.', '\\', '*', '?', '+', '{', '$', '|', ')', ']', '}'];
    if pattern.ends_with("/$") {
        return Some(
            "httpd compares it with the names of files, none of which ends with a slash: leave out \"$\"".to_owned(),
        );
    }
    let whole = pattern.trim_start_matches('^').trim_end_matches('$');
    let is_literal = !whole.contains(CLASS);
    if is_literal && pattern.ends_with('$') && whole.starts_with('/') && served.iter().any(|path| path.ends_with(whole))
    {
        return Some(
            "httpd compares it with the names of files, and this one is a folder's: write \"/\" instead of \"$\""
                .to_owned(),
        );
    }
    let rest = pattern.strip_prefix('^').filter(|rest| rest.starts_with('/') && !rest.contains('|'))?;
    let end = rest.find(CLASS).unwrap_or(rest.len());
    // What a quantifier follows may be missing.
    let literal = if rest[end..].starts_with(['*', '?', '{']) { &rest[..end.saturating_sub(1)] } else { &rest[..end] };
    let may_match = |path: &String| format!("{path}/").starts_with(literal) || literal.starts_with(&format!("{path}/"));
    (!served.iter().any(may_match)).then(|| "no virtual host serves such a folder; check its spelling".to_owned())
}

/// Whether a glob matches a folder, one around it, or one that may lie in it.
fn may_match(glob: &str, folder: &str) -> bool {
    let segments = |path: &str| path.trim_matches('/').split('/').map(str::to_owned).collect::<Vec<_>>();
    let (glob, folder) = (segments(glob), segments(folder));
    folder == [""] || glob.iter().zip(&folder).all(|(pattern, name)| segment_matches(pattern, name))
}

fn segment_matches(pattern: &str, name: &str) -> bool {
    // What is rare counts as a match.
    if pattern.contains(['[', '\\']) {
        return true;
    }
    let pattern = regex::escape(pattern).replace(r"\*", ".*").replace(r"\?", ".");
    Regex::new(&format!("^{pattern}$")).map_or(true, |pattern| pattern.is_match(name))
}
