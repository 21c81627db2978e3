//! The three gates that every request passes: main ones, subrequests and internal redirects.
//!
//! One gate isn't enough: httpd skips the access checker where a subrequest has its parent's
//! sections, and rewrites the query or turns a request into a proxied one after fixups.

use crate::Mtlsprotect;
use crate::connection::{ConnectionState, Proof};
use crate::httpd::{Answer, Request, Snapshot};
use crate::report::{self, Record};
use crate::startup::is_cache_loaded;
use mtlsprotect_core::Mac;
use mtlsprotect_core::names::{Headers, Named, Names, Texts, path_of_url};
use mtlsprotect_core::policy::{Mode, Policy, Sender};
use mtlsprotect_core::verdict::{Asked, Reason, Verdict, decide, reads};
use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr};

/// Where in a request's course it is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// The access checker, after mod_ssl's.
    Access,
    /// Before all other fixups.
    Fixups,
    /// Before all other handlers.
    Handler,
}

/// What was decided for a request, and for which.
pub struct RequestState {
    subject: Option<Subject>,
    /// The devices that it and what it continues name, and for which search.
    names: Option<(Search, Names)>,
    /// What the log and the notes say.
    pub record: Record,
    /// It is an error page that may be served in spite of the verdict, if a plain file answers.
    is_error_page: bool,
    /// The handler's gate has seen it.
    reached_handler: Cell<bool>,
    /// Reasons that the log has given for the client's request, one bit each.
    pub logged: Cell<u32>,
}

/// What the names that are found depend on besides the request.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Search {
    sender: Option<Mac>,
    known: u64,
    /// Where the operator's lists stand: name parameters and patterns.
    lists: [usize; 3],
}

impl Search {
    fn of(policy: &Policy<'_>, sender: Option<Mac>) -> Self {
        let lists = [
            policy.name_parameters.as_ptr().addr(),
            policy.file_patterns.as_ptr().addr(),
            policy.ignore.as_ptr().addr(),
        ];
        Search { sender, known: policy.known.id(), lists }
    }
}

/// The request and the certificate that a decision is about.
#[derive(Clone, Copy)]
struct Subject {
    request: Snapshot,
    certificate: usize,
    generation: u32,
}

impl Subject {
    fn of(request: &Request<'_>, snapshot: Snapshot, proof: &Proof) -> Self {
        Subject { request: snapshot, certificate: proof.certificate_id(), generation: generation(request) }
    }

    /// Whether nothing has changed since. Once this module has judged a handshake of a connection,
    /// it judges them all.
    fn is_surely(&self, request: &Request<'_>) -> bool {
        self.generation > 0 && self.generation == generation(request) && request.is_still(&self.request)
    }
}

fn generation(request: &Request<'_>) -> u32 {
    request.connection().state::<Mtlsprotect>().map_or(0, ConnectionState::generation)
}

impl RequestState {
    fn new(subject: Option<Subject>, record: Record, is_error_page: bool) -> Self {
        RequestState {
            subject,
            names: None,
            record,
            is_error_page,
            reached_handler: Cell::new(false),
            logged: Cell::new(0),
        }
    }

    /// A state for a request that isn't judged itself.
    pub fn unjudged() -> Self {
        RequestState::new(None, Record::NOT_JUDGED, false)
    }

    /// Whether it was decided for this very request and certificate.
    fn is_about(&self, request: &Request<'_>, proof: &Proof) -> bool {
        self.subject
            .as_ref()
            .is_some_and(|subject| subject.certificate == proof.certificate_id() && request.is_still(&subject.request))
    }

    fn is_judged(&self) -> bool {
        self.record.verdict != Verdict::NotJudged
    }

    /// Whether the request was refused, and not only reported.
    fn is_refused(&self) -> bool {
        matches!(self.record.verdict, Verdict::Deny(_)) && self.record.mode == Mode::On
    }
}

