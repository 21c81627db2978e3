//! What the operator and applications see: the error log and the environment.

use crate::Mtlsprotect;
use crate::connection::Proof;
use crate::httpd::log::{self, Level};
use crate::httpd::{PoolStr, Request};
use crate::message::Number;
use crate::reading::Reading;
use crate::state::RequestState;
use mtlsprotect_core::Mac;
use mtlsprotect_core::client::{ClientCertificate, Description, NAME_SHOWN};
use mtlsprotect_core::devices::{DeviceFile, Listing};
use mtlsprotect_core::escape::{append_text, append_uri, quoted};
use mtlsprotect_core::names::{Named, Source};
use mtlsprotect_core::policy::{Mode, Policy, Sender};
use mtlsprotect_core::verdict::{Asked, Reason, Verdict};
use std::ffi::CStr;

/// Bytes shown of a method, a path and a User-Agent.
const METHOD_SHOWN: usize = 32;
pub const PATH_SHOWN: usize = 512;
pub const AGENT_SHOWN: usize = 256;

/// A decision and what it was made of, for the log and the notes.
#[derive(Clone, Copy)]
pub struct Record {
    /// Whether a refusal is carried out.
    pub mode: Mode,
    /// The decision.
    pub verdict: Verdict,
    /// Whose certificate it is, as a number and as text.
    pub sender: Option<(Mac, PoolStr)>,
    /// The vendor whose list vouches for it; of a list of no vendor's, whose prefix it has.
    pub vendor: Option<PoolStr>,
    /// Applications may take the sender at its word.
    is_sure: bool,
    /// The first two devices named.
    pub named: [Option<(Mac, Source)>; 2],
}

impl Record {
    /// For a request that isn't judged.
    pub const NOT_JUDGED: Record = Record {
        mode: Mode::Off,
        verdict: Verdict::NotJudged,
        sender: None,
        vendor: None,
        is_sure: false,
        named: [None, None],
    };

    /// What was decided.
    pub fn new(policy: &Policy<'_>, verdict: Verdict, asked: &Asked<'_>, proof: &Proof, request: &Request<'_>) -> Self {
        let mac = proof.sender.mac();
        // Whom a closed device file shuts out may read what anybody may, and proves nothing.
        let is_shut_out = |file: &DeviceFile| mac.is_some_and(|mac| file.listing(mac) == Listing::ShutOut);
        let may_be_shut_out = verdict == Verdict::Allow(Reason::OtherFile);
        Record {
            mode: mode(policy, verdict, asked, proof, request),
            verdict,
            sender: mac.map(|mac| (mac, request.pool().string(&mac.digits()))),
            vendor: proof.vendor,
            is_sure: proof.sender.is_trusted()
                && !matches!(proof.sender, Sender::OtherVendors(_))
                && !(may_be_shut_out && policy.devices.is_some_and(is_shut_out)),
            named: asked.names.first_two(),
        }
    }

    /// The module failed.
    pub fn failure(mode: Mode) -> Self {
        Record { mode, verdict: Verdict::Deny(Reason::InternalError), ..Record::NOT_JUDGED }
    }

    /// Why; none where nothing was judged.
    pub fn reason(&self) -> Option<Reason> {
        match self.verdict {
            Verdict::Allow(reason) | Verdict::Deny(reason) => Some(reason),
            Verdict::NotJudged => None,
        }
    }

    /// The devices named, joined by commas.
    pub fn named_text(&self) -> Option<String> {
        self.joined(|(mac, _), text| text.extend(mac.digits().map(char::from)))
    }

    /// Where they are named, joined by commas.
    pub fn found_in(&self) -> Option<String> {
        self.joined(|(_, source), text| text.push_str(source.as_str()))
    }

    fn joined(&self, add: impl Fn(&(Mac, Source), &mut String)) -> Option<String> {
        let mut text = String::new();
        for (number, named) in self.named.iter().flatten().enumerate() {
            if number > 0 {
                text.push(',');
            }
            add(named, &mut text);
        }
        (!text.is_empty()).then_some(text)
    }
}

/// Whether a refusal is carried out: not in `Report`, nor where only watched vendors are concerned.
fn mode(policy: &Policy<'_>, verdict: Verdict, asked: &Asked<'_>, proof: &Proof, request: &Request<'_>) -> Mode {
    let (Verdict::Deny(reason), Mode::On) = (verdict, policy.mode) else { return policy.mode };
    let in_path = || {
        let reading = Reading { request, snapshot: &request.snapshot(), policy, sender: None };
        reading.served(false).named() != Named::Nobody
    };
    match request.server().config::<Mtlsprotect>().trust() {
        Some(list) if list.fleet.only_watches(reason, asked.method, asked.names, in_path, proof.member) => Mode::Report,
        _ => Mode::On,
    }
}

/// The environment for applications: who is proven to ask, and only when it may have the answer.
/// Whatever else stands there under these names goes, at each gate: modules set more in between.
pub fn set_environment(request: &Request<'_>, record: &Record) {
    let Some(mut environment) = request.environment() else { return };
    let is_allowed = record.is_sure && matches!(record.verdict, Verdict::Allow(_));
    let mac = record.sender.filter(|_| is_allowed).map(|(_, text)| text);
    let vendor = record.vendor.filter(|_| is_allowed);
    let ours = [(MAC_VARIABLE, mac), (VENDOR_VARIABLE, vendor)];
    let mut is_there = [false; 2];
    let mut forged: Vec<&CStr> = Vec::new();
    for entry in environment.entries().filter(|entry| matches!(entry.initial(), b'M' | b'm')) {
        let own = ours.iter().position(|(key, value)| value.is_some_and(|value| entry.is(key, value)));
        match own {
            Some(own) if !is_there[own] => is_there[own] = true,
            _ if reads_as_ours(entry.key()) => forged.push(entry.key()),
            _ => {}
        }
    }
    for key in &forged {
        environment.unset(key);
    }
    for ((key, value), is_there) in ours.into_iter().zip(is_there) {
        match value {
            Some(value) if !forged.is_empty() => environment.set(key, value),
            Some(value) if !is_there => environment.add(key, value),
            _ => {}
        }
    }
}

