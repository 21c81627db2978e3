//! The devices, gone through: counted once, and those that were asked for a few at a time, however many there are.

use crate::asked::Wanted;
use crate::device::{Device, Devices, Rollout, State};
use mtlsprotect_core::Mac;
use std::iter;
use std::ops::ControlFlow;

/// Devices on a page.
pub const PAGE: usize = 200;
/// Devices of which the MACs are held at a time where all are shown.
const WINDOW: usize = 1024;
/// So often is asked for what is not overwritten meanwhile. The lists change every few seconds at most.
const LOOKS: usize = 3;

/// All devices counted, and a page of those that were asked for.
pub struct Census {
    /// All of them, by state.
    pub rollout: Rollout,
    /// How many were asked for.
    matching: usize,
    /// The number of the page, from 1.
    number: usize,
    /// The MACs on it.
    macs: Vec<Mac>,
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
    /// Goes through them. For a number past the last page it is that one.
    pub fn of(devices: &dyn Devices, wanted: &Wanted) -> Self {
        let mut census = Census { rollout: Rollout::default(), matching: 0, number: 0, macs: Vec::with_capacity(PAGE) };
        for _ in 0..LOOKS {
            if census.count(devices, wanted) {
                break;
            }
        }
        census
    }

    fn count(&mut self, devices: &dyn Devices, wanted: &Wanted) -> bool {
        let is_wanted = wanted.matcher();
        (self.rollout, self.matching, self.number) = (Rollout::default(), 0, 1);
        self.macs.clear();
        devices.each(Mac::from_bits(0), &mut |mac, state| {
            self.rollout.add(state);
            if is_wanted(mac, state) {
                self.matching += 1;
                self.keep(mac, wanted.page);
            }
            ControlFlow::Continue(())
        })
    }

    /// Keeps one that was asked for, as long as no page before the wanted one is full.
    fn keep(&mut self, mac: Mac, wanted: usize) {
        if self.macs.len() == PAGE && self.number < wanted {
            self.number += 1;
            self.macs.clear();
        }
        if self.macs.len() < PAGE {
            self.macs.push(mac);
        }
    }

    /// The page.
    pub fn page(&self, devices: &dyn Devices) -> DevicePage {
        let of = self.matching.div_ceil(PAGE).max(1);
        let rows = self.macs.iter().filter_map(|&mac| devices.device(mac)).collect();
        DevicePage { number: self.number, of, matching: self.matching, rows }
    }
}

/// All that were asked for, one after the other.
pub fn all<'a>(devices: &'a dyn Devices, wanted: &Wanted) -> impl Iterator<Item = Device> + use<'a> {
    let (is_wanted, mut next) = (wanted.matcher(), Some(Mac::from_bits(0)));
    let windows = iter::from_fn(move || {
        let first = next?;
        let macs = window(devices, first, &is_wanted);
        let last = macs.last().filter(|_| macs.len() == WINDOW);
        // Always further on, whatever a list that is overwritten says; past the last MAC there is the first.
        next = last.map(|last| Mac::from_bits(last.bits() + 1)).filter(|next| *next > first);
        Some(macs)
    });
    windows.flatten().filter_map(|mac| devices.device(mac))
}

/// The first of them from one on.
fn window(devices: &dyn Devices, first: Mac, is_wanted: &impl Fn(Mac, State) -> bool) -> Vec<Mac> {
    let mut macs = Vec::new();
    for _ in 0..LOOKS {
        macs.clear();
        let is_whole = devices.each(first, &mut |mac, state| {
            if is_wanted(mac, state) {
                macs.push(mac);
            }
            if macs.len() < WINDOW { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        if is_whole {
            break;
        }
    }
    macs
}
