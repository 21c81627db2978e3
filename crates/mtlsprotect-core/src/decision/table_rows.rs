//! The table of the specification.

use super::Who;
use crate::decision::reason::Reason::*;
use crate::decision::rule::Rule::{self, self as Is};
use crate::decision::verdict::Verdict::{self, Allow, Deny, NotJudged};
use Fact::*;

/// Something that may be true of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    Off,
    /// The device file blocks the sender, by what its certificate proves.
    SenderBlocked,
    NamedBlocked,
    MethodNotListed,
    Malformed,
    NamesNobody,
    NamesSeveral,
    NamesAnother,
    Reads,
    Writes,
    OtherFilesAllow,
    OtherFilesDeny,
    SentBy(Who),
    /// The device file lets this request do without a certificate.
    Exempt,
    NotExempt,
    /// The device file is closed, and the sender, or the device named where no sender is proven, is not in it.
    ShutOut,
    WritesDotFile,
    /// The path does not name the sender once dot segments are folded.
    NotInPath,
    /// The one device named has proven itself before.
    IsProven,
    /// It did so with the very certificate that came now.
    ProvenWithThis,
    /// As [`Fact::ShutOut`], of the device named alone.
    NamedShutOut,
    /// The refusal, by the table, is for something else than who sends.
    RefusedForAnythingElse,
    /// One device is named that may prove itself by its password, which is asked for.
    PasswordMissing,
    /// The same, with the password of a device that is another.
    PasswordOfAnother,
    /// The same, with its own password.
    OwnPassword,
    /// Neither exemption nor password stand in for the certificate.
    NothingInPlace,
}

/// A row: its number in the specification, all that must be true, the rule as `explain` prints it, the answer.
/// The device file's rows, which stand in the reference, have letters.
pub type Row = (&'static str, &'static [Fact], Rule, Verdict);

/// What `Learn` does with a refusal: whether it lets it pass. The first row of which all is true has the answer.
pub static LEARN: &[(&[Fact], bool)] = &[
    (&[RefusedForAnythingElse], false),
    (&[NamesSeveral], false),
    // what the named device could not have by itself
    (&[ShutOut], false),
    (&[NamedShutOut], false),
    (&[NamesNobody, Writes], false),
    (&[WritesDotFile], false),
    (&[NamesNobody], true),
    (&[Writes, NotInPath], false),
    // whose certificate names somebody writes as nobody else
    (&[Writes, NamesAnother, SentBy(Who::OtherVendors)], false),
    (&[ProvenWithThis, SentBy(Who::Expired)], true),
    (&[IsProven], false),
    (&[], true),
];

pub static TABLE: &[Row] = &[
    ("1", &[Off], Is::Off, NotJudged),
    ("1a", &[SenderBlocked], Is::Blocked, Deny(BlockedDevice)),
    ("1a", &[NamedBlocked], Is::Blocked, Deny(BlockedDevice)),
    ("2", &[MethodNotListed], Is::Method, Deny(Method)),
    ("3", &[Malformed], Is::MalformedName, Deny(MalformedName)),
    ("4", &[NamesNobody, Reads, OtherFilesAllow], Is::OtherFileForAnybody, Allow(OtherFile)),
    ("5", &[NamesNobody, OtherFilesDeny], Is::OtherFileForNobody, Deny(OtherFile)),
    ("6", &[NamesSeveral], Is::AmbiguousName, Deny(AmbiguousName)),
    ("7", &[SentBy(Who::PlainHttp)], Is::PlainHttp, Deny(PlainHttp)),
    ("7a", &[PasswordMissing], Is::PasswordMissing, Deny(Password)),
    ("7b", &[PasswordOfAnother], Is::PasswordOfAnother, Deny(MacMismatch)),
    ("8", &[SentBy(Who::NoCertificate), NothingInPlace], Is::NoCertificate, Deny(NoCertificate)),
    ("9", &[SentBy(Who::Untrusted), NothingInPlace], Is::Untrusted, Deny(UntrustedCertificate)),
    ("9", &[SentBy(Who::Expired), NothingInPlace], Is::Expired, Deny(ExpiredCertificate)),
    ("9", &[SentBy(Who::Revoked), NotExempt], Is::Revoked, Deny(RevokedCertificate)),
    ("10", &[SentBy(Who::Nobody), NothingInPlace], Is::NoIdentity, Deny(NoDeviceIdentity)),
    ("11", &[SentBy(Who::OtherVendors)], Is::VendorMismatch, Deny(VendorMismatch)),
    ("11a", &[ShutOut], Is::UnknownDevice, Deny(UnknownDevice)),
    ("12", &[NamesNobody, Reads, NotExempt], Is::OtherFileForDevices, Allow(OtherFile)),
    ("13", &[NamesNobody, Writes], Is::WriteOfNobodys, Deny(Write)),
    ("13", &[WritesDotFile], Is::WriteOfDotFile, Deny(Write)),
    ("14", &[NamesAnother, NothingInPlace], Is::MacMismatch, Deny(MacMismatch)),
    ("15", &[Writes, NotInPath], Is::WriteBesidePath, Deny(Write)),
    ("15a", &[OwnPassword], Is::OwnPassword, Allow(Password)),
    ("15b", &[Exempt], Is::Exempt, Allow(ExemptDevice)),
    ("16", &[], Is::OwnFile, Allow(OwnFile)),
];
