//! The devices, gone through once.

use crate::asked::Wanted;
use crate::device::{Device, Devices, Rollout};
use mtlsprotect_core::Mac;

/// Devices on a page.
pub const PAGE: usize = 200;

/// All devices counted, and the MACs of those that were asked for.
pub struct Census {
    /// All of them, by state.
    pub rollout: Rollout,
    /// Those that were asked for, in order.
    matching: Vec<Mac>,
}

/// A page of devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevicePage {
    /// Its number, from 1.
    pub number: usize,
    /// How many pages there are, at least 1.
    pub of: usize,
    /// How many devices were asked for, on all pages.
    pub matching: usize,
    /// What is known of those on this page, by MAC.
    pub rows: Vec<Device>,
}

impl Census {
    /// Goes through them.
    pub fn of(devices: &dyn Devices, wanted: &Wanted) -> Self {
        let mut census = Census { rollout: Rollout::default(), matching: Vec::new() };
        let is_wanted = wanted.matcher();
        devices.each(&mut |mac, state| {
            census.rollout.add(state);
            if is_wanted(mac, state) {
                census.matching.push(mac);
            }
        });
        census.matching.sort_unstable();
        census
    }

    /// A page of those that were asked for; the last one for a number past it.
    pub fn page(&self, devices: &dyn Devices, number: usize) -> DevicePage {
        let of = self.matching.len().div_ceil(PAGE).max(1);
        let number = number.clamp(1, of);
        let macs = self.matching.iter().skip((number - 1) * PAGE).take(PAGE);
        let rows = macs.filter_map(|&mac| devices.device(mac)).collect();
        DevicePage { number, of, matching: self.matching.len(), rows }
    }

    /// All of those that were asked for, one after the other.
    pub fn all<'a>(&'a self, devices: &'a dyn Devices) -> impl Iterator<Item = Device> + 'a {
        self.matching.iter().filter_map(|&mac| devices.device(mac))
    }
}
