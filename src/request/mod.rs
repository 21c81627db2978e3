//! What happens to a request. [`gate::judge`] is where its way begins.

pub mod gate;
mod log_line;
pub mod named_by;
pub mod notes;
mod reading;
pub mod state;
