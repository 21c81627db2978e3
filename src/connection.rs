//! The client certificate of a TLS connection, and what each CA list says of it.

use crate::config::ListTrust;
use crate::httpd::log::Level;
use crate::httpd::{Connection, PoolRef, PoolStr, Request, Tls};
use crate::{Mtlsprotect, handshake, session_data};
use mtlsprotect_core::Mac;
use mtlsprotect_core::client::ClientCertificate;
use mtlsprotect_core::memory::Answer;
use mtlsprotect_core::names::{Headers, Names};
use mtlsprotect_core::policy::Sender;
use mtlsprotect_core::presented::Presented;
use mtlsprotect_core::trust::{Distrust, Fault};
use openssl::x509::X509Ref;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A TLS connection as this module knows it. HTTP/2 streams share it.
#[derive(Default)]
pub struct ConnectionState {
    /// Counts the handshakes that this module has judged, and its failures.
    generation: AtomicU32,
    /// The first handshake is over; what comes is renegotiation or post-handshake authentication.
    is_established: AtomicBool,
    known: Mutex<Known>,
    /// The last headers that were searched, and what they name.
    headers: Mutex<Option<SearchedHeaders>>,
}

/// What headers were searched for, besides their own text: a sender, known prefixes and name parameters.
pub type HeaderContext = (Option<Mac>, u64, usize);

/// Headers and the devices that they name.
struct SearchedHeaders {
    context: HeaderContext,
    host: Vec<u8>,
    user_agent: Vec<u8>,
    cookie: Vec<u8>,
    names: Names,
}

impl SearchedHeaders {
    fn are(&self, headers: &Headers<'_>, context: HeaderContext) -> bool {
        self.user_agent == headers.user_agent
            && self.host == headers.host
            && self.cookie == headers.cookie
            && self.context == context
    }
}

#[derive(Default)]
struct Known {
    presented: Presented<Shown>,
    failed: bool,
}

/// A certificate of a connection, and what is said of it.
struct Shown {
    certificate: Arc<ClientCertificate>,
    /// By the place of the lists: another virtual host on the same connection has its own answer.
    answers: Vec<(usize, Judged)>,
}

/// What a CA list says of a certificate.
pub type Judged = Result<Answer, Arc<Distrust>>;

/// Who sends a request, and what proves it.
pub struct Proof {
    /// As the decision sees it.
    pub sender: Sender<'static>,
    /// Which list of the virtual host that answers vouches for the certificate.
    pub member: Option<usize>,
    /// The vendor of that list; of one of no vendor's, whose prefix the MAC has.
    pub vendor: Option<PoolStr>,
    /// The certificate, trusted or not.
    pub certificate: Option<Arc<ClientCertificate>>,
    /// Why it is not trusted.
    pub distrust: Option<Arc<Distrust>>,
}

impl ConnectionState {
    /// Whether the first handshake is over.
    pub fn is_established(&self) -> bool {
        self.is_established.load(Ordering::Relaxed)
    }

