//! Replaces a file whole or not at all, so that httpd never reads half of one.

use anyhow::{Context, Result};
use std::fs::{self, File, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Mode of a file that is new: everybody may read it, there is no secret in it.
const NEW_MODE: u32 = 0o644;

/// Puts `content` in the place of `file`, which keeps its mode and owner. A link keeps pointing to
/// the file. What a crash or a full disk leaves is the old file.
///
/// # Errors
/// The file or its folder can't be written; the old content is still there.
pub fn replace(file: &Path, content: &[u8]) -> Result<()> {
    write(file, content).with_context(|| format!("{}: cannot be written, and is as it was", file.display()))
}

fn write(file: &Path, content: &[u8]) -> Result<()> {
    let target = fs::canonicalize(file).unwrap_or_else(|_| PathBuf::from(file));
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut new = NamedTempFile::new_in(folder)?;
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
