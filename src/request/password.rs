//! `MTLSProtectPassword`: has httpd ask for a password, and keeps whose has come.
//!
//! Only our own call of httpd's authentication counts, made once for a client's request, where all else lets it pass but
//! that it has no certificate. A subrequest never asks, and neither does a page that answers for an error.

use crate::certificate::sender;
use crate::httpd::log::Level;
use crate::httpd::{Authenticated, PoolStr, Request};
use crate::message::Number;
use crate::module::Mtlsprotect;
use crate::request::error_page;
use crate::request::password_check::{Because, PasswordCheck};
use crate::request::record::Record;
use crate::request::state::{Gate, RequestState};
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::{Reason, User, Verdict};
use mtlsprotect_core::escape::quoted;
use mtlsprotect_core::names::IdentityPattern;
use std::sync::atomic::{AtomicBool, Ordering};

/// The status with which httpd's authentication asks for a password, and refuses a wrong one.
const UNAUTHORIZED: u16 = 401;

/// Bytes shown of a user's name.
const USER_SHOWN: usize = 64;

/// That nothing checks passwords where one would be asked for is said once by a process.
static SAID_UNCHECKED: AtomicBool = AtomicBool::new(false);

/// Whose password came with the client's request, as far as that was looked at.
#[cold]
pub fn user(request: &Request<'_>) -> User {
    match (own(request), nearest(request)) {
        (_, Some(PasswordCheck::Device(mac))) => User::Device(mac),
        (Some(PasswordCheck::NoDevice | PasswordCheck::Unchecked | PasswordCheck::Readable), _) => User::NoDevice,
        _ => User::Unknown,
    }
}

fn own(request: &Request<'_>) -> Option<PasswordCheck> {
    request.state::<Mtlsprotect>()?.password.get()
}

/// What came of asking for this request, or for what it continues or is a part of.
fn nearest(request: &Request<'_>) -> Option<PasswordCheck> {
    let mut next = Some(*request);
    while let Some(one) = next {
        if let found @ Some(_) = own(&one) {
            return found;
        }
        next = one.previous().or_else(|| one.main());
    }
    None
}

/// Whether a decision waits for a password that can still be asked for.
pub fn is_awaited(request: &Request<'_>, record: &Record) -> bool {
    record.verdict == Verdict::Deny(Reason::Password)
        && record.is_refused()
        && request.main().is_none()
        && own(request).is_none()
        && !error_page::is_one(request)
}

/// Whether a gate is one at which it is asked for: after httpd's own authentication has run.
pub fn is_asked_at(gate: Gate) -> bool {
    gate > Gate::Access
}

/// Has httpd look for a password in the request, and keeps what came of it.
#[cold]
pub fn ask(request: &Request<'_>) {
    let checked = if sender::is_private(request) { look(request) } else { PasswordCheck::Readable };
    let state = match request.state::<Mtlsprotect>() {
        Some(state) => state,
        None => request.set_state::<Mtlsprotect>(RequestState::unjudged()),
    };
    state.password.set(Some(checked));
}

fn look(request: &Request<'_>) -> PasswordCheck {
    match request.authenticate() {
        Authenticated::User(name) => device(request, name).map_or(PasswordCheck::NoDevice, PasswordCheck::Device),
        Authenticated::Unchecked => {
            if !SAID_UNCHECKED.swap(true, Ordering::Relaxed) {
                let text = "MTLSProtectPassword: nobody checks passwords here: write AuthType Basic or AuthType Digest, \
                            with AuthName and a provider of users, into the section of the phones' files";
                Number::NobodyChecks.says(text).log_for_request(request, Level::Error);
            }
            PasswordCheck::Unchecked
        }
        Authenticated::Refused { status, is_stale } => {
            let because = match (request.header(c"Authorization").is_empty() || is_stale, status) {
                (true, _) => Because::Asks,
                (false, UNAUTHORIZED) => Because::Wrong,
                (false, _) => Because::Failed,
            };
            PasswordCheck::Refused { status, because }
        }
    }
}

/// The device that a user is: the name is its MAC, or has it where the pattern says.
fn device(request: &Request<'_>, name: &[u8]) -> Option<Mac> {
    let setting = request.dir_config::<Mtlsprotect>().directives.password?;
    let mac = |pattern: &IdentityPattern| pattern.mac(name).filter(|mac| mac.is_device());
    setting.pattern.map_or_else(|| Mac::of_device(name), mac)
}

/// The status with which httpd's authentication asks, or refuses; none where it was not asked.
pub fn status(state: &RequestState) -> Option<u16> {
    match state.password.get() {
        Some(PasswordCheck::Refused { status, .. }) => Some(status),
        _ => None,
    }
}

/// Whether a refusal is only how a password is asked for: none came, or only the answer to an old challenge.
pub fn is_challenge(request: &Request<'_>, record: &Record) -> bool {
    is_because(request, record, Because::Asks)
}

/// Whether a refusal is for a wrong password.
pub fn is_wrong(request: &Request<'_>, record: &Record) -> bool {
    is_because(request, record, Because::Wrong)
}

fn is_because(request: &Request<'_>, record: &Record, why: Because) -> bool {
    record.verdict == Verdict::Deny(Reason::Password)
        && matches!(nearest(request), Some(PasswordCheck::Refused { because, .. }) if because == why)
}

/// The MAC of the device that a request was allowed for by its password, as text.
#[cold]
pub fn allowed(request: &Request<'_>, record: &Record) -> Option<PoolStr> {
    let named = record.named[0].filter(|_| record.verdict == Verdict::Allow(Reason::Password))?;
    Some(request.pool().string(&named.mac().digits()))
}

/// Why no password helped, for the log.
#[cold]
pub fn why(request: &Request<'_>) -> Option<String> {
    let user = || quoted(request.user(), USER_SHOWN);
    match nearest(request)? {
        PasswordCheck::Device(mac) => Some(format!("the password is of {mac}")),
        PasswordCheck::NoDevice => Some(format!("the password is of the user {}, which is not a MAC", user())),
        PasswordCheck::Unchecked => {
            Some("no password: nobody checks any here, AuthType Basic or Digest is missing".to_owned())
        }
        PasswordCheck::Readable => Some("no password: nobody says that the phone came with TLS".to_owned()),
        PasswordCheck::Refused { because: Because::Asks, .. } => None,
        PasswordCheck::Refused { because: Because::Wrong, .. } => Some("the password is wrong".to_owned()),
        PasswordCheck::Refused { because: Because::Failed, status } => {
            Some(format!("the password could not be checked: httpd answers {status}"))
        }
    }
}
