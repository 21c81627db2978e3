//! The time of day.

use std::time::{SystemTime, UNIX_EPOCH};

/// Unix time.
pub fn unix_time() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    i64::try_from(now).unwrap_or(i64::MAX)
}
