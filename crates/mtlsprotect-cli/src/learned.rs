//! `mtlsprotect learned`: which devices have proven themselves, at this server and at others.

pub mod append;
mod merge;
mod show;

use crate::output::{Outcome, shown};
use anyhow::{Context, Result, bail};
use clap::Subcommand;
use mtlsprotect_core::learned::LearnedFile;
use mtlsprotect_core::time::UnixTime;
use std::path::Path;

/// The learned file of a server that the packages set up.
pub const LEARNED_FILE: &str = "/var/lib/mtlsprotect/learned";

/// Share between servers, and show, which devices have proven themselves
#[derive(Subcommand)]
pub enum Command {
    /// Add what other servers have learned
    Merge(merge::Arguments),
    /// Show which devices are proven, since when and by which root
    Show(show::Arguments),
}

/// Runs the subcommand.
pub fn run(command: &Command) -> Result<Outcome> {
    match command {
        Command::Merge(arguments) => merge::run(arguments),
        Command::Show(arguments) => show::run(arguments),
    }
}

/// A learned file that is there.
///
/// # Errors
/// It isn't, or can't be read.
pub fn read(path: &Path) -> Result<LearnedFile> {
    let shown = shown(path);
    let file = LearnedFile::read(path, UnixTime::now()).with_context(|| format!("{shown}: cannot be read"))?;
    if !file.exists() {
        bail!("{shown}: does not exist; httpd makes it when it starts, where MTLSProtectLearnedFile names it");
    }
    Ok(file)
}

/// What should be known of a file's lines.
pub fn complaint(file: &LearnedFile) -> Option<String> {
    let (bad, path) = (file.learned.bad_lines(), shown(file.path()));
    match bad.first() {
        [first, ..] => Some(format!(
            "{path}:{}: {} (\"{}\"); {} skipped",
            first.number,
            first.why,
            first.text,
            crate::output::counted(bad.count(), "such line is", "such lines are")
        )),
        [] if file.learned.is_unfinished() => {
            Some(format!("{path}: its last line has no end yet, and does not count: is it still being copied?"))
        }
        [] => None,
    }
}
