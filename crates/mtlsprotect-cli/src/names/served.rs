//! A folder as the module would serve it.

use super::look_alike::look_alike;
use mtlsprotect_core::Mac;
use mtlsprotect_core::names::{Named, Names, Naming, Texts};
use percent_encoding::percent_encode_byte;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The folder, and where it is served.
pub struct Served<'s> {
    naming: Naming<'s>,
    /// As it was given, absolute.
    given: PathBuf,
    /// Without links.
    pub root: PathBuf,
    /// Its URL path without a slash at the end, if it is not a DocumentRoot.
    at: Option<&'s [u8]>,
    /// The device in what precedes every path, which does not count for the file.
    pub before: Option<Mac>,
}

/// An address, like `/cfg`.
///
/// # Errors
/// It does not begin with a slash.
pub fn parse_at(text: &str) -> Result<String, String> {
    if text.starts_with('/') { Ok(text.to_owned()) } else { Err("a path begins with a slash".to_owned()) }
}

impl<'s> Served<'s> {
    /// A DocumentRoot, or a folder that an Alias has `at` another address.
    pub fn new(naming: Naming<'s>, given: PathBuf, root: PathBuf, at: Option<&'s str>) -> Self {
        let at = at.map(|at| at.trim_end_matches('/').as_bytes());
        let before = at.unwrap_or(given.as_os_str().as_bytes());
        let before = names(&naming, before, before).only();
        Served { naming, given, root, at, before }
    }

    /// The devices that the path of a file below the folder names.
    pub fn names(&self, path: &[u8]) -> Names {
        let uri = [self.at.unwrap_or_default(), b"/", path].concat();
        match self.at {
            None => names(&self.naming, &uri, &uri),
            Some(_) => names(&self.naming, &uri, &self.filename(path)),
        }
    }

    /// Whether a device before the path is all that names it.
    pub fn only_precedes(&self, path: &[u8]) -> bool {
        let alone = || match self.at {
            None => names(&self.naming, &[b"/", path].concat(), b""),
            Some(_) => names(&self.naming, &self.filename(path), b""),
        };
        self.before.is_some() && alone().named() == Named::Nobody
    }

    /// The devices that any file's path names, wherever it lies.
    pub fn names_elsewhere(&self, file: &Path) -> Names {
        let path = file.as_os_str().as_bytes();
        names(&self.naming, path, path)
    }

    /// The device that a name below folders that name nobody would name, if the prefix of its digits were known.
    pub fn look_alike(&self, path: &[u8], name: &[u8]) -> Option<Mac> {
        look_alike(&self.naming, name, |naming| {
            let uri = [self.at.unwrap_or_default(), b"/", path].concat();
            names(naming, &uri, &uri)
        })
    }

    fn filename(&self, path: &[u8]) -> Vec<u8> {
        [self.given.as_os_str().as_bytes(), b"/", path].concat()
    }
}

/// What the module finds in a request for a file. Digits that overlap its sender's own are not a name, so that one of
/// several devices may still have it.
fn names(naming: &Naming<'_>, uri: &[u8], filename: &[u8]) -> Names {
    let sent = as_sent(uri);
    let of = |sender| Names::of(&Texts { sent: &sent, uri, filename, ..Texts::default() }, naming, sender, false);
    let names = of(None);
    if names.named() != Named::Several {
        return names;
    }
    let mut owners = names.macs().map(|mac| (mac, of(Some(mac)))).filter(|(mac, own)| own.only() == Some(*mac));
    match (owners.next(), owners.next()) {
        (Some((_, own)), None) => own,
        _ => names,
    }
}

/// A path as clients send it.
fn as_sent(path: &[u8]) -> Vec<u8> {
    let mut sent = Vec::with_capacity(path.len());
    for &byte in path {
        if byte.is_ascii_alphanumeric() || b"/-._~:@!$&'()*+,;=".contains(&byte) {
            sent.push(byte);
        } else {
            sent.extend_from_slice(percent_encode_byte(byte).as_bytes());
        }
    }
    sent
}
