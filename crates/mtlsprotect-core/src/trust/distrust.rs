//! Why the device CAs don't vouch for a certificate.

use crate::forwarded::Unreadable;
use openssl::error::ErrorStack;
use openssl::x509::X509VerifyResult;

/// What is wrong with a certificate that the device CAs don't vouch for, the most telling last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Nothing in the list has issued it.
    UnknownIssuer,
    /// It is not a phone's, is too weak, or is not what its issuer signed.
    Untrusted,
    /// The device CAs would vouch for it if nothing in its chain had expired.
    Expired,
    /// A CA has revoked it, or a CA above it.
    Revoked,
}

/// Why the device CAs don't vouch for a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distrust {
    /// What is wrong.
    pub fault: Fault,
    /// For the operator.
    pub why: String,
}

impl Distrust {
    pub(crate) fn new(fault: Fault, why: impl Into<String>) -> Self {
        Distrust { fault, why: why.into() }
    }

    pub(crate) fn untrusted(why: impl Into<String>) -> Self {
        Distrust::new(Fault::Untrusted, why)
    }

    /// Where a certificate came to a virtual host that has no device CAs.
    pub fn no_list() -> Self {
        Distrust::new(Fault::UnknownIssuer, "this virtual host has no MTLSProtectCAFile, CAPath or Vendor")
    }

    /// Where a balancer's header is not a certificate.
    pub fn unreadable(header: &str, why: Unreadable) -> Self {
        Distrust::new(Fault::Untrusted, format!("the header {header} {why}"))
    }

    /// The more telling of two.
    pub(crate) fn or(self, other: Distrust) -> Distrust {
        if other.fault > self.fault { other } else { self }
    }
}

impl From<ErrorStack> for Distrust {
    fn from(error: ErrorStack) -> Self {
        Distrust::untrusted(format!("OpenSSL failed: {error}"))
    }
}

impl From<X509VerifyResult> for Distrust {
    /// Where OpenSSL refuses a chain.
    fn from(error: X509VerifyResult) -> Self {
        Distrust::new(fault_of(error), error.error_string())
    }
}

/// Whether a chain that OpenSSL refuses ends where the list knows nobody.
fn fault_of(error: X509VerifyResult) -> Fault {
    match error.as_raw() {
        openssl_sys::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
        | openssl_sys::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT
        | openssl_sys::X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
        | openssl_sys::X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN => Fault::UnknownIssuer,
        _ => Fault::Untrusted,
    }
}
