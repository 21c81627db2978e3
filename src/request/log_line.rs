//! The line of the error log.

use crate::certificate::sender::Proof;
use crate::httpd::Request;
use crate::httpd::log::{self, Level};
use crate::message::Number;
use crate::module::Mtlsprotect;
use crate::request::record::Record;
use crate::request::state::RequestState;
use mtlsprotect_core::decision::{Mode, Reason, Verdict};
use mtlsprotect_core::escape::{append_text, append_uri, quoted};
use mtlsprotect_core::trust::{ClientCertificate, Description, NAME_SHOWN};

/// Bytes shown of a method.
const METHOD_SHOWN: usize = 32;
/// Of a path.
pub const PATH_SHOWN: usize = 512;
/// Of a User-Agent.
pub const AGENT_SHOWN: usize = 256;

/// One line per client request and reason: refusals as warnings, the rest at debug.
pub fn log(request: &Request<'_>, record: &Record, proof: &Proof<'_>) {
    let Some(reason) = record.reason() else { return };
    let level = match record.verdict {
        // httpd asks about part of a response (an entry of a listing) and leaves it out if it is refused.
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

/// The line: the fields in their order, with a dash for an absent one. Nothing that a client wrote can end a field, a
/// line or a string of JSON around it.
fn line(
    request: &Request<'_>,
    client_request: &Request<'_>,
    record: &Record,
    reason: Reason,
    proof: &Proof<'_>,
) -> String {
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
