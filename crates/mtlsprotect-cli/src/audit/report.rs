//! The rows of every section, made from the ledger.

use super::device::{Device, Fate, Place};
use super::fleet::State;
use super::groups::{Group, Groups};
use super::ledger::{Ledger, Lines};
use super::probes::Probe;
use super::rows::{
    CountRow, Counts, Denied, DeviceRow, FleetRow, Handshake, Name, ProbeRow, Times, UnnamedRow, VerdictCount,
};
use crate::output::counted;
use mtlsprotect_core::Mac;
use mtlsprotect_core::built_in::maker_of;
use mtlsprotect_core::decision::Reason;
use mtlsprotect_core::escape::{quoted, quoted_uri};
use mtlsprotect_core::learned::Learned;
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

/// Bytes shown of a file's path and of a certificate's names, and addresses shown of a handshake's error.
const FILE_SHOWN: usize = 160;
const NAME_SHOWN: usize = 256;
const ADDRESSES_SHOWN: usize = 5;

/// Everything that the command found, section by section.
#[derive(Debug, Serialize)]
pub struct AuditReport<'a> {
    /// How many lines were read, of what kind.
    pub lines: &'a Lines,
    /// What the reader should know about the rest.
    pub notes: Vec<String>,
    /// Requests by virtual host, vendor, day or balancer, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Counts>,
    /// What was refused or would be, by reason.
    pub denied: Vec<Denied>,
    /// Handshakes that mod_ssl refused.
    pub handshakes: Vec<Handshake>,
    /// Addresses that try many devices.
    pub probes: Vec<ProbeRow>,
    /// How the site's URLs name devices.
    pub names: Vec<Name>,
    /// Files that may be a device's and name nobody.
    pub unnamed: Vec<UnnamedRow>,
    /// The devices.
    pub devices: Devices<'a>,
    /// The fleet, where one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fleet: Option<Vec<FleetRow>>,
}

impl<'a> AuditReport<'a> {
    /// Reads it out of the ledger and, for the fleet, out of a learned file; `threshold` is how many devices make an address a probe.
    pub fn new(ledger: &'a Ledger, fleet: Option<&[Mac]>, threshold: usize, mut learned: Option<&mut Learned>) -> Self {
        let mut row = |mac: Mac| {
            let is_proven = learned.as_mut().map(|learned| learned.proofs_of(mac).next().is_some());
            fleet_row(mac, &ledger.devices[&mac], is_proven)
        };
        AuditReport {
            notes: notes(ledger),
            by: ledger.groups.as_ref().map(counts),
            denied: denied(ledger),
            handshakes: handshakes(ledger),
            probes: probes(ledger, threshold).iter().map(ProbeRow::new).collect(),
            names: names(ledger),
            unnamed: unnamed(ledger),
            devices: Devices::new(ledger),
            fleet: fleet.map(|fleet| fleet.iter().map(|&mac| row(mac)).collect()),
            lines: &ledger.lines,
        }
    }

    /// Whether there is something that the operator should look into.
    pub fn has_finding(&self) -> bool {
        match &self.fleet {
            Some(fleet) => fleet.iter().any(|row| !row.state.is_fine()),
            None => !(self.denied.is_empty() && self.handshakes.is_empty() && self.probes.is_empty()),
        }
    }
}

/// The devices that a line is about, whose rows are made one at a time: there may be a million.
#[derive(Debug)]
pub struct Devices<'a> {
    ledger: &'a Ledger,
    sorted: Vec<Mac>,
}

impl<'a> Devices<'a> {
    fn new(ledger: &'a Ledger) -> Self {
        let seen = ledger.devices.iter().filter(|(_, device)| !device.places.is_empty());
        let mut sorted: Vec<Mac> = seen.map(|(&mac, _)| mac).collect();
        sorted.sort_unstable();
        Devices { ledger, sorted }
    }

    /// A row for each.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = DeviceRow> {
        self.sorted.iter().map(|&mac| device_row(self.ledger, mac, &self.ledger.devices[&mac]))
    }
}

impl Serialize for Devices<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.rows())
    }
}

