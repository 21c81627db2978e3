//! What happens to a request, from [`gate::judge`] on.
//!
//! `arrival` takes what a balancer says of its client when the request comes. `gate` asks who sends it
//! ([`crate::certificate::sender`]), then `decide`: what it names (`reading`, with `told` and `named_by`), the verdict, and
//! what that means for a page that answers for an error (`error_page`). What was decided becomes a `record`, which
//! `log_line`, `notes` and `environment` show, and stays in the `state` for the next gate. When the request is over, `count`
//! counts it and notes what it says of a device, and `proven` what that has proven, which `learned_line` adds to the learned
//! file. Who has proven itself before is asked of `proven_here`.

pub mod arrival;
mod caches;
pub mod count;
mod decide;
mod environment;
mod error_page;
pub mod gate;
mod learned_line;
mod log_line;
mod named_by;
pub mod note_readers;
mod notes;
pub mod own_page;
mod password;
mod password_check;
mod proven;
mod proven_here;
mod reading;
mod record;
pub mod state;
mod subrequest;
mod told;
mod when_asked;
