//! What a directive does, besides what its record in `mtlsprotect_core::directives` says of it.

use crate::httpd::{self, Command, Entry, Scope};
use crate::module::Mtlsprotect;
use mtlsprotect_core::directives::{Context, Directive};
use std::ops::RangeInclusive;

/// What a directive gets to know and to change.
pub type Set<'a, 'c> = Command<'a, 'c, Mtlsprotect>;

/// A directive of this module.
pub trait Setter {
    /// What is known of it.
    const RECORD: Directive;

    /// Takes its words into the configuration.
    ///
    /// # Errors
    /// A sentence for the operator; httpd puts the file and line before it.
    fn set(command: &mut Set<'_, '_>) -> Result<(), String>;
}

impl<S: Setter> httpd::Handles<Mtlsprotect> for S {
    const SCOPE: Scope = match S::RECORD.context {
        Context::Main => Scope::Main,
        // A virtual host's own says itself that it stands elsewhere.
        Context::VirtualHost | Context::Server => Scope::Server,
        Context::Directory => Scope::Directory,
    };
    const WORDS: RangeInclusive<usize> = S::RECORD.words;
    const SYNTAX: &'static str = S::RECORD.expected;

    fn set(command: &mut Set<'_, '_>) -> Result<(), String> {
        <S as Setter>::set(command)
    }
}

/// Its entry in httpd's table.
pub const fn entry<S: Setter>() -> Entry {
    httpd::directive::<Mtlsprotect, S>(S::RECORD.name, S::RECORD.help)
}

/// One of a few words, compared without regard to case, as httpd does.
pub fn choice<S: Setter, T: Copy>(word: &str, choices: &[(&str, T)]) -> Result<T, String> {
    let found = choices.iter().find(|(name, _)| word.eq_ignore_ascii_case(name));
    found.map(|&(_, value)| value).ok_or_else(|| unexpected::<S>(word))
}

/// The error of a word that is not what it should be.
pub fn unexpected<S: Setter>(word: &str) -> String {
    format!("expected {}, found \"{word}\"", S::RECORD.expected)
}
