//! The devices of a device file, as the decision asks for them.

use crate::decision::devices::line::{Entry, Exemption, PasswordLine};
use crate::decision::devices::sections::{
    ALLOW, BELOW_MAC, EVEN_PROVEN, EXEMPT, PASSWORD, Section, find, first_from, kind, record, section,
};
use crate::mac::{Mac, Oui};
use crate::names::named::Named;
use crate::time::UnixTime;
use ipnet::IpNet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// The devices of `MTLSProtectDeviceFile` in one place of the configuration: the words of a
/// [`DeviceFile`](crate::decision::DeviceFile), and whether the file is closed there.
///
/// The words may change while they are read, and then any answer may come, though always one, and soon: whoever decides by
/// it asks afterwards whether they were still the same.
#[derive(Clone, Copy)]
pub struct DeviceList<'a> {
    words: &'a [AtomicU64],
    is_closed: bool,
}

/// How a device stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// It is allowed, exempted or may send a password.
    Listed,
    /// It is blocked.
    Blocked,
    /// The file doesn't have it, and need not.
    Absent,
    /// The file doesn't have it, and is closed.
    ShutOut,
}

/// What the file says of a device, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is one of ours.
    Allow,
    /// It gets nothing.
    Block,
    /// It may come without a certificate.
    Exempt,
    /// It may prove itself by a password.
    Password,
}

/// Lengths of prefixes that networks can have, of both versions.
const LENGTHS: usize = 33 + 129;

impl<'a> DeviceList<'a> {
    /// Of a file's words.
    pub const fn new(words: &'a [AtomicU64], is_closed: bool) -> Self {
        DeviceList { words, is_closed }
    }

    /// Whether only the devices that it lists are let in.
    pub fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Whether it lets any device in: at least one line is not `block`.
    pub fn lists_anyone(&self) -> bool {
        self.devices().any(|(_, said)| said != Said::Block)
    }

    /// Whether it has exemptions.
    pub fn has_exemptions(&self) -> bool {
        !self.section(Section::Exemptions).is_empty()
    }

    /// Number of devices in it.
    pub fn len(&self) -> usize {
        self.section(Section::Devices).len()
    }

