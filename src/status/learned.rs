//! What `MTLSProtectLearnedFile` says, as it counts now.

use crate::learned::LearnedStore;
use mtlsprotect_status::model::LearnedFile;

/// The file.
pub fn file(store: &LearnedStore) -> LearnedFile {
    LearnedFile {
        path: store.path().display().to_string(),
        devices: devices(store),
        bad_lines: store.list.bad_lines(),
        write_errors: store.write_errors(),
        writable: store.is_writable(),
        error: store.list.trouble().map(|trouble| trouble.text().to_owned()),
    }
}

/// How many devices it proves.
pub fn devices(store: &LearnedStore) -> u64 {
    store.list.ask(|list| list.len() as u64).unwrap_or(0)
}
