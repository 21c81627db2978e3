//! Reads access and error logs and tells which devices are ready for `MTLSProtect On`.

pub mod access_line;
mod clock;
mod device;
pub mod error_line;
mod exemptions;
mod files;
mod fleet;
mod groups;
mod handshakes;
mod ledger;
mod nameless;
mod print;
mod probes;
mod reader;
mod report;
mod rows;
mod scan;
mod subject;
mod unnamed;
pub mod when;
mod words;

use crate::learned;
use crate::output::{Outcome, counted, print_line, shown, usage, warn};
use crate::progress;
use crate::site::{SiteOptions, SiteSettings};
use crate::table::Width;
use anyhow::{Result, bail};
use clock::{Clock, parse_since, parse_zone};
use exemptions::Exemptions;
use fleet::State;
use groups::By;
use jiff::tz::TimeZone;
use ledger::Ledger;
use mtlsprotect_core::Mac;
use mtlsprotect_core::time::{DAY, UnixTime};
use print::{Format, Section};
use report::AuditReport;
use scan::{Room, Scan};
use std::collections::HashSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use when::When;

/// Days for which exemptions are written unless told otherwise.
const DAYS_OF_EXEMPTION: i64 = 90;

const AFTER_HELP: &str = "\
How to read it:

Verdicts: deny and would-deny are the module's own words. would-deny-anybody means that the log has no verdict, but \
that no certificate would help that request if its directory is protected: it names two devices, for example, or its \
method is not one that phones use. All other requests without a verdict are \
unknown: log with the shipped LogFormat mtlsprotect, or read the error log of Report mode too.

Counts: a request that is in an access log and in an error log counts once.

Vendor: the maker of a device, by its prefix; the certificates of many makers are not known. Digits that are written \
loosely are taken for a device only if their prefix is known: add the prefixes of other makers, and those in your \
device file, with --known-prefix.

Files that name nobody, but are fetched by one address each: any device with a certificate may read them. If they are \
a device's, use MTLSProtectFilePattern to find its MAC in their names.

Addresses that try many devices were refused, would be, or found nothing, for devices whose files they never got \
legitimately. Hundreds not found: somebody is guessing MACs. Only would-deny, for \
about as many devices as a customer has: an office of phones without certificates behind one \
address.

Fleet: ready (proved itself), exempt, no-certificate, untrusted (expired and revoked too), mismatch (asked for \
another's file, and did not get its own more than an hour after that), blocked, denied (for \
something that no certificate would help), no-verdict, not-seen. Later lines win, by the time in \
them. What others request elsewhere in the name of a device that proves itself does not make it less ready; the \
detail mentions it.

With --learned the fleet says who is proven, and whether MTLSProtect Learn would refuse the device as it came last: \
one that is proven and has no certificate any more, or one that no certificate would help.

Times are in UTC. An access log contains the time zone, an error log does not: it is read in this machine's time \
zone, or in the one of --zone.

Exit codes:
  0  all devices of --fleet are ready or exempt; without --fleet nothing was or would be denied,
     no handshake refused, no address tries many devices
  1  otherwise
  2  the command line is wrong
  3  it could not be done: a file is not a log, or a gzip file is truncated; nothing is printed then";

/// Read logs: which devices fetch what, what would be denied, who is ready
#[derive(clap::Args)]
#[command(after_long_help = AFTER_HELP, after_help = "See --help for how to read it and for the exit codes.")]
pub struct Arguments {
    /// Access logs (combined format or the shipped one) and error logs, plain or gzip; - for the standard input
    #[arg(required = true, value_name = "LOG")]
    logs: Vec<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value = "table", conflicts_with = "json")]
    format: Format,
    /// Short for --format json
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    width: Width,
    /// Only this section; the default for CSV is devices, with --fleet the fleet, with --by those counts
    #[arg(long, value_enum, conflicts_with = "json")]
    section: Option<Section>,
    /// Maximum number of rows per table, 0 for all; CSV and JSON have all
    #[arg(long, value_name = "N", default_value_t = 40)]
    rows: usize,
    /// Only what was written since a day or time, or within the last hours or days: 2026-11-23, 2026-11-23T10:00:00Z,
    /// 36h, 7d
    #[arg(long, value_name = "TIME", value_parser = parse_since)]
    since: Option<When>,
    /// Also count requests by virtual host, vendor, day or balancer
    #[arg(long, value_enum)]
    by: Option<By>,
    /// The time zone of the error logs, like Europe/Berlin or +01:00 [default: this machine's]
    #[arg(long, value_name = "ZONE", value_parser = parse_zone)]
    zone: Option<TimeZone>,
    /// A list of MACs, one per line, with # comments, or - for standard input: shows which of these devices are ready,
    /// and fails until all are
    #[arg(long, value_name = "FILE")]
    fleet: Option<PathBuf>,
    /// The learned file, as in MTLSProtectLearnedFile: shows which devices of the fleet are proven, and which of them
    /// MTLSProtect Learn would refuse
    #[arg(long, value_name = "FILE", requires = "fleet")]
    learned: Option<PathBuf>,
    /// Adds exemptions for devices seen without a certificate to this device file, or prints them with - instead of the
    /// report: for the fleet's devices, or without --fleet for all that got a file. Read them before use: the address
    /// of whoever asked for a phone's file is taken for the phone's
    #[arg(long, value_name = "FILE")]
    write_devices: Option<PathBuf>,
    /// Last day of these exemptions in UTC, like 2027-03-31 [default: 90 days from today]
    #[arg(long, value_name = "DATE", requires = "write_devices", value_parser = parse_day)]
    until: Option<String>,
    /// An address counts as a probe if it was turned away for more devices than this
    #[arg(long, value_name = "N", default_value_t = 20)]
    probe_threshold: usize,
    #[command(flatten)]
    site: Box<SiteOptions>,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<Outcome> {
    let settings = SiteSettings::new(&arguments.site)?;
    check(arguments)?;
    let fleet = arguments.fleet.as_deref().map(fleet::read).transpose()?;
    let ledger = read(arguments, &settings, fleet.as_deref().unwrap_or_default())?;
    let is_printed_instead = match &arguments.write_devices {
        Some(file) => write_devices(arguments, &ledger, fleet.as_deref(), file)?,
        None => false,
    };
    let mut learned = arguments.learned.as_deref().map(learned::read).transpose()?;
    if let Some(complaint) = learned.as_ref().and_then(learned::complaint) {
        warn(&complaint);
    }
    let learned = learned.as_mut().map(|file| &mut file.learned);
    let report = AuditReport::new(&ledger, fleet.as_deref(), arguments.probe_threshold, learned);
    let outcome = Outcome::finding_if(report.has_finding());
    if !is_printed_instead {
        print(arguments, &report)?;
    }
    Ok(outcome)
}

