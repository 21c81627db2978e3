//! The operator's settings for one part of the server.

use crate::built_in::known_prefixes::KnownPrefixes;
use crate::decision::devices::list::DeviceList;
use crate::decision::methods::{DEFAULT_METHODS, Methods};
use crate::names::naming::Naming;
use crate::time::UnixTime;

crate::words! {
    /// Whether requests are judged, and whether a refusal is carried out; the stricter the later.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum Mode {
        /// Not judged.
        Off = "Off",
        /// Judged and logged, and let pass.
        Report = "Report",
        /// As `On` for devices that have proven themselves; others need no certificate.
        Learn = "Learn",
        /// Judged, and refused where the verdict says so.
        On = "On",
    }
}

crate::words! {
    /// Who may read what names no device: firmware, dictionaries, `000000000000.cfg`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum OtherFiles {
        /// Any device with a trusted certificate.
        Device = "device",
        /// Anybody.
        Allow = "allow",
        /// Nobody.
        Deny = "deny",
    }
}

/// Where devices may prove themselves by a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passwords {
    /// The last second in which they may.
    pub until: UnixTime,
}

/// Everything that judging a request depends on besides the request and its sender.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// Whether to judge at all.
    pub mode: Mode,
    /// Who may read what names nobody.
    pub other_files: OtherFiles,
    /// What phones may do.
    pub methods: &'a Methods,
    /// How devices are named.
    pub naming: Naming<'a>,
    /// Devices blocked, exempted, or the only ones let in.
    pub devices: Option<DeviceList<'a>>,
    /// Whether a device that has not proven itself may do without a certificate: in `Learn`, and where a vendor has
    /// `mode=learn`.
    pub learns: bool,
    /// Whether a password may stand in for a certificate.
    pub passwords: Option<&'a Passwords>,
}

impl<'a> Policy<'a> {
    /// What applies where an operator sets `MTLSProtect On` and nothing else.
    pub fn with_defaults(known: &'a KnownPrefixes) -> Self {
        Policy {
            mode: Mode::On,
            other_files: OtherFiles::Device,
            methods: &DEFAULT_METHODS,
            naming: Naming::with_defaults(known),
            devices: None,
            learns: false,
            passwords: None,
        }
    }
}
