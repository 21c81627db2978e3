//! The table of devices follows the learned file.

use crate::httpd::Server;
use crate::module::Mtlsprotect;
use mtlsprotect_core::learned::Learned;
use mtlsprotect_core::{Fingerprint, Mac};
use mtlsprotect_fleet::{Devices, seconds};
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

/// The bit of each root that a host trusts.
fn bits(main: Server<'_>) -> HashMap<Fingerprint, u32> {
    let trusts = main.and_all_after().filter_map(|host| host.config::<Mtlsprotect>().trust);
    let roots = trusts.filter_map(|list| Some(list.fleet.roots().iter().zip(&list.numbers.get()?.roots))).flatten();
    roots.filter_map(|(root, number)| Some((root.fingerprint, (*number)?.bit()))).collect()
}
