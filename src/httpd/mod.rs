//! Safe wrappers over httpd: everything that touches a raw pointer is here or in `ffi`.

mod boundary;
mod command;
mod conftree;
mod connection;
mod expression;
mod hooks;
pub mod log;
mod openssl;
mod pool;
mod request;
mod server;
mod shared;
mod shared_store;
mod table;
mod tls;

pub use command::{Command, Directive, Entry, Scope, directive, end};
pub use conftree::{Node, tree};
pub use connection::Connection;
pub use expression::Expression;
pub use hooks::{Answer, Judges, Module, Ssl, module};
pub use openssl::openssl_mismatch;
pub use pool::{Pool, PoolBytes, PoolRef, PoolStr};
pub use request::{Request, Snapshot};
pub use server::{Server, is_config_test, is_defined, is_first_pass, is_loaded, main_server, server_path, servers};
pub use shared::SharedSet;
pub use shared_store::SharedStore;
pub use table::Table;
pub use tls::{Handshake, Tls};

use std::ffi::CStr;
use std::os::raw::c_char;

/// The bytes of a C string that lives as long as what it was read from; `None` for null.
///
/// # Safety
/// `text` is null or points to a NUL-terminated string that is not changed or freed during `'a`.
unsafe fn bytes<'a>(text: *const c_char) -> Option<&'a [u8]> {
    if text.is_null() {
        return None;
    }
    // SAFETY: not null, and the caller vouches for the rest.
    Some(unsafe { CStr::from_ptr(text) }.to_bytes())
}
