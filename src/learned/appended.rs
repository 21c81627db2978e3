//! What was appended to the learned file lately for devices that have no place in the table of devices.

use crate::httpd::SharedTable;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::{Fingerprint, Mac};

/// Seconds until the parent has read on what was appended, as a rule. A device that is forgotten meanwhile is so after them,
/// and a line that the list doesn't have by then is tried again.
const UNTIL_READ: u64 = 30;

/// A proof that was appended.
pub struct Appended {
    /// The device.
    pub mac: Mac,
    /// SHA-256 of its certificate.
    pub leaf: Fingerprint,
    /// SHA-256 of the root.
    pub root: Fingerprint,
}

/// Some of these, for all children of one configuration: 62,400 at most.
pub struct AppendedLately(SharedTable);

impl AppendedLately {
    /// None yet.
    pub fn new() -> Self {
        AppendedLately(SharedTable::new())
    }

    /// Has a device count as proven until the list of the learned file says so. True where its line should be appended: that
    /// was not tried just now.
    pub fn add(&self, proof: &Appended, now: UnixTime) -> bool {
        let (now, leaf) = (unsigned(now), proof.leaf.first_bits());
        for by in [Some(&proof.root), None] {
            self.0.keep(device(proof.mac, by), [leaf, 0], now + UNTIL_READ, now);
        }
        let line = [proof.leaf.words(), proof.root.words()];
        let is_new = self.0.recall(line, now).is_none();
        if is_new {
            self.0.keep(line, [0; 2], now + UNTIL_READ, now);
        }
        is_new
    }

    /// The first 64 bits of the SHA-256 of the certificate by which a device has just proven itself, for this root or for
    /// any.
    pub fn proven_with(&self, mac: Mac, root: Option<&Fingerprint>, now: UnixTime) -> Option<u64> {
        self.0.recall(device(mac, root), unsigned(now)).map(|found| found.value[0])
    }
}

/// What a device is kept under: its MAC as a digest, so that devices spread over the table.
fn device(mac: Mac, root: Option<&Fingerprint>) -> [[u64; 4]; 2] {
    [Fingerprint::of(&mac.digits()).words(), root.map_or([0; 4], Fingerprint::words)]
}

fn unsigned(time: UnixTime) -> u64 {
    u64::try_from(time.seconds()).unwrap_or(0)
}
