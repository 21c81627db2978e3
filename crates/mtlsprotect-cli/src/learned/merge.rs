//! `mtlsprotect learned merge`: what one server's file lacks of others'.

use super::append::Appender;
use super::{LEARNED_FILE, complaint, read};
use crate::output::{Outcome, counted, print_json, print_line, shown, warn};
use anyhow::{Context, Result, bail};
use clap::Args;
use mtlsprotect_core::learned::{Lacking, Learned, Line, lacking, written};
use mtlsprotect_core::time::UnixTime;
use serde::Serialize;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// What a file in a folder ends with if it is a learned file.
const EXTENSION: &str = "learned";
/// A longer line is none of ours.
const LONGEST_LINE: u64 = 4096;

/// The server's own file, and those of others.
#[derive(Args)]
#[command(
    after_help = "Whoever can write to the other files decides here which devices need a certificate, and which no \
    longer do. httpd reads what was added without a restart.\n\
    Exit codes: 0 done, 1 a file of the others is missing, half-copied or has a bad line, and the rest was added; 2 the \
    command line is wrong, 3 the own file cannot be read or written to."
)]
pub struct Arguments {
    /// The server's own file, as in MTLSProtectLearnedFile
    #[arg(long, value_name = "FILE", default_value = LEARNED_FILE)]
    into: PathBuf,
    /// Files that came from other servers, or directories: of these every *.learned
    #[arg(required = true, value_name = "FILE|DIR")]
    files: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was added, as JSON has it.
#[derive(Serialize)]
struct Merged {
    file: String,
    from: Vec<Added>,
}

/// Of one file.
#[derive(Serialize)]
struct Added {
    file: String,
    /// Devices' proofs.
    proofs: u64,
    /// Devices that are forgotten.
    forgotten: u64,
    /// What is wrong with it.
    problem: Option<String>,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<Outcome> {
    let mut own = read(&arguments.into)?;
    let mut appender = Appender::open(&arguments.into)?;
    let mut merged = Merged { file: shown(&arguments.into), from: Vec::new() };
    for path in &arguments.files {
        for file in files(path) {
            let added = match file {
                Ok(file) => merge(&mut own.learned, &mut appender, &file)?,
                Err(problem) => Added { file: shown(path), proofs: 0, forgotten: 0, problem: Some(problem) },
            };
            if let Some(problem) = &added.problem {
                warn(problem);
            }
            if !arguments.json && (added.proofs > 0 || added.forgotten > 0) {
                let proofs = counted(added.proofs, "proof", "proofs");
                print_line(&format!("{}: {proofs} added, {} forgotten", added.file, added.forgotten))?;
            }
            merged.from.push(added);
        }
    }
    if arguments.json {
        print_json(&merged)?;
    }
    Ok(Outcome::finding_if(merged.from.iter().any(|added| added.problem.is_some())))
}

/// A file, or those of a folder in the order of their names.
fn files(path: &Path) -> Vec<Result<PathBuf, String>> {
    if !path.is_dir() {
        return vec![Ok(path.to_owned())];
    }
    let unreadable = |error| vec![Err(format!("{}: cannot be read: {error}", shown(path)))];
    let entries = match fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
        Ok(entries) => entries,
        Err(error) => return unreadable(error),
    };
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == EXTENSION));
    files.sort();
    // Who may write to the folder must not have other files read, whose lines would be shown.
    let plain = |file: PathBuf| match file.is_symlink() {
        true => Err(format!("{}: is a symbolic link, and is not read", shown(&file))),
        false => Ok(file),
    };
    files.into_iter().map(plain).collect()
}

/// Adds what is lacking of one file. Only the own one stops the rest.
fn merge(own: &mut Learned, appender: &mut Appender<'_>, path: &Path) -> Result<Added> {
    let nothing = Added { file: shown(path), proofs: 0, forgotten: 0, problem: None };
    let mut other = match read(path) {
        Ok(other) => other,
        Err(error) => return Ok(Added { problem: Some(format!("{error:#}")), ..nothing }),
    };
    let mut added = Added { problem: complaint(&other), ..nothing };
    let lacking = lacking(own, &mut other.learned);
    // Its memory is needed for the next.
    drop(other);
    if let Err(error) = add_lines(own, appender, path, lacking, &mut added) {
        match error.downcast::<Unread>() {
            Ok(Unread(problem)) => added.problem = Some(problem),
            Err(error) => return Err(error),
        }
    }
    Ok(added)
}

/// The other file could be read once and not again.
#[derive(Debug)]
struct Unread(String);

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unread {}

fn add_lines(
    own: &mut Learned,
    appender: &mut Appender<'_>,
    path: &Path,
    mut lacking: Lacking,
    added: &mut Added,
) -> Result<()> {
    if lacking.is_empty() {
        return Ok(());
    }
    let unread = |error: std::io::Error| Unread(format!("{}: cannot be read: {error}", shown(path)));
    let mut reader = BufReader::new(File::open(path).map_err(unread)?);
    let mut line = Vec::new();
    while !lacking.is_empty() {
        line.clear();
        if reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(unread)? == 0 {
            break;
        }
        let Ok(Some(parsed)) = Line::parse(line.trim_ascii_end()) else { continue };
        if lacking.take(&parsed) {
            appender.add(parsed)?;
            own.read(&written([parsed]), UnixTime::now());
            match parsed {
                Line::Proof(_) => added.proofs += 1,
                Line::Forget { .. } => added.forgotten += 1,
            }
        }
    }
    appender.flush().context("what was learned elsewhere is not all there; run this again")?;
    if !lacking.is_empty() {
        bail!(Unread(format!("{}: has changed while it was read; the rest comes with the next run", shown(path))));
    }
    Ok(())
}
