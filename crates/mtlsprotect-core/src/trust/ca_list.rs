//! The operator's list of device CAs, as it is read from files.

use crate::built_in::vendors::{KnownCa, VENDORS, vendor_named_in};
use crate::escape::quoted;
use crate::files;
use crate::fingerprint::Fingerprint;
use crate::time::{DAY, UnixTime};
use crate::trust::certificate::{common_name, fingerprint, is_ca, name_text, validity};
use openssl::x509::{X509, X509Ref};
use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of a subject shown in a message.
const SUBJECT_SHOWN: usize = 256;
const BEGIN: &[u8] = b"-----BEGIN CERTI";
/// The end of the first line of a private key in PEM, of whatever kind.
const KEY: &[u8] = b"PRIVATE KEY-----";
/// A CA that expires within this many seconds (180 days) is worth a warning.
const SOON: i64 = 180 * DAY;

/// Device CAs: roots and intermediates, each with the file that it came from.
#[derive(Clone, Default)]
pub struct CaList {
    /// The vendor whose CAs these are, where the operator said so.
    vendor: Option<String>,
    pub(crate) authorities: Vec<Authority>,
    seen: HashSet<Fingerprint>,
    not_cas: Vec<Authority>,
    warnings: Vec<Warning>,
}

/// One certificate of the list.
#[derive(Clone)]
pub struct Authority {
    pub(crate) certificate: X509,
    pub(crate) fingerprint: Fingerprint,
    /// Unix times of the first and last second that it is valid.
    pub(crate) validity: (UnixTime, UnixTime),
    /// Its own key signed it.
    pub(crate) self_signed: bool,
    /// DER of its subject.
    subject: Vec<u8>,
    vendor: Option<String>,
    file: PathBuf,
}

/// What an operator should know about a list.
#[derive(Clone, Debug)]
pub struct Warning {
    /// The certificate that it is about, by the SHA-256 of its DER; none for the list as a whole.
    pub certificate: Option<Fingerprint>,
    /// The sentence: vendor, subject, last day, file.
    pub text: String,
    /// What is wrong with the certificate, for a table that has the rest in other columns.
    pub what: String,
}

/// Whether a CA is the one that its name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pin {
    /// It is not known what it should be.
    Unknown,
    /// It is.
    Matches,
    /// It has the name of a vendor's CA, but is another certificate.
    Differs(&'static KnownCa),
}

impl Warning {
    /// A warning that is not about a single certificate.
    pub(crate) fn of_list(text: String) -> Self {
        Warning { certificate: None, what: text.clone(), text }
    }
}

impl CaList {
    /// An empty list for one vendor's CAs.
    pub fn of_vendor(name: &str) -> Self {
        CaList { vendor: Some(name.to_owned()), ..CaList::default() }
    }

    /// One vendor's CAs in a file, or in a directory.
    ///
    /// # Errors
    /// As [`CaList::add_file`] and [`CaList::add_dir`].
    pub fn vendors_own(name: &str, path: &Path) -> Result<Arc<Self>, String> {
        let mut list = CaList::of_vendor(name);
        if path.is_dir() {
            list.add_dir(path)?
        } else {
            list.add_file(path)?
        }
        Ok(Arc::new(list))
    }

    /// Adds the CA certificates of a PEM file, which may hold other text around them.
    ///
    /// # Errors
    /// A sentence for the operator: the file can't be read, is not PEM, holds no certificate or
    /// none of a CA.
    pub fn add_file(&mut self, file: &Path) -> Result<(), String> {
        let usable = self.add_certificates(file)?;
        if usable == 0 {
            return Err(format!(
                "{}: no usable CA certificate in it (basicConstraints cA); put the device CAs' own certificates here",
                file.display()
            ));
        }
        Ok(())
    }

