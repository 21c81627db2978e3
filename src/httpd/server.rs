//! Virtual hosts.

use crate::ffi;
use crate::httpd::field::field;
use crate::httpd::pool::Pool;
use crate::httpd::slots::{self, Slots};
use mtlsprotect_memory::bytes;
use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::ptr::NonNull;

/// A virtual host, or the main server. httpd frees them with the configuration.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Server {
    raw: NonNull<ffi::server_rec>,
}

// SAFETY: nothing changes a server while there are threads.
unsafe impl Send for Server {}
// SAFETY: as above.
unsafe impl Sync for Server {}

impl Server {
    /// `None` for null.
    ///
    /// # Safety
    /// `raw` is null or a server of the current configuration.
    pub(super) unsafe fn new(raw: *mut ffi::server_rec) -> Option<Self> {
        Some(Server { raw: NonNull::new(raw)? })
    }

    pub(super) fn as_ptr(self) -> *const ffi::server_rec {
        self.raw.as_ptr()
    }

    /// This module's configuration of the host.
    pub fn config<M: Slots>(self) -> &'static M::Server {
        // SAFETY: the module's callbacks have filled the slot. What stood there once is never changed, only replaced.
        unsafe { slots::config::<M, M::Server>(field!(self.module_config)) }
    }

    /// DocumentRoot as it was written, which VirtualDocumentRoot doesn't change.
    pub fn document_root(self) -> &'static [u8] {
        // SAFETY: core fills its own slot of every server, and the path lives in the configuration pool.
        unsafe {
            let index = (&raw const ffi::core_module.module_index).read();
            let core = slots::any(field!(self.module_config), index).cast::<ffi::core_server_config>();
            bytes((&raw const (*core).ap_document_root).read()).unwrap_or_default()
        }
    }

    /// Whether it is a `<VirtualHost>`.
    pub fn is_virtual(self) -> bool {
        field!(self.is_virtual) != 0
    }

    /// The file and line of its `<VirtualHost>`.
    pub fn defined_at(self) -> (&'static [u8], u32) {
        // SAFETY: a string of the configuration pool.
        let file = unsafe { bytes(field!(self.defn_name)) }.unwrap_or_default();
        (file, field!(self.defn_line_number))
    }

    /// Its ServerName.
    pub fn name(self) -> &'static [u8] {
        // SAFETY: a string of the configuration pool.
        unsafe { bytes(field!(self.server_hostname)) }.unwrap_or(b"main server")
    }

    /// For messages: the name and port, and where the host is defined.
    pub fn describe(self) -> String {
        let name = String::from_utf8_lossy(self.name());
        match self.defined_at() {
            (file, line) if self.is_virtual() => {
                format!("{name} ({}:{line})", String::from_utf8_lossy(file))
            }
            _ => format!("{name} (main server)"),
        }
    }
}

/// The main server and all virtual hosts, in httpd's order.
pub fn servers() -> impl Iterator<Item = Server> {
    // SAFETY: httpd sets the list before the first hook that can come here.
    let mut next = unsafe { (&raw const ffi::ap_server_conf).read() };
    std::iter::from_fn(move || {
        let server = Server { raw: NonNull::new(next)? };
        next = field!(server.next);
        Some(server)
    })
}

/// The main server.
pub fn main_server() -> Option<Server> {
    servers().next()
}

/// Whether another module is loaded, by the name of its source file.
pub fn is_loaded(module: &CStr) -> bool {
    // SAFETY: looks through httpd's list of modules.
    !unsafe { ffi::ap_find_linked_module(module.as_ptr()) }.is_null()
}

/// Whether a name was given with `-D` or by `Define`.
pub fn is_defined(name: &CStr) -> bool {
    // SAFETY: looks through httpd's list of names.
    unsafe { ffi::ap_exists_config_define(name.as_ptr()) != 0 }
}

/// Whether httpd only tests the configuration (`httpd -t`).
pub fn is_config_test() -> bool {
    state(ffi::AP_SQ_RUN_MODE) == ffi::AP_SQ_RM_CONFIG_TEST
}

/// Whether this is the first of the two times that httpd reads its configuration at startup.
pub fn is_first_pass() -> bool {
    state(ffi::AP_SQ_MAIN_STATE) == ffi::AP_SQ_MS_CREATE_PRE_CONFIG
}

fn state(query: i32) -> i32 {
    // SAFETY: answers from httpd's own variables.
    unsafe { ffi::ap_state_query(query) }
}

/// A path of the configuration, relative ones below ServerRoot.
pub fn server_path(pool: Pool<'_>, path: &str) -> PathBuf {
    let asked = pool.c_string(path.as_bytes());
    // SAFETY: httpd makes a string of the pool from one of the pool, null for a path too long.
    let absolute = unsafe { bytes(ffi::ap_server_root_relative(pool.as_ptr(), asked)) };
    OsStr::from_bytes(absolute.unwrap_or(path.as_bytes())).into()
}
