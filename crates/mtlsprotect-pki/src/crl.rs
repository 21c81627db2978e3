//! What a CA has revoked (RFC 5280, section 5.1).

use crate::certificate::extension;
use crate::{Authority, Digest, der};
use openssl::sign::Signer;
use openssl::x509::X509Ref;

/// A certificate revocation list, to be signed by a CA.
#[derive(Clone)]
pub struct Crl {
    issuer: Authority,
    entries: Vec<Vec<u8>>,
    days: (i64, i64),
}

impl Crl {
    /// An empty list of this CA's, made yesterday and renewed in 30 days.
    pub fn of(issuer: &Authority) -> Crl {
        Crl { issuer: issuer.clone(), entries: Vec::new(), days: (-1, 30) }
    }

    /// Revokes a certificate.
    pub fn revoke(self, certificate: &X509Ref) -> Crl {
        self.revoke_with(certificate, &[])
    }

    /// Revokes a certificate with entry extensions: each its number and DER.
    pub fn revoke_with(mut self, certificate: &X509Ref, extensions: &[(&str, &[u8])]) -> Crl {
        let serial = certificate.serial_number().to_bn().expect("a serial number is a number").to_vec();
        let mut entry = vec![der::unsigned(&serial), der::days_from_now(self.days.0)];
        if !extensions.is_empty() {
            let all: Vec<_> = extensions.iter().map(|(oid, value)| extension(oid, false, value)).collect();
            entry.push(der::sequence(&all));
        }
        self.entries.push(der::sequence(&entry));
        self
    }

    /// Days from now of thisUpdate and nextUpdate.
    pub fn days(mut self, this_update: i64, next_update: i64) -> Crl {
        self.days = (this_update, next_update);
        self
    }

    /// Signs it.
    pub fn to_der(&self) -> Vec<u8> {
        let algorithm = Digest::Sha256.signature_algorithm(&self.issuer.key);
        let mut fields = vec![
            der::unsigned(&[1]),
            algorithm.clone(),
            self.issuer.name_der(),
            der::days_from_now(self.days.0),
            der::days_from_now(self.days.1),
        ];
        if !self.entries.is_empty() {
            fields.push(der::sequence(&self.entries));
        }
        let number = extension("2.5.29.20", false, &der::unsigned(&[1]));
        fields.push(der::context(0, &der::sequence(&[number])));
        let signed = der::sequence(&fields);
        let signature = Signer::new(Digest::Sha256.message_digest(), &self.issuer.key)
            .and_then(|mut signer| signer.sign_oneshot_to_vec(&signed))
            .expect("OpenSSL signs the list");
        der::sequence(&[signed, algorithm, der::bit_string(&signature)])
    }

    /// Signs it, as PEM.
    pub fn pem(&self) -> Vec<u8> {
        let crl = openssl::x509::X509Crl::from_der(&self.to_der()).expect("OpenSSL can read the list");
        crl.to_pem().expect("a list can be written as PEM")
    }
}
