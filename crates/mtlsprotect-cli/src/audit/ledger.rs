//! Everything that the logs say, gathered line by line. Its size depends on the number of devices only.

use super::device::{Count, Device, Fate, Log};
use super::files::Files;
use super::groups::{By, Groups};
use super::handshakes::Handshakes;
use super::probes::Probes;
use super::unnamed::Unnamed;
use foldhash::HashMap;
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::Reason;
use serde::Serialize;
use std::collections::BTreeMap;

/// The maximum number of devices remembered, and of those among them that were turned away when first seen: names that
/// somebody tries must not use up the room for phones.
const MOST_DEVICES: usize = 1_000_000;
const MOST_TURNED_AWAY: usize = 250_000;

/// What the logs tell.
#[derive(Debug)]
pub struct Ledger {
    /// The devices.
    pub devices: HashMap<Mac, Box<Device>>,
    /// The files of the site.
    pub files: Files,
    /// What was refused or would be, with and without a device.
    pub refusals: BTreeMap<(Fate, Reason), Refusal>,
    /// Files that name nobody.
    pub unnamed: Unnamed,
    /// Who was turned away with which devices.
    pub probes: Probes,
    /// Handshakes that mod_ssl refused.
    pub handshakes: Handshakes,
    /// Requests by host, vendor, day or balancer, where that was asked for.
    pub groups: Option<Groups>,
    /// How many lines there were, and of what kind.
    pub lines: Lines,
}

/// Requests refused for one reason.
#[derive(Debug)]
pub struct Refusal {
    /// How many.
    pub count: Count,
    /// The first of them, for people.
    pub example: String,
}

/// Lines read.
#[derive(Debug, Default, Serialize)]
pub struct Lines {
    /// All.
    pub all: u64,
    /// Those left out because of their time.
    pub earlier: u64,
    /// Requests in access logs.
    pub requests: u64,
    /// Those of them with the module's verdict.
    pub judged: u64,
    /// Those of them that the module did not judge, being off there.
    pub not_judged: u64,
    /// Those of them in a format without the module's fields.
    pub without_verdict: u64,
    /// Those of them that have the client's host name.
    pub without_address: u64,
    /// Lines of error logs.
    pub errors: u64,
    /// Those of them that are the module's verdicts.
    pub verdicts_in_errors: u64,
    /// Lines that are neither.
    pub unread: u64,
    /// The first of these, FILE:NUMBER.
    pub first_unread: Option<String>,
    /// Lines about devices for which there was no room.
    pub devices_not_kept: u64,
}

impl Ledger {
    /// Only these devices, about which nothing is known yet.
    pub fn new(fleet: &[Mac], by: Option<By>) -> Self {
        Ledger {
            devices: fleet.iter().map(|&mac| (mac, Box::default())).collect(),
            files: Files::new(),
            refusals: BTreeMap::new(),
            unnamed: Unnamed::default(),
            probes: Probes::default(),
            handshakes: Handshakes::default(),
            groups: by.map(Groups::new),
            lines: Lines::default(),
        }
    }

    /// The device, if there is room; there is less for one that was turned away.
    pub fn device(&mut self, mac: Mac, is_turned_away: bool) -> Option<&mut Device> {
        let most = if is_turned_away { MOST_TURNED_AWAY } else { MOST_DEVICES };
        if self.devices.len() >= most && !self.devices.contains_key(&mac) {
            self.lines.devices_not_kept += 1;
            return None;
        }
        Some(self.devices.entry(mac).or_default())
    }

    /// Notes a refusal; `example` is asked for the first of its kind.
    pub fn refused(&mut self, fate: Fate, reason: Reason, log: Log, example: impl FnOnce() -> String) {
        let refusal = self.refusals.entry((fate, reason));
        refusal.or_insert_with(|| Refusal { count: Count::default(), example: example() }).count.add(log);
    }
}
