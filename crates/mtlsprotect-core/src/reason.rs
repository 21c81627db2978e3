//! Why a request was allowed or refused, in the words of the log.

use std::ffi::CStr;

/// The word after `reason=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The device file blocks the sender, or the device named.
    BlockedDevice,
    /// The method is not one that phones use here.
    Method,
    /// A name parameter or an expression's value that is not a MAC.
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
    /// The certificate, or a CA above it, has been revoked.
    RevokedCertificate,
    /// The certificate's subject is no device's name.
    NoDeviceIdentity,
    /// The certificate's MAC has a prefix for which its vendor can't speak.
    VendorMismatch,
    /// The device file is closed and does not have the device.
    UnknownDevice,
    /// A write of something that is not the sender's own, or of a dot-file.
    Write,
    /// The request names another device.
    MacMismatch,
    /// The device file exempts the device from having a certificate.
    ExemptDevice,
    /// The request names its sender.
    OwnFile,
    /// The module failed; nothing is known.
    InternalError,
}

impl Reason {
    /// Every reason, in the order of the rules.
    pub const ALL: [Reason; 18] = [
        Reason::BlockedDevice,
        Reason::Method,
        Reason::MalformedName,
        Reason::OtherFile,
        Reason::AmbiguousName,
        Reason::PlainHttp,
        Reason::NoCertificate,
        Reason::UntrustedCertificate,
        Reason::ExpiredCertificate,
        Reason::RevokedCertificate,
        Reason::NoDeviceIdentity,
        Reason::VendorMismatch,
        Reason::UnknownDevice,
        Reason::Write,
        Reason::MacMismatch,
        Reason::ExemptDevice,
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
            Reason::BlockedDevice => c"blocked-device",
            Reason::Method => c"method",
            Reason::MalformedName => c"malformed-name",
            Reason::OtherFile => c"other-file",
            Reason::AmbiguousName => c"ambiguous-name",
            Reason::PlainHttp => c"plain-http",
            Reason::NoCertificate => c"no-certificate",
            Reason::UntrustedCertificate => c"untrusted-certificate",
            Reason::ExpiredCertificate => c"expired-certificate",
            Reason::RevokedCertificate => c"revoked-certificate",
            Reason::NoDeviceIdentity => c"no-device-identity",
            Reason::VendorMismatch => c"vendor-mismatch",
            Reason::UnknownDevice => c"unknown-device",
            Reason::Write => c"write",
            Reason::MacMismatch => c"mac-mismatch",
            Reason::ExemptDevice => c"exempt-device",
            Reason::OwnFile => c"own-file",
            Reason::InternalError => c"internal-error",
        }
    }
}
