//! Safe wrappers over httpd: everything that touches a raw pointer is here or in `ffi`. Nothing here names our module;
//! [`Slots`] and [`Module`] say what is its own.
//!
//! From the bottom up: `boundary` (panics), `field`, `address`, `text`, `pool`, `snapshot`, `table`, `slots`; what httpd has (`server`,
//! `listening`, `checked`, `tls`, `connection`, `request`, `response`, `authentication`, `handshake`, `expression`, `conftree`, `shared`,
//! `retained`, `append_only`, `openssl`) and `log`; [`Module`]; `tls_hooks`, `hooks` and `command`, which httpd calls.
//! `scripts/check-imports` keeps it so.
#![allow(unsafe_code)]

mod address;
mod append_only;
mod authentication;
mod boundary;
mod checked;
mod command;
mod conftree;
mod connection;
mod expression;
mod field;
mod handshake;
mod hooks;
mod listening;
pub mod log;
mod module;
mod openssl;
mod pool;
#[cfg(feature = "provoke-panics")]
mod provoke;
mod request;
mod response;
mod retained;
mod server;
mod shared;
mod slots;
mod snapshot;
mod table;
mod text;
mod tls;
mod tls_hooks;
mod while_reading;

pub use append_only::AppendOnly;
pub use authentication::Authenticated;
pub use checked::Checked;
pub use command::{Command, Entry, Handles, Scope, directive, end};
pub use conftree::{Node, tree};
pub use connection::Connection;
pub use expression::Expression;
pub use handshake::Handshake;
pub use hooks::record;
pub use listening::ListenAddress;
pub use module::{Answer, Judges, Module};
pub use openssl::openssl_mismatch;
pub use pool::{Pool, PoolBytes, PoolRef, PoolStr, addr};
pub use request::Request;
pub use retained::{retained_lists, retained_words, room_for};
pub use server::{Server, is_config_test, is_defined, is_first_pass, is_loaded, server_path, with_main_server};
pub use shared::{SharedSet, SharedStore, SharedTable};
pub use slots::{ModuleRecord, Slots};
pub use snapshot::Snapshot;
pub use table::{Table, TableEntry};
pub use text::Text;
pub use tls::Tls;
