//! Whether requests are judged, and by which rules.

use crate::configuration::directives::setter::{Set, Setter, choice};
use mtlsprotect_core::decision::{self, Mode};
use mtlsprotect_core::directives::{self, Directive};

/// MTLSProtect
pub struct Protect;

impl Setter for Protect {
    const RECORD: Directive = directives::PROTECT;

    fn set(command: &mut Set<'_, '_>) -> Result<(), String> {
        command.dir.directives.mode =
            Some(choice::<Self, _>(command.words[0], &Mode::ALL.map(|mode| (mode.as_str(), mode)))?);
        Ok(())
    }
}

/// MTLSProtectOtherFiles
pub struct OtherFiles;

impl Setter for OtherFiles {
    const RECORD: Directive = directives::OTHER_FILES;

    fn set(command: &mut Set<'_, '_>) -> Result<(), String> {
        let files =
            choice::<Self, _>(command.words[0], &decision::OtherFiles::ALL.map(|files| (files.as_str(), files)))?;
        command.dir.directives.other_files = Some(files);
        Ok(())
    }
}

/// MTLSProtectMethods
pub struct Methods;

impl Setter for Methods {
    const RECORD: Directive = directives::METHODS;

    fn set(command: &mut Set<'_, '_>) -> Result<(), String> {
        let methods = decision::Methods::new(command.words.iter().copied())?;
        command.dir.directives.methods = Some(command.pool.own(methods));
        Ok(())
    }
}
