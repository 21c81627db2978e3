//! Adds a device that has proven itself to the learned file.

use crate::certificate::sender::Proof;
use crate::configuration::lists::ListTrust;
use crate::httpd::{PoolStr, Request};
use crate::learned::{Appended, LearnedStore};
use mtlsprotect_core::decision::Sender;
use mtlsprotect_core::learned::{LearnedList, Line, ProofLine, written};
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::{Fingerprint, Mac};
use mtlsprotect_fleet::{Devices, Proven, seconds};

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
        let root = lists.fleet.roots().get(proof.root?)?.fingerprint;
        let now = UnixTime::from_seconds(request.time());
        Some(Provenance { mac, vendor, leaf: proof.fingerprint(request)?, root, now })
    }
}

/// Appends a device's line if it is this process that should: the table of devices tells one of several that a proof is new.
/// What the file says already is not said again, after a restart for example, when the table is empty. Devices without a
/// place in the table are kept apart by what was appended lately, so that a few of them may be there twice. A line that
/// can't be written is tried again when the device comes half a minute later.
pub fn prove(store: &LearnedStore, devices: &Devices<'_>, device: &Provenance<'_>, known: Proven) {
    match known {
        Proven::Known | Proven::Forgotten => {}
        _ if is_in_file(store, device) => {}
        Proven::New | Proven::Renewed | Proven::Unwritten => {
            let mac = device.mac.bits();
            if append(store, device) {
                devices.written(mac);
            } else {
                devices.unwritten(mac, seconds(device.now.seconds()));
            }
        }
        Proven::Full { .. } | Proven::Outdated => {
            let &Provenance { mac, leaf, root, .. } = device;
            // Its request may have begun long ago.
            if store.appended.add(&Appended { mac, leaf, root }, UnixTime::now()) {
                append(store, device);
            }
        }
    }
}

fn is_in_file(store: &LearnedStore, device: &Provenance<'_>) -> bool {
    let leaf = device.leaf.first_bits();
    let has = |list: LearnedList<'_>| {
        let mut roots = (0..u32::BITS).filter(|&number| list.root(number) == Some(device.root));
        roots.any(|root| list.was_proven_with(device.mac, root, leaf))
    };
    store.list.ask(has).unwrap_or(false)
}

fn append(store: &LearnedStore, device: &Provenance<'_>) -> bool {
    let &Provenance { mac, vendor, leaf, root, now: time } = device;
    store.append(&written([Line::Proof(ProofLine { mac, time, vendor, leaf, root })]))
}
