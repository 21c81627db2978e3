//! The CA lists of a host, ready to judge.

use crate::fleet::numbers::ListNumbers;
use crate::httpd::{Judges, Pool, PoolStr, Server, SharedSet, SharedStore, SharedTable};
use mtlsprotect_core::forwarded::TextDigest;
use mtlsprotect_core::vendors::Vendors;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// CA lists ready to judge, shared by all hosts with the same settings.
pub struct ListTrust {
    /// What judges.
    pub vendors: Vendors,
    /// Whether a vendor has `mode=learn`.
    pub learns: bool,
    /// The vendors' names, in the order of [`Vendors::members`]; none for the plain list.
    pub vendor_names: Vec<Option<PoolStr>>,
    /// Intermediates that the lists lack and the log has named.
    pub named: SharedSet,
    /// Prefixes that no vendor lists and the log has named.
    pub new_prefixes: SharedSet,
    /// The trusted certificates of all lists.
    pub phones: Arc<SharedTable>,
    /// The numbers of vendors and roots in the shared memory of the fleet, once the server is to serve; none without it.
    pub numbers: OnceLock<ListNumbers>,
    /// By which answers are found in `phones`, to what balancers pass on and to most handshakes. Children have it from their
    /// parent.
    pub digest: TextDigest,
    /// Intermediates that came with what balancers passed on and that the lists lack, where there are balancers.
    pub chains: OnceLock<SharedStore>,
    /// How it judges the handshakes of hosts, by their addresses.
    handshakes_of: Mutex<HashMap<usize, Judges>>,
}

impl ListTrust {
    /// Lists that judge no handshakes yet.
    pub fn new(vendors: Vendors, phones: Arc<SharedTable>, pool: Pool<'_>) -> Self {
        let name = |name: &str| pool.string(name.as_bytes());
        ListTrust {
            vendor_names: vendors.members().iter().map(|member| member.name().map(name)).collect(),
            learns: vendors.learn(),
            vendors,
            named: SharedSet::new(),
            new_prefixes: SharedSet::new(),
            phones,
            numbers: OnceLock::new(),
            digest: TextDigest::new([0, 1].map(|number| RandomState::new().hash_one(number))),
            chains: OnceLock::new(),
            handshakes_of: Mutex::default(),
        }
    }

    /// Makes room for what balancers won't send again.
    pub fn keep_chains(&self) {
        self.chains.get_or_init(SharedStore::new);
    }

    /// Has the handshakes of a host judged by these lists.
    pub fn judge_handshakes_of(&self, server: Server<'_>, judges: Judges) {
        self.handshakes_of().insert(server.addr(), judges);
    }

    /// How the handshakes of a host are judged by these lists, if they are.
    pub fn judges_handshakes_of(&self, server: Server<'_>) -> Option<Judges> {
        self.handshakes_of().get(&server.addr()).copied()
    }

    /// Whether the handshakes of any host are.
    pub fn judges_handshakes(&self) -> bool {
        !self.handshakes_of().is_empty()
    }

    fn handshakes_of(&self) -> MutexGuard<'_, HashMap<usize, Judges>> {
        self.handshakes_of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
