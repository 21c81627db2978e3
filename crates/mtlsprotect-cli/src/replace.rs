//! Replaces a file whole or not at all, so that httpd never reads half of one.

use crate::lock::Lock;
use crate::output::shown;
use anyhow::{Context, Result, bail};
use std::fs::{self, File, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The mode of a new file: everybody may read it, since it contains no secret.
const NEW_MODE: u32 = 0o644;

/// Replaces a file by what `change` makes of it, as [`replace`] does; a missing file counts as empty. Commands that
/// edit it at the same time wait for each other.
///
/// # Errors
/// The file can't be read or written, `change` failed, or somebody else has written it meanwhile. The file is
/// unchanged.
pub fn edit<T>(file: &Path, change: impl FnOnce(&[u8]) -> Result<(Vec<u8>, T)>) -> Result<T> {
    let shown = shown(file);
    let unwritten = || format!("{shown}: cannot be written, and is unchanged");
    let target = target_of(file).with_context(unwritten)?;
    let read = || match fs::read(&target) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        read => read.with_context(|| format!("{shown}: cannot be read")),
    };
    let _held = Lock::of(&target).with_context(unwritten)?;
    let before = read()?;
    let (after, said) = change(&before)?;
    if after != before {
        // An editor holds no lock.
        if read()? != before {
            bail!("{shown}: was changed by somebody else just now; try again");
        }
        write(&target, &after).with_context(unwritten)?;
    }
    Ok(said)
}

/// The file itself, where links lead to it.
fn target_of(file: &Path) -> Result<PathBuf> {
    let target = match fs::canonicalize(file) {
        Ok(target) => target,
        // Its target may be on a disk that is not mounted now.
        Err(error) if error.kind() == ErrorKind::NotFound && file.is_symlink() => {
            bail!("it is a symbolic link whose target does not exist; create the target, or remove the link")
        }
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(file.to_owned()),
        Err(error) => return Err(error.into()),
    };
    if !target.is_file() {
        bail!("it is not a plain file");
    }
    Ok(target)
}

fn folder_of(target: &Path) -> PathBuf {
    target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

/// Replaces the content of `file`, which keeps its mode and owner. A link keeps pointing to the file. A crash or a full
/// disk leaves the old file.
///
/// # Errors
/// The file or its folder can't be written; the old content is still there.
pub fn replace(file: &Path, content: &[u8]) -> Result<()> {
    let written = target_of(file).and_then(|target| write(&target, content));
    written.with_context(|| format!("{}: cannot be written, and is unchanged", shown(file)))
}

fn write(target: &Path, content: &[u8]) -> Result<()> {
    let folder = folder_of(target);
    let mut new = NamedTempFile::new_in(&folder)?;
    new.write_all(content)?;
    match fs::metadata(target) {
        Ok(old) => {
            // Only root may change a file's owner; for others it stays their own.
            let _ = fchown(new.as_file(), Some(old.uid()), Some(old.gid()));
            new.as_file().set_permissions(old.permissions())?;
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            new.as_file().set_permissions(Permissions::from_mode(NEW_MODE))?;
        }
        Err(error) => return Err(error.into()),
    }
    new.as_file().sync_all()?;
    new.persist(target)?;
    // The name is in the folder, which must be synced too.
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
    fn a_link_that_leads_nowhere_and_a_device_are_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink("gone", &link).unwrap();
        let error = replace(&link, b"two").unwrap_err();
        assert!(format!("{error:#}").contains("symbolic link whose target does not exist"), "{error:#}");
        assert!(edit(&link, |_| Ok((b"two".to_vec(), ()))).is_err());
        assert_eq!(fs::read_link(&link).unwrap(), Path::new("gone"));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing was made");
        assert!(format!("{:#}", replace(Path::new("/dev/null"), b"").unwrap_err()).contains("not a plain file"));
    }

    #[test]
    fn what_cannot_be_written_says_so() {
        let error = replace(Path::new("/nowhere/file"), b"").unwrap_err();
        assert!(format!("{error:#}").contains("/nowhere/file: cannot be written, and is unchanged"), "{error:#}");
    }
}
