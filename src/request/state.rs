//! What was decided for a request at one gate, for the gates after it and for what continues it.

use crate::certificate::connection::ConnectionState;
use crate::certificate::forwarded::Arrival;
use crate::certificate::sender::Proof;
use crate::httpd::{Request, Snapshot};
use crate::module::Mtlsprotect;
use crate::request::named_by::Values;
use crate::request::password_check::PasswordCheck;
use crate::request::record::Record;
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::{Policy, Verdict};
use mtlsprotect_core::names::{Left, Names};
use std::cell::Cell;

/// Where in the course of a request it is judged.
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
    /// What it was decided for; `None` if it must not be reused.
    pub subject: Option<Subject>,
    /// The devices that it and what it continues name, and for which search.
    pub names: Option<(Search, Names)>,
    /// Those that its query names by itself.
    pub of_query: Cell<Option<Names>>,
    /// What may still be looked at of what is made of its texts.
    pub left: Left,
    /// What the log and the notes say.
    pub record: Record,
    /// It is an error page that may be served in spite of the verdict, if a plain file answers.
    pub is_error_page: bool,
    /// What `MTLSProtectNamedBy` made of the request.
    pub named_by: Cell<Option<Values>>,
    /// It is decided again at the next gate, and until then a refusal is not carried out.
    pub waits: bool,
    /// The gate after all fixups has seen it.
    pub is_past_fixups: Cell<bool>,
    /// The handler's gate has seen it.
    pub reached_handler: Cell<bool>,
    /// How it has come, where a balancer may speak for its client; of the request that the client sent.
    pub arrival: Option<Arrival>,
    /// Reasons that the log has given for the client's request, a bit each for what passed, then for what was refused.
    pub logged: Cell<u64>,
    /// What came of asking for a password.
    pub password: Cell<Option<PasswordCheck>>,
}

/// What the names that are found depend on besides the request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Search {
    sender: Option<Mac>,
    known: u64,
    /// The addresses of the operator's lists: name parameters and patterns.
    lists: [usize; 3],
}

impl Search {
    /// For a sender, under a policy.
    pub fn of(policy: &Policy<'_>, sender: Option<Mac>) -> Self {
        let lists = [
            policy.naming.parameters.as_ptr().addr(),
            policy.naming.patterns.as_ptr().addr(),
            policy.naming.ignore.as_ptr().addr(),
        ];
        Search { sender, known: policy.naming.known.id(), lists }
    }
}

/// The request and the certificate that a decision is about.
#[derive(Clone, Copy)]
pub struct Subject {
    request: Snapshot,
    certificate: usize,
    generation: u32,
}

impl Subject {
    /// The request as it was, and what proves who sends it.
    pub fn of(request: &Request<'_>, snapshot: Snapshot, proof: &Proof<'_>) -> Self {
        let generation = if proof.via().is_some() { FORWARDED } else { generation(request) };
        Subject { request: snapshot, certificate: proof.certificate_id(), generation }
    }

    /// Whether nothing has changed since. Once this module has judged a handshake of a connection,
    /// it judges them all.
    #[inline(always)]
    pub fn is_surely(&self, request: &Request<'_>) -> bool {
        self.generation > 0
            && (self.generation == FORWARDED || self.generation == generation(request))
            && request.is_still_now(&self.request)
    }
}

/// In the place of a connection's: what a balancer has said of a client never changes.
const FORWARDED: u32 = u32::MAX;

fn generation(request: &Request<'_>) -> u32 {
    request.connection().state::<Mtlsprotect>().map_or(0, ConnectionState::generation)
}

impl RequestState {
    /// A decision at one gate.
    pub fn new(subject: Option<Subject>, record: Record, is_error_page: bool) -> Self {
        RequestState {
            subject,
            names: None,
            of_query: Cell::new(None),
            left: Left::ALL,
            record,
            is_error_page,
            named_by: Cell::new(None),
            waits: false,
            is_past_fixups: Cell::new(false),
            reached_handler: Cell::new(false),
            arrival: None,
            logged: Cell::new(0),
            password: Cell::new(None),
        }
    }

    /// A state for a request that isn't judged itself.
    pub fn unjudged() -> Self {
        RequestState::new(None, Record::NOT_JUDGED, false)
    }

    /// Makes it the request's; it still knows how that has come, what the log has said of it, and whose password came.
    pub fn replace<'r>(self, request: &Request<'r>) -> &'r RequestState {
        RequestState::replaced(request, || self)
    }

    /// The same with one that is made where it stays.
    #[inline(always)]
    pub fn replaced<'r>(request: &Request<'r>, make: impl FnOnce() -> RequestState) -> &'r RequestState {
        let held = request.state::<Mtlsprotect>();
        request.put_state::<Mtlsprotect>(|| {
            let mut made = make();
            if let Some(held) = held {
                made.logged.set(held.logged.get());
                made.password.set(held.password.get());
                made.arrival = made.arrival.or(held.arrival);
            }
            made
        })
    }

    /// What was found when the request was judged, where the same search would be made again.
    pub fn found_before(&self, request: &Request<'_>, policy: &Policy<'_>, sender: Option<Mac>) -> Option<Names> {
        self.names_for(policy, sender).filter(|_| self.is_still(request))
    }

    /// What was found, where the same search would be made in the same texts.
    pub fn names_for(&self, policy: &Policy<'_>, sender: Option<Mac>) -> Option<Names> {
        self.names.filter(|(search, _)| *search == Search::of(policy, sender)).map(|(_, names)| names)
    }

    /// What the query named, where the same search would be made in the same query.
    pub fn of_query_for(&self, args: &[u8], policy: &Policy<'_>, sender: Option<Mac>) -> Option<Names> {
        self.names_for(policy, sender)?;
        self.of_query.get().filter(|_| self.subject.as_ref().is_some_and(|subject| subject.request.args() == args))
    }

    /// The request as it was.
    pub fn snapshot(&self) -> Option<Snapshot> {
        self.subject.as_ref().map(|subject| subject.request)
    }

    /// Whether the request is still as it was.
    pub fn is_still(&self, request: &Request<'_>) -> bool {
        self.subject.as_ref().is_some_and(|subject| request.is_still(&subject.request))
    }

    /// Whether it was decided for this very request and certificate.
    pub fn is_about(&self, request: &Request<'_>, proof: &Proof<'_>) -> bool {
        self.subject
            .as_ref()
            .is_some_and(|subject| subject.certificate == proof.certificate_id() && request.is_still(&subject.request))
    }

    /// Whether the request got as far as the gates after all fixups.
    pub fn is_past_fixups(&self) -> bool {
        self.is_past_fixups.get() || self.reached_handler.get()
    }

    /// Whether there was anything to decide.
    pub fn is_judged(&self) -> bool {
        self.record.verdict != Verdict::NotJudged
    }

    /// Whether the request was refused, and not only reported.
    pub fn is_refused(&self) -> bool {
        self.record.is_refused()
    }
}