/// How the options depend on each other.
fn check(arguments: &Arguments) -> Result<()> {
    match arguments.section {
        Some(Section::Fleet) if arguments.fleet.is_none() => {
            return Err(usage("--section fleet needs --fleet FILE, the list of your devices"));
        }
        Some(Section::By) if arguments.by.is_none() => {
            return Err(usage("--section by needs --by host, vendor, day or via"));
        }
        Some(_) if arguments.format == Format::Json => return Err(usage("JSON has all sections; leave --section out")),
        _ => {}
    }
    let inputs = arguments.logs.iter().chain(&arguments.fleet).filter(|file| is_input(file)).count();
    if inputs > 1 {
        return Err(usage("- stands for the standard input, which can be read once"));
    }
    Ok(())
}

fn is_input(file: &Path) -> bool {
    file == Path::new("-")
}

fn read(arguments: &Arguments, settings: &SiteSettings, fleet: &[Mac]) -> Result<Ledger> {
    let mut ledger = Ledger::new(fleet, arguments.by);
    let clock = Clock::new(arguments.zone.as_ref());
    let progress = progress::bytes(reader::total_size(&arguments.logs), "reading");
    for log in &arguments.logs {
        let name = shown(log);
        let unread = ledger.lines.unread;
        let mut scan = Scan {
            policy: settings.policy(),
            ledger: &mut ledger,
            log: &name,
            clock: &clock,
            since: arguments.since.unwrap_or(When::UNKNOWN),
            understood: 0,
            room: Room::default(),
        };
        reader::each_line(log, &progress, |number, line| scan.line(number, line))?;
        let understood = scan.understood;
        let unread = ledger.lines.unread - unread;
        if unread > 0 && understood == 0 {
            bail!(
                "{name}: is not a log: none of its {} has the format of an access log (combined or the shipped one) \
                 or of an error log",
                counted(unread, "line", "lines")
            );
        }
    }
    ledger.handshakes.finish();
    progress.finish_and_clear();
    Ok(ledger)
}

/// Writes the exemptions; true where they were printed.
fn write_devices(arguments: &Arguments, ledger: &Ledger, fleet: Option<&[Mac]>, file: &Path) -> Result<bool> {
    let until = match &arguments.until {
        Some(until) => until.clone(),
        None => (UnixTime::now() + DAYS_OF_EXEMPTION * DAY).day(),
    };
    // A name that somebody tried is not a phone: without a fleet only those that got something count.
    let got = || ledger.devices.iter().filter(|(_, device)| !device.files.is_empty()).map(|(&mac, _)| mac);
    let mut macs: Vec<Mac> = fleet.map_or_else(|| got().collect(), <[Mac]>::to_vec);
    macs.sort_unstable();
    let devices = macs.into_iter().map(|mac| (mac, &*ledger.devices[&mac]));
    let without =
        devices.filter(|(_, device)| State::of(device) == State::NoCertificate && device.without_certificate() > 0);
    let probes: HashSet<IpAddr> =
        report::probes(ledger, arguments.probe_threshold).into_iter().map(|probe| probe.address).collect();
    let exemptions = Exemptions::new(without, &until, &probes);
    if is_input(file) {
        for line in exemptions.lines() {
            print_line(line)?;
        }
        return Ok(true);
    }
    let written = exemptions.write(file)?;
    warn(&format!(
        "{}: {} exempted until {until}, {} in it already, {} left out with a comment; make sure that the addresses are \
         your customers'",
        shown(file),
        counted(written.new, "device", "devices"),
        written.known,
        written.left_out
    ));
    Ok(false)
}

fn print(arguments: &Arguments, report: &AuditReport<'_>) -> Result<()> {
    match arguments.format {
        _ if arguments.json => print::json(report),
        Format::Json => print::json(report),
        Format::Table => print::tables(report, arguments.section, arguments.rows, arguments.width),
        Format::Csv => {
            let usual = match (&report.by, &report.fleet) {
                (Some(_), _) => Section::By,
                (None, Some(_)) => Section::Fleet,
                (None, None) => Section::Devices,
            };
            print::csv(report, arguments.section.unwrap_or(usual))
        }
    }
}

fn parse_day(text: &str) -> Result<String, String> {
    let end = UnixTime::end_of_day(text).ok_or_else(|| "write a day like 2027-03-31".to_owned())?;
    if end < UnixTime::now() { Err("this day has passed".to_owned()) } else { Ok(text.to_owned()) }
}
