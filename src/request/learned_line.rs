//! Adds a device that has proven itself to the learned file.

use crate::certificate::sender::Proof;
use crate::configuration::lists::ListTrust;
use crate::httpd::{PoolStr, Request};
use crate::learned::{Appended, LearnedStore, lacking};
use mtlsprotect_core::decision::Sender;
use mtlsprotect_core::learned::{LearnedList, Line, ProofLine, written};
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::{Fingerprint, Mac};
use mtlsprotect_fleet::{Fleet, Proven, seconds};

/// A device's proof, as a request brought it: its sender was the device, trusted by a list for its own prefix.
#[derive(Clone, Copy, Debug)]
pub struct Provenance<'a> {
    /// The device.
    pub mac: Mac,
    /// The vendor whose list vouched for it; empty for none.
    pub vendor: &'a [u8],
    /// SHA-256 of its certificate.
    pub leaf: Fingerprint,
    /// SHA-256 of the root.
    pub root: Fingerprint,
    /// When the request came.
    pub now: UnixTime,
}

impl<'a> Provenance<'a> {
    /// What the sender of a request to a host with these lists has proven, if it is a device: trusted, by a list for its own
    /// prefix. Only a certificate that came by TLS, to us or to a balancer of the host, does that, and no exemption.
    pub fn of(request: &Request<'_>, proof: &'a Proof<'_>, lists: &ListTrust) -> Option<Self> {
        let Sender::Device(mac) = proof.sender else { return None };
        let vendor = proof.vendor.as_ref().map_or(&b""[..], PoolStr::as_bytes);
        let root = lists.vendors.roots().get(proof.root?)?.fingerprint;
        let now = UnixTime::from_seconds(request.time());
        Some(Provenance { mac, vendor, leaf: proof.fingerprint(request)?, root, now })
    }
}

/// Appends a device's line if it is this process that should: the table of devices tells one of several that a proof is new.
/// What the file says already is not said again, after a restart for example, when the table is empty. Devices without a
/// place in the table are kept apart by what was appended lately, so that a few of them may be there twice. A line that
/// can't be written is tried again when the device comes half a minute later.
pub fn prove(store: &LearnedStore, fleet: &Fleet<'_>, device: &Provenance<'_>, known: Proven) {
    match known {
        Proven::Known | Proven::Forgotten => {}
        Proven::New | Proven::Renewed | Proven::Unwritten => write(store, fleet, device, known),
        _ if is_in_file(store, device) => {}
        Proven::Full { .. } | Proven::Outdated => {
            let &Provenance { mac, leaf, root, .. } = device;
            // Its request may have begun long ago.
            if store.appended.add(&Appended { mac, leaf, root }, UnixTime::now()) {
                append(store, device);
            }
        }
    }
}

/// Appends the line of a device with a place in the table, and has the table know what is left: the line itself, or that of
/// another root, which only a request by that root can bring.
fn write(store: &LearnedStore, fleet: &Fleet<'_>, device: &Provenance<'_>, known: Proven) {
    let (devices, mac, now) = (&fleet.devices, device.mac.bits(), seconds(device.now.seconds()));
    let is_in_file = is_in_file(store, device);
    if !is_in_file && !append(store, device) {
        devices.unwritten(mac, now);
    } else if !lacks_others(store, fleet, device) {
        devices.written(mac);
    } else if is_in_file && known == Proven::Unwritten {
        // It has taken the other's turn.
        devices.lacks_line(mac, now);
    }
}

/// Whether the file lacks a proof of the device by another root.
fn lacks_others(store: &LearnedStore, fleet: &Fleet<'_>, device: &Provenance<'_>) -> bool {
    let lacks = |list: LearnedList<'_>| lacking(list, fleet, device.mac).any(|root| root != device.root);
    store.list.ask(lacks).unwrap_or(false)
}

fn is_in_file(store: &LearnedStore, device: &Provenance<'_>) -> bool {
    let leaf = device.leaf.first_bits();
    let has = |list: LearnedList<'_>| {
        list.number_of(&device.root).is_some_and(|root| list.was_proven_with(device.mac, root, leaf))
    };
    store.list.ask(has).unwrap_or(false)
}

fn append(store: &LearnedStore, device: &Provenance<'_>) -> bool {
    let &Provenance { mac, vendor, leaf, root, now: time } = device;
    store.append(&written([Line::Proof(ProofLine { mac, time, vendor, leaf, root })]))
}
