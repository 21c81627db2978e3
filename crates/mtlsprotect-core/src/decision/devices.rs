//! The device file: devices blocked, exempted, with passwords or, in a closed one, the only ones let in.
//!
//! It is held as words, so that processes can share it and one of them can change it: see [`DeviceList`].

pub(crate) mod line;
pub(crate) mod list;
mod sections;
pub(crate) mod state;

use crate::decision::devices::line::{Entry, Exemption, Line};
use crate::decision::devices::list::{DeviceList, halves};
use crate::decision::devices::sections::{
    ALLOW, BELOW_MAC, BLOCK, EVEN_PROVEN, EXEMPT, PASSWORD, SECTIONS, Section, kind,
};
use crate::files;
use crate::mac::Mac;
use crate::time::UnixTime;
use crate::wide::is_nearly_all;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicU64;

/// A device file that has been read.
#[derive(Debug)]
pub struct DeviceFile {
    words: Box<[AtomicU64]>,
    warnings: Vec<String>,
}

/// What the file says of a device.
#[derive(Clone, Copy)]
enum Treatment {
    Allow,
    Block,
    /// An index into the exemptions.
    Exempt(usize),
    /// The last second.
    Password(UnixTime),
}

impl DeviceFile {
    /// Reads a device file. `now` is Unix time, for warnings only.
    ///
    /// # Errors
    /// A sentence for the operator, with the number of the bad line.
    pub fn read(file: &Path, now: UnixTime) -> Result<Self, String> {
        let shown = file.display();
        let bytes = files::read(file).map_err(|error| format!("{shown}: cannot be read: {error}"))?;
        Self::parse(&bytes, now).map_err(|error| format!("{shown}:{error}"))
    }

    /// Reads what stands in one.
    ///
    /// # Errors
    /// The number of the bad line, a colon and a sentence for the operator.
    pub fn parse(bytes: &[u8], now: UnixTime) -> Result<Self, String> {
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return Err("1: the file is UTF-16; save it as UTF-8".to_owned());
        }
        let mut lines: Vec<(Mac, usize, Treatment)> = Vec::new();
        let mut exemptions = Vec::new();
        for (number, line) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
            let Some(line) = Line::parse(line).map_err(|error| format!("{number}: {error}"))? else { continue };
            let treatment = match line.entry {
                Entry::Allow => Treatment::Allow,
                Entry::Block => Treatment::Block,
                Entry::Password(line) => Treatment::Password(line.until),
                Entry::Exempt(exemption) => {
                    exemptions.push(exemption);
                    Treatment::Exempt(exemptions.len() - 1)
                }
            };
            lines.push((line.mac, number, treatment));
        }
        lines.sort_unstable_by_key(|&(mac, number, _)| (mac, number));
        if let Some(same) = lines.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(format!("{}: {} is in line {} already; remove one", same[1].1, same[1].0, same[0].1));
        }
        let exempt = |treatment| match treatment {
            Treatment::Exempt(index) => Some(exemptions[index].until),
            _ => None,
        };
        let password = |treatment| match treatment {
            Treatment::Password(until) => Some(until),
            _ => None,
        };
        let over =
            ended(&lines, exempt, now).map(|(over, first)| format!("has {over} exemptions that have ended: {first}"));
        let passwords = ended(&lines, password, now)
            .map(|(over, first)| format!("has {over} lines whose password has ended: {first}"));
        let wide = wide(&lines, &exemptions);
        let warnings = over.into_iter().chain(passwords).chain(wide).collect();
        Ok(DeviceFile { words: encode(&lines, &exemptions), warnings })
    }

    /// What the operator should know about the file.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Its devices, where it is closed or not.
    pub fn list(&self, is_closed: bool) -> DeviceList<'_> {
        DeviceList::new(&self.words, is_closed)
    }

    /// What it is to those who share it: see [`DeviceList::new`].
    pub fn words(&self) -> &[AtomicU64] {
        &self.words
    }
}