const MAC_VARIABLE: &CStr = c"MTLSPROTECT_MAC";
const VENDOR_VARIABLE: &CStr = c"MTLSPROTECT_VENDOR";

/// Whether a script would see the key as one of our variables: httpd writes `_` for every byte
/// that is no letter, digit or `_` (ap_create_environment).
fn reads_as_ours(key: &CStr) -> bool {
    [MAC_VARIABLE, VENDOR_VARIABLE].iter().any(|ours| {
        let (key, ours) = (key.to_bytes(), ours.to_bytes());
        key.len() == ours.len()
            && key
                .iter()
                .zip(ours)
                .all(|(byte, own)| byte.eq_ignore_ascii_case(own) || (*own == b'_' && !byte.is_ascii_alphanumeric()))
    })
}

/// One line a client request and reason: refusals as warnings, the rest at debug.
pub fn log(request: &Request<'_>, record: &Record, proof: &Proof) {
    let Some(reason) = record.reason() else { return };
    let level = match record.verdict {
        // httpd asks about a refused part of an answer (an entry of a listing) and leaves it out.
        Verdict::Deny(_) if request.main().is_none() => Level::Warning,
        _ => Level::Debug,
    };
    if !log::is_enabled::<Mtlsprotect>(request, level) {
        return;
    }
    let client_request = origin(request);
    if !is_first(&client_request, reason, level) {
        return;
    }
    log::request::<Mtlsprotect>(request, level, &line(request, &client_request, record, reason, proof));
}

/// The line: the fields in their order, an absent one a dash. Nothing that a client wrote can end a field, a line or a
/// string of JSON around it.
fn line(request: &Request<'_>, client_request: &Request<'_>, record: &Record, reason: Reason, proof: &Proof) -> String {
    let what = match (record.verdict, record.mode) {
        (Verdict::Deny(_), Mode::Report) => ": mtlsprotect: would-deny",
        (Verdict::Deny(_), _) => ": mtlsprotect: denied",
        _ => ": mtlsprotect: allowed",
    };
    let certificate = proof.certificate.as_deref().map(ClientCertificate::description);
    let of_certificate = |field: fn(&Description) -> &String| certificate.map_or("-", |described| field(described));
    let mut line = String::with_capacity(1024);
    line.extend(Number::of(reason).as_text().map(char::from));
    line.push_str(what);
    let mut add = |key: &str, value: &str| {
        line.push_str(key);
        line.push_str(value);
    };
    add(" reason=", reason.as_str());
    let digits = record.sender.map(|(mac, _)| mac.digits());
    add(" cert-mac=", digits.as_ref().and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or("-"));
    add(" named=", record.named_text().as_deref().unwrap_or("-"));
    add(" found-in=", record.found_in().as_deref().unwrap_or("-"));
    add(" vendor=", record.vendor.as_ref().map_or("-", |vendor| std::str::from_utf8(vendor.as_bytes()).unwrap_or("-")));
    add(" subject='", of_certificate(|described| &described.subject));
    add("' issuer='", of_certificate(|described| &described.issuer));
    add("' serial=", of_certificate(|described| &described.serial));
    add(" sha256=", of_certificate(|described| &described.sha256));
    add(" method=", "");
    append_text(&mut line, request.method(), METHOD_SHOWN);
    line.push_str(" path='");
    append_uri(&mut line, client_request.unparsed_uri(), PATH_SHOWN);
    line.push_str("' host='");
    append_text(&mut line, request.server().name(), NAME_SHOWN);
    line.push_str("' ua='");
    let agent = client_request.header(c"User-Agent");
    append_text(&mut line, if agent.is_empty() { b"-" } else { agent }, AGENT_SHOWN);
    line.push('\'');
    if let Some(distrust) = &proof.distrust {
        line.push_str(" why='");
        append_text(&mut line, distrust.why.as_bytes(), NAME_SHOWN);
        line.push('\'');
    }
    line
}

/// What went wrong inside the module.
pub fn log_failure(request: &Request<'_>, why: &str) {
    log::request::<Mtlsprotect>(
        request,
        Level::Error,
        &format!("{}: mtlsprotect: internal error: {}", Number::InternalError, quoted(why.as_bytes(), PATH_SHOWN)),
    );
}

/// The request that the client sent.
pub fn origin<'r>(request: &Request<'r>) -> Request<'r> {
    let mut origin = *request;
    while let Some(before) = origin.main().or_else(|| origin.previous()) {
        origin = before;
    }
    origin
}

/// Whether the log has not yet given this reason for the client's request.
fn is_first(client_request: &Request<'_>, reason: Reason, level: Level) -> bool {
    if level == Level::Debug {
        return true;
    }
    let state = match client_request.state::<Mtlsprotect>() {
        Some(state) => state,
        None => client_request.set_state::<Mtlsprotect>(RequestState::unjudged()),
    };
    let bit = 1 << reason as u32;
    let first = state.logged.get() & bit == 0;
    state.logged.set(state.logged.get() | bit);
    first
}
