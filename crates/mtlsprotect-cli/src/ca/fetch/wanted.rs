//! Which CAs a vendor has, and by what each is known.

use crate::output::{shown, usage};
use anyhow::{Context, Result, anyhow, bail};
use mtlsprotect_core::Fingerprint;
use mtlsprotect_core::built_in::{VENDORS, Vendor};
use mtlsprotect_core::trust::{common_name, fingerprint, name_text};
use openssl::x509::X509;
use serde::Deserialize;
use std::fs;
use std::path::Path;

/// A vendor's CAs.
pub struct Wanted {
    /// The vendor, for people.
    pub title: String,
    /// The word of MTLSProtectVendor.
    pub name: String,
    /// Its CAs.
    pub cas: Vec<WantedCa>,
}

/// One of them.
pub struct WantedCa {
    /// Its Common Name.
    pub name: String,
    /// What else stands in its subject, where the name alone is anybody's.
    pub organization: Option<String>,
    /// What it must be; without it nothing is trusted to be this CA.
    pub pin: Option<Fingerprint>,
    /// Where the vendor publishes it.
    pub url: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    vendor: Vec<FileVendor>,
}

#[derive(Deserialize)]
struct FileVendor {
    name: String,
    title: Option<String>,
    ca: Vec<FileCa>,
}

#[derive(Deserialize)]
struct FileCa {
    name: String,
    organization: Option<String>,
    sha256: Option<String>,
    url: Option<String>,
}

impl Wanted {
    /// The CAs of a vendor: from `file` if it has the vendor, otherwise the built-in ones.
    ///
    /// # Errors
    /// The vendor or its pins are not known, or the file can't be read.
    pub fn of(name: &str, file: Option<&Path>) -> Result<Self> {
        let name = name.to_ascii_lowercase();
        let own = file.map(|file| from_file(&name, file)).transpose()?.flatten();
        let wanted = own.or_else(|| Vendor::named(&name).map(built_in)).ok_or_else(|| {
            let all: Vec<&str> = VENDORS.iter().filter(|vendor| !vendor.cas.is_empty()).map(Vendor::name).collect();
            usage(format!(
                "\"{name}\" is not a known vendor; known are {}, and --vendors FILE adds others",
                all.join(", ")
            ))
        })?;
        if wanted.cas.iter().all(|ca| ca.pin.is_none()) {
            return Err(usage(format!(
                "no CA of {} is known by its digest, so none could be checked: get them from the vendor, compare what \
                 it says about them with \"mtlsprotect ca show\", or specify their digests with --vendors FILE",
                wanted.title
            )));
        }
        Ok(wanted)
    }

    /// The CA that a certificate is; `None` if it is not one of the vendor's.
    ///
    /// # Errors
    /// It has the name of one of them, and is another certificate.
    pub fn identify(&self, certificate: &X509, origin: &str) -> Result<Option<&WantedCa>> {
        let digest = fingerprint(certificate)?;
        if let Some(known) = self.cas.iter().find(|ca| ca.pin == Some(digest)) {
            return Ok(Some(known));
        }
        match self.cas.iter().find(|ca| ca.is_name_of(certificate)) {
            Some(WantedCa { name, pin: Some(pin), .. }) => {
                bail!("{origin}: is named {name} but is not {}'s: its SHA-256 is {}, not {}", self.title, digest, pin)
            }
            _ => Ok(None),
        }
    }

    /// Names of the CAs that `found` doesn't have.
    pub fn missing(&self, found: &[X509]) -> Vec<&str> {
        let digests: Vec<Fingerprint> = found.iter().filter_map(|certificate| fingerprint(certificate).ok()).collect();
        let is_missing = |ca: &&WantedCa| ca.pin.is_some_and(|pin| !digests.contains(&pin));
        self.cas.iter().filter(is_missing).map(|ca| ca.name.as_str()).collect()
    }
}

impl WantedCa {
    /// Whether a certificate says that it is this CA.
    fn is_name_of(&self, certificate: &X509) -> bool {
        let subject = name_text(certificate.subject_name());
        let has = |word: &str| subject.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()));
        common_name(certificate) == self.name.as_bytes()
            && self.organization.as_deref().is_none_or(|organization| organization.is_empty() || has(organization))
    }
}

fn built_in(vendor: &Vendor) -> Wanted {
    let ca = |ca: &mtlsprotect_core::built_in::KnownCa| WantedCa {
        name: ca.name.to_owned(),
        organization: ca.organization.map(str::to_owned),
        pin: ca.sha256,
        url: ca.url.map(str::to_owned),
    };
    Wanted { title: vendor.title.to_owned(), name: vendor.name().to_owned(), cas: vendor.cas.iter().map(ca).collect() }
}

fn from_file(name: &str, file: &Path) -> Result<Option<Wanted>> {
    let shown = shown(file);
    let text = fs::read_to_string(file).with_context(|| format!("{shown}: cannot be read"))?;
    let all: File = toml::from_str(&text).with_context(|| format!("{shown}: is not a list of vendors"))?;
    let Some(vendor) = all.vendor.into_iter().find(|vendor| vendor.name == name) else { return Ok(None) };
    let mut cas = Vec::new();
    for ca in vendor.ca {
        let pin = ca.sha256.as_deref().map(|digits| {
            digits.parse().map_err(|_| anyhow!("{shown}: {}: \"{digits}\" is not a SHA-256 of 64 hex digits", ca.name))
        });
        cas.push(WantedCa { pin: pin.transpose()?, name: ca.name, organization: ca.organization, url: ca.url });
    }
    Ok(Some(Wanted { title: vendor.title.unwrap_or(vendor.name), name: name.to_owned(), cas }))
}