    /// The devices that these headers name: what was found the last time, where nothing has changed since.
    pub fn names_in_headers(
        &self,
        headers: &Headers<'_>,
        context: HeaderContext,
        search: impl FnOnce() -> Names,
    ) -> Names {
        let mut searched = self.headers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(searched) = searched.as_ref().filter(|searched| searched.are(headers, context)) {
            return searched.names;
        }
        let names = search();
        *searched = Some(SearchedHeaders {
            context,
            host: headers.host.to_vec(),
            user_agent: headers.user_agent.to_vec(),
            cookie: headers.cookie.to_vec(),
            names,
        });
        names
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

    /// Remembers what a handshake has found that is not over, so that nothing is computed twice.
    pub fn show(&self, certificate: Arc<ClientCertificate>, list: PoolRef<ListTrust>, judged: Judged) {
        self.lock().presented.show(Shown { certificate, answers: vec![(list.addr(), judged)] });
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Lets count what a handshake has shown that is over now, on the connection's own thread.
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
    state.is_established.store(true, Ordering::Relaxed);
    if let Ok(Some(tls)) = connection.tls::<Mtlsprotect>() {
        let mut known = state.lock();
        state.settle(&mut known, &tls);
        known.refresh(&tls);
    }
}

/// Lets count what a section has asked for, where its request is not judged: those of HTTP/2 streams
/// that the same connection turns to may be, and they can't look.
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
    /// Takes the certificate anew when it is another than before: renegotiation and post-handshake
    /// authentication bring one later.
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
    fn answer(&self, list: PoolRef<ListTrust>, now: i64) -> Option<&Judged> {
        let (_, judged) = self.answers.iter().find(|&&(held, _)| held == list.addr())?;
        judged.as_ref().map_or(true, |answer| now <= answer.until).then_some(judged)
    }
}

fn take(leaf: &X509Ref, tls: &Tls<'_>) -> Option<Arc<ClientCertificate>> {
    let mut sent = tls.sent();
    if sent.is_empty() {
        sent = session_data::remembered(&tls.session_data());
    }
    ClientCertificate::new(leaf.to_owned(), sent).ok().map(Arc::new)
}

impl Proof {
    /// Who sends `request`, judged by the list of the virtual host that answers it.
    ///
    /// # Errors
    /// That the module failed for this connection.
    pub fn of(request: &Request<'_>) -> Result<Proof, &'static str> {
        let connection = request.connection();
        let nobody = |sender| Ok(Proof::without_certificate(sender));
        let Some(state) = connection.state::<Mtlsprotect>() else {
            return match (connection.is_tls(), connection.is_mod_ssls()) {
                (false, _) => nobody(Sender::PlainHttp),
                (true, true) => Err("the TLS connection was not seen at its start"),
                (true, false) => Ok(Proof::unseen()),
            };
        };
        let Ok(tls) = connection.tls::<Mtlsprotect>() else { return nobody(Sender::PlainHttp) };
        if tls.as_ref().is_some_and(|tls| !tls.is_ready()) {
            // The callback sees a certificate before its key is proven, and mod_ssl goes on where
            // post-handshake authentication failed.
            return nobody(Sender::NoCertificate);
        }
        let mut known = state.lock();
        if let Some(tls) = tls {
            state.settle(&mut known, &tls);
            // Once this module has judged a handshake of the connection, it judges them all.
            if state.generation() == 0 {
                known.refresh(&tls);
            }
        }
        if known.failed {
            return Err("the certificate of the connection could not be judged");
        }
        let Some(shown) = known.presented.proven_mut() else { return nobody(Sender::NoCertificate) };
        let certificate = Arc::clone(&shown.certificate);
        let Some(list) = request.server().config::<Mtlsprotect>().trust() else {
            return Ok(Proof::distrusted(certificate, Sender::Untrusted, Arc::new(Distrust::no_list())));
        };
        if let Some(judged) = shown.answer(list, request.time()) {
            return Ok(Proof::new(list, certificate, judged));
        }
        let (judged, warnings) = handshake::judge(&list, &certificate, request.time());
        for warning in warnings {
            // Not by the connection, which other streams of HTTP/2 use at the same time.
            warning.log_for_request(request, Level::Warning);
        }
        let proof = Proof::new(list, certificate, &judged);
        shown.answers.retain(|&(other, _)| other != list.addr());
        shown.answers.push((list.addr(), judged));
        Ok(proof)
    }

    fn new(list: PoolRef<ListTrust>, certificate: Arc<ClientCertificate>, judged: &Judged) -> Self {
        match judged {
            Ok(answer) => Proof {
                sender: list.get().fleet.sender(answer.member, answer.mac, answer.standing),
                member: Some(answer.member),
                vendor: list.vendors.get(answer.member).copied().flatten().or(answer.prefix_of.map(PoolStr::from)),
                certificate: Some(certificate),
                distrust: None,
            },
            Err(distrust) => {
                let sender = match distrust.fault {
                    Fault::UnknownIssuer | Fault::Untrusted => Sender::Untrusted,
                    Fault::Expired => Sender::Expired,
                    Fault::Revoked => Sender::Revoked,
                };
                Proof::distrusted(certificate, sender, Arc::clone(distrust))
            }
        }
    }

    fn distrusted(certificate: Arc<ClientCertificate>, sender: Sender<'static>, distrust: Arc<Distrust>) -> Self {
        Proof { certificate: Some(certificate), distrust: Some(distrust), ..Proof::without_certificate(sender) }
    }

    /// Where TLS is another module's: whatever certificate it knows of has not come here.
    fn unseen() -> Self {
        let why = "TLS here is of another module than mod_ssl, whose certificates cannot be seen";
        let distrust = Some(Arc::new(Distrust { fault: Fault::Untrusted, why: why.to_owned() }));
        Proof { distrust, ..Proof::without_certificate(Sender::NoCertificate) }
    }

    /// Where no certificate came.
    pub fn without_certificate(sender: Sender<'static>) -> Self {
        Proof { sender, member: None, vendor: None, certificate: None, distrust: None }
    }

    /// Tells one certificate from another; 0 for none.
    pub fn certificate_id(&self) -> usize {
        self.certificate.as_ref().map_or(0, |certificate| certificate.id())
    }
}
