//! Walks a folder, with one open folder per level, however much is in them, and without following links.

use crate::output::{shown, warn};
use anyhow::{Result, bail};
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, statat};
use rustix::io::Errno;
use std::ffi::{CStr, OsStr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The maximum depth of folders. Each is an open file, and a process commonly may have 1024.
const MOST_LEVELS: usize = 512;

/// What stands in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A plain file.
    File,
    /// A folder, before what is in it.
    Folder,
    /// A symbolic link.
    Link,
}

/// An entry of a folder.
pub struct Entry<'w> {
    /// Below the folder that is walked.
    pub path: &'w [u8],
    /// What it is.
    pub kind: Kind,
    folder: BorrowedFd<'w>,
    name: &'w CStr,
}

impl Entry<'_> {
    /// Its last segment.
    pub fn name(&self) -> &[u8] {
        self.name.to_bytes()
    }

    /// Whether the file has another name too.
    pub fn has_other_names(&self) -> bool {
        statat(self.folder, self.name, AtFlags::SYMLINK_NOFOLLOW).is_ok_and(|stat| stat.st_nlink > 1)
    }
}

/// Calls `visit` with everything below `root`, in the order in which the folders have it. Returns how many folders
/// could not be read; each is reported.
///
/// # Errors
/// That of `visit`, or that the root can't be read.
pub fn walk(root: &Path, visit: &mut impl FnMut(Entry<'_>) -> Result<()>) -> Result<u64> {
    let told = |path: &[u8], error: &dyn std::fmt::Display| {
        warn(&format!("mtlsprotect: {}: cannot be read: {error}", shown(&root.join(OsStr::from_bytes(path)))));
    };
    // For each level the open folder, and the length of the path up to it.
    let mut levels = vec![(Dir::new(open(CWD, root.as_os_str())?)?, 0)];
    let mut path: Vec<u8> = Vec::new();
    let mut unread = 0;
    loop {
        let depth = levels.len();
        let Some((folder, length)) = levels.last_mut() else { return Ok(unread) };
        path.truncate(*length);
        let entry = match folder.read() {
            None => {
                levels.pop();
                continue;
            }
            Some(Ok(entry)) => entry,
            Some(Err(error)) => {
                told(&path, &error);
                unread += 1;
                levels.pop();
                continue;
            }
        };
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend(name.to_bytes());
        let fd = folder.fd()?;
        let kind = match kind(fd, name, entry.file_type()) {
            Some(kind) => kind,
            None => continue,
        };
        visit(Entry { path: &path, kind, folder: fd, name })?;
        if kind != Kind::Folder {
            continue;
        }
        match below(fd, name, depth) {
            Ok(below) => levels.push((below, path.len())),
            Err(error) => {
                told(&path, &error);
                unread += 1;
            }
        }
    }
}

/// The folder of this name in another, which is the last of so many open ones.
fn below(folder: BorrowedFd<'_>, name: &CStr, depth: usize) -> Result<Dir> {
    if depth >= MOST_LEVELS {
        bail!("it is nested too deeply");
    }
    Ok(Dir::new(open(folder, OsStr::from_bytes(name.to_bytes()))?)?)
}

/// A folder that has become a link is not opened.
fn open(folder: impl AsFd, name: &OsStr) -> Result<OwnedFd, Errno> {
    openat(folder, name, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
}

/// What an entry is; `None` for what httpd never serves, such as pipes, and for what is gone.
fn kind(folder: BorrowedFd<'_>, name: &CStr, told: FileType) -> Option<Kind> {
    let kind = match told {
        FileType::Unknown => FileType::from_raw_mode(statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok()?.st_mode),
        told => told,
    };
    match kind {
        FileType::RegularFile => Some(Kind::File),
        FileType::Directory => Some(Kind::Folder),
        FileType::Symlink => Some(Kind::Link),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn everything_is_seen_once_and_no_link_followed() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        fs::write(dir.path().join("a/b/file"), "").unwrap();
        symlink("..", dir.path().join("a/up")).unwrap();
        let mut seen = Vec::new();
        let unread = walk(dir.path(), &mut |entry| {
            seen.push((String::from_utf8(entry.path.to_vec()).unwrap(), entry.kind));
            Ok(())
        });
        seen.sort_by(|one, other| one.0.cmp(&other.0));
        let expected = [("a", Kind::Folder), ("a/b", Kind::Folder), ("a/b/file", Kind::File), ("a/up", Kind::Link)];
        assert_eq!(seen, expected.map(|(path, kind)| (path.to_owned(), kind)));
        assert_eq!(unread.unwrap(), 0);
    }

    #[test]
    fn folders_without_end_are_told_of() {
        let dir = tempfile::tempdir().unwrap();
        let mut path = dir.path().to_owned();
        for _ in 0..MOST_LEVELS {
            path.push("d");
        }
        fs::create_dir_all(&path).unwrap();
        let mut count = 0;
        let unread = walk(dir.path(), &mut |_| {
            count += 1;
            Ok(())
        });
        assert_eq!((count, unread.unwrap()), (MOST_LEVELS, 1));
    }
}
