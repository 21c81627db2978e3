//! What names a device in a request.

use crate::configuration::directives::expression;
use crate::configuration::directives::setter::{Set, Setter, unexpected};
use mtlsprotect_core::directives::{self, Directive};
use mtlsprotect_core::names as core_names;
use std::borrow::Cow;

/// MTLSProtectNameParameter
pub struct NameParameter;

impl Setter for NameParameter {
    const RECORD: Directive = directives::NAME_PARAMETER;

    fn set(command: &mut Set<'_, '_>) -> Result<(), String> {
        let words: Vec<Cow<'static, str>> = command.words.iter().map(|word| word.to_ascii_lowercase().into()).collect();
        let none = words.iter().any(|word| word == "none");
        if (none && words.len() > 1) || words.iter().any(|word| word.is_empty()) {
            return Err(unexpected::<Self>(&command.words.join(" ")));
        }
        command.dir.directives.name_parameters = Some(command.pool.own(if none { Vec::new() } else { words }));
        Ok(())
    }
}

/// MTLSProtectNamedBy
pub struct NamedBy;

impl Setter for NamedBy {
    const RECORD: Directive = directives::NAMED_BY;

    fn set(command: &mut Set<'_, '_>) -> Result<(), String> {
        let text = command.words[0];
        expression::check(text)?;
        let expression =
            command.expression(text).map_err(|error| format!("\"{text}\" is not an expression: {error}"))?;
        let mut expressions = command.dir.directives.named_by.unwrap_or_default().to_vec();
        expressions.push(expression);
        command.dir.directives.named_by = Some(command.pool.slice(&expressions));
        command.ask_for_last_fixups();
        Ok(())
    }
}

/// MTLSProtectFilePattern
pub struct FilePattern;

impl Setter for FilePattern {
    const RECORD: Directive = directives::FILE_PATTERN;

    fn set(command: &mut Set<'_, '_>) -> Result<(), String> {
        let mut patterns = command.dir.directives.file_patterns.cloned().unwrap_or_default();
        patterns.push(core_names::FilePattern::new(command.words[0])?);
        command.dir.directives.file_patterns = Some(command.pool.own(patterns));
        Ok(())
    }
}

/// MTLSProtectIgnore
pub struct Ignore;

impl Setter for Ignore {
    const RECORD: Directive = directives::IGNORE;

    fn set(command: &mut Set<'_, '_>) -> Result<(), String> {
        let mut ignore = command.dir.directives.ignore.cloned().unwrap_or_default();
        ignore.push(core_names::Ignore::new(command.words[0])?);
        command.dir.directives.ignore = Some(command.pool.own(ignore));
        Ok(())
    }
}
