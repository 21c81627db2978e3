//! Device files, shared by all children: read when httpd reads its configuration, and by the parent again whenever they
//! change.
//!
//! `file` is what lies on the disk, `list` what the children share of it, `all` the lists of the whole configuration, which
//! `watch` looks after in the parent.

pub mod all;
mod file;
pub mod list;
pub mod watch;

use list::SharedList;
use std::sync::Arc;

/// What `MTLSProtectDeviceFile` says in one place.
pub struct Devices {
    /// The file's list.
    pub list: Arc<SharedList>,
    /// Whether only its devices are let in.
    pub is_closed: bool,
}
