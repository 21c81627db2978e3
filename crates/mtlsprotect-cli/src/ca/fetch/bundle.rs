//! The bundle that is written: a vendor's CAs, verified, with a comment on each.

use super::wanted::Wanted;
use anyhow::{Context, Result, anyhow, bail};
use mtlsprotect_core::Fingerprint;
use mtlsprotect_core::escape::quoted;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::trust::{
    Authority, CaList, Criteria, DEFAULT_SECURITY_LEVEL, DeviceTrust, fingerprint, name_text,
};
use openssl::x509::X509;
use std::collections::BTreeSet;
use std::fmt::Write;
use tempfile::NamedTempFile;

/// CAs that belong together.
pub struct Bundle {
    text: String,
    digests: BTreeSet<Fingerprint>,
    warnings: Vec<String>,
}

impl Bundle {
    /// Verifies that each CA is good up to a self-signed one of them, and writes them down, roots first.
    ///
    /// # Errors
    /// One of them is not a CA, or doesn't verify.
    pub fn new(wanted: &Wanted, certificates: &[X509]) -> Result<Self> {
        let list = list(wanted, certificates)?;
        let trust = |security_level: u8| {
            let settings = Criteria { security_level, ..Criteria::default() };
            DeviceTrust::new(list.clone(), &[], settings, UnixTime::now())
        };
        let lowest = trust(0).map_err(|error| anyhow!("{}: {error}", wanted.title))?;
        if let Some(broken) = list.authorities().iter().find(|authority| !lowest.vouches(authority)) {
            let why = lowest.warnings().iter().find(|warning| warning.certificate == Some(*broken.fingerprint()));
            let why = why.map_or("does not verify", |warning| warning.what.as_str());
            bail!("{}: {} {why}", wanted.title, describe(broken));
        }
        let usual = trust(DEFAULT_SECURITY_LEVEL).ok();
        let weak = |authority: &&Authority| !usual.as_ref().is_some_and(|usual| usual.vouches(authority));
        let mut warnings: Vec<String> = list
            .authorities()
            .iter()
            .filter(weak)
            .map(|authority| {
                format!(
                    "{} is below security level {DEFAULT_SECURITY_LEVEL}: phones below it need seclevel=0 in \
                     MTLSProtectVendor {}",
                    describe(authority),
                    wanted.name
                )
            })
            .collect();
        let expired = list.authorities().iter().filter(|authority| authority.expires() < UnixTime::now());
        warnings.extend(expired.map(|authority| {
            format!(
                "{} has expired on {}: phones below it need expired=allow",
                describe(authority),
                authority.expires().day()
            )
        }));
        let digests = list.authorities().iter().map(|authority| *authority.fingerprint()).collect();
        Ok(Bundle { text: text(wanted, &list)?, digests, warnings })
    }

    /// The file's text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the operator should know about the CAs.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Number of CAs.
    pub fn len(&self) -> usize {
        self.digests.len()
    }

    /// Whether a file has these CAs and no others.
    pub fn is(&self, old: &[u8]) -> bool {
        let Ok(certificates) = X509::stack_from_pem(old) else { return false };
        let digests: Option<BTreeSet<Fingerprint>> = certificates.iter().map(|ca| fingerprint(ca).ok()).collect();
        digests.is_some_and(|digests| digests == self.digests)
    }
}

/// The list as the module would read it.
fn list(wanted: &Wanted, certificates: &[X509]) -> Result<CaList> {
    let file = NamedTempFile::new().context("a temporary file cannot be made")?;
    let mut pem = Vec::new();
    for certificate in certificates {
        pem.extend(certificate.to_pem()?);
    }
    std::fs::write(file.path(), pem).context("a temporary file cannot be written")?;
    let mut list = CaList::of_vendor(&wanted.name);
    list.add_file(file.path()).map_err(|error| anyhow!("{}: {error}", wanted.title))?;
    if let Some(other) = list.not_cas().first() {
        bail!("{}: {} is not a CA", wanted.title, describe(other));
    }
    Ok(list)
}

fn describe(authority: &Authority) -> String {
    format!("\"{}\"", quoted(&name_text(authority.certificate().subject_name()), 256))
}

fn text(wanted: &Wanted, list: &CaList) -> Result<String> {
    let mut text = format!(
        "# Device CAs of {}, for MTLSProtectVendor {} or MTLSProtectCAFile.\n\
         # Written by \"mtlsprotect ca fetch {}\" on {}; every certificate matched its pin.\n",
        wanted.title,
        wanted.name,
        wanted.name,
        UnixTime::now().day()
    );
    let (roots, others): (Vec<&Authority>, Vec<&Authority>) = list.authorities().iter().partition(|ca| ca.is_root());
    for authority in roots.into_iter().chain(others) {
        let subject = quoted(&name_text(authority.certificate().subject_name()), 256);
        write!(
            text,
            "\n# subject: {subject}\n# expires: {}\n# sha256:  {}\n{}",
            authority.expires().day(),
            authority.fingerprint(),
            String::from_utf8(authority.certificate().to_pem()?)?
        )?;
    }
    Ok(text)
}
