//! Decides what is to become of a request, and tells everybody.

use crate::certificate::sender::Proof;
use crate::httpd::Request;
use crate::module::Mtlsprotect;
use crate::request::reading::{OfQuery, Reading, left_of};
use crate::request::record::Record;
use crate::request::state::{Gate, RequestState, Search, Subject};
use crate::request::told::Told;
use crate::request::when_asked::WhenAsked;
use crate::request::{environment, error_page, log_line, named_by, notes, password};
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::{
    Asked, Mode, Policy, Proven, Reason, User, Verdict, decide_at_once, decide_in_order, learn_lets_pass, reads,
    searched_as,
};
use mtlsprotect_core::names::{Left, Names, Searched};
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::vendors::Member;
use std::cell::{Cell, OnceCell};
use std::net::{IpAddr, Ipv4Addr};

/// No address, and no time.
const NOWHERE: (IpAddr, UnixTime) = (IpAddr::V4(Ipv4Addr::UNSPECIFIED), UnixTime::EPOCH);

/// A list of devices may be overwritten so many times while one request is judged. The parent writes one in ten seconds.
const TRIES: usize = 3;

/// Decides without regard to an earlier gate, and tells everybody.
///
/// # Errors
/// What went wrong.
pub fn anew<'r>(
    request: &Request<'r>,
    proof: &Proof<'_>,
    gate: Gate,
    told: Told<'r>,
) -> Result<&'r RequestState, &'static str> {
    for _ in 0..TRIES {
        if let Some(state) = by_one_list(request, proof, gate, told) {
            return Ok(state);
        }
    }
    Err("the list of devices was overwritten each time that the request was judged")
}

/// Decides by one list of devices from beginning to end, and tells everybody; `None` where it was overwritten meanwhile, of
/// which nobody is told.
fn by_one_list<'r>(request: &Request<'r>, proof: &Proof<'_>, gate: Gate, told: Told<'r>) -> Option<&'r RequestState> {
    let dir = request.dir_config::<Mtlsprotect>();
    let host = request.server().config::<Mtlsprotect>();
    let found = dir.policy(host);
    let Some((policy, lists)) = &found else { return None };
    let expressions = dir.directives.named_by;
    let held = request.state::<Mtlsprotect>().filter(|state| state.is_still(request));
    let snapshot = held.and_then(RequestState::snapshot).unwrap_or_else(|| request.snapshot());
    let left = Cell::new(left_of(request));
    let reading = |sender, query| {
        let (snapshot, left) = (&snapshot, left.get());
        Reading { request, snapshot, policy, expressions, sender, query, left }
    };
    let sender = searched_as(policy, proof.sender, snapshot.method(), || {
        let names = reading(None, None).names();
        left.set(names.left());
        names
    });
    let query = (!snapshot.args().is_empty())
        .then(|| OfQuery { sender, names: Cell::new(earlier_of_query(request, snapshot.args(), policy, sender)) });
    let reading = reading(sender, query.as_ref());
    let names = held.and_then(|state| state.names_for(policy, sender)).unwrap_or_else(|| reading.names());
    let proven = lists.learned().map(|list| WhenAsked::new(host, list, proof));
    let proven = proven.as_ref().map(|known| known as &dyn Proven);
    let told = told.or_as_subrequest(request);
    let user = if policy.passwords.is_some() { password::user(request) } else { User::NoDevice };
    let mut record = decided(&reading, &names, told, proof, proven, user);
    let mut waits = false;
    if record.is_refusal() {
        if password::is_awaited(request, &record) && password::is_asked_at(gate) {
            if !lists.are_whole() {
                return None;
            }
            password::ask(request);
            record = decided_again(&reading, &names, told, proof, proven, password::user(request));
        }
        waits = may_still_pass(request, &record, policy, gate);
    }
    let mut is_error_page = false;
    if error_page::is_one(request) {
        (record, waits) = for_error_page(request, record, waits, gate);
        is_error_page = reading.is_nobodys_page();
    }
    if !lists.are_whole() {
        return None;
    }
    if !waits {
        log_line::log(request, &record, proof);
        notes::set(request, &record, proof);
    }
    environment::set(request, &record);
    let subject = (!waits).then(|| Subject::of(request, snapshot, proof));
    let left = names.left();
    if expressions.is_some() {
        // What they name may change without a change of the request.
        let state = RequestState { waits, left, ..RequestState::new(subject, record, is_error_page) };
        return Some(state.replace(request));
    }
    let state = RequestState::replaced(request, || {
        let names = Some((Search::of(policy, sender), names));
        RequestState { waits, left, names, ..RequestState::new(subject, record, is_error_page) }
    });
    if let Some(query) = query {
        state.of_query.set(query.names.get());
    }
    Some(state)
}

