//! What the error log says, under numbers that can be searched for: docs/messages.md has them all.

use crate::Mtlsprotect;
use crate::httpd::log::{self, Level};
use crate::httpd::{Connection, Request, Server};
use mtlsprotect_core::decision::Reason;
use std::fmt::{self, Write};

/// A message's number, which it keeps from release to release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Number {
    // Decisions: see `Number::of`.
    BlockedDevice = 101,
    Method = 102,
    MalformedName = 103,
    OtherFile = 104,
    AmbiguousName = 105,
    PlainHttp = 106,
    NoCertificate = 107,
    UntrustedCertificate = 108,
    ExpiredCertificate = 109,
    RevokedCertificate = 110,
    NoDeviceIdentity = 111,
    VendorMismatch = 112,
    UnknownDevice = 113,
    Write = 114,
    MacMismatch = 115,
    ExemptDevice = 116,
    OwnFile = 117,
    InternalError = 118,
    Password = 119,
    // Certificates.
    MissingIntermediate = 201,
    NewPrefix = 202,
    FleetFull = 203,
    HeaderRemoved = 204,
    NobodyChecks = 205,
    // Errors of the configuration as a whole.
    UnusableList = 301,
    NoModSsl = 302,
    NoDeviceCas = 303,
    NeverAsks = 304,
    NoHostProves = 305,
    JudgedTwice = 306,
    LaxVendor = 307,
    OpensslMismatch = 308,
    NoLearnedFile = 309,
    UnusableLearnedFile = 310,
    PassedThrough = 311,
    MergedTrailers = 312,
    PasswordsForever = 313,
    UsersWithoutPassword = 314,
    ReadablePasswords = 315,
    // Warnings of a configuration.
    DeviceCa = 401,
    DeviceFile = 402,
    NobodyAllowed = 403,
    NothingProtected = 404,
    ModeReplaced = 405,
    AcmeProxied = 406,
    NoSuchFolder = 407,
    NobodyServes = 408,
    BehindLink = 409,
    NobodyTrusted = 410,
    SameFolder = 411,
    OtherTls = 412,
    FirstHost = 413,
    NotAsked = 414,
    DropsPhones = 415,
    StaffCa = 416,
    StaffRequired = 417,
    PastSection = 418,
    ForgedAddresses = 419,
    CorrectedSpelling = 420,
    NoFleetMemory = 421,
    StatusElsewhere = 422,
    LearnedLines = 423,
    ShortFields = 424,
    UnknownClients = 425,
    PasswordsEnd = 426,
    NobodyAsks = 427,
    PasswordsForAll = 428,
    PasswordsServed = 429,
    OtherHeader = 431,
    WrongHost = 433,
    OtherUrl = 434,
    LinkInFolder = 435,
    MatchesNothing = 436,
    OpenWay = 438,
    PassedBeside = 439,
    AcmeWritten = 440,
    OwnAddress = 441,
    StaffIsAnybody = 442,
    DavAbove = 443,
    UploadsRun = 450,
    StatusOpen = 451,
    BlockReplaced = 452,
    CrlReplaced = 453,
    Twice = 454,
    NothingNames = 455,
    OwnFileServed = 456,
    HeaderLetThrough = 457,
    WideProxies = 458,
    MemberNames = 459,
    ModSslDrops = 444,
    WrongVendor = 445,
    AskedWithoutTls = 446,
    NoPasswordFile = 447,
    HiddenDecisions = 448,
    // The status page.
    StatusBehindProxy = 430,
    // Notices.
    Protected = 501,
    // Files that are read or written while the server runs.
    DeviceFileKept = 601,
    DeviceFileRead = 602,
    LearnedNotWritten = 603,
    LearnedWritten = 604,
    LearnedKept = 605,
    LearnedLost = 606,
    // 901 is a failure of the module, which the wrappers of httpd say themselves.
}

/// A message for the log.
#[derive(Debug, PartialEq, Eq)]
pub struct Message {
    number: Number,
    text: String,
}

impl Number {
    /// For a decision with this reason.
    pub fn of(reason: Reason) -> Number {
        match reason {
            Reason::BlockedDevice => Number::BlockedDevice,
            Reason::Method => Number::Method,
            Reason::MalformedName => Number::MalformedName,
            Reason::OtherFile => Number::OtherFile,
            Reason::AmbiguousName => Number::AmbiguousName,
            Reason::PlainHttp => Number::PlainHttp,
            Reason::Password => Number::Password,
            Reason::NoCertificate => Number::NoCertificate,
            Reason::UntrustedCertificate => Number::UntrustedCertificate,
            Reason::ExpiredCertificate => Number::ExpiredCertificate,
            Reason::RevokedCertificate => Number::RevokedCertificate,
            Reason::NoDeviceIdentity => Number::NoDeviceIdentity,
            Reason::VendorMismatch => Number::VendorMismatch,
            Reason::UnknownDevice => Number::UnknownDevice,
            Reason::Write => Number::Write,
            Reason::MacMismatch => Number::MacMismatch,
            Reason::ExemptDevice => Number::ExemptDevice,
            Reason::OwnFile => Number::OwnFile,
            Reason::InternalError => Number::InternalError,
        }
    }

    /// As it is written before a message.
    pub fn as_text(self) -> [u8; 9] {
        let number = self as u16;
        let digit = |place: u16| b'0' + (number / place % 10) as u8;
        [b'M', b'T', b'L', b'S', b'P', digit(1000), digit(100), digit(10), digit(1)]
    }

    /// The message.
    pub fn says(self, text: impl Into<String>) -> Message {
        Message { number: self, text: text.into() }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_text().into_iter().try_for_each(|byte| f.write_char(char::from(byte)))
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: mtlsprotect: {}", self.number, self.text)
    }
}

impl Message {
    /// Logs it for a virtual host, or the main server for `None`.
    pub fn log_for_server(&self, server: Option<Server<'_>>, level: Level) {
        log::server::<Mtlsprotect>(server, level, &self.to_string());
    }

    /// Logs it for a connection.
    pub fn log_for_connection(&self, connection: &Connection<'_>, level: Level) {
        log::connection::<Mtlsprotect>(connection, level, &self.to_string());
    }

    /// Logs it for a request.
    pub fn log_for_request(&self, request: &Request<'_>, level: Level) {
        log::request::<Mtlsprotect>(request, level, self.to_string());
    }
}
