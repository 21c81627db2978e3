//! Prints files as they come, and what is doubtful after them: that is kept in a temporary file, so that it takes no
//! memory.

use super::doubt::{Doubt, LedTo, LinkTarget, doubts, escaped};
use super::served::Served;
use super::walk::{Entry, Kind};
use crate::output::{counted, json_line, printed, warn};
use anyhow::{Context, Result};
use mtlsprotect_core::Mac;
use mtlsprotect_core::names::{Named, Names};
use serde::Serialize;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The maximum number of devices that are told apart.
const MOST_DEVICES: usize = 1_000_000;

/// A file as JSON has it.
#[derive(Serialize)]
struct FileRow {
    file: String,
    /// `device`, `nobody` or `several`.
    whose: &'static str,
    /// The first two that the path names.
    devices: Vec<String>,
    /// Where a symbolic link leads.
    link: Option<String>,
}

/// How many there were.
#[derive(Debug, Default, Serialize)]
struct Summary {
    files: u64,
    of_devices: u64,
    of_nobody: u64,
    of_several: u64,
    devices: usize,
    doubtful: u64,
    folders_not_read: u64,
}

/// What is printed.
pub struct NamesReport {
    out: BufWriter<io::Stdout>,
    is_json: bool,
    only_doubtful: bool,
    doubts: BufWriter<File>,
    led_to: LedTo,
    devices: HashSet<Mac>,
    preceded: u64,
    summary: Summary,
}

impl NamesReport {
    /// Begins to print.
    ///
    /// # Errors
    /// Printing fails, or there is no room for what is printed last.
    pub fn begin(dir: &str, is_json: bool, only_doubtful: bool) -> Result<Self> {
        let mut out = BufWriter::new(io::stdout());
        if is_json {
            printed(write!(out, "{{\n  \"dir\": {},\n  \"files\": [", json_line(&dir)?))?;
        }
        let doubts = tempfile::tempfile().context("a temporary file cannot be made")?;
        Ok(NamesReport {
            out,
            is_json,
            only_doubtful,
            doubts: BufWriter::new(doubts),
            led_to: LedTo::default(),
            devices: HashSet::new(),
            preceded: 0,
            summary: Summary::default(),
        })
    }

    /// Prints an entry of the folder.
    ///
    /// # Errors
    /// It can't be printed.
    pub fn add(&mut self, served: &Served<'_>, entry: &Entry<'_>) -> Result<()> {
        let names = served.names(entry.path);
        let target = match entry.kind {
            Kind::Link => LinkTarget::of(&served.root, Path::new(OsStr::from_bytes(entry.path))),
            Kind::File | Kind::Folder => None,
        };
        let is_file = entry.kind == Kind::File || target.as_ref().is_some_and(LinkTarget::is_file);
        if is_file {
            self.count(&names);
            self.preceded += u64::from(served.only_precedes(entry.path));
            if !self.only_doubtful {
                self.file(served, entry, &names, target.as_ref())?;
            }
        }
        for doubt in doubts(served, entry, &names, target.as_ref(), &mut self.led_to) {
            self.doubt(&doubt)?;
        }
        Ok(())
    }

    /// Prints what is doubtful and the totals; returns how much is doubtful.
    ///
    /// # Errors
    /// It can't be printed.
    pub fn end(mut self, served: &Served<'_>, unread: u64) -> Result<u64> {
        if let Some(device) = served.before.filter(|_| self.preceded > 0) {
            let files = counted(self.preceded, "file names", "files name");
            let detail = format!(
                "{files} nobody: {device} is only in the path that leads here, and another path may lead here too"
            );
            self.doubt(&Doubt::new(b"", "precedes", detail))?;
        }
        let led_to = std::mem::take(&mut self.led_to);
        if led_to.has_more {
            warn("mtlsprotect: there are more files with links of devices than fit: some were not compared");
        }
        for doubt in led_to.doubts() {
            self.doubt(&doubt)?;
        }
        self.summary.devices = self.devices.len();
        self.summary.folders_not_read = unread;
        if self.is_json {
            self.end_json()?
        } else {
            self.end_text()?
        }
        printed(self.out.flush())?;
        Ok(self.summary.doubtful)
    }

