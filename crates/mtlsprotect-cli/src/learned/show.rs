//! `mtlsprotect learned show`: who is proven.

use super::{LEARNED_FILE, complaint, read};
use crate::macs::{MacArgument, collect, parse_argument};
use crate::output::{Outcome, counted, print_json, print_line, shown, warn};
use crate::table::{Table, Width};
use crate::time;
use anyhow::Result;
use clap::Args;
use mtlsprotect_core::Mac;
use mtlsprotect_core::built_in::maker_of;
use mtlsprotect_core::learned::Learned;
use mtlsprotect_core::time::UnixTime;
use serde::Serialize;
use std::path::PathBuf;

/// Which devices, of which file.
#[derive(Args)]
#[command(after_help = "A device is proven where its root is one of the host's device CAs.\n\
    Exit codes: 0 all that were asked for are proven, 1 one is not, or the file has a bad line; 2 the command line is \
    wrong, 3 the file cannot be read.")]
pub struct Arguments {
    /// MAC addresses, with or without separators; - reads them from standard input, one per line [default: all devices]
    #[arg(value_name = "MAC|-", value_parser = parse_argument)]
    macs: Vec<MacArgument>,
    /// The learned file, as in MTLSProtectLearnedFile
    #[arg(long, value_name = "FILE", default_value = LEARNED_FILE)]
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    width: Width,
}

/// What is printed.
#[derive(Serialize)]
struct Shown {
    file: String,
    lines: u64,
    bad_lines: u64,
    devices: Vec<Device>,
}

/// A device.
#[derive(Serialize)]
struct Device {
    mac: String,
    /// Who makes it, by its prefix.
    vendor: Option<&'static str>,
    /// Its proofs that count, one for each root.
    proofs: Vec<Proof>,
    /// When it was last forgotten.
    #[serde(serialize_with = "time::as_text_if_any")]
    forgotten: Option<UnixTime>,
}

/// A proof.
#[derive(Serialize)]
struct Proof {
    /// SHA-256 of the root.
    root: String,
    /// When the device last showed a new certificate.
    #[serde(serialize_with = "time::as_text")]
    time: UnixTime,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<Outcome> {
    let mut file = read(&arguments.file)?;
    let macs = if arguments.macs.is_empty() { all(&mut file.learned) } else { collect(&arguments.macs)? };
    let devices: Vec<Device> = macs.into_iter().map(|mac| device(&mut file.learned, mac)).collect();
    let is_missing = devices.iter().any(|device| device.proofs.is_empty());
    let complaint = complaint(&file);
    let bad_lines = file.learned.bad_lines().count();
    let printed = Shown { file: shown(&arguments.file), lines: file.learned.lines(), bad_lines, devices };
    if arguments.json {
        print_json(&printed)?;
    } else {
        print(&printed, arguments.width)?;
    }
    if let Some(complaint) = &complaint {
        warn(complaint);
    }
    Ok(Outcome::finding_if(is_missing || bad_lines > 0))
}

fn all(learned: &mut Learned) -> Vec<Mac> {
    let mut macs: Vec<Mac> = learned.proofs().map(|proof| proof.mac).collect();
    macs.dedup();
    macs
}

fn device(learned: &mut Learned, mac: Mac) -> Device {
    let proofs = learned.proofs_of(mac).map(|proof| Proof { root: proof.root.to_string(), time: proof.time });
    let mut proofs: Vec<Proof> = proofs.collect();
    proofs.sort_by(|one, other| one.root.cmp(&other.root));
    Device { mac: mac.to_string(), vendor: maker_of(mac.oui()), proofs, forgotten: learned.forgotten(mac) }
}

fn print(printed: &Shown, width: Width) -> Result<()> {
    let mut table = Table::new(&["mac", "vendor", "proven", "root sha256", "forgotten"], &["root sha256"]);
    for device in &printed.devices {
        let forgotten = device.forgotten.map_or_else(|| "-".to_owned(), |time| time.to_string());
        let vendor = device.vendor.unwrap_or("-");
        if device.proofs.is_empty() {
            table.row([device.mac.as_str(), vendor, "no", "-", &forgotten]);
        }
        for proof in &device.proofs {
            table.row([device.mac.as_str(), vendor, &proof.time.to_string(), &proof.root, &forgotten]);
        }
    }
    table.print(width)?;
    let proven = printed.devices.iter().filter(|device| !device.proofs.is_empty()).count();
    print_line(&format!("{} proven", counted(proven, "device is", "devices are")))
}
