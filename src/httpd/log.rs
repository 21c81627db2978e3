//! The error log, under this module's own name, so that `LogLevel mtlsprotect:debug` works.

use crate::ffi;
use crate::httpd::{Connection, Request, Server};
use std::ffi::{CStr, CString};
use std::os::raw::c_int;

/// httpd's log levels, as far as they are used here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The server can't start.
    Critical,
    /// The module failed.
    Error,
    /// A refusal, or a configuration that will surprise.
    Warning,
    /// What protects this server.
    Notice,
    /// Every decision.
    Debug,
}

impl Level {
    fn raw(self) -> c_int {
        (match self {
            Level::Critical => ffi::APLOG_CRIT,
            Level::Error => ffi::APLOG_ERR,
            Level::Warning => ffi::APLOG_WARNING,
            Level::Notice => ffi::APLOG_NOTICE,
            Level::Debug => ffi::APLOG_DEBUG,
        }) as c_int
    }
}

const FILE: &CStr = c"mod_mtlsprotect";
const FORMAT: &CStr = c"%s";

/// A message without its NULs, which would cut it short, and without double quotes, which httpd doesn't escape: an
/// ErrorLogFormat of JSON stays JSON.
fn c_message(message: &str) -> CString {
    let mut bytes = Vec::with_capacity(message.len() + 1);
    bytes.extend(message.bytes().map(|byte| match byte {
        b'"' => b'\'',
        0 => b' ',
        _ => byte,
    }));
    CString::new(bytes).unwrap_or_default()
}

/// Logs for a request: its virtual host's log, its client's address.
pub fn request(request: &Request<'_>, level: Level, message: &str) {
    let message = c_message(message);
    // SAFETY: the request is valid during the call, the format takes one string.
    unsafe {
        ffi::ap_log_rerror_(
            FILE.as_ptr(),
            0,
            module_index(),
            level.raw(),
            0,
            request.as_ptr(),
            FORMAT.as_ptr(),
            message.as_ptr(),
        );
    }
}

/// Whether a message of this level would be written for the request.
pub fn is_enabled(request: &Request<'_>, level: Level) -> bool {
    // SAFETY: the request is valid during the call.
    level.raw() <= unsafe { ffi::ap_get_request_module_loglevel(request.as_ptr(), module_index()) }
}

/// Logs for a connection.
pub fn connection(connection: &Connection<'_>, level: Level, message: &str) {
    let message = c_message(message);
    // SAFETY: as in `request`.
    unsafe {
        ffi::ap_log_cerror_(
            FILE.as_ptr(),
            0,
            module_index(),
            level.raw(),
            0,
            connection.as_ptr(),
            FORMAT.as_ptr(),
            message.as_ptr(),
        );
    }
}

/// Logs for a virtual host, or the main server for `None`. At startup this goes to the terminal.
pub fn server(server: Option<Server>, level: Level, message: &str) {
    let message = c_message(message);
    let server = server.map_or(std::ptr::null(), Server::as_ptr);
    // APLOG_STARTUP leaves out the date on a terminal, as httpd does for configuration errors.
    let flags = if level == Level::Critical { ffi::APLOG_STARTUP as c_int } else { 0 };
    // SAFETY: null stands for the main server; the format takes one string.
    unsafe {
        ffi::ap_log_error_(
            FILE.as_ptr(),
            0,
            module_index(),
            level.raw() | flags,
            0,
            server,
            FORMAT.as_ptr(),
            message.as_ptr(),
        );
    }
}

fn module_index() -> c_int {
    super::hooks::module_index()
}
