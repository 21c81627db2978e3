//! Writes the device file's exemptions of phones that have no certificate.

use super::device::{Device, MOST_PLACES};
use crate::output::{counted, failed, shown};
use crate::replace::edit;
use anyhow::Result;
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::Line;
use std::collections::HashSet;
use std::net::IpAddr;
use std::path::Path;

/// Lines for the device file.
#[derive(Debug, Default)]
pub struct Exemptions {
    /// A line for each exempted device.
    lines: Vec<(Mac, String)>,
    /// Comments on those left out.
    left_out: Vec<(Mac, String)>,
}

/// What became of them.
#[derive(Debug)]
pub struct Written {
    /// Devices exempted.
    pub new: usize,
    /// Devices that the file had already, or a comment on them.
    pub known: usize,
    /// Devices that can't be exempted, with a comment each.
    pub left_out: usize,
}

impl Exemptions {
    /// For devices seen without a certificate, to the end of the day `until`. An address in `probes` is not a phone's
    /// site.
    pub fn new<'a>(devices: impl Iterator<Item = (Mac, &'a Device)>, until: &str, probes: &HashSet<IpAddr>) -> Self {
        let mut all = Exemptions::default();
        for (mac, device) in devices {
            let without = || device.places.iter().filter(|place| place.is_without_certificate());
            let mut addresses: Vec<IpAddr> = without().filter_map(|place| place.address).collect();
            addresses.sort_unstable();
            let (from_probes, addresses): (Vec<IpAddr>, Vec<IpAddr>) =
                addresses.into_iter().partition(|address| probes.contains(address));
            let reason = if device.has_proved_itself() {
                // Whoever shares its address could take its name.
                Some("it has a certificate, and proved itself with it".to_owned())
            } else if device.has_more_places {
                Some(format!("seen from more than {MOST_PLACES} addresses, name its network yourself"))
            } else if without().any(|place| place.address.is_none()) {
                Some("the log has a host name instead of its address".to_owned())
            } else if addresses.is_empty() {
                Some("asked for only from addresses that try many devices".to_owned())
            } else {
                None
            };
            if let Some(reason) = reason {
                all.left_out.push((mac, format!("# {mac} not exempted: {reason}")));
                continue;
            }
            let networks: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
            let mut line = format!(
                "{mac} exempt from={} until={until} # seen without certificate {}",
                networks.join(","),
                counted(device.without_certificate(), "time", "times")
            );
            if !from_probes.is_empty() {
                let left_out =
                    counted(from_probes.len(), "address that tries many devices", "addresses that try many devices");
                line.push_str(&format!(", {left_out} left out"));
            }
            all.lines.push((mac, line));
        }
        all
    }

    /// The lines as a file has them.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().chain(&self.left_out).map(|(_, line)| line.as_str())
    }

    /// Adds the lines of devices that the file doesn't have yet; what is in it stays byte for byte. The file is
    /// replaced whole or not at all.
    ///
    /// # Errors
    /// A line that does not belong in a device file, or why the file can't be read or written.
    pub fn write(&self, file: &Path) -> Result<Written> {
        edit(file, |content| {
            self.added_to(content).map_err(|error| failed(format!("{}:{error}; nothing was written", shown(file))))
        })
    }

    /// The file's text with the missing lines added, or which of its lines is invalid.
    fn added_to(&self, before: &[u8]) -> Result<(Vec<u8>, Written), String> {
        let mut content = before.to_vec();
        let (mut known, mut comments) = (HashSet::new(), HashSet::new());
        for (number, line) in (1..).zip(content.split(|&byte| byte == b'\n')) {
            let parsed = Line::parse(line).map_err(|error| format!("{number}: {error}"))?;
            known.extend(parsed.map(|line| line.mac));
            if line.starts_with(b"#") {
                comments.insert(line.to_vec());
            }
        }
        let new: Vec<&str> =
            self.lines.iter().filter(|(mac, _)| !known.contains(mac)).map(|(_, line)| &**line).collect();
        // A comment of an earlier run is not written again.
        let is_new = |(mac, line): &&(Mac, String)| !known.contains(mac) && !comments.contains(line.as_bytes());
        let left_out: Vec<&str> = self.left_out.iter().filter(is_new).map(|(_, line)| &**line).collect();
        if !new.is_empty() || !left_out.is_empty() {
            if content.last().is_some_and(|&byte| byte != b'\n') {
                content.push(b'\n');
            }
            for line in new.iter().chain(&left_out) {
                content.extend(line.bytes());
                content.push(b'\n');
            }
        }
        let known = self.lines.len() + self.left_out.len() - new.len() - left_out.len();
        let written = Written { new: new.len(), known, left_out: left_out.len() };
        Ok((content, written))
    }
}
