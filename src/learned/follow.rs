//! The parent reads on what was appended to the learned file, has it count in all children, and the table of devices follow
//! it.

use crate::httpd::log::Level;
use crate::httpd::with_main_server;
use crate::learned::store::{LearnedStore, Reading};
use crate::learned::table;
use crate::learned::trouble::Trouble;
use crate::message::Number;
use crate::module::Mtlsprotect;
use mtlsprotect_core::learned::{BadLines, Growth, LearnedList};
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_fleet::{Devices, Fleet};
use std::time::{Duration, Instant};

/// Bytes that are read at a time: the parent has other duties.
const AT_ONCE: u64 = 64 << 20;
/// httpd asks about every ten seconds, and in between whenever many children end.
const PAUSE: Duration = Duration::from_secs(5);

/// Looks whether the file has grown.
pub fn look() {
    with_store(|store, fleet| {
        let mut reading = store.reading();
        let Some(reading) = reading.as_mut().filter(|reading| reading.since.elapsed() >= PAUSE) else { return };
        reading.since = Instant::now();
        follow(store, reading, fleet.map(|fleet| &fleet.devices), AT_ONCE);
        // The list has all of the file.
        let is_whole = store.list.trouble().is_none_or(|trouble| trouble == Trouble::Shrunk);
        if let (Some(fleet), Some(view), true) = (fleet, store.list.current(), is_whole) {
            reading.watch.go_on(LearnedList(view.words), fleet, UnixTime::now());
        }
    });
}

/// Opens the file for appending, before children are forked, and has the table of devices say what it says.
pub fn start() {
    with_store(|store, fleet| {
        store.open();
        let mut reading = store.reading();
        let Some(reading) = reading.as_mut() else { return };
        let devices = fleet.map(|fleet| &fleet.devices);
        // Children of before a graceful restart still write: what the table says is read first, and the file then.
        let proven = devices.map(table::proven).unwrap_or_default();
        follow(store, reading, devices, u64::MAX);
        if let Some(devices) = devices {
            with_main_server(|main| table::take_away_what_lacks(main, &proven, &mut reading.file.learned, devices));
        }
    });
}

fn with_store(act: impl FnOnce(&LearnedStore, Option<&Fleet<'static>>)) {
    with_main_server(|main| {
        let config = main.config::<Mtlsprotect>();
        if let Some(store) = config.directives.learned {
            act(store, config.fleet.map(|held| held.fleet));
        }
    });
}

fn follow(store: &LearnedStore, reading: &mut Reading, devices: Option<&Devices<'_>>, most: u64) {
    let before = store.list.trouble();
    let still = |wanted: &[Trouble]| before.filter(|trouble| wanted.contains(trouble));
    let growth = reading.file.read_some(most, UnixTime::now());
    let trouble = match growth {
        // It may have been another's for a while.
        Ok(Growth::Nothing) => still(&[Trouble::Outgrown, Trouble::Shrunk]),
        Ok(Growth::Grown) => count(store, reading, devices).or(still(&[Trouble::Shrunk])),
        Ok(Growth::Shrunk) => {
            store.list.no_bad_lines();
            count(store, reading, devices).or(Some(Trouble::Shrunk))
        }
        Ok(Growth::Replaced) => Some(Trouble::Replaced),
        Err(_) => Some(Trouble::Unreadable),
    };
    let is_new = store.list.note(trouble) || matches!(growth, Ok(Growth::Shrunk));
    if let (true, Some(trouble)) = (is_new, trouble) {
        Number::LearnedKept.says(trouble.says(store.path())).log_for_server(None, Level::Error);
    }
}

/// Has what was read on count.
fn count(store: &LearnedStore, reading: &mut Reading, devices: Option<&Devices<'_>>) -> Option<Trouble> {
    say_bad_lines(store, &reading.file.learned.take_bad_lines());
    // Who is forgotten in the table still stands in the list until that is published, and the other way round.
    devices.into_iter().for_each(|devices| table::forget(&reading.file.learned, devices));
    store.list.publish(&mut reading.file, &reading.roots).err()
}

fn say_bad_lines(store: &LearnedStore, bad: &BadLines) {
    if bad.count() == 0 {
        return;
    }
    store.list.add_bad_lines(bad.count());
    Number::LearnedLines
        .says(format!(
            "{}: bad lines were added to the learned file, and are skipped ({} in all): {}; have their devices prove \
             themselves again",
            store.path().display(),
            bad.count(),
            bad.told()
        ))
        .log_for_server(None, Level::Error);
}
