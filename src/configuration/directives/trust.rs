//! Whom to trust: device CAs, what they have revoked, and what is read of their certificates.

use crate::configuration::directives::setter::{Set, Setter, choice, unexpected};
use crate::configuration::read_once::ReadOnce;
use mtlsprotect_core::directives::{self, Directive};
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::trust::{CaList, read_crls};
use mtlsprotect_core::vendors::{Sources, VendorLine};
use std::path::Path;

/// MTLSProtectCAFile
pub struct CaFile;

impl Setter for CaFile {
    const RECORD: Directive = directives::CA_FILE;

    fn set(command: &mut Set<'_, '_>) -> Result<(), String> {
        add_to_list(command, CaList::add_file)
    }
}

/// MTLSProtectCAPath
pub struct CaPath;

impl Setter for CaPath {
    const RECORD: Directive = directives::CA_PATH;

    fn set(command: &mut Set<'_, '_>) -> Result<(), String> {
        add_to_list(command, CaList::add_dir)
    }
}

/// MTLSProtectVendor
pub struct Vendor;

impl Setter for Vendor {
    const RECORD: Directive = directives::VENDOR;

    fn set(command: &mut Set<'_, '_>) -> Result<(), String> {
        let words = command.words;
        let server_root = command.path("");
        change_sources(command, |sources, reading| {
            let path = |word: &str| server_root.join(word);
            let vendor = VendorLine::read(words, path, |vendor, path| reading.vendor_list(vendor, path))?;
            sources.add_vendor(vendor)
        })
    }
}

/// MTLSProtectCRLFile
pub struct CrlFile;

impl Setter for CrlFile {
    const RECORD: Directive = directives::CRL_FILE;

    fn set(command: &mut Set<'_, '_>) -> Result<(), String> {
        let path = command.path(command.words[0]);
        change_sources(command, |sources, _| {
            sources.crls.extend(read_crls(&path)?);
            Ok(())
        })
    }
}

/// MTLSProtectVerifyDepth
pub struct VerifyDepth;

impl Setter for VerifyDepth {
    const RECORD: Directive = directives::VERIFY_DEPTH;

    fn set(command: &mut Set<'_, '_>) -> Result<(), String> {
        let depth = command.words[0].parse().ok().filter(|depth| (1..=100).contains(depth));
        command.server.directives.depth = Some(depth.ok_or_else(|| unexpected::<Self>(command.words[0]))?);
        Ok(())
    }
}

/// MTLSProtectIdentityPattern
pub struct IdentityPattern;

impl Setter for IdentityPattern {
    const RECORD: Directive = directives::IDENTITY_PATTERN;

    fn set(command: &mut Set<'_, '_>) -> Result<(), String> {
        command.server.directives.identity = Some(command.reading().identity(command.pool, command.words[0])?);
        Ok(())
    }
}

/// MTLSProtectDeviceFile
pub struct DeviceFile;

impl Setter for DeviceFile {
    const RECORD: Directive = directives::DEVICE_FILE;

    fn set(command: &mut Set<'_, '_>) -> Result<(), String> {
        let closed = command.words.get(1).map_or(Ok(false), |word| choice::<Self, _>(word, &[("closed", true)]))?;
        let path = command.path(command.words[0]);
        let before = if command.is_in_section() { command.dir.directives.devices } else { command.server.devices };
        if let Some(before) = before {
            return Err(format!(
                "{} stands here already, and only one device file counts in a place; write all lines into one file",
                before.list.path().display()
            ));
        }
        let devices = command.reading().devices(command.pool, path, closed, UnixTime::now())?;
        if command.is_in_section() {
            command.dir.directives.devices = Some(devices);
        } else {
            command.server.devices = Some(devices);
        }
        Ok(())
    }
}

fn add_to_list(command: &mut Set<'_, '_>, add: fn(&mut CaList, &Path) -> Result<(), String>) -> Result<(), String> {
    let path = command.path(command.words[0]);
    change_sources(command, |sources, _| add(&mut sources.list, &path))
}

/// Changes what the host says of its lists; the main server's stay as they are.
fn change_sources<'c>(
    command: &mut Set<'_, 'c>,
    change: impl FnOnce(&mut Sources, &mut ReadOnce<'c>) -> Result<(), String>,
) -> Result<(), String> {
    // Relative paths mean others where ServerRoot has changed.
    let root = command.path(".").to_string_lossy().into_owned();
    let said = [command.name().to_owned(), root].into_iter().chain(command.words.iter().map(|&word| word.to_owned()));
    let (mut reading, before) = (command.reading(), command.server.directives.sources);
    command.server.directives.sources = Some(reading.sources(command.pool, before, said.collect(), change)?);
    Ok(())
}
