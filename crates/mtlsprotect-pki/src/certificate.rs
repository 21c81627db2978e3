//! The builder of every certificate here, proper or odd.

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::sha::sha1;
use openssl::sign::Signer;
use openssl::x509::X509;

use crate::{Authority, Digest, Identity, Key, Subject, der};

/// Extended key usage of a TLS client.
pub const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
/// Extended key usage of a TLS server.
pub const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
/// Extended key usage of anything.
pub const ANY_EXTENDED_KEY_USAGE: &str = "2.5.29.37.0";

/// Bit of keyUsage.
pub const DIGITAL_SIGNATURE: u8 = 0;
/// Bit of keyUsage.
pub const KEY_ENCIPHERMENT: u8 = 2;
/// Bit of keyUsage.
pub const KEY_AGREEMENT: u8 = 4;
/// Bit of keyUsage.
pub const KEY_CERT_SIGN: u8 = 5;

const CRL_SIGN: u8 = 6;

/// A certificate under construction. By default valid from yesterday for ten years, SHA-256,
/// EC P-256, with subject and authority key identifiers.
#[derive(Clone)]
pub struct Certificate {
    issuer: Option<Authority>,
    subject: Subject,
    key: Key,
    own_key: Option<PKey<Private>>,
    digest: Digest,
    days: (i64, i64),
    dates: Option<[String; 2]>,
    serial: Option<Vec<u8>>,
    is_ca: Option<bool>,
    path_length: Option<u8>,
    key_usage: Vec<u8>,
    extended_key_usage: Vec<String>,
    subject_key_identifier: bool,
    authority_key_identifier: bool,
    extensions: Vec<Vec<u8>>,
    version1: bool,
}

impl Certificate {
    /// A leaf that signs itself until [`Certificate::issuer`] names another: clientAuth, digitalSignature.
    pub fn leaf(subject: impl Into<Subject>) -> Certificate {
        Certificate {
            issuer: None,
            subject: subject.into(),
            key: Key::default(),
            own_key: None,
            digest: Digest::default(),
            days: (-1, 3650),
            dates: None,
            serial: None,
            is_ca: Some(false),
            path_length: None,
            key_usage: vec![DIGITAL_SIGNATURE],
            extended_key_usage: vec![CLIENT_AUTH.to_owned()],
            subject_key_identifier: true,
            authority_key_identifier: true,
            extensions: Vec::new(),
            version1: false,
        }
    }

    /// A CA certificate, a root until [`Certificate::issuer`] names another.
    pub fn ca(subject: impl Into<Subject>) -> Certificate {
        Certificate::leaf(subject)
            .basic_constraints(Some(true))
            .key_usage(&[KEY_CERT_SIGN, CRL_SIGN])
            .extended_key_usage(&[])
    }

    /// Who signs it.
    pub fn issuer(mut self, issuer: &Authority) -> Certificate {
        self.issuer = Some(issuer.clone());
        self
    }

    /// The kind of key to make for it.
    pub fn key(mut self, key: Key) -> Certificate {
        self.key = key;
        self
    }

    /// A key that exists already.
    pub fn existing_key(mut self, key: &PKey<Private>) -> Certificate {
        self.own_key = Some(key.clone());
        self
    }

    /// The digest of the signature.
    pub fn digest(mut self, digest: Digest) -> Certificate {
        self.digest = digest;
        self
    }

    /// Valid from and until this many days from now.
    pub fn days(mut self, not_before: i64, not_after: i64) -> Certificate {
        self.days = (not_before, not_after);
        self
    }

    /// Valid from and until these moments of UTC, whatever the day is now: `20090309194717Z`.
    pub fn dates(mut self, not_before: &str, not_after: &str) -> Certificate {
        self.dates = Some([not_before.to_owned(), not_after.to_owned()]);
        self
    }

    /// The serial number, big-endian; a random one unless told.
    pub fn serial(mut self, number: &[u8]) -> Certificate {
        self.serial = Some(number.to_vec());
        self
    }

    /// Valid until yesterday.
    pub fn expired(self) -> Certificate {
        self.days(-30, -1)
    }

    /// Valid from tomorrow.
    pub fn not_yet_valid(self) -> Certificate {
        self.days(1, 30)
    }

    /// basicConstraints with this cA, or none.
    pub fn basic_constraints(mut self, ca: Option<bool>) -> Certificate {
        self.is_ca = ca;
        self
    }

    /// How many CAs may follow below this one.
    pub fn path_length(mut self, length: u8) -> Certificate {
        self.path_length = Some(length);
        self
    }

    /// keyUsage with these bits; none leave it out.
    pub fn key_usage(mut self, bits: &[u8]) -> Certificate {
        self.key_usage = bits.to_vec();
        self
    }

    /// extendedKeyUsage with these OIDs; none leave it out.
    pub fn extended_key_usage(mut self, oids: &[&str]) -> Certificate {
        self.extended_key_usage = oids.iter().map(|&oid| oid.to_owned()).collect();
        self
    }

    /// Leaves out subject and authority key identifiers.
    pub fn without_key_identifiers(mut self) -> Certificate {
        self.subject_key_identifier = false;
        self.authority_key_identifier = false;
        self
    }