    /// Adds every `*.pem` and `*.crt` of a directory, in the order of their names. No hashed
    /// links are needed. A file without any CA is a warning here.
    ///
    /// # Errors
    /// As [`CaList::add_file`], and for a directory that can't be read or holds no CA at all.
    pub fn add_dir(&mut self, dir: &Path) -> Result<(), String> {
        let unreadable = |error| format!("{}: cannot be read: {error}", dir.display());
        let mut files = Vec::new();
        for entry in fs::read_dir(dir).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.extension().is_some_and(|kind| kind == "pem" || kind == "crt") {
                files.push(path);
            }
        }
        files.sort();
        let mut usable = 0;
        for file in &files {
            usable += self.add_certificates(file)?;
        }
        if usable == 0 {
            return Err(format!(
                "{}: no usable CA certificate in its {} *.pem and *.crt files; links that are named by hash (12345678.0) are not \
                 read, so give the certificates themselves such names",
                dir.display(),
                files.len()
            ));
        }
        Ok(())
    }

    /// Adds what is a CA and warns of the rest; the number of CAs in the file.
    fn add_certificates(&mut self, file: &Path) -> Result<usize, String> {
        let shown = file.display();
        let pem = files::read(file).map_err(|error| format!("{shown}: cannot be read: {error}"))?;
        if pem.windows(KEY.len()).any(|text| text == KEY) && !pem.windows(BEGIN.len()).any(|text| text == BEGIN) {
            return Err(format!(
                "{shown}: is a private key, not a certificate; move it out of here, and write the device CAs' certificates \
                 (-----BEGIN CERTIFICATE-----) in its place"
            ));
        }
        let hint = "expected PEM (-----BEGIN CERTIFICATE-----); convert DER with: openssl x509 -inform DER -in FILE";
        if pem.is_empty() {
            return Err(format!("{shown}: is empty; {hint}"));
        }
        let certificates =
            X509::stack_from_pem(&pem).map_err(|error| format!("{shown}: is not PEM, or damaged ({error}); {hint}"))?;
        let begun = pem.windows(BEGIN.len()).filter(|text| *text == BEGIN).count();
        if certificates.is_empty() || certificates.len() < begun || ends_in_delimiter(&pem) {
            return Err(format!("{shown}: is not PEM, or cut short; {hint}"));
        }
        let mut usable = 0;
        for certificate in certificates {
            usable += usize::from(self.add(certificate, file)?);
        }
        Ok(usable)
    }

    /// Adds one certificate; whether it is a CA.
    fn add(&mut self, certificate: X509, file: &Path) -> Result<bool, String> {
        let unreadable = || format!("{}: a certificate in it cannot be read", file.display());
        let text = name_text(certificate.subject_name());
        let named = || vendor_named_in(&text, &common_name(&certificate)).map(|vendor| vendor.name().to_owned());
        let authority = Authority {
            fingerprint: fingerprint(&certificate).map_err(|_| unreadable())?,
            validity: validity(&certificate).ok_or_else(unreadable)?,
            self_signed: is_self_signed(&certificate),
            subject: certificate.subject_name().to_der().map_err(|_| unreadable())?,
            vendor: self.vendor.clone().or_else(named),
            file: file.to_owned(),
            certificate,
        };
        if !is_ca(&authority.certificate) {
            self.warnings.push(authority.says("is not a CA; it is ignored and vouches for nobody"));
            self.not_cas.push(authority);
            return Ok(false);
        }
        if self.seen.insert(authority.fingerprint) {
            self.authorities.push(authority);
        } else {
            self.warnings.push(authority.says("is in the list twice; one can be removed"));
        }
        Ok(true)
    }

    /// Problems of the list as a whole at Unix time `now`, besides those found while reading it.
    pub fn warnings(&self, now: UnixTime, allows_expired: bool) -> Vec<Warning> {
        let mut warnings = self.warnings.clone();
        let refused = if allows_expired { "; expired=allow accepts it" } else { "; phones below it are refused" };
        for authority in &self.authorities {
            let (from, until) = authority.validity;
            if until < now {
                warnings.push(authority.says(&format!("has expired{refused}")));
            } else if from > now {
                warnings.push(authority.says("is not valid yet; phones below it are refused"));
            } else if until - now < SOON {
                let days = (until - now) / DAY;
                let then = if allows_expired { "" } else { " from then" };
                warnings.push(authority.says(&format!("expires in {days} days{refused}{then}")));
            }
            if let Pin::Differs(known) = authority.pin() {
                let expected = known.sha256.map(|pin| pin.to_string()).unwrap_or_default();
                warnings.push(authority.says(&format!(
                    "is named {} but is not the vendor's: its SHA-256 is {}, not {expected}; do not trust it unless you \
                     know where it comes from",
                    known.name,
                    authority.fingerprint
                )));
            }
        }
        let vendors = self.vendors();
        if vendors.len() > 1 {
            let text = format!(
                "list holds roots of several vendors ({}): each of them can vouch for the others' phones; give each \
                 vendor its own list with MTLSProtectVendor",
                vendors.join(", ")
            );
            warnings.push(Warning::of_list(text));
        }
        warnings
    }

    /// The vendors of the list's roots, sorted: the operator's word for it, or what their names say.
    pub fn vendors(&self) -> Vec<&str> {
        let roots = self.authorities.iter().filter(|authority| authority.self_signed);
        let vendors: BTreeSet<&str> = roots.filter_map(|root| root.vendor()).collect();
        vendors.into_iter().collect()
    }

    /// The CAs, in the order of the files.
    pub fn authorities(&self) -> &[Authority] {
        &self.authorities
    }

    /// The certificates that are not CAs.
    pub fn not_cas(&self) -> &[Authority] {
        &self.not_cas
    }

    /// When the first of the CAs expires, in Unix time.
    pub fn earliest_expiry(&self) -> Option<UnixTime> {
        self.authorities.iter().map(|authority| authority.validity.1).min()
    }

    /// Number of distinct CA certificates.
    pub fn len(&self) -> usize {
        self.authorities.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.authorities.is_empty()
    }

    /// Whether the certificate with this SHA-256 of its DER is in it.
    pub fn contains(&self, fingerprint: &Fingerprint) -> bool {
        self.seen.contains(fingerprint)
    }
}

