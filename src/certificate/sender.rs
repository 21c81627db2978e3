//! Who sends a request, and what proves it.

use crate::certificate::connection::{Answer, ConnectionState, Shown};
use crate::certificate::credential::Credential;
use crate::certificate::forwarded::{Arrival, Forwarded, Said};
use crate::certificate::handshake::count_handshake;
use crate::certificate::judge::{Judged, judge};
use crate::configuration::config::ServerConfig;
use crate::configuration::lists::ListTrust;
use crate::httpd::log::Level;
use crate::httpd::{PoolRef, PoolStr, Request, addr};
use crate::module::Mtlsprotect;
use mtlsprotect_core::Fingerprint;
use mtlsprotect_core::decision::Sender;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::trust::{ClientCertificate, Description, Distrust, Fault};
use std::net::IpAddr;
use std::sync::Arc;

/// Who sends a request, and what proves it.
pub struct Proof<'r> {
    /// As the decision sees it.
    pub sender: Sender<'r>,
    /// Which list of the virtual host that answers vouches for the certificate.
    pub member: Option<usize>,
    /// By which root of the list's [`roots`](mtlsprotect_core::vendors::Vendors::roots).
    pub root: Option<usize>,
    /// The digits of the sender's MAC, where the connection has them.
    pub digits: Option<PoolStr>,
    /// What the fleet knows its certificate by, where the connection has that.
    pub credential: Option<PoolRef<Credential>>,
    /// The vendor of that list; for a list without a vendor, the vendor whose prefix the MAC has.
    pub vendor: Option<PoolStr>,
    /// The certificate, trusted or not.
    pub certificate: Option<Arc<ClientCertificate>>,
    /// Why it is not trusted.
    pub distrust: Option<Arc<Distrust>>,
    /// The balancer that speaks for the sender.
    forwarded: Option<PoolRef<Forwarded>>,
}

impl<'r> Proof<'r> {
    /// Who sends `request`, judged by the list of the virtual host that answers it.
    ///
    /// # Errors
    /// That the module failed for this connection.
    pub fn of(request: &Request<'r>) -> Result<Proof<'r>, &'static str> {
        let host = request.server().config::<Mtlsprotect>();
        if let Some(forwarded) = forwarded(request, host)? {
            return Ok(Proof { forwarded: Some(forwarded), ..Proof::of_forwarded(request, &forwarded, host.trust) });
        }
        let connection = request.connection();
        let nobody = |sender| Ok(Proof::without_certificate(sender));
        let Some(state) = connection.state::<Mtlsprotect>() else {
            return match (connection.is_tls(), connection.is_mod_ssls()) {
                (false, _) => nobody(Sender::PlainHttp),
                (true, true) => Err("the TLS connection was not seen at its start"),
                (true, false) => Ok(Proof::unseen()),
            };
        };
        let mut known = match state.now(&connection) {
            Ok(known) => known,
            Err(sender) => return nobody(sender),
        };
        if known.failed {
            return Err("the certificate of the connection could not be judged");
        }
        let Some(shown) = known.presented.proven_mut() else { return nobody(Sender::NoCertificate) };
        let certificate = Arc::clone(&shown.certificate);
        let Some(list) = host.trust else {
            return Ok(Proof::distrusted(Some(certificate), Sender::Untrusted, Arc::new(Distrust::no_list())));
        };
        if let Some(answer) = shown.answer(list, UnixTime::from_seconds(request.time())) {
            return Ok(Proof::of_answer(list, certificate, answer));
        }
        Ok(Proof::judged_now(request, list, state, shown, certificate))
    }

    /// By what the lists say now of a certificate of which they have not said anything that still holds.
    #[cold]
    fn judged_now(
        request: &Request<'r>,
        list: &'r ListTrust,
        state: &ConnectionState,
        shown: &mut Shown,
        certificate: Arc<ClientCertificate>,
    ) -> Self {
        let connection = request.connection();
        let is_first = shown.has_no_answer();
        let (judged, warnings) = judge(list, &certificate, UnixTime::from_seconds(request.time()));
        for warning in warnings {
            // Not by the connection, which other streams of HTTP/2 use at the same time.
            warning.log_for_request(request, Level::Warning);
        }
        if is_first {
            // A handshake that was not judged while it was made: a resumed one, or one under mod_ssl's own eyes.
            count_handshake(connection.stripe(), state.is_resumed(), judged.is_ok());
        }
        let answer = Answer::new(list, judged, &certificate, &connection);
        let proof = Proof::of_answer(list, certificate, &answer);
        shown.keep(answer);
        proof
    }

    /// By what a list has said of the connection's certificate.
    #[inline(always)]
    fn of_answer(list: &'r ListTrust, certificate: Arc<ClientCertificate>, answer: &Answer) -> Self {
        let &Answer { ref judged, digits, credential, .. } = answer;
        Proof { digits, credential, ..Proof::new(list, Some(certificate), judged) }
    }

    /// By what a balancer says of its client.
    fn of_forwarded(request: &Request<'r>, forwarded: &Forwarded, list: Option<&'r ListTrust>) -> Self {
        match (&forwarded.said, list) {
            (Said::PlainHttp, _) => Proof::without_certificate(Sender::PlainHttp),
            (Said::NoCertificate, _) => Proof::without_certificate(Sender::NoCertificate),
            (_, None) => Proof::distrusted(None, Sender::Untrusted, Arc::new(Distrust::no_list())),
            (_, Some(list)) => Proof::new(list, None, &forwarded.judged(request, list)),
        }
    }

