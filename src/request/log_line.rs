//! The line of the error log.

use crate::certificate::sender::Proof;
use crate::httpd::log::{self, Level};
use crate::httpd::{PoolStr, Request};
use crate::message::Number;
use crate::module::Mtlsprotect;
use crate::request::password;
use crate::request::record::Record;
use crate::request::state::RequestState;
use mtlsprotect_core::decision::{Mode, Reason, Verdict};
use mtlsprotect_core::escape::{append_text, append_uri, quoted};
use mtlsprotect_core::trust::{Description, NAME_SHOWN};
use std::borrow::Cow;

/// Bytes shown of a method.
const METHOD_SHOWN: usize = 32;
/// Of a path.
pub const PATH_SHOWN: usize = 512;
/// Of a User-Agent.
pub const AGENT_SHOWN: usize = 256;

/// One line per client request and reason: refusals as warnings, the rest at debug.
#[inline]
pub fn log(request: &Request<'_>, record: &Record, proof: &Proof<'_>) {
    let Some(reason) = record.reason() else { return };
    let level = match record.verdict {
        // httpd asks about part of a response (an entry of a listing) and leaves it out if it is refused.
        // A phone that is asked for its password sends it, and that is how each of its requests begins.
        Verdict::Deny(_) if request.main().is_none() && !password::is_challenge(request, record) => Level::Warning,
        _ => Level::Debug,
    };
    if log::is_enabled::<Mtlsprotect>(request, level) {
        log_enabled(request, record, proof, reason, level);
    }
}

#[inline(never)]
fn log_enabled(request: &Request<'_>, record: &Record, proof: &Proof<'_>, reason: Reason, level: Level) {
    let client_request = request.origin();
    if !is_first(&client_request, record, reason, level) {
        return;
    }
    log::request::<Mtlsprotect>(request, level, line(request, &client_request, record, reason, proof));
}

/// The line: the fields in their order, with a dash for an absent one. Nothing that a client wrote can end a field, a
/// line or a string of JSON around it.
fn line(
    request: &Request<'_>,
    client_request: &Request<'_>,
    record: &Record,
    reason: Reason,
    proof: &Proof<'_>,
) -> Vec<u8> {
    let what = match record.is_refusal() {
        true if record.is_refused() => ": mtlsprotect: denied",
        true => ": mtlsprotect: would-deny",
        false => ": mtlsprotect: allowed",
    };
    let mut line = Vec::with_capacity(1024);
    line.extend(Number::of(reason).as_text());
    line.extend_from_slice(what.as_bytes());
    append_proven(&mut line, request, record, reason, proof);
    line.extend_from_slice(b" method=");
    append_text(&mut line, request.method(), METHOD_SHOWN);
    line.extend_from_slice(b" path='");
    append_uri(&mut line, client_request.unparsed_uri(), PATH_SHOWN);
    line.extend_from_slice(b"' host='");
    append_text(&mut line, request.server().name(), NAME_SHOWN);
    line.extend_from_slice(b"' ua='");
    let agent = client_request.header(c"User-Agent");
    append_text(&mut line, if agent.is_empty() { b"-" } else { agent }, AGENT_SHOWN);
    line.push(b'\'');
    if record.mode == Mode::Learn {
        line.extend_from_slice(b" mode=learn");
    }
    if let Some(why) = why(request, record, proof) {
        line.extend_from_slice(b" why='");
        append_text(&mut line, why.as_bytes(), NAME_SHOWN);
        line.push(b'\'');
    }
    line
}

/// Why a certificate is not trusted, and why no password helped.
pub fn why<'p>(request: &Request<'_>, record: &Record, proof: &'p Proof<'_>) -> Option<Cow<'p, str>> {
    let distrust = proof.distrust.as_ref().map(|distrust| Cow::Borrowed(distrust.why.as_str()));
    match password::why(request).filter(|_| record.is_refusal()) {
        None => distrust,
        Some(why) => Some(Cow::Owned(distrust.map_or(why.clone(), |distrust| format!("{distrust}; {why}")))),
    }
}

/// The fields from the reason to the certificate.
fn append_proven(line: &mut Vec<u8>, request: &Request<'_>, record: &Record, reason: Reason, proof: &Proof<'_>) {
    let certificate = proof.description(request);
    let of_certificate = |field: fn(&Description) -> &String| certificate.map_or("-", |described| field(described));
    let field = |line: &mut Vec<u8>, key: &str, append: &dyn Fn(&mut Vec<u8>)| {
        line.extend_from_slice(key.as_bytes());
        let start = line.len();
        append(line);
        if line.len() == start {
            line.push(b'-');
        }
    };
    let digits = record.sender.map(|(mac, _)| mac.digits());
    let vendor = record.vendor.as_ref().map_or(&b""[..], PoolStr::as_bytes);
    field(line, " reason=", &|line| line.extend_from_slice(reason.as_str().as_bytes()));
    if let Some(via) = proof.via() {
        line.extend_from_slice(format!(" via={via} client=").as_bytes());
        // Where mod_remoteip has not resolved it, it is the balancer's: nobody must ban that.
        match request.client_address() {
            client if client == via => line.extend_from_slice(b"unknown"),
            client => line.extend_from_slice(client.to_string().as_bytes()),
        }
    }
    field(line, " cert-mac=", &|line| line.extend_from_slice(digits.as_ref().map_or(&[], |digits| digits)));
    field(line, " named=", &|line| record.append_named(line));
    field(line, " found-in=", &|line| record.append_found_in(line));
    field(line, " vendor=", &|line| line.extend_from_slice(vendor));
    for (key, text) in [
        (" subject='", of_certificate(|described| &described.subject)),
        ("' issuer='", of_certificate(|described| &described.issuer)),
        ("' serial=", of_certificate(|described| &described.serial)),
        (" sha256=", of_certificate(|described| &described.sha256)),
    ] {
        line.extend_from_slice(key.as_bytes());
        line.extend_from_slice(text.as_bytes());
    }
}

/// What went wrong inside the module.
pub fn log_failure(request: &Request<'_>, why: &str) {
    log::request::<Mtlsprotect>(
        request,
        Level::Error,
        format!("{}: mtlsprotect: internal error: {}", Number::InternalError, quoted(why.as_bytes(), PATH_SHOWN)),
    );
}

/// Whether the log has not yet given this reason for the client's request, as one for which it passes or is refused: what
/// Learn lets pass at one gate it may refuse at the next, when more is named.
fn is_first(client_request: &Request<'_>, record: &Record, reason: Reason, level: Level) -> bool {
    if level == Level::Debug {
        return true;
    }
    let state = match client_request.state::<Mtlsprotect>() {
        Some(state) => state,
        None => client_request.set_state::<Mtlsprotect>(RequestState::unjudged()),
    };
    const { assert!(Reason::ALL.len() <= u32::BITS as usize) };
    let bit = 1 << (reason as u32 + if record.is_refused() { u32::BITS } else { 0 });
    let first = state.logged.get() & bit == 0;
    state.logged.set(state.logged.get() | bit);
    first
}