impl Authority {
    /// The certificate itself.
    pub fn certificate(&self) -> &X509Ref {
        &self.certificate
    }

    /// SHA-256 of its DER.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Unix time of the last second that it is valid.
    pub fn expires(&self) -> UnixTime {
        self.validity.1
    }

    /// Whether its own key signed it.
    pub fn is_root(&self) -> bool {
        self.self_signed
    }

    /// The file that it was read from.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Whose it is, as far as the operator or its name says.
    pub fn vendor(&self) -> Option<&str> {
        self.vendor.as_deref()
    }

    /// DER of its subject.
    pub(crate) fn subject(&self) -> &[u8] {
        &self.subject
    }

    /// Whether it is what its name says.
    pub fn pin(&self) -> Pin {
        let mut all = VENDORS.iter().flat_map(|vendor| vendor.cas);
        if all.any(|known| known.sha256 == Some(self.fingerprint)) {
            return Pin::Matches;
        }
        let subject = name_text(self.certificate.subject_name());
        let common_name = common_name(&self.certificate);
        let mut all = VENDORS.iter().flat_map(|vendor| vendor.cas);
        all.find(|known| known.sha256.is_some() && known.is_named(&subject, &common_name))
            .map_or(Pin::Unknown, Pin::Differs)
    }

    /// A message about this certificate, with its vendor, subject, last day and file.
    pub(crate) fn says(&self, what: &str) -> Warning {
        let subject = quoted(&name_text(self.certificate.subject_name()), SUBJECT_SHOWN);
        let vendor = self.vendor.as_deref().map(|vendor| format!("of {vendor} ")).unwrap_or_default();
        Warning {
            certificate: Some(self.fingerprint),
            text: format!("{vendor}\"{subject}\" (until {}) in {} {what}", self.validity.1.day(), self.file.display()),
            what: what.to_owned(),
        }
    }
}

/// Whether a file ends inside a PEM delimiter line, as one that was cut short may.
fn ends_in_delimiter(pem: &[u8]) -> bool {
    let last = pem.rsplit(|&byte| byte == b'\n').next().unwrap_or_default().trim_ascii();
    last.starts_with(b"-") && !(last.starts_with(b"-----END ") && last.ends_with(b"-----"))
}

fn is_self_signed(certificate: &X509Ref) -> bool {
    let same_name = match (certificate.subject_name().to_der(), certificate.issuer_name().to_der()) {
        (Ok(subject), Ok(issuer)) => subject == issuer,
        _ => false,
    };
    same_name && certificate.public_key().is_ok_and(|key| certificate.verify(&key).unwrap_or(false))
}

impl std::fmt::Debug for CaList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CaList({} authorities)", self.len())
    }
}
