//! Reads a learned file, and later what was appended to it.

use super::state::Learned;
use crate::time::UnixTime;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Bytes that are read at a time.
const CHUNK: usize = 1 << 20;

/// Bytes that tell whether what was read is still there: more than a line of usual length.
const END: usize = 256;

/// A learned file, read up to a place.
#[derive(Debug)]
pub struct LearnedFile {
    path: PathBuf,
    /// Device and inode of the file that was read; none if there was no file.
    identity: Option<(u64, u64)>,
    /// What was read of it, in bytes.
    offset: u64,
    /// The last bytes of that.
    end: Vec<u8>,
    /// What it says.
    pub learned: Learned,
}

/// What has become of a file since it was last read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// Nothing.
    Nothing,
    /// It has grown, and was read on.
    Grown,
    /// Another file has its name, or none: what was read before still counts.
    Replaced,
    /// It is shorter than what was read of it, or where that ended stands something else: it was written anew, and is read
    /// again from its beginning. What was read before still counts.
    Shrunk,
}

impl LearnedFile {
    /// Reads a file from its beginning; a missing one is empty.
    ///
    /// # Errors
    /// It can't be read, or isn't a plain file.
    pub fn read(path: &Path, now: UnixTime) -> io::Result<Self> {
        let mut read = LearnedFile {
            path: path.to_owned(),
            identity: None,
            offset: 0,
            end: Vec::new(),
            learned: Learned::default(),
        };
        read.read_on(now)?;
        Ok(read)
    }

    /// Reads what was appended since.
    ///
    /// # Errors
    /// As [`LearnedFile::read`]; what was read before still counts.
    pub fn read_on(&mut self, now: UnixTime) -> io::Result<Growth> {
        self.read_some(u64::MAX, now)
    }

    /// Reads what was appended since, of that at most so many bytes: there may be more.
    ///
    /// # Errors
    /// As [`LearnedFile::read_on`].
    pub fn read_some(&mut self, most: u64, now: UnixTime) -> io::Result<Growth> {
        let found = match fs::metadata(&self.path) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(if self.identity.is_none() { Growth::Nothing } else { Growth::Replaced });
            }
            Err(error) => return Err(error),
        };
        // Opening a pipe would wait.
        if !found.is_file() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a plain file"));
        }
        let mut file = File::open(&self.path)?;
        let opened = file.metadata()?;
        match self.identity {
            Some(known) if known != identity(&opened) => return Ok(Growth::Replaced),
            Some(_) => {}
            None => self.identity = Some(identity(&opened)),
        }
        let growth = if opened.len() < self.offset || !self.ends_as_before(&mut file)? {
            self.begin_again(&mut file)?;
            Growth::Shrunk
        } else {
            Growth::Grown
        };
        if growth == Growth::Grown && self.offset == opened.len() {
            return Ok(Growth::Nothing);
        }
        // What is appended meanwhile is for the next time.
        let mut rest = file.take(most.min(opened.len() - self.offset));
        let mut chunk = Vec::with_capacity(CHUNK);
        while rest.by_ref().take(CHUNK as u64).read_to_end(&mut chunk)? > 0 {
            self.offset += chunk.len() as u64;
            self.keep_end(&chunk);
            self.learned.read(&chunk, now);
            chunk.clear();
        }
        Ok(growth)
    }

    /// Whether what was read last still stands before the offset, to which this brings the file.
    fn ends_as_before(&self, file: &mut File) -> io::Result<bool> {
        let length = self.end.len() as u64;
        file.seek(SeekFrom::Start(self.offset - length))?;
        let mut found = Vec::new();
        file.take(length).read_to_end(&mut found)?;
        Ok(found == self.end)
    }

    /// Reads it from its beginning, and what it says there besides what it said before.
    fn begin_again(&mut self, file: &mut File) -> io::Result<()> {
        file.rewind()?;
        self.offset = 0;
        self.end.clear();
        self.learned.begin_again();
        Ok(())
    }

    fn keep_end(&mut self, piece: &[u8]) {
        self.end.extend_from_slice(&piece[piece.len().saturating_sub(END)..]);
        self.end.drain(..self.end.len().saturating_sub(END));
    }

    /// Whether there was a file.
    pub fn exists(&self) -> bool {
        self.identity.is_some()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn identity(found: &Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
