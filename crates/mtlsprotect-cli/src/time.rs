//! Times as JSON has them.

use mtlsprotect_core::time::UnixTime;
use serde::Serializer;

/// Writes a Unix time as RFC 3339 has it.
pub fn as_text<S: Serializer>(time: &UnixTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

/// The same, or nothing.
pub fn as_text_if_any<S: Serializer>(time: &Option<UnixTime>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => as_text(time, serializer),
        None => serializer.serialize_none(),
    }
}
