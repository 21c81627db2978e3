//! What the wrappers of httpd in `src/httpd` do with raw memory, apart from httpd, and what takes the processor's own
//! instructions: tests can run it, and so can Miri (`scripts/miri`), which knows nothing of httpd's functions.

mod array;
mod atomic;
mod blocks;
mod halves;
mod slots;
mod store;
mod strings;
mod table;

pub use array::elements;
pub use blocks::{BLOCK, Marks, equal};
pub use halves::{Halves, TooLong, View};
pub use slots::{set_slot, slot, slot_holding};
pub use store::{Numbers, Store};
pub use strings::{bytes, copy_texts, length_of_copies, until_nul, words};
pub use table::{Found, Key, Table};
