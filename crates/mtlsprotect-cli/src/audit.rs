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
mod print;
mod probes;
mod reader;
mod report;
mod rows;
mod scan;
mod subject;
mod unnamed;
mod when;
mod words;

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
use scan::Scan;
use std::collections::HashSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use when::When;

/// Days for which exemptions are written unless told otherwise.
const DAYS_OF_EXEMPTION: i64 = 90;

const AFTER_HELP: &str = "\
How to read it:

Verdicts: deny and would-deny are the module's own words. would-deny-anybody means that the log \
has no verdict, but no certificate would help that request if its folder is protected: it names \
two devices, say, or its method is none of a phone's. All other requests without a verdict are \
unknown: log with the shipped LogFormat mtlsprotect, or read the error log of Report mode too.

Counts: a request that stands in an access log and in an error log counts once.

Vendor: who makes a device, by its prefix; of many makers no certificates are known. Digits that \
are written loosely are taken for a device only where their prefix is known: name the prefixes of \
other makers, and those of your device file, with --known-prefix.

Files that name nobody, yet have one address each that fetches them: any device with a certificate \
may have them. Look whether they are a device's, and name it with MTLSProtectFilePattern.

Addresses that try many devices were refused, would be, or found nothing, for devices of which \
they never rightly got a file. Hundreds not found: somebody guesses MACs. Only would-deny, for \
about as many devices as a customer has: an office of phones without certificates behind one \
address.

Fleet: ready (proved itself), exempt, no-certificate, untrusted (expired and revoked too), mismatch \
(asks for another's file, and had its own no later than an hour after), blocked, denied (for \
something that no certificate would help), no-verdict, not-seen. Later lines win, by the time in \
them. A device that proves itself is no less ready for what others ask for in its name from \
elsewhere; the detail tells of it.

Times are in UTC. An access log tells the zone of its times, an error log does not: it is read by this \
machine's clock, or by that of --zone.

Exit codes:
  0  all devices of --fleet are ready or exempt; without --fleet nothing was or would be denied,
     no handshake refused, no address tries many devices
  1  otherwise
  2  the command line is wrong
  3  could not be done: a log is none, or a gzip file is cut short; nothing is printed then";

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
    /// Only this section; CSV has devices, with --fleet the fleet, with --by
    /// these counts, unless told otherwise
    #[arg(long, value_enum, conflicts_with = "json")]
    section: Option<Section>,
    /// Most rows of each table, 0 for all; CSV and JSON have all
    #[arg(long, value_name = "N", default_value_t = 40)]
    rows: usize,
    /// Only what was written since a day or time, or so long ago: 2026-11-23, 2026-11-23T10:00:00Z, 36h, 7d
    #[arg(long, value_name = "TIME", value_parser = parse_since)]
    since: Option<When>,
    /// Count requests by virtual host, vendor or day too
    #[arg(long, value_enum)]
    by: Option<By>,
    /// The zone of the error logs' times, like Europe/Berlin or +01:00 [default: this machine's]
    #[arg(long, value_name = "ZONE", value_parser = parse_zone)]
    zone: Option<TimeZone>,
    /// A list of MACs, one a line, # comments, or - for the standard input: says which of these devices are ready, and fails until all are
    #[arg(long, value_name = "FILE")]
    fleet: Option<PathBuf>,
    /// Adds exemptions of devices seen without a certificate to this device file, - prints them instead of the
    /// report; of the fleet's devices, or of all that got a file. Read them before use: whoever asked for a phone's file
    /// counts as its address
    #[arg(long, value_name = "FILE")]
    write_devices: Option<PathBuf>,
    /// Last day of these exemptions in UTC, like 2027-03-31 [default: 90 days from today]
    #[arg(long, value_name = "DATE", requires = "write_devices", value_parser = parse_day)]
    until: Option<String>,
    /// Devices for which an address must have been turned away to count as a probe: more than this
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
    let report = AuditReport::new(&ledger, fleet.as_deref(), arguments.probe_threshold);
    let outcome = Outcome::finding_if(report.has_finding());
    if !is_printed_instead {
        print(arguments, &report)?;
    }
    Ok(outcome)
}

/// What the options say of one another.
fn check(arguments: &Arguments) -> Result<()> {
    match arguments.section {
        Some(Section::Fleet) if arguments.fleet.is_none() => {
            return Err(usage("--section fleet needs --fleet FILE, the list of your devices"));
        }
        Some(Section::By) if arguments.by.is_none() => {
            return Err(usage("--section by needs --by host, vendor or day"));
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
        };
        reader::each_line(log, &progress, |number, line| scan.line(number, line))?;
        let understood = scan.understood;
        let unread = ledger.lines.unread - unread;
        if unread > 0 && understood == 0 {
            bail!(
                "{name}: is no log: none of its {} is of an access log in combined format or the shipped one, or of an \
                 error log",
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
    // A name that somebody tried is no phone: without a fleet only those count that got something.
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
    if end < UnixTime::now() { Err("this day is over".to_owned()) } else { Ok(text.to_owned()) }
}
