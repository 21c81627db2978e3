//! Reads the lines of the logs into the ledger.

use super::access_line::{AccessLine, Decision, LoggedDecision, LoggedVerdict};
use super::clock::Clock;
use super::device::{Evidence, Fate, Log, is_behaviour};
use super::error_line::{DecisionLine, ErrorLine, Refusal, Says};
use super::groups;
use super::ledger::Ledger;
use super::nameless::{Nameless, outside};
use super::probes::Failed;
use super::subject::mac_of_subject;
use super::when::{LastDay, When};
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::{Asked, Policy, Reason, Sender, User, Verdict, decide, reads};
use mtlsprotect_core::escape::{append_text, append_uri, quoted, quoted_uri};
use mtlsprotect_core::names::{Names, Outside, RequestTarget, Searched, Source};
use mtlsprotect_core::time::UnixTime;
use std::net::{IpAddr, Ipv4Addr};

/// Bytes shown of a request-target and of an issuer.
const TARGET_SHOWN: usize = 200;
const ISSUER_SHOWN: usize = 256;

/// OpenSSL's error numbers that have their own reason (x509_vfy.h).
const CERTIFICATE_HAS_EXPIRED: u32 = 10;
const CERTIFICATE_REVOKED: u32 = 23;

/// Reads one log.
pub struct Scan<'a> {
    /// What the module would judge by.
    pub policy: Policy<'a>,
    /// Where everything goes.
    pub ledger: &'a mut Ledger,
    /// The log's name, for people.
    pub log: &'a str,
    /// The clock of error logs.
    pub clock: &'a Clock,
    /// What was written before is left out.
    pub since: When,
    /// The lines so far that are a log's.
    pub understood: u64,
    /// What one line leaves for the next.
    pub room: Room,
}

/// What reading a line leaves that makes the next ones quicker.
#[derive(Debug, Default)]
pub struct Room {
    day: LastDay,
    nameless: Nameless,
    /// An issuer, escaped.
    issuer: Vec<u8>,
}

