//! The three gates that every request passes: main ones, subrequests and internal redirects.
//!
//! One gate isn't enough: httpd skips the access checker where a subrequest has its parent's
//! sections, and rewrites the query or turns a request into a proxied one after fixups. Where
//! `MTLSProtectNamedBy` counts there is a fourth, for the variables that fixups set.

use crate::certificate::connection;
use crate::certificate::sender::Proof;
use crate::httpd::{Answer, Request};
use crate::module::Mtlsprotect;
use crate::request::record::Record;
use crate::request::state::{Gate, RequestState};
use crate::request::told::Told;
use crate::request::{
    caches, decide, environment, error_page, log_line, named_by, notes, own_page, password, subrequest,
};
use mtlsprotect_core::decision::{Mode, Reason, Sender, Verdict};

/// Judges a request at one of the gates, or repeats what was decided at an earlier one.
#[inline(always)]
pub fn judge(request: &Request<'_>, gate: Gate) -> Answer {
    if gate == Gate::Access { judge_anew(request, gate, Told::Nothing) } else { judge_again(request, gate) }
}

/// Judges it at a later gate.
#[inline(never)]
fn judge_again(request: &Request<'_>, gate: Gate) -> Answer {
    // No earlier gate could know what the handler tells.
    let told = Told::at(gate, request);
    let state = if told == Told::Nothing { unchanged(request, gate) } else { None };
    let Some(state) = state else { return judge_anew(request, gate, told) };
    caches::keep_out(request);
    decided(request, state, gate)
}

/// What an earlier gate has decided, where nothing has changed since: as most requests come to a later gate.
#[inline(always)]
fn unchanged<'r>(request: &Request<'r>, gate: Gate) -> Option<&'r RequestState> {
    // Nothing has, if the sections are those in which it was judged: then none is broken or Off. Where expressions count
    // nothing is kept, since they may find something else at each gate.
    let state = request.state::<Mtlsprotect>().filter(|state| state.names.is_some());
    repeat(request, state, gate)
}

/// Judges it where something may have changed, or must be asked for.
#[inline(never)]
fn judge_anew<'r>(request: &Request<'r>, gate: Gate, told: Told<'r>) -> Answer {
    let dir = request.dir_config::<Mtlsprotect>();
    if dir.is_broken {
        return failed(request, "its sections could not be merged");
    }
    let mut held = request.state::<Mtlsprotect>();
    // What an earlier gate has judged was no such page.
    let may_be_page = gate != Gate::Handler && held.is_none_or(|state| !state.is_judged());
    if dir.mode() == Mode::Off || may_be_page && own_page::is_one(request) {
        return not_judged(request, held, gate);
    }
    caches::keep_out(request);
    if let Some(state) = held.filter(|state| state.record.verdict == Verdict::Deny(Reason::InternalError)) {
        return answer(request, state, gate);
    }
    held = held.filter(|_| told == Told::Nothing);
    let mut named_by = None;
    if let Some(expressions) = dir.directives.named_by {
        match named_by::values(request, expressions) {
            Ok(values) => {
                held = held.filter(|state| state.named_by.get() == Some(values));
                named_by = Some(values);
            }
            Err(why) => return failed(request, &why),
        }
    }
    // Where no expressions count that was looked at before.
    let state = match named_by.and_then(|_| repeat_by_names(request, held, gate)) {
        Some(state) => state,
        None => match &Proof::of(request) {
            Err(why) => return failed(request, why),
            Ok(proof) => match held.filter(|state| state.is_about(request, proof)) {
                Some(state) => state,
                None => match decide::anew(request, proof, gate, told) {
                    Ok(state) => state,
                    Err(why) => return failed(request, why),
                },
            },
        },
    };
    if named_by.is_some() {
        state.named_by.set(named_by);
        state.is_past_fixups.set(gate >= Gate::LastFixups);
    }
    decided(request, state, gate)
}

/// What a gate does with what is decided.
#[inline]
fn decided(request: &Request<'_>, state: &RequestState, gate: Gate) -> Answer {
    if gate == Gate::Handler {
        environment::set(request, &state.record);
        state.reached_handler.set(true);
    }
    answer(request, state, gate)
}

/// The verdict of an earlier gate where it holds without another look at the certificate.
/// mod_ssl asks for a new one before the access checker's gate only.
#[inline(always)]
fn repeat<'r>(request: &Request<'r>, held: Option<&'r RequestState>, gate: Gate) -> Option<&'r RequestState> {
    let subject = held?.subject.as_ref()?;
    (gate != Gate::Access && subject.is_surely(request)).then_some(held?)
}

/// The same where expressions have named the same devices.
#[cold]
fn repeat_by_names<'r>(request: &Request<'r>, held: Option<&'r RequestState>, gate: Gate) -> Option<&'r RequestState> {
    repeat(request, held, gate)
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
#[inline(never)]
fn refusal(request: &Request<'_>, state: &RequestState, reason: Reason, gate: Gate) -> Answer {
    if !state.record.is_refused() || state.waits {
        return Answer::Declined;
    }
    if state.is_error_page && (gate != Gate::Handler || error_page::is_plain(request.handler())) {
        return Answer::Declined;
    }
    if subrequest::is_translated_path_info(request) {
        request.forget_file();
    }
    match reason {
        Reason::InternalError => Answer::Status(500),
        // With ShowForbidden mod_autoindex lists what is forbidden, never what is not found.
        _ if subrequest::is_listed_entry(request) => Answer::Status(404),
        Reason::Password => Answer::Status(password::status(state).unwrap_or(403)),
        _ => Answer::Status(403),
    }
}

/// Where `MTLSProtect` is Off. What was judged before stays out of caches, and so does what an address is allowed to
/// have (`<If "-R ...">`), inside a section that protects it or where others are judged. What answers for a refused request must be a plain page
/// here too.
fn not_judged(request: &Request<'_>, held: Option<&RequestState>, gate: Gate) -> Answer {
    if gate == Gate::Access {
        connection::settle(&request.connection());
    }
    if held.is_some_and(RequestState::is_judged)
        || request.dir_config::<Mtlsprotect>().is_opened
        || request.server().config::<Mtlsprotect>().is_judged_for_some
    {
        caches::keep_out(request);
    }
    let Some(earlier) = error_page::earlier_judged(request) else { return Answer::Declined };
    caches::keep_out(request);
    let state = held.unwrap_or_else(|| decide::as_earlier(request, earlier));
    if earlier.is_refused() { answer(request, state, gate) } else { Answer::Declined }
}

/// Refuses a request because the module failed, where requests are judged at all.
pub fn failed(request: &Request<'_>, why: &str) -> Answer {
    let mode = request.dir_config::<Mtlsprotect>().mode();
    log_line::log_failure(request, why);
    if mode == Mode::Off {
        return Answer::Declined;
    }
    caches::keep_out(request);
    let proof = Proof::without_certificate(Sender::NoCertificate);
    let record = Record::failure(mode);
    log_line::log(request, &record, &proof);
    notes::set(request, &record, &proof);
    environment::set(request, &record);
    let state = RequestState::new(None, record, false).replace(request);
    answer(request, state, Gate::Access)
}
