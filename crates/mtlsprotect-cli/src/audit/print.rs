//! Prints the report: tables for people, CSV and JSON for programs.

use super::fleet::State;
use super::report::AuditReport;
use super::rows::{CountRow, Denied, DeviceRow, FleetRow, Handshake, Name, ProbeRow, UnnamedRow, VerdictCount};
use crate::output::{counted, print_json, print_line, printed};
use crate::table::{Table, Width};
use anyhow::{Result, anyhow};
use clap::ValueEnum;
use std::fmt::Display;
use std::io;

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// One section, for spreadsheets
    Csv,
    /// Everything, for programs
    Json,
}

/// A part of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Section {
    /// Requests by virtual host, vendor, day or balancer, as --by says
    By,
    /// What was denied or would be, by reason
    Denied,
    /// Handshakes that mod_ssl refused
    Handshakes,
    /// Addresses that try many devices
    Probes,
    /// How the URLs name devices
    Names,
    /// Files that may be one device's and name nobody
    Unnamed,
    /// Each device with its files, verdicts and addresses
    Devices,
    /// Each device of --fleet
    Fleet,
}

impl Section {
    fn title(self) -> &'static str {
        match self {
            Section::By => "Requests",
            Section::Denied => "Denied, or will be with MTLSProtect On",
            Section::Handshakes => "Handshakes that mod_ssl refused",
            Section::Probes => "Addresses that try many devices",
            Section::Names => "How URLs name devices",
            Section::Unnamed => "Files that may be one device's and name nobody",
            Section::Devices => "Devices",
            Section::Fleet => "Fleet",
        }
    }
}

/// A row of a table and of CSV.
trait Tabular {
    const HEADINGS: &'static [&'static str];
    /// The columns that are cut in the middle where there is not enough room.
    const CUT: &'static [&'static str] = &[];

    fn cells(&self) -> Vec<String>;
}

impl<R: Tabular> Tabular for &R {
    const HEADINGS: &'static [&'static str] = R::HEADINGS;
    const CUT: &'static [&'static str] = R::CUT;

    fn cells(&self) -> Vec<String> {
        (**self).cells()
    }
}

/// Prints the tables, `most` rows of each and 0 for all; `only` one of the sections where given.
pub fn tables(report: &AuditReport<'_>, only: Option<Section>, most: usize, width: Width) -> Result<()> {
    let lines = &report.lines;
    print_line(&format!(
        "{}: {}, {} of them with a verdict; {} of error logs, {} of them verdicts",
        counted(lines.all, "line", "lines"),
        counted(lines.requests, "request", "requests"),
        lines.judged,
        counted(lines.errors, "line", "lines"),
        lines.verdicts_in_errors
    ))?;
    if lines.earlier > 0 {
        print_line(&format!("{} left out as older", counted(lines.earlier, "line", "lines")))?;
    }
    for note in &report.notes {
        print_line(&format!("Note: {note}"))?;
    }
    for &section in Section::value_variants().iter().filter(|&&section| only.is_none_or(|only| only == section)) {
        match section {
            Section::By => {
                let Some(by) = &report.by else { continue };
                one_table(section, by.rows.iter(), most, width)?;
            }
            Section::Denied => one_table(section, report.denied.iter(), most, width)?,
            Section::Handshakes => one_table(section, report.handshakes.iter(), most, width)?,
            Section::Probes => one_table(section, report.probes.iter(), most, width)?,
            Section::Names => one_table(section, report.names.iter(), most, width)?,
            Section::Unnamed => one_table(section, report.unnamed.iter(), most, width)?,
            Section::Devices => one_table(section, report.devices.rows(), most, width)?,
            Section::Fleet => {
                let Some(fleet) = &report.fleet else { continue };
                // Those that need attention come first.
                let mut rows: Vec<&FleetRow> = fleet.iter().collect();
                rows.sort_by_key(|row| (row.state.is_fine(), row.state));
                one_table(section, rows.into_iter(), most, width)?;
                print_line(&summary(fleet))?;
                if fleet.iter().any(|row| row.proven.is_some()) {
                    print_line(&summary_of_learn(fleet))?;
                }
            }
        }
    }
    Ok(())
}

