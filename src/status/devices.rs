//! The devices, as the status shows them.

use crate::configuration::startup::passwords_end;
use crate::status::device_list::{DeviceFiles, Line};
use crate::status::gather::{moment, reason, text, verdict};
use crate::status::learned;
use mtlsprotect_core::Mac;
use mtlsprotect_core::built_in::vendor_of;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_fleet::Fleet;
use mtlsprotect_status::device::{Device, DeviceRefusal, Devices, State};

/// The devices at a moment: those of the table, and those that the device files list.
pub struct Known<'a> {
    fleet: &'a Fleet<'static>,
    files: DeviceFiles,
    now: UnixTime,
}

impl<'a> Known<'a> {
    /// As they are now.
    pub fn now(fleet: &'a Fleet<'static>, now: UnixTime) -> Self {
        Known { fleet, files: DeviceFiles::now(), now }
    }

    /// What the device files say of them.
    pub fn files(&self) -> &DeviceFiles {
        &self.files
    }
}

impl Devices for Known<'_> {
    /// By MAC. Both are gone through side by side, as looking for each line's record would take much longer.
    fn each(&self, tell: &mut dyn FnMut(Mac, State)) {
        let records = self.fleet.devices.all();
        let mut seen: Vec<(Mac, State)> =
            records.map(|device| (Mac::from_bits(device.mac), self.state_of_record(&device))).collect();
        seen.sort_unstable_by_key(|&(mac, _)| mac);
        let mut seen = seen.into_iter().peekable();
        for &(mac, line) in self.files.lines() {
            while let Some((other, state)) = seen.next_if(|&(other, _)| other < mac) {
                tell(other, state);
            }
            let known = seen.next_if(|&(other, _)| other == mac).map(|(_, state)| state);
            tell(mac, self.state(mac, Some(line), known));
        }
        seen.for_each(|(mac, state)| tell(mac, state));
    }

    fn device(&self, mac: Mac) -> Option<Device> {
        let known = self.fleet.devices.get(mac.bits());
        let line = self.files.line(mac);
        if known.is_none() && line.is_none() {
            return None;
        }
        let state = self.state(mac, line, known.as_ref().map(|known| self.state_of_record(known)));
        let exempt_until = match line {
            Some(Line::Exempt(until)) => Some(until),
            _ => None,
        };
        let unknown = Device {
            mac,
            state,
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
    /// The first state that matches, in their order: by its line, and by what its record says.
    fn state(&self, mac: Mac, line: Option<Line>, known: Option<State>) -> State {
        match line {
            Some(Line::Block) => State::Blocked,
            Some(Line::Exempt(until)) if self.now <= until => State::Exempt,
            // Its password is not good for anything any more.
            Some(Line::Password(until)) if self.now > until && known == Some(State::Password) => State::NotYet,
            _ => known.unwrap_or_else(|| if learned::has(mac) { State::Proven } else { State::NeverSeen }),
        }
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

    /// How far a device is, whatever the device files say of it.
    fn state_of_record(&self, device: &mtlsprotect_fleet::Device) -> State {
        let refusal = device.refusal.filter(|refusal| refusal.is_by_itself);
        if refusal.is_some_and(|refusal| refusal.time >= device.last_seen) {
            return State::Refused;
        }
        match (learned::has(Mac::from_bits(device.mac)), device.roots) {
            (true, _) => State::Proven,
            (false, 0) if device.is_by_password && self.now <= passwords_end() => State::Password,
            (false, 0) => State::NotYet,
            (false, _) => State::Ready,
        }
    }
}
