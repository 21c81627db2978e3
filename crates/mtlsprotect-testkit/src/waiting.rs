//! Waiting for what takes its time on a busy machine.

use std::thread;
use std::time::{Duration, Instant};

/// The longest that the kit waits: generous, for machines that are busy.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Polls until the probe has an answer; `None` once [`DEADLINE`] has passed.
pub fn wait_for<T>(mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(answer) = probe() {
            return Some(answer);
        }
        if Instant::now() > deadline {
            return None;
        }
        thread::sleep(Duration::from_millis(10));
    }
}
