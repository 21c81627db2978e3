//! The client certificate of a TLS connection, and what each CA list has said of it.

use crate::certificate::credential::Credential;
use crate::certificate::judge::Judged;
use crate::certificate::searched_headers::SearchedHeaders;
use crate::certificate::session_data;
use crate::configuration::lists::ListTrust;
use crate::httpd::{Connection, PoolRef, PoolStr, Tls, addr};
use crate::module::Mtlsprotect;
use mtlsprotect_core::decision::Sender;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::trust::{ClientCertificate, Presented};
use openssl::x509::X509Ref;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A TLS connection as this module knows it. HTTP/2 streams share it.
#[derive(Default)]
pub struct ConnectionState {
    /// Counts the handshakes that this module has judged, and its failures.
    generation: AtomicU32,
    /// The first handshake is done; later ones are renegotiation or post-handshake authentication.
    is_established: AtomicBool,
    /// The first handshake resumed a session.
    is_resumed: AtomicBool,
    known: Mutex<Known>,
    /// The last headers that came on it.
    pub headers: SearchedHeaders,
}

/// What is known of the client.
#[derive(Default)]
pub(super) struct Known {
    pub(super) presented: Presented<Shown>,
    /// A callback failed.
    pub(super) failed: bool,
}

/// A certificate of a connection, and what is said of it.
pub(super) struct Shown {
    pub(super) certificate: Arc<ClientCertificate>,
    /// Another virtual host on the same connection has its own answer.
    answers: Vec<Answer>,
}

/// What some lists have said of a certificate.
pub(super) struct Answer {
    /// The place of the lists.
    list: usize,
    pub(super) judged: Judged,
    /// What all requests need of it; `None` where an HTTP/2 stream was the first to ask, and in part where there is none.
    pub(super) digits: Option<PoolStr>,
    /// As the digits, of a device's certificate.
    pub(super) credential: Option<PoolRef<Credential>>,
}

impl Answer {
    pub(super) fn new(
        list: &ListTrust,
        judged: Judged,
        certificate: &ClientCertificate,
        connection: &Connection<'_>,
    ) -> Self {
        let device = judged.as_ref().ok().and_then(|answer| Some((answer.mac?, answer.root)));
        let leaf = certificate.first_bits();
        let (digits, credential) = connection.pool().zip(device).map_or((None, None), |(pool, (mac, root))| {
            (Some(pool.string(&mac.digits())), Some(pool.keep(Credential::new(list, root, mac, leaf))))
        });
        Answer { list: addr(list), judged, digits, credential }
    }
}

impl ConnectionState {
    /// Whether the first handshake is over.
    pub fn is_established(&self) -> bool {
        self.is_established.load(Ordering::Relaxed)
    }

    /// Whether the first handshake resumed a session.
    pub fn is_resumed(&self) -> bool {
        self.is_resumed.load(Ordering::Relaxed)
    }

    /// Changes with every certificate of a connection whose handshakes this module judges; 0 until
    /// it has judged one.
    pub fn generation(&self) -> u32 {
        self.generation.load(Ordering::Acquire)
    }

