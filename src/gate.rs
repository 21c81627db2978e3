//! The three gates that every request passes: main ones, subrequests and internal redirects.
//!
//! One gate isn't enough: httpd skips the access checker where a subrequest has its parent's
//! sections, and rewrites the query or turns a request into a proxied one after fixups. Where
//! `MTLSProtectNamedBy` counts there is a fourth, for the variables that fixups set.

use crate::Mtlsprotect;
use crate::connection::{self, Proof};
use crate::httpd::{Answer, Request, Snapshot};
use crate::named_by;
use crate::notes;
use crate::reading::{Reading, Told};
use crate::report::{self, Record};
use crate::startup::is_cache_loaded;
use crate::state::{Gate, RequestState, Search, Subject};
use mtlsprotect_core::Mac;
use mtlsprotect_core::decode::percent_decode_once;
use mtlsprotect_core::names::Names;
use mtlsprotect_core::policy::{Mode, Policy, Sender};
use mtlsprotect_core::verdict::{Asked, Reason, Verdict, decide, reads};
use std::net::{IpAddr, Ipv4Addr};

/// Judges a request at one of the gates, or repeats what was decided at an earlier one.
pub fn judge(request: &Request<'_>, gate: Gate) -> Answer {
    let dir = request.dir_config::<Mtlsprotect>();
    if dir.is_broken {
        return failed(request, "its sections could not be merged");
    }
    let mut held = request.state::<Mtlsprotect>();
    if dir.mode() == Mode::Off {
        return not_judged(request, held, gate);
    }
    keep_out_of_caches(request);
    if let Some(state) = held.filter(|state| state.record.verdict == Verdict::Deny(Reason::InternalError)) {
        return answer(request, state, gate);
    }
    // What the handler tells no earlier gate could know.
    held = held.filter(|_| gate != Gate::Handler || Told::by_handler(request) == Told::Nothing);
    let mut named_by = None;
    if let Some(expressions) = dir.named_by {
        match named_by::values(request, expressions) {
            Ok(values) => {
                held = held.filter(|state| state.named_by.get() == Some(values));
                named_by = Some(values);
            }
            Err(why) => return failed(request, &why),
        }
    }
    let state = match repeat(request, held, gate) {
        Some(state) => state,
        None => match Proof::of(request) {
            Err(why) => return failed(request, why),
            Ok(proof) => match held.filter(|state| state.is_about(request, &proof)) {
                Some(state) => state,
                None => decide_anew(request, &policy_of(request), &proof, gate),
            },
        },
    };
    if named_by.is_some() {
        state.named_by.set(named_by);
        state.is_past_fixups.set(gate >= Gate::LastFixups);
    }
    if gate == Gate::Handler {
        report::set_environment(request, &state.record);
        state.reached_handler.set(true);
    }
    answer(request, state, gate)
}

/// The verdict of an earlier gate where it holds without another look at the certificate.
/// mod_ssl asks for a new one before the access checker's gate only.
fn repeat<'r>(request: &Request<'r>, held: Option<&'r RequestState>, gate: Gate) -> Option<&'r RequestState> {
    let subject = held?.subject.as_ref()?;
    (gate != Gate::Access && subject.is_surely(request)).then_some(held?)
}

/// What httpd is told: the verdict, or what stands in for it.
#[inline]
fn answer(request: &Request<'_>, state: &RequestState, gate: Gate) -> Answer {
    match state.record.verdict {
        Verdict::Deny(reason) => refusal(request, state, reason, gate),
        _ => Answer::Declined,
    }
}

/// What httpd is told where the verdict is a refusal.
fn refusal(request: &Request<'_>, state: &RequestState, reason: Reason, gate: Gate) -> Answer {
    if state.record.mode == Mode::Report || state.waits {
        return Answer::Declined;
    }
    if state.is_error_page && (gate != Gate::Handler || is_plain(request.handler())) {
        return Answer::Declined;
    }
    if is_translated_path_info(request) {
        request.forget_file();
    }
    match reason {
        Reason::InternalError => Answer::Status(500),
        // With ShowForbidden mod_autoindex lists what is forbidden, never what is not found.
        _ if is_listed_entry(request) => Answer::Status(404),
        _ => Answer::Status(403),
    }
}

