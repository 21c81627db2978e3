//! Who is proven where a request is judged.

use crate::certificate::sender::Proof;
use crate::configuration::lists::ListTrust;
use crate::learned::store::LearnedStore;
use mtlsprotect_core::decision::Proven;
use mtlsprotect_core::{Fingerprint, Mac};
use std::fmt;

/// What is known of devices, for a request to a host with these lists. A proof counts by a root that they trust for the
/// device's prefix; in a host without lists, where nobody can prove anything, by any.
#[derive(Clone, Copy)]
pub struct ProvenHere<'r> {
    store: &'r LearnedStore,
    lists: Option<&'r ListTrust>,
    /// The first 64 bits of the SHA-256 of the certificate that came.
    leaf: Option<u64>,
}

impl<'r> ProvenHere<'r> {
    /// For a request that came with this proof.
    pub fn new(store: &'r LearnedStore, lists: Option<&'r ListTrust>, proof: &Proof<'_>) -> Self {
        let leaf = proof.certificate.as_ref().map(|certificate| certificate.fingerprint().words()[0]);
        ProvenHere { store, lists, leaf }
    }

    fn counts(&self, root: &Fingerprint, mac: Mac) -> bool {
        self.lists.is_none_or(|lists| lists.fleet.may_vouch(root, mac))
    }

    /// The numbers of the roots by which the file has a device proven, and that count here.
    fn by_file(&self, mac: Mac) -> impl Iterator<Item = u32> {
        let list = self.store.list();
        let bits = list.proven_by(mac);
        (0..u32::BITS).filter(move |number| {
            bits >> number & 1 == 1 && list.root(*number).is_some_and(|root| self.counts(&root, mac))
        })
    }
}

impl Proven for ProvenHere<'_> {
    fn is_proven(&self, mac: Mac) -> bool {
        self.by_file(mac).next().is_some()
    }

    fn was_proven_with_this(&self, mac: Mac) -> bool {
        let list = self.store.list();
        self.leaf.is_some_and(|leaf| self.by_file(mac).any(|root| list.was_proven_with(mac, root, leaf)))
    }
}

impl fmt::Debug for ProvenHere<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProvenHere({:?})", self.store)
    }
}
