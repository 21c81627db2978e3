//! Regular expressions of mod_rewrite, mod_proxy and mod_alias.

use regex::Regex;
use std::cell::OnceCell;

/// A regular expression that is read when it is needed: a site may have thousands.
pub struct Pattern {
    text: String,
    read: OnceCell<Option<Regex>>,
}

impl Pattern {
    /// Of this text.
    pub fn new(text: &str) -> Self {
        Pattern { text: text.to_owned(), read: OnceCell::new() }
    }

    /// None if it can't be read here.
    pub fn regex(&self) -> Option<&Regex> {
        self.read.get_or_init(|| Regex::new(&self.text).ok()).as_ref()
    }
}
