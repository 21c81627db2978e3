//! The parent looks whether device files have changed, and has what it reads count in all children.

use crate::devices::all::all;
use crate::devices::file::{Found, Stamp};
use crate::devices::list::{Outcome, SharedList, counted};
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
        if let Some(why) = why_read(&list) {
            read(&list, why, UnixTime::now());
        }
    }
}

/// Why a file is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    /// It is another than the one that was read.
    Changed,
    /// It may be another, though nothing shows it.
    ToBeSure,
}

/// Whether another file may lie at the path than was read, and has done so for a while.
fn why_read(list: &SharedList) -> Option<Why> {
    let there = Stamp::of(list.path());
    let mut watched = list.watched();
    if watched.read == Some(there) {
        watched.seen = None;
        return None;
    }
    match watched.seen {
        Some((seen, since)) if seen == there => {
            if since.elapsed() < AT_REST {
                return None;
            }
            watched.seen = None;
            // One over which the module fails is not tried again, until it changes.
            let why = if watched.read.is_none() { Why::ToBeSure } else { Why::Changed };
            watched.read = Some(there);
            Some(why)
        }
        _ => {
            watched.seen = Some((there, Instant::now()));
            None
        }
    }
}

fn read(list: &SharedList, why: Why, now: UnixTime) {
    let found = Found::at(list.path(), now);
    let before = list.state();
    let outcome = list.take(&found, now);
    list.watched().read = found.stamp;
    let (path, state) = (list.path().display(), list.state());
    let say = |number: Number, level, text: String| log(&number.says(text), level);
    match outcome {
        // Nobody has changed it, and it has been told.
        Outcome::Kept if why == Why::ToBeSure && before.error == state.error => {}
        Outcome::Kept => say(Number::DeviceFileKept, Level::Error, list.what_is_kept()),
        Outcome::Same if before.is_valid() => {}
        Outcome::Same => say(Number::DeviceFileRead, Level::Notice, format!("{path}: is as it was before, and counts")),
        Outcome::New { before } => {
            let now = counted(state.devices);
            let text = format!("{path}: has {now}, had {before}; counts from now on in all children");
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
