//! What a client proves itself with.

use std::fs;
use std::path::{Path, PathBuf};

use openssl::pkey::{PKey, Private};
use openssl::x509::X509;

/// A certificate, its key and the intermediates that go with it.
#[derive(Clone)]
pub struct Identity {
    /// The private key.
    pub key: PKey<Private>,
    /// The certificate.
    pub cert: X509,
    /// The intermediates, the issuer first; no root.
    pub chain: Vec<X509>,
}

/// An identity on disk, for curl and `openssl s_client`.
#[derive(Clone, Debug)]
pub struct PemFiles {
    /// The private key.
    pub key: PathBuf,
    /// The certificate alone.
    pub cert: PathBuf,
    /// The certificate followed by its intermediates.
    pub chain: PathBuf,
}

impl Identity {
    /// The same without any intermediate.
    pub fn without_chain(&self) -> Identity {
        Identity { chain: Vec::new(), ..self.clone() }
    }

    /// The certificate as PEM.
    pub fn cert_pem(&self) -> Vec<u8> {
        self.cert.to_pem().expect("a certificate can be written as PEM")
    }

    /// The certificate and its intermediates as PEM.
    pub fn chain_pem(&self) -> Vec<u8> {
        let mut pem = self.cert_pem();
        for cert in &self.chain {
            pem.extend(cert.to_pem().expect("a certificate can be written as PEM"));
        }
        pem
    }

    /// The private key as PEM.
    pub fn key_pem(&self) -> Vec<u8> {
        self.key.private_key_to_pem_pkcs8().expect("a key can be written as PEM")
    }

    /// Writes `NAME.key`, `NAME.crt` and `NAME-chain.crt` into a directory.
    pub fn write(&self, dir: &Path, name: &str) -> PemFiles {
        let file = |suffix: &str, pem: Vec<u8>| {
            let path = dir.join(format!("{name}{suffix}"));
            fs::write(&path, pem).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            path
        };
        PemFiles {
            key: file(".key", self.key_pem()),
            cert: file(".crt", self.cert_pem()),
            chain: file("-chain.crt", self.chain_pem()),
        }
    }
}
