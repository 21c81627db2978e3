//! A private Apache on loopback, in a directory of its own that is removed with it.

mod builder;
mod layout;
mod module;
mod ports;
mod process;
mod running;
mod starting;

pub use builder::{Builder, Mpm};
pub use module::{module_path, panicking_module_path};
pub use process::{command, command_under, cpu_nanoseconds, resident_kib};
pub use running::Httpd;
