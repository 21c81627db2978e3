//! The lists of the configuration that is in force.

use crate::devices::list::SharedList;
use mtlsprotect_core::decision::FileState;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// How the device file at a path stands.
#[derive(Clone, Debug)]
pub struct ListState {
    /// Its path, absolute.
    pub path: PathBuf,
    /// What is known of it.
    pub state: FileState,
}

static ALL: Mutex<Vec<Arc<SharedList>>> = Mutex::new(Vec::new());

/// Lists that are those of the configuration as long as this is held, which goes with the configuration's pool.
pub struct InForce(());

impl InForce {
    /// Makes them so.
    pub fn new(lists: Vec<Arc<SharedList>>) -> Self {
        *ALL.lock().unwrap_or_else(PoisonError::into_inner) = lists;
        InForce(())
    }
}

impl Drop for InForce {
    fn drop(&mut self) {
        ALL.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// The lists themselves, by their paths.
pub fn all() -> Vec<Arc<SharedList>> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// How each device file stands, in any process.
pub fn lists() -> impl Iterator<Item = ListState> {
    all().into_iter().map(|list| ListState { path: list.path().to_owned(), state: list.state() })
}
