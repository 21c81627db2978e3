//! A device file on the disk.

use mtlsprotect_core::decision::DeviceFile;
use mtlsprotect_core::files::{bytes_of, not_a_file};
use mtlsprotect_core::time::UnixTime;
use std::fs::{Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Two writes within so much time may leave the same times in the file, as file systems count them.
const COARSEST_CLOCK: Duration = Duration::from_secs(2);

/// What tells a file from what was at its path before, and from itself before it was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    file: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// What was found at a path.
pub struct Found {
    /// The file, or what is wrong with it as `PATH:LINE: reason`.
    pub read: Result<DeviceFile, String>,
    /// Whether there were no bytes in it.
    pub is_empty: bool,
    /// Which file it was, `None` for none; unknown where it may change without this showing.
    pub stamp: Option<Option<Stamp>>,
}

impl Stamp {
    /// Of what is at a path now; `None` where nothing can be found.
    pub fn of(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().map(|metadata| Stamp::new(&metadata))
    }

    fn new(of: &Metadata) -> Self {
        Stamp {
            file: (of.dev(), of.ino()),
            size: of.size(),
            modified: (of.mtime(), of.mtime_nsec()),
            changed: (of.ctime(), of.ctime_nsec()),
        }
    }
}

impl Found {
    /// What is at a path. `now` is for warnings.
    pub fn at(path: &Path, now: UnixTime) -> Self {
        let shown = path.display();
        match read(path) {
            Ok((bytes, stamp)) => Found {
                read: DeviceFile::parse(&bytes, now).map_err(|error| format!("{shown}:{error}")),
                is_empty: bytes.is_empty(),
                stamp: stamp.map(Some),
            },
            Err(error) => Found {
                read: Err(format!("{shown}: cannot be read: {error}")),
                is_empty: false,
                stamp: Some(Stamp::of(path)),
            },
        }
    }
}

/// The bytes of a file, and its stamp where that tells any other content.
fn read(path: &Path) -> io::Result<(Vec<u8>, Option<Stamp>)> {
    // A pipe in its place would keep the parent waiting.
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC).open(path)?;
    let before = file.metadata()?;
    if !before.is_file() {
        return Err(not_a_file());
    }
    let bytes = bytes_of(&file, before.len())?;
    let (before, after) = (Stamp::new(&before), file.metadata()?);
    // A later write would change a time in the future as well.
    let is_old = |time: SystemTime| time.elapsed().unwrap_or_else(|ahead| ahead.duration()) >= COARSEST_CLOCK;
    let is_settled = before == Stamp::new(&after) && after.modified().is_ok_and(is_old);
    Ok((bytes, is_settled.then_some(before)))
}
