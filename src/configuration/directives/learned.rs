//! Where devices that have proven themselves are kept.

use crate::configuration::directives::setter::{Set, Setter};
use crate::learned::LearnedStore;
use mtlsprotect_core::directives::{self, Directive};

/// MTLSProtectLearnedFile
pub struct LearnedFile;

impl Setter for LearnedFile {
    const RECORD: Directive = directives::LEARNED_FILE;

    fn set(command: &mut Set<'_, '_>) -> Result<(), String> {
        if let Some(before) = command.server.directives.learned {
            return Err(format!(
                "{} stands here already, and only one learned file counts; merge them with mtlsprotect learned merge",
                before.path().display()
            ));
        }
        let path = command.path(command.words[0]);
        command.server.directives.learned = Some(command.pool.own(LearnedStore::new(path)));
        Ok(())
    }
}
