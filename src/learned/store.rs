//! The learned file of the server.

use crate::httpd::log::Level;
use crate::httpd::{AppendOnly, retained_words};
use crate::learned::appended::AppendedLately;
use crate::learned::list::{Begun, SharedLearned};
use crate::learned::table::Watch;
use crate::message::Number;
use mtlsprotect_core::Fingerprint;
use mtlsprotect_core::learned::LearnedFile;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

/// What all processes know of writing: the errors so far, and whether the last write failed.
const ERRORS: usize = 0;
const IS_FAILING: usize = 1;
const SHARED: usize = 2;

/// `MTLSProtectLearnedFile`, which the configuration owns: it is closed when that is read anew.
pub struct LearnedStore {
    path: PathBuf,
    /// What it says.
    pub list: SharedLearned,
    /// Open from post_config on.
    file: OnceLock<AppendOnly>,
    /// What was appended lately for devices that have no place in the table of devices.
    pub appended: AppendedLately,
    writing: Option<&'static [AtomicU64]>,
    /// What the parent has read.
    reading: Mutex<Option<Reading>>,
}

/// How far the parent has read the file.
pub struct Reading {
    /// The file.
    pub(super) file: LearnedFile,
    /// The roots of all hosts.
    pub(super) roots: Vec<Fingerprint>,
    /// When it was read last.
    pub(super) since: Instant,
    /// What it looks for in the table.
    pub(super) watch: Watch,
}

impl LearnedStore {
    /// For a file that is neither read nor open yet.
    pub fn new(path: PathBuf) -> Self {
        let writing = retained_words("mod_mtlsprotect learned file 1", SHARED);
        LearnedStore {
            path,
            list: SharedLearned::default(),
            file: OnceLock::new(),
            appended: AppendedLately::new(),
            writing,
            reading: Mutex::default(),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Has a file count that was read from its beginning, and be read on.
    ///
    /// # Errors
    /// There is no memory.
    pub fn begin(&self, mut file: LearnedFile, roots: Vec<Fingerprint>) -> Result<Begun, String> {
        let begun = self.list.begin(&mut file, &roots)?;
        self.list.add_bad_lines(file.learned.take_bad_lines().count());
        *self.reading() = Some(Reading { file, roots, since: Instant::now(), watch: Watch::default() });
        Ok(begun)
    }

    pub(super) fn reading(&self) -> MutexGuard<'_, Option<Reading>> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the file to append to it; what goes wrong is logged.
    pub fn open(&self) {
        match AppendOnly::open(&self.path) {
            // It is never open twice: whoever comes second closes its own.
            Ok(file) => drop(self.file.set(file)),
            Err(error) => self.failed(&error),
        }
    }

    /// Appends lines by one write; what goes wrong is counted, and logged when it begins.
    pub fn append(&self, lines: &[u8]) -> bool {
        let closed = || io::Error::other("it could not be opened at the start");
        match self.file.get().ok_or_else(closed).and_then(|file| file.append(lines)) {
            Ok(()) => {
                if self
                    .word(IS_FAILING)
                    .is_some_and(|failing| failing.load(Relaxed) != 0 && failing.swap(0, Relaxed) != 0)
                {
                    let text = format!("{}: the learned file can be written to again", self.path.display());
                    Number::LearnedWritten.says(text).log_for_server(None, Level::Notice);
                }
                true
            }
            Err(error) => {
                self.failed(&error);
                false
            }
        }
    }

    /// How many times it could not be written to, in all processes since httpd was started.
    pub fn write_errors(&self) -> u64 {
        self.word(ERRORS).map_or(0, |errors| errors.load(Relaxed))
    }

    /// Whether the last line could be written, or none had to be.
    pub fn is_writable(&self) -> bool {
        self.word(IS_FAILING).is_none_or(|failing| failing.load(Relaxed) == 0)
    }

    fn failed(&self, error: &io::Error) {
        if let Some(errors) = self.word(ERRORS) {
            errors.fetch_add(1, Relaxed);
        }
        if self.word(IS_FAILING).is_none_or(|failing| failing.swap(1, Relaxed) == 0) {
            let text = format!(
                "{}: the learned file cannot be written to: {error}; what devices prove now would be lost if httpd \
                 stopped; once the file can be written to, each device gets its line when it comes again",
                self.path.display()
            );
            Number::LearnedNotWritten.says(text).log_for_server(None, Level::Error);
        }
    }

    fn word(&self, word: usize) -> Option<&'static AtomicU64> {
        self.writing?.get(word)
    }
}
