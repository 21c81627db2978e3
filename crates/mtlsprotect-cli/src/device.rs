//! `mtlsprotect device`: edits the device file, and shows it.

mod forget;
mod list;

use crate::macs::{MacArgument, collect, parse_argument};
use crate::output::{Outcome, failed, print_json, print_line, shown};
use crate::replace::edit as edit_file;
use anyhow::Result;
use clap::{Args, Subcommand};
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::{Entry, Exemption, Line, PasswordLine};
use mtlsprotect_core::time::UnixTime;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Block, allow, exempt or forget devices, or let them send passwords
#[derive(Subcommand)]
pub enum Command {
    /// Shut devices out, such as a stolen phone, both as senders and as names
    Block(Devices),
    /// Let devices in again, or list them in a closed file
    Allow(Devices),
    /// Let phones without a certificate use their own files, from their site and until a given day
    Exempt(Exempt),
    /// Let phones send their password though they have shown a certificate, or no longer than until a given day
    Password(Password),
    /// Remove devices from the file
    Remove(Devices),
    /// Have devices prove themselves again, in the learned file
    Forget(forget::Forget),
    /// Show the devices of the file
    List(list::List),
    /// Show what the file says of some devices
    Show(list::Show),
}

const DEVICE_FILE: &str = "/etc/mtlsprotect/devices";

/// Which devices, and in which file.
#[derive(Args)]
#[command(after_help = "httpd sees by itself that the file has changed, within half a minute.\n\
    Exit codes: 0 done, 2 the command line is wrong, 3 the file has an invalid line or cannot be written; it is \
    unchanged then.")]
pub struct Devices {
    /// MAC addresses, with or without separators; - reads them from standard input, one per line
    #[arg(required = true, value_name = "MAC|-", value_parser = parse_argument)]
    macs: Vec<MacArgument>,
    /// The device file, as in MTLSProtectDeviceFile; it is created if it does not exist
    #[arg(long, value_name = "FILE", default_value = DEVICE_FILE)]
    file: PathBuf,
    /// A comment for the lines; without it they keep theirs
    #[arg(long, value_name = "TEXT", value_parser = parse_comment)]
    comment: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was done, as JSON has it.
#[derive(Serialize)]
struct Changes<'a> {
    file: String,
    devices: Vec<Change<'a>>,
}

/// A device's lines, without MAC and comment; none where there is none.
#[derive(Serialize)]
struct Change<'a> {
    mac: String,
    was: Option<String>,
    now: Option<&'a str>,
}

/// Which devices, from where and until when.
#[derive(Args)]
pub struct Exempt {
    /// The networks or addresses of their site, separated by commas
    #[arg(long, value_name = "NETWORK,...", value_parser = parse_networks)]
    from: String,
    /// The last day, in UTC, like 2027-03-31
    #[arg(long, value_name = "DATE", value_parser = parse_last_day)]
    until: String,
    /// Keep the exemption even when the device has shown a good certificate
    #[arg(long)]
    even_proven: bool,
    #[command(flatten)]
    devices: Devices,
}

/// Which devices, and until when.
#[derive(Args)]
pub struct Password {
    /// The last day, in UTC, like 2027-03-31; without it the line ends with MTLSProtectPassword
    #[arg(long, value_name = "DATE", value_parser = parse_last_day)]
    until: Option<String>,
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
            let exemption = Exemption::new(&exempt.from, &exempt.until).map_err(failed)?;
            let exemption = Exemption { even_proven: exempt.even_proven, ..exemption };
            edit(&exempt.devices, Some(&Entry::Exempt(exemption)))
        }
        Command::Password(password) => {
            let until = password.until.as_deref().and_then(UnixTime::end_of_day).unwrap_or(UnixTime::MAX);
            edit(&password.devices, Some(&Entry::Password(PasswordLine { until })))
        }
        Command::Forget(arguments) => forget::forget(arguments),
        Command::List(arguments) => list::list(arguments),
        Command::Show(arguments) => list::show(arguments),
    }
}

