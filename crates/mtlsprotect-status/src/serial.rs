//! Types of the core in JSON: a moment as RFC 3339 has it, a MAC as its digits. For `#[serde(with)]`.

use std::borrow::Cow;

/// A word of the log, which is its own in JSON: a verdict, a reason, a mode.
pub type Word = Cow<'static, str>;

/// A moment: `2026-11-23T10:10:26Z`.
pub mod time {
    use jiff::Timestamp;
    use mtlsprotect_core::time::UnixTime;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes it.
    pub fn serialize<S: Serializer>(time: &UnixTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(time)
    }

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<UnixTime, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time: Timestamp = text.parse().map_err(|_| D::Error::custom("is not a time as RFC 3339 has it"))?;
        Ok(UnixTime::from_seconds(time.as_second()))
    }
}

/// A moment, or null.
pub mod maybe_time {
    use mtlsprotect_core::time::UnixTime;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Time(#[serde(with = "super::time")] UnixTime);

    /// Writes it.
    pub fn serialize<S: Serializer>(time: &Option<UnixTime>, serializer: S) -> Result<S::Ok, S::Error> {
        time.map(Time).serialize(serializer)
    }

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<UnixTime>, D::Error> {
        Ok(Option::<Time>::deserialize(deserializer)?.map(|Time(time)| time))
    }
}

/// A MAC: `0004f28b54f4`.
pub mod mac {
    use mtlsprotect_core::Mac;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes it.
    pub fn serialize<S: Serializer>(mac: &Mac, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(mac)
    }

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Mac, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A MAC, or null.
pub mod maybe_mac {
    use mtlsprotect_core::Mac;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Written(#[serde(with = "super::mac")] Mac);

    /// Writes it.
    pub fn serialize<S: Serializer>(mac: &Option<Mac>, serializer: S) -> Result<S::Ok, S::Error> {
        mac.map(Written).serialize(serializer)
    }

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Mac>, D::Error> {
        Ok(Option::<Written>::deserialize(deserializer)?.map(|Written(mac)| mac))
    }
}
