//! Statuses to show: a fleet in the middle of its roll-out, a server that shows it, and readers that are strict.

pub mod exposition;
pub mod fleet;
pub mod prometheus;
pub mod server;