/// The first exemption from nearly everywhere, if there is one.
fn wide(lines: &[(Mac, usize, Treatment)], exemptions: &[Exemption]) -> Option<String> {
    let found = lines.iter().find_map(|&(mac, number, treatment)| match treatment {
        Treatment::Exempt(index) => {
            let network = exemptions[index].from.iter().find(|network| is_nearly_all(network))?;
            Some((mac, number, network))
        }
        _ => None,
    });
    let (mac, number, network) = found?;
    Some(format!(
        "exempts {mac} in line {number} from {network}, where nearly everybody is: strangers there can be this phone; specify the \
         network of its site"
    ))
}

/// How many lines have ended, by the last second that `until` finds in some, and the first of them for people.
fn ended(
    lines: &[(Mac, usize, Treatment)],
    until: impl Fn(Treatment) -> Option<UnixTime>,
    now: UnixTime,
) -> Option<(usize, String)> {
    let until = |&(mac, number, treatment): &_| Some((mac, number, until(treatment).filter(|&until| until < now)?));
    let mut over = lines.iter().filter_map(until);
    let (mac, number, first): (Mac, usize, UnixTime) = over.next()?;
    Some((1 + over.count(), format!("{mac} in line {number} ended on {}", first.day())))
}

/// Lines in the order of their MACs as words.
fn encode(lines: &[(Mac, usize, Treatment)], exemptions: &[Exemption]) -> Box<[AtomicU64]> {
    let mut parts: [Vec<u64>; SECTIONS] = Default::default();
    parts[Section::Devices as usize].reserve_exact(lines.len());
    for &(mac, _, treatment) in lines {
        let mac_bits = mac.bits() << BELOW_MAC;
        let said = match treatment {
            Treatment::Allow => ALLOW,
            Treatment::Block => BLOCK,
            Treatment::Exempt(index) => {
                let Exemption { from, until, even_proven } = &exemptions[index];
                let networks = &mut parts[Section::Networks as usize];
                let which = ((networks.len() / 3) as u64) << 32 | from.len() as u64;
                for network in from {
                    let [high, low] = halves(network.addr());
                    networks.extend([kind(network.addr().is_ipv4(), network.prefix_len()), high, low]);
                }
                let head = mac_bits | if *even_proven { EVEN_PROVEN } else { 0 };
                parts[Section::Exemptions as usize].extend([head, until.seconds() as u64, which]);
                EXEMPT
            }
            Treatment::Password(until) => {
                parts[Section::Passwords as usize].extend([mac_bits, until.seconds() as u64]);
                PASSWORD
            }
        };
        parts[Section::Devices as usize].push(mac_bits | said);
        let prefix = u64::from(mac.oui().bits());
        if parts[Section::Prefixes as usize].last() != Some(&prefix) {
            parts[Section::Prefixes as usize].push(prefix);
        }
    }
    for (of, networks) in sites(exemptions) {
        let first = (parts[Section::Sites as usize].len() / 3) as u64;
        parts[Section::Lengths as usize].extend([of, first, networks.len() as u64]);
        let sites = networks.into_iter().flat_map(|([high, low], until)| [high, low, until.seconds() as u64]);
        parts[Section::Sites as usize].extend(sites);
    }
    let ends = parts.iter().scan(SECTIONS, |end, part| {
        *end += part.len();
        Some(*end as u64)
    });
    let words = ends.collect::<Vec<_>>().into_iter().chain(parts.into_iter().flatten());
    words.map(AtomicU64::new).collect()
}

/// The networks of all exemptions with the last second of the longest in each, by the length of
/// their prefix: a few lengths, however many networks.
fn sites(exemptions: &[Exemption]) -> BTreeMap<u64, BTreeMap<[u64; 2], UnixTime>> {
    let mut sites: BTreeMap<u64, BTreeMap<[u64; 2], UnixTime>> = BTreeMap::new();
    for exemption in exemptions {
        for network in &exemption.from {
            let of = sites.entry(kind(network.addr().is_ipv4(), network.prefix_len())).or_default();
            let until = of.entry(halves(network.addr())).or_insert(exemption.until);
            *until = exemption.until.max(*until);
        }
    }
    sites
}

#[cfg(test)]
#[path = "devices_tests.rs"]
mod tests;
