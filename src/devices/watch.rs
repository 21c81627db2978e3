//! The parent looks whether device files have changed, and has what it reads count in all children.

use crate::devices::all::all;
use crate::devices::file::{Found, Stamp};
use crate::devices::list::{Outcome, SharedList};
use crate::httpd::log::Level;
use crate::httpd::with_main_server;
use crate::message::{Message, Number};
use mtlsprotect_core::time::UnixTime;
use std::time::{Duration, Instant};

/// For so long a file must have been the same before it is read: what is being written is not taken. httpd asks about every
/// ten seconds, and in between whenever children end.
const AT_REST: Duration = Duration::from_secs(5);

/// Looks at each of them once.
pub fn look() {
    for list in all() {
        if has_changed(&list) {
            read(&list, UnixTime::now());
        }
    }
}

/// Whether another file lies at the path than was read, and has done so for a while.
fn has_changed(list: &SharedList) -> bool {
    let there = Stamp::of(list.path());
    let mut watched = list.watched();
    if watched.read == Some(there) {
        watched.seen = None;
        return false;
    }
    match watched.seen {
        Some((seen, since)) if seen == there => since.elapsed() >= AT_REST,
        _ => {
            watched.seen = Some((there, Instant::now()));
            false
        }
    }
}

fn read(list: &SharedList, now: UnixTime) {
    let found = Found::at(list.path(), now);
    let before = list.state();
    let outcome = list.take(&found, now);
    let is_read_again = {
        let mut watched = list.watched();
        watched.seen = None;
        std::mem::replace(&mut watched.read, found.stamp).is_none()
    };
    let (path, state) = (list.path().display(), list.state());
    let say = |number: Number, level, text: String| log(&number.says(text), level);
    match outcome {
        // Nobody has changed it: it was read again only to be sure.
        Outcome::Kept if is_read_again && before.error == state.error => {}
        Outcome::Kept => say(Number::DeviceFileKept, Level::Error, list.what_is_kept()),
        Outcome::Same if before.is_valid() => {}
        Outcome::Same => say(Number::DeviceFileRead, Level::Notice, format!("{path}: is as it was before, and counts")),
        Outcome::New { before } => {
            let devices = state.devices;
            let text = format!("{path}: has {devices} devices, had {before}; counts from now on in all children");
            say(Number::DeviceFileRead, Level::Notice, text);
            for warning in found.read.iter().flat_map(|file| file.warnings()) {
                say(Number::DeviceFile, Level::Warning, format!("{path}: the device file {warning}"));
            }
            if list.refuses_all() {
                say(Number::NobodyAllowed, Level::Warning, format!("{path}: {NOBODY}"));
            }
        }
    }
}

/// Of a closed file that shuts everybody out.
pub const NOBODY: &str = "the device file is closed and allows no device: every phone is refused; add lines like \
                          \"0004f2aabbcc allow\", or remove closed";

fn log(message: &Message, level: Level) {
    with_main_server(|main| message.log_for_server(Some(main), level));
}
