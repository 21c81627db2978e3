//! The operator's list of device CAs, as it is read from files.

use crate::certificate::{Sha256, fingerprint, is_ca, name_text, validity};
use crate::escape::quoted;
use crate::vendors;
use openssl::x509::{X509, X509Ref};
use std::collections::{BTreeSet, HashSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of a subject shown in a message.
const SUBJECT_SHOWN: usize = 256;
/// A CA that expires within so many seconds (180 days) is worth a warning.
const SOON: i64 = 180 * 86_400;

/// Device CAs: roots and intermediates, each with the file that it came from.
#[derive(Clone, Default)]
pub struct CaList {
    pub(crate) authorities: Vec<Authority>,
    seen: HashSet<Sha256>,
    warnings: Vec<String>,
}

/// One CA certificate of the list.
#[derive(Clone)]
pub(crate) struct Authority {
    pub(crate) certificate: X509,
    pub(crate) fingerprint: Sha256,
    /// Unix times of the first and last second that it is valid.
    pub(crate) validity: (i64, i64),
    /// Its own key signed it.
    pub(crate) self_signed: bool,
    file: PathBuf,
}

impl CaList {
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
                "{}: no usable CA certificate in its {} *.pem and *.crt files",
                dir.display(),
                files.len()
            ));
        }
        Ok(())
    }

    /// Adds what is a CA and warns of the rest; the number of CAs in the file.
    fn add_certificates(&mut self, file: &Path) -> Result<usize, String> {
        let shown = file.display();
        let pem = fs::read(file).map_err(|error| format!("{shown}: cannot be read: {error}"))?;
        let hint = "expected PEM (-----BEGIN CERTIFICATE-----); convert DER with: openssl x509 -inform DER -in FILE";
        if pem.is_empty() {
            return Err(format!("{shown}: is empty; {hint}"));
        }
        let certificates =
            X509::stack_from_pem(&pem).map_err(|error| format!("{shown}: is not PEM, or damaged ({error}); {hint}"))?;
        let begun = pem.windows(16).filter(|text| text == b"-----BEGIN CERTI").count();
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
        let authority = Authority {
            fingerprint: fingerprint(&certificate).map_err(|_| unreadable())?,
            validity: validity(&certificate).ok_or_else(unreadable)?,
            self_signed: is_self_signed(&certificate),
            file: file.to_owned(),
            certificate,
        };
        if !is_ca(&authority.certificate) {
            self.warnings.push(authority.says("is not a CA; it is ignored and vouches for nobody"));
            return Ok(false);
        }
        if self.seen.insert(authority.fingerprint) {
            self.authorities.push(authority);
        } else {
            self.warnings.push(authority.says("is in the list twice; one can be removed"));
        }
        Ok(true)
    }

    /// What is odd about the list as a whole at Unix time `now`, besides what reading it showed.
    pub(crate) fn warnings(&self, now: i64) -> Vec<String> {
        let mut warnings = self.warnings.clone();
        for authority in &self.authorities {
            let (from, until) = authority.validity;
            if until < now {
                warnings.push(authority.says("has expired; phones below it are refused"));
            } else if from > now {
                warnings.push(authority.says("is not valid yet; phones below it are refused"));
            } else if until - now < SOON {
                let days = (until - now) / 86_400;
                warnings
                    .push(authority.says(&format!("expires in {days} days; phones below it are refused from then")));
            }
        }
        let vendors = self.vendors();
        if vendors.len() > 1 {
            warnings.push(format!(
                "list holds roots of several vendors ({}): each of them can vouch for the others' phones",
                vendors.join(", ")
            ));
        }
        warnings
    }

    /// The vendors whose names stand in the subjects of the list's roots, sorted.
    pub fn vendors(&self) -> Vec<&'static str> {
        let roots = self.authorities.iter().filter(|authority| authority.self_signed);
        let subjects = roots.map(|root| name_text(root.certificate.subject_name()));
        let vendors: BTreeSet<&str> = subjects.filter_map(|subject| vendors::vendor_named_in(&subject)).collect();
        vendors.into_iter().collect()
    }

    /// When the first of the CAs expires, in Unix time.
    pub fn earliest_expiry(&self) -> Option<i64> {
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

    pub(crate) fn contains(&self, fingerprint: &Sha256) -> bool {
        self.seen.contains(fingerprint)
    }
}

impl Authority {
    /// A message about this certificate, with its subject and file.
    pub(crate) fn says(&self, what: &str) -> String {
        let subject = quoted(&name_text(self.certificate.subject_name()), SUBJECT_SHOWN);
        format!("\"{subject}\" in {} {what}", self.file.display())
    }
}

/// Whether a file ends inside a PEM delimiter line, as one that was cut short may.
fn ends_in_delimiter(pem: &[u8]) -> bool {
    let last = pem.rsplit(|&byte| byte == b'\n').next().unwrap_or_default().trim_ascii();
    last.starts_with(b"-") && !(last.starts_with(b"-----END ") && last.ends_with(b"-----") && last.len() > 14)
}

fn is_self_signed(certificate: &X509Ref) -> bool {
    let same_name = match (certificate.subject_name().to_der(), certificate.issuer_name().to_der()) {
        (Ok(subject), Ok(issuer)) => subject == issuer,
        _ => false,
    };
    same_name && certificate.public_key().is_ok_and(|key| certificate.verify(&key).unwrap_or(false))
}

/// A fingerprint as people compare it: 64 lower-case hex digits.
pub fn hex(digest: &[u8]) -> String {
    digest.iter().fold(String::with_capacity(2 * digest.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl std::fmt::Debug for CaList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CaList({} authorities)", self.len())
    }
}
