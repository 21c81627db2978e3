//! Certificates that their CA has revoked (RFC 5280, section 5).

use crate::escape::quoted;
use crate::fingerprint::Fingerprint;
use crate::time::UnixTime;
use crate::trust::ca_list::{Authority, CaList};
use crate::trust::certificate::{name_text, unix_time};
use crate::trust::chain::is_same;
use openssl::asn1::Asn1IntegerRef;
use openssl::error::ErrorStack;
use openssl::x509::{CertificateIssuer, ReasonCode, X509Crl, X509Name, X509Ref, X509RevokedRef};
use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const BEGIN: &[u8] = b"-----BEGIN X509 CRL-----";
/// CRLReason removeFromCRL (RFC 5280, section 5.3.1): the entry cancels a revocation.
const REMOVE_FROM_CRL: i64 = 8;

/// A certificate revocation list, as it was read from a file.
#[derive(Clone)]
pub struct Crl(Arc<Content>);

struct Content {
    crl: X509Crl,
    file: PathBuf,
    digest: Fingerprint,
    next_update: Option<UnixTime>,
    serials: Serials,
}

/// Serial numbers that a CA has revoked.
pub(crate) type Serials = Arc<HashSet<Serial>>;

/// Magnitude, and whether it is negative.
type Serial = (Vec<u8>, bool);

/// What the CRLs of a host say, for all of its lists.
#[derive(Default)]
pub(crate) struct Revocations {
    by_issuer: Vec<(Issuer, Serials)>,
    /// Unix times at which newer CRLs should be there.
    next_updates: Vec<UnixTime>,
    digests: Vec<Fingerprint>,
}

/// A CA as a CRL speaks for it: by its name, since a CA that renews its key revokes with the new one
/// what it issued with the old one (RFC 5280, section 6.3.3), or by its key, however the name is encoded.
struct Issuer {
    name: X509Name,
    key: Vec<u8>,
}

/// Reads the CRLs of a file: any number in PEM, or one in DER.
///
/// # Errors
/// A sentence for the operator.
pub fn read_crls(file: &Path) -> Result<Vec<Crl>, String> {
    let shown = file.display();
    let bytes = crate::files::read(file).map_err(|error| format!("{shown}: cannot be read: {error}"))?;
    let damaged = |error: ErrorStack| format!("{shown}: is not a CRL in PEM or DER, or is damaged ({error})");
    let begins: Vec<usize> =
        bytes.windows(BEGIN.len()).enumerate().filter(|(_, text)| *text == BEGIN).map(|(at, _)| at).collect();
    let mut crls = Vec::new();
    for (index, &begin) in begins.iter().enumerate() {
        let end = begins.get(index + 1).copied().unwrap_or(bytes.len());
        crls.push(X509Crl::from_pem(&bytes[begin..end]).map_err(damaged)?);
    }
    if begins.is_empty() {
        crls.push(X509Crl::from_der(&bytes).map_err(damaged)?);
    }
    crls.into_iter().map(|crl| Crl::new(crl, file)).collect()
}

impl Crl {
    fn new(crl: X509Crl, file: &Path) -> Result<Self, String> {
        let failed = |error: ErrorStack| format!("{}: OpenSSL cannot read the CRL: {error}", file.display());
        let mut serials = HashSet::new();
        for entry in crl.get_revoked().into_iter().flatten() {
            if entry.extension::<CertificateIssuer>().map_err(failed)?.is_some() {
                return Err(format!(
                    "{}: is an indirect CRL, whose entries are other CAs'; use the CRL that each CA has signed itself",
                    file.display()
                ));
            }
            if !takes_back(entry).map_err(failed)? {
                serials.insert(serial(entry.serial_number()).map_err(failed)?);
            }
        }
        Ok(Crl(Arc::new(Content {
            digest: Fingerprint::of(&crl.to_der().map_err(failed)?),
            next_update: crl.next_update().and_then(unix_time),
            serials: Arc::new(serials),
            file: file.to_owned(),
            crl,
        })))
    }

    /// Its issuer's name, as people write it.
    pub fn issuer_text(&self) -> Vec<u8> {
        name_text(self.0.crl.issuer_name())
    }

    /// When the next one should be there; none where it doesn't say.
    pub fn next_update(&self) -> Option<UnixTime> {
        self.0.next_update
    }

    /// SHA-256 of its DER.
    pub fn digest(&self) -> &Fingerprint {
        &self.0.digest
    }

