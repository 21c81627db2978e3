//! What is decided.

use crate::decision::reason::Reason;

/// The answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Protection is off here.
    NotJudged,
    /// Let it pass.
    Allow(Reason),
    /// Refuse it.
    Deny(Reason),
}
