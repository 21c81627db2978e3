//! What `MTLSProtectLearnedFile` says, as it counts now: nothing as long as there is no such file.

use mtlsprotect_core::Mac;
use mtlsprotect_status::model::LearnedFile;

/// The file; none where no one is configured.
pub fn file() -> Option<LearnedFile> {
    None
}

/// Whether the learned list has a device, whatever the root that proved it.
pub fn has(_: Mac) -> bool {
    false
}
