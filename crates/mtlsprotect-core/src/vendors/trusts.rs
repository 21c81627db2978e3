//! Lists that several virtual hosts have.

use crate::fingerprint::Fingerprint;
use crate::time::UnixTime;
use crate::trust::ca_list::CaList;
use crate::trust::criteria::Criteria;
use crate::trust::device_trust::{DeviceTrust, trust_id};
use crate::trust::revocation::Revocations;
use std::collections::HashMap;
use std::sync::Arc;

/// Lists that are ready to judge, so that hosts whose vendors have the same CAs and criteria share them.
#[derive(Default)]
pub struct Trusts {
    /// By the digest of all that an answer depends on. A list's warnings depend on its files too: it is kept, so that
    /// its address is not reused.
    ready: HashMap<(usize, Fingerprint), (Arc<CaList>, Arc<DeviceTrust>)>,
}

impl Trusts {
    /// A list that is ready: one that another host has got ready already, where everything is the same.
    pub(in crate::vendors) fn ready(
        &mut self,
        list: &Arc<CaList>,
        revocations: &Arc<Revocations>,
        criteria: Criteria,
        now: UnixTime,
    ) -> Result<Arc<DeviceTrust>, String> {
        let key = (Arc::as_ptr(list).addr(), trust_id(list, &criteria, revocations));
        if let Some((_, trust)) = self.ready.get(&key) {
            return Ok(Arc::clone(trust));
        }
        let trust = Arc::new(DeviceTrust::beside(Arc::clone(list), Arc::clone(revocations), criteria, now)?);
        self.ready.insert(key, (Arc::clone(list), Arc::clone(&trust)));
        Ok(trust)
    }
}
