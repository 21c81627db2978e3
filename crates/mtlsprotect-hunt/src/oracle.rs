//! What must not happen, decided from what was given and done, without asking the module.

use crate::phones::ALL;
use crate::request::Request;
use crate::server::Outcome;
use std::fmt;

/// Something that must not happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// An answer held another's secret.
    Leak(&'static str),
    /// An application was asked for another's file.
    Asked(&'static str),
    /// An application was told to change another's file.
    Changed(&'static str),
    /// A file that is not the sender's was changed, made or removed.
    Written(String),
    /// A legitimate phone was refused what it gets without the module.
    Refused(u16, u16),
    /// A child of httpd has crashed.
    Crash(String),
    /// No answer came, where the server without the module gives one.
    Hung,
}

impl Finding {
    /// Whether a file was read, or only looked up where the answer has no body.
    fn is_read(&self) -> bool {
        matches!(self, Finding::Leak(_) | Finding::Asked(_))
    }

    /// Whether the two most likely have one cause, if they come in by the same door.
    pub fn is_kin(&self, other: &Finding) -> bool {
        self.is_like(other) || self.is_read() && other.is_read()
    }

    /// Whether the two are of a kind, whoever it was.
    pub fn is_like(&self, other: &Finding) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Leak(mac) => write!(out, "was given a file of {mac}"),
            Finding::Asked(mac) => write!(out, "made an application look up the file of {mac}"),
            Finding::Changed(mac) => write!(out, "made an application change the file of {mac}"),
            Finding::Written(path) => write!(out, "changed {path}"),
            Finding::Refused(status, without) => {
                write!(out, "is a right phone and got {status}, where the server without the module says {without}")
            }
            Finding::Crash(line) => write!(out, "crashed a child of httpd: {line}"),
            Finding::Hung => write!(out, "waits in vain, where the server without the module answers"),
        }
    }
}

/// What a request did that its sender has no right to: by this alone a door is open.
pub fn wrongs(request: &Request, outcome: &Outcome) -> Option<Finding> {
    let sender = request.sender.mac();
    // Without a certificate one is taken at one's word in the name of a device that has never shown one.
    let is_free = |mac: &str| outcome.open.contains(&mac) || outcome.password == Some(mac);
    let may = |mac: &str| sender.map_or(is_free(mac), |own| own == mac);
    if let Some(mac) = outcome.secrets.iter().find(|mac| !may(mac)) {
        return Some(Finding::Leak(mac));
    }
    if let Some(event) = outcome.events.iter().find(|event| !may(event.mac)) {
        return Some(if event.wrote { Finding::Changed(event.mac) } else { Finding::Asked(event.mac) });
    }
    for change in &outcome.changes {
        if let Some(mac) = change.secrets().iter().find(|mac| !may(mac) && !change.is_of(mac)) {
            return Some(Finding::Leak(mac));
        }
        // One that nobody here has is a device that has never shown a certificate, too.
        let is_nobodys = sender.is_none() && outcome.learns_of_all && change.is_of_none_of_all();
        if !is_nobodys && !ALL.iter().any(|mac| may(mac) && change.is_of(mac)) {
            return Some(Finding::Written(change.path.clone()));
        }
    }
    None
}

/// What is wrong with what came of a request, given what comes of it without the module.
pub fn judge(request: &Request, outcome: &Outcome, without: &Outcome) -> Option<Finding> {
    wrongs(request, outcome).or_else(|| (outcome.hung && !without.hung).then_some(Finding::Hung)).or_else(|| {
        let refused = request.right
            && matches!(outcome.status, 0 | 401 | 403 | 500)
            && outcome.status != without.status
            && wrongs(request, without).is_none();
        refused.then_some(Finding::Refused(outcome.status, without.status))
    })
}

#[cfg(test)]
mod tests;
