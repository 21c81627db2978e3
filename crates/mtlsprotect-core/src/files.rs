//! Files that the configuration names, read so that nothing in their place keeps the server waiting or fills its memory.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Bytes that a file may have: CRLs and device files can be large, but not so large.
pub const MOST_BYTES: u64 = 256 << 20;

/// The bytes of a file.
///
/// # Errors
/// As the system has them; it is a pipe, a device or a directory; it has more than [`MOST_BYTES`].
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    // Opening a pipe would wait for somebody who writes.
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(not_a_file());
    }
    bytes_of(&File::open(path)?, metadata.len())
}

/// The bytes of an open file, which has about so many.
///
/// # Errors
/// As [`read`].
pub fn bytes_of(file: &File, length: u64) -> io::Result<Vec<u8>> {
    at_most(MOST_BYTES, file, length)
}

fn at_most(most: u64, file: &File, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length.min(most) as usize);
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other(format!("it has more than {} MiB", most >> 20)));
    }
    Ok(bytes)
}

/// What a path that is not a file's is told.
pub fn not_a_file() -> io::Error {
    io::Error::other("it is not a file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_ends_is_not_read() {
        for path in ["/dev/zero", "/dev", "/proc/self/fd"] {
            assert_eq!(read(Path::new(path)).unwrap_err().to_string(), "it is not a file", "{path}");
        }
        assert!(!read(Path::new("Cargo.toml")).unwrap().is_empty());
    }

    #[test]
    fn a_file_is_read_to_the_last_byte_that_it_may_have() {
        let read = |most: u64| at_most(most, &File::open("Cargo.toml").unwrap(), 1);
        let length = fs::metadata("Cargo.toml").unwrap().len();
        assert_eq!(read(length).unwrap().len() as u64, length);
        assert_eq!(read(length - 1).unwrap_err().to_string(), "it has more than 0 MiB");
    }
}
