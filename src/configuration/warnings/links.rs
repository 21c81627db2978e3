//! Symbolic links among the files that a host serves.

use crate::configuration::extent::folder;
use crate::configuration::folders::lies_in;
use crate::configuration::site::{Host, Setting, Site};
use std::collections::HashMap;
use std::fs;

/// Folders that are looked at in all, and entries in all of them: the start of a server may not take longer for what lies
/// in its folders.
const FOLDERS: usize = 100;
const ENTRIES: usize = 10_000;

/// The links that were found, folder by folder.
#[derive(Default)]
pub struct Links {
    found: HashMap<String, Vec<String>>,
    entries: usize,
}

impl Links {
    /// The names of those that lie directly in a folder, as far as they are wanted by their path.
    pub fn in_folder(&mut self, folder: &str, mut is_wanted: impl FnMut(&str) -> bool) -> Vec<String> {
        if let Some(names) = self.found.get(folder) {
            return names.clone();
        }
        if self.found.len() == FOLDERS || !folder.starts_with('/') {
            return Vec::new();
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).into_iter().flatten().take(ENTRIES - self.entries).flatten() {
            self.entries += 1;
            if entry.file_type().is_ok_and(|kind| kind.is_symlink()) {
                names.extend(entry.file_name().into_string().ok());
            }
        }
        names.retain(|name| is_wanted(&format!("{folder}/{name}")));
        names.sort();
        self.found.insert(folder.to_owned(), names.clone());
        names
    }

    /// Whether httpd follows those in a folder, as `Options` says.
    pub fn are_followed(&self, site: &Site, host: &Host, path: &str) -> bool {
        let around = |setting: &Setting| folder(setting).filter(|own| lies_in(path, own));
        let mut settings: Vec<(usize, &Setting)> = site
            .all(host, "options")
            .filter_map(|setting| match setting.sections.is_empty() {
                true => Some((0, setting)),
                false => Some((around(setting)?.len() + 1, setting)),
            })
            .collect();
        // Those of one folder stay in their order.
        settings.sort_by_key(|(depth, _)| *depth);
        settings.iter().fold(true, |before, (_, setting)| said(setting).unwrap_or(before))
    }
}

/// Whether links are followed after a line of Options; none if it leaves that as it was.
fn said(setting: &Setting) -> Option<bool> {
    let mut said = None;
    for word in setting.words() {
        let (name, on) = match word.strip_prefix(['+', '-']) {
            Some(name) => (name, word.starts_with('+')),
            None => {
                said = said.or(Some(false));
                (word.as_str(), true)
            }
        };
        if ["followsymlinks", "symlinksifownermatch", "all"].contains(&name.to_ascii_lowercase().as_str()) {
            said = Some(on);
        }
    }
    said
}
