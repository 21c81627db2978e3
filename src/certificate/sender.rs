//! Who sends a request, and what proves it.

use crate::certificate::connection::Answer;
use crate::certificate::credential::Credential;
use crate::certificate::handshake::count_handshake;
use crate::certificate::judge::judge;
use crate::configuration::lists::ListTrust;
use crate::httpd::log::Level;
use crate::httpd::{PoolRef, PoolStr, Request};
use crate::module::Mtlsprotect;
use mtlsprotect_core::decision::Sender;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::trust::{ClientCertificate, Distrust, Fault};
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
}

impl<'r> Proof<'r> {
    /// Who sends `request`, judged by the list of the virtual host that answers it.
    ///
    /// # Errors
    /// That the module failed for this connection.
    pub fn of(request: &Request<'r>) -> Result<Proof<'r>, &'static str> {
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
        let Some(list) = request.server().config::<Mtlsprotect>().trust else {
            return Ok(Proof::distrusted(certificate, Sender::Untrusted, Arc::new(Distrust::no_list())));
        };
        if let Some(answer) = shown.answer(list, UnixTime::from_seconds(request.time())) {
            return Ok(Proof::new(list, certificate, answer));
        }
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
        let proof = Proof::new(list, certificate, &answer);
        shown.keep(answer);
        Ok(proof)
    }

    #[inline]
    fn new(list: &'r ListTrust, certificate: Arc<ClientCertificate>, answer: &Answer) -> Self {
        let &Answer { ref judged, digits, credential, .. } = answer;
        match judged {
            Ok(answer) => {
                let member = list.fleet.roots().get(answer.root).map_or(usize::MAX, |root| root.member);
                Proof {
                    sender: list.fleet.sender(member, answer.mac, answer.ownership),
                    member: Some(member),
                    root: Some(answer.root),
                    digits,
                    credential,
                    vendor: list.vendors.get(member).copied().flatten().or(answer.prefix_of.map(PoolStr::from)),
                    certificate: Some(certificate),
                    distrust: None,
                }
            }
            Err(distrust) => Proof::distrusted(certificate, distrust.fault.into(), Arc::clone(distrust)),
        }
    }

    fn distrusted(certificate: Arc<ClientCertificate>, sender: Sender<'r>, distrust: Arc<Distrust>) -> Self {
        Proof { certificate: Some(certificate), distrust: Some(distrust), ..Proof::without_certificate(sender) }
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
        }
    }

    /// Tells one certificate from another; 0 for none.
    pub fn certificate_id(&self) -> usize {
        self.certificate.as_ref().map_or(0, |certificate| certificate.id())
    }
}