    /// Whether one of `authorities` signed it.
    pub(crate) fn issuer<'a>(&self, authorities: &'a [Authority]) -> Option<&'a Authority> {
        authorities.iter().find(|authority| {
            is_same(authority.certificate.subject_name(), self.0.crl.issuer_name()).unwrap_or(false)
                && authority.certificate.public_key().is_ok_and(|key| {
                    let signed = self.0.crl.verify(&key).unwrap_or(false);
                    drop(ErrorStack::get());
                    signed
                })
        })
    }

    /// A message about it, with its issuer and file.
    fn says(&self, what: &str) -> String {
        let issuer = quoted(&self.issuer_text(), 256);
        format!("the CRL of \"{issuer}\" in {} {what}", self.0.file.display())
    }

    /// What an operator should do about a CRL that no list can use.
    pub(crate) fn without_issuer(&self) -> String {
        self.says("is not signed by any CA in the list: add that CA, or remove the CRL")
    }

    /// What to warn of at Unix time `now`.
    pub(crate) fn warning(&self, now: UnixTime) -> Option<String> {
        let next = self.0.next_update.filter(|&next| next < now)?;
        Some(self.says(&format!(
            "is past its nextUpdate ({}); its entries still count, but newer ones are missing",
            next.day()
        )))
    }
}

impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crl({}, {} serials)", self.0.file.display(), self.0.serials.len())
    }
}

impl Revocations {
    /// The entries of those CRLs that a CA of these lists has signed. A CRL applies to all lists: a list with only the
    /// root doesn't know whose the CRL is, and would trust a client that sends the CA along.
    ///
    /// # Errors
    /// A sentence for the operator: OpenSSL can't read a CA's key.
    pub(crate) fn of_lists<'l>(crls: &[Crl], lists: impl Iterator<Item = &'l CaList> + Clone) -> Result<Self, String> {
        let mut revocations = Revocations::default();
        for crl in crls {
            if let Some(issuer) = lists.clone().find_map(|list| crl.issuer(list.authorities())) {
                let failed = |error: ErrorStack| crl.says(&format!("cannot be used, OpenSSL failed: {error}"));
                revocations.add(crl, issuer).map_err(failed)?;
            }
        }
        Ok(revocations)
    }

    /// Takes the entries of a CRL that `issuer` has signed.
    fn add(&mut self, crl: &Crl, issuer: &Authority) -> Result<(), ErrorStack> {
        self.by_issuer.push((Issuer::of(&issuer.certificate)?, Arc::clone(&crl.0.serials)));
        self.next_updates.extend(crl.0.next_update);
        self.digests.push(crl.0.digest);
        Ok(())
    }

    /// What the CA with this certificate has revoked.
    pub(crate) fn of(&self, issuer: &X509Ref) -> Result<Vec<Serials>, ErrorStack> {
        if self.by_issuer.is_empty() {
            return Ok(Vec::new());
        }
        let issuer = Issuer::of(issuer)?;
        let mut all = Vec::new();
        for (other, serials) in &self.by_issuer {
            if other.key == issuer.key || is_same(&other.name, &issuer.name)? {
                all.push(Arc::clone(serials));
            }
        }
        Ok(all)
    }

    /// The Unix time after which an answer given at `now` should be asked for again.
    pub(crate) fn until(&self, now: UnixTime) -> UnixTime {
        self.next_updates.iter().copied().filter(|&next| next >= now).min().unwrap_or(UnixTime::MAX)
    }

    /// Digests of the CRLs.
    pub(crate) fn digests(&self) -> &[Fingerprint] {
        &self.digests
    }
}

/// Whether one of these has the certificate's serial number.
pub(crate) fn is_revoked(revoked: &[Serials], certificate: &X509Ref) -> Result<bool, ErrorStack> {
    if revoked.is_empty() {
        return Ok(false);
    }
    let serial = serial(certificate.serial_number())?;
    Ok(revoked.iter().any(|serials| serials.contains(&serial)))
}

impl Issuer {
    fn of(certificate: &X509Ref) -> Result<Self, ErrorStack> {
        let name = certificate.subject_name().to_owned()?;
        Ok(Issuer { name, key: certificate.public_key()?.public_key_to_der()? })
    }
}

fn takes_back(entry: &X509RevokedRef) -> Result<bool, ErrorStack> {
    let reason = entry.extension::<ReasonCode>()?;
    Ok(reason.is_some_and(|(_, reason)| reason.get_i64().is_ok_and(|reason| reason == REMOVE_FROM_CRL)))
}

fn serial(number: &Asn1IntegerRef) -> Result<Serial, ErrorStack> {
    let number = number.to_bn()?;
    Ok((number.to_vec(), number.is_negative()))
}
