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
use mtlsprotect_fleet::{Certificate, Proof, Proven, Refusal};

/// A device has come with its own certificate, which a list of the host vouches for: a proof, unless the device file keeps
/// the device out. (A device that is exempt comes without such a certificate.) The request is noted with it; false where it
/// is none, and nothing is noted.
pub fn shown(
    request: &Request<'_>,
    host: &HostFleet<'_>,
    record: &Record,
    mac: Mac,
    shown: &Shown,
    now: u32,
    refusal: Option<Refusal>,
) -> bool {
    if matches!(record.verdict, Verdict::Deny(Reason::BlockedDevice | Reason::UnknownDevice)) {
        return false;
    }
    let list = request.server().config::<Mtlsprotect>().trust;
    let Some(numbers) = list.and_then(|list| list.numbers.get()) else { return false };
    let Some(root) = numbers.roots.get(usize::from(shown.root)).copied().flatten() else { return false };
    let vendor = record.list.and_then(|list| numbers.vendors.get(usize::from(list)).copied()).unwrap_or(0);
    let certificate = Certificate { leaf: shown.leaf, end: shown.end, vendor, host: host.host };
    let proof = Proof { mac: mac.bits(), now, root, certificate, is_listed: false };
    match host.fleet.devices.show(&proof, refusal) {
        Proven::Known | Proven::Forgotten => {}
        became => proven(request, record, &proof, became),
    }
    true
}

/// A device has proven itself for a root anew ([`Proven::New`]) or with a certificate that ends later ([`Proven::Renewed`]):
/// once of all children. Or there is no room for that in the table ([`Proven::Full`]): with each of its requests.
///
/// Here `MTLSProtectLearnedFile` gets its line. The digests that it needs are those of `Proof::of(request)`'s certificate
/// and, at `record.shown`'s index, of `Vendors::roots`; whether the file has a device for which the table has no room, the
/// learned list knows.
#[cold]
fn proven(request: &Request<'_>, record: &Record, proof: &Proof, became: Proven) {
    let _ = (record, proof);
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
