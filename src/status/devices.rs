//! The devices, as the status shows them.

use crate::configuration::startup::passwords_end;
use crate::learned::LearnedStore;
use crate::status::ahead::{Ahead, least};
use crate::status::device_list::{DeviceFiles, Line};
use crate::status::gather::{moment, reason, text, verdict};
use crate::status::records::{Records, Seen};
use mtlsprotect_core::Mac;
use mtlsprotect_core::built_in::vendor_of;
use mtlsprotect_core::learned::LearnedList;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_fleet::Fleet;
use mtlsprotect_status::device::{Device, DeviceRefusal, Devices, State};
use std::ops::ControlFlow;

/// The devices: those of the table, those that the device files list, and those that the learned file proves. The lists
/// can be long, and are read where all children share them.
pub struct Known<'a> {
    fleet: &'a Fleet<'static>,
    records: Records,
    files: DeviceFiles,
    learned: Option<&'a LearnedStore>,
    now: UnixTime,
}

impl<'a> Known<'a> {
    /// As they are now.
    pub fn now(fleet: &'a Fleet<'static>, learned: Option<&'a LearnedStore>, now: UnixTime) -> Self {
        Known { fleet, records: Records::now(&fleet.devices), files: DeviceFiles::now(), learned, now }
    }

    /// What the device files say of them.
    pub fn files(&self) -> &DeviceFiles {
        &self.files
    }
}

impl Devices for Known<'_> {
    /// All three are gone through side by side, as looking for each device in the others would take much longer.
    fn each(&self, first: Mac, tell: &mut dyn FnMut(Mac, State) -> ControlFlow<()>) -> bool {
        let lists = self.files.current();
        let learned = self.learned.and_then(|store| store.list.current());
        let proven = learned.into_iter().flat_map(|view| LearnedList(view.words).devices_from(first));
        let mut seen = Ahead::of(self.records.from(first));
        let mut lines = Ahead::of(lists.lines_from(first));
        let mut proven = Ahead::of(proven.map(|mac| (mac, ())));
        while let Some(mac) = least([seen.mac(), lines.mac(), proven.mac()]) {
            let state = self.state(lines.take(mac), seen.take(mac), proven.take(mac).is_some());
            if tell(mac, state).is_break() {
                break;
            }
        }
        lists.are_whole() && learned.is_none_or(|view| view.is_whole())
    }

    fn device(&self, mac: Mac) -> Option<Device> {
        let known = self.fleet.devices.get(mac.bits());
        let line = self.files.line(mac);
        let is_proven = self.learned.and_then(|store| store.list.ask(|list| list.proven_by(mac) != 0)) == Some(true);
        if known.is_none() && line.is_none() && !is_proven {
            return None;
        }
        let exempt_until = match line {
            Some(Line::Exempt(until)) => Some(until),
            _ => None,
        };
        let unknown = Device {
            mac,
            state: self.state(line, known.as_ref().map(Seen::of), is_proven),
            first_seen: None,
            last_seen: None,
            proven_at: None,
            certificate_end: None,
            exempt_until,
            vendor: None,
            host: None,
            served: 0,
            refused: 0,
            last_refusal: None,
        };
        Some(match known {
            None => unknown,
            Some(known) => self.told(&known, unknown),
        })
    }
}

impl Known<'_> {
    /// The first state that matches, in their order: by its line, by what its record says, and by the learned file.
    fn state(&self, line: Option<Line>, seen: Option<Seen>, is_proven: bool) -> State {
        match (line, seen) {
            (Some(Line::Block), _) => State::Blocked,
            (Some(Line::Exempt(until)), _) if self.now <= until => State::Exempt,
            (_, Some(Seen::Refused)) => State::Refused,
            _ if is_proven => State::Proven,
            (_, Some(Seen::Shown)) => State::Ready,
            (line, Some(Seen::ByPassword)) if self.takes_password(line) => State::Password,
            (_, Some(Seen::ByPassword | Seen::Served)) => State::NotYet,
            (_, None) => State::NeverSeen,
        }
    }

    /// Whether a device's password is good for anything still.
    fn takes_password(&self, line: Option<Line>) -> bool {
        let own_end = |line| if let Line::Password(until) = line { Some(until) } else { None };
        self.now <= passwords_end() && line.and_then(own_end).is_none_or(|until| self.now <= until)
    }

    fn told(&self, known: &mtlsprotect_fleet::Device, unknown: Device) -> Device {
        let certificate = known.certificate;
        let prefix = || vendor_of(unknown.mac.oui()).map(|name| name.to_string_lossy().into_owned());
        let last_refusal = known.refusal.map(|refusal| DeviceRefusal {
            time: UnixTime::from_seconds(refusal.time.into()),
            verdict: verdict(refusal.verdict),
            reason: reason(refusal.reason),
            host: text(self.fleet.hosts, refusal.host).unwrap_or_default(),
        });
        Device {
            first_seen: moment(known.first_seen),
            last_seen: moment(known.last_seen),
            proven_at: moment(known.decided).filter(|_| known.roots != 0),
            certificate_end: moment(certificate.end),
            vendor: text(self.fleet.vendors, certificate.vendor).or_else(prefix),
            host: text(self.fleet.hosts, certificate.host),
            served: known.served,
            refused: known.refused,
            last_refusal,
            ..unknown
        }
    }
}
