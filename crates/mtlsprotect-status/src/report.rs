//! The JSON of a server, read as it comes: its devices may be millions.

use crate::device::Device;
use crate::model::Status;
use mtlsprotect_core::Mac;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::cell::Cell;
use std::fmt::{self, Formatter};
use std::io::{self, BufReader, Read};

/// Bytes that are read at once.
const PIECE: usize = 64 << 10;
/// Bytes of all that is held: of everything but the devices, or of one device. Thousands of hosts need a few million.
const MOST: usize = 64 << 20;

/// All that a server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Everything but the devices.
    pub status: Status,
    /// Those that were asked for, by MAC.
    pub devices: Vec<Device>,
}

impl Report {
    /// Reads what a server shows as JSON.
    ///
    /// # Errors
    /// What is not as it should be, and where.
    pub fn read(json: impl Read) -> serde_json::Result<Self> {
        let mut devices = Vec::new();
        let status = read(json, &mut |device| {
            devices.push(device);
            Ok(())
        })?;
        Ok(Report { status, devices })
    }
}

/// Reads what a server shows as JSON, and tells of each device as it comes, by MAC. Holds everything but the devices.
///
/// # Errors
/// What is not as it should be, and where; or that of `tell`.
pub fn read(json: impl Read, tell: &mut dyn FnMut(Device) -> Result<(), String>) -> serde_json::Result<Status> {
    let left = Cell::new(MOST);
    let mut json =
        serde_json::Deserializer::from_reader(BufReader::with_capacity(PIECE, Bounded { json, left: &left }));
    let status = Whole { tell, left: &left, last: None }.deserialize(&mut json)?;
    json.end()?;
    Ok(status)
}

/// Fails after too many bytes that are held.
struct Bounded<'a, R> {
    json: R,
    left: &'a Cell<usize>,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let length = bytes.len().min(self.left.get());
        if length == 0 && !bytes.is_empty() {
            return Err(io::Error::other(format!("more than {MOST} bytes come without a device")));
        }
        let read = self.json.read(&mut bytes[..length])?;
        self.left.set(self.left.get() - read);
        Ok(read)
    }
}

/// The whole document.
struct Whole<'a> {
    tell: &'a mut dyn FnMut(Device) -> Result<(), String>,
    left: &'a Cell<usize>,
    last: Option<Mac>,
}

/// Its devices.
struct Each<'a, 'b>(&'b mut Whole<'a>);

impl<'de> DeserializeSeed<'de> for Whole<'_> {
    type Value = Status;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Status, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Whole<'_> {
    type Value = Status;

    fn expecting(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str("a status")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<Status, A::Error> {
        let mut rest = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            if name == "devices" {
                fields.next_value_seed(Each(&mut self))?;
            } else {
                rest.insert(name, fields.next_value()?);
            }
        }
        Status::deserialize(Value::Object(rest)).map_err(A::Error::custom)
    }
}

impl<'de> DeserializeSeed<'de> for Each<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Each<'_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str("devices")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut devices: A) -> Result<(), A::Error> {
        while let Some(device) = devices.next_element::<Device>()? {
            if self.0.last.replace(device.mac) >= Some(device.mac) {
                return Err(A::Error::custom("the devices are not in the order of their MACs"));
            }
            (self.0.tell)(device).map_err(A::Error::custom)?;
            self.0.left.set(MOST);
        }
        Ok(())
    }
}
