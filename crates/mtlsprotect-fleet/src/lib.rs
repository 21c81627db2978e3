//! What the server's processes know together of its devices: counts, handshakes, devices, the last refusals and the
//! last day, in one block of memory that they share.
//!
//! The block is a slice of 64-bit atomics, and everything here is a view of a part of it. Zeros are an empty one. There
//! is no lock and no state in between: whatever a process has written when it is killed can be read and written on by
//! the others. All accesses are relaxed, but for a fence beside a restart. What belongs together either stands in one word,
//! or is known to be whole by a check over all of it ([`Ring`]), or may be of two moments; each part says which.
//!
//! - [`Names`]: hosts, vendors and roots have numbers, which the parent gives out before it forks.
//! - [`Counts`]: requests by host, vendor, verdict and reason; handshakes.
//! - [`History`]: requests by verdict and reason, for each five minutes of a day.
//! - [`Ring`]: the last refusals.
//! - [`Devices`]: what is known of each device.
//!
//! Nothing here knows httpd, allocates while it writes, or can panic over what it reads.

#![forbid(unsafe_code)]

mod atomic;
mod cell;
mod counts;
mod devices;
mod history;
mod layout;
mod names;
mod proofs;
mod record;
mod ring;
mod striped;
mod word;

pub use atomic::AtomicU64;
pub use cell::{CELLS, Cell, REASONS, Verdict};
pub use counts::{Counts, Handshakes, Row};
pub use devices::{Devices, FirstPlace, Noted, Request};
pub use history::{DAY, HOUR, History, Period};
pub use layout::{Fleet, LAYOUT_VERSION, Sizes};
pub use names::{Names, Root, Roots};
pub use proofs::{Proof, Proven, Shown};
pub use record::{Certificate, Device, Refusal};
pub use ring::{Entry, Ring};
pub use word::seconds;

#[cfg(test)]
mod test_memory;

#[cfg(all(test, feature = "model"))]
mod model_tests;
