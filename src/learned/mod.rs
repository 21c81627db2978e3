//! Which devices have proven themselves, as `MTLSProtectLearnedFile` says it.
//!
//! `list` is what all children share of the file, which the parent reads on while the server runs (`follow`), and the table
//! of devices follows (`table`); `store` is the file itself, to which whichever child sees a proof appends; `appended` is
//! what children know of that until the parent has read it.

mod appended;
mod follow;
mod list;
mod store;
mod table;
mod trouble;

pub use appended::Appended;
pub use follow::{look, start};
pub use list::Begun;
pub use store::LearnedStore;
pub use table::lacking;
pub use trouble::Trouble;
