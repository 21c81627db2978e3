//! Appends to a learned file while httpd does the same: each write is whole lines, begun and ended with a newline. No lock is
//! needed, and a line that is there twice says no more than once.

use crate::output::shown;
use anyhow::{Context, Result, bail};
use mtlsprotect_core::learned::{Line, written};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Bytes that are written at a time, about.
const BATCH: usize = 64 * 1024;

/// A learned file that is appended to.
pub struct Appender<'p> {
    path: &'p Path,
    file: File,
    batch: Vec<u8>,
}

impl<'p> Appender<'p> {
    /// Opens an existing file.
    ///
    /// # Errors
    /// It isn't there, isn't a plain file, or can't be written to.
    pub fn open(path: &'p Path) -> Result<Self> {
        let shown = shown(path);
        // Opening a pipe in its place must not block.
        let flags = rustix::fs::OFlags::NONBLOCK.bits() as i32;
        let file = OpenOptions::new().append(true).custom_flags(flags).open(path);
        let file = file.with_context(|| format!("{shown}: cannot be written to"))?;
        if !file.metadata()?.is_file() {
            bail!("{shown}: is not a plain file");
        }
        Ok(Appender { path, file, batch: Vec::new() })
    }

    /// Adds a line, which is written now or with later ones.
    ///
    /// # Errors
    /// Lines can't be written.
    pub fn add(&mut self, line: Line<'_>) -> Result<()> {
        if self.batch.is_empty() {
            self.batch = written([]);
        }
        line.append(&mut self.batch);
        if self.batch.len() >= BATCH { self.flush() } else { Ok(()) }
    }

    /// Writes what is left to write.
    ///
    /// # Errors
    /// It can't be written, or not all of it: the line that was cut doesn't count.
    pub fn flush(&mut self) -> Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let shown = shown(self.path);
        let count = self.file.write(&self.batch).with_context(|| format!("{shown}: cannot be written to"))?;
        if count < self.batch.len() {
            bail!("{shown}: only {count} of {} bytes could be written; is the disk full?", self.batch.len());
        }
        self.batch.clear();
        Ok(())
    }
}
