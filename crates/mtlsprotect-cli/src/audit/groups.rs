//! Requests by virtual host, vendor, day or balancer.

use super::device::{Count, Fate, Log};
use super::when::When;
use clap::ValueEnum;
use foldhash::HashSet;
use mtlsprotect_core::Mac;
use mtlsprotect_core::built_in::maker_of;
use mtlsprotect_core::escape::quoted;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The maximum number of groups, and of devices counted in all of them together.
const MOST_GROUPS: usize = 4096;
const MOST_DEVICES: usize = 4_000_000;
const NAME_SHOWN: usize = 128;

/// The name of the groups beyond those that are told apart.
const OTHERS: &str = "(others)";

/// By what requests are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// The virtual host, where the log has it
    Host,
    /// The vendor that the log has, else the maker of the device's prefix
    Vendor,
    /// The day, in UTC
    Day,
    /// The balancer that passed the request on, where the log has it
    Via,
}

impl By {
    /// The word of the command line.
    pub fn word(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// What groups need of a line.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// In which log it stands.
    pub log: Log,
    /// When it was written.
    pub when: When,
    /// The virtual host, empty where the log doesn't have it.
    pub host: &'a [u8],
    /// The vendor as the log has it.
    pub vendor: &'a [u8],
    /// The address of the balancer, empty where the log has none.
    pub via: &'a [u8],
    /// The sender, or the device named.
    pub device: Option<Mac>,
    /// What became of the request, where that is known.
    pub fate: Option<Fate>,
}

/// The groups.
#[derive(Debug)]
pub struct Groups {
    /// What tells them apart.
    pub by: By,
    groups: BTreeMap<String, Group>,
    devices: usize,
}

/// The requests of one.
#[derive(Debug, Default)]
pub struct Group {
    /// All of them.
    pub requests: Count,
    /// Those let pass, refused, and so on.
    pub fates: BTreeMap<Fate, Count>,
    devices: HashSet<Mac>,
    /// Whether there were more devices.
    pub has_more: bool,
}

impl Groups {
    /// None yet.
    pub fn new(by: By) -> Self {
        Groups { by, groups: BTreeMap::new(), devices: 0 }
    }

    /// Counts a line.
    pub fn add(&mut self, line: &Line<'_>) {
        let name = self.name(line);
        let is_full = self.groups.len() >= MOST_GROUPS && !self.groups.contains_key(&*name);
        let name = if is_full { Cow::Borrowed(OTHERS) } else { name };
        if !self.groups.contains_key(&*name) {
            self.groups.insert(name.clone().into_owned(), Group::default());
        }
        let Some(group) = self.groups.get_mut(&*name) else { return };
        group.requests.add(line.log);
        if let Some(fate) = line.fate {
            group.fates.entry(fate).or_default().add(line.log);
        }
        let Some(device) = line.device.filter(|device| !group.devices.contains(device)) else { return };
        if self.devices < MOST_DEVICES {
            self.devices += 1;
            group.devices.insert(device);
        } else {
            group.has_more = true;
        }
    }

    fn name<'a>(&self, line: &Line<'a>) -> Cow<'a, str> {
        let or_dash = |text: &[u8]| if text.is_empty() { "-".to_owned() } else { quoted(text, NAME_SHOWN) };
        match self.by {
            By::Host => Cow::Owned(or_dash(line.host)),
            By::Day => Cow::Owned(line.when.day()),
            By::Via => Cow::Owned(or_dash(line.via)),
            By::Vendor if line.vendor.is_empty() || line.vendor == b"-" => {
                Cow::Borrowed(line.device.and_then(|device| maker_of(device.oui())).unwrap_or("-"))
            }
            By::Vendor => Cow::Owned(or_dash(line.vendor)),
        }
    }

    /// Each with its name, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Group)> {
        self.groups.iter().map(|(name, group)| (name.as_str(), group))
    }
}

impl Group {
    /// How many devices.
    pub fn devices(&self) -> usize {
        self.devices.len()
    }

    /// How many requests had this fate.
    pub fn of(&self, fate: Fate) -> u64 {
        self.fates.get(&fate).map_or(0, |count| count.requests())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_hosts_take_no_more_room() {
        let mut groups = Groups::new(By::Host);
        for number in 0..2 * MOST_GROUPS {
            let host = format!("{number}.example");
            let line = Line {
                log: Log::Access,
                when: When::UNKNOWN,
                host: host.as_bytes(),
                vendor: b"",
                via: b"",
                device: None,
                fate: None,
            };
            groups.add(&line);
        }
        assert_eq!(groups.iter().count(), MOST_GROUPS + 1);
    }
}
