//! Reads logs, gzip or plain, line by line through one buffer.

use crate::output::shown;
use anyhow::{Context, Result, bail};
use flate2::bufread::MultiGzDecoder;
use indicatif::ProgressBar;
use memchr::memchr;
use std::fs::{self, File};
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;

/// The most bytes that a line of httpd's can have; its request line has 8 KiB by default.
const LONGEST_LINE: usize = 128 * 1024;
const BUFFER: usize = 2 * LONGEST_LINE;

/// The size of all logs together, in bytes; `None` if one is not a file.
pub fn total_size(logs: &[impl AsRef<Path>]) -> Option<u64> {
    logs.iter().try_fold(0, |sum, log| {
        let log = fs::metadata(log.as_ref()).ok().filter(fs::Metadata::is_file)?;
        Some(sum + log.len())
    })
}

/// Calls `each` with the number of every line and the line without its end, `None` for one that is too long.
/// `log` is a file, or `-` for the standard input. Returns the number of lines.
pub fn each_line(log: &Path, progress: &ProgressBar, each: impl FnMut(u64, Option<&[u8]>)) -> Result<u64> {
    let shown = shown(log);
    if log == Path::new("-") {
        return lines(&mut plain(io::stdin().lock())?, each).context("the standard input cannot be read to its end");
    }
    let file = File::open(log).with_context(|| format!("{shown}: cannot be opened"))?;
    if file.metadata().is_ok_and(|data| data.is_dir()) {
        bail!("{shown}: is a directory; name the logs in it");
    }
    let mut opened = plain(progress.wrap_read(file)).with_context(|| format!("{shown}: cannot be read"))?;
    lines(&mut opened, each).with_context(|| format!("{shown}: cannot be read to its end"))
}

/// The text of a log, which is compressed where it begins as gzip does.
fn plain<'a>(mut log: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut start = Vec::with_capacity(2);
    log.by_ref().take(2).read_to_end(&mut start)?;
    let is_gzip = start == [0x1f, 0x8b];
    let whole = Cursor::new(start).chain(log);
    Ok(if is_gzip { Box::new(MultiGzDecoder::new(BufReader::with_capacity(BUFFER, whole))) } else { Box::new(whole) })
}

fn lines(log: &mut dyn Read, mut each: impl FnMut(u64, Option<&[u8]>)) -> io::Result<u64> {
    let mut buffer = vec![0; BUFFER];
    let (mut filled, mut number) = (0, 0);
    let mut is_too_long = false;
    loop {
        let read = match log.read(&mut buffer[filled..]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        let searched = filled;
        filled += read;
        let mut start = 0;
        while let Some(length) = memchr(b'\n', &buffer[start.max(searched)..filled]) {
            let end = start.max(searched) + length;
            number += 1;
            let is_line = !is_too_long && end - start <= LONGEST_LINE;
            each(number, is_line.then(|| without_return(&buffer[start..end])));
            is_too_long = false;
            start = end + 1;
        }
        if read == 0 {
            if filled > start || is_too_long {
                number += 1;
                each(number, (!is_too_long).then(|| without_return(&buffer[start..filled])));
            }
            return Ok(number);
        }
        if filled - start > LONGEST_LINE || is_too_long {
            is_too_long = true;
            start = filled;
        }
        buffer.copy_within(start..filled, 0);
        filled -= start;
    }
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives a few bytes at a time, as pipes do.
    struct Dripping<'a>(&'a [u8], usize);

    impl Read for Dripping<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let some = self.1.min(self.0.len()).min(buffer.len());
            buffer[..some].copy_from_slice(&self.0[..some]);
            self.0 = &self.0[some..];
            Ok(some)
        }
    }

    fn split(text: &[u8], at_once: usize) -> Vec<Option<Vec<u8>>> {
        let mut all = Vec::new();
        let count = lines(&mut Dripping(text, at_once), |number, line| {
            all.push(line.map(<[u8]>::to_vec));
            assert_eq!(number, all.len() as u64);
        });
        assert_eq!(count.unwrap(), all.len() as u64);
        all
    }

    #[test]
    fn a_line_that_never_ends_is_left_out_and_the_next_one_read() {
        let mut text = b"first\r\n".to_vec();
        text.extend(vec![b'x'; 3 * BUFFER]);
        text.extend(b"\nlast");
        let expected = [Some(b"first".to_vec()), None, Some(b"last".to_vec())];
        for at_once in [1000, BUFFER, usize::MAX] {
            assert_eq!(split(&text, at_once), expected);
        }
        assert_eq!(split(&vec![b'x'; 3 * BUFFER], usize::MAX), [None]);
    }

    proptest! {
        #[test]
        fn lines_are_those_of_the_library(text in "[ab\n]{0,60}", at_once in 1usize..20) {
            let expected: Vec<_> = text.lines().map(|line| Some(line.as_bytes().to_vec())).collect();
            prop_assert_eq!(split(text.as_bytes(), at_once), expected);
        }
    }
}
