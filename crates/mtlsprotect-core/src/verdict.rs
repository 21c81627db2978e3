//! The decision: may this request have what it asks for?

use crate::names::{Named, Names};
use crate::policy::{Mode, OtherFiles, Policy, Sender};
use std::ffi::CStr;

/// Why a request was allowed or refused, in the words of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The method is not one that phones use here.
    Method,
    /// A name parameter that is no MAC.
    MalformedName,
    /// The request names nobody.
    OtherFile,
    /// The request names more than one device.
    AmbiguousName,
    /// The connection is not TLS.
    PlainHttp,
    /// The client sent no certificate.
    NoCertificate,
    /// No device CA vouches for the certificate.
    UntrustedCertificate,
    /// The certificate, or a CA above it, has expired.
    ExpiredCertificate,
    /// The certificate's subject is no device's name.
    NoDeviceIdentity,
    /// A write of something that is not the sender's own, or of a dot-file.
    Write,
    /// The request names another device.
    MacMismatch,
    /// The request names its sender.
    OwnFile,
    /// The module failed; nothing is known.
    InternalError,
}

impl Reason {
    /// Every reason, in the order of the rules.
    pub const ALL: [Reason; 13] = [
        Reason::Method,
        Reason::MalformedName,
        Reason::OtherFile,
        Reason::AmbiguousName,
        Reason::PlainHttp,
        Reason::NoCertificate,
        Reason::UntrustedCertificate,
        Reason::ExpiredCertificate,
        Reason::NoDeviceIdentity,
        Reason::Write,
        Reason::MacMismatch,
        Reason::OwnFile,
        Reason::InternalError,
    ];

    /// As the log writes it.
    pub fn as_str(self) -> &'static str {
        self.as_c_str().to_str().unwrap_or_default()
    }

    /// The same for C.
    pub const fn as_c_str(self) -> &'static CStr {
        match self {
            Reason::Method => c"method",
            Reason::MalformedName => c"malformed-name",
            Reason::OtherFile => c"other-file",
            Reason::AmbiguousName => c"ambiguous-name",
            Reason::PlainHttp => c"plain-http",
            Reason::NoCertificate => c"no-certificate",
            Reason::UntrustedCertificate => c"untrusted-certificate",
            Reason::ExpiredCertificate => c"expired-certificate",
            Reason::NoDeviceIdentity => c"no-device-identity",
            Reason::Write => c"write",
            Reason::MacMismatch => c"mac-mismatch",
            Reason::OwnFile => c"own-file",
            Reason::InternalError => c"internal-error",
        }
    }
}

/// The answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Protection is off here.
    NotJudged,
    /// Let it pass.
    Allow(Reason),
    /// Refuse it.
    Deny(Reason),
}

/// Whether a method only reads. Everything else writes.
pub fn reads(method: &[u8]) -> bool {
    matches!(method, b"GET" | b"HEAD" | b"OPTIONS")
}

/// May `sender` do `method` to what `names` says? The rules in order, the first match wins.
pub fn decide(policy: &Policy<'_>, method: &[u8], names: &Names, sender: Sender) -> Verdict {
    use Verdict::{Allow, Deny, NotJudged};
    let reads = reads(method);
    let named = names.named();

    if policy.mode == Mode::Off {
        return NotJudged;
    }
    if !policy.methods.allow(method) {
        return Deny(Reason::Method);
    }
    if names.is_malformed() {
        return Deny(Reason::MalformedName);
    }
    match (named, policy.other_files) {
        (Named::Nobody, OtherFiles::Allow) if reads => return Allow(Reason::OtherFile),
        (Named::Nobody, OtherFiles::Deny) => return Deny(Reason::OtherFile),
        (Named::Several, _) => return Deny(Reason::AmbiguousName),
        _ => {}
    }
    let device = match sender {
        Sender::PlainHttp => return Deny(Reason::PlainHttp),
        Sender::NoCertificate => return Deny(Reason::NoCertificate),
        Sender::Untrusted => return Deny(Reason::UntrustedCertificate),
        Sender::Expired => return Deny(Reason::ExpiredCertificate),
        Sender::Nobody => return Deny(Reason::NoDeviceIdentity),
        Sender::Device(mac) => mac,
    };
    match named {
        Named::Nobody if reads => Allow(Reason::OtherFile),
        Named::Nobody => Deny(Reason::Write),
        _ if !reads && names.dot_segment() => Deny(Reason::Write),
        Named::One(other) if other != device => Deny(Reason::MacMismatch),
        _ if !reads && !names.sender_in_path() => Deny(Reason::Write),
        _ => Allow(Reason::OwnFile),
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
