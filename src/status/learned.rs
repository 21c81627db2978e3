//! What `MTLSProtectLearnedFile` says, as it counts now.

use crate::httpd::with_main_server;
use crate::learned::LearnedStore;
use crate::module::Mtlsprotect;
use mtlsprotect_core::Mac;
use mtlsprotect_status::model::LearnedFile;

/// The file; none where no one is configured.
pub fn file() -> Option<LearnedFile> {
    with_store(|store| LearnedFile {
        path: store.path().display().to_string(),
        devices: store.list.ask(|list| list.len() as u64).unwrap_or(0),
        bad_lines: store.list.bad_lines(),
        write_errors: store.write_errors(),
        writable: store.is_writable(),
        error: store.list.trouble().map(|trouble| trouble.says(store.path())),
    })
}

/// Whether the learned list has a device, whatever the root that proved it.
pub fn has(mac: Mac) -> bool {
    with_store(|store| store.list.ask(|list| list.proven_by(mac) != 0)).flatten().unwrap_or(false)
}

fn with_store<T>(ask: impl FnOnce(&LearnedStore) -> T) -> Option<T> {
    with_main_server(|main| main.config::<Mtlsprotect>().directives.learned.map(ask)).flatten()
}
