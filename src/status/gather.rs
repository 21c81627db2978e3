//! What is true now: the shared memory and the configuration, put together.

use crate::configuration::lists::ListTrust;
use crate::fleet::block::word_of;
use crate::fleet::numbers::HostFleet;
use crate::httpd::{Server, addr};
use crate::module::Mtlsprotect;
use crate::status::device_list::DeviceFiles;
use crate::status::learned;
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::Reason;
use mtlsprotect_core::escape::quoted;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::trust::name_text;
use mtlsprotect_core::vendors::Sources;
use mtlsprotect_fleet::{Cell, DAY, Entry, Fleet, Names, Verdict, seconds};
use mtlsprotect_status::device::Rollout;
use mtlsprotect_status::model::{Ca, Count, Crl, Handshakes, Host, Period, PeriodCount, Refusal, Status, Table};
use mtlsprotect_status::serial::Word;
use mtlsprotect_status::text::ClientText;
use std::collections::HashSet;

/// Bytes shown of a subject.
const SUBJECT_SHOWN: usize = 256;

/// Everything but the devices, whose number by state is left open.
pub fn status(main: Server<'_>, held: &HostFleet<'_>, files: &DeviceFiles, now: UnixTime) -> Status {
    let fleet = held.fleet;
    let trusts = distinct(main.and_all_after().filter_map(|host| host.config::<Mtlsprotect>().trust));
    let sources = main.and_all_after().filter_map(|host| host.config::<Mtlsprotect>().directives.sources);
    Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        now,
        counting_since: UnixTime::from_seconds(fleet.began().try_into().unwrap_or(0)),
        restarted_at: UnixTime::from_seconds(held.since.into()),
        hosts: hosts(main),
        counts: counts(fleet),
        handshakes: handshakes(fleet),
        history: history(fleet, now),
        rollout: Rollout::default(),
        proven_refused: sum(fleet, Cell::PROVEN_REFUSED),
        proven_named_refused: sum(fleet, Cell::PROVEN_NAMED_REFUSED),
        by_balancer: sum(fleet, Cell::BY_BALANCER),
        by_balancer_refused: sum(fleet, Cell::BY_BALANCER_REFUSED),
        wrong_passwords: sum(fleet, Cell::WRONG_PASSWORD),
        exemptions_ending: files.exemptions_ending(now),
        table: table(fleet),
        refusals: fleet.refusals.last().map(|entry| refusal(fleet, entry)).collect(),
        cas: cas(&trusts),
        crls: crls(&distinct(sources)),
        device_files: files.files().to_vec(),
        learned: main.config::<Mtlsprotect>().directives.learned.map(learned::file),
    }
}

/// How many requests had each verdict, whatever the reason, in the order of their numbers.
pub fn requests(fleet: &Fleet<'_>) -> [u64; 3] {
    let mut requests = [0; 3];
    for (.., row) in fleet.counts.rows() {
        let sums = fleet.counts.sums(row);
        Cell::all().for_each(|(of, _, cell)| requests[of as usize] += sums[cell.index()]);
    }
    requests
}

/// Handshakes by kind.
pub fn handshakes(fleet: &Fleet<'_>) -> Handshakes {
    let of = |is_resumed, is_trusted| fleet.handshakes.sum(is_resumed, is_trusted);
    Handshakes {
        full_trusted: of(false, true),
        full_not_trusted: of(false, false),
        resumed_trusted: of(true, true),
        resumed_not_trusted: of(true, false),
    }
}

/// The table of devices.
pub fn table(fleet: &Fleet<'_>) -> Table {
    let devices = fleet.devices;
    let (kept, room) = (devices.kept() as u64, devices.room() as u64);
    Table { kept, room, lost_proofs: devices.lost(), gave_way: devices.gave_way() }
}

/// What stands under a number.
pub fn text(names: Names<'_>, number: u16) -> Option<String> {
    names.text(number).map(|text| String::from_utf8_lossy(&text).into_owned())
}

/// The word of a verdict.
pub fn verdict(verdict: Verdict) -> Word {
    word_of(verdict).into()
}

/// The word of a reason's number. The block's key makes sure that the numbers are those of today.
pub fn reason(number: u8) -> Word {
    Reason::ALL.get(usize::from(number)).map_or("-", |reason| reason.as_str()).into()
}

/// A moment, where there is one.
pub fn moment(time: u32) -> Option<UnixTime> {
    (time != 0).then(|| UnixTime::from_seconds(time.into()))
}

