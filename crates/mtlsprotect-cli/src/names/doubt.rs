//! What is doubtful about a file.

use super::served::Served;
use super::walk::{Entry, Kind};
use mtlsprotect_core::Mac;
use mtlsprotect_core::escape::quoted;
use mtlsprotect_core::names::{Named, Names};
use serde::Serialize;
use std::collections::HashMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The maximum number of files and folders naming nobody that are remembered as targets of links.
const MOST_LED_TO: usize = 500_000;

/// Something doubtful.
#[derive(Debug, Serialize)]
pub struct Doubt {
    /// Below the folder; empty for the folder itself.
    pub file: String,
    /// What kind of doubt.
    pub kind: &'static str,
    /// What to know about it.
    pub detail: String,
}

impl Doubt {
    /// About a path.
    pub fn new(path: &[u8], kind: &'static str, detail: String) -> Self {
        Doubt { file: escaped(path), kind, detail }
    }
}

/// A path from which every byte can be restored.
pub fn escaped(path: &[u8]) -> String {
    quoted(path, usize::MAX)
}

/// Where a link leads.
pub struct LinkTarget {
    /// The file or folder at its end, without links.
    pub path: PathBuf,
    is_folder: bool,
}

impl LinkTarget {
    /// Of a link below the root, `None` where it leads nowhere.
    pub fn of(root: &Path, link: &Path) -> Option<Self> {
        let path = fs::canonicalize(root.join(link)).ok()?;
        Some(LinkTarget { is_folder: path.is_dir(), path })
    }

    /// Whether httpd would serve a file for it.
    pub fn is_file(&self) -> bool {
        !self.is_folder
    }
}

/// Files and folders that name nobody, with the only device whose links lead there.
#[derive(Debug, Default)]
pub struct LedTo {
    targets: HashMap<PathBuf, Option<Mac>>,
    /// Whether there were more.
    pub has_more: bool,
}

impl LedTo {
    fn add(&mut self, target: &Path, device: Mac) {
        if let Some(known) = self.targets.get_mut(target) {
            if *known != Some(device) {
                *known = None;
            }
        } else if self.targets.len() < MOST_LED_TO {
            self.targets.insert(target.to_owned(), Some(device));
        } else {
            self.has_more = true;
        }
    }

    /// A doubt for each to which only one device's links lead.
    pub fn doubts(self) -> impl Iterator<Item = Doubt> {
        let mut alone: Vec<(PathBuf, Mac)> =
            self.targets.into_iter().filter_map(|(path, device)| Some((path, device?))).collect();
        alone.sort_unstable();
        alone.into_iter().map(|(path, device)| {
            let detail = format!("names nobody, and only links of {device} lead to it: any device may read it");
            Doubt::new(path.as_os_str().as_bytes(), "led-to", detail)
        })
    }
}

/// The doubts about an entry, whose path names these.
pub fn doubts(
    served: &Served<'_>,
    entry: &Entry<'_>,
    names: &Names,
    target: Option<&LinkTarget>,
    led_to: &mut LedTo,
) -> Vec<Doubt> {
    let mut found = Vec::new();
    let mut add = |kind, detail| found.push(Doubt::new(entry.path, kind, detail));
    match names.named() {
        Named::Several if entry.kind != Kind::Folder => add("several", format!("{}: nobody may read it", named(names))),
        Named::Nobody => {
            if let Some(mac) = served.look_alike(entry.path, entry.name()) {
                let prefix = mac.oui();
                add(
                    "look-alike",
                    format!("{mac} looks like a MAC but names nobody: {prefix} is not known as a phone's prefix"),
                );
            }
        }
        Named::One(device) if entry.kind == Kind::File && served.names(entry.name()).named() == Named::Nobody => {
            if entry.has_other_names() {
                add(
                    "bypass",
                    format!("is {device}'s only because of its directory, and has another name too (a hard link)"),
                );
            }
        }
        Named::One(_) | Named::Several => {}
    }
    if let Some(target) = target {
        found.extend(of_link(served, entry, names, target, led_to));
    }
    found
}

fn of_link(
    served: &Served<'_>,
    link: &Entry<'_>,
    names: &Names,
    target: &LinkTarget,
    led_to: &mut LedTo,
) -> Option<Doubt> {
    let inside = target.path.strip_prefix(&served.root).ok();
    let targets = match inside {
        Some(path) => served.names(path.as_os_str().as_bytes()),
        None => served.names_elsewhere(&target.path),
    };
    let doubt = |kind, detail: &str| {
        let shown = escaped(inside.unwrap_or(&target.path).as_os_str().as_bytes());
        Some(Doubt::new(link.path, kind, format!("leads to {shown}, {detail}")))
    };
    match (names.named(), targets.named()) {
        (Named::One(device), Named::One(other)) if device != other => doubt("link", &format!("which is {other}'s")),
        (Named::Nobody, Named::One(other)) => {
            doubt("link", &format!("which is {other}'s: any device may read it by this name"))
        }
        (Named::One(_) | Named::Nobody, Named::Several) => doubt("link", &format!("which {}", named(&targets))),
        (Named::One(device), Named::Nobody) => {
            if let Some(path) = inside {
                led_to.add(path, device);
            }
            None
        }
        (Named::Nobody, Named::Nobody) if inside.is_none() && target.is_folder => {
            doubt("outside", "which was not looked at")
        }
        _ => None,
    }
}

/// `names 0004f2aaaaaa and 0004f2bbbbbb`
fn named(names: &Names) -> String {
    let macs: Vec<String> = names.macs().map(|mac| mac.to_string()).collect();
    format!("names {}{}", macs.join(" and "), if names.are_more() { " and more" } else { "" })
}
