//! The learned file (`MTLSProtectLearnedFile`): which devices have proven themselves by their certificate, when, and by
//! which root.
//!
//! Lines are only ever appended, by several processes of several servers. What they say together doesn't depend on their
//! order, nor on how often one is there: of each device and root the latest proof counts, and of each device the latest
//! `forget`, which takes away all proofs that are not later.

mod bad_lines;
mod by_list;
mod file;
mod line;
mod merge;
mod state;
mod words;

pub use bad_lines::{BadLine, BadLines};
pub use by_list::ProvenByList;
pub use file::{Growth, LearnedFile};
pub use line::{Line, ProofLine, written};
pub use merge::{Lacking, lacking};
pub use state::{Learned, Proof};
pub use words::{LearnedList, MOST_ROOTS};
