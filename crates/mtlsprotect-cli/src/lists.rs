//! The options that say whom to trust, as the directives tell the module.

use crate::output::{failed, usage};
use anyhow::Result;
use clap::Args;
use mtlsprotect_core::names::IdentityPattern;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::trust::{CaList, read_crls};
use mtlsprotect_core::vendors::{LineError, Sources, VendorLine, Vendors};
use std::path::PathBuf;

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
    /// Maximum number of CAs above a device's certificate, as MTLSProtectVerifyDepth
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    depth: u32,
    /// Where the MAC stands in the Common Name, as MTLSProtectIdentityPattern
    #[arg(long, value_name = "REGEX", value_parser = IdentityPattern::new)]
    identity_pattern: Option<IdentityPattern>,
}

impl ListOptions {
    /// Reads the files and prepares the lists for judging.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn vendors(&self) -> Result<Vendors> {
        let mut sources = Sources::default();
        for path in &self.ca {
            let added = if path.is_dir() { sources.list.add_dir(path) } else { sources.list.add_file(path) };
            added.map_err(failed)?;
        }
        for line in &self.vendor {
            sources.add_vendor(vendor(line)?).map_err(|error| usage(format!("--vendor \"{line}\": {error}")))?;
        }
        for file in &self.crl {
            sources.crls.extend(read_crls(file).map_err(failed)?);
        }
        Vendors::new(&sources, Some(self.depth), self.identity_pattern.as_ref(), UnixTime::now()).map_err(failed)
    }
}

/// Reads a vendor's line and the files that it names.
fn vendor(line: &str) -> Result<VendorLine> {
    let words: Vec<&str> = line.split_whitespace().collect();
    VendorLine::read(&words, |word| PathBuf::from(word), CaList::vendors_own).map_err(|error| {
        let said = format!("--vendor \"{line}\": {error}");
        match error {
            LineError::Words(_) => usage(said),
            LineError::File(_) => failed(said),
        }
    })
}