    fn count(&mut self, names: &Names) {
        self.summary.files += 1;
        match names.named() {
            Named::Nobody => self.summary.of_nobody += 1,
            Named::Several => self.summary.of_several += 1,
            Named::One(device) => {
                self.summary.of_devices += 1;
                if self.devices.len() < MOST_DEVICES {
                    self.devices.insert(device);
                }
            }
        }
    }

    fn file(
        &mut self,
        served: &Served<'_>,
        entry: &Entry<'_>,
        names: &Names,
        target: Option<&LinkTarget>,
    ) -> Result<()> {
        let row = FileRow {
            file: escaped(entry.path),
            whose: match names.named() {
                Named::One(_) => "device",
                Named::Nobody => "nobody",
                Named::Several => "several",
            },
            devices: names.macs().map(|mac| mac.to_string()).collect(),
            link: target.map(|target| {
                let inside = target.path.strip_prefix(&served.root).unwrap_or(&target.path);
                escaped(inside.as_os_str().as_bytes())
            }),
        };
        if self.is_json {
            let comma = if self.summary.files > 1 { "," } else { "" };
            return printed(write!(self.out, "{comma}\n    {}", json_line(&row)?));
        }
        let whose = names.only().map_or_else(|| row.whose.to_owned(), |device| device.to_string());
        let link = row.link.map(|link| format!(" -> {link}")).unwrap_or_default();
        printed(writeln!(self.out, "{whose:<12}  {}{link}", row.file))
    }

    fn doubt(&mut self, doubt: &Doubt) -> Result<()> {
        let comma = if self.summary.doubtful > 0 { "," } else { "" };
        self.summary.doubtful += 1;
        let written = if self.is_json {
            write!(self.doubts, "{comma}\n    {}", json_line(doubt)?)
        } else {
            let file = if doubt.file.is_empty() { "." } else { &doubt.file };
            writeln!(self.doubts, "{:<10}  {file}: {}", doubt.kind, doubt.detail)
        };
        written.context("a temporary file cannot be written")
    }

    fn end_json(&mut self) -> Result<()> {
        printed(self.out.write_all(b"\n  ],\n  \"doubts\": ["))?;
        self.print_doubts()?;
        printed(writeln!(self.out, "\n  ],\n  \"summary\": {}\n}}", json_line(&self.summary)?))
    }

    fn end_text(&mut self) -> Result<()> {
        if self.summary.doubtful > 0 {
            printed(writeln!(self.out, "{}Doubtful", if self.only_doubtful { "" } else { "\n" }))?;
            self.print_doubts()?;
        }
        let Summary { files, of_devices, of_nobody, of_several, devices, doubtful, folders_not_read } = self.summary;
        let devices = counted(devices, "device", "devices");
        let mut text = format!("{}: {of_devices} of {devices}", counted(files, "file", "files"));
        text += &format!(", {of_nobody} of nobody, {of_several} of several; {doubtful} doubtful");
        if folders_not_read > 0 {
            text += &format!("; {} not read", counted(folders_not_read, "folder", "folders"));
        }
        printed(writeln!(self.out, "\n{text}"))
    }

    fn print_doubts(&mut self) -> Result<()> {
        self.doubts.flush().context("a temporary file cannot be written")?;
        let file = self.doubts.get_mut();
        file.rewind().context("a temporary file cannot be read")?;
        let mut part = vec![0; 1 << 16];
        loop {
            match file.read(&mut part).context("a temporary file cannot be read")? {
                0 => return Ok(()),
                length => printed(self.out.write_all(&part[..length]))?,
            }
        }
    }
}
