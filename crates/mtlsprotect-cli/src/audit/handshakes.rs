//! Handshakes that mod_ssl refused, by error and address.

use super::error_line::{ErrorLine, Refusal, Says};
use foldhash::HashMap;
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

/// The maximum number of errors, of addresses per error, and of lines between two that belong together.
const MOST_ERRORS: usize = 200;
const MOST_ADDRESSES: usize = 10_000;
const MOST_APART: usize = 64;

/// What stands for the errors beyond those that are told apart.
const OTHER_ERRORS: &[u8] = b"(others)";

/// Refused handshakes.
#[derive(Debug, Default)]
pub struct Handshakes {
    errors: BTreeMap<Box<[u8]>, Refused>,
    /// Connections whose failure is counted: a second line about it says nothing new.
    counted: VecDeque<Box<[u8]>>,
    /// Failures whose reason may be in the next line of the same thread.
    open: VecDeque<Open>,
}

/// The handshakes refused with one error.
#[derive(Debug, Default)]
pub struct Refused {
    /// How many.
    pub times: u64,
    /// From where, how many each.
    pub addresses: HashMap<IpAddr, u64>,
    /// Whether there were more addresses.
    pub has_more: bool,
    /// The last certificate refused for this reason, if the log has it.
    pub last: Option<CertificateNames>,
}

/// The names in a certificate.
#[derive(Debug)]
pub struct CertificateNames {
    /// Whose it claims to be.
    pub subject: Box<[u8]>,
    /// Whose signature it claims to have.
    pub issuer: Box<[u8]>,
}

#[derive(Debug)]
struct Open {
    thread: Box<[u8]>,
    from: Option<IpAddr>,
    error: Box<[u8]>,
}

impl Handshakes {
    /// Notes a line about a handshake.
    pub fn note(&mut self, line: &ErrorLine<'_>) {
        match &line.says {
            Says::CertificateRefused(refusal) => {
                if self.is_new(line.connection) {
                    self.count(refusal.error, line.from, Some(refusal));
                }
            }
            Says::HandshakeFailed(error) => {
                if self.is_new(line.connection) {
                    self.open.push_back(Open { thread: line.thread.into(), from: line.from, error: (*error).into() });
                    if self.open.len() > MOST_APART {
                        self.close(0, None);
                    }
                }
            }
            Says::LibraryError(error) => {
                if let Some(index) = self.open.iter().position(|open| *open.thread == *line.thread) {
                    self.close(index, Some(error));
                }
            }
            Says::Decided(_) | Says::Other => {}
        }
    }

    /// Counts what is still open; after the last line.
    pub fn finish(&mut self) {
        while !self.open.is_empty() {
            self.close(0, None);
        }
    }

    /// The errors, each with its handshakes.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &Refused)> {
        self.errors.iter().map(|(error, refused)| (&**error, refused))
    }

    fn close(&mut self, index: usize, reason: Option<&[u8]>) {
        if let Some(open) = self.open.remove(index) {
            self.count(reason.unwrap_or(&open.error), open.from, None);
        }
    }

    fn is_new(&mut self, connection: &[u8]) -> bool {
        if self.counted.iter().any(|counted| **counted == *connection) {
            return false;
        }
        self.counted.push_back(connection.into());
        if self.counted.len() > MOST_APART {
            self.counted.pop_front();
        }
        true
    }

    fn count(&mut self, error: &[u8], from: Option<IpAddr>, refusal: Option<&Refusal<'_>>) {
        let is_full = self.errors.len() >= MOST_ERRORS && !self.errors.contains_key(error);
        let refused = self.errors.entry(if is_full { OTHER_ERRORS } else { error }.into()).or_default();
        refused.times += 1;
        if let Some(from) = from {
            if refused.addresses.len() < MOST_ADDRESSES || refused.addresses.contains_key(&from) {
                *refused.addresses.entry(from).or_default() += 1;
            } else {
                refused.has_more = true;
            }
        }
        if let Some(refusal) = refusal.filter(|refusal| !refusal.subject.is_empty()) {
            refused.last = Some(CertificateNames { subject: refusal.subject.into(), issuer: refusal.issuer.into() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::when::LastDay;

    fn errors(lines: &[&str]) -> Vec<(String, u64, usize)> {
        let mut handshakes = Handshakes::default();
        for line in lines {
            let line = format!("[Mon Nov 23 10:10:26.949719 2026] [ssl:info] {line}");
            handshakes.note(&ErrorLine::parse(line.as_bytes(), &mut LastDay::default()).unwrap());
        }
        handshakes.finish();
        let all = handshakes.iter();
        all.map(|(error, refused)| (String::from_utf8_lossy(error).into(), refused.times, refused.addresses.len()))
            .collect()
    }

    #[test]
    fn a_refusal_of_several_lines_counts_once_with_its_best_reason() {
        let lines = [
            "[pid 1:tid 2] [client 203.0.113.7:1] AH02276: Certificate Verification: Error (20): unable to get local \
             issuer certificate [subject: CN=a / issuer: CN=b / serial: 1 / notbefore: x / notafter: y]",
            "[pid 1:tid 3] [client 203.0.113.8:2] AH02008: SSL library error 1 in handshake (server a:443)",
            "[pid 1:tid 2] [client 203.0.113.7:1] AH02008: SSL library error 1 in handshake (server a:443)",
            "[pid 1:tid 2] SSL Library Error: error:0A000086:SSL routines::certificate verify failed",
            "[pid 1:tid 3] SSL Library Error: error:0A0000C7:SSL routines::peer did not return a certificate -- No CAs \
             known to server for verification?",
            "[pid 1:tid 3] [client 203.0.113.8:3] AH02008: SSL library error 1 in handshake (server a:443)",
        ];
        let expected = [
            ("Error (20): unable to get local issuer certificate", 1, 1),
            ("SSL library error 1 in handshake", 1, 1),
            ("peer did not return a certificate", 1, 1),
        ];
        assert_eq!(errors(&lines), expected.map(|(error, times, addresses)| (error.to_owned(), times, addresses)));
    }

    #[test]
    fn made_up_errors_take_no_more_room() {
        let mut handshakes = Handshakes::default();
        for number in 0..2 * MOST_ERRORS {
            handshakes.count(format!("{number}").as_bytes(), None, None);
        }
        assert_eq!(handshakes.iter().count(), MOST_ERRORS + 1);
    }
}
