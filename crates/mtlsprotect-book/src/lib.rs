//! The documents as data: their code blocks, the reference of the directives by section, the manual page, and the
//! source of the book. What tests hold against the module, and what `scripts/book` gives to mdbook.

pub mod blocks;
pub mod book;
pub mod html;
pub mod links;
pub mod manual_page;
pub mod options;
pub mod reference;

use std::path::{Path, PathBuf};

/// The project's directory.
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
