//! What mod_mtlsprotect knows of its fleet, and how it is shown.
//!
//! [`model::Status`] is all of it but the devices, which can be many and are asked for one by one ([`device::Devices`]).
//! Nothing here knows httpd: the module fills the model, the command reads it back from JSON.
#![forbid(unsafe_code)]

pub mod asked;
pub mod census;
pub mod device;
mod exposition;
pub mod findings;
pub mod html;
mod json;
pub mod metrics;
pub mod model;
pub mod report;
pub mod serial;
mod show;
pub mod sum;
pub mod text;

pub use show::show;
