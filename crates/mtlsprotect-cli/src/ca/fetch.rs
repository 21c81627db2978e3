//! `mtlsprotect ca fetch`: a vendor's CAs, each checked against its pin.

mod bundle;
mod sources;
mod wanted;

use crate::output::{Outcome, counted, one_line, print_json, print_line, printed, shown, warn};
use crate::replace::replace;
use anyhow::{Result, bail};
use bundle::Bundle;
use serde::Serialize;
use sources::Source;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use wanted::Wanted;

const AFTER_HELP: &str = "\
Examples:
  mtlsprotect ca fetch poly --output /etc/mtlsprotect/poly.pem
  mtlsprotect ca fetch yealink --from ~/yealink-cas/ --output /etc/mtlsprotect/yealink.pem
  mtlsprotect ca fetch poly --from https://mirror.example/poly/ --output poly.pem

A certificate is trusted because of its SHA-256 digest, which is built in, not because of where it came from: Poly \
publishes its CAs over plain HTTP. The bundle is written, atomically, when all CAs of the vendor are there, match and \
verify; otherwise the old one stays as it was. Proxies: http_proxy, https_proxy, no_proxy.

Exit codes: 0 done, 2 the command line is wrong, 3 something is missing, does not match or failed.";

/// Fetch a vendor's CA certificates, check them and write them as one PEM bundle
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// poly, yealink, grandstream, snom, algo, panasonic, or a vendor of --vendors
    vendor: String,
    /// Where to write the bundle [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Where to take the certificates from instead of the vendor: a file or directory of PEM or DER, the URL of a
    /// bundle, or a URL that ends in / and has the files under the vendor's names
    #[arg(long, value_name = "FILE|DIR|URL", value_parser = Source::parse)]
    from: Option<Source>,
    /// Further vendors, or other pins and addresses, in TOML as vendors.toml has them
    #[arg(long, value_name = "FILE")]
    vendors: Option<PathBuf>,
    /// Write the bundle even if some of the vendor's CAs are missing
    #[arg(long)]
    allow_missing: bool,
    /// Seconds until a download is aborted
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Print JSON about the bundle that is written
    #[arg(long, requires = "output")]
    json: bool,
}

/// What was written.
#[derive(Serialize)]
struct Written<'a> {
    file: String,
    vendor: &'a str,
    cas: usize,
    /// The file had them already.
    unchanged: bool,
    missing: Vec<&'a str>,
    /// Certificates of the source that are not the vendor's.
    left_out: &'a [String],
    warnings: &'a [String],
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<Outcome> {
    let wanted = Wanted::of(&arguments.vendor, arguments.vendors.as_deref())?;
    let found = sources::read(&wanted, arguments.from.as_ref(), arguments.timeout)?;
    for stranger in &found.strangers {
        warn(&format!("mtlsprotect: left out, not one of {}'s CAs: {}", wanted.title, one_line(stranger)));
    }
    let missing = wanted.missing(&found.certificates);
    if !missing.is_empty() {
        let what = format!("missing: {}", missing.join(", "));
        if !arguments.allow_missing || found.certificates.is_empty() {
            bail!("{}: {what}; --allow-missing writes the bundle without them", wanted.title);
        }
        warn(&format!("mtlsprotect: {}: {what}", wanted.title));
    }
    let bundle = Bundle::new(&wanted, &found.certificates)?;
    for warning in bundle.warnings() {
        warn(&format!("mtlsprotect: {warning}"));
    }
    let Some(file) = &arguments.output else {
        printed(io::stdout().lock().write_all(bundle.text().as_bytes()))?;
        return Ok(Outcome::Fine);
    };
    let unchanged = fs::read(file).is_ok_and(|old| bundle.is(&old));
    if !unchanged {
        replace(file, bundle.text().as_bytes())?;
    }
    if arguments.json {
        print_json(&Written {
            file: shown(file),
            vendor: &wanted.name,
            cas: bundle.len(),
            unchanged,
            missing,
            left_out: &found.strangers,
            warnings: bundle.warnings(),
        })?;
    } else {
        print_line(&said(file, &bundle, unchanged))?;
    }
    Ok(Outcome::Fine)
}

fn said(file: &Path, bundle: &Bundle, unchanged: bool) -> String {
    let (shown, count) = (shown(file), counted(bundle.len(), "CA", "CAs"));
    if unchanged {
        format!("{shown}: has {count} already, left as it is")
    } else {
        format!("{shown}: {count}, checked by pin and verified up to the root")
    }
}
