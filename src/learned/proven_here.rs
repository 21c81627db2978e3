//! Who is proven where a request is judged.

use crate::certificate::sender::Proof;
use crate::configuration::config::ServerConfig;
use mtlsprotect_core::decision::Proven;
use mtlsprotect_core::{Fingerprint, Mac};
use std::fmt;

/// What is known of devices, for a request to a host: by the learned file, and by the table of devices, which knows those
/// that have proven themselves since it was read. A proof counts by a root that the host's lists trust for the device's
/// prefix; in a host without lists, where nobody can prove anything, by any.
#[derive(Clone, Copy)]
pub struct ProvenHere<'r> {
    host: &'r ServerConfig<'r>,
    /// The first 64 bits of the SHA-256 of the certificate that came.
    leaf: Option<u64>,
}

impl<'r> ProvenHere<'r> {
    /// For a request to a host that came with this proof.
    pub fn new(host: &'r ServerConfig<'r>, proof: &Proof<'_>) -> Self {
        let leaf = proof.certificate.as_ref().map(|certificate| certificate.fingerprint().words()[0]);
        ProvenHere { host, leaf }
    }

    /// For a request whose certificate doesn't matter.
    pub fn at(host: &'r ServerConfig<'r>) -> Self {
        ProvenHere { host, leaf: None }
    }

    fn counts(&self, root: &Fingerprint, mac: Mac) -> bool {
        self.host.trust.is_none_or(|lists| lists.fleet.may_vouch(root, mac))
    }

    /// The numbers of the roots by which the file has a device proven, and that count here.
    fn by_file(&self, mac: Mac) -> impl Iterator<Item = u32> {
        let list = self.host.directives.learned.map(|store| store.list());
        let bits = list.as_ref().map_or(0, |list| list.proven_by(mac));
        (0..u32::BITS).filter(move |number| {
            let root = || list.as_ref()?.root(*number);
            bits >> number & 1 == 1 && root().is_some_and(|root| self.counts(&root, mac))
        })
    }

    /// Whether the table has a device proven by a root that counts here.
    fn is_in_table(&self, mac: Mac) -> bool {
        let Some(held) = self.host.fleet else { return false };
        let by = held.fleet.devices.proven_by(mac.bits());
        let Some(lists) = self.host.trust.filter(|_| by != 0) else { return by != 0 };
        let Some(numbers) = lists.numbers.get() else { return false };
        let mut roots = lists.fleet.roots().iter().zip(&numbers.roots);
        roots.any(|(root, number)| {
            number.is_some_and(|number| number.bit() & by != 0) && lists.fleet.may_prove(root, mac)
        })
    }
}

impl Proven for ProvenHere<'_> {
    fn is_proven(&self, mac: Mac) -> bool {
        self.is_in_table(mac) || self.by_file(mac).next().is_some()
    }

    fn was_proven_with_this(&self, mac: Mac) -> bool {
        let (Some(leaf), Some(store)) = (self.leaf, self.host.directives.learned) else { return false };
        let is_in_table = || self.host.fleet.is_some_and(|held| held.fleet.devices.was_proven_with(mac.bits(), leaf));
        let list = store.list();
        self.by_file(mac).any(|root| list.was_proven_with(mac, root, leaf)) || self.is_in_table(mac) && is_in_table()
    }
}

impl fmt::Debug for ProvenHere<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProvenHere({:?})", self.host.directives.learned)
    }
}