/// Where `MTLSProtect` is Off. What was judged before stays out of caches, as does what an address is
/// let have (`<If "-R ...">`) where a section further out protects it. What answers for a refused request must be a
/// plain page here too.
fn not_judged(request: &Request<'_>, held: Option<&RequestState>, gate: Gate) -> Answer {
    if gate == Gate::Access {
        connection::settle(&request.connection());
    }
    if held.is_some_and(RequestState::is_judged) || request.dir_config::<Mtlsprotect>().is_opened {
        keep_out_of_caches(request);
    }
    let Some(earlier) = earlier_judged(request) else { return Answer::Declined };
    keep_out_of_caches(request);
    let state = held.unwrap_or_else(|| {
        let (snapshot, policy) = (request.snapshot(), policy_of(request));
        let is_page = Reading { request, snapshot: &snapshot, policy: &policy, sender: None }.is_nobodys_page();
        let state = request.set_state::<Mtlsprotect>(RequestState::new(None, earlier.record, is_page));
        if let Ok(proof) = Proof::of(request) {
            notes::set(request, &state.record, &proof);
        }
        state
    });
    if earlier.is_refused() { answer(request, state, gate) } else { Answer::Declined }
}

/// Bytes of path and query from which on what they name is kept for requests that continue this one.
const WORTH_KEEPING: usize = 64;

/// No address, at no time.
const NOWHERE: (IpAddr, i64) = (IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// What counts for the request, of its sections and its virtual host.
fn policy_of<'r>(request: &Request<'r>) -> Policy<'r> {
    request.dir_config::<Mtlsprotect>().policy(request.server().config::<Mtlsprotect>())
}

fn decide_anew<'r>(request: &Request<'r>, policy: &Policy<'_>, proof: &Proof, gate: Gate) -> &'r RequestState {
    let snapshot = request.snapshot();
    let told = Told::at(gate, request);
    let sender = proof.sender.mac().or_else(|| claimed_writer(request, &snapshot, policy, proof));
    let record_of = |names: &Names| {
        // Only a device file looks at them.
        let (from, now) = policy.devices.map_or(NOWHERE, |_| (request.client_address(), request.time()));
        let asked = Asked { method: snapshot.method(), names, sender: proof.sender, from, now };
        Record::new(policy, decide(policy, &asked), &asked, proof, request)
    };
    let reading = Reading { request, snapshot: &snapshot, policy, sender };
    let names = reading.names();
    let mut record = record_of(&reading.as_told(names, told));
    if let Some(destination) = reading.destination() {
        // What is copied or moved, and what is written by that: two judgements.
        if matches!(record.verdict, Verdict::Allow(_)) {
            record = record_of(&destination);
        }
    }
    let mut waits = record.verdict == Verdict::Deny(Reason::OtherFile) && named_by::may_still_lift(request, gate);
    let mut is_error_page = false;
    if answers_for_error(request) {
        // A refusal stays one, whatever its error page would be allowed.
        if let Some(refused) = earlier_judged(request).filter(|state| state.is_refused()) {
            record = refused.record;
        } else if matches!(record.verdict, Verdict::Allow(_)) && named_by::answers_for_unnamed(request) {
            waits = gate < Gate::Handler;
            if gate == Gate::Handler && !is_plain(request.handler()) {
                record.verdict = Verdict::Deny(Reason::OtherFile);
            }
        }
        is_error_page = reading.is_nobodys_page();
    }
    if !waits {
        report::log(request, &record, proof);
        notes::set(request, &record, proof);
    }
    report::set_environment(request, &record);
    let subject = (!waits).then(|| Subject::of(request, snapshot, proof));
    let mut state = RequestState { waits, ..RequestState::new(subject, record, is_error_page) };
    // What expressions name may change without a change of the request. Short texts are searched again as fast.
    if snapshot.uri().len() + snapshot.args().len() >= WORTH_KEEPING && named_by::expressions(request).is_none() {
        state.names = Some((Search::of(policy, sender), names));
    }
    replace_state(request, state)
}

/// The one device that a write names, where its sender proves no address of its own: a device that
/// the device file exempts, or any of a vendor's. It writes as that device or not at all.
fn claimed_writer(request: &Request<'_>, snapshot: &Snapshot, policy: &Policy<'_>, proof: &Proof) -> Option<Mac> {
    let may_claim = matches!(proof.sender, Sender::AnyOf(_)) || policy.devices.is_some();
    if !may_claim || reads(snapshot.method()) {
        return None;
    }
    Reading { request, snapshot, policy, sender: None }.names().only()
}