    #[inline(always)]
    fn new(list: &'r ListTrust, certificate: Option<Arc<ClientCertificate>>, judged: &Judged) -> Self {
        match judged {
            Ok(answer) => {
                let member = list.vendors.roots().get(answer.root).map_or(usize::MAX, |root| root.member);
                Proof {
                    sender: list.vendors.sender(member, answer.mac, answer.ownership),
                    member: Some(member),
                    root: Some(answer.root),
                    digits: None,
                    credential: None,
                    vendor: list.vendor_names.get(member).copied().flatten().or(answer.prefix_of.map(PoolStr::from)),
                    certificate,
                    distrust: None,
                    forwarded: None,
                }
            }
            Err(distrust) => Proof::distrusted(certificate, distrust.fault.into(), Arc::clone(distrust)),
        }
    }

    fn distrusted(certificate: Option<Arc<ClientCertificate>>, sender: Sender<'r>, distrust: Arc<Distrust>) -> Self {
        Proof { certificate, distrust: Some(distrust), ..Proof::without_certificate(sender) }
    }

    /// If another module provides TLS: its certificate is not available here.
    fn unseen() -> Self {
        let why = "TLS here is provided by another module than mod_ssl, whose certificates cannot be seen";
        let distrust = Some(Arc::new(Distrust { fault: Fault::Untrusted, why: why.to_owned() }));
        Proof { distrust, ..Proof::without_certificate(Sender::NoCertificate) }
    }

    /// If no certificate came.
    pub fn without_certificate(sender: Sender<'r>) -> Self {
        Proof {
            sender,
            member: None,
            root: None,
            digits: None,
            credential: None,
            vendor: None,
            certificate: None,
            distrust: None,
            forwarded: None,
        }
    }

    /// The address of the balancer that speaks for the sender.
    pub fn via(&self) -> Option<IpAddr> {
        self.forwarded.map(|forwarded| forwarded.via)
    }

    /// The certificate for the log. What a balancer passes on may be read for it only.
    pub fn description(&self, request: &Request<'_>) -> Option<&Description> {
        self.read(request).map(ClientCertificate::description)
    }

    /// SHA-256 of the certificate. What a balancer passes on may be read for it only.
    pub fn fingerprint(&self, request: &Request<'_>) -> Option<Fingerprint> {
        self.read(request).map(|certificate| *certificate.fingerprint())
    }

    /// The last second that the certificate is valid. What a balancer passes on may be read for it only.
    pub fn end(&self, request: &Request<'_>) -> Option<UnixTime> {
        self.read(request).map(ClientCertificate::end)
    }

    /// The first 64 bits of the certificate's SHA-256.
    pub fn leaf(&self) -> Option<u64> {
        match &self.certificate {
            Some(certificate) => Some(certificate.first_bits()),
            None => self.forwarded.as_ref()?.leaf(),
        }
    }

    fn read(&self, request: &Request<'_>) -> Option<&ClientCertificate> {
        let passed_on = || match self.forwarded.as_deref() {
            Some(forwarded @ Forwarded { said: Said::Certificate { .. }, .. }) => {
                forwarded.read(request).as_ref().ok().map(|read| &read.certificate)
            }
            _ => None,
        };
        self.certificate.as_deref().or_else(passed_on)
    }

    /// Tells one certificate from another; 0 for none.
    pub fn certificate_id(&self) -> usize {
        if let Some(forwarded) = &self.forwarded {
            return addr::<Forwarded>(forwarded);
        }
        self.certificate.as_ref().map_or(0, |certificate| certificate.id())
    }
}

/// Whether a balancer has passed the request on, as far as is known.
pub fn may_be_passed_on(request: &Request<'_>) -> bool {
    !matches!(forwarded(request, request.server().config::<Mtlsprotect>()), Ok(None))
}

/// The balancer that has passed on the client's request of which this is, or that it continues; `host` is the one that answers.
pub fn via(request: &Request<'_>, host: &ServerConfig<'_>) -> Option<IpAddr> {
    forwarded(request, host).ok().flatten().map(|forwarded| forwarded.via)
}

/// Whether nobody on the way from the client can read what it sends: it came with TLS, to this server or to a balancer
/// of the host's, as that says.
pub fn is_private(request: &Request<'_>) -> bool {
    match forwarded(request, request.server().config::<Mtlsprotect>()) {
        Ok(None) => request.connection().is_tls(),
        Ok(Some(forwarded)) => forwarded.is_of_tls,
        Err(_) => false,
    }
}

/// What a balancer says of the client of this request, or of the one that it continues; none where the client came itself, as
/// it does to a host without balancers.
///
/// # Errors
/// That nobody has looked when the request came.
#[inline]
fn forwarded(request: &Request<'_>, host: &ServerConfig<'_>) -> Result<Option<PoolRef<Forwarded>>, &'static str> {
    if host.directives.proxies.is_none() { Ok(None) } else { noted(request) }
}

#[inline(never)]
fn noted(request: &Request<'_>) -> Result<Option<PoolRef<Forwarded>>, &'static str> {
    match request.origin().state::<Mtlsprotect>().and_then(|state| state.arrival) {
        Some(Arrival::Via(forwarded)) => Ok(Some(forwarded)),
        Some(Arrival::Direct) => Ok(None),
        None => Err("the request was not seen when it came"),
    }
}
