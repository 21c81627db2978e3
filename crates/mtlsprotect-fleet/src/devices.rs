//! The table of devices.

use crate::atomic::{AtomicU64, Relaxed};
use crate::cell::Verdict;
use crate::record::{self, Device, Record, Refusal};
use crate::word::{mix, place};

/// A kept record can stand in so many sets of so many neighbours, which the processor fetches together. A search ends at
/// the first free place, as none is ever freed; the bound is for a table that is nearly full.
const SETS: usize = 32;
const NEIGHBOURS: usize = 4;
/// How many other records compete for a place.
pub(crate) const WAYS: usize = if cfg!(feature = "model") { 2 } else { 8 };
/// A device that was served within so many seconds, a week, is one of the fleet still.
const RECENT: u32 = 7 * 24 * 3600;

/// What is known of devices.
///
/// Three quarters of the table are for records that are **kept**: of devices that have proven themselves, and of those
/// that the device file lists. They are never moved, freed or given to another, so that a proof can't reach another
/// device's record, whenever its writer was stopped and went on. Devices that are only listed leave a quarter of these
/// places to those that will prove themselves; beyond that they count as others.
///
/// **Others** stand in the last quarter, in sets of 8, where the one that was served longest ago gives way. A proof is
/// never written there: a device that proves itself gets a record among the kept ones.
///
/// What can be wrong, all of it in numbers for people and none of it in a proof: a writer that is stopped between
/// finding another's record and writing to it may add its request to the device that replaced it; a request is not
/// counted when two devices want a place at once; what was known before its proof of a device is lost when the writer
/// that moves it is killed.
///
/// Of children of before a graceful restart none writes a proof any more
/// ([`Outdated`](crate::proofs::Proven::Outdated)): what the restart has taken away stays so. One that was stopped between looking and writing still adds its proof, as nothing tells a record
/// without proofs of before from one of after; the device's next request then brings its line ([`Devices::lacks_line`]),
/// so that the table says nothing for long that the file doesn't.
#[derive(Clone, Copy)]
pub struct Devices<'a> {
    pub(crate) kept: &'a [AtomicU64],
    pub(crate) others: &'a [AtomicU64],
    /// How many records are kept, but for those whose writer was killed before it had counted.
    pub(crate) used: &'a AtomicU64,
    /// How many proofs found no room.
    pub(crate) lost: &'a AtomicU64,
    /// How many records of others were given away within [`RECENT`] of their devices' last visits.
    pub(crate) gave_way: &'a AtomicU64,
    /// How often the server was started or restarted, and of which of these times this process is.
    pub(crate) generation: &'a AtomicU64,
    pub(crate) own_generation: u64,
}

/// A request in the name of a device: its own, or one that names it.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// The device's MAC, as a number.
    pub mac: u64,
    /// Unix time.
    pub now: u32,
    /// The device file has a line for the device.
    pub is_listed: bool,
    /// What is served is a file that exists and names the device. Without that nothing is kept of devices that are new
    /// and not listed, so that made-up names leave nothing.
    pub is_existing_file: bool,
    /// It had the device's password in place of a certificate.
    pub is_by_password: bool,
    /// Why it was refused, or would be.
    pub refusal: Option<Refusal>,
}

/// Where a device's record stands most often: not to be looked for with each of its requests.
#[derive(Clone, Copy, Debug)]
pub struct FirstPlace(usize);

/// What a request left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// Nothing.
    Nothing,
    /// It is in a record that is kept.
    Kept,
    /// It is in another: should the device file list the device by now, [`Devices::keep_listed`] keeps it.
    AmongOthers,
}

impl Request {
    fn is_served(&self) -> bool {
        self.refusal.is_none_or(|refusal| refusal.verdict != Verdict::Deny)
    }
}

impl<'a> Devices<'a> {
    /// Notes a request.
    pub fn note(&self, request: &Request) -> Noted {
        let Some((record, noted)) = self.record_for(request) else { return Noted::Nothing };
        Self::note_in(&record, request);
        noted
    }

    /// Keeps the record of a device that the device file lists, as far as there is room for those.
    pub fn keep_listed(&self, mac: u64) {
        if self.leaves_room() {
            self.keep(mac);
        }
    }

    pub(crate) fn note_in(record: &Record<'_>, request: &Request) {
        // First: a record that was just seen is not given away.
        if request.is_served() {
            record.seen(request.now);
            record.served();
            record.by_password(request.mac, request.is_by_password);
        } else {
            record.refused();
        }
        match &request.refusal {
            Some(refusal) => record.keep_refusal(refusal),
            None => record.not_refused(request.now),
        }
    }

    /// What is known of a device.
    pub fn get(&self, mac: u64) -> Option<Device> {
        self.find(mac)?.load().filter(|device| device.mac == mac)
    }

