//! Where folders really lie: behind symbolic links and bind mounts.

use crate::configuration::site::Site;
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;

/// The folders of this machine, each looked at once.
pub struct Disk {
    /// Paths are those of another root, of which nothing is known here.
    is_elsewhere: bool,
    real: HashMap<String, String>,
    /// Protected folders and those around them, by device and inode.
    known: HashMap<(u64, u64), String>,
    inodes: HashMap<String, Option<(u64, u64)>>,
}

impl Disk {
    /// Of a site, whose ChrootDir moves all paths.
    pub fn of(site: &Site) -> Self {
        let is_elsewhere = !site.server.all("chrootdir").is_empty();
        Disk { is_elsewhere, real: HashMap::new(), known: HashMap::new(), inodes: HashMap::new() }
    }

    /// Whether a folder is there; what can't be found out counts as there.
    pub fn has(&self, path: &str) -> bool {
        let is_absolute = path.is_empty() || path.starts_with('/');
        is_absolute && (!self.can_tell(path) || fs::metadata(if path.is_empty() { "/" } else { path }).is_ok())
    }

    /// A path that is not UTF-8 has lost bytes on its way here.
    fn can_tell(&self, path: &str) -> bool {
        let is_absolute = path.is_empty() || path.starts_with('/');
        !self.is_elsewhere && is_absolute && !path.contains(char::REPLACEMENT_CHARACTER)
    }

    /// Has a folder's real path be found for its bind mounts too; the answer is that path.
    pub fn know(&mut self, path: &str) -> String {
        let real = self.resolved(path);
        let mut above = Some(real.as_str()).filter(|_| self.can_tell(path));
        while let Some(folder) = above.filter(|folder| !folder.is_empty()) {
            if let Some(inode) = self.inode(folder) {
                self.known.entry(inode).or_insert_with(|| folder.to_owned());
            }
            above = folder.rsplit_once('/').map(|(parent, _)| parent);
        }
        real
    }

    /// The real path; the path itself if there is no such folder.
    pub fn real(&mut self, path: &str) -> String {
        if let Some(real) = self.real.get(path) {
            return real.clone();
        }
        let resolved = self.resolved(path);
        let real = if self.can_tell(path) { self.unmounted(&resolved) } else { resolved };
        self.real.insert(path.to_owned(), real.clone());
        real
    }

    fn resolved(&self, path: &str) -> String {
        let real = fs::canonicalize(path).ok().filter(|_| self.can_tell(path));
        real.map_or_else(|| path.to_owned(), |real| real.to_string_lossy().trim_end_matches('/').to_owned())
    }

    /// The path by which a folder is known that is mounted here.
    fn unmounted(&mut self, path: &str) -> String {
        let mut above = path;
        while !above.is_empty() {
            let known = self.inode(above).and_then(|inode| self.known.get(&inode));
            if let Some(known) = known.filter(|known| *known != above) {
                return format!("{known}{}", &path[above.len()..]);
            }
            above = above.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
        path.to_owned()
    }

    fn inode(&mut self, path: &str) -> Option<(u64, u64)> {
        if let Some(inode) = self.inodes.get(path) {
            return *inode;
        }
        let inode = fs::metadata(path).ok().map(|data| (data.dev(), data.ino()));
        self.inodes.insert(path.to_owned(), inode);
        inode
    }
}
