//! The device file: devices blocked, exempted or, in a closed one, the only ones let in.

use crate::escape::quoted;
use crate::mac::{Mac, Oui};
use crate::names::named::Named;
use crate::time::UnixTime;
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::{fmt, fs};

/// The devices of `MTLSProtectDeviceFile`.
#[derive(Debug)]
pub struct DeviceFile {
    /// Sorted by MAC.
    devices: Vec<(Mac, Treatment)>,
    exemptions: Vec<Exemption>,
    sites: Sites,
    closed: bool,
    warnings: Vec<String>,
}

/// What the file says of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Treatment {
    Allow,
    Block,
    /// An index into the exemptions.
    Exempt(u32),
}

/// How a device stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// It is allowed, or exempted.
    Listed,
    /// It is blocked.
    Blocked,
    /// The file doesn't have it, and need not.
    Absent,
    /// The file doesn't have it, and is closed.
    ShutOut,
}

/// One line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The device.
    pub mac: Mac,
    /// What is said of it.
    pub entry: Entry,
}

/// What a line says of its device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It is one of ours.
    Allow,
    /// It gets nothing, and nobody gets its files.
    Block,
    /// It may come without a certificate.
    Exempt(Exemption),
}

/// From where and for how long a device may come without a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exemption {
    /// The networks of its site.
    pub from: Vec<IpNet>,
    /// Unix time of the last second.
    pub until: UnixTime,
}

/// The networks of all exemptions with the last second of the longest in each, by the length of
/// their prefix: a few lengths, however many networks.
type Sites = BTreeMap<(bool, u8), Vec<(IpNet, UnixTime)>>;

impl DeviceFile {
    /// Reads a device file. `now` is Unix time, for warnings only.
    ///
    /// # Errors
    /// A sentence for the operator, with the number of the bad line.
    pub fn read(file: &Path, closed: bool, now: UnixTime) -> Result<Self, String> {
        let shown = file.display();
        let bytes = fs::read(file).map_err(|error| format!("{shown}: cannot be read: {error}"))?;
        Self::parse(&bytes, closed, now).map_err(|error| format!("{shown}:{error}"))
    }

