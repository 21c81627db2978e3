//! Devices that prove themselves: what the table of devices knows of it, and what is handed on of that.

use crate::configuration::config::ServerConfig;
use crate::fleet::numbers::HostFleet;
use crate::httpd::Request;
use crate::httpd::log::Level;
use crate::message::Number;
use crate::module::Mtlsprotect;
use crate::request::record::{Record, Shown};
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::{Reason, Verdict};
use mtlsprotect_fleet::{Certificate, Proof, Proven};

/// A device has come with its own certificate, which a list of the host vouches for: a proof, unless the device file keeps
/// the device out. (A device that is exempt comes without such a certificate.)
pub fn shown(request: &Request<'_>, host: &HostFleet<'_>, record: &Record, mac: Mac, shown: &Shown, now: u32) {
    if matches!(record.verdict, Verdict::Deny(Reason::BlockedDevice | Reason::UnknownDevice)) {
        return;
    }
    let list = request.server().config::<Mtlsprotect>().trust;
    let Some(numbers) = list.and_then(|list| list.numbers.get()) else { return };
    let Some(root) = numbers.roots.get(shown.root).copied().flatten() else { return };
    let vendor = record.list.and_then(|list| numbers.vendors.get(usize::from(list)).copied()).unwrap_or(0);
    let certificate = Certificate { leaf: shown.leaf, end: shown.end, vendor, host: host.host };
    let proof = Proof { mac: mac.bits(), now, root, certificate, is_listed: false };
    match host.fleet.devices.prove(&proof) {
        Proven::Known | Proven::Forgotten => {}
        became => proven(request, record, mac, shown, became),
    }
}

/// A device has proven itself for a root anew, with a certificate that ends later, or without room for it in the table: once
/// for each of them, of all children.
///
/// Here `MTLSProtectLearnedFile` gets its line: who it is, by which root (`shown.root`) and with which certificate. A proof
/// for which there is no room ([`Proven::Full`]) comes with each request: whether the file has it, the learned list knows.
#[cold]
fn proven(request: &Request<'_>, record: &Record, mac: Mac, shown: &Shown, became: Proven) {
    let _ = (record, mac, shown);
    if became == (Proven::Full { is_first: true }) {
        let text = "the table of devices is full: what is known of further ones is forgotten again, nothing else changes; set \
                    a larger MTLSProtectFleetSize";
        Number::FleetFull.says(text).log_for_request(request, Level::Warning);
    }
}

/// Whether a device has proven itself for a host: by a root that the host's list has, for the device's prefix.
///
/// Proven is also whom the learned list knows, which has room for more devices than the table: to be asked here.
pub fn is_proven(config: &ServerConfig<'_>, mac: Mac) -> bool {
    let (Some(host), Some(list)) = (config.fleet, config.trust) else { return false };
    let by = host.fleet.devices.proven_by(mac.bits()) & host.roots;
    let Some(numbers) = list.numbers.get().filter(|_| by != 0) else { return false };
    let mut roots = list.fleet.roots().iter().zip(&numbers.roots);
    roots.any(|(root, number)| number.is_some_and(|number| number.bit() & by != 0) && list.fleet.may_prove(root, mac))
}
