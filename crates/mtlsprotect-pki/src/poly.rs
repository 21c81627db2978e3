//! A PKI of Poly's shape, with our own keys.

use std::sync::OnceLock;

use crate::{Authority, Certificate, Identity, Key, Subject};

/// Root, policy and two issuing CAs, as Poly has them; every name starts with "TEST ".
#[derive(Clone)]
pub struct Poly {
    /// The self-signed root.
    pub root: Authority,
    /// The policy CA below it.
    pub policy: Authority,
    /// The first issuing CA, which issues [`Poly::phone`].
    pub issuing1: Authority,
    /// The second issuing CA.
    pub issuing2: Authority,
}

impl Poly {
    /// A PKI of P-256 keys.
    pub fn new() -> Poly {
        Poly::with_key(Key::P256)
    }

    /// A PKI whose CAs have keys of this kind: `Key::Rsa(4096)` is what Poly has.
    pub fn with_key(key: Key) -> Poly {
        let root = Certificate::ca("TEST Polycom Root CA").key(key).issue_authority();
        let policy = root.ca("TEST Polycom Equipment Policy CA").key(key).issue_authority();
        let issuing = |number| {
            policy.ca(format!("TEST Polycom Equipment Issuing CA {number}").as_str()).key(key).issue_authority()
        };
        Poly { issuing1: issuing(1), issuing2: issuing(2), root, policy }
    }

    /// One PKI that all tests of a process share.
    pub fn shared() -> &'static Poly {
        static SHARED: OnceLock<Poly> = OnceLock::new();
        SHARED.get_or_init(Poly::new)
    }

    /// A phone: `O=Polycom Inc., CN=<MAC in upper case>`.
    pub fn phone(&self, mac: &str) -> Identity {
        self.leaf(Subject::poly(mac)).issue()
    }

    /// A leaf below the first issuing CA, to be adjusted before it is issued.
    pub fn leaf(&self, subject: impl Into<Subject>) -> Certificate {
        self.issuing1.leaf(subject)
    }

    /// All four CAs as PEM: the list an operator should load.
    pub fn bundle_pem(&self) -> Vec<u8> {
        [&self.root, &self.policy, &self.issuing1, &self.issuing2]
            .iter()
            .flat_map(|authority| authority.pem())
            .collect()
    }

    /// The root alone as PEM: a list that relies on what phones send.
    pub fn root_pem(&self) -> Vec<u8> {
        self.root.pem()
    }
}

impl Default for Poly {
    fn default() -> Poly {
        Poly::new()
    }
}
