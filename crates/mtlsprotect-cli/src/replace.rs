//! Replaces a file whole or not at all, so that httpd never reads half of one.

use anyhow::{Context, Result, bail};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::fs::{self, File, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;

/// Mode of a file that is new: everybody may read it, there is no secret in it.
const NEW_MODE: u32 = 0o644;

/// How long to wait for another command that edits in the same folder.
const PATIENCE: Duration = Duration::from_secs(10);

/// Puts what `change` makes of a file in its place, as [`replace`] does; a file that is not there is empty. Commands
/// that edit it at the same time wait for each other.
///
/// # Errors
/// The file can't be read or written, `change` failed, or somebody else has written it meanwhile. It is as it was.
pub fn edit<T>(file: &Path, change: impl FnOnce(&[u8]) -> Result<(Vec<u8>, T)>) -> Result<T> {
    let shown = file.display();
    let read = || match fs::read(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        read => read.with_context(|| format!("{shown}: cannot be read")),
    };
    let _held =
        lock(&folder_of(&target_of(file))).with_context(|| format!("{shown}: cannot be written, and is as it was"))?;
    let before = read()?;
    let (after, said) = change(&before)?;
    if after != before {
        // An editor holds no lock.
        if read()? != before {
            bail!("{shown}: was changed by somebody else just now; try again");
        }
        replace(file, &after)?;
    }
    Ok(said)
}

/// The folder, locked until it is dropped. The file itself is another one after each edit.
fn lock(folder: &Path) -> Result<File> {
    let held = File::open(folder)?;
    let started = Instant::now();
    loop {
        match flock(&held, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(held),
            Err(Errno::WOULDBLOCK | Errno::INTR) if started.elapsed() < PATIENCE => {
                thread::sleep(Duration::from_millis(20));
            }
            Err(Errno::WOULDBLOCK) => bail!("another program holds the lock of {}; try again", folder.display()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Where a link leads.
fn target_of(file: &Path) -> PathBuf {
    fs::canonicalize(file).unwrap_or_else(|_| PathBuf::from(file))
}

fn folder_of(target: &Path) -> PathBuf {
    target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

/// Puts `content` in the place of `file`, which keeps its mode and owner. A link keeps pointing to
/// the file. What a crash or a full disk leaves is the old file.
///
/// # Errors
/// The file or its folder can't be written; the old content is still there.
pub fn replace(file: &Path, content: &[u8]) -> Result<()> {
    write(file, content).with_context(|| format!("{}: cannot be written, and is as it was", file.display()))
}

fn write(file: &Path, content: &[u8]) -> Result<()> {
    let target = target_of(file);
    let folder = folder_of(&target);
    let mut new = NamedTempFile::new_in(&folder)?;
    new.write_all(content)?;
    match fs::metadata(&target) {
        Ok(old) => {
            // Only root may give a file away; others keep it as their own.
            let _ = fchown(new.as_file(), Some(old.uid()), Some(old.gid()));
            new.as_file().set_permissions(old.permissions())?;
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            new.as_file().set_permissions(Permissions::from_mode(NEW_MODE))?;
        }
        Err(error) => return Err(error.into()),
    }
    new.as_file().sync_all()?;
    new.persist(&target)?;
    // The name is in the folder, which is written by itself.
    File::open(folder)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_its_mode_and_a_link_its_target() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        replace(&file, b"one").unwrap();
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, NEW_MODE);
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        replace(&link, b"two").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing is left over");
    }

    #[test]
    fn what_cannot_be_written_says_so() {
        let error = replace(Path::new("/nowhere/file"), b"").unwrap_err();
        assert!(format!("{error:#}").contains("/nowhere/file: cannot be written, and is as it was"), "{error:#}");
    }
}
