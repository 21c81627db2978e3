//! Who asks: a TLS client that proves something or nothing.

use super::Endpoint;
use crate::output::shown;
use anyhow::{Context, Result};
use mtlsprotect_pki::Certificate;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{
    Ssl, SslContext, SslContextBuilder, SslMethod, SslMode, SslSession, SslSessionCacheMode, SslVerifyMode, SslVersion,
};
use openssl::x509::X509;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// A certificate, its key and its intermediates.
pub struct ClientKey {
    certificate: X509,
    key: PKey<Private>,
    chain: Vec<X509>,
}

mtlsprotect_core::listed! {
    /// The versions of TLS that phones speak, whose sessions resume in different ways.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Version {
        /// TLS 1.2.
        Tls12,
        /// TLS 1.3.
        Tls13,
    }
}

/// The CAs that vouch for the server, where something secret is sent: those of a file in PEM, otherwise the system's.
pub struct Authorities(pub Option<PathBuf>);

/// One way of asking.
#[derive(Clone)]
pub struct Client<'a> {
    /// Where and for what.
    pub target: &'a Endpoint,
    proof: Option<&'a ClientKey>,
    version: Option<Version>,
    has_sni: bool,
    verifies_by: Option<&'a Authorities>,
}

/// Sessions that the server has given out, the last one first.
pub type Sessions = Arc<Mutex<Option<SslSession>>>;

impl Version {
    fn ssl(self) -> SslVersion {
        match self {
            Version::Tls12 => SslVersion::TLS1_2,
            Version::Tls13 => SslVersion::TLS1_3,
        }
    }
}

impl ClientKey {
    /// A certificate that vouches for itself, of this name.
    pub fn self_signed(name: &str) -> Result<Self> {
        let identity = Certificate::leaf(name).try_issue().context("a certificate cannot be made")?;
        Ok(ClientKey { certificate: identity.cert, key: identity.key, chain: Vec::new() })
    }

    /// The certificate alone.
    ///
    /// # Errors
    /// OpenSSL fails.
    pub fn certificate_der(&self) -> Result<Vec<u8>> {
        Ok(self.certificate.to_der()?)
    }

    /// The first certificate of a PEM file, the rest as its intermediates, and its key.
    ///
    /// # Errors
    /// They are not PEM, or don't belong together.
    pub fn read(certificates: &[u8], key: &[u8]) -> Result<Self> {
        let mut chain = X509::stack_from_pem(certificates)?;
        let key = PKey::private_key_from_pem(key).context("the key cannot be read")?;
        let certificate = if chain.is_empty() { None } else { Some(chain.remove(0)) };
        let certificate = certificate.context("there is no certificate")?;
        if !certificate.public_key().is_ok_and(|public| public.public_eq(&key)) {
            anyhow::bail!("the key belongs to another certificate");
        }
        Ok(ClientKey { certificate, key, chain })
    }
}

impl Authorities {
    fn verify(&self, context: &mut SslContextBuilder) -> Result<()> {
        context.set_verify(SslVerifyMode::PEER);
        match &self.0 {
            Some(file) => context.set_ca_file(file).with_context(|| format!("{}: has no CA in PEM", shown(file)))?,
            None => context.set_default_verify_paths()?,
        }
        Ok(())
    }
}

impl<'a> Client<'a> {
    /// Without a certificate, in any version.
    pub fn new(target: &'a Endpoint) -> Self {
        Client { target, proof: None, version: None, has_sni: true, verifies_by: None }
    }

    /// With a certificate.
    pub fn proving(mut self, proof: &'a ClientKey) -> Self {
        self.proof = Some(proof);
        self
    }

    /// With nobody but the server whose certificate these CAs vouch for.
    pub fn verifying(mut self, authorities: &'a Authorities) -> Self {
        self.verifies_by = Some(authorities);
        self
    }

    /// In one version only.
    pub fn speaking(mut self, version: Version) -> Self {
        self.version = Some(version);
        self
    }

    /// Without a server name, as old phones ask.
    pub fn without_sni(mut self) -> Self {
        self.has_sni = false;
        self
    }

    /// What its connections share, and where the server's sessions will be. The server's certificate is verified only
    /// where something secret is sent.
    ///
    /// # Errors
    /// OpenSSL refuses the certificate or its key, or the CAs of the server.
    pub fn context(&self) -> Result<(SslContext, Sessions)> {
        let mut context = SslContext::builder(SslMethod::tls_client())?;
        context.set_mode(SslMode::AUTO_RETRY);
        match self.verifies_by {
            Some(authorities) => authorities.verify(&mut context)?,
            None => {
                context.set_verify(SslVerifyMode::NONE);
                // Some of the servers to check are old.
                context.set_cipher_list("DEFAULT@SECLEVEL=0")?;
            }
        }
        if let Some(version) = self.version {
            context.set_min_proto_version(Some(version.ssl()))?;
            context.set_max_proto_version(Some(version.ssl()))?;
        }
        if let Some(proof) = self.proof {
            context.set_certificate(&proof.certificate)?;
            context.set_private_key(&proof.key)?;
            for certificate in &proof.chain {
                context.add_extra_chain_cert(certificate.clone())?;
            }
        }
        let sessions = Sessions::default();
        let kept = Arc::clone(&sessions);
        context.set_session_cache_mode(SslSessionCacheMode::CLIENT | SslSessionCacheMode::NO_INTERNAL_STORE);
        context.set_new_session_callback(move |_, session| {
            if let Ok(mut last) = kept.lock() {
                *last = Some(session);
            }
        });
        Ok((context.build(), sessions))
    }

    /// A TLS connection that is not open yet, and may resume a session that this context got.
    ///
    /// # Errors
    /// OpenSSL refuses the name or the session.
    pub fn ssl(&self, context: &SslContext, resume: Option<&SslSession>) -> Result<Ssl> {
        let mut ssl = Ssl::new(context)?;
        let (host, address) = (&self.target.host, self.target.host.parse::<IpAddr>().ok());
        if self.has_sni && address.is_none() {
            ssl.set_hostname(host)?;
        }
        if self.verifies_by.is_some() {
            let whose = ssl.param_mut();
            match address {
                None => whose.set_host(host)?,
                Some(address) => whose.set_ip(address)?,
            }
        }
        if let Some(session) = resume {
            // SAFETY: the session is one of this context's own connections.
            unsafe { ssl.set_session(session)? };
        }
        Ok(ssl)
    }
}
