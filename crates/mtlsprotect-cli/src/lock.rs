//! Keeps commands that edit the same file at the same time apart.
//!
//! The lock is held on a file of mode 0600 beside it. Anybody who may read a directory may lock the directory, and then
//! nobody else could block a stolen phone. The file is removed while the lock is held: whoever waited for it finds that
//! its name is gone or belongs to another file, and starts over.

use crate::output::shown;
use anyhow::{Result, bail};
use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;
use rustix::process::geteuid;
use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait for another command.
const PATIENCE: Duration = Duration::from_secs(10);
const AGAIN_AFTER: Duration = Duration::from_millis(20);

const STICKY: u32 = 0o1000;
const OF_OTHERS: u32 = 0o077;

/// A file's lock, held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    _held: File,
}

impl Lock {
    /// Waits for the lock of `target`, a file's real path.
    ///
    /// # Errors
    /// It can't be made, is not one of ours, or another command holds it for too long.
    pub fn of(target: &Path) -> Result<Self> {
        let mut name = OsString::from(".");
        name.push(target.file_name().unwrap_or_default());
        name.push(".lock");
        let path = target.with_file_name(name);
        let started = Instant::now();
        loop {
            if let Some(held) = try_lock(&path)? {
                return Ok(Lock { path, _held: held });
            }
            if started.elapsed() > PATIENCE {
                bail!("another command holds the lock {}; try again", shown(&path));
            }
            thread::sleep(AGAIN_AFTER);
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// The locked file, `None` where somebody else holds it or has just let it go.
fn try_lock(path: &Path) -> Result<Option<File>> {
    let Some(file) = open(path)? else { return Ok(None) };
    let found = file.metadata()?;
    let is_ours = found.uid() == geteuid().as_raw() || found.uid() == 0;
    if let Some(wrong) = wrong(&found, is_ours, is_sticky(path)) {
        bail!("{} is not a lock of this command: {wrong}; find out who put it there, and remove it", shown(path));
    }
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK | Errno::INTR) => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let is_it = |there: Metadata| (there.dev(), there.ino()) == (found.dev(), found.ino());
    let is_there = fs::symlink_metadata(path).is_ok_and(is_it);
    Ok(is_there.then_some(file))
}

/// Opens the existing lock file, or makes one; `None` if another user is just making it.
fn open(path: &Path) -> Result<Option<File>> {
    // Opening a pipe in its place must not block.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32;
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(flags).mode(0o600);
    match options.open(path) {
        Ok(file) => return Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return Ok(None),
        Err(error) if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
            bail!("{} is a symbolic link, not a lock of this command; remove it", shown(path));
        }
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        Err(_) => {}
    }
    match options.create_new(true).open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether only its owner may remove a file of this folder; where that can't be told, it is so.
fn is_sticky(path: &Path) -> bool {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::metadata(folder).map_or(true, |folder| folder.mode() & STICKY != 0)
}

/// Why this file is not to be waited for. Anybody may have put one into a sticky folder; in other folders who can do that
/// can replace the device file too.
fn wrong(lock: &Metadata, is_ours: bool, is_sticky: bool) -> Option<&'static str> {
    if !lock.is_file() {
        Some("it is not a plain file")
    } else if lock.mode() & OF_OTHERS != 0 {
        Some("others may open it")
    } else if !is_ours && is_sticky {
        Some("another user has put it into a directory that everybody may write to")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn lock_path(dir: &tempfile::TempDir) -> (PathBuf, PathBuf) {
        (dir.path().join("devices"), dir.path().join(".devices.lock"))
    }

    #[test]
    fn a_lock_is_its_owners_alone_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (target, path) = lock_path(&dir);
        let lock = Lock::of(&target).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert!(try_lock(&path).unwrap().is_none(), "it is held");
        drop(lock);
        assert!(!path.exists());
    }

    #[test]
    fn what_a_crash_left_is_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        let (target, path) = lock_path(&dir);
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).unwrap();
        Lock::of(&target).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn what_somebody_else_put_there_is_neither_followed_nor_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let (target, path) = lock_path(&dir);
        symlink("elsewhere", &path).unwrap();
        assert!(Lock::of(&target).unwrap_err().to_string().contains("is a symbolic link"));
        assert!(!dir.path().join("elsewhere").exists());
        fs::remove_file(&path).unwrap();
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert!(Lock::of(&target).unwrap_err().to_string().contains("others may open it"));
    }

    #[test]
    fn in_a_folder_that_is_everybodys_only_an_own_lock_counts() {
        let dir = tempfile::tempdir().unwrap();
        let (_, path) = lock_path(&dir);
        let lock = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).unwrap().metadata().unwrap();
        assert!(!is_sticky(&path));
        assert_eq!(wrong(&lock, false, false), None);
        fs::set_permissions(dir.path(), Permissions::from_mode(0o1777)).unwrap();
        assert!(is_sticky(&path));
        assert_eq!(wrong(&lock, true, true), None);
        assert!(wrong(&lock, false, true).is_some_and(|why| why.contains("another user")));
    }

    #[test]
    fn one_that_waited_does_not_take_a_lock_whose_name_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let (target, path) = lock_path(&dir);
        let first = Lock::of(&target).unwrap();
        let opened = open(&path).unwrap().unwrap();
        drop(first);
        let second = Lock::of(&target).unwrap();
        // the file that the other waits for is free, but no longer has that name
        assert!(flock(&opened, FlockOperation::NonBlockingLockExclusive).is_ok());
        assert!(try_lock(&path).unwrap().is_none(), "the second holds it");
        drop(second);
    }
}
