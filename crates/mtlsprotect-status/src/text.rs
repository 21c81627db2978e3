//! Texts that a client can write.

use mtlsprotect_core::escape::quoted;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Bytes that anybody may have sent: a URI, a User-Agent. It is shown with `%XX` for everything but printable ASCII, for
/// quotes of both kinds, backslashes and percent signs; whoever writes it into markup escapes that in turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientText(pub Vec<u8>);

impl fmt::Display for ClientText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quoted(&self.0, usize::MAX))
    }
}

impl Serialize for ClientText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ClientText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(ClientText(percent_decode_str(&text).collect()))
    }
}