    fn parse(bytes: &[u8], closed: bool, now: UnixTime) -> Result<Self, String> {
        let mut lines: Vec<(Mac, usize, Treatment)> = Vec::new();
        let mut exemptions = Vec::new();
        for (number, line) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
            let Some(line) = Line::parse(line).map_err(|error| format!("{number}: {error}"))? else { continue };
            let treatment = match line.entry {
                Entry::Allow => Treatment::Allow,
                Entry::Block => Treatment::Block,
                Entry::Exempt(exemption) => {
                    exemptions.push(exemption);
                    Treatment::Exempt(
                        u32::try_from(exemptions.len() - 1).map_err(|_| format!("{number}: too many lines"))?,
                    )
                }
            };
            lines.push((line.mac, number, treatment));
        }
        lines.sort_by_key(|&(mac, number, _)| (mac, number));
        if let Some(same) = lines.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(format!("{}: {} is in line {} already; remove one", same[1].1, same[1].0, same[0].1));
        }
        let over = exemptions.iter().filter(|exemption| exemption.until < now).count();
        let mut warnings = Vec::new();
        if over > 0 {
            let first = lines.iter().find_map(|&(mac, number, treatment)| match treatment {
                Treatment::Exempt(index) if exemptions[index as usize].until < now => {
                    Some(format!("{mac} in line {number} ended on {}", exemptions[index as usize].until.day()))
                }
                _ => None,
            });
            warnings.push(format!("has {over} exemptions that have ended: {}", first.unwrap_or_default()));
        }
        let devices = lines.into_iter().map(|(mac, _, treatment)| (mac, treatment)).collect();
        Ok(DeviceFile { devices, sites: sites(&exemptions), exemptions, closed, warnings })
    }

    /// What the operator should know about the file.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Whether only the devices that it lists are let in.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether it lets any device in: at least one line is not `block`.
    pub fn lists_anyone(&self) -> bool {
        self.devices.iter().any(|(_, treatment)| *treatment != Treatment::Block)
    }

    /// Whether it has exemptions.
    pub fn has_exemptions(&self) -> bool {
        !self.exemptions.is_empty()
    }

    /// Number of devices in it.
    pub fn len(&self) -> usize {
        self.devices.len()
    }

    /// Whether it has no device.
    pub fn is_empty(&self) -> bool {
        self.devices.is_empty()
    }

    /// The prefixes of all its devices, whatever it says of them; in order, each once.
    pub fn prefixes(&self) -> impl Iterator<Item = Oui> {
        let mut last = None;
        self.devices.iter().map(|(mac, _)| mac.oui()).filter(move |&oui| last.replace(oui) != Some(oui))
    }

    fn treatment(&self, mac: Mac) -> Option<Treatment> {
        self.devices.binary_search_by_key(&mac, |&(mac, _)| mac).ok().map(|index| self.devices[index].1)
    }

    /// The file's word on a device, for people.
    pub fn says(&self, mac: Mac) -> String {
        match self.treatment(mac) {
            None if self.closed => "not in the closed file".to_owned(),
            None => "not in the file".to_owned(),
            Some(Treatment::Allow) => "allow".to_owned(),
            Some(Treatment::Block) => "block".to_owned(),
            Some(Treatment::Exempt(index)) => self.exemptions[index as usize].to_string(),
        }
    }

    /// How the device stands in the file.
    pub fn listing(&self, mac: Mac) -> Listing {
        match self.treatment(mac) {
            Some(Treatment::Block) => Listing::Blocked,
            Some(Treatment::Allow | Treatment::Exempt(_)) => Listing::Listed,
            None if self.closed => Listing::ShutOut,
            None => Listing::Absent,
        }
    }

    /// Whether the device is blocked.
    pub fn blocks(&self, mac: Mac) -> bool {
        self.listing(mac) == Listing::Blocked
    }

    /// Whether a request from this address at Unix time `now` needs no certificate for what it
    /// names: an exempt device's file, or one that names nobody, from the site of any of them.
    pub fn exempts(&self, named: Named, from: IpAddr, now: UnixTime) -> bool {
        let from = from.to_canonical();
        match named {
            Named::Several => false,
            Named::Nobody => self.is_site(from, now),
            Named::One(mac) => match self.treatment(mac) {
                Some(Treatment::Exempt(index)) => self.exemptions[index as usize].holds(from, now),
                _ => false,
            },
        }
    }

    fn is_site(&self, from: IpAddr, now: UnixTime) -> bool {
        self.sites.iter().any(|(&(is_v4, length), networks)| {
            let Some(network) = (is_v4 == from.is_ipv4()).then(|| IpNet::new(from, length).ok()).flatten() else {
                return false;
            };
            let found = networks.binary_search_by_key(&network.trunc(), |&(network, _)| network);
            found.is_ok_and(|index| now <= networks[index].1)
        })
    }
}

impl Exemption {
    /// Its networks as the file writes them; one of a single address as that address.
    pub fn networks(&self) -> impl Iterator<Item = String> {
        self.from.iter().map(|network| {
            let is_one = network.prefix_len() == network.max_prefix_len();
            if is_one { network.addr().to_string() } else { network.to_string() }
        })
    }

    /// Whether it covers this address at Unix time `now`.
    fn holds(&self, from: IpAddr, now: UnixTime) -> bool {
        now <= self.until && self.from.iter().any(|network| network.contains(&from))
    }
}

impl Line {
    /// Reads a line; `None` where it is empty or a comment.
    ///
    /// # Errors
    /// What is wrong with it, for the operator.
    pub fn parse(line: &[u8]) -> Result<Option<Self>, String> {
        let text = line.split(|&byte| byte == b'#').next().unwrap_or_default();
        let Ok(text) = std::str::from_utf8(text) else {
            return Err(format!("\"{}\" is not UTF-8", quoted(text, 64)));
        };
        let mut words = text.split_ascii_whitespace();
        let Some(mac) = words.next() else { return Ok(None) };
        let mac = Mac::of_device(mac.as_bytes())
            .ok_or_else(|| format!("\"{}\" is not a device's MAC address", quoted(mac.as_bytes(), 64)))?;
        let rule = words.next().unwrap_or_default();
        let entry = match rule {
            "allow" => Entry::Allow,
            "block" => Entry::Block,
            "exempt" => return Ok(Some(Line { mac, entry: Entry::Exempt(Exemption::parse(words)?) })),
            _ => {
                let rule = quoted(rule.as_bytes(), 64);
                return Err(format!("expected allow, block or exempt after {mac}, found \"{rule}\""));
            }
        };
        match words.next() {
            None => Ok(Some(Line { mac, entry })),
            Some(more) => Err(format!("\"{}\" after {rule}; comments begin with #", quoted(more.as_bytes(), 64))),
        }
    }
}