    /// Whether it has no device.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All its devices, by their MACs.
    pub fn devices(&self) -> impl Iterator<Item = (Mac, Said)> + use<'a> {
        self.section(Section::Devices).iter().map(|word| said(word.load(Relaxed)))
    }

    /// Its devices from one on, by their MACs, with the last second of each exemption and password.
    pub fn devices_from(&self, first: Mac) -> impl Iterator<Item = (Mac, Said, Option<UnixTime>)> + use<'a> {
        let devices = self.section(Section::Devices);
        let from = devices.partition_point(|word| word.load(Relaxed) >> BELOW_MAC < first.bits());
        let mut exemptions = self.ends_from::<3>(Section::Exemptions, first);
        let mut passwords = self.ends_from::<2>(Section::Passwords, first);
        devices[from..].iter().map(move |word| {
            let (mac, said) = said(word.load(Relaxed));
            let until = match said {
                Said::Exempt => exemptions.next(),
                Said::Password => passwords.next(),
                Said::Allow | Said::Block => None,
            };
            (mac, said, until)
        })
    }

    /// The last seconds of a section's records, of so many words each, from a device on.
    fn ends_from<const WORDS: usize>(
        &self,
        section: Section,
        first: Mac,
    ) -> impl Iterator<Item = UnixTime> + use<'a, WORDS> {
        let section = self.section(section);
        (first_from::<WORDS>(section, |words| words[0] >> BELOW_MAC < first.bits())..)
            .map_while(move |number| record::<WORDS>(section, number))
            .map(|words| UnixTime::from_seconds(words[1] as i64))
    }

    /// The prefixes of all its devices, whatever it says of them; in order, each once.
    pub fn prefixes(&self) -> impl Iterator<Item = Oui> + use<'a> {
        self.section(Section::Prefixes).iter().map(|word| Oui::from_bits(word.load(Relaxed) as u32))
    }

    /// What the file says of a device; `None` where it doesn't have it.
    #[inline]
    pub fn said_of(&self, mac: Mac) -> Option<Said> {
        let devices = self.section(Section::Devices);
        let place = devices.partition_point(|word| word.load(Relaxed) >> BELOW_MAC < mac.bits());
        let (of, said) = said(devices.get(place)?.load(Relaxed));
        (of == mac).then_some(said)
    }

    /// The device's line.
    pub fn entry(&self, mac: Mac) -> Option<Entry> {
        Some(match self.said_of(mac)? {
            Said::Allow => Entry::Allow,
            Said::Block => Entry::Block,
            Said::Exempt => Entry::Exempt(self.exemption(mac)?),
            Said::Password => Entry::Password(PasswordLine { until: self.password_until(mac)? }),
        })
    }

    /// The device's exemption, also one that has ended.
    pub fn exemption(&self, mac: Mac) -> Option<Exemption> {
        let [head, until, networks] = self.exemption_record(mac)?;
        let (until, even_proven) = (UnixTime::from_seconds(until as i64), head & EVEN_PROVEN != 0);
        Some(Exemption { from: self.networks(networks).collect(), until, even_proven })
    }

    /// The file's word on a device, for people.
    pub fn says(&self, mac: Mac) -> String {
        match self.entry(mac) {
            None if self.is_closed => "not in the closed file".to_owned(),
            None => "not in the file".to_owned(),
            Some(entry) => entry.to_string(),
        }
    }

    /// How the device stands in the file.
    #[inline]
    pub fn listing(&self, mac: Mac) -> Listing {
        match self.said_of(mac) {
            Some(Said::Block) => Listing::Blocked,
            Some(Said::Allow | Said::Exempt | Said::Password) => Listing::Listed,
            None if self.is_closed => Listing::ShutOut,
            None => Listing::Absent,
        }
    }

    /// Whether the device is blocked.
    #[inline]
    pub fn blocks(&self, mac: Mac) -> bool {
        self.said_of(mac) == Some(Said::Block)
    }

    /// Whether a request from this address at Unix time `now` needs no certificate for what it
    /// names: an exempt device's file, or one that names nobody, from the site of any of them.
    pub fn exempts(&self, named: Named, from: IpAddr, now: UnixTime) -> bool {
        let from = from.to_canonical();
        match named {
            Named::Several => false,
            Named::Nobody => self.is_site(from, now),
            Named::One(mac) => self.exemption_record(mac).is_some_and(|[_, until, networks]| {
                now.seconds() <= until as i64 && self.networks(networks).any(|network| network.contains(&from))
            }),
        }
    }

    /// Whether the device's exemption holds even though it has proven itself.
    pub fn is_exempt_even_proven(&self, mac: Mac) -> bool {
        self.exemption_record(mac).is_some_and(|[head, ..]| head & EVEN_PROVEN != 0)
    }

    /// Until when the device may prove itself by a password, whether it has by a certificate or not; `None` where no line
    /// says so.
    pub fn password_until(&self, mac: Mac) -> Option<UnixTime> {
        let passwords = self.section(Section::Passwords);
        let [_, until] = find::<2>(passwords, |&[head, _]| (head >> BELOW_MAC).cmp(&mac.bits()))?;
        Some(UnixTime::from_seconds(until as i64))
    }

    fn is_site(&self, from: IpAddr, now: UnixTime) -> bool {
        let (lengths, sites) = (self.section(Section::Lengths), self.section(Section::Sites));
        (0..LENGTHS).map_while(|number| record::<3>(lengths, number)).any(|[of, first, count]| {
            let length = of as u8;
            let network = IpNet::new(from, length).ok().filter(|_| of == kind(from.is_ipv4(), length));
            let Some(network) = network else { return false };
            let wanted = halves(network.network());
            let found = find::<3>(records(sites, first, count), |&[high, low, _]| [high, low].cmp(&wanted));
            found.is_some_and(|[.., until]| now.seconds() <= until as i64)
        })
    }

    #[inline]
    fn exemption_record(&self, mac: Mac) -> Option<[u64; 3]> {
        find::<3>(self.section(Section::Exemptions), |&[head, ..]| (head >> BELOW_MAC).cmp(&mac.bits()))
    }

    fn networks(&self, which: u64) -> impl Iterator<Item = IpNet> + use<'a> {
        let networks = records(self.section(Section::Networks), which >> 32, which & u64::from(u32::MAX));
        networks.chunks_exact(3).filter_map(|network| {
            let [of, high, low] = record(network, 0)?;
            let bits = (u128::from(high) << 64) + u128::from(low);
            let is_v4 = of == kind(true, of as u8);
            let address = if is_v4 { Ipv4Addr::from_bits(low as u32).into() } else { Ipv6Addr::from_bits(bits).into() };
            IpNet::new(address, of as u8).ok()
        })
    }

    #[inline]
    fn section(&self, which: Section) -> &'a [AtomicU64] {
        section(self.words, which)
    }
}

/// A device and what a word says of it.
#[inline]
fn said(word: u64) -> (Mac, Said) {
    let said = match word & ((1 << BELOW_MAC) - 1) {
        ALLOW => Said::Allow,
        EXEMPT => Said::Exempt,
        PASSWORD => Said::Password,
        _ => Said::Block,
    };
    (Mac::from_bits(word >> BELOW_MAC), said)
}

/// So many records of three words from one on.
fn records(section: &[AtomicU64], first: u64, count: u64) -> &[AtomicU64] {
    let at = |number: u64| usize::try_from(number.checked_mul(3)?).ok();
    let (first, end) = (at(first), first.checked_add(count).and_then(at));
    first.zip(end).and_then(|(first, end)| section.get(first..end)).unwrap_or_default()
}

/// An address in two words.
pub(super) fn halves(address: IpAddr) -> [u64; 2] {
    match address {
        IpAddr::V4(address) => [0, u64::from(address.to_bits())],
        IpAddr::V6(address) => [(address.to_bits() >> 64) as u64, address.to_bits() as u64],
    }
}

impl fmt::Debug for DeviceList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceList({}{})", self.len(), if self.is_closed { ", closed" } else { "" })
    }
}
