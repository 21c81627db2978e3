//! `mtlsprotect device list` and `show`: what the device file says.

use crate::macs::{MacArgument, collect, parse_argument};
use crate::output::{Outcome, counted, print_json, print_line, shown};
use crate::table::{Table, Width};
use crate::time;
use anyhow::{Context, Result, bail};
use clap::Args;
use mtlsprotect_core::Mac;
use mtlsprotect_core::built_in::maker_of;
use mtlsprotect_core::decision::{Entry, Line};
use mtlsprotect_core::escape::quoted;
use mtlsprotect_core::time::UnixTime;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes shown of a comment.
const COMMENT_SHOWN: usize = 200;

/// Which file, and how to print it.
#[derive(Args)]
#[command(after_help = "Exit codes: 0 done, 2 the command line is wrong, 3 the file cannot be read or has a bad line.")]
pub struct List {
    #[command(flatten)]
    from: From,
}

/// Which devices, of which file.
#[derive(Args)]
#[command(
    after_help = "Exit codes: 0 the file has all of them, 1 it lacks one, 2 the command line is wrong, 3 the file \
    cannot be read or has a bad line."
)]
pub struct Show {
    /// MAC addresses, with or without separators; - reads them from standard input, one per line
    #[arg(required = true, value_name = "MAC|-", value_parser = parse_argument)]
    macs: Vec<MacArgument>,
    #[command(flatten)]
    from: From,
}

#[derive(Args)]
struct From {
    /// The device file, as in MTLSProtectDeviceFile
    #[arg(long, value_name = "FILE", default_value = super::DEVICE_FILE)]
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    width: Width,
}

/// What is printed.
#[derive(Serialize)]
struct Listed {
    file: String,
    devices: Vec<DeviceLine>,
}

/// A device.
#[derive(Serialize)]
struct DeviceLine {
    mac: String,
    /// Who makes it, by its prefix.
    vendor: Option<&'static str>,
    /// `allow`, `block`, `exempt` or `password`; none where the file doesn't have it.
    entry: Option<&'static str>,
    /// The networks of an exemption.
    from: Vec<String>,
    /// The last second of an exemption or a password; none where the line sets none.
    #[serde(serialize_with = "time::as_text_if_any")]
    until: Option<UnixTime>,
    /// Whether `until` is in the past.
    is_over: bool,
    /// Whether the exemption holds for the device even when it has proven itself.
    even_proven: bool,
    comment: Option<String>,
    /// Where it stands in the file.
    line: Option<usize>,
}

/// All devices of the file, in its order.
pub fn list(arguments: &List) -> Result<Outcome> {
    let devices = read(&arguments.from.file)?;
    print(&arguments.from, devices)?;
    Ok(Outcome::Fine)
}

/// These devices, in the order of the command line.
pub fn show(arguments: &Show) -> Result<Outcome> {
    let macs = collect(&arguments.macs)?;
    let mut known: BTreeMap<String, DeviceLine> =
        read(&arguments.from.file)?.into_iter().map(|row| (row.mac.clone(), row)).collect();
    let of = |mac: Mac| known.remove(&mac.to_string()).unwrap_or_else(|| DeviceLine::absent(mac));
    let rows: Vec<DeviceLine> = macs.into_iter().map(of).collect();
    let is_absent = rows.iter().any(|row| row.entry.is_none());
    print(&arguments.from, rows)?;
    Ok(Outcome::finding_if(is_absent))
}

fn read(file: &Path) -> Result<Vec<DeviceLine>> {
    let shown = shown(file);
    let bytes = fs::read(file).with_context(|| format!("{shown}: cannot be read"))?;
    let mut lines: BTreeMap<Mac, usize> = BTreeMap::new();
    let mut rows = Vec::new();
    for (number, text) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
        let Some(line) = Line::parse(text).map_err(|error| anyhow::anyhow!("{shown}:{number}: {error}"))? else {
            continue;
        };
        if let Some(first) = lines.insert(line.mac, number) {
            bail!("{shown}:{number}: {} is in line {first} already; remove one", line.mac);
        }
        rows.push(DeviceLine::new(&line, text, number));
    }
    Ok(rows)
}

impl DeviceLine {
    fn new(line: &Line, text: &[u8], number: usize) -> Self {
        let comment = text.iter().position(|&byte| byte == b'#').map(|at| text[at + 1..].trim_ascii());
        let mut row = DeviceLine { line: Some(number), ..DeviceLine::absent(line.mac) };
        row.comment = comment.filter(|comment| !comment.is_empty()).map(|comment| quoted(comment, COMMENT_SHOWN));
        row.entry = Some(match &line.entry {
            Entry::Allow => "allow",
            Entry::Block => "block",
            Entry::Exempt(exemption) => {
                row.from = exemption.networks().collect();
                row.until = Some(exemption.until);
                row.is_over = exemption.until < UnixTime::now();
                row.even_proven = exemption.even_proven;
                "exempt"
            }
            Entry::Password(line) => {
                row.until = Some(line.until).filter(|&until| until != UnixTime::MAX);
                row.is_over = line.until < UnixTime::now();
                "password"
            }
        });
        row
    }

    fn absent(mac: Mac) -> Self {
        DeviceLine {
            mac: mac.to_string(),
            vendor: maker_of(mac.oui()),
            entry: None,
            from: Vec::new(),
            until: None,
            is_over: false,
            even_proven: false,
            comment: None,
            line: None,
        }
    }
}

fn print(from: &From, devices: Vec<DeviceLine>) -> Result<()> {
    let listed = Listed { file: shown(&from.file), devices };
    if from.json {
        return print_json(&listed);
    }
    let mut table = Table::new(&["mac", "vendor", "entry", "from", "until", "comment"], &["comment"]);
    for row in &listed.devices {
        let until = row.until.map_or_else(|| "-".to_owned(), UnixTime::day);
        let networks = row.from.join(" ");
        let until = if row.is_over { format!("{until}, has ended") } else { until };
        let until = if row.even_proven { format!("{until}, even proven") } else { until };
        table.row([
            row.mac.as_str(),
            row.vendor.unwrap_or("-"),
            row.entry.unwrap_or("not in the file"),
            if networks.is_empty() { "-" } else { networks.as_str() },
            &until,
            row.comment.as_deref().unwrap_or("-"),
        ]);
    }
    table.print(from.width)?;
    for (entry, one, more) in [
        ("exempt", "exemption has ended", "exemptions have ended"),
        ("password", "password has ended", "passwords have ended"),
    ] {
        let over = listed.devices.iter().filter(|row| row.is_over && row.entry == Some(entry)).count();
        if over > 0 {
            print_line(&counted(over, one, more))?;
        }
    }
    Ok(())
}
