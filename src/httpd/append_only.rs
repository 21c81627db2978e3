//! A file that is only ever appended to, as a log is.

use std::ffi::CString;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Error, ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// A file that the parent opens, as whom it runs, and its children inherit. Programs that they start do not (std opens files
/// close-on-exec). Whatever several processes append at the same time stands behind one another.
#[derive(Debug)]
pub struct AppendOnly(File);

impl AppendOnly {
    /// Opens a plain file; a missing one is made, of mode 0640.
    ///
    /// # Errors
    /// It can't be opened, or is something else.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = options().create(true).mode(0o640).open(path)?;
        is_plain(&file.metadata()?).map(|()| AppendOnly(file))
    }

    /// Appends bytes by one write(2), and never repeats a part of them.
    ///
    /// # Errors
    /// They are not there, or not all of them: then whoever reads the file meets a line that was cut.
    pub fn append(&self, bytes: &[u8]) -> io::Result<()> {
        match (&self.0).write(bytes)? {
            written if written == bytes.len() => Ok(()),
            written => Err(Error::new(ErrorKind::WriteZero, format!("only {written} of {} bytes", bytes.len()))),
        }
    }

    /// Whether [`AppendOnly::open`] would work, without making the file.
    ///
    /// # Errors
    /// As there.
    pub fn check(path: &Path) -> io::Result<()> {
        match options().open(path) {
            Ok(file) => is_plain(&file.metadata()?),
            Err(error) if error.kind() == ErrorKind::NotFound => may_make_files(path.parent().unwrap_or(path)),
            Err(error) => Err(error),
        }
    }
}

/// A pipe in its place is not waited for.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.append(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    options
}

fn is_plain(found: &Metadata) -> io::Result<()> {
    if found.is_file() { Ok(()) } else { Err(Error::new(ErrorKind::InvalidInput, "it is not a plain file")) }
}

fn may_make_files(folder: &Path) -> io::Result<()> {
    let path = CString::new(folder.as_os_str().as_bytes())?;
    // SAFETY: looks at a path, which is a C string.
    if unsafe { libc::access(path.as_ptr(), libc::W_OK | libc::X_OK) } == 0 {
        Ok(())
    } else {
        Err(Error::last_os_error())
    }
}