/// The addresses that try many devices.
pub fn probes(ledger: &Ledger, threshold: usize) -> Vec<Probe<'_>> {
    let is_at_home = |mac, address| {
        let places = ledger.devices.get(&mac).map_or(&[][..], |device| &device.places[..]);
        places.iter().any(|place| place.is_served && place.address == Some(address))
    };
    ledger.probes.found(threshold, is_at_home)
}

fn notes(ledger: &Ledger) -> Vec<String> {
    let lines = &ledger.lines;
    let requests = |count| counted(count, "request", "requests");
    let mut notes = Vec::new();
    let mut note = |count: u64, text: String| {
        if count > 0 {
            notes.push(text);
        }
    };
    note(
        lines.without_verdict,
        format!(
            "{} no verdict in the log: what would be denied is unknown there, except where no certificate could help. \
             Use the shipped LogFormat mtlsprotect, or read an error log written in Report mode too.",
            counted(lines.without_verdict, "request has", "requests have")
        ),
    );
    let first = lines.first_unread.as_deref().unwrap_or_default();
    note(
        lines.unread,
        format!(
            "{} in neither log's format and left out, the first at {first}.",
            counted(lines.unread, "line is", "lines are")
        ),
    );
    note(
        lines.without_address,
        format!(
            "{} a host name instead of an address, which counts for no probe and no exemption. Set HostnameLookups \
             Off.",
            counted(lines.without_address, "request has", "requests have")
        ),
    );
    note(
        lines.devices_not_kept,
        format!(
            "There are more devices than fit: {} about others left out.",
            counted(lines.devices_not_kept, "line", "lines")
        ),
    );
    note(
        ledger.unnamed.not_kept,
        format!("There are more files that name nobody than fit: {} left out.", requests(ledger.unnamed.not_kept)),
    );
    note(
        ledger.probes.not_kept,
        format!("There are more addresses than fit: {} of others left out.", requests(ledger.probes.not_kept)),
    );
    note(
        u64::from(ledger.files.is_full()),
        "There are more kinds of files than fit: the rest is counted as (others).".to_owned(),
    );
    notes
}

fn counts(groups: &Groups) -> Counts {
    let row = |(name, group): (&str, &Group)| CountRow {
        name: name.to_owned(),
        requests: group.requests.requests(),
        allowed: group.of(Fate::Allowed),
        denied: group.of(Fate::Denied),
        would_deny: group.of(Fate::WouldDeny),
        would_deny_anybody: group.of(Fate::WouldDenyAnybody),
        devices: group.devices(),
        has_more: group.has_more,
    };
    Counts { by: groups.by.word(), rows: groups.iter().map(row).collect() }
}

fn denied(ledger: &Ledger) -> Vec<Denied> {
    let mut devices: BTreeMap<(Fate, Reason), u64> = BTreeMap::new();
    for (fate, reason, _) in ledger.devices.values().flat_map(|device| &device.fates) {
        *devices.entry((*fate, *reason)).or_default() += 1;
    }
    let row = |(&(fate, reason), refusal): (&(Fate, Reason), &super::ledger::Refusal)| Denied {
        verdict: fate.as_str(),
        reason: reason.as_str(),
        requests: refusal.count.requests(),
        devices: devices.get(&(fate, reason)).copied().unwrap_or(0),
        example: refusal.example.clone(),
    };
    ledger.refusals.iter().map(row).collect()
}

fn handshakes(ledger: &Ledger) -> Vec<Handshake> {
    let mut all: Vec<Handshake> = ledger
        .handshakes
        .iter()
        .map(|(error, refused)| {
            let mut addresses: Vec<Times> =
                refused.addresses.iter().map(|(&address, &times)| Times { address, times }).collect();
            addresses.sort_unstable_by_key(|times| (std::cmp::Reverse(times.times), times.address));
            addresses.truncate(ADDRESSES_SHOWN);
            let last = refused.last.as_ref();
            Handshake {
                error: quoted(error, NAME_SHOWN),
                times: refused.times,
                from: refused.addresses.len(),
                addresses,
                has_more: refused.has_more,
                subject: last.map(|names| quoted(&names.subject, NAME_SHOWN)),
                issuer: last.map(|names| quoted(&names.issuer, NAME_SHOWN)),
            }
        })
        .collect();
    all.sort_by_key(|row| std::cmp::Reverse(row.times));
    all
}

