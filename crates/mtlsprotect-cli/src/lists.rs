//! The options that say whom to trust, as the directives tell the module.

use anyhow::{Result, anyhow, bail};
use clap::Args;
use mtlsprotect_core::ca_list::CaList;
use mtlsprotect_core::fleet::{Fleet, Sources};
use mtlsprotect_core::pattern::IdentityPattern;
use mtlsprotect_core::revocation::read_crls;
use mtlsprotect_core::vendor_line::VendorLine;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// Whom to trust
#[derive(Args)]
#[command(next_help_heading = "Whom to trust")]
pub struct ListOptions {
    /// Device CAs in PEM, or a directory of *.pem and *.crt files, as MTLSProtectCAFile and CAPath; repeatable
    #[arg(long, value_name = "FILE|DIR", required_unless_present = "vendor")]
    ca: Vec<PathBuf>,
    /// A vendor with its keys, as MTLSProtectVendor: "poly ca=poly.pem oui=+aabbcc"; repeatable
    #[arg(long, value_name = "NAME KEY=VALUE...")]
    vendor: Vec<String>,
    /// CRLs in PEM or DER, as MTLSProtectCRLFile; repeatable
    #[arg(long, value_name = "FILE")]
    crl: Vec<PathBuf>,
    /// The most CAs above a device's certificate, as MTLSProtectVerifyDepth
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    depth: u32,
    /// Where the MAC stands in the Common Name, as MTLSProtectIdentityPattern
    #[arg(long, value_name = "REGEX")]
    identity_pattern: Option<String>,
}

impl ListOptions {
    /// Reads the files and prepares the lists for judging.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn fleet(&self) -> Result<Fleet> {
        let mut sources = Sources::default();
        for path in &self.ca {
            let added = if path.is_dir() { sources.list.add_dir(path) } else { sources.list.add_file(path) };
            added.map_err(|error| anyhow!("{error}"))?;
        }
        for line in &self.vendor {
            let words: Vec<&str> = line.split_whitespace().collect();
            let vendor = VendorLine::read(&words, |word| PathBuf::from(word), CaList::vendors_own);
            let added = vendor.and_then(|vendor| sources.add_vendor(vendor));
            added.map_err(|error| anyhow!("--vendor \"{line}\": {error}"))?;
        }
        for file in &self.crl {
            sources.crls.extend(read_crls(file).map_err(|error| anyhow!("{error}"))?);
        }
        let pattern = self.identity_pattern.as_deref().map(IdentityPattern::new).transpose();
        let pattern = pattern.map_err(|error| anyhow!("--identity-pattern: {error}"))?;
        match Fleet::new(&sources, Some(self.depth), pattern.as_ref(), now()) {
            Ok(fleet) => Ok(fleet),
            Err(error) => bail!("{error}"),
        }
    }
}

/// Unix time.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}