/// What the same query named when it was searched for this request, at an earlier gate, or for one that it continues.
fn earlier_of_query(request: &Request<'_>, args: &[u8], policy: &Policy<'_>, sender: Option<Mac>) -> Option<Names> {
    let known = |request: &Request<'_>| request.state::<Mtlsprotect>()?.of_query_for(args, policy, sender);
    known(request).or_else(|| known(&request.previous()?)).or_else(|| known(&request.main()?))
}

/// The same as [`decided`] for the few requests that are decided twice.
#[cold]
#[inline(never)]
fn decided_again(
    reading: &Reading<'_, '_>,
    names: &Names,
    told: Told<'_>,
    proof: &Proof<'_>,
    proven: Option<&dyn Proven>,
    user: User,
) -> Record {
    decided(reading, names, told, proof, proven, user)
}

/// The decision for a request that names these devices, besides those that its handler tells of.
#[inline(always)]
fn decided(
    reading: &Reading<'_, '_>,
    names: &Names,
    told: Told<'_>,
    proof: &Proof<'_>,
    proven: Option<&dyn Proven>,
    user: User,
) -> Record {
    let record_of = |names: &Names| record_of(reading, names, proof, proven, user);
    let record = match told {
        Told::Nothing => record_of(names),
        told => record_of(&reading.as_told(*names, told)),
    };
    // What is copied or moved, and what is written by that: two judgements. The second changes no refusal but one that Learn
    // lets pass.
    let is_allowed = matches!(record.verdict, Verdict::Allow(_));
    match reading.destination_if(|| is_allowed || record.mode == Mode::Learn) {
        Some(destination) if is_allowed => record_of(&destination),
        // What Learn lets be copied must be let be written, too.
        Some(destination) => Some(record_of(&destination)).filter(Record::is_refusal).unwrap_or(record),
        None => record,
    }
}

/// The decision for a request that names these devices.
fn record_of(
    reading: &Reading<'_, '_>,
    names: &Names,
    proof: &Proof<'_>,
    proven: Option<&dyn Proven>,
    user: User,
) -> Record {
    let &Reading { request, policy, .. } = reading;
    match decide_at_once(policy, reading.snapshot.method(), names, proof.sender) {
        Some(verdict) => Record::new(policy, verdict, mode_of_others(policy), names, proof, request),
        None => record_in_order(reading, names, proof, proven, user),
    }
}

/// The same where the rules have to be tried one after the other.
#[inline(never)]
fn record_in_order(
    reading: &Reading<'_, '_>,
    names: &Names,
    proof: &Proof<'_>,
    proven: Option<&dyn Proven>,
    user: User,
) -> Record {
    let &Reading { request, policy, .. } = reading;
    // Only a device file and passwords look at them.
    let (from, now) = match policy.devices.is_some() || policy.passwords.is_some() {
        true => (whereabouts(request, proof), UnixTime::from_seconds(request.time())),
        false => NOWHERE,
    };
    let asked = Asked { method: reading.snapshot.method(), names, sender: proof.sender, from, now, proven, user };
    let verdict = decide_in_order(policy, &asked);
    let mode = match verdict {
        Verdict::Deny(reason) if mode_of_others(policy) == Mode::On => mode_of_refusal(reading, reason, &asked, proof),
        _ => mode_of_others(policy),
    };
    Record::new(policy, verdict, mode, names, proof, request)
}

/// Where the client is; nowhere if only its balancer's address is known, which must exempt nobody.
fn whereabouts(request: &Request<'_>, proof: &Proof<'_>) -> IpAddr {
    let client = request.client_address();
    if proof.via() == Some(client) { NOWHERE.0 } else { client }
}

/// The mode of what is no refusal, and of all in `Report`.
fn mode_of_others(policy: &Policy<'_>) -> Mode {
    if matches!(policy.mode, Mode::Off | Mode::Report) { policy.mode } else { Mode::On }
}