    /// What is known of all devices, each once.
    pub fn all(&self) -> impl Iterator<Item = Device> + 'a {
        let this = *self;
        let records = records(self.kept).chain(records(self.others));
        // A device whose record was just moved can have another for a moment.
        records.filter_map(move |record| {
            let device = record.load()?;
            this.find(device.mac)?.is(&record).then_some(device)
        })
    }

    /// How many records are kept.
    pub fn kept(&self) -> usize {
        self.used.load(Relaxed) as usize
    }

    /// How many can be.
    pub fn room(&self) -> usize {
        self.kept.len() / record::WORDS
    }

    /// How many proofs found no room.
    pub fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }

    /// How many devices without a proof, served within a week before, had to give way: the fleet is larger than the table.
    pub fn gave_way(&self) -> u64 {
        self.gave_way.load(Relaxed)
    }

    fn record_for(&self, request: &Request) -> Option<(Record<'a>, Noted)> {
        let &Request { mac, now, is_listed, is_existing_file, .. } = request;
        let may_be_new = request.is_served() && (is_listed || is_existing_file);
        if let Some(record) = self.find_kept(mac) {
            return Some((record, Noted::Kept));
        }
        if is_listed && self.leaves_room() {
            return self.keep(mac).map(|record| (record, Noted::Kept));
        }
        let other = self.find_others(mac).or_else(|| may_be_new.then(|| self.take_others(mac, now))?);
        other.map(|record| (record, Noted::AmongOthers))
    }

    /// Whether there is room for those that the device file lists.
    fn leaves_room(&self) -> bool {
        self.kept() < self.room() / 4 * 3
    }

    fn find(&self, mac: u64) -> Option<Record<'a>> {
        self.find_kept(mac).or_else(|| self.find_others(mac))
    }

    pub(crate) fn find_kept(&self, mac: u64) -> Option<Record<'a>> {
        for set in self.places(mac) {
            for record in records(set) {
                match record.mac() {
                    0 => return None,
                    there if there == mac => return Some(record),
                    _ => {}
                }
            }
        }
        None
    }

    /// The first of the places where a device's record can stand.
    pub fn first_place(&self, mac: u64) -> FirstPlace {
        FirstPlace(below(mix(mac), self.room() / NEIGHBOURS) * NEIGHBOURS * record::WORDS)
    }

    /// A kept record that is in the first of its places, where nearly all are, and has nothing left to be written down.
    #[inline]
    pub(crate) fn find_at_once(&self, mac: u64, first: FirstPlace) -> Option<Record<'a>> {
        let set: &[AtomicU64; NEIGHBOURS * record::WORDS] = self.kept.get(first.0..)?.first_chunk()?;
        records(set).find(|record| record.is_settled(mac)).filter(|_| is_mac(mac))
    }

    fn find_others(&self, mac: u64) -> Option<Record<'a>> {
        self.set(mac).find(|record| is_mac(mac) && record.mac() == mac)
    }

    /// A device's record among the kept ones, which may be new. It takes the first free of its places. As none is ever
    /// freed, whoever looks for the same device comes by it or takes that very place, and no device has two.
    pub(crate) fn keep(&self, mac: u64) -> Option<Record<'a>> {
        let places = self.places(mac).filter(|_| is_mac(mac));
        for record in places.flat_map(|set| records(set)) {
            match record.mac() {
                0 => match record.take(mac) {
                    Ok(()) => {
                        self.used.fetch_add(1, Relaxed);
                        self.move_others(mac, &record);
                        return Some(record);
                    }
                    Err(there) if there == mac => return Some(record),
                    Err(_) => {}
                },
                there if there == mac => return Some(record),
                _ => {}
            }
        }
        None
    }

    /// Moves what is known of a device to the record that it has now.
    fn move_others(&self, mac: u64, record: &Record<'a>) {
        let Some(other) = self.find_others(mac) else { return };
        let device = other.load();
        if other.free(mac) {
            device.iter().filter(|device| device.mac == mac).for_each(|device| record.add(device));
        }
    }

    /// A record among the others, in place of the one that was served longest ago. It is free in between, and whoever
    /// takes a free one clears it before: nothing of a device becomes another's, whoever is killed.
    fn take_others(&self, mac: u64, now: u32) -> Option<Record<'a>> {
        let record = self.set(mac).filter(|_| is_mac(mac)).min_by_key(|record| {
            let is_taken = record.mac() != 0;
            (is_taken, record.last_seen())
        })?;
        let (there, last_seen) = (record.mac(), record.last_seen());
        if there != 0 {
            if !record.free(there) {
                return None;
            }
            if now.saturating_sub(last_seen) < RECENT {
                self.gave_way.fetch_add(1, Relaxed);
            }
        }
        record.clear();
        // before it is taken, or another device that comes now would find it the oldest
        record.seen(now);
        record.take(mac).ok().map(|()| record)
    }

    /// Where a kept record can stand, in the order in which places are taken.
    fn places(&self, mac: u64) -> impl Iterator<Item = &'a [AtomicU64; NEIGHBOURS * record::WORDS]> {
        let (kept, sets, mut hash) = (self.kept, self.room() / NEIGHBOURS, mac);
        (0..SETS).filter_map(move |_| {
            hash = mix(hash);
            place(kept, below(hash, sets))
        })
    }

    /// Where another's record can stand.
    fn set(&self, mac: u64) -> impl Iterator<Item = Record<'a>> {
        let others = self.others;
        let first = below(mix(mac), others.len() / record::WORDS / WAYS) * WAYS;
        (first..first + WAYS).filter_map(|number| place(others, number)).map(Record)
    }
}

pub(crate) fn records(words: &[AtomicU64]) -> impl Iterator<Item = Record<'_>> {
    words.chunks_exact(record::WORDS).filter_map(|words| words.first_chunk()).map(Record)
}

/// Whether a number can be a MAC. Zero marks free records.
pub(crate) fn is_mac(mac: u64) -> bool {
    mac != 0 && mac >> 48 == 0
}

/// A number below a bound, all alike, by 64 bits that look random.
fn below(hash: u64, bound: usize) -> usize {
    ((u128::from(hash) * bound as u128) >> 64) as usize
}

#[cfg(all(test, not(feature = "model")))]
#[path = "devices_tests.rs"]
mod tests;