impl Scan<'_> {
    /// Reads a line; `None` stands for one that is too long.
    pub fn line(&mut self, number: u64, line: Option<&[u8]>) {
        self.ledger.lines.all += 1;
        match line {
            Some(b"") => {}
            Some(line) if line.starts_with(b"[") => match ErrorLine::parse(line, &mut self.room.day) {
                Some(line) => {
                    let when = self.clock.utc(line.when);
                    if self.counts(when) {
                        self.error(number, when, &line);
                    }
                }
                None => self.unread(number),
            },
            Some(line) => match AccessLine::parse(line, &mut self.room.day) {
                Some(line) => {
                    if self.counts(line.when) {
                        self.request(number, &line);
                    }
                }
                None => self.unread(number),
            },
            None => self.unread(number),
        }
    }

    /// Notes that a line is a log's; whether it is not too old.
    fn counts(&mut self, when: When) -> bool {
        self.understood += 1;
        self.ledger.lines.earlier += u64::from(when < self.since);
        when >= self.since
    }

    fn unread(&mut self, number: u64) {
        let lines = &mut self.ledger.lines;
        lines.unread += 1;
        lines.first_unread.get_or_insert_with(|| format!("{}:{number}", self.log));
    }

    fn request(&mut self, number: u64, line: &AccessLine<'_>) {
        let lines = &mut self.ledger.lines;
        lines.requests += 1;
        lines.without_address += u64::from(line.from.is_none());
        match line.judged {
            LoggedDecision::NotLogged => lines.without_verdict += 1,
            LoggedDecision::No => lines.not_judged += 1,
            LoggedDecision::Yes(_) => lines.judged += 1,
        }
        if line.method.is_empty() {
            return;
        }
        let decision = match line.judged {
            LoggedDecision::Yes(decision) => Some(decision),
            LoggedDecision::NotLogged | LoggedDecision::No => None,
        };
        // Where the log doesn't tell what the module says, the command has to find it out.
        let is_judged_here = line.judged == LoggedDecision::NotLogged && line.is_served();
        let (nameless, naming) = (&mut self.room.nameless, &self.policy.naming);
        let names = is_judged_here.then(|| nameless.names(&line.target, &line.user_agent, naming));
        let found = match (&names, decision) {
            (Some(names), _) => names.found().next(),
            // Neither where the name stands nor whose it is would be of use.
            (None, Some(Decision { named: Some(_), .. })) if !line.is_served() => None,
            (None, _) => nameless.first_name(&line.target, &line.user_agent, naming),
        };
        let sender = decision.and_then(|decision| decision.sender);
        let named = decision.and_then(|decision| decision.named).or(found.map(|(mac, _)| mac));
        if let Some(from) = line.from.filter(|_| named.is_none() && line.is_served()) {
            self.ledger.unnamed.fetched(&line.target, from);
        }
        self.probed(line, decision, named);
        let device = sender.or(named);
        // What only the module saw is where the site's rewriting put it.
        let seen = found.or(named.map(|mac| (mac, Source::Filename)));
        let is_got = line.is_served() && device.is_some();
        let file = is_got.then(|| self.ledger.files.number(&line.target, seen, Log::Access));
        let fate = self.fate(line, decision, names.as_ref());
        self.grouped(&groups::Line {
            log: Log::Access,
            when: line.when,
            host: line.host,
            vendor: line.vendor,
            via: b"",
            device,
            fate: fate.map(|(fate, _)| fate),
        });
        if let Some(mac) = device {
            let is_turned_away = sender.is_none() && !line.is_served();
            if let Some(device) = self.ledger.device(mac, is_turned_away) {
                device.requests += 1;
                device.unjudged += u64::from(decision.is_none());
                let place = device.seen(line.from, line.when);
                place.is_served |=
                    line.is_served() && decision.is_none_or(|decision| decision.verdict == LoggedVerdict::Allow);
                if let Some(file) = file {
                    device.got(file);
                }
                if let Some((fate, reason)) = fate {
                    device.judged(fate, reason, Log::Access);
                }
            }
        }
        if let Some((fate, reason)) = fate.filter(|&(fate, _)| fate != Fate::Allowed) {
            let example = || example(self.log, number, line.from, line.method, &quoted_uri(&line.target, TARGET_SHOWN));
            self.ledger.refused(fate, reason, Log::Access, example);
        }
        if let Some(decision) = decision {
            self.evidence(&decision, line.from, line.when, sender.is_none() && !line.is_served());
        }
    }

    fn grouped(&mut self, line: &groups::Line<'_>) {
        if let Some(groups) = &mut self.ledger.groups {
            groups.add(line);
        }
    }

    /// What became of the request; if the log doesn't say, only what holds whoever the sender is.
    fn fate(&self, line: &AccessLine<'_>, decision: Option<Decision>, names: Option<&Names>) -> Option<(Fate, Reason)> {
        match decision {
            Some(decision) => Some((decision.verdict.into(), decision.reason)),
            None => Some((Fate::WouldDenyAnybody, self.refused_whoever_asks(line, names?)?)),
        }
    }

    /// The reason for which even the device that it names would be refused.
    fn refused_whoever_asks(&self, line: &AccessLine<'_>, names: &Names) -> Option<Reason> {
        let best = names.only().unwrap_or(Mac::from_bits(0));
        let written = (!reads(line.method)).then(|| {
            let target = RequestTarget::of(&line.target);
            let request = outside(&target, &line.user_agent, &self.policy.naming);
            Outside { reads: false, sender: Some(best), ..request }.names()
        });
        let asked = Asked {
            method: line.method,
            names: written.as_ref().unwrap_or(names),
            sender: Sender::Device(best),
            from: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            now: UnixTime::EPOCH,
            proven: None,
            user: User::NoDevice,
        };
        match decide(&self.policy, &asked) {
            Verdict::Deny(reason) => Some(reason),
            Verdict::Allow(_) | Verdict::NotJudged => None,
        }
    }

    /// Notes a request that names a device and failed, unless it is the device's own.
    fn probed(&mut self, line: &AccessLine<'_>, decision: Option<Decision>, named: Option<Mac>) {
        let (Some(from), Some(named)) = (line.from, named) else { return };
        let verdict = decision.map(|decision| decision.verdict);
        let is_own = decision.is_some_and(|decision| decision.sender == Some(named));
        // To be asked for its password is how a phone's requests begin.
        if decision.is_some_and(|decision| decision.reason == Reason::Password) {
            return;
        }
        let how = match (verdict, line.status) {
            (Some(LoggedVerdict::WouldDeny), _) => Failed::WouldDeny,
            (Some(LoggedVerdict::Deny), _) => Failed::Refused,
            _ if is_own || !line.is_turned_away() => return,
            (_, 404 | 410) => Failed::NotFound,
            _ => Failed::Refused,
        };
        self.ledger.probes.failed(from, named, how);
    }

    fn error(&mut self, number: u64, when: When, line: &ErrorLine<'_>) {
        self.ledger.lines.errors += 1;
        match &line.says {
            Says::Decided(report) => {
                // Where nobody has said where its client is, the line has the balancer's address.
                let from = if report.via.is_empty() { line.from } else { report.client };
                self.decided(number, when, from, report);
            }
            Says::CertificateRefused(refusal) => self.certificate_refused(when, line.from, refusal),
            Says::HandshakeFailed(_) | Says::LibraryError(_) | Says::Other => {}
        }
        self.ledger.handshakes.note(line);
    }

    fn decided(&mut self, number: u64, when: When, from: Option<IpAddr>, report: &DecisionLine<'_>) {
        self.ledger.lines.verdicts_in_errors += 1;
        let decision = &report.decision;
        let fate = Fate::from(decision.verdict);
        let claimed = mac_of_subject(report.subject);
        let is_turned_away = decision.verdict == LoggedVerdict::Deny && decision.sender.is_none();
        let device = decision.sender.or(decision.named);
        self.grouped(&groups::Line {
            log: Log::Error,
            when,
            host: report.host,
            vendor: report.vendor,
            via: report.via,
            device,
            fate: Some(fate),
        });
        if let Some(mac) = device {
            // What the module let pass was most likely got: the error log has no status.
            let is_got = decision.verdict != LoggedVerdict::Deny;
            let named = decision.named.zip(Source::of_word(report.found_in));
            let file = is_got.then(|| self.ledger.files.number(report.path, named, Log::Error));
            if let Some(device) = self.ledger.device(mac, is_turned_away) {
                device.seen(from, when);
                device.judged(fate, decision.reason, Log::Error);
                if let Some(file) = file {
                    device.got(file);
                }
            }
        }
        if fate != Fate::Allowed {
            // The module has escaped it already, and quoted_uri leaves that as it is.
            let example = || example(self.log, number, from, report.method, &quoted_uri(report.path, TARGET_SHOWN));
            self.ledger.refused(fate, decision.reason, Log::Error, example);
        }
        let decision =
            Decision { named: claimed.filter(|_| is_distrust(decision.reason)).or(decision.named), ..*decision };
        self.evidence(&decision, from, when, is_turned_away);
        if is_distrust(decision.reason) {
            self.room.issuer.clear();
            append_uri(&mut self.room.issuer, report.issuer, ISSUER_SHOWN);
            self.issued_by(decision.named, when);
        }
    }

    fn certificate_refused(&mut self, when: When, from: Option<IpAddr>, refusal: &Refusal<'_>) {
        let Some(mac) = mac_of_subject(refusal.subject).filter(|mac| mac.is_device()) else { return };
        let reason = match refusal.number {
            CERTIFICATE_HAS_EXPIRED => Reason::ExpiredCertificate,
            CERTIFICATE_REVOKED => Reason::RevokedCertificate,
            _ => Reason::UntrustedCertificate,
        };
        if let Some(device) = self.ledger.device(mac, true) {
            device.note(Evidence::Claim(reason), from, when);
            self.room.issuer.clear();
            append_text(&mut self.room.issuer, refusal.issuer, ISSUER_SHOWN);
            self.issued_by(Some(mac), when);
        }
    }

    /// Notes that the issuer at hand vouched for a device's certificate.
    fn issued_by(&mut self, mac: Option<Mac>, when: When) {
        if let Some(device) = mac.and_then(|mac| self.ledger.devices.get_mut(&mac)) {
            device.issued_by(&self.room.issuer, when);
        }
    }

    /// Notes what a decision says of how a device stands.
    fn evidence(&mut self, decision: &Decision, from: Option<IpAddr>, when: When, is_turned_away: bool) {
        let &Decision { verdict, reason, sender, named, second } = decision;
        let only = decision.only_named();
        let (device, evidence) = match (verdict, reason) {
            (LoggedVerdict::Allow, Reason::OwnFile) => (sender.or(only), Evidence::Proof(reason)),
            (LoggedVerdict::Allow, Reason::OtherFile) => (sender, Evidence::Proof(reason)),
            (LoggedVerdict::Allow, Reason::ExemptDevice | Reason::Password) => (only, Evidence::Proof(reason)),
            // Asked for its password: it came without a certificate that counts.
            (_, Reason::Password) => (only, Evidence::Claim(Reason::NoCertificate)),
            (_, Reason::BlockedDevice) => (only.or(sender), Evidence::Proof(reason)),
            (_, Reason::UnknownDevice) => (sender.or(only), Evidence::Proof(reason)),
            (_, Reason::MacMismatch | Reason::AmbiguousName) if sender.is_some() => {
                let Some(other) = named.filter(|_| named != sender).or(second) else { return };
                (sender, Evidence::Mismatch(other, reason))
            }
            (_, Reason::VendorMismatch) => (sender, Evidence::Claim(reason)),
            (_, Reason::PlainHttp | Reason::NoCertificate | Reason::NoDeviceIdentity) => {
                (only, Evidence::Claim(reason))
            }
            _ if is_distrust(reason) => (only, Evidence::Claim(reason)),
            _ if is_behaviour(reason) => (sender.or(named), Evidence::Denied(reason)),
            _ => return,
        };
        if let Some(device) = device.and_then(|mac| self.ledger.device(mac, is_turned_away)) {
            device.note(evidence, from, when);
        }
    }
}

/// Whether the reason is that no device CA vouches for the certificate.
fn is_distrust(reason: Reason) -> bool {
    matches!(reason, Reason::UntrustedCertificate | Reason::ExpiredCertificate | Reason::RevokedCertificate)
}

/// `access.log:17: 203.0.113.7 GET /path`
fn example(log: &str, number: u64, from: Option<IpAddr>, method: &[u8], target: &str) -> String {
    let from = from.map_or_else(|| "-".to_owned(), |from| from.to_string());
    format!("{log}:{number}: {from} {} {target}", quoted(method, 32))
}

#[cfg(test)]
mod tests;
