//! What a balancer has passed on, and how much of it is looked at.

use crate::forwarded::unreadable::Unreadable;

/// Bytes of a header, at most.
pub const LONGEST: usize = 32 * 1024;
/// Certificates of a header, at most.
pub const MOST_CERTIFICATES: usize = 16;

/// What a balancer has passed on: bytes that each are one DER sequence, and maybe a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificates {
    /// The client's own certificate.
    pub leaf: Vec<u8>,
    /// What the client sent with it, in any order.
    pub chain: Vec<Vec<u8>>,
}

impl Certificates {
    /// A leaf without a chain.
    pub(super) fn only(leaf: Vec<u8>) -> Self {
        Certificates { leaf, chain: Vec::new() }
    }

    /// The leaf of a header that has no other certificate.
    pub(super) fn alone(found: Vec<Vec<u8>>) -> Result<Self, Unreadable> {
        let certificates = Certificates::leaf_first(found)?;
        if certificates.chain.is_empty() { Ok(certificates) } else { Err(Unreadable::MoreThanLeaf) }
    }

    /// The leaf before its chain.
    pub(super) fn leaf_first(mut found: Vec<Vec<u8>>) -> Result<Self, Unreadable> {
        let chain = found.split_off(found.len().min(1));
        let leaf = found.pop().ok_or(Unreadable::NotPem)?;
        Ok(Certificates { leaf, chain })
    }
}