/// What was counted in a cell, of all hosts.
pub fn sum(fleet: &Fleet<'_>, cell: Cell) -> u64 {
    fleet.counts.rows().map(|(.., row)| fleet.counts.sums(row)[cell.index()]).sum()
}

/// Those where something is judged, in the order of the configuration: httpd puts each new virtual host right behind the
/// main server.
fn hosts(main: Server<'_>) -> Vec<Host> {
    let mut hosts: Vec<Server<'_>> = main.and_all_after().collect();
    hosts[1..].reverse();
    hosts.into_iter().filter_map(|host| host.config::<Mtlsprotect>().shown.cloned()).collect()
}

fn counts(fleet: &Fleet<'_>) -> Vec<Count> {
    let mut counts = Vec::new();
    for (host, vendor, row) in fleet.counts.rows() {
        let sums = fleet.counts.sums(row);
        let of_row = Cell::all().filter(|(.., cell)| sums[cell.index()] > 0);
        counts.extend(of_row.map(|(of, why, cell)| Count {
            host: text(fleet.hosts, host).unwrap_or_default(),
            verdict: verdict(of),
            reason: reason(why),
            vendor: text(fleet.vendors, vendor).unwrap_or_default(),
            number: sums[cell.index()],
        }));
    }
    counts
}

fn history(fleet: &Fleet<'_>, now: UnixTime) -> Vec<Period> {
    let periods = fleet.history.last(DAY, seconds(now.seconds()));
    let shown = |period: mtlsprotect_fleet::Period| {
        let counted = Cell::all().filter(|(.., cell)| period.counts[cell.index()] > 0);
        let counts = counted.map(|(of, why, cell)| PeriodCount {
            verdict: verdict(of),
            reason: reason(why),
            number: period.counts[cell.index()],
        });
        Period {
            start: UnixTime::from_seconds(period.start.try_into().unwrap_or(0)),
            wrong_passwords: period.counts[Cell::WRONG_PASSWORD.index()],
            counts: counts.collect(),
        }
    };
    periods.map(shown).collect()
}

fn refusal(fleet: &Fleet<'_>, entry: Entry<'_>) -> Refusal {
    let mac = |bits: u64| (bits != 0).then(|| Mac::from_bits(bits));
    Refusal {
        time: UnixTime::from_seconds(entry.refusal.time.into()),
        address: entry.address,
        via: entry.via,
        host: text(fleet.hosts, entry.refusal.host).unwrap_or_default(),
        vendor: text(fleet.vendors, entry.vendor),
        verdict: verdict(entry.refusal.verdict),
        reason: reason(entry.refusal.reason),
        named: mac(entry.named),
        sender: mac(entry.sender),
        by_itself: entry.refusal.is_by_itself,
        uri: ClientText(entry.uri.into_owned()),
        agent: ClientText(entry.agent.into_owned()),
    }
}

/// Each once, by its address: many hosts share one.
fn distinct<'c, T>(all: impl Iterator<Item = &'c T>) -> Vec<&'c T> {
    let mut seen = HashSet::new();
    all.filter(|one| seen.insert(addr(*one))).collect()
}

fn cas(trusts: &[&ListTrust]) -> Vec<Ca> {
    let mut seen = HashSet::new();
    let mut cas = Vec::new();
    for member in trusts.iter().flat_map(|trust| trust.vendors.members()) {
        for authority in member.trust().list().authorities() {
            let vendor = member.name().or(authority.vendor()).unwrap_or_default();
            if seen.insert((vendor.to_owned(), *authority.fingerprint())) {
                let subject = name_text(authority.certificate().subject_name());
                cas.push(Ca {
                    vendor: vendor.to_owned(),
                    subject: quoted(&subject, SUBJECT_SHOWN),
                    not_after: authority.expires(),
                    is_root: authority.is_root(),
                });
            }
        }
    }
    cas
}

fn crls(sources: &[&Sources]) -> Vec<Crl> {
    let mut seen = HashSet::new();
    let all = sources.iter().flat_map(|sources| sources.all_crls());
    let new = all.filter(|(vendor, crl)| seen.insert((vendor.map(str::to_owned), *crl.digest())));
    let shown = |(vendor, crl): (Option<&str>, &mtlsprotect_core::trust::Crl)| Crl {
        vendor: vendor.unwrap_or_default().to_owned(),
        issuer: quoted(&crl.issuer_text(), SUBJECT_SHOWN),
        next_update: crl.next_update(),
    };
    new.map(shown).collect()
}
