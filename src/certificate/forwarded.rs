//! A client certificate that a balancer passes on in a header.
//!
//! The balancer's handshake has proven that the client owns the key; nothing here can, since a certificate is no secret.
//! Whoever sends a header from the balancer's address is believed. What the certificate is worth is judged as in a
//! handshake of our own.

use crate::certificate::judge::{Judged, anew, keep_numbered, recall_numbered};
use crate::configuration::lists::ListTrust;
use crate::httpd::log::Level;
use crate::httpd::{PoolBytes, PoolRef, Request, addr};
use crate::module::Mtlsprotect;
use mtlsprotect_core::Fingerprint;
use mtlsprotect_core::forwarded::{Certificates, Format, Unreadable, ders, read};
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::trust::{ClientCertificate, Distrust, readable};
use mtlsprotect_core::vendors::Missing;
use openssl::x509::{X509, X509Ref};
use std::cell::OnceCell;
use std::net::IpAddr;
use std::sync::Arc;

/// How a client's request has come.
#[derive(Clone, Copy)]
pub enum Arrival {
    /// From somebody who speaks for himself.
    Direct,
    /// By a balancer.
    Via(PoolRef<Forwarded>),
}

/// What a balancer has said of the client of one request.
pub struct Forwarded {
    /// The balancer's address.
    pub via: IpAddr,
    /// What it has said.
    pub said: Said,
    /// The client came to the balancer with TLS.
    pub is_of_tls: bool,
    /// What lists have made of it, by their place: subrequests and redirects ask again.
    judged: OnceCell<(usize, Judged)>,
    /// What is remembered of a certificate that is not read again.
    leaf: OnceCell<u64>,
    read: OnceCell<Result<Read, Arc<Distrust>>>,
}

/// A certificate that has been read.
pub struct Read {
    /// The leaf alone.
    pub certificate: ClientCertificate,
    /// What came with it, in DER.
    chain: Vec<Vec<u8>>,
}

/// What a balancer can say of a client.
pub enum Said {
    /// That it came without TLS.
    PlainHttp,
    /// That it has no certificate.
    NoCertificate,
    /// Something in more headers than one.
    Twice,
    /// The values of the headers with its certificate and the chain.
    Certificate { format: Format, leaf: PoolBytes, chain: PoolBytes },
}

impl Forwarded {
    /// Nothing is read or judged before something asks for it.
    pub fn new(via: IpAddr, said: Said, is_of_tls: bool) -> Self {
        Forwarded { via, said, is_of_tls, judged: OnceCell::new(), leaf: OnceCell::new(), read: OnceCell::new() }
    }

    /// What a list says of the certificate at the time of the request.
    pub fn judged(&self, request: &Request<'_>, list: &ListTrust) -> Judged {
        if let Some((_, judged)) = self.judged.get().filter(|(held, _)| *held == addr(list)) {
            return judged.clone();
        }
        let judged = self.judge(request, list);
        // A host has one list.
        let _ = self.judged.set((addr(list), judged.clone()));
        judged
    }

    fn judge(&self, request: &Request<'_>, list: &ListTrust) -> Judged {
        let now = UnixTime::from_seconds(request.time());
        let digests = [list.vendors.id().words(), self.digest(list)];
        if let Some((answer, leaf)) = recall_numbered(list, digests, now) {
            let _ = self.leaf.set(leaf);
            return Ok(answer);
        }
        let Read { certificate, chain } = self.read(request).as_ref().map_err(Arc::clone)?;
        let leaf = certificate.leaf();
        // None is missing of what the list has, nor will a session of our own ask for any.
        let (mut judged, mut warnings) = anew(list, leaf, &[], now, |_| Missing::Nothing);
        // OpenSSL takes longer to read a certificate than to verify it: the chain is read only where the list lacks some.
        if judged.is_err() {
            let sent = if chain.is_empty() { chain_of(list, leaf) } else { readable(chain) };
            if !sent.is_empty() {
                (judged, warnings) = anew(list, leaf, &sent, now, |intermediates| {
                    keep_chain(list, leaf, intermediates);
                    Missing::Nothing
                });
            }
        }
        for warning in warnings {
            warning.log_for_request(request, Level::Warning);
        }
        if let Ok(answer) = &judged {
            keep_numbered(list, digests, answer, certificate.first_bits(), now);
        }
        judged
    }

    /// By it answers are found again without reading the certificate. Those of handshakes have another number in the place
    /// of the format, or are found by a SHA-256, which it can't be: nobody could choose either.
    fn digest(&self, list: &ListTrust) -> [u64; 4] {
        match &self.said {
            Said::Certificate { format, leaf, chain } => {
                let [first, second] = list.digest.of(&[leaf, chain]);
                [first, second, *format as u64, leaf.len() as u64]
            }
            _ => [0; 4],
        }
    }

    /// The certificate, read once.
    ///
    /// # Errors
    /// Why it can't be.
    pub fn read(&self, request: &Request<'_>) -> &Result<Read, Arc<Distrust>> {
        self.read.get_or_init(|| {
            let read = || {
                let Said::Certificate { format, leaf, chain } = &self.said else { return Err(Unreadable::Twice) };
                let Certificates { leaf, chain } = read(*format, leaf, chain)?;
                let certificate = ClientCertificate::forwarded(&Certificates { leaf, chain: Vec::new() })?;
                Ok(Read { certificate, chain })
            };
            read().map_err(|why| self.unreadable(request, why))
        })
    }

    /// The certificate, where it has been read.
    pub fn certificate(&self) -> Option<&ClientCertificate> {
        self.read.get()?.as_ref().ok().map(|read| &read.certificate)
    }

    /// The first 64 bits of the certificate's SHA-256, once a list has judged it.
    pub fn leaf(&self) -> Option<u64> {
        let read = || self.certificate().map(ClientCertificate::first_bits);
        self.leaf.get().copied().or_else(read)
    }

    /// What is said of a header that can't be read.
    fn unreadable(&self, request: &Request<'_>, why: Unreadable) -> Arc<Distrust> {
        let proxies = request.server().config::<Mtlsprotect>().directives.proxies;
        let header = proxies.and_then(|proxies| proxies.line_of(self.via)).map_or("", |line| line.header());
        Arc::new(Distrust::unreadable(header, why))
    }
}

/// The number under which the chain above a leaf is kept: for whoever names the same issuer and its key.
fn number(leaf: &X509Ref) -> Option<u64> {
    let mut text = leaf.issuer_name().to_der().ok()?;
    text.extend_from_slice(leaf.authority_key_id().map_or(&[][..], |id| id.as_slice()));
    Some(Fingerprint::of(&text).first_bits())
}

/// Keeps what a balancer won't send again once it resumes the client's session: verified, and so anybody's.
fn keep_chain(list: &ListTrust, leaf: &X509Ref, intermediates: &[Vec<u8>]) {
    if let Some((chains, number)) = list.chains.get().zip(number(leaf)).filter(|_| !intermediates.is_empty()) {
        chains.keep(number, &intermediates.concat());
    }
}

/// What some child has kept for such a leaf.
fn chain_of(list: &ListTrust, leaf: &X509Ref) -> Vec<X509> {
    let kept = list.chains.get().and_then(|chains| chains.get(number(leaf)?)).unwrap_or_default();
    readable(&ders(&kept).unwrap_or_default())
}
