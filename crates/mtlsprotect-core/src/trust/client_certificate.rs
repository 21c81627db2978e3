//! A client certificate with all that came with it.

use crate::escape::quoted;
use crate::fingerprint::Fingerprint;
use crate::forwarded::{Certificates, Unreadable};
use crate::time::UnixTime;
use crate::trust::certificate::{name_text, validity};
use openssl::error::ErrorStack;
use openssl::x509::{X509, X509Ref};
use std::sync::OnceLock;

/// The leaf that a client proved to own, and the other certificates that it sent.
pub struct ClientCertificate {
    leaf: X509,
    der: Vec<u8>,
    sent: Vec<X509>,
    fingerprint: OnceLock<Fingerprint>,
    first_bits: OnceLock<u64>,
    description: OnceLock<Description>,
    end: OnceLock<UnixTime>,
}

/// A certificate for the log, hostile bytes escaped; a dash for what can't be read.
#[derive(Debug)]
pub struct Description {
    /// Its subject.
    pub subject: String,
    /// Its issuer.
    pub issuer: String,
    /// Its serial number in lower-case hex.
    pub serial: String,
    /// SHA-256 of its DER in lower-case hex.
    pub sha256: String,
}

/// Bytes shown of a subject or issuer.
pub const NAME_SHOWN: usize = 256;

impl ClientCertificate {
    /// An immutable copy of what a handshake brought.
    ///
    /// # Errors
    /// OpenSSL can't write it as DER.
    pub fn new(leaf: X509, sent: Vec<X509>) -> Result<Self, ErrorStack> {
        let der = leaf.to_der()?;
        Ok(ClientCertificate {
            leaf,
            der,
            sent,
            fingerprint: OnceLock::new(),
            first_bits: OnceLock::new(),
            description: OnceLock::new(),
            end: OnceLock::new(),
        })
    }

    /// What a balancer passes on, where OpenSSL reads it and would write it so again: X.509's DER, not only some bytes
    /// that make the same certificate. What it can't read of the chain counts for nothing.
    ///
    /// # Errors
    /// It is not a certificate.
    pub fn forwarded(certificates: &Certificates) -> Result<Self, Unreadable> {
        let read = || {
            let leaf = X509::from_der(&certificates.leaf)?;
            if leaf.to_der()? != certificates.leaf {
                return Err(ErrorStack::get());
            }
            ClientCertificate::new(leaf, readable(&certificates.chain))
        };
        read().map_err(|_| Unreadable::NotCertificate)
    }

    /// The certificate itself.
    pub fn leaf(&self) -> &X509Ref {
        &self.leaf
    }

    /// What was sent with it, in any order.
    pub fn sent(&self) -> &[X509] {
        &self.sent
    }

    /// The leaf's DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of the leaf's DER. To compute it takes longer than all else that a resumed session asks for.
    pub fn fingerprint(&self) -> &Fingerprint {
        self.fingerprint.get_or_init(|| Fingerprint::of(&self.der))
    }

    /// Its first 64 bits.
    pub fn first_bits(&self) -> u64 {
        *self.first_bits.get_or_init(|| self.fingerprint().first_bits())
    }

    /// Notes those 64 bits, which somebody has kept for this very DER.
    pub fn know_first_bits(&self, bits: u64) {
        self.first_bits.get_or_init(|| bits);
    }

    /// The last second that it is valid; the first second of 1970 where that can't be read.
    pub fn end(&self) -> UnixTime {
        *self.end.get_or_init(|| validity(&self.leaf).map_or(UnixTime::EPOCH, |(_, end)| end))
    }

    /// Its description for the log, made once: a phone that is refused comes again and again.
    pub fn description(&self) -> &Description {
        self.description.get_or_init(|| {
            let serial =
                self.leaf.serial_number().to_bn().and_then(|number| number.to_hex_str().map(|hex| hex.to_string()));
            Description {
                subject: quoted(&name_text(self.leaf.subject_name()), NAME_SHOWN),
                issuer: quoted(&name_text(self.leaf.issuer_name()), NAME_SHOWN),
                serial: serial.map_or_else(|_| "-".to_owned(), |hex| hex.to_ascii_lowercase()),
                sha256: self.fingerprint().to_string(),
            }
        })
    }

    /// Whether it is this very certificate object.
    pub fn is(&self, leaf: &X509Ref) -> bool {
        std::ptr::eq::<X509Ref>(&*self.leaf, leaf)
    }

    /// Tells certificates that exist at the same time apart; never 0.
    pub fn id(&self) -> usize {
        std::ptr::from_ref::<X509Ref>(&self.leaf).addr()
    }
}

/// Those of some DER that OpenSSL can read.
pub fn readable(ders: &[Vec<u8>]) -> Vec<X509> {
    let read = ders.iter().filter_map(|der| X509::from_der(der).ok()).collect();
    // What a failed reading leaves in the thread's error queue would be taken for an error of the TLS connection.
    drop(ErrorStack::get());
    read
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::certificate::fingerprint;
    use mtlsprotect_testkit::Poly;

    #[test]
    fn a_certificate_is_itself_and_no_copy() {
        let phone = Poly::shared().phone("0004f2aaaaaa");
        let copy = || X509::from_der(&phone.cert.to_der().unwrap()).unwrap();
        let of = || ClientCertificate::new(copy(), vec![Poly::shared().root.cert.clone()]).unwrap();
        let (first, second) = (of(), of());
        assert!(first.is(first.leaf()) && !first.is(second.leaf()));
        assert!(first.id() != second.id() && first.id() > 1 && second.id() > 1);
        assert_eq!((first.fingerprint(), first.sent().len()), (&fingerprint(&phone.cert).unwrap(), 1));
        assert_eq!(first.der(), phone.cert.to_der().unwrap());
    }

    #[test]
    fn what_a_balancer_passes_on_is_a_certificates_very_bytes() {
        let poly = Poly::shared();
        let phone = poly.phone("0004f2aaaaaa").cert.to_der().unwrap();
        let passed = |leaf: &[u8]| {
            let chain = vec![b"\x30\x03nonsense".to_vec(), poly.root.cert.to_der().unwrap()];
            ClientCertificate::forwarded(&Certificates { leaf: leaf.to_vec(), chain })
        };
        let certificate = passed(&phone).unwrap();
        assert_eq!((certificate.der(), certificate.sent().len()), (&phone[..], 1));
        for wrong in [&[&phone[..], b"\0"].concat()[..], &phone[1..], b""] {
            assert!(matches!(passed(wrong), Err(Unreadable::NotCertificate)), "{} bytes", wrong.len());
        }
    }

    #[test]
    fn a_certificate_ends_with_the_last_second_that_it_says() {
        let phone = Poly::shared().phone("0004f2aaaaaa").cert;
        let certificate = ClientCertificate::new(phone.clone(), Vec::new()).unwrap();
        assert_eq!(certificate.end(), validity(&phone).unwrap().1);
        assert!(certificate.end() > UnixTime::now());
    }

    #[test]
    fn the_first_bits_are_those_of_the_fingerprint_or_what_was_kept_of_it() {
        let phone = Poly::shared().phone("0004f2aaaaaa");
        let of = || ClientCertificate::new(phone.cert.clone(), Vec::new()).unwrap();
        let (first, second) = (of(), of());
        assert_eq!(first.first_bits(), first.fingerprint().first_bits());
        second.know_first_bits(1);
        assert_eq!((second.first_bits(), second.fingerprint()), (1, first.fingerprint()));
    }
}
