//! Addresses that name many devices and are turned away.

use foldhash::{HashMap, HashSet};
use mtlsprotect_core::Mac;
use std::net::IpAddr;

/// The maximum number of addresses remembered, of devices per address, and of pairs of both.
const MOST_ADDRESSES: usize = 500_000;
const MOST_DEVICES: usize = 10_000;
const MOST_PAIRS: usize = 2_000_000;

/// Who was turned away with which devices.
#[derive(Debug, Default)]
pub struct Probes {
    clients: HashMap<IpAddr, Client>,
    pairs: usize,
    /// Requests for which there was no room.
    pub not_kept: u64,
}

/// One address.
#[derive(Debug, Default)]
pub struct Client {
    devices: HashSet<Mac>,
    has_more: bool,
    /// Requests that the module refused, or httpd with 401 or 403.
    pub refused: u64,
    /// Requests that the module would have refused with `On`.
    pub would_deny: u64,
    /// Requests for what is not there.
    pub not_found: u64,
}

/// How a request that names a device failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// Refused.
    Refused,
    /// Served, as the module only reports.
    WouldDeny,
    /// There is no such file.
    NotFound,
}

/// An address that names many devices.
#[derive(Debug)]
pub struct Probe<'a> {
    /// The address.
    pub address: IpAddr,
    /// Devices for which it was turned away and which never got anything there.
    pub devices: usize,
    /// Whether there were more.
    pub has_more: bool,
    /// Its requests.
    pub client: &'a Client,
}

impl Probes {
    /// Notes that a request from there that names the device failed.
    pub fn failed(&mut self, from: IpAddr, device: Mac, how: Failed) {
        if self.clients.len() >= MOST_ADDRESSES && !self.clients.contains_key(&from) {
            self.not_kept += 1;
            return;
        }
        let client = self.clients.entry(from).or_default();
        match how {
            Failed::Refused => client.refused += 1,
            Failed::WouldDeny => client.would_deny += 1,
            Failed::NotFound => client.not_found += 1,
        }
        if client.devices.contains(&device) {
            return;
        }
        if client.devices.len() >= MOST_DEVICES || self.pairs >= MOST_PAIRS {
            client.has_more = true;
        } else {
            client.devices.insert(device);
            self.pairs += 1;
        }
    }

    /// The addresses with more than `threshold` devices that `is_at_home` doesn't know there, most devices first.
    pub fn found(&self, threshold: usize, is_at_home: impl Fn(Mac, IpAddr) -> bool) -> Vec<Probe<'_>> {
        let probe = |(&address, client): (&IpAddr, &'_ Client)| -> Option<(IpAddr, usize)> {
            // Most addresses belong to one phone: count only where there are enough devices.
            let is_many = client.devices.len() > threshold;
            let devices = is_many.then(|| client.devices.iter().filter(|&&mac| !is_at_home(mac, address)).count())?;
            (devices > threshold).then_some((address, devices))
        };
        let mut found: Vec<Probe<'_>> = self
            .clients
            .iter()
            .filter_map(|entry| {
                let (address, devices) = probe(entry)?;
                Some(Probe { address, devices, has_more: entry.1.has_more, client: entry.1 })
            })
            .collect();
        found.sort_by_key(|probe| (std::cmp::Reverse(probe.devices), probe.address));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_with_its_phones_is_no_probe_and_one_that_guesses_is() {
        let (office, guesser) = (IpAddr::from([198, 51, 100, 1]), IpAddr::from([203, 0, 113, 66]));
        let mut probes = Probes::default();
        for number in 0..30 {
            for client in [office, guesser] {
                for _ in 0..2 {
                    probes.failed(client, Mac::from_bits(0x0004_f200_0000 + number), Failed::NotFound);
                }
            }
        }
        let found = probes.found(20, |_, address| address == office);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].address, found[0].devices, found[0].client.not_found), (guesser, 30, 60));
        assert!(probes.found(30, |_, _| false).is_empty());
    }

    #[test]
    fn one_that_tries_all_prefixes_takes_no_more_room() {
        let mut probes = Probes::default();
        for number in 0..MOST_DEVICES as u64 + 9 {
            probes.failed(IpAddr::from([203, 0, 113, 66]), Mac::from_bits(1 << 24 | number), Failed::Refused);
        }
        let found = probes.found(20, |_, _| false);
        assert_eq!((found[0].devices, found[0].has_more), (MOST_DEVICES, true));
        assert_eq!((probes.pairs, found[0].client.refused), (MOST_DEVICES, MOST_DEVICES as u64 + 9));
    }
}
