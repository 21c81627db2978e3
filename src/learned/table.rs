//! The table of devices follows the learned file, and the file the table.

use crate::httpd::Server;
use crate::module::Mtlsprotect;
use mtlsprotect_core::learned::{Learned, LearnedList};
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::{Fingerprint, Mac};
use mtlsprotect_fleet::{Devices, Fleet, seconds};
use std::collections::HashMap;

/// Takes away the proofs of devices that the file says to forget, as far as they are not later.
pub fn forget(learned: &Learned, devices: &Devices<'_>) {
    for (mac, time) in learned.forgets() {
        devices.forget(mac.bits(), seconds(time.seconds()));
    }
}

/// Who is proven by the table, with the bits of the roots.
pub fn proven(devices: &Devices<'_>) -> Vec<(Mac, u32)> {
    let proven = devices.all().filter(|device| device.roots != 0);
    proven.map(|device| (Mac::from_bits(device.mac), device.roots)).collect()
}

/// Takes away the proofs in the table that the file lacks: they came when there was no file. The device's next request
/// brings it anew, and its line. What came since `proven` was asked for stays, and what could not be written yet.
pub fn take_away_what_lacks(main: Server<'_>, proven: &[(Mac, u32)], learned: &mut Learned, devices: &Devices<'_>) {
    let bits = bits(main);
    let all = bits.values().fold(0, |all, bit| all | bit);
    for &(mac, roots) in proven {
        let written = learned.proofs_of(mac).filter_map(|proof| bits.get(proof.root)).fold(0, |all, bit| all | bit);
        // Of roots that no host trusts nothing is known.
        let lacking = roots & all & !written;
        if lacking != 0 {
            devices.take_proofs(mac.bits(), lacking);
        }
    }
}

/// The roots by which the table has a device proven, and of which a list that has all of the file lacks the proof. Of roots
/// that no host trusts nothing is known.
pub fn lacking(list: LearnedList<'_>, fleet: &Fleet<'_>, mac: Mac) -> impl Iterator<Item = Fingerprint> {
    let by = fleet.devices.proven_by(mac.bits());
    let bits = (0..u32::BITS).map(move |number| by & 1 << number).filter(|&bit| bit != 0);
    bits.filter_map(|bit| fleet.roots.sha256(bit)).map(Fingerprint::new).filter(move |root| list.lacks(mac, root))
}

/// Looks through the table for proofs that lack their lines, some records each time: their writer was killed before it had
/// written, was one of before a restart, or the line went with the end of a file that was cut. The device's next request
/// brings it; until then it counts all the same.
#[derive(Default)]
pub struct Watch {
    /// The record at which it goes on.
    next: usize,
    /// Devices whose lines were lacking when it looked last: they may have been on their way.
    lacking: Vec<Mac>,
}

/// Records that are looked at each time: at least these, and as many as bring it through all of them in so many times.
const LEAST_RECORDS: usize = 16_384;
const TIMES: usize = 64;

impl Watch {
    /// Goes on, with a list that has all that was read of the file.
    pub fn go_on(&mut self, list: LearnedList<'_>, fleet: &Fleet<'_>, now: UnixTime) {
        let devices = &fleet.devices;
        let lacks = |mac: Mac| lacking(list, fleet, mac).next().is_some();
        for mac in self.lacking.drain(..).filter(|&mac| lacks(mac)) {
            devices.lacks_line(mac.bits(), seconds(now.seconds()));
        }
        let count = (devices.room() / TIMES).max(LEAST_RECORDS);
        let proven = devices.proven_among(self.next, count).map(Mac::from_bits);
        self.lacking.extend(proven.filter(|&mac| lacks(mac)));
        self.next = if self.next + count < devices.room() { self.next + count } else { 0 };
    }
}

/// The bit of each root that a host trusts.
fn bits(main: Server<'_>) -> HashMap<Fingerprint, u32> {
    let trusts = main.and_all_after().filter_map(|host| host.config::<Mtlsprotect>().trust);
    let roots = trusts.filter_map(|list| Some(list.vendors.roots().iter().zip(&list.numbers.get()?.roots))).flatten();
    roots.filter_map(|(root, number)| Some((root.fingerprint, (*number)?.bit()))).collect()
}