    /// DNS names and 127.0.0.1 in subjectAltName.
    pub fn dns_names(self, names: &[&str]) -> Certificate {
        let mut general: Vec<_> = names.iter().map(|name| der::tlv(0x82, name.as_bytes())).collect();
        general.push(der::tlv(0x87, &[127, 0, 0, 1]));
        self.extension("2.5.29.17", false, &der::sequence(&general))
    }

    /// Critical nameConstraints that permit only directory names below this one.
    pub fn permitted_subtree(self, name: impl Into<Subject>) -> Certificate {
        let base = der::context(4, &name.into().to_der());
        let permitted = der::context(0, &der::sequence(&[base]));
        self.extension("2.5.29.30", true, &der::sequence(&[permitted]))
    }

    /// Any extension, its value as DER.
    pub fn extension(mut self, oid: &str, critical: bool, value: &[u8]) -> Certificate {
        self.extensions.push(extension(oid, critical, value));
        self
    }

    /// X.509 v1: no version field, no extensions.
    pub fn version1(mut self) -> Certificate {
        self.version1 = true;
        self
    }

    /// Makes it.
    pub fn issue(&self) -> Identity {
        self.try_issue().expect("OpenSSL parses the certificate")
    }

    /// Makes it as a CA that can issue others.
    pub fn issue_authority(&self) -> Authority {
        Authority::from(&self.issue())
    }

    /// Makes it, unless the subject's bytes are such that OpenSSL itself can't parse them.
    pub fn try_issue(&self) -> Result<Identity, ErrorStack> {
        let key = self.own_key.clone().unwrap_or_else(|| self.key.generate());
        let cert = X509::from_der(&self.der_for(&key))?;
        let chain = self.issuer.as_ref().map_or_else(Vec::new, Authority::chain);
        Ok(Identity { key, cert, chain })
    }

    /// The certificate's DER, whether or not anybody can parse it.
    pub fn der_for(&self, key: &PKey<Private>) -> Vec<u8> {
        let public = key.public_key_to_der().expect("a key has a public half");
        let own_name = self.subject.to_der();
        let (issuer_name, issuer_public, signing_key) = match &self.issuer {
            Some(issuer) => {
                (issuer.name_der(), issuer.key.public_key_to_der().expect("a key has a public half"), &issuer.key)
            }
            None => (own_name.clone(), public.clone(), key),
        };
        let algorithm = self.digest.signature_algorithm(signing_key);
        let validity = match &self.dates {
            Some(dates) => dates.each_ref().map(|date| der::time(date)),
            None => [self.days.0, self.days.1].map(der::days_from_now),
        };
        let mut fields = vec![
            der::unsigned(&self.serial.clone().unwrap_or_else(random_serial)),
            algorithm.clone(),
            issuer_name,
            der::sequence(&validity),
            own_name,
            public.clone(),
        ];
        if !self.version1 {
            fields.insert(0, der::context(0, &der::unsigned(&[2])));
            let extensions = self.all_extensions(&public, &issuer_public);
            if !extensions.is_empty() {
                fields.push(der::context(3, &der::sequence(&extensions)));
            }
        }
        let signed = der::sequence(&fields);
        let signature = Signer::new(self.digest.message_digest(), signing_key)
            .and_then(|mut signer| signer.sign_oneshot_to_vec(&signed))
            .expect("OpenSSL signs the certificate");
        der::sequence(&[signed, algorithm, der::bit_string(&signature)])
    }

    fn all_extensions(&self, public: &[u8], issuer_public: &[u8]) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        if let Some(ca) = self.is_ca {
            let mut fields = Vec::new();
            if ca {
                fields.push(der::boolean(true));
            }
            if let Some(length) = self.path_length {
                fields.push(der::unsigned(&[length]));
            }
            all.push(extension("2.5.29.19", true, &der::sequence(&fields)));
        }
        if !self.key_usage.is_empty() {
            all.push(extension("2.5.29.15", true, &der::named_bits(&self.key_usage)));
        }
        if !self.extended_key_usage.is_empty() {
            let oids: Vec<_> = self.extended_key_usage.iter().map(|oid| der::oid(oid)).collect();
            all.push(extension("2.5.29.37", false, &der::sequence(&oids)));
        }
        if self.subject_key_identifier {
            all.push(extension("2.5.29.14", false, &der::octets(&sha1(public))));
        }
        // the issuer's identifier as this kit makes it, from its key
        if self.authority_key_identifier {
            let identifier = der::tlv(0x80, &sha1(issuer_public));
            all.push(extension("2.5.29.35", false, &der::sequence(&[identifier])));
        }
        all.extend(self.extensions.iter().cloned());
        all
    }
}

fn random_serial() -> Vec<u8> {
    let mut serial = vec![0; 12];
    openssl::rand::rand_bytes(&mut serial).expect("OpenSSL makes random bytes");
    // neither negative nor with leading zeros
    serial[0] = serial[0] & 0x3f | 0x40;
    serial
}

pub(crate) fn extension(oid: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let mut fields = vec![der::oid(oid)];
    if critical {
        fields.push(der::boolean(true));
    }
    fields.push(der::octets(value));
    der::sequence(&fields)
}
