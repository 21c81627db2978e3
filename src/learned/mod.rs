//! Which devices have proven themselves: what is read of `MTLSProtectLearnedFile`, and what is added.
//!
//! `list` is what all children share of the file, which the parent reads on while the server runs (`follow`); `store` is
//! the file itself, to which whichever child sees a proof appends.

mod follow;
mod list;
mod store;
mod table;
mod trouble;

pub use follow::{look, start};
pub use list::Begun;
pub use store::LearnedStore;
pub use trouble::Trouble;