fn edit(devices: &Devices, entry: Option<&Entry>) -> Result<Outcome> {
    let shown = shown(&devices.file);
    let macs = collect(&devices.macs)?;
    let was = edit_file(&devices.file, |before| {
        let edited = edited(before, &macs, devices.comment.as_deref(), entry)
            .map_err(|error| failed(format!("{shown}:{error}; nothing was changed")))?;
        Ok((edited.text, edited.was))
    })?;
    let now = entry.map(Entry::to_string);
    if devices.json {
        let change = |(mac, was): (Mac, Option<String>)| Change { mac: mac.to_string(), was, now: now.as_deref() };
        print_json(&Changes { file: shown, devices: was.into_iter().map(change).collect() })?;
        return Ok(Outcome::Fine);
    }
    for (mac, was) in was {
        let now = now.as_deref().unwrap_or("not in the file");
        print_line(&match was {
            None if entry.is_none() => format!("{mac} was not in the file"),
            None => format!("{mac} {now}"),
            Some(was) if was == now => format!("{mac} {now}, as before"),
            Some(was) => format!("{mac} {now}, was {was}"),
        })?;
    }
    print_line(&format!(
        "{shown}: counts where MTLSProtectDeviceFile names it, within half a minute and without a restart of httpd"
    ))?;
    Ok(Outcome::Fine)
}

struct Edited {
    text: Vec<u8>,
    /// What each device was before.
    was: BTreeMap<Mac, Option<String>>,
}

/// The file's text with these devices' lines replaced, the others byte for byte as they were.
fn edited(before: &[u8], macs: &[Mac], comment: Option<&str>, entry: Option<&Entry>) -> Result<Edited, String> {
    let mut was: BTreeMap<Mac, Option<String>> = macs.iter().map(|&mac| (mac, None)).collect();
    let mut text = Vec::with_capacity(before.len() + 32 * macs.len());
    for (number, line) in (1..).zip(before.split_inclusive(|&byte| byte == b'\n')) {
        let parsed = Line::parse(line).map_err(|error| format!("{number}: {error}"))?;
        let ours = parsed.and_then(|parsed| Some((was.get_mut(&parsed.mac)?, parsed)));
        let Some((was, parsed)) = ours else {
            text.extend(line);
            continue;
        };
        if was.replace(parsed.entry.to_string()).is_some() {
            return Err(format!("{number}: {} is listed twice", parsed.mac));
        }
        if let Some(entry) = entry {
            let kept = line.iter().position(|&byte| byte == b'#').map(|at| line[at + 1..].trim_ascii());
            let comment = comment.map(str::as_bytes).or(kept);
            text.extend(written(parsed.mac, entry, comment));
        }
    }
    if text.last().is_some_and(|&byte| byte != b'\n') {
        text.push(b'\n');
    }
    for (&mac, _) in was.iter().filter(|(_, was)| was.is_none()) {
        if let Some(entry) = entry {
            text.extend(written(mac, entry, comment.map(str::as_bytes)));
        }
    }
    if text.is_empty() {
        // httpd takes a file without a byte for one that was lost.
        text.extend(b"# none\n");
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

/// A valid day, for examples and for checks in which the day does not matter.
const SOME_DAY: &str = "2027-03-31";

fn parse_networks(text: &str) -> Result<String, String> {
    Exemption::new(text, SOME_DAY).map(|_| text.to_owned())
}

fn parse_last_day(text: &str) -> Result<String, String> {
    let last = UnixTime::end_of_day(text).ok_or_else(|| format!("is not a day; write {SOME_DAY}"))?;
    if last < UnixTime::now() { Err("that day has passed".to_owned()) } else { Ok(text.to_owned()) }
}

fn parse_comment(text: &str) -> Result<String, String> {
    let text = text.trim().trim_start_matches('#').trim();
    if text.chars().any(char::is_control) { Err("a comment must be one line".to_owned()) } else { Ok(text.to_owned()) }
}
