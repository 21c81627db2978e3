//! `mtlsprotect device`: edits the device file.

use crate::output::{Outcome, print_line};
use crate::replace::edit as edit_file;
use anyhow::{Result, anyhow, bail};
use clap::{Args, Subcommand};
use mtlsprotect_core::Mac;
use mtlsprotect_core::date::end_of_day;
use mtlsprotect_core::devices::{Entry, Exemption, Line};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Block, allow or exempt devices in the device file
#[derive(Subcommand)]
pub enum Command {
    /// Shut devices out, as senders and as names: a stolen phone
    Block(Devices),
    /// Let devices in again, or list them in a closed file
    Allow(Devices),
    /// Let phones without a certificate at their own files, from their site and until a day
    Exempt(Exempt),
    /// Take devices out of the file
    Remove(Devices),
}

/// Which devices, and in which file.
#[derive(Args)]
#[command(after_help = "httpd reads the file again on a graceful restart: apachectl graceful\n\
    Exit codes: 0 done, 2 the command line is wrong, 3 the file has a bad line or cannot be written; it is as it was.")]
pub struct Devices {
    /// MAC addresses, with or without separators
    #[arg(required = true, value_name = "MAC", value_parser = parse_mac)]
    macs: Vec<Mac>,
    /// The device file, as in MTLSProtectDeviceFile; it is made if it is not there
    #[arg(long, value_name = "FILE", default_value = "/etc/mtlsprotect/devices")]
    file: PathBuf,
    /// A comment for the lines; without it they keep theirs
    #[arg(long, value_name = "TEXT", value_parser = parse_comment)]
    comment: Option<String>,
}

/// Which devices, from where and until when.
#[derive(Args)]
pub struct Exempt {
    /// The networks or addresses of their site, with commas between
    #[arg(long, value_name = "NETWORK,...")]
    from: String,
    /// The last day, in UTC, like 2027-03-31
    #[arg(long, value_name = "DATE")]
    until: String,
    #[command(flatten)]
    devices: Devices,
}

/// Runs the subcommand.
pub fn run(command: &Command) -> Result<Outcome> {
    match command {
        Command::Block(devices) => edit(devices, Some(&Entry::Block)),
        Command::Allow(devices) => edit(devices, Some(&Entry::Allow)),
        Command::Remove(devices) => edit(devices, None),
        Command::Exempt(exempt) => {
            let exemption = Exemption::new(&exempt.from, &exempt.until).map_err(|error| anyhow!("--{error}"))?;
            if end_of_day(&exempt.until).is_some_and(|last| last < crate::lists::now()) {
                bail!("--until {}: that day is over", exempt.until);
            }
            edit(&exempt.devices, Some(&Entry::Exempt(exemption)))
        }
    }
}

fn edit(devices: &Devices, entry: Option<&Entry>) -> Result<Outcome> {
    let shown = devices.file.display();
    let was = edit_file(&devices.file, |before| {
        let edited = edited(before, devices, entry).map_err(|error| anyhow!("{shown}:{error}; nothing was changed"))?;
        Ok((edited.text, edited.was))
    })?;
    for (mac, was) in was {
        let now = entry.map_or("not in the file".to_owned(), Entry::to_string);
        print_line(&match was {
            None if entry.is_none() => format!("{mac} was not in the file"),
            None => format!("{mac} {now}"),
            Some(was) if was == now => format!("{mac} {now}, as before"),
            Some(was) => format!("{mac} {now}, was {was}"),
        })?;
    }
    print_line(&format!(
        "{shown}: counts where MTLSProtectDeviceFile names it, after a graceful restart of httpd (apachectl graceful)"
    ))?;
    Ok(Outcome::Fine)
}

struct Edited {
    text: Vec<u8>,
    /// What each device was before.
    was: BTreeMap<Mac, Option<String>>,
}

/// The file's text with these devices' lines replaced, the others byte for byte as they were.
fn edited(before: &[u8], devices: &Devices, entry: Option<&Entry>) -> Result<Edited, String> {
    let mut was: BTreeMap<Mac, Option<String>> = devices.macs.iter().map(|&mac| (mac, None)).collect();
    let mut text = Vec::with_capacity(before.len() + 32 * devices.macs.len());
    for (number, line) in (1..).zip(before.split_inclusive(|&byte| byte == b'\n')) {
        let parsed = Line::parse(line).map_err(|error| format!("{number}: {error}"))?;
        let ours = parsed.and_then(|parsed| Some((was.get_mut(&parsed.mac)?, parsed)));
        let Some((was, parsed)) = ours else {
            text.extend(line);
            continue;
        };
        if was.replace(parsed.entry.to_string()).is_some() {
            return Err(format!("{number}: {} is there twice", parsed.mac));
        }
        if let Some(entry) = entry {
            let kept = line.iter().position(|&byte| byte == b'#').map(|at| line[at + 1..].trim_ascii());
            let comment = devices.comment.as_deref().map(str::as_bytes).or(kept);
            text.extend(written(parsed.mac, entry, comment));
        }
    }
    if text.last().is_some_and(|&byte| byte != b'\n') {
        text.push(b'\n');
    }
    for (&mac, _) in was.iter().filter(|(_, was)| was.is_none()) {
        if let Some(entry) = entry {
            text.extend(written(mac, entry, devices.comment.as_deref().map(str::as_bytes)));
        }
    }
    Ok(Edited { text, was })
}

fn written(mac: Mac, entry: &Entry, comment: Option<&[u8]>) -> Vec<u8> {
    let mut line = format!("{mac} {entry}").into_bytes();
    if let Some(comment) = comment.filter(|comment| !comment.is_empty()) {
        line.extend(b" # ");
        line.extend(comment);
    }
    line.push(b'\n');
    line
}

fn parse_mac(text: &str) -> Result<Mac, String> {
    Mac::parse(text.as_bytes())
        .filter(|mac| mac.is_device())
        .ok_or_else(|| "no device's MAC address, which has 12 hex digits".to_owned())
}

fn parse_comment(text: &str) -> Result<String, String> {
    let text = text.trim().trim_start_matches('#').trim();
    if text.chars().any(char::is_control) { Err("a comment is one line".to_owned()) } else { Ok(text.to_owned()) }
}
