//! Sorts a fleet by what the logs show about each device.

use super::device::Device;
use crate::macs::{of_input, of_lines};
use crate::output::shown;
use anyhow::{Context, Result};
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::Reason;
use serde::Serialize;
use std::fs;
use std::path::Path;

mtlsprotect_core::words! {
    /// Whether a device is ready for `MTLSProtect On`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
    #[serde(rename_all = "kebab-case")]
    pub enum State {
        /// It proved itself and got its file.
        Ready = "ready",
        /// The device file exempts it from having a certificate.
        Exempt = "exempt",
        /// It got its file by its password in place of a certificate.
        Password = "password",
        /// It came without a certificate, or without TLS.
        NoCertificate = "no-certificate",
        /// No device CA vouches for its certificate, or it has expired.
        Untrusted = "untrusted",
        /// Its certificate is not for the device that it asks for, or not for any device.
        Mismatch = "mismatch",
        /// The device file shuts it out.
        Blocked = "blocked",
        /// What it asks for is denied, whatever its certificate.
        Denied = "denied",
        /// It was seen, but no line has the module's verdict on it.
        NoVerdict = "no-verdict",
        /// No line is about it.
        NotSeen = "not-seen",
    }
}

impl State {
    /// The state of a device, which may be one that no line is about.
    pub fn of(device: &Device) -> Self {
        match device.readiness().reason {
            Some(Reason::BlockedDevice | Reason::UnknownDevice) => State::Blocked,
            Some(Reason::OwnFile) => State::Ready,
            Some(Reason::OtherFile) if device.has_proved_itself() => State::Ready,
            Some(Reason::ExemptDevice) => State::Exempt,
            Some(Reason::Password) => State::Password,
            Some(Reason::NoCertificate | Reason::PlainHttp) => State::NoCertificate,
            Some(Reason::UntrustedCertificate | Reason::ExpiredCertificate | Reason::RevokedCertificate) => {
                State::Untrusted
            }
            Some(Reason::MacMismatch | Reason::AmbiguousName) if device.readiness().asks_for.is_some() => {
                State::Mismatch
            }
            Some(Reason::NoDeviceIdentity | Reason::VendorMismatch) => State::Mismatch,
            Some(_) => State::Denied,
            None if device.places.is_empty() => State::NotSeen,
            None => State::NoVerdict,
        }
    }

    /// Whether `MTLSProtect Learn` would refuse a device in this state: one that has proven itself, and came without a
    /// certificate for it, or one that no certificate would help.
    pub fn is_refused_by_learn(self, reason: Option<Reason>, is_proven: bool) -> bool {
        match (self, reason) {
            (State::Ready | State::Password | State::NoVerdict | State::NotSeen, _) => false,
            (_, Some(Reason::RevokedCertificate)) => true,
            (State::Exempt | State::NoCertificate | State::Untrusted, _)
            | (_, Some(Reason::NoDeviceIdentity | Reason::VendorMismatch)) => is_proven,
            (State::Mismatch | State::Blocked | State::Denied, _) => true,
        }
    }

    /// Whether the device works with `MTLSProtect On`.
    pub fn is_fine(self) -> bool {
        matches!(self, State::Ready | State::Exempt | State::Password)
    }
}

/// The devices of a list, one per line, in its order and each once; `-` stands for standard input.
///
/// # Errors
/// The line that is not a device, or that there is none at all.
pub fn read(file: &Path) -> Result<Vec<Mac>> {
    if file == Path::new("-") {
        return of_input();
    }
    let shown = shown(file);
    of_lines(&fs::read(file).with_context(|| format!("{shown}: the fleet cannot be read"))?, &shown)
}