/// `1 of 3 devices are ready: ready 1, no-certificate 2`
fn summary(fleet: &[FleetRow]) -> String {
    let count = |state: State| fleet.iter().filter(|row| row.state == state).count();
    let counts: Vec<String> = State::ALL
        .into_iter()
        .filter_map(|state| Some((state, count(state))).filter(|&(_, count)| count > 0))
        .map(|(state, count)| format!("{} {count}", state.as_str()))
        .collect();
    let fine = fleet.iter().filter(|row| row.state.is_fine()).count();
    let devices = counted(fleet.len(), "device", "devices");
    format!("{fine} of {devices} will work with MTLSProtect On: {}", counts.join(", "))
}

/// `1 of 3 devices are proven, and MTLSProtect Learn would refuse 1 of 3`
fn summary_of_learn(fleet: &[FleetRow]) -> String {
    let proven = fleet.iter().filter(|row| row.proven == Some(true)).count();
    let refused = fleet.iter().filter(|row| row.refused_by_learn == Some(true)).count();
    let devices = counted(fleet.len(), "device", "devices");
    format!("{proven} of {devices} proven; MTLSProtect Learn would refuse {refused}")
}

fn one_table<R: Tabular>(
    section: Section,
    rows: impl ExactSizeIterator<Item = R>,
    most: usize,
    width: Width,
) -> Result<()> {
    print_line("")?;
    print_line(section.title())?;
    let all = rows.len();
    if all == 0 {
        return print_line("  none");
    }
    let shown = if most == 0 { all } else { all.min(most) };
    let mut table = Table::new(R::HEADINGS, R::CUT);
    for row in rows.take(shown) {
        table.row(row.cells().into_iter().map(breakable));
    }
    table.print(width)?;
    if shown < all {
        print_line(&format!("  and {} more: --rows 0, or --format csv", all - shown))?;
    }
    Ok(())
}

/// A time with a space in it, at which a narrow column can break it.
fn breakable(cell: String) -> String {
    let is_time = cell.len() == "2026-11-23T10:10:26Z".len() && cell.ends_with('Z') && cell.as_bytes()[10] == b'T';
    if is_time { cell.replace('T', " ") } else { cell }
}

/// Prints one section as CSV with a line of headings.
pub fn csv(report: &AuditReport<'_>, section: Section) -> Result<()> {
    match section {
        Section::By => one_csv(report.by.iter().flat_map(|by| &by.rows)),
        Section::Denied => one_csv(report.denied.iter()),
        Section::Handshakes => one_csv(report.handshakes.iter()),
        Section::Probes => one_csv(report.probes.iter()),
        Section::Names => one_csv(report.names.iter()),
        Section::Unnamed => one_csv(report.unnamed.iter()),
        Section::Devices => one_csv(report.devices.rows()),
        Section::Fleet => one_csv(report.fleet.iter().flatten()),
    }
}

fn one_csv<R: Tabular>(rows: impl Iterator<Item = R>) -> Result<()> {
    let mut out = csv::Writer::from_writer(io::stdout().lock());
    out.write_record(R::HEADINGS.iter().map(|heading| heading.replace(' ', "_"))).map_err(unwrapped)?;
    for row in rows {
        // A spreadsheet takes what begins like this for a formula; a dash alone is none.
        let is_formula = |cell: &str| cell.starts_with(['=', '+', '@', '-']) && cell != "-";
        let plain = |cell: String| if is_formula(&cell) { format!("'{cell}") } else { cell };
        out.write_record(row.cells().into_iter().map(plain)).map_err(unwrapped)?;
    }
    printed(out.flush())
}

/// The error of the output under the library's.
fn unwrapped(error: csv::Error) -> anyhow::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => printed::<()>(Err(error)).err().unwrap_or_else(|| anyhow!("is no error")),
        other => anyhow!("the CSV cannot be written: {other:?}"),
    }
}

/// Prints everything as JSON.
pub fn json(report: &AuditReport<'_>) -> Result<()> {
    print_json(report)
}

fn or_dash(text: Option<impl Display>) -> String {
    text.map_or_else(|| "-".to_owned(), |text| text.to_string())
}

