//! How a device file stands, for whoever shows it: kept as words, which the server's processes share.

use crate::time::UnixTime;

/// What is known of a device file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileState {
    /// Devices in the list that counts.
    pub devices: u64,
    /// When that was read.
    pub loaded: UnixTime,
    /// Words that a list of it can have: there is no memory for more.
    pub room: u64,
    /// What is wrong with the file as it is now, and since when; what counts is an older list then.
    pub error: Option<(UnixTime, String)>,
}

/// Bytes kept of an error.
const ERROR_BYTES: usize = 8 * 64;

impl FileState {
    /// Words that it takes at most.
    pub const WORDS: usize = 5 + ERROR_BYTES / 8;

    /// Whether the file is as it should be, and so what counts.
    pub fn is_valid(&self) -> bool {
        self.error.is_none()
    }

    /// Its words; of an error as much as there is room for.
    pub fn words(&self) -> Vec<u64> {
        let (since, text) = self.error.as_ref().map_or((UnixTime::EPOCH, ""), |(since, text)| (*since, text.as_str()));
        let text = &text.as_bytes()[..text.len().min(ERROR_BYTES)];
        let [loaded, since] = [self.loaded, since].map(|time| time.seconds() as u64);
        let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |word, &byte| word * 256 + u64::from(byte));
        [self.room, self.devices, loaded, since, text.len() as u64]
            .into_iter()
            .chain(text.chunks(8).map(word))
            .collect()
    }

    /// What these words say; `None` for too few.
    pub fn of(words: &[u64]) -> Option<Self> {
        let &[room, devices, loaded, since, length, ref text @ ..] = words else { return None };
        let [loaded, since] = [loaded, since].map(|seconds| UnixTime::from_seconds(seconds as i64));
        let text: Vec<u8> = text.iter().flat_map(|word| word.to_le_bytes()).take(length as usize).collect();
        let error = (length > 0).then(|| (since, String::from_utf8_lossy(&text).into_owned()));
        Some(FileState { devices, loaded, room, error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let at = UnixTime::from_seconds(1_800_000_000);
        for error in ["", "x", "12345678", "/etc/devices:3: \"nonsense\" is not a device's MAC address"] {
            let error = (!error.is_empty()).then(|| (at + 5, error.to_owned()));
            let state = FileState { devices: 7, loaded: at, room: 131_072, error };
            assert_eq!(FileState::of(&state.words()), Some(state.clone()));
            assert_eq!(state.is_valid(), state.error.is_none());
        }
        let long = FileState { error: Some((at, "\u{e9}".repeat(ERROR_BYTES))), ..FileState::default() };
        assert_eq!((long.words().len(), FileState::WORDS, ERROR_BYTES), (69, 69, 512));
        let (since, text) = FileState::of(&long.words()).unwrap().error.unwrap();
        assert_eq!((since, text.as_str()), (at, "\u{e9}".repeat(ERROR_BYTES / 2).as_str()));
        assert_eq!(FileState::of(&[0; 4]), None);
        let _ = FileState::of(&[u64::MAX; 9]);
    }
}
