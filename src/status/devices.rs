//! The devices, as the status shows them.

use crate::status::device_list::{self, Line};
use crate::status::gather::{moment, reason, text, verdict};
use crate::status::learned;
use mtlsprotect_core::Mac;
use mtlsprotect_core::built_in::vendor_of;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_fleet::Fleet;
use mtlsprotect_status::device::{Device, DeviceRefusal, Devices, State};

/// The table of devices at a moment.
pub struct Known<'a> {
    /// The block that has it.
    pub fleet: &'a Fleet<'static>,
    /// When.
    pub now: UnixTime,
}

impl Devices for Known<'_> {
    fn each(&self, tell: &mut dyn FnMut(Mac, State)) {
        for device in self.fleet.devices.all() {
            let mac = Mac::from_bits(device.mac);
            tell(mac, self.state(mac, Some(&device)));
        }
        device_list::each(&mut |mac| {
            if self.fleet.devices.get(mac.bits()).is_none() {
                tell(mac, self.state(mac, None));
            }
        });
    }

    fn device(&self, mac: Mac) -> Option<Device> {
        let known = self.fleet.devices.get(mac.bits());
        let line = device_list::line(mac);
        if known.is_none() && line.is_none() {
            return None;
        }
        let state = self.state(mac, known.as_ref());
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
    /// The first state that matches, in their order.
    fn state(&self, mac: Mac, known: Option<&mtlsprotect_fleet::Device>) -> State {
        match device_list::line(mac) {
            Some(Line::Block) => return State::Blocked,
            Some(Line::Exempt(until)) if self.now <= until => return State::Exempt,
            _ => {}
        }
        let Some(known) = known else { return if learned::has(mac) { State::Proven } else { State::NeverSeen } };
        let refusal = known.refusal.filter(|refusal| refusal.is_by_itself);
        if refusal.is_some_and(|refusal| refusal.time >= known.last_seen) {
            return State::Refused;
        }
        match (learned::has(mac), known.roots) {
            (true, _) => State::Proven,
            (false, 0) => State::NotYet,
            (false, _) => State::Ready,
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
}