impl ProbeRow {
    fn new(probe: &Probe<'_>) -> Self {
        ProbeRow {
            address: probe.address,
            devices: probe.devices,
            has_more: probe.has_more,
            refused: probe.client.refused,
            would_deny: probe.client.would_deny,
            not_found: probe.client.not_found,
        }
    }
}

fn names(ledger: &Ledger) -> Vec<Name> {
    let mut devices: HashMap<u32, u64> = HashMap::new();
    for file in ledger.devices.values().flat_map(|device| &device.files) {
        *devices.entry(*file).or_default() += 1;
    }
    let mut all: Vec<Name> = ledger
        .files
        .iter()
        .filter_map(|(number, file)| {
            Some(Name {
                source: file.source?.as_str(),
                file: quoted_uri(&file.text, FILE_SHOWN),
                requests: file.count.requests(),
                devices: devices.get(&number).copied().unwrap_or(0),
            })
        })
        .collect();
    all.sort_by_key(|name| std::cmp::Reverse(name.requests));
    all
}

fn unnamed(ledger: &Ledger) -> Vec<UnnamedRow> {
    let mut all: Vec<UnnamedRow> = ledger
        .unnamed
        .suspicions()
        .into_iter()
        .map(|suspicion| UnnamedRow {
            folder: quoted_uri(&suspicion.folder, FILE_SHOWN),
            files: suspicion.files,
            fetched_again: suspicion.fetched_again,
            addresses: suspicion.addresses,
            examples: suspicion
                .examples
                .iter()
                .map(|(target, by)| format!("{} by {by}", quoted_uri(target, FILE_SHOWN)))
                .collect(),
        })
        .collect();
    all.sort_by_key(|row| std::cmp::Reverse(row.files));
    all
}

fn device_row(ledger: &Ledger, mac: Mac, device: &Device) -> DeviceRow {
    let verdict = |&(fate, reason, count): &(Fate, Reason, super::device::Count)| VerdictCount {
        verdict: fate.as_str(),
        reason: reason.as_str(),
        requests: count.requests(),
    };
    DeviceRow {
        mac,
        vendor: maker_of(mac.oui()),
        requests: device.requests,
        without_verdict: device.unjudged,
        verdicts: device.fates.iter().map(verdict).collect(),
        files: device.files.iter().map(|&file| quoted_uri(&ledger.files.get(file).text, FILE_SHOWN)).collect(),
        has_more_files: device.has_more_files,
        addresses: addresses(&device.places),
        has_more_addresses: device.has_more_places,
        last_seen: device.last_seen,
    }
}

fn fleet_row(mac: Mac, device: &Device, proven: Option<bool>) -> FleetRow {
    let (state, readiness) = (State::of(device), device.readiness());
    let mut details = Vec::new();
    if let Some(other) = readiness.asks_for {
        details.push(format!("asks for what is {other}'s"));
    }
    if let Some((address, reason)) = readiness.claimed_at {
        details.push(format!("{} since from {address}, where it never proved itself", reason.as_str()));
    }
    for (reason, requests) in device.denied_otherwise() {
        details.push(format!("{} denied for {}", counted(requests, "request", "requests"), reason.as_str()));
    }
    if state == State::NoVerdict {
        details.push("seen, but the log has no verdict on it".to_owned());
    }
    FleetRow {
        mac,
        state,
        proven,
        refused_by_learn: proven.map(|is_proven| state.is_refused_by_learn(readiness.reason, is_proven)),
        reason: readiness.reason.map(Reason::as_str),
        issuer: device.issuer().filter(|_| state == State::Untrusted).map(str::to_owned),
        detail: (!details.is_empty()).then(|| details.join("; ")),
        last_seen: device.last_seen,
        addresses: addresses(&device.places),
    }
}

fn addresses(places: &[Place]) -> Vec<IpAddr> {
    let mut addresses: Vec<IpAddr> = places.iter().filter_map(|place| place.address).collect();
    addresses.sort_unstable();
    addresses
}
