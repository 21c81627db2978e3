//! Devices that prove themselves: what the table of devices knows of it, and what is handed on of that.

use crate::certificate::credential::Credential;
use crate::certificate::sender::Proof;
use crate::fleet::numbers::HostFleet;
use crate::httpd::Request;
use crate::httpd::log::Level;
use crate::message::Number;
use crate::module::Mtlsprotect;
use crate::request::learned_line::{self, Provenance};
use crate::request::record::Record;
use mtlsprotect_core::Mac;
use mtlsprotect_fleet::{Certificate, Fleet, Proven, Refusal, Shown, seconds};

/// A device has come with its own certificate, which a list of the host vouches for: a proof, unless the device file keeps
/// the device out. (A device that is exempt comes without such a certificate.) The request is noted with it; false where it
/// is none, and nothing is noted.
pub fn shown(
    request: &Request<'_>,
    host: &HostFleet<'_>,
    record: &Record,
    mac: Mac,
    shown: &Credential,
    now: u32,
    refusal: Option<Refusal>,
) -> bool {
    if !record.proves {
        return false;
    }
    let &Credential { root: Some(root), vendor, leaf, place: Some(place) } = shown else { return false };
    let certificate = || Certificate { leaf, end: end_of(request, leaf), vendor, host: host.host };
    match host.fleet.devices.show(&Shown { mac: mac.bits(), now, root, leaf, place }, refusal, certificate) {
        Proven::Known | Proven::Forgotten => {}
        became => proven(request, host.fleet, mac, became),
    }
    true
}

/// When the certificate with these first 64 bits of its SHA-256 ends. To read that takes longer than all else that is noted.
#[cold]
fn end_of(request: &Request<'_>, leaf: u64) -> u32 {
    let proof = Proof::of(request).ok().filter(|proof| proof.leaf() == Some(leaf));
    proof.and_then(|proof| proof.end(request)).map_or(0, |end| seconds(end.seconds()))
}

/// A device has proven itself for a root anew, with a certificate that ends later, or without a place for it in the table:
/// it gets its line in the learned file, if there is one.
#[cold]
fn proven(request: &Request<'_>, fleet: &Fleet<'_>, mac: Mac, became: Proven) {
    if became == (Proven::Full { is_first: true }) {
        let text = "the table of devices is full: further devices are protected as before, but the status does not show \
                    them; set a larger MTLSProtectFleetSize";
        Number::FleetFull.says(text).log_for_request(request, Level::Warning);
    }
    let config = request.server().config::<Mtlsprotect>();
    let (Some(store), Some(lists)) = (config.directives.learned, config.trust) else { return };
    let Ok(proof) = Proof::of(request) else { return };
    let device = Provenance::of(request, &proof, lists);
    if let Some(device) = device.filter(|device| device.mac == mac) {
        learned_line::prove(store, fleet, &device, became);
    }
}
