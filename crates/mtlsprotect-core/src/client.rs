//! A client certificate with all that came with it.

use crate::certificate::{Sha256, fingerprint};
use openssl::error::ErrorStack;
use openssl::x509::{X509, X509Ref};

/// The leaf that a client proved to own, and the other certificates that it sent.
pub struct ClientCertificate {
    leaf: X509,
    sent: Vec<X509>,
    fingerprint: Sha256,
}

impl ClientCertificate {
    /// An immutable copy of what a handshake brought.
    ///
    /// # Errors
    /// OpenSSL can't compute the digest.
    pub fn new(leaf: X509, sent: Vec<X509>) -> Result<Self, ErrorStack> {
        let fingerprint = fingerprint(&leaf)?;
        Ok(ClientCertificate { leaf, sent, fingerprint })
    }

    /// The certificate itself.
    pub fn leaf(&self) -> &X509Ref {
        &self.leaf
    }

    /// What was sent with it, in any order.
    pub fn sent(&self) -> &[X509] {
        &self.sent
    }

    /// SHA-256 of the leaf's DER.
    pub fn fingerprint(&self) -> &Sha256 {
        &self.fingerprint
    }

    /// Whether it is this very certificate object.
    pub fn is(&self, leaf: &X509Ref) -> bool {
        std::ptr::eq::<X509Ref>(&*self.leaf, leaf)
    }

    /// Tells certificates that exist at the same time apart; never 0.
    pub fn id(&self) -> usize {
        std::ptr::from_ref::<X509Ref>(&self.leaf).addr()
    }
}
