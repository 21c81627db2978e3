//! What reasons mean, in a few words; docs/reasons.md says more.

use mtlsprotect_core::decision::Reason;

/// What the word of a reason means; nothing for one that is not known.
pub(crate) fn meaning(word: &str) -> &'static str {
    let Some(reason) = Reason::of_word(word.as_bytes()) else { return "" };
    match reason {
        Reason::BlockedDevice => "the device file blocks the device",
        Reason::Method => "a method that phones don't use here",
        Reason::MalformedName => "a name that is not a MAC",
        Reason::OtherFile => "names nobody",
        Reason::AmbiguousName => "names several devices",
        Reason::PlainHttp => "without TLS",
        Reason::Password => "with a password in place of a certificate",
        Reason::NoCertificate => "without a certificate",
        Reason::UntrustedCertificate => "no device CA vouches for the certificate",
        Reason::ExpiredCertificate => "the certificate has expired",
        Reason::RevokedCertificate => "the certificate is revoked",
        Reason::NoDeviceIdentity => "the certificate names no device",
        Reason::VendorMismatch => "a prefix for which the vendor can't speak",
        Reason::UnknownDevice => "not in the closed device file",
        Reason::Write => "a write of something not its own",
        Reason::MacMismatch => "names another device than its sender",
        Reason::ExemptDevice => "exempt by the device file",
        Reason::OwnFile => "the sender's own",
        Reason::InternalError => "the module failed",
    }
}
