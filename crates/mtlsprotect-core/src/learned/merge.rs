//! What one learned file lacks of others.

use super::line::Line;
use super::state::Learned;
use crate::fingerprint::Fingerprint;
use crate::mac::Mac;
use crate::time::UnixTime;
use std::collections::HashMap;

/// What a file lacks. Only what changes anything: a proof that is later than all that is known of the device's forgetting,
/// by a root, or with a certificate, that the file doesn't have; and the latest `forget` where it is later.
#[derive(Debug, Default)]
pub struct Lacking {
    /// By device and root: the time, and the first 64 bits of the certificate's SHA-256.
    proofs: HashMap<(Mac, Fingerprint), (UnixTime, u64)>,
    forgets: HashMap<Mac, UnixTime>,
}

/// What `own` lacks of all that `others` say.
pub fn lacking(own: &mut Learned, others: &mut Learned) -> Lacking {
    let later = |(mac, time): &(Mac, UnixTime)| own.forgotten(*mac).is_none_or(|known| known < *time);
    let forgets: HashMap<Mac, UnixTime> = others.forgets().filter(later).collect();
    let counts = |mac, time, forgotten: Option<UnixTime>| {
        forgotten.max(forgets.get(&mac).copied()).is_none_or(|forgotten| forgotten < time)
    };
    let mut proofs = HashMap::new();
    for proof in others.proofs() {
        if !counts(proof.mac, proof.time, own.forgotten(proof.mac)) {
            continue;
        }
        let mut known = own.proofs_of(proof.mac).filter(|known| known.root == proof.root);
        let is_known = known.any(|known| {
            let is_older = known.time < proof.time && known.leaf != proof.leaf;
            !is_older && forgets.get(&proof.mac).is_none_or(|&forgotten| forgotten < known.time)
        });
        if !is_known {
            proofs.insert((proof.mac, *proof.root), (proof.time, proof.leaf));
        }
    }
    Lacking { proofs, forgets }
}

impl Lacking {
    /// Whether a line of the others is one of those that are lacking; each once.
    pub fn take(&mut self, line: &Line<'_>) -> bool {
        match line {
            Line::Forget { mac, time } => {
                let is_it = self.forgets.get(mac) == Some(time);
                is_it && self.forgets.remove(mac).is_some()
            }
            Line::Proof(proof) => {
                let key = (proof.mac, proof.root);
                let is_it = self.proofs.get(&key) == Some(&(proof.time, proof.leaf.first_bits()));
                is_it && self.proofs.remove(&key).is_some()
            }
        }
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.proofs.is_empty() && self.forgets.is_empty()
    }
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;
