//! The three gates that every request passes: main ones, subrequests and internal redirects.
//!
//! One gate isn't enough: httpd skips the access checker where a subrequest has its parent's
//! sections, and rewrites the query or turns a request into a proxied one after fixups. Where
//! `MTLSProtectNamedBy` counts there is a fourth, for the variables that fixups set.

use crate::Mtlsprotect;
use crate::connection::{self, ConnectionState, Proof};
use crate::httpd::{Answer, Request, Snapshot};
use crate::named_by::{self, Values};
use crate::report::{self, Record};
use crate::startup::is_cache_loaded;
use mtlsprotect_core::Mac;
use mtlsprotect_core::decode::percent_decode_once;
use mtlsprotect_core::names::{Headers, Named, Names, Texts};
use mtlsprotect_core::policy::{Mode, Policy, Sender};
use mtlsprotect_core::served::{path_of_served, served};
use mtlsprotect_core::verdict::{Asked, Reason, Verdict, decide, reads};
use std::borrow::Cow;
use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr};

/// Where in a request's course it is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gate {
    /// The access checker, after mod_ssl's.
    Access,
    /// Before all other fixups.
    Fixups,
    /// After all other fixups, where `MTLSProtectNamedBy` counts.
    LastFixups,
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
    /// What `MTLSProtectNamedBy` made of the request.
    named_by: Cell<Option<Values>>,
    /// It is decided anew at the next gate, and until then a refusal is not carried out.
    waits: bool,
    /// The gate after all fixups has seen it.
    is_past_fixups: Cell<bool>,
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
            named_by: Cell::new(None),
            waits: false,
            is_past_fixups: Cell::new(false),
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

    /// Whether the request got as far as the gates after all fixups.
    pub fn is_past_fixups(&self) -> bool {
        self.is_past_fixups.get() || self.reached_handler.get()
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

/// What the handler that will answer says of a request beyond its texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told<'r> {
    Nothing,
    /// mod_dav writes the file itself. It says so in its fixups, after ours.
    WritesFile,
    /// `SetHandler proxy:URL`: the file's path is appended to this one.
    SentOnTo(&'r [u8]),
}

impl<'r> Told<'r> {
    #[inline]
    fn by_handler(request: &Request<'r>) -> Self {
        match request.handler_initial() {
            b'd' | b'p' => Told::by_name(request),
            _ => Told::Nothing,
        }
    }

    fn by_name(request: &Request<'r>) -> Self {
        match request.handler() {
            b"dav-handler" if !reads(request.method()) => Told::WritesFile,
            handler if handler.starts_with(b"proxy:") => Told::SentOnTo(handler),
            _ => Told::Nothing,
        }
    }

    /// At this gate. What a subrequest of mod_dav's writes (COPY's and MOVE's Destination, what MERGE
    /// and BIND name) reaches no handler.
    fn at(gate: Gate, request: &Request<'r>) -> Self {
        if request.main().is_some() && !reads(request.method()) {
            return Told::WritesFile;
        }
        if gate == Gate::Handler { Told::by_handler(request) } else { Told::Nothing }
    }
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

/// Where `MTLSProtect` is Off. What was judged before stays out of caches, and what answers for a
/// refused request must be a plain page here too.
fn not_judged(request: &Request<'_>, held: Option<&RequestState>, gate: Gate) -> Answer {
    if gate == Gate::Access {
        connection::settle(&request.connection());
    }
    if held.is_some_and(RequestState::is_judged) {
        keep_out_of_caches(request);
    }
    let Some(earlier) = earlier_judged(request) else { return Answer::Declined };
    keep_out_of_caches(request);
    let state = held.unwrap_or_else(|| {
        let is_page = path_names_nobody(request, &request.snapshot(), &policy_of(request));
        let state = request.set_state::<Mtlsprotect>(RequestState::new(None, earlier.record, is_page));
        report::set_notes(request, &state.record);
        state
    });
    if earlier.is_refused() { answer(request, state, gate) } else { Answer::Declined }
}

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
    let names = all_names(request, &snapshot, policy, sender);
    let mut record = record_of(&names_as_told(request, &snapshot, policy, sender, told, names));
    if let Some(destination) = destination_names(request, &snapshot, policy, sender) {
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
        is_error_page = path_names_nobody(request, &snapshot, policy);
    }
    if !waits {
        report::log(request, &record, proof);
        report::set_notes(request, &record);
    }
    report::set_environment(request, &record);
    let subject = (!waits).then(|| Subject::of(request, snapshot, proof));
    let mut state = RequestState { waits, ..RequestState::new(subject, record, is_error_page) };
    // What expressions name may change without a change of the request.
    state.names = named_by::expressions(request).is_none().then(|| (Search::of(policy, sender), names));
    replace_state(request, state)
}

/// The one device that a write names, where its sender proves no address of its own: a device that
/// the device file exempts, or any of a vendor's. It writes as that device or not at all.
fn claimed_writer(request: &Request<'_>, snapshot: &Snapshot, policy: &Policy<'_>, proof: &Proof) -> Option<Mac> {
    let may_claim = matches!(proof.sender, Sender::AnyOf(_)) || policy.devices.is_some();
    if !may_claim || reads(snapshot.method()) {
        return None;
    }
    all_names(request, snapshot, policy, None).only()
}

/// All that the request names, and what it names by the handler that will answer.
fn names_as_told(
    request: &Request<'_>,
    snapshot: &Snapshot,
    policy: &Policy<'_>,
    sender: Option<Mac>,
    told: Told<'_>,
    all: Names,
) -> Names {
    match told {
        Told::Nothing => all,
        Told::SentOnTo(handler) => {
            let filename = served(handler, request.server().document_root());
            all.and(&Names::of(&Texts { filename: &filename, ..Texts::default() }, policy, sender, false))
        }
        Told::WritesFile => all.in_a_write_of(&served_names(request, snapshot, policy, sender, true)),
    }
}

/// A new state for the request, which still knows what the log has said of it.
fn replace_state<'r>(request: &Request<'r>, state: RequestState) -> &'r RequestState {
    state.logged.set(request.state::<Mtlsprotect>().map_or(0, |held| held.logged.get()));
    request.set_state::<Mtlsprotect>(state)
}

