//! What the logs say about one device.

use super::access_line::LoggedVerdict;
use super::when::When;
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::Reason;
use std::net::IpAddr;

/// The maximum number of addresses and files remembered per device.
pub const MOST_PLACES: usize = 8;
const MOST_FILES: usize = 12;

mtlsprotect_core::words! {
    /// What became of a request, or will.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum Fate {
        /// The module let it pass.
        Allowed = "allow",
        /// The module refused it.
        Denied = "deny",
        /// It passes as long as the module only reports.
        WouldDeny = "would-deny",
        /// The log has no verdict, and the rules refuse this whoever asks.
        WouldDenyAnybody = "would-deny-anybody",
    }
}

impl From<LoggedVerdict> for Fate {
    fn from(verdict: LoggedVerdict) -> Self {
        match verdict {
            LoggedVerdict::Allow => Fate::Allowed,
            LoggedVerdict::Deny => Fate::Denied,
            LoggedVerdict::WouldDeny => Fate::WouldDeny,
        }
    }
}

/// In which log a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// An access log.
    Access,
    /// An error log.
    Error,
}

/// How often something stands in the logs. A request may stand in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    access: u64,
    error: u64,
}

impl Count {
    /// One more.
    pub fn add(&mut self, log: Log) {
        match log {
            Log::Access => self.access += 1,
            Log::Error => self.error += 1,
        }
    }

    /// The least number of requests that this can be.
    pub fn requests(self) -> u64 {
        self.access.max(self.error)
    }
}

/// What one line proves or claims of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The module knows it for certain: the device's certificate, or what the device file says.
    Proof(Reason),
    /// Somebody who proved nothing named the device.
    Claim(Reason),
    /// The device proved itself and asked for what is this other's, alone or with its own.
    Mismatch(Mac, Reason),
    /// What the device asked for is denied for a reason that does not depend on its certificate.
    Denied(Reason),
}

/// An address from which a device came, or somebody who named it.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The address; `None` where the log has a name.
    pub address: Option<IpAddr>,
    /// When last.
    pub last: When,
    /// Whether the device got something there without the module's objection.
    pub is_served: bool,
    proof: Option<When>,
    claim: Option<(When, Reason)>,
}

/// A device.
#[derive(Debug, Default)]
pub struct Device {
    /// Lines in access logs.
    pub requests: u64,
    /// Those of them that have no verdict.
    pub unjudged: u64,
    /// When last.
    pub last_seen: When,
    /// What it got, as numbers of [`super::files::Files`].
    pub files: Vec<u32>,
    /// Whether there were more.
    pub has_more_files: bool,
    /// What became of its requests, each with its reason.
    pub fates: Vec<(Fate, Reason, Count)>,
    /// Where it comes from, the last few.
    pub places: Vec<Place>,
    /// Whether there were more.
    pub has_more_places: bool,
    /// The issuer of the last certificate that was not trusted, escaped.
    issuer: Option<(When, Box<str>)>,
    proof: Option<(When, Reason)>,
    own_file: Option<When>,
    mismatch: Option<(When, (Mac, Reason))>,
    denied: Option<(When, Reason)>,
}

/// How a device stands.
#[derive(Debug, PartialEq, Eq)]
pub struct Readiness {
    /// The reason of the line that decides; `None` where no line does.
    pub reason: Option<Reason>,
    /// Another device that it asked for and, as far as the log shows, still does.
    pub asks_for: Option<Mac>,
    /// Where somebody named it since without proof, though it never proved itself there.
    pub claimed_at: Option<(IpAddr, Reason)>,
}

/// Seconds after which a wrong request of a phone no longer counts, if it got its own file since: longer than it takes
/// to boot.
const BOOT: i64 = 3600;

impl Device {
    /// Notes that the device was seen, and returns the place.
    pub fn seen(&mut self, from: Option<IpAddr>, when: When) -> &mut Place {
        self.last_seen = self.last_seen.max(when);
        let known = self.places.iter().position(|place| place.address == from);
        let index = known.unwrap_or_else(|| self.new_place(from));
        let place = &mut self.places[index];
        place.last = place.last.max(when);
        place
    }

    /// A new place, instead of the one not seen for longest where there are too many.
    fn new_place(&mut self, address: Option<IpAddr>) -> usize {
        let place = Place { address, last: When::UNKNOWN, is_served: false, proof: None, claim: None };
        if self.places.len() < MOST_PLACES {
            // Most have one: room for more is not reserved.
            self.places.reserve_exact(1);
            self.places.push(place);
            return self.places.len() - 1;
        }
        self.has_more_places = true;
        let oldest = (0..self.places.len()).min_by_key(|&index| self.places[index].last).unwrap_or(0);
        self.places[oldest] = place;
        oldest
    }

    /// Notes a file that it got.
    pub fn got(&mut self, file: u32) {
        if !self.files.contains(&file) {
            if self.files.len() < MOST_FILES {
                self.files.push(file);
            } else {
                self.has_more_files = true;
            }
        }
    }

