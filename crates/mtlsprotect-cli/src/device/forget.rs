//! `mtlsprotect device forget`: has devices prove themselves again.

use crate::learned::{LEARNED_FILE, append::Appender, read};
use crate::macs::{MacArgument, collect, parse_argument};
use crate::output::{Outcome, failed, print_json, print_line, shown};
use crate::time;
use anyhow::Result;
use clap::Args;
use mtlsprotect_core::Mac;
use mtlsprotect_core::learned::Line;
use mtlsprotect_core::time::UnixTime;
use serde::Serialize;
use std::path::PathBuf;

/// Which devices, and in which file.
#[derive(Args)]
#[command(
    after_help = "Until a device proves itself again, MTLSProtect Learn serves its files to whoever asks. httpd reads \
    what was added without a restart, and servers that merge the file forget the device too.\n\
    Exit codes: 0 done, 2 the command line is wrong, 3 a device is not in the file, or the file cannot be read or written \
    to; nothing is forgotten then."
)]
pub struct Forget {
    /// MAC addresses, with or without separators; - reads them from standard input, one per line
    #[arg(required = true, value_name = "MAC|-", value_parser = parse_argument)]
    macs: Vec<MacArgument>,
    /// The learned file, as in MTLSProtectLearnedFile
    #[arg(long, value_name = "FILE", default_value = LEARNED_FILE)]
    learned: PathBuf,
    /// Also devices that are not in the file: they may be in those of other servers
    #[arg(long)]
    force: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was done, as JSON has it.
#[derive(Serialize)]
struct Changes {
    file: String,
    devices: Vec<Change>,
}

/// A device that is forgotten.
#[derive(Serialize)]
struct Change {
    mac: String,
    /// Whether it was proven.
    was_proven: bool,
    /// Until when what it proved doesn't count.
    #[serde(serialize_with = "time::as_text")]
    forgotten: UnixTime,
}

/// Runs the subcommand.
pub fn forget(arguments: &Forget) -> Result<Outcome> {
    let macs = collect(&arguments.macs)?;
    let shown = shown(&arguments.learned);
    let mut file = read(&arguments.learned)?;
    let now = UnixTime::now();
    let mut devices = Vec::new();
    let mut appender = Appender::open(&arguments.learned)?;
    for &mac in &macs {
        let last = file.learned.last_proof(mac);
        if last.is_none() && !arguments.force {
            return Err(failed(format!(
                "{mac} is not in {shown}; nothing is forgotten; --force adds it all the same, for other servers"
            )));
        }
        // The clock of the server that it proved itself at may be ahead.
        let forgotten = last.map_or(now, |last| last.max(now));
        let was_proven = file.learned.proofs_of(mac).next().is_some();
        devices.push((mac, Change { mac: mac.to_string(), was_proven, forgotten }));
    }
    for (mac, change) in &devices {
        appender.add(Line::Forget { mac: *mac, time: change.forgotten })?;
    }
    appender.flush()?;
    print(arguments, shown, devices)?;
    Ok(Outcome::Fine)
}

fn print(arguments: &Forget, file: String, devices: Vec<(Mac, Change)>) -> Result<()> {
    let devices = devices.into_iter().map(|(_, change)| change);
    if arguments.json {
        return print_json(&Changes { file, devices: devices.collect() });
    }
    for change in devices {
        let was = if change.was_proven { "" } else { "; it was not proven" };
        print_line(&format!("{} forgotten until it proves itself again{was}", change.mac))?;
    }
    Ok(())
}