impl Exemption {
    /// From networks or addresses separated by commas, until the end of a day like `2027-03-31`.
    ///
    /// # Errors
    /// What is wrong with them, for the operator.
    pub fn new(networks: &str, last_day: &str) -> Result<Self, String> {
        Ok(Exemption { from: parse_networks(networks)?, until: parse_day(last_day)? })
    }

    fn parse<'a>(words: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let (mut from, mut until) = (None, None);
        for word in words {
            let is_new = match word.split_once('=') {
                Some(("from", networks)) => from.replace(parse_networks(networks)?).is_none(),
                Some(("until", last)) => until.replace(parse_day(last)?).is_none(),
                _ => return Err(format!("expected from= and until=, found \"{}\"", quoted(word.as_bytes(), 64))),
            };
            if !is_new {
                return Err(format!("\"{word}\" is repeated; write from=203.0.113.0/24,198.51.100.7"));
            }
        }
        let example = "exempt from=203.0.113.0/24 until=2027-03-31";
        match (from, until) {
            (Some(from), Some(until)) => Ok(Exemption { from, until }),
            (None, _) => Err(format!("from= is missing, without which anybody could be this phone: {example}")),
            (_, None) => Err(format!("until= is missing, the last day in UTC: {example}")),
        }
    }
}

impl fmt::Display for Entry {
    /// As the file writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Allow => f.write_str("allow"),
            Entry::Block => f.write_str("block"),
            Entry::Exempt(exemption) => exemption.fmt(f),
        }
    }
}

impl fmt::Display for Exemption {
    /// As the file writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exempt from={} until={}", self.networks().collect::<Vec<_>>().join(","), self.until.day())
    }
}

/// Networks or single addresses, separated by commas.
fn parse_networks(list: &str) -> Result<Vec<IpNet>, String> {
    let parse = |word: &str| {
        let network: Option<IpNet> = word.parse().ok().or_else(|| word.parse::<IpAddr>().ok().map(IpNet::from));
        let network = network.map(|network| canonical(network.trunc())).ok_or_else(|| {
            format!("from=: \"{}\" is not an address or network; write 203.0.113.0/24", quoted(word.as_bytes(), 64))
        })?;
        if network.prefix_len() == 0 {
            return Err(format!("from=: {word} is everybody; specify the network of the phone's site"));
        }
        Ok(network)
    };
    list.split(',').map(parse).collect()
}

/// An IPv4 network that is written as IPv6 (::ffff:203.0.113.0/120) as what it is, since addresses are compared so.
fn canonical(network: IpNet) -> IpNet {
    let IpAddr::V4(address) = network.addr().to_canonical() else { return network };
    let length = network.prefix_len().checked_sub(network.max_prefix_len() - 32);
    length.and_then(|length| IpNet::new(address.into(), length).ok()).unwrap_or(network)
}

fn parse_day(last: &str) -> Result<UnixTime, String> {
    UnixTime::end_of_day(last)
        .ok_or_else(|| format!("until=: \"{}\" is not a day; write 2027-03-31", quoted(last.as_bytes(), 64)))
}

fn sites(exemptions: &[Exemption]) -> Sites {
    let mut sites = Sites::new();
    for exemption in exemptions {
        for network in &exemption.from {
            let is_v4 = network.addr().is_ipv4();
            sites.entry((is_v4, network.prefix_len())).or_default().push((*network, exemption.until));
        }
    }
    for networks in sites.values_mut() {
        // The longest exemption of each network first.
        networks.sort_by_key(|&(network, until)| (network, std::cmp::Reverse(until)));
        networks.dedup_by_key(|&mut (network, _)| network);
    }
    sites
}

#[cfg(test)]
#[path = "devices_tests.rs"]
mod tests;
