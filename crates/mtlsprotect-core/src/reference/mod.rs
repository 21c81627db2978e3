//! Slow and obvious ways to what other modules find out fast, for tests and fuzzing to compare them with.

pub mod finder;
pub mod forwarded;
pub mod identity;