    /// Notes what became of a request.
    pub fn judged(&mut self, fate: Fate, reason: Reason, log: Log) {
        let index = self.fates.iter().position(|&(one, why, _)| (one, why) == (fate, reason)).unwrap_or_else(|| {
            self.fates.reserve_exact(1);
            self.fates.push((fate, reason, Count::default()));
            self.fates.len() - 1
        });
        self.fates[index].2.add(log);
    }

    /// Notes evidence of how the device stands.
    pub fn note(&mut self, evidence: Evidence, from: Option<IpAddr>, when: When) {
        let place = self.seen(from, when);
        match evidence {
            Evidence::Claim(reason) => replace(&mut place.claim, when, reason),
            Evidence::Proof(reason) => {
                // Anybody may name a blocked device from anywhere.
                if matches!(reason, Reason::OwnFile | Reason::OtherFile | Reason::ExemptDevice | Reason::Password) {
                    place.proof = place.proof.max(Some(when));
                }
                replace(&mut self.proof, when, reason);
                if reason == Reason::OwnFile {
                    self.own_file = self.own_file.max(Some(when));
                }
            }
            Evidence::Mismatch(other, reason) => {
                place.proof = place.proof.max(Some(when));
                replace(&mut self.mismatch, when, (other, reason));
            }
            Evidence::Denied(reason) => replace(&mut self.denied, when, reason),
        }
    }

    /// Notes who issued a certificate that was not trusted, escaped.
    pub fn issued_by(&mut self, issuer: &[u8], when: When) {
        if self.issuer.as_ref().is_none_or(|(before, text)| when >= *before && text.as_bytes() != issuer) {
            self.issuer = Some((when, String::from_utf8_lossy(issuer).into()));
        }
    }

    /// Who issued its last certificate that was not trusted.
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_ref().map(|(_, issuer)| &**issuer)
    }

    /// How it stands: by its last proof, unless it came since without one from where it had proved itself. What
    /// strangers ask for says nothing about a device that proves itself.
    pub fn readiness(&self) -> Readiness {
        let after = self.proof.map(|(when, _)| when);
        let claims = || {
            self.places
                .iter()
                .filter_map(|place| Some((place.claim?, place)))
                .filter(|((when, _), _)| Some(*when) > after)
        };
        let own =
            claims().filter(|(_, place)| after.is_none() || place.proof.is_some()).max_by_key(|((when, _), _)| *when);
        if let Some(((_, reason), _)) = own {
            return Readiness { reason: Some(reason), asks_for: None, claimed_at: None };
        }
        let is_over = |since: When| self.own_file.is_some_and(|own| own.is_after(since, BOOT));
        let mismatch = self.mismatch.filter(|&(when, _)| !is_over(when)).map(|(_, mismatch)| mismatch);
        let stranger = claims().max_by_key(|((when, _), _)| *when);
        let last = self.proof.or(self.denied).map(|(_, reason)| reason);
        let is_shut_out = matches!(last, Some(Reason::BlockedDevice | Reason::UnknownDevice));
        Readiness {
            reason: mismatch.filter(|_| !is_shut_out).map(|(_, reason)| reason).or(last),
            asks_for: mismatch.map(|(other, _)| other),
            claimed_at: stranger.and_then(|((_, reason), place)| Some((place.address?, reason))),
        }
    }

    /// Whether it ever showed a certificate of its own that is trusted, or the device file spoke for or against it.
    pub fn has_proved_itself(&self) -> bool {
        self.proof.is_some()
    }

    /// How often it was refused, or would be, for a reason that does not depend on its certificate.
    pub fn denied_otherwise(&self) -> Vec<(Reason, u64)> {
        let is_refused = |fate| fate == Fate::Denied || fate == Fate::WouldDeny;
        let all = self.fates.iter().filter(|&&(fate, reason, _)| is_refused(fate) && is_behaviour(reason));
        all.map(|&(_, reason, count)| (reason, count.requests())).collect()
    }

    /// Requests that came without a certificate over TLS.
    pub fn without_certificate(&self) -> u64 {
        let count = |&(_, reason, count): &(Fate, Reason, Count)| {
            if reason == Reason::NoCertificate { count.requests() } else { 0 }
        };
        self.fates.iter().map(count).sum()
    }
}

impl Place {
    /// Whether somebody named the device here and had no certificate.
    pub fn is_without_certificate(&self) -> bool {
        matches!(self.claim, Some((_, Reason::NoCertificate)))
    }
}

/// Whether a request is refused for what it does, whoever sends it.
pub fn is_behaviour(reason: Reason) -> bool {
    use Reason::{AmbiguousName, MalformedName, Method, OtherFile, Write};
    matches!(reason, Method | MalformedName | OtherFile | AmbiguousName | Write)
}

/// Later lines win, and within one second the one read last.
fn replace<T>(slot: &mut Option<(When, T)>, when: When, value: T) {
    if slot.as_ref().is_none_or(|(before, _)| when >= *before) {
        *slot = Some((when, value));
    }
}

#[cfg(test)]
mod tests;
