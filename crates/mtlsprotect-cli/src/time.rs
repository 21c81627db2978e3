//! Times as JSON has them.

use mtlsprotect_core::time::time;
use serde::Serializer;

/// Writes a Unix time as RFC 3339 has it.
pub fn as_text<S: Serializer>(unix: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time(*unix))
}

/// The same, or nothing.
pub fn as_text_if_any<S: Serializer>(unix: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    match unix {
        Some(unix) => as_text(unix, serializer),
        None => serializer.serialize_none(),
    }
}
