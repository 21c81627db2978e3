//! Why a request was allowed or refused, in the words of the log.

crate::words! {
    /// The word after `reason=`, in the order of the rules.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum Reason {
        /// The device file blocks the sender, or the device named.
        BlockedDevice = "blocked-device",
        /// The method is not one that phones use here.
        Method = "method",
        /// A name parameter or an expression's value that is not a MAC.
        MalformedName = "malformed-name",
        /// The request names nobody.
        OtherFile = "other-file",
        /// The request names more than one device.
        AmbiguousName = "ambiguous-name",
        /// The connection is not TLS.
        PlainHttp = "plain-http",
        /// The device proved itself by its password; of a refusal, a password is asked for.
        Password = "password",
        /// The client sent no certificate.
        NoCertificate = "no-certificate",
        /// No device CA vouches for the certificate.
        UntrustedCertificate = "untrusted-certificate",
        /// The certificate, or a CA above it, has expired.
        ExpiredCertificate = "expired-certificate",
        /// The certificate, or a CA above it, has been revoked.
        RevokedCertificate = "revoked-certificate",
        /// The certificate's subject is not a device's name.
        NoDeviceIdentity = "no-device-identity",
        /// The certificate's MAC has a prefix for which its vendor can't speak.
        VendorMismatch = "vendor-mismatch",
        /// The device file is closed and does not have the device.
        UnknownDevice = "unknown-device",
        /// A write of something that is not the sender's own, or of a dot-file.
        Write = "write",
        /// The request names another device.
        MacMismatch = "mac-mismatch",
        /// The device file exempts the device from having a certificate.
        ExemptDevice = "exempt-device",
        /// The request names its sender.
        OwnFile = "own-file",
        /// The module failed; nothing is known.
        InternalError = "internal-error",
    }
}

impl Reason {
    /// Whether a better certificate would take it away.
    pub fn depends_on_sender(self) -> bool {
        matches!(
            self,
            Reason::AmbiguousName
                | Reason::PlainHttp
                | Reason::Password
                | Reason::NoCertificate
                | Reason::UntrustedCertificate
                | Reason::ExpiredCertificate
                | Reason::RevokedCertificate
                | Reason::NoDeviceIdentity
                | Reason::VendorMismatch
                | Reason::UnknownDevice
                | Reason::MacMismatch
        )
    }
}