/// A new state for the request, which still knows what the log has said of it.
fn replace_state<'r>(request: &Request<'r>, state: RequestState) -> &'r RequestState {
    state.logged.set(request.state::<Mtlsprotect>().map_or(0, |held| held.logged.get()));
    request.set_state::<Mtlsprotect>(state)
}

/// Whether the request is the error page of another, or a part of one.
fn answers_for_error(request: &Request<'_>) -> bool {
    let mut previous = request.previous();
    while let Some(earlier) = previous {
        if earlier.status() >= 400 {
            return true;
        }
        previous = earlier.previous();
    }
    request.main().is_some_and(|main| answers_for_error(&main))
}

/// The nearest request before this one that was judged, of those it was redirected from or is a
/// part of.
fn earlier_judged<'r>(request: &Request<'r>) -> Option<&'r RequestState> {
    let mut earlier = request.previous().or_else(|| request.main());
    while let Some(before) = earlier {
        if let Some(state) = before.state::<Mtlsprotect>().filter(|state| state.is_judged()) {
            return Some(state);
        }
        earlier = before.previous().or_else(|| before.main());
    }
    None
}

/// Whether a handler serves a file as it is, or one of its variants, or with its includes, which
/// are judged by themselves. Without a handler of its own a file's is its media type.
fn is_plain(handler: &[u8]) -> bool {
    const PLAIN: [&[u8]; 9] = [
        b"default-handler",
        b"type-map",
        b"text/html",
        b"text/plain",
        b"text/css",
        b"text/xml",
        b"application/xml",
        b"application/json",
        b"application/xhtml+xml",
    ];
    const SERVER_SIDE_INCLUDES: [&[u8]; 2] = [b"text/x-server-parsed-html", b"server-parsed"];
    PLAIN.contains(&handler) || SERVER_SIDE_INCLUDES.contains(&handler) || handler.starts_with(b"image/")
}

/// Whether a subrequest asks about an entry of a directory that is being listed.
fn is_listed_entry(request: &Request<'_>) -> bool {
    request.main().is_some_and(|main| {
        main.handler() == b"httpd/unix-directory"
            && main.state::<Mtlsprotect>().is_some_and(|state| state.reached_handler.get())
    })
}

/// Whether a subrequest asks where its main request's path info leads. Scripts are told the file
/// (PATH_TRANSLATED) even where the subrequest is refused.
fn is_translated_path_info(request: &Request<'_>) -> bool {
    request.main().is_some_and(|main| {
        let path_info = main.path_info();
        !path_info.is_empty() && percent_decode_once(request.unparsed_uri()) == path_info
    })
}

/// Shared caches would hand one phone's file to another. mod_cache asks for this variable when an
/// answer begins; unlike `no_cache` of the request it changes nothing of the answer.
fn keep_out_of_caches(request: &Request<'_>) {
    if !is_cache_loaded() {
        return;
    }
    let say = |request: &Request<'_>| {
        if let Some(mut environment) = request.environment() {
            environment.set(c"no-cache", c"1".into());
        }
    };
    say(request);
    // A subrequest's answer is part of its main request's, which may have begun.
    let mut whole = request.main();
    while let Some(main) = whole {
        say(&main);
        if !main.state::<Mtlsprotect>().is_some_and(RequestState::is_judged) {
            main.set_no_cache();
        }
        whole = main.main();
    }
}

/// Refuses a request because the module failed, where requests are judged at all.
pub fn failed(request: &Request<'_>, why: &str) -> Answer {
    let mode = request.dir_config::<Mtlsprotect>().mode();
    if mode == Mode::Off {
        report::log_failure(request, why);
        return Answer::Declined;
    }
    keep_out_of_caches(request);
    let proof = Proof::without_certificate(Sender::NoCertificate);
    let record = Record::failure(mode);
    report::log_failure(request, why);
    report::log(request, &record, &proof);
    notes::set(request, &record, &proof);
    report::set_environment(request, &record);
    let state = replace_state(request, RequestState::new(None, record, false));
    answer(request, state, Gate::Access)
}
