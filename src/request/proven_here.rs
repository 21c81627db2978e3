//! Who is proven where a request is judged.

use crate::certificate::sender::Proof;
use crate::configuration::config::ServerConfig;
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::Proven;
use mtlsprotect_core::learned::{LearnedList, ProvenByList};
use mtlsprotect_core::time::UnixTime;

/// What is known of devices, for a request to a host: by the learned file, and by the table of devices, which knows those
/// that have proven themselves since it was read, or what was appended lately for those without a place there. A proof
/// counts by a root that the host's lists trust for the device's prefix; in a host without lists, where nobody can prove
/// anything, by any.
#[derive(Clone, Copy)]
pub struct ProvenHere<'r> {
    host: &'r ServerConfig<'r>,
    by_file: Option<ProvenByList<'r>>,
}

impl<'r> ProvenHere<'r> {
    /// For a request to a host that came with this proof, by this list of the learned file.
    pub fn new(host: &'r ServerConfig<'r>, list: LearnedList<'r>, proof: &Proof<'_>) -> Self {
        Self::with(host, Some(list), proof.leaf())
    }

    /// For a request whose certificate doesn't matter.
    pub fn at(host: &'r ServerConfig<'r>) -> Self {
        let view = host.directives.learned.and_then(|store| store.list.current());
        Self::with(host, view.map(|view| LearnedList(view.words)), None)
    }

    fn with(host: &'r ServerConfig<'r>, list: Option<LearnedList<'r>>, leaf: Option<u64>) -> Self {
        let vendors = host.trust.map(|lists| &lists.vendors);
        let by_file = list.map(|list| ProvenByList { list, vendors, leaf });
        ProvenHere { host, by_file }
    }

    /// Whether the table has a device proven by a root that counts here.
    fn is_in_table(&self, mac: Mac) -> bool {
        let Some(held) = self.host.fleet else { return false };
        let by = held.fleet.devices.proven_by(mac.bits());
        let Some(lists) = self.host.trust.filter(|_| by != 0) else { return by != 0 };
        let Some(numbers) = lists.numbers.get() else { return false };
        let mut roots = lists.vendors.roots().iter().zip(&numbers.roots);
        roots.any(|(root, number)| {
            number.is_some_and(|number| number.bit() & by != 0) && lists.vendors.may_prove(root, mac)
        })
    }

    /// The certificates, by the first 64 bits of their SHA-256, by which a device has just proven itself for roots that count
    /// here.
    fn just_proven_with(&self, mac: Mac) -> impl Iterator<Item = u64> {
        let appended = self.host.directives.learned.map(|store| &store.appended);
        let now = UnixTime::now();
        let roots = self.host.trust.map(|lists| {
            let roots = lists.vendors.roots().iter().filter(move |root| lists.vendors.may_prove(root, mac));
            roots.map(|root| Some(&root.fingerprint))
        });
        let any = roots.is_none().then_some(None);
        let by = roots.into_iter().flatten().chain(any);
        by.filter_map(move |root| appended?.proven_with(mac, root, now))
    }
}

impl Proven for ProvenHere<'_> {
    fn is_proven(&self, mac: Mac) -> bool {
        self.is_in_table(mac)
            || self.by_file.is_some_and(|file| file.is_proven(mac))
            || self.just_proven_with(mac).next().is_some()
    }

    fn was_proven_with_this(&self, mac: Mac) -> bool {
        let Some(file) = self.by_file else { return false };
        let devices = self.host.fleet.map(|held| &held.fleet.devices);
        let is_tables = |leaf| devices.is_some_and(|devices| devices.was_proven_with(mac.bits(), leaf));
        file.was_proven_with_this(mac)
            || self.is_in_table(mac) && file.leaf.is_some_and(is_tables)
            || self.just_proven_with(mac).any(|leaf| file.leaf == Some(leaf))
    }
}

impl std::fmt::Debug for ProvenHere<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ProvenHere({:?})", self.by_file)
    }
}
