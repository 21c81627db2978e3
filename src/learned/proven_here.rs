//! Who is proven where a request is judged.

use crate::certificate::sender::Proof;
use crate::configuration::lists::ListTrust;
use crate::learned::store::LearnedStore;
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::Proven;
use mtlsprotect_core::learned::ProvenByList;

/// What is known of devices, for a request: what the learned file says.
#[derive(Clone, Copy, Debug)]
pub struct ProvenHere<'r> {
    by_file: ProvenByList<'r>,
}

impl<'r> ProvenHere<'r> {
    /// For a request that came with this proof, to a host with these lists.
    pub fn new(store: &'r LearnedStore, lists: Option<&'r ListTrust>, proof: &Proof<'_>) -> Self {
        let leaf = proof.certificate.as_ref().map(|certificate| certificate.fingerprint().words()[0]);
        ProvenHere { by_file: ProvenByList { list: store.list(), vendors: lists.map(|lists| &lists.fleet), leaf } }
    }
}

impl Proven for ProvenHere<'_> {
    fn is_proven(&self, mac: Mac) -> bool {
        self.by_file.is_proven(mac)
    }

    fn was_proven_with_this(&self, mac: Mac) -> bool {
        self.by_file.was_proven_with_this(mac)
    }
}
