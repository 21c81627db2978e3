//! Virtual hosts.

use crate::ffi;
use crate::httpd::field::field;
use crate::httpd::pool::Pool;
use crate::httpd::slots::{self, Slots};
use mtlsprotect_memory::bytes;
use std::ffi::{CStr, OsStr};
use std::marker::PhantomData;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::ptr::NonNull;

/// A virtual host, or the main server, of a configuration that lives during `'c`.
#[derive(Clone, Copy)]
pub struct Server<'c> {
    raw: NonNull<ffi::server_rec>,
    lifetime: PhantomData<&'c ()>,
}

// SAFETY: nothing changes a server while there are threads.
unsafe impl Send for Server<'_> {}
// SAFETY: as above.
unsafe impl Sync for Server<'_> {}

impl<'c> Server<'c> {
    /// `None` for null.
    ///
    /// # Safety
    /// `raw` is null or a server of the current configuration, which lives during `'c`.
    pub(super) unsafe fn new(raw: *mut ffi::server_rec) -> Option<Self> {
        Some(Server { raw: NonNull::new(raw)?, lifetime: PhantomData })
    }

    pub(super) fn as_ptr(self) -> *const ffi::server_rec {
        self.raw.as_ptr()
    }

    /// Tells it from others of the same configuration.
    pub fn addr(self) -> usize {
        self.raw.addr().get()
    }

    /// It and all that come after it in httpd's list: of the main server all.
    pub fn and_all_after(self) -> impl Iterator<Item = Server<'c>> {
        std::iter::successors(Some(self), |server| server.next())
    }

    /// The next one in httpd's list.
    pub(super) fn next(self) -> Option<Server<'c>> {
        // SAFETY: null, or another server of the same configuration.
        unsafe { Server::new(field!(self.next)) }
    }

    pub(super) fn vector(self) -> *mut ffi::ap_conf_vector_t {
        field!(self.module_config)
    }

    pub(super) fn outside_sections(self) -> *mut ffi::ap_conf_vector_t {
        field!(self.lookup_defaults)
    }

    /// This module's configuration of the host.
    pub fn config<M: Slots>(self) -> &'c M::Server<'c> {
        // SAFETY: the module's callbacks have filled the slot. What stood there once is never changed, only replaced; it
        // is made shorter at once, by safe code that takes any lifetime.
        M::shorter_server(unsafe { slots::config::<M, M::Server<'static>>(self.vector()) })
    }

    /// DocumentRoot as it was written, which VirtualDocumentRoot doesn't change.
    pub fn document_root(self) -> &'c [u8] {
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
    pub fn defined_at(self) -> (&'c [u8], u32) {
        // SAFETY: a string of the configuration pool.
        let file = unsafe { bytes(field!(self.defn_name)) }.unwrap_or_default();
        (file, field!(self.defn_line_number))
    }

    /// Its ServerName.
    pub fn name(self) -> &'c [u8] {
        // SAFETY: a string of the configuration pool.
        unsafe { bytes(field!(self.server_hostname)) }.unwrap_or(b"main server")
    }

    /// The port of its ServerName; 0 where that says none.
    pub fn port(self) -> u16 {
        field!(self.port)
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

/// Asks the main server of the configuration that has been checked. Not for directives: while they are read, there is none.
pub fn with_main_server<T>(ask: impl FnOnce(Server<'_>) -> T) -> Option<T> {
    // SAFETY: httpd sets it before the first hook that comes here, and no configuration goes during a callback.
    unsafe { Server::new((&raw const ffi::ap_server_conf).read()) }.map(ask)
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
