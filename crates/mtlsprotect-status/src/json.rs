//! The status as JSON, written device by device, and read back.

use crate::asked::Wanted;
use crate::census;
use crate::device::{Device, Devices};
use crate::model::Status;
use serde::{Deserialize, Serialize, Serializer};
use std::io::{self, Write};

/// All that a server says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Everything but the devices.
    #[serde(flatten)]
    pub status: Status,
    /// Those that were asked for, by MAC.
    #[serde(default)]
    pub devices: Vec<Device>,
}

/// The same, with devices that are asked for while it is written.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    status: &'a Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    devices: Option<OneByOne<'a>>,
}

struct OneByOne<'a> {
    devices: &'a dyn Devices,
    wanted: &'a Wanted,
}

impl Serialize for OneByOne<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(census::all(self.devices, self.wanted))
    }
}

/// Writes it, with the devices that are wanted if there are any.
///
/// # Errors
/// Those of `out`.
pub fn write(status: &Status, devices: Option<(&dyn Devices, &Wanted)>, out: &mut dyn Write) -> io::Result<()> {
    let devices = devices.map(|(devices, wanted)| OneByOne { devices, wanted });
    serde_json::to_writer(&mut *out, &Document { status, devices })?;
    out.write_all(b"\n")
}

impl Report {
    /// Reads what [`write()`] has written.
    ///
    /// # Errors
    /// What is not as it should be, and where.
    pub fn read(json: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(json)
    }
}
