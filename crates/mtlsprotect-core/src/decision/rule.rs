//! The rules of the decision, each with its verdict and the case that it is for.

use crate::decision::reason::Reason;
use crate::decision::verdict::Verdict;

crate::listed! {
    /// A rule, in the order in which they are tried.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Rule {
        /// Protection is off here.
        Off,
        /// The sender or a device named is blocked.
        Blocked,
        /// A method that phones don't use.
        Method,
        /// A name parameter or an expression's value that is not a MAC.
        MalformedName,
        /// A file that names nobody, read where anybody may.
        OtherFileForAnybody,
        /// A file that names nobody, where nobody may have one.
        OtherFileForNobody,
        /// Two or more devices are named.
        AmbiguousName,
        /// No TLS.
        PlainHttp,
        /// No certificate that counts, and no password yet in its place.
        PasswordMissing,
        /// A password in its place that is another device's.
        PasswordOfAnother,
        /// No certificate, and no exemption.
        NoCertificate,
        /// A certificate that no list vouches for.
        Untrusted,
        /// One that has expired.
        Expired,
        /// One that has been revoked.
        Revoked,
        /// One that is not a device's.
        NoIdentity,
        /// One whose MAC belongs to another vendor.
        VendorMismatch,
        /// A device that a closed device file doesn't have.
        UnknownDevice,
        /// A file that names nobody, read by a device.
        OtherFileForDevices,
        /// Nobody's file, written.
        WriteOfNobodys,
        /// A dot-file, written.
        WriteOfDotFile,
        /// Another device's file.
        MacMismatch,
        /// A write that names its sender only where it doesn't count.
        WriteBesidePath,
        /// A device with its password in place of a certificate.
        OwnPassword,
        /// A device without a certificate that the device file exempts.
        Exempt,
        /// The sender's own file.
        OwnFile,
    }
}

impl Rule {
    /// What happens to a request for which this is the first rule that matches.
    pub const fn verdict(self) -> Verdict {
        use Verdict::{Allow, Deny, NotJudged};
        match self {
            Rule::Off => NotJudged,
            Rule::Blocked => Deny(Reason::BlockedDevice),
            Rule::Method => Deny(Reason::Method),
            Rule::MalformedName => Deny(Reason::MalformedName),
            Rule::OtherFileForAnybody => Allow(Reason::OtherFile),
            Rule::OtherFileForNobody => Deny(Reason::OtherFile),
            Rule::AmbiguousName => Deny(Reason::AmbiguousName),
            Rule::PlainHttp => Deny(Reason::PlainHttp),
            Rule::PasswordMissing => Deny(Reason::Password),
            Rule::PasswordOfAnother | Rule::MacMismatch => Deny(Reason::MacMismatch),
            Rule::NoCertificate => Deny(Reason::NoCertificate),
            Rule::Untrusted => Deny(Reason::UntrustedCertificate),
            Rule::Expired => Deny(Reason::ExpiredCertificate),
            Rule::Revoked => Deny(Reason::RevokedCertificate),
            Rule::NoIdentity => Deny(Reason::NoDeviceIdentity),
            Rule::VendorMismatch => Deny(Reason::VendorMismatch),
            Rule::UnknownDevice => Deny(Reason::UnknownDevice),
            Rule::OtherFileForDevices => Allow(Reason::OtherFile),
            Rule::WriteOfNobodys | Rule::WriteOfDotFile | Rule::WriteBesidePath => Deny(Reason::Write),
            Rule::OwnPassword => Allow(Reason::Password),
            Rule::Exempt => Allow(Reason::ExemptDevice),
            Rule::OwnFile => Allow(Reason::OwnFile),
        }
    }

    /// The case that it is for, as a question's subject: "the request names another device".
    pub const fn case(self) -> &'static str {
        match self {
            Rule::Off => "MTLSProtect is Off here",
            Rule::Blocked => "the device file blocks the sender or a named device",
            Rule::Method => "the method is not in MTLSProtectMethods",
            Rule::MalformedName => {
                "a name parameter, or an expression of MTLSProtectNamedBy, holds something that is not a MAC"
            }
            Rule::OtherFileForAnybody => "names nobody, reads, MTLSProtectOtherFiles allow",
            Rule::OtherFileForNobody => "names nobody, MTLSProtectOtherFiles deny",
            Rule::AmbiguousName => "names two or more devices",
            Rule::PlainHttp => "plain HTTP",
            Rule::PasswordMissing => "no certificate that counts, and the device may send its password instead",
            Rule::PasswordOfAnother => "the password is another device's",
            Rule::NoCertificate => "no certificate, and no exemption",
            Rule::Untrusted => "no device CA vouches for the certificate, and no exemption",
            Rule::Expired => "the certificate or a CA above it has expired, and no exemption",
            Rule::Revoked => "the certificate or a CA above it has been revoked, and no exemption",
            Rule::NoIdentity => "the certificate identifies no device",
            Rule::VendorMismatch => "the certificate's MAC has a prefix that belongs to another vendor",
            Rule::UnknownDevice => "the device file is closed and does not list the device",
            Rule::OtherFileForDevices => "names nobody, reads, and no exemption",
            Rule::WriteOfNobodys => "names nobody, writes",
            Rule::WriteOfDotFile => "writes a path segment that begins with a dot",
            Rule::MacMismatch => "names another device",
            Rule::WriteBesidePath => {
                "writes, and names the sender only in its query, in what dot segments remove, above the file or by \
                 MTLSProtectNamedBy"
            }
            Rule::OwnPassword => "the password of the device that it names",
            Rule::Exempt => "the device file exempts the device from having a certificate",
            Rule::OwnFile => "names the sender",
        }
    }
}