    /// A panic while the lock was held may have lost what was just shown or found, and has put nothing in its place: what
    /// was proven before still is. In a handshake, and at its end, it also makes the connection count as failed.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers what an unfinished handshake has found, so that nothing is computed twice.
    pub(super) fn show(&self, certificate: Arc<ClientCertificate>, answer: Answer) {
        self.lock().presented.show(Shown { certificate, answers: vec![answer] });
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// What is known of the client now.
    ///
    /// # Errors
    /// The sender of the connection's requests, where no certificate counts.
    pub(super) fn now(&self, connection: &Connection<'_>) -> Result<MutexGuard<'_, Known>, Sender<'static>> {
        let Ok(tls) = connection.tls::<Mtlsprotect>() else { return Err(Sender::PlainHttp) };
        if tls.as_ref().is_some_and(|tls| !tls.is_ready()) {
            // The callback sees a certificate before its key is proven, and mod_ssl goes on where
            // post-handshake authentication failed.
            return Err(Sender::NoCertificate);
        }
        let mut known = self.lock();
        if let Some(tls) = tls {
            self.settle(&mut known, &tls);
            // Once this module has judged a handshake of the connection, it judges them all.
            if self.generation() == 0 {
                known.refresh(&tls);
            }
        }
        Ok(known)
    }

    /// Accepts what a finished handshake has shown, on the connection's own thread.
    fn settle(&self, known: &mut Known, tls: &Tls<'_>) {
        if known.presented.is_pending() {
            self.settle_pending(known, tls);
        }
    }

    /// Once for each certificate.
    #[cold]
    fn settle_pending(&self, known: &mut Known, tls: &Tls<'_>) {
        if tls.is_ready() {
            let leaf = tls.leaf();
            known.presented.settle(|shown| leaf.is_some_and(|leaf| shown.certificate.is(leaf)));
            known.refresh(tls);
            self.generation.fetch_add(1, Ordering::Release);
        }
    }
}

/// Takes the certificate once the handshake is over.
pub fn ready(connection: &Connection<'_>) {
    let Some(state) = connection.state::<Mtlsprotect>() else { return };
    let is_first = !state.is_established.swap(true, Ordering::Relaxed);
    if let Ok(Some(tls)) = connection.tls::<Mtlsprotect>() {
        if is_first {
            state.is_resumed.store(tls.is_resumed(), Ordering::Relaxed);
        }
        let mut known = state.lock();
        state.settle(&mut known, &tls);
        known.refresh(&tls);
    }
}

/// Accepts what a section has asked for where its request is not judged: later requests of HTTP/2 streams on the same
/// connection may be judged, and they can't look.
pub fn settle(connection: &Connection<'_>) {
    let Some(state) = connection.state::<Mtlsprotect>() else { return };
    if let Ok(Some(tls)) = connection.tls::<Mtlsprotect>() {
        state.settle(&mut state.lock(), &tls);
    }
}

/// Notes that a callback failed for this connection: each of its requests is refused.
pub fn failed(connection: &Connection<'_>) {
    if let Some(state) = connection.state::<Mtlsprotect>() {
        state.lock().failed = true;
        state.generation.fetch_add(1, Ordering::Release);
    }
}

impl Known {
    /// Takes the certificate again when it has changed: renegotiation and post-handshake authentication bring one
    /// later.
    fn refresh(&mut self, tls: &Tls<'_>) {
        if !tls.is_ready() {
            return;
        }
        let leaf = tls.leaf();
        let proven = self.presented.proven();
        if proven.is_some_and(|held| leaf.is_some_and(|leaf| held.certificate.is(leaf))) {
            return;
        }
        if leaf.is_some() || proven.is_some() {
            let certificate = leaf.and_then(|leaf| take(leaf, tls));
            self.failed |= leaf.is_some() && certificate.is_none();
            self.presented.replace(certificate.map(|certificate| Shown { certificate, answers: Vec::new() }));
        }
    }
}

impl Shown {
    /// What these lists have said. A trusted answer holds as long as its chain, an untrusted one as
    /// long as the connection.
    pub(super) fn answer(&self, list: &ListTrust, now: UnixTime) -> Option<&Answer> {
        let answer = self.answers.iter().find(|answer| answer.list == addr(list))?;
        answer.judged.as_ref().map_or(true, |trusted| now <= trusted.until).then_some(answer)
    }

    /// Whether no lists have said anything yet.
    pub(super) fn has_no_answer(&self) -> bool {
        self.answers.is_empty()
    }

    /// Keeps what some lists say.
    pub(super) fn keep(&mut self, answer: Answer) {
        self.answers.retain(|other| other.list != answer.list);
        self.answers.push(answer);
    }
}

fn take(leaf: &X509Ref, tls: &Tls<'_>) -> Option<Arc<ClientCertificate>> {
    let mut sent = tls.sent();
    if sent.is_empty() {
        sent = session_data::remembered(&tls.session_data());
    }
    ClientCertificate::new(leaf.to_owned(), sent).ok().map(Arc::new)
}