/// Whether a refusal is carried out (`On`), or by what it passes: not where only watched vendors are concerned, nor in
/// `Learn`, or with vendors that have `mode=learn`, where a device has not proven itself. The looser of the section's mode
/// and that of the only vendor concerned.
#[inline(never)]
fn mode_of_refusal(reading: &Reading<'_, '_>, reason: Reason, asked: &Asked<'_>, proof: &Proof<'_>) -> Mode {
    let policy = reading.policy;
    let vendors = reading.request.server().config::<Mtlsprotect>().trust.map(|list| &list.vendors);
    let in_path = || reading.is_in_what_is_served(asked.names);
    // Looked for once at most, and by few requests.
    let found = OnceCell::new();
    let hidden = || found.get_or_init(|| reading.hidden(asked.names));
    // What is hidden beside a name may be another vendor's.
    let hides_only = |holds: fn(&Member) -> bool| {
        hidden().macs().is_some_and(|macs| vendors.is_some_and(|vendors| vendors.all_are(macs, holds)))
    };
    if vendors.is_some_and(|vendors| vendors.only_watches(reason, asked.method, asked.names, in_path, proof.member))
        && hides_only(Member::is_watched)
    {
        return Mode::Report;
    }
    let learns = policy.mode == Mode::Learn
        || vendors.is_some_and(|vendors| vendors.only_learns(asked.names, proof.member)) && hides_only(Member::learns);
    match learns && learn_lets_pass(policy, asked, reason, &|| hidden().clone()) {
        true => Mode::Learn,
        false => Mode::On,
    }
}

/// Whether a refusal may still be lifted at a later gate, by a password or by a name.
#[cold]
fn may_still_pass(request: &Request<'_>, record: &Record, policy: &Policy<'_>, gate: Gate) -> bool {
    let is_of_nobody = match record.verdict {
        Verdict::Deny(Reason::OtherFile) => true,
        // Who is named could prove to be that by a password.
        Verdict::Deny(
            Reason::NoCertificate
            | Reason::UntrustedCertificate
            | Reason::ExpiredCertificate
            | Reason::NoDeviceIdentity,
        ) => policy.passwords.is_some() && record.named == [None, None],
        _ => false,
    };
    password::is_awaited(request, record) || is_of_nobody && may_still_lift(request, gate)
}

/// Whether a name can still lift a refusal that was decided because nobody is named. A write is
/// never allowed by a name of this kind; and what is allowed is looked at again anyway when a value
/// changes.
fn may_still_lift(request: &Request<'_>, gate: Gate) -> bool {
    gate < Gate::LastFixups && named_by::expressions(request).is_some() && reads(request.method())
}

/// What becomes of a decision for a page that answers for an error, and whether it waits.
fn for_error_page(request: &Request<'_>, mut record: Record, waits: bool, gate: Gate) -> (Record, bool) {
    // A refusal stays a refusal, whatever its error page would be allowed.
    if let Some(refused) = error_page::earlier_judged(request).filter(|state| state.is_refused()) {
        return (refused.record, waits);
    }
    if !matches!(record.verdict, Verdict::Allow(_)) || !error_page::answers_for_unnamed(request) {
        return (record, waits);
    }
    if gate == Gate::Handler && !error_page::is_plain(request.handler()) {
        record.verdict = Verdict::Deny(Reason::OtherFile);
    }
    (record, gate < Gate::Handler)
}

/// For a request that isn't judged itself: what was decided for the one that it continues.
pub fn as_earlier<'r>(request: &Request<'r>, earlier: &RequestState) -> &'r RequestState {
    let snapshot = request.snapshot();
    let dir = request.dir_config::<Mtlsprotect>();
    let is_page = dir.policy(request.server().config::<Mtlsprotect>()).is_some_and(|(policy, _)| {
        let (policy, expressions) = (&policy, dir.directives.named_by);
        let (sender, query, left) = (None, None, Left::ALL);
        Reading { request, snapshot: &snapshot, policy, expressions, sender, query, left }.is_nobodys_page()
    });
    let state = request.set_state::<Mtlsprotect>(RequestState::new(None, earlier.record, is_page));
    if let Ok(proof) = Proof::of(request) {
        notes::set(request, &state.record, &proof);
    }
    state
}
