//! What the device files say, as it counts now.
//!
//! The one place of the status that has to ask for them: nothing is said here yet of files that are read anew while the
//! server runs.

use mtlsprotect_core::Mac;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_status::model::DeviceFile;

/// What a line of a device file says of its device.
#[allow(dead_code, reason = "no file says one yet")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// It is let in.
    Allow,
    /// It is blocked.
    Block,
    /// It may come without a certificate until this second.
    Exempt(UnixTime),
}

/// The device files of all hosts, each once.
pub fn files() -> Vec<DeviceFile> {
    Vec::new()
}

/// What the device files say of a device; of several the strictest.
pub fn line(_: Mac) -> Option<Line> {
    None
}

/// Tells of each device that a device file has a line for.
pub fn each(_: &mut dyn FnMut(Mac)) {}

/// How many exemptions end within 14 days.
pub fn exemptions_ending(_: UnixTime) -> u64 {
    0
}
