//! The rows of every section, as JSON has them.

use super::fleet::State;
use super::when::When;
use mtlsprotect_core::Mac;
use serde::{Serialize, Serializer};
use std::net::IpAddr;

/// Requests by virtual host, vendor, day or balancer.
#[derive(Debug, Serialize)]
pub struct Counts {
    /// `host`, `vendor` or `day`.
    pub by: String,
    /// A row for each.
    pub rows: Vec<CountRow>,
}

/// The requests of one virtual host, vendor, day or balancer.
#[derive(Debug, Serialize)]
pub struct CountRow {
    /// Its value; a dash if the log doesn't say.
    pub name: String,
    /// All of them.
    pub requests: u64,
    /// Those that the module let pass.
    pub allowed: u64,
    /// Those that it refused.
    pub denied: u64,
    /// Those that it will refuse with `On`.
    pub would_deny: u64,
    /// Those without a verdict that are refused whoever asks.
    pub would_deny_anybody: u64,
    /// Devices that sent them or are named in them.
    pub devices: usize,
    /// Whether there were more devices.
    pub has_more: bool,
}

/// Requests that were refused, or would be.
#[derive(Debug, Serialize)]
pub struct Denied {
    /// `deny`, `would-deny`, or `would-deny-anybody` where the log has no verdict.
    pub verdict: &'static str,
    /// Why.
    pub reason: &'static str,
    /// How many.
    pub requests: u64,
    /// How many devices sent them or were named.
    pub devices: u64,
    /// One of them.
    pub example: String,
}

/// Handshakes refused with one error.
#[derive(Debug, Serialize)]
pub struct Handshake {
    /// OpenSSL's words.
    pub error: String,
    /// How many.
    pub times: u64,
    /// From how many addresses.
    pub from: usize,
    /// Those with most of them.
    pub addresses: Vec<Times>,
    /// Whether there were more than could be counted.
    pub has_more: bool,
    /// Subject of the last certificate, where the log has it.
    pub subject: Option<String>,
    /// Its issuer.
    pub issuer: Option<String>,
}

/// An address, and how often.
#[derive(Debug, Serialize)]
pub struct Times {
    /// The address.
    pub address: IpAddr,
    /// How often.
    pub times: u64,
}

/// An address that tries many devices.
#[derive(Debug, Serialize)]
pub struct ProbeRow {
    /// The address.
    pub address: IpAddr,
    /// Devices that it named, was turned away for, and never got anything of.
    pub devices: usize,
    /// Whether there were more.
    pub has_more: bool,
    /// Requests refused.
    pub refused: u64,
    /// Requests that would be refused.
    pub would_deny: u64,
    /// Requests for what is not there.
    pub not_found: u64,
}

/// A way in which URLs name devices.
#[derive(Debug, Serialize)]
pub struct Name {
    /// Where the name was found.
    pub source: &'static str,
    /// The file, a device's name in it as `<mac>`.
    pub file: String,
    /// How many requests.
    pub requests: u64,
    /// The number of devices, among those whose files are all known.
    pub devices: u64,
}

/// A folder whose files may be devices' and name nobody.
#[derive(Debug, Serialize)]
pub struct UnnamedRow {
    /// The folder, or a script up to its query.
    pub folder: String,
    /// Files with one client each.
    pub files: u64,
    /// Those of them fetched twice or more.
    pub fetched_again: u64,
    /// Different clients.
    pub addresses: usize,
    /// Some of the files, with their client.
    pub examples: Vec<String>,
}

/// A device.
#[derive(Debug, Serialize)]
pub struct DeviceRow {
    /// Its MAC.
    #[serde(serialize_with = "as_text")]
    pub mac: Mac,
    /// Its maker, by the prefix: for the reader, whether or not the maker's certificates are known.
    pub vendor: Option<&'static str>,
    /// Lines in access logs.
    pub requests: u64,
    /// Those of them of which no verdict is known.
    pub without_verdict: u64,
    /// What became of the others.
    pub verdicts: Vec<VerdictCount>,
    /// What it got.
    pub files: Vec<String>,
    /// Whether there were more files.
    pub has_more_files: bool,
    /// Where it comes from.
    pub addresses: Vec<IpAddr>,
    /// Whether there were more addresses.
    pub has_more_addresses: bool,
    /// When last.
    pub last_seen: When,
}

/// How many requests had a verdict.
#[derive(Debug, Serialize)]
pub struct VerdictCount {
    /// The verdict.
    pub verdict: &'static str,
    /// Its reason.
    pub reason: &'static str,
    /// How many.
    pub requests: u64,
}

/// A device of the fleet.
#[derive(Debug, Serialize)]
pub struct FleetRow {
    /// Its MAC.
    #[serde(serialize_with = "as_text")]
    pub mac: Mac,
    /// Whether it is ready.
    pub state: State,
    /// The reason of the line that decides.
    pub reason: Option<&'static str>,
    /// Whether it is in the learned file, where one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proven: Option<bool>,
    /// Whether `MTLSProtect Learn` would refuse it as it came last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_by_learn: Option<bool>,
    /// Who issued its last certificate that was not trusted.
    pub issuer: Option<String>,
    /// What else there is to know.
    pub detail: Option<String>,
    /// When last.
    pub last_seen: When,
    /// Where it comes from.
    pub addresses: Vec<IpAddr>,
}

impl FleetRow {
    /// What `MTLSProtect Learn` makes of it, in a word.
    pub fn in_learn(&self) -> Option<&'static str> {
        Some(match (self.proven?, self.refused_by_learn?) {
            (true, true) => "proven, refused",
            (true, false) => "proven",
            (false, true) => "refused",
            (false, false) => "not proven",
        })
    }
}

fn as_text<S: Serializer>(mac: &Mac, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(mac)
}