/// The names in the request's own texts and headers.
fn own_names(request: &Request<'_>, snapshot: &Snapshot, policy: &Policy<'_>, sender: Option<Mac>) -> Names {
    let names = text_names(request, snapshot, policy, sender, !reads(snapshot.method()));
    let names = match named_by::expressions(request) {
        Some(expressions) => named_by::and_named(names, request, expressions),
        None => names,
    };
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

/// The names in the request's own texts.
#[inline]
fn text_names(
    request: &Request<'_>,
    snapshot: &Snapshot,
    policy: &Policy<'_>,
    sender: Option<Mac>,
    writes: bool,
) -> Names {
    let texts = Texts {
        sent: request.unparsed_uri(),
        uri: snapshot.uri(),
        args: snapshot.args(),
        filename: &served_from(request, snapshot),
        path_info: snapshot.path_info(),
    };
    Names::of(&texts, policy, sender, writes)
}

/// The file, less the document root, or the URL that the request is sent on to.
#[inline]
fn served_from<'s>(request: &Request<'_>, snapshot: &'s Snapshot) -> Cow<'s, [u8]> {
    served(snapshot.filename(), request.server().document_root())
}

/// The request's own names and those of what it continues: all that it was redirected from, and,
/// where it names nobody itself, the request that it is a part of.
fn all_names(request: &Request<'_>, snapshot: &Snapshot, policy: &Policy<'_>, sender: Option<Mac>) -> Names {
    let with = |names: Names, other: Request<'_>| match searched(&other, policy, sender) {
        Some(searched) => names.and(&searched),
        None => names.and(&all_names(&other, &other.snapshot(), policy, sender)),
    };
    let own = own_names(request, snapshot, policy, sender);
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
    let names = text_names(request, snapshot, policy, None, false).and(&named_by::named_by_itself(request));
    names.named() == Named::Nobody && !names.is_malformed()
}

/// The names in the file, or the URL less its query, and in the path info, whatever else the request names.
pub fn served_names(
    request: &Request<'_>,
    snapshot: &Snapshot,
    policy: &Policy<'_>,
    sender: Option<Mac>,
    writes: bool,
) -> Names {
    let served = served_from(request, snapshot);
    let texts = Texts { filename: path_of_served(&served), path_info: snapshot.path_info(), ..Texts::default() };
    Names::of(&texts, policy, sender, writes)
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
        if let Some(environment) = request.environment() {
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
    report::set_notes(request, &record);
    report::set_environment(request, &record);
    let state = replace_state(request, RequestState::new(None, record, false));
    answer(request, state, Gate::Access)
}
