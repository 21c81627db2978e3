//! What there is to show. Its fields are those of the JSON (docs/operations.md): some may be added, existing ones stay.

use crate::device::Rollout;
use crate::serial::{self, Word};
use crate::text::ClientText;
use mtlsprotect_core::Mac;
use mtlsprotect_core::time::UnixTime;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Everything but the devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The module's version.
    pub version: String,
    /// When all this was true.
    #[serde(with = "serial::time")]
    pub now: UnixTime,
    /// Since when is counted: httpd's start, which graceful restarts don't change.
    #[serde(with = "serial::time")]
    pub counting_since: UnixTime,
    /// The last start or graceful restart.
    #[serde(with = "serial::time")]
    pub restarted_at: UnixTime,
    /// The virtual hosts in which something is judged.
    pub hosts: Vec<Host>,
    /// Requests; those of which there are none are left out.
    pub counts: Vec<Count>,
    /// Handshakes with a certificate.
    pub handshakes: Handshakes,
    /// Requests by five minutes, oldest first, at most a day; the last period is not over yet.
    pub history: Vec<Period>,
    /// The devices by state.
    pub rollout: Rollout,
    /// Requests that were refused although their own certificate is one of a proven device's.
    pub proven_refused: u64,
    /// Requests that name a proven device and were refused for who sent them: an attack, or a lost certificate.
    pub proven_named_refused: u64,
    /// Requests that came through a balancer (`MTLSProtectProxy`).
    #[serde(default)]
    pub by_balancer: u64,
    /// Those of them that were refused, or would be.
    #[serde(default)]
    pub by_balancer_refused: u64,
    /// Requests that were refused for a wrong password (`MTLSProtectPassword`), not those that were only asked for one.
    #[serde(default)]
    pub wrong_passwords: u64,
    /// Exemptions that end within 14 days.
    pub exemptions_ending: u64,
    /// The table of devices.
    pub table: Table,
    /// The last refusals, newest first.
    pub refusals: Vec<Refusal>,
    /// The device CAs of all hosts, each once for each vendor.
    pub cas: Vec<Ca>,
    /// Their CRLs.
    pub crls: Vec<Crl>,
    /// The device files.
    pub device_files: Vec<DeviceFile>,
    /// `MTLSProtectLearnedFile`, if there is one.
    pub learned: Option<LearnedFile>,
}

/// A place in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

/// A virtual host, or the main server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Its name in all counts: `SERVERNAME:PORT` and its addresses.
    pub name: String,
    /// Where it is defined.
    pub defined_at: Option<Place>,
    /// Off, Report, Learn or On.
    pub mode: Word,
    /// The sections that differ from it.
    pub sections: Vec<Section>,
    /// Whose CAs vouch here.
    pub vendors: Vec<HostVendor>,
    /// When the first of its CAs expires.
    #[serde(with = "serial::maybe_time")]
    pub earliest_expiry: Option<UnixTime>,
}

/// A section that differs from its host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// As it was written: `<Location "/uploads">`.
    pub what: String,
    /// Where it is defined.
    pub defined_at: Option<Place>,
    /// Off, Report, Learn or On.
    pub mode: Word,
    /// What else differs, as directives; empty where it is the mode alone.
    pub says: String,
}

/// A vendor of a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostVendor {
    /// Its name.
    pub name: String,
    /// The vendor's own mode, where its line says one.
    pub mode: Option<Word>,
    /// How many CAs it has here.
    pub cas: u64,
    /// For how many prefixes they may speak.
    pub prefixes: u64,
}

/// Requests of a kind, since [`Status::counting_since`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// The host's name; empty for those that found no room.
    pub host: String,
    /// allow, deny or would-deny.
    pub verdict: Word,
    /// Why.
    pub reason: Word,
    /// The vendor whose list vouched; empty for none, or where vendors are not told apart.
    pub vendor: String,
    /// How many.
    pub number: u64,
}

/// Handshakes in which the module judged a client's certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handshakes {
    /// Full ones with a trusted certificate.
    pub full_trusted: u64,
    /// Full ones with another.
    pub full_not_trusted: u64,
    /// Resumed sessions of a trusted certificate.
    pub resumed_trusted: u64,
    /// Resumed sessions of another.
    pub resumed_not_trusted: u64,
}

/// Five minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// Its first second.
    #[serde(with = "serial::time")]
    pub start: UnixTime,
    /// Requests in it that were refused for a wrong password.
    #[serde(default)]
    pub wrong_passwords: u64,
    /// What was counted in it; what was not is left out.
    pub counts: Vec<PeriodCount>,
}

/// Requests of a kind in five minutes, of all hosts together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodCount {
    /// allow, deny or would-deny.
    pub verdict: Word,
    /// Why.
    pub reason: Word,
    /// How many.
    pub number: u64,
}

/// The table in which the devices are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Records in use.
    pub kept: u64,
    /// Records there is room for (`MTLSProtectFleetSize`).
    pub room: u64,
    /// Proofs for which there was no room.
    pub lost_proofs: u64,
    /// Devices without a proof, served within a week before, that gave way to others and are no longer shown.
    #[serde(default)]
    pub gave_way: u64,
}

/// A refusal, carried out or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// When.
    #[serde(with = "serial::time")]
    pub time: UnixTime,
    /// Where it came from; the balancer's address where nobody has said where the client is.
    pub address: IpAddr,
    /// The balancer that passed the request on, whose header was the only proof; none where the client came himself.
    #[serde(default)]
    pub via: Option<IpAddr>,
    /// The host that was asked.
    pub host: String,
    /// The vendor whose list vouched for the sender.
    pub vendor: Option<String>,
    /// deny or would-deny.
    pub verdict: Word,
    /// Why.
    pub reason: Word,
    /// The first device that the request names.
    #[serde(with = "serial::maybe_mac")]
    pub named: Option<Mac>,
    /// The device whose certificate came with it.
    #[serde(with = "serial::maybe_mac")]
    pub sender: Option<Mac>,
    /// The device's own certificate came with the request. Without it anybody may have sent it.
    pub by_itself: bool,
    /// What was asked for, or its beginning.
    pub uri: ClientText,
    /// The client's User-Agent, or its beginning.
    pub agent: ClientText,
}

/// A device CA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ca {
    /// Whose.
    pub vendor: String,
    /// Its subject.
    pub subject: String,
    /// When it ends.
    #[serde(with = "serial::time")]
    pub not_after: UnixTime,
    /// It is a trust anchor, not an issuing CA below one.
    pub is_root: bool,
}

/// A CRL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crl {
    /// Whose list it belongs to.
    pub vendor: String,
    /// Its issuer.
    pub issuer: String,
    /// When the next one should be there; none where it says nothing.
    #[serde(with = "serial::maybe_time")]
    pub next_update: Option<UnixTime>,
}

/// A device file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceFile {
    /// Its path.
    pub path: String,
    /// What stands in it now counts. Otherwise the last good list does.
    pub valid: bool,
    /// The lines of the list that counts.
    pub lines: u64,
    /// Since when that counts.
    #[serde(with = "serial::time")]
    pub loaded_at: UnixTime,
    /// What is wrong with what stands in it now.
    pub error: Option<String>,
}

/// `MTLSProtectLearnedFile`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LearnedFile {
    /// Its path.
    pub path: String,
    /// The devices that it proves.
    pub devices: u64,
    /// Lines that were skipped.
    pub bad_lines: u64,
    /// Lines that could not be written.
    pub write_errors: u64,
    /// The last line could be written, or none had to be.
    pub writable: bool,
    /// What is wrong with it.
    pub error: Option<String>,
}