/// Judges a request at one of the gates, or repeats what was decided at an earlier one.
pub fn judge(request: &Request<'_>, gate: Gate) -> Answer {
    let dir = request.dir_config::<Mtlsprotect>();
    if dir.is_broken {
        return failed(request, "its sections could not be merged");
    }
    let held = request.state::<Mtlsprotect>();
    if dir.mode() == Mode::Off {
        return not_judged(request, held, gate);
    }
    keep_out_of_caches(request);
    if let Some(state) = held.filter(|state| state.record.verdict == Verdict::Deny(Reason::InternalError)) {
        return answer(request, state, gate);
    }
    let state = match repeat(request, held, gate) {
        Some(state) => state,
        None => match Proof::of(request) {
            Err(why) => return failed(request, why),
            Ok(proof) => match held.filter(|state| state.is_about(request, &proof)) {
                Some(state) => state,
                None => decide_anew(request, &policy_of(request), &proof),
            },
        },
    };
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
fn answer(request: &Request<'_>, state: &RequestState, gate: Gate) -> Answer {
    let Verdict::Deny(reason) = state.record.verdict else { return Answer::Declined };
    if state.record.mode == Mode::Report {
        return Answer::Declined;
    }
    if state.is_error_page && (gate != Gate::Handler || is_plain(request.handler())) {
        return Answer::Declined;
    }
    match reason {
        Reason::InternalError => Answer::Status(500),
        // With ShowForbidden mod_autoindex lists what is forbidden, never what is not found.
        _ if is_listed_entry(request) => Answer::Status(404),
        _ => Answer::Status(403),
    }
}

/// Where `MTLSProtect` is Off. What was judged before stays out of caches, and what answers for a
/// refused request must be a plain page here too.
fn not_judged(request: &Request<'_>, held: Option<&RequestState>, gate: Gate) -> Answer {
    if held.is_some_and(RequestState::is_judged) {
        keep_out_of_caches(request);
    }
    let Some(earlier) = earlier_judged(request) else { return Answer::Declined };
    let state = held.unwrap_or_else(|| {
        let is_page = path_names_nobody(request, &request.snapshot(), &policy_of(request));
        let state = request.set_state::<Mtlsprotect>(RequestState::new(None, earlier.record, is_page));
        report::set_notes(request, &state.record);
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

fn decide_anew<'r>(request: &Request<'r>, policy: &Policy<'_>, proof: &Proof) -> &'r RequestState {
    let snapshot = request.snapshot();
    let sender = proof.sender.mac().or_else(|| claimed_writer(request, &snapshot, policy, proof));
    let record = |names: &Names| {
        // Only a device file looks at them.
        let (from, now) = policy.devices.map_or(NOWHERE, |_| (request.client_address(), request.time()));
        let asked = Asked { method: snapshot.method(), names, sender: proof.sender, from, now };
        Record::new(policy, decide(policy, &asked), &asked, proof, request)
    };
    let own = own_names(request, &snapshot, policy, sender);
    let names = all_names(request, &snapshot, own, policy, sender);
    let mut record = match destination_names(request, &snapshot, policy, sender) {
        None => record(&names),
        // What is copied or moved, and what is written by that: two judgements.
        Some(destination) => {
            let source = record(&names);
            if matches!(source.verdict, Verdict::Allow(_)) { record(&destination) } else { source }
        }
    };
    let mut is_error_page = false;
    if answers_for_error(request) {
        // A refusal stays one, whatever its error page would be allowed.
        if let Some(refused) = earlier_judged(request).filter(|state| state.is_refused()) {
            record = refused.record;
        }
        is_error_page = path_names_nobody(request, &snapshot, policy);
    }
    report::log(request, &record, proof);
    report::set_notes(request, &record);
    report::set_environment(request, &record);
    let mut state = RequestState::new(Some(Subject::of(request, snapshot, proof)), record, is_error_page);
    // Short texts are searched again as fast.
    if snapshot.uri().len() + snapshot.args().len() >= WORTH_KEEPING {
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
    let own = own_names(request, snapshot, policy, None);
    all_names(request, snapshot, own, policy, None).only()
}

/// A new state for the request, which still knows what the log has said of it.
fn replace_state<'r>(request: &Request<'r>, state: RequestState) -> &'r RequestState {
    state.logged.set(request.state::<Mtlsprotect>().map_or(0, |held| held.logged.get()));
    request.set_state::<Mtlsprotect>(state)
}

/// The names in the request's own texts and headers.
fn own_names(request: &Request<'_>, snapshot: &Snapshot, policy: &Policy<'_>, sender: Option<Mac>) -> Names {
    let names = Names::of(&texts(request, snapshot), policy, sender, !reads(snapshot.method()));
    names.and(&header_names(request, policy, sender))
}

/// The names in the headers. Phones send the same ones again, and each gate sees them.
fn header_names(request: &Request<'_>, policy: &Policy<'_>, sender: Option<Mac>) -> Names {
    let headers = Headers {
        host: request.host_name(),
        user_agent: request.header(c"User-Agent"),
        cookie: request.header(c"Cookie"),
    };
    let Some(connection) = request.connection().state::<Mtlsprotect>() else {
        return Names::of_headers(&headers, policy, sender);
    };
    let context = (sender, policy.known.id(), policy.name_parameters.as_ptr().addr());
    connection.names_in_headers(&headers, context, || Names::of_headers(&headers, policy, sender))
}

fn texts<'s>(request: &Request<'s>, snapshot: &'s Snapshot) -> Texts<'s> {
    Texts {
        sent: request.unparsed_uri(),
        uri: snapshot.uri(),
        args: snapshot.args(),
        filename: served_path(request, snapshot.filename()),
        path_info: snapshot.path_info(),
    }
}

/// The request's own names and those of what it continues: all that it was redirected from, and,
/// where it names nobody itself, the request that it is a part of.
fn all_names(
    request: &Request<'_>,
    snapshot: &Snapshot,
    own: Names,
    policy: &Policy<'_>,
    sender: Option<Mac>,
) -> Names {
    let with = |names: Names, other: Request<'_>| {
        if let Some(searched) = searched(&other, policy, sender) {
            return names.and(&searched);
        }
        let snapshot = other.snapshot();
        let own = own_names(&other, &snapshot, policy, sender);
        names.and(&all_names(&other, &snapshot, own, policy, sender))
    };
    let names = request.previous().map_or(own, |previous| with(own, previous));
    match request.main() {
        Some(main) if reads(snapshot.method()) && names.named() == Named::Nobody => with(names, main),
        _ => names,
    }
}

/// What was found when a request was judged, where the same search would be made again.
fn searched(request: &Request<'_>, policy: &Policy<'_>, sender: Option<Mac>) -> Option<Names> {
    let state = request.state::<Mtlsprotect>()?;
    let (_, names) = state.names.filter(|(search, _)| *search == Search::of(policy, sender))?;
    state.subject.is_some_and(|subject| request.is_still(&subject.request)).then_some(names)
}

/// The names of what COPY and MOVE write.
fn destination_names(
    request: &Request<'_>,
    snapshot: &Snapshot,
    policy: &Policy<'_>,
    sender: Option<Mac>,
) -> Option<Names> {
    let copies = matches!(snapshot.method(), b"COPY" | b"MOVE");
    copies.then(|| Names::of_destination(request.header(c"Destination"), policy, sender))
}

/// The file below DocumentRoot, or the path and query of a proxied request.
fn served_path<'s>(request: &Request<'_>, filename: &'s [u8]) -> &'s [u8] {
    if let Some(url) = filename.strip_prefix(b"proxy:") {
        // Of unix:/socket|http://host/path only the URL is asked for.
        let url = url.iter().position(|&byte| byte == b'|').map_or(url, |bar| &url[bar + 1..]);
        return path_of_url(url);
    }
    match filename.strip_prefix(request.server().document_root()) {
        Some(below) if below.starts_with(b"/") || below.is_empty() => below,
        _ => filename,
    }
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

/// Whether a page's own URI and file name nobody; the client's headers are still those of the
/// request that it answers for.
fn path_names_nobody(request: &Request<'_>, snapshot: &Snapshot, policy: &Policy<'_>) -> bool {
    let names = Names::of(&texts(request, snapshot), policy, None, false);
    names.named() == Named::Nobody && !names.is_malformed()
}

/// The devices that the file and the path info name, whatever else the request names. The query of
/// a proxied request is not what is served.
pub fn served_names(request: &Request<'_>, policy: &Policy<'_>) -> Named {
    let snapshot = request.snapshot();
    let filename = served_path(request, snapshot.filename()).split(|&byte| byte == b'?').next().unwrap_or_default();
    let texts = Texts { filename, path_info: snapshot.path_info(), ..Texts::default() };
    Names::of(&texts, policy, None, false).named()
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

/// Shared caches would hand one phone's file to another. A subrequest's answer is part of its
/// main request's.
fn keep_out_of_caches(request: &Request<'_>) {
    if !is_cache_loaded() {
        return;
    }
    let mut part = Some(*request);
    while let Some(request) = part {
        request.set_no_cache();
        part = request.main();
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
    report::set_notes(request, &record);
    report::set_environment(request, &record);
    let state = replace_state(request, RequestState::new(None, record, false));
    answer(request, state, Gate::Access)
}
