//! The status as JSON, written device by device.

use crate::asked::Wanted;
use crate::census;
use crate::device::{Device, DeviceRefusal, Devices, State};
use crate::model::Status;
use crate::serial;
use mtlsprotect_core::Mac;
use mtlsprotect_core::time::UnixTime;
use serde::{Serialize, Serializer};
use std::io::{self, Write};

/// Everything, with devices that are asked for while it is written.
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

/// A device in brief: what is known of its state, and since when.
#[derive(Serialize)]
struct Brief {
    #[serde(with = "serial::mac")]
    mac: Mac,
    state: State,
    #[serde(with = "serial::maybe_time", skip_serializing_if = "Option::is_none")]
    last_seen: Option<UnixTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_refusal: Option<DeviceRefusal>,
}

impl Serialize for OneByOne<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let devices = census::all(self.devices, self.wanted);
        if self.wanted.is_brief {
            serializer.collect_seq(devices.map(Brief::of))
        } else {
            serializer.collect_seq(devices)
        }
    }
}

impl Brief {
    fn of(device: Device) -> Self {
        let Device { mac, state, last_seen, last_refusal, .. } = device;
        Brief { mac, state, last_seen, last_refusal }
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
