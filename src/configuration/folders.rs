//! The folders that a host serves, as its configuration tells.

use crate::configuration::site::{Host, Setting, Site};

/// A folder that a host serves.
pub struct Folder<'s> {
    /// Its path without a final slash; of a pattern as it is written.
    pub path: String,
    /// The URL below which it is served, where one is.
    pub url: Option<&'s str>,
    /// The directive that says so; none for a default.
    pub setting: Option<&'s Setting<'s>>,
}

/// What a host serves: its DocumentRoot, and what its aliases lead to.
pub fn folders_of<'s>(site: &'s Site<'s>, host: &'s Host<'s>) -> Vec<Folder<'s>> {
    let root = Folder { path: host.document_root(), url: Some("/"), setting: site.in_force(host, "documentroot") };
    let mut folders = vec![root];
    for name in ["alias", "aliasmatch", "scriptalias", "scriptaliasmatch"] {
        for setting in site.all(host, name) {
            let Some(target) = setting.words().last() else { continue };
            let url = setting.words().first().filter(|_| !name.ends_with("match") && setting.words().len() == 2);
            let path = target.trim_end_matches('/').to_owned();
            folders.push(Folder { path, url: url.map(String::as_str), setting: Some(setting) });
        }
    }
    folders
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
