//! The error log, under the module's own name, so that `LogLevel MODULE:debug` works.

use crate::ffi;
use crate::httpd::connection::Connection;
use crate::httpd::request::Request;
use crate::httpd::server::Server;
use crate::httpd::slots::Slots;
use std::ffi::CStr;
use std::os::raw::{c_char, c_int};

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
        match self {
            Level::Critical => ffi::APLOG_CRIT,
            Level::Error => ffi::APLOG_ERR,
            Level::Warning => ffi::APLOG_WARNING,
            Level::Notice => ffi::APLOG_NOTICE,
            Level::Debug => ffi::APLOG_DEBUG,
        }
    }
}

const FORMAT: &CStr = c"%s";

/// A message as a C string, without NULs of its own, which would cut it short, and without double quotes, which httpd
/// doesn't escape: an ErrorLogFormat of JSON stays JSON.
fn c_message(message: impl Into<Vec<u8>>) -> Vec<u8> {
    let mut bytes = message.into();
    // Without a branch the compiler makes whole registers of it.
    for byte in &mut bytes {
        *byte = if *byte == b'"' { b'\'' } else { *byte };
        *byte = if *byte == 0 { b' ' } else { *byte };
    }
    bytes.push(0);
    bytes
}

/// Logs for a request: its virtual host's log, its client's address.
pub fn request<M: Slots>(request: &Request<'_>, level: Level, message: impl Into<Vec<u8>>) {
    let message = c_message(message);
    // SAFETY: the request is valid during the call; the format takes one string, which ends with a NUL.
    unsafe {
        ffi::ap_log_rerror_(
            M::NAME.as_ptr(),
            0,
            M::record().index(),
            level.raw(),
            0,
            request.as_ptr(),
            FORMAT.as_ptr(),
            message.as_ptr().cast::<c_char>(),
        );
    }
}

/// Whether a message of this level would be written for the request.
pub fn is_enabled<M: Slots>(request: &Request<'_>, level: Level) -> bool {
    // SAFETY: the request is valid during the call.
    level.raw() <= unsafe { ffi::ap_get_request_module_loglevel(request.as_ptr(), M::record().index()) }
}

/// Logs for a connection.
pub fn connection<M: Slots>(connection: &Connection<'_>, level: Level, message: &str) {
    let message = c_message(message);
    // SAFETY: as in `request`.
    unsafe {
        ffi::ap_log_cerror_(
            M::NAME.as_ptr(),
            0,
            M::record().index(),
            level.raw(),
            0,
            connection.as_ptr(),
            FORMAT.as_ptr(),
            message.as_ptr().cast::<c_char>(),
        );
    }
}

/// Logs for a virtual host, or the main server for `None`. At startup this goes to the terminal.
pub fn server<M: Slots>(server: Option<Server<'_>>, level: Level, message: &str) {
    let message = c_message(message);
    let server = server.map_or(std::ptr::null(), Server::as_ptr);
    // APLOG_STARTUP leaves out the date on a terminal, as httpd does for configuration errors.
    let flags = if level == Level::Critical { ffi::APLOG_STARTUP } else { 0 };
    // SAFETY: null stands for the main server; the format takes one string.
    unsafe {
        ffi::ap_log_error_(
            M::NAME.as_ptr(),
            0,
            M::record().index(),
            level.raw() | flags,
            0,
            server,
            FORMAT.as_ptr(),
            message.as_ptr().cast::<c_char>(),
        );
    }
}

/// Logs what went wrong inside the module, for a connection where it is known.
pub(super) fn failure<M: Slots>(of: Option<&Connection<'_>>, what: &str) {
    let message = format!("{}{what}", M::FAILURE);
    match of {
        Some(of) => connection::<M>(of, Level::Error, &message),
        None => server::<M>(None, Level::Error, &message),
    }
}

/// Logs what went wrong inside the module while the server starts.
pub(super) fn failed_start<M: Slots>(what: &str) {
    server::<M>(None, Level::Critical, &format!("{}{what}", M::FAILURE));
}
