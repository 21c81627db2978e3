//! A CA: whoever signs certificates, entitled or not.

use openssl::pkey::{PKey, Private};
use openssl::x509::X509;

use crate::{Certificate, Identity, Subject};

/// A key and a certificate that sign others.
#[derive(Clone)]
pub struct Authority {
    /// The signing key.
    pub key: PKey<Private>,
    /// Its certificate.
    pub cert: X509,
    /// The certificates above it, the root left out.
    above: Vec<X509>,
}

impl Authority {
    /// A self-signed root with this CN.
    pub fn root(cn: &str) -> Authority {
        Certificate::ca(cn).issue_authority()
    }

    /// A CA below this one.
    pub fn issue_ca(&self, cn: &str) -> Authority {
        self.ca(cn).issue_authority()
    }

    /// A CA below this one, to be adjusted before it is issued.
    pub fn ca(&self, subject: impl Into<Subject>) -> Certificate {
        Certificate::ca(subject).issuer(self)
    }

    /// A leaf below this CA, to be adjusted before it is issued.
    pub fn leaf(&self, subject: impl Into<Subject>) -> Certificate {
        Certificate::leaf(subject).issuer(self)
    }

    /// A proper device certificate with this CN.
    pub fn device(&self, cn: &str) -> Identity {
        self.leaf(cn).issue()
    }

    /// This CA's own certificate used as a client's.
    pub fn as_identity(&self) -> Identity {
        Identity { key: self.key.clone(), cert: self.cert.clone(), chain: self.above.clone() }
    }

    /// The certificate as PEM.
    pub fn pem(&self) -> Vec<u8> {
        self.cert.to_pem().expect("a certificate can be written as PEM")
    }

    /// What a leaf of this CA sends along: this CA and those above it, the root left out.
    pub fn chain(&self) -> Vec<X509> {
        let mut chain = Vec::new();
        if self.name_der() != name(self.cert.issuer_name()) {
            chain.push(self.cert.clone());
            chain.extend(self.above.iter().cloned());
        }
        chain
    }

    pub(super) fn name_der(&self) -> Vec<u8> {
        name(self.cert.subject_name())
    }
}

/// Whoever has a key can sign, even a phone.
impl From<&Identity> for Authority {
    fn from(identity: &Identity) -> Authority {
        Authority { key: identity.key.clone(), cert: identity.cert.clone(), above: identity.chain.clone() }
    }
}

fn name(name: &openssl::x509::X509NameRef) -> Vec<u8> {
    name.to_der().expect("a name can be written as DER")
}
