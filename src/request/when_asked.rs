//! Who has proven itself, looked up once a refusal or an exemption depends on it: most requests are neither.

use crate::certificate::sender::Proof;
use crate::configuration::config::ServerConfig;
use crate::request::proven_here::ProvenHere;
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::Proven;
use mtlsprotect_core::learned::LearnedList;
use std::cell::OnceCell;
use std::fmt;

/// [`ProvenHere`], made at the first question.
pub struct WhenAsked<'a, 'r> {
    host: &'r ServerConfig<'r>,
    list: LearnedList<'r>,
    proof: &'a Proof<'r>,
    made: OnceCell<ProvenHere<'r>>,
}

impl<'a, 'r> WhenAsked<'a, 'r> {
    /// For a request to a host that came with this proof, by this list of the learned file.
    pub fn new(host: &'r ServerConfig<'r>, list: LearnedList<'r>, proof: &'a Proof<'r>) -> Self {
        WhenAsked { host, list, proof, made: OnceCell::new() }
    }

    #[cold]
    fn here(&self) -> &ProvenHere<'r> {
        self.made.get_or_init(|| ProvenHere::new(self.host, self.list, self.proof))
    }
}

impl Proven for WhenAsked<'_, '_> {
    fn is_proven(&self, mac: Mac) -> bool {
        self.here().is_proven(mac)
    }

    fn was_proven_with_this(&self, mac: Mac) -> bool {
        self.here().was_proven_with_this(mac)
    }
}

impl fmt::Debug for WhenAsked<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.made.fmt(f)
    }
}