/// The items separated by spaces, and dots if there were more.
fn list<T: ToString>(items: &[T], has_more: bool) -> String {
    let mut words: Vec<String> = items.iter().map(ToString::to_string).collect();
    words.extend(has_more.then(|| "...".to_owned()));
    if words.is_empty() { "-".to_owned() } else { words.join(" ") }
}

impl Tabular for CountRow {
    const HEADINGS: &'static [&'static str] =
        &["name", "requests", "allowed", "denied", "would deny", "would deny anybody", "devices"];
    const CUT: &'static [&'static str] = &["name"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.requests.to_string(),
            self.allowed.to_string(),
            self.denied.to_string(),
            self.would_deny.to_string(),
            self.would_deny_anybody.to_string(),
            format!("{}{}", self.devices, if self.has_more { "+" } else { "" }),
        ]
    }
}

impl Tabular for Denied {
    const HEADINGS: &'static [&'static str] = &["verdict", "reason", "requests", "devices", "example"];
    const CUT: &'static [&'static str] = &["example"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.verdict.to_owned(),
            self.reason.to_owned(),
            self.requests.to_string(),
            self.devices.to_string(),
            self.example.clone(),
        ]
    }
}

impl Tabular for Handshake {
    const HEADINGS: &'static [&'static str] = &["error", "times", "from", "addresses", "subject", "issuer"];
    const CUT: &'static [&'static str] = &["subject", "issuer"];

    fn cells(&self) -> Vec<String> {
        let addresses: Vec<String> =
            self.addresses.iter().map(|from| format!("{}:{}", from.address, from.times)).collect();
        vec![
            self.error.clone(),
            self.times.to_string(),
            self.from.to_string(),
            list(&addresses, self.has_more || self.from > self.addresses.len()),
            or_dash(self.subject.as_deref()),
            or_dash(self.issuer.as_deref()),
        ]
    }
}

impl Tabular for ProbeRow {
    const HEADINGS: &'static [&'static str] = &["address", "devices", "refused", "would deny", "not found"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.address.to_string(),
            format!("{}{}", self.devices, if self.has_more { "+" } else { "" }),
            self.refused.to_string(),
            self.would_deny.to_string(),
            self.not_found.to_string(),
        ]
    }
}

impl Tabular for Name {
    const HEADINGS: &'static [&'static str] = &["source", "requests", "devices", "file"];
    const CUT: &'static [&'static str] = &["file"];

    fn cells(&self) -> Vec<String> {
        vec![self.source.to_owned(), self.requests.to_string(), self.devices.to_string(), self.file.clone()]
    }
}

impl Tabular for UnnamedRow {
    const HEADINGS: &'static [&'static str] = &["folder", "files", "fetched again", "addresses", "examples"];
    const CUT: &'static [&'static str] = &["folder"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.folder.clone(),
            self.files.to_string(),
            self.fetched_again.to_string(),
            self.addresses.to_string(),
            self.examples.join(", "),
        ]
    }
}

impl Tabular for DeviceRow {
    const HEADINGS: &'static [&'static str] =
        &["mac", "vendor", "requests", "no verdict", "verdicts", "files", "addresses", "last seen"];

    fn cells(&self) -> Vec<String> {
        let verdict = |count: &VerdictCount| format!("{}/{}:{}", count.verdict, count.reason, count.requests);
        vec![
            self.mac.to_string(),
            or_dash(self.vendor),
            self.requests.to_string(),
            self.without_verdict.to_string(),
            list(&self.verdicts.iter().map(verdict).collect::<Vec<_>>(), false),
            list(&self.files, self.has_more_files),
            list(&self.addresses, self.has_more_addresses),
            self.last_seen.to_string(),
        ]
    }
}

impl Tabular for FleetRow {
    const HEADINGS: &'static [&'static str] =
        &["mac", "state", "reason", "issuer", "last seen", "addresses", "learn", "detail"];
    const CUT: &'static [&'static str] = &["issuer"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.mac.to_string(),
            self.state.as_str().to_owned(),
            or_dash(self.reason),
            or_dash(self.issuer.as_deref()),
            self.last_seen.to_string(),
            list(&self.addresses, false),
            or_dash(self.in_learn()),
            or_dash(self.detail.as_deref()),
        ]
    }
}
