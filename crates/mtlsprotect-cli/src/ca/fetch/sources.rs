//! Where the certificates come from: the vendor, a mirror, a file or a directory.

use super::wanted::{Wanted, WantedCa};
use crate::download::Downloader;
use crate::output::{counted, shown, usage};
use anyhow::{Context, Result, anyhow, bail};
use mtlsprotect_core::escape::quoted;
use mtlsprotect_core::trust::{fingerprint, name_text};
use openssl::x509::X509;
use std::fs;
use std::path::{Path, PathBuf};

/// Endings of the files of a directory.
const ENDINGS: [&str; 4] = ["pem", "crt", "cer", "der"];

/// More than any vendor's CAs take.
const MOST_BYTES: u64 = 1024 * 1024;

/// What was found.
#[derive(Default)]
pub struct Found {
    /// The vendor's CAs, each once.
    pub certificates: Vec<X509>,
    /// Others, with the place of each.
    pub strangers: Vec<String>,
}

/// Where the operator says that they are.
#[derive(Clone, Debug)]
pub enum Source {
    /// A bundle at this address.
    Url(String),
    /// A mirror, under whose address the files have the vendor's names.
    Mirror(String),
    /// A file or a directory.
    Path(PathBuf),
}

impl Source {
    /// Reads `http://...`, `https://...` or a path.
    ///
    /// # Errors
    /// It is empty, or a URL that can't be downloaded from.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return if text.is_empty() { Err("names nothing".to_owned()) } else { Ok(Source::Path(text.into())) };
        };
        match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" if rest.is_empty() || rest.starts_with(['/', '?', ':']) => Err("has no host".to_owned()),
            "http" | "https" if text.ends_with('/') => Ok(Source::Mirror(text.to_owned())),
            "http" | "https" => Ok(Source::Url(text.to_owned())),
            _ if scheme.contains('/') => Ok(Source::Path(text.into())),
            _ => Err(format!("expected http:// or https://, a file or a directory, found \"{scheme}://\"")),
        }
    }
}

/// Reads all certificates of a source.
///
/// # Errors
/// The source can't be read, is not a certificate, or has one that only has a CA's name.
pub fn read(wanted: &Wanted, from: Option<&Source>, timeout: u64) -> Result<Found> {
    let mut found = Found::default();
    match from {
        None => download_each(wanted, None, timeout, &mut found)?,
        Some(Source::Mirror(url)) => download_each(wanted, Some(url), timeout, &mut found)?,
        Some(Source::Url(url)) => found.add_all(wanted, url, &Downloader::new(timeout).get(url, MOST_BYTES)?)?,
        Some(Source::Path(path)) => {
            for file in files(path)? {
                let shown = shown(&file);
                let bytes = fs::read(&file).with_context(|| format!("{shown}: cannot be read"))?;
                found.add_all(wanted, &shown, &bytes)?;
            }
        }
    }
    Ok(found)
}

/// Downloads each CA from its own address, or from a mirror that has it under the same name.
fn download_each(wanted: &Wanted, mirror: Option<&str>, timeout: u64, found: &mut Found) -> Result<()> {
    let published: Vec<(&WantedCa, &str)> =
        wanted.cas.iter().filter(|ca| ca.pin.is_some()).filter_map(|ca| Some((ca, ca.url.as_deref()?))).collect();
    if published.is_empty() {
        return Err(usage(format!(
            "it is not known where {} publishes its CAs: get them from the vendor, and pass them with --from \
             FILE|DIR|URL; each is checked against its digest",
            wanted.title
        )));
    }
    let downloader = Downloader::new(timeout);
    for (ca, url) in published {
        let url = match mirror {
            Some(mirror) => format!("{mirror}{}", url.rsplit('/').next().unwrap_or_default()),
            None => url.to_owned(),
        };
        let certificates = certificates(&url, &downloader.get(&url, MOST_BYTES)?)?;
        let [certificate] = &certificates[..] else {
            let count = counted(certificates.len(), "certificate", "certificates");
            bail!("{url}: has {count}, expected only {}", ca.name);
        };
        let is_it = wanted.identify(certificate, &url)?.is_some_and(|known| known.name == ca.name);
        if !is_it {
            bail!("{url}: is {}, expected {}", describe(certificate), ca.name);
        }
        found.add(certificate.clone())?;
    }
    Ok(())
}

impl Found {
    fn add_all(&mut self, wanted: &Wanted, origin: &str, bytes: &[u8]) -> Result<()> {
        for certificate in certificates(origin, bytes)? {
            match wanted.identify(&certificate, origin)? {
                Some(_) => self.add(certificate)?,
                None => self.strangers.push(format!("{} in {origin}", describe(&certificate))),
            }
        }
        Ok(())
    }

    fn add(&mut self, certificate: X509) -> Result<()> {
        let digest = fingerprint(&certificate)?;
        if !self.certificates.iter().any(|other| fingerprint(other).is_ok_and(|other| other == digest)) {
            self.certificates.push(certificate);
        }
        Ok(())
    }
}

fn describe(certificate: &X509) -> String {
    format!("\"{}\"", quoted(&name_text(certificate.subject_name()), 256))
}

/// The certificates of a file in PEM, with other text around them or without, or one in DER.
fn certificates(origin: &str, bytes: &[u8]) -> Result<Vec<X509>> {
    if let Ok(certificate) = X509::from_der(bytes) {
        if certificate.to_der().is_ok_and(|der| der.len() == bytes.len()) {
            return Ok(vec![certificate]);
        }
    }
    let begun = bytes.windows(27).filter(|text| text == b"-----BEGIN CERTIFICATE-----").count();
    let certificates = X509::stack_from_pem(bytes).unwrap_or_default();
    if certificates.is_empty() || certificates.len() < begun {
        let start = quoted(&bytes[..bytes.len().min(24)], 24);
        return Err(anyhow!(
            "{origin}: is not a certificate in DER or PEM, or is cut short; it begins with \"{start}\""
        ));
    }
    Ok(certificates)
}

/// A file, or the certificate files of a directory in the order of their names.
fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let unreadable = || format!("{}: cannot be read", shown(path));
    let mut files = Vec::new();
    for entry in fs::read_dir(path).with_context(unreadable)? {
        let file = entry.with_context(unreadable)?.path();
        let ending = file.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        if ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())) {
            files.push(file);
        }
    }
    if files.is_empty() {
        bail!("{}: has no *.{} file", shown(path), ENDINGS.join(", *."));
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_a_url_a_mirror_or_a_path() {
        assert!(matches!(Source::parse("https://x/y.pem"), Ok(Source::Url(_))));
        assert!(matches!(Source::parse("HTTP://x/"), Ok(Source::Mirror(_))));
        assert!(matches!(Source::parse("./a://b"), Ok(Source::Path(_))));
        for wrong in ["", "ftp://x/y", "http://", "https:///y", "file:///y"] {
            assert!(Source::parse(wrong).is_err(), "{wrong}");
        }
    }
}
