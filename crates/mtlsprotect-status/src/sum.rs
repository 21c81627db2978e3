//! Several servers added up.

use crate::device::{Device, Rollout, State};
use crate::findings::HOUR;
use crate::model::Handshakes;
use crate::report::Report;
use crate::serial::Word;
use mtlsprotect_core::Mac;
use mtlsprotect_core::time::UnixTime;
use serde::Serialize;
use std::collections::BTreeMap;

/// What several servers say together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// The devices by state. Those of several servers are known one by one, and each counts once.
    pub rollout: Rollout,
    /// Requests by verdict and reason, refusals first.
    pub requests: Vec<Requests>,
    /// Handshakes.
    pub handshakes: Handshakes,
    /// Requests of proven devices, with their own certificates, that were refused.
    pub proven_refused: u64,
    /// Requests that name a proven device and were refused for who sent them.
    pub proven_named_refused: u64,
    /// Requests that came through a balancer.
    pub by_balancer: u64,
    /// Those of them that were refused, or would be.
    pub by_balancer_refused: u64,
    /// Requests that were refused for a wrong password.
    pub wrong_passwords: u64,
    /// Those that were asked for, by MAC.
    pub devices: Vec<Device>,
}

/// Requests of a verdict and reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Requests {
    /// allow, deny or would-deny.
    pub verdict: Word,
    /// Why.
    pub reason: Word,
    /// In the last hour.
    pub last_hour: u64,
    /// In the last day.
    pub last_day: u64,
    /// Since each of the servers started.
    pub since_start: u64,
}

impl Sum {
    /// Adds them up, with the roll-out of all of them together.
    pub fn of(reports: Vec<Report>, rollout: Rollout) -> Self {
        let mut sum = Sum { requests: requests(&reports), rollout, ..Sum::default() };
        let mut devices: BTreeMap<Mac, Device> = BTreeMap::new();
        for Report { status, devices: of_server } in reports {
            let (all, of) = (&mut sum.handshakes, status.handshakes);
            for (sum, number) in [
                (&mut all.full_trusted, of.full_trusted),
                (&mut all.full_not_trusted, of.full_not_trusted),
                (&mut all.resumed_trusted, of.resumed_trusted),
                (&mut all.resumed_not_trusted, of.resumed_not_trusted),
                (&mut sum.proven_refused, status.proven_refused),
                (&mut sum.proven_named_refused, status.proven_named_refused),
                (&mut sum.by_balancer, status.by_balancer),
                (&mut sum.by_balancer_refused, status.by_balancer_refused),
                (&mut sum.wrong_passwords, status.wrong_passwords),
            ] {
                add(sum, number);
            }
            for device in of_server {
                match devices.remove(&device.mac) {
                    Some(there) => devices.insert(device.mac, both(there, device)),
                    None => devices.insert(device.mac, device),
                };
            }
        }
        sum.devices = devices.into_values().collect();
        sum
    }
}

/// The devices of several servers by state, each counted once. Each server's come by MAC; of all of them one each is held.
pub fn rollout<I: Iterator<Item = Device>>(servers: impl IntoIterator<Item = I>) -> Rollout {
    let mut servers: Vec<_> = servers.into_iter().map(Iterator::peekable).collect();
    let mut rollout = Rollout::default();
    while let Some(mac) = servers.iter_mut().filter_map(|server| Some(server.peek()?.mac)).min() {
        let of_device = servers.iter_mut().filter_map(|server| server.next_if(|device| device.mac == mac));
        of_device.reduce(both).into_iter().for_each(|device| rollout.add(device.state));
    }
    rollout
}

fn requests(reports: &[Report]) -> Vec<Requests> {
    let mut rows: BTreeMap<(u8, &Word, &Word), [u64; 3]> = BTreeMap::new();
    let order =
        |verdict: &Word| ["deny", "would-deny", "allow"].iter().position(|word| word == verdict).unwrap_or(3) as u8;
    for report in reports {
        let history = &report.status.history;
        let since = history.len().saturating_sub(HOUR);
        for (place, period) in history.iter().enumerate() {
            for count in &period.counts {
                let row = rows.entry((order(&count.verdict), &count.verdict, &count.reason)).or_default();
                add(&mut row[0], if place >= since { count.number } else { 0 });
                add(&mut row[1], count.number);
            }
        }
        for count in &report.status.counts {
            let row = rows.entry((order(&count.verdict), &count.verdict, &count.reason)).or_default();
            add(&mut row[2], count.number);
        }
    }
    let row = |((_, verdict, reason), [last_hour, last_day, since_start]): ((u8, &Word, &Word), [u64; 3])| Requests {
        verdict: verdict.clone(),
        reason: reason.clone(),
        last_hour,
        last_day,
        since_start,
    };
    rows.into_iter().map(row).collect()
}

/// One device as two servers know it: its state is that of the server that it asked last, but a device file's word counts
/// wherever it stands, and a proof counts as long as no later refusal is known.
fn both(one: Device, other: Device) -> Device {
    let (older, newer) = if last_heard(&one) <= last_heard(&other) { (one, other) } else { (other, one) };
    let states = [newer.state, older.state];
    let anywhere = |state: State| states.contains(&state);
    let state = if anywhere(State::Blocked) {
        State::Blocked
    } else if anywhere(State::Exempt) {
        State::Exempt
    } else if newer.state == State::Refused {
        State::Refused
    } else if anywhere(State::Proven) {
        State::Proven
    } else if newer.state == State::NeverSeen {
        older.state
    } else {
        newer.state
    };
    Device {
        mac: newer.mac,
        state,
        first_seen: [older.first_seen, newer.first_seen].into_iter().flatten().min(),
        last_seen: older.last_seen.max(newer.last_seen),
        proven_at: older.proven_at.max(newer.proven_at),
        certificate_end: newer.certificate_end.or(older.certificate_end),
        exempt_until: newer.exempt_until.or(older.exempt_until),
        vendor: newer.vendor.or(older.vendor),
        host: newer.host.or(older.host),
        served: older.served.saturating_add(newer.served),
        refused: older.refused.saturating_add(newer.refused),
        last_refusal: newer.last_refusal.or(older.last_refusal),
    }
}

/// Adds what a server says, which may be anything.
fn add(sum: &mut u64, number: u64) {
    *sum = sum.saturating_add(number);
}

/// When a server last heard from a device.
fn last_heard(device: &Device) -> Option<UnixTime> {
    device.last_seen.max(device.last_refusal.as_ref().map(|refusal| refusal.time))
}
