//! `mtlsprotect ca show`: the CAs of a file or directory, and what is wrong with them.

use crate::output::{Outcome, failed, print_json, print_line, shown};
use crate::table::{Table, Width};
use crate::time;
use anyhow::Result;
use mtlsprotect_core::escape::quoted;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::trust::{Authority, CaList, Criteria, DeviceTrust, Pin, Warning, name_text};
use openssl::nid::Nid;
use openssl::pkey::Id;
use openssl::x509::X509Ref;
use serde::Serialize;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Problems are those that the module warns of when it loads the file: a CA that has expired or will soon, a key or \
digest below the security level, a certificate that is not a CA or has the name of a vendor's CA without being it, an \
intermediate whose issuer is missing.

Exit codes: 0 no problem, 1 a problem, 2 the command line is wrong, 3 the file cannot be read or is not PEM.";

/// Show device CAs: vendor, subject, expiry, key, digest, whether each is what its name says
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// A PEM file, or a directory of *.pem and *.crt files
    #[arg(value_name = "FILE|DIR")]
    path: PathBuf,
    /// OpenSSL's security level to apply, as seclevel= of MTLSProtectVendor
    #[arg(long, value_name = "LEVEL", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=5))]
    seclevel: u8,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    width: Width,
}

#[derive(Serialize)]
struct Listed {
    authorities: Vec<AuthorityRow>,
    /// Of the list as a whole.
    problems: Vec<String>,
}

#[derive(Serialize)]
struct AuthorityRow {
    vendor: Option<String>,
    subject: String,
    issuer: String,
    #[serde(serialize_with = "time::as_text")]
    expires: UnixTime,
    key: String,
    digest: String,
    sha256: String,
    /// Whether it has the digest that is built in for its name; none for a name without one.
    pin_matches: Option<bool>,
    file: String,
    problems: Vec<String>,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<Outcome> {
    let mut list = CaList::default();
    let path = &arguments.path;
    let added = if path.is_dir() { list.add_dir(path) } else { list.add_file(path) };
    added.map_err(failed)?;
    let settings = Criteria { security_level: arguments.seclevel, ..Criteria::default() };
    let mut problems = Vec::new();
    let warnings = match DeviceTrust::new(list.clone(), &[], settings, UnixTime::now()) {
        Ok(trust) => trust.warnings().to_vec(),
        Err(unusable) => {
            problems.push(unusable);
            list.warnings(UnixTime::now(), false)
        }
    };
    problems
        .extend(warnings.iter().filter(|warning| warning.certificate.is_none()).map(|warning| warning.what.clone()));
    let all = list.authorities().iter().chain(list.not_cas());
    let listed = Listed { authorities: all.map(|authority| row(authority, &warnings)).collect(), problems };
    if arguments.json {
        print_json(&listed)?;
    } else {
        print(&listed, arguments.width)?;
    }
    let is_fine = listed.problems.is_empty() && listed.authorities.iter().all(|row| row.problems.is_empty());
    Ok(Outcome::finding_if(!is_fine))
}

fn row(authority: &Authority, warnings: &[Warning]) -> AuthorityRow {
    let certificate = authority.certificate();
    let name = |name| quoted(&name_text(name), 256);
    let about = warnings.iter().filter(|warning| warning.certificate == Some(*authority.fingerprint()));
    AuthorityRow {
        vendor: authority.vendor().map(str::to_owned),
        subject: name(certificate.subject_name()),
        issuer: name(certificate.issuer_name()),
        expires: authority.expires(),
        key: key(certificate),
        digest: digest(certificate),
        sha256: authority.fingerprint().to_string(),
        pin_matches: match authority.pin() {
            Pin::Unknown => None,
            Pin::Matches => Some(true),
            Pin::Differs(_) => Some(false),
        },
        file: shown(authority.file()),
        problems: about.map(|warning| warning.what.clone()).collect(),
    }
}

/// `RSA-4096`, `EC-256`.
fn key(certificate: &X509Ref) -> String {
    let Ok(key) = certificate.public_key() else { return "unreadable".to_owned() };
    let kind = match key.id() {
        Id::RSA => "RSA",
        Id::RSA_PSS => "RSA-PSS",
        Id::EC => "EC",
        Id::DSA => "DSA",
        Id::ED25519 => "Ed25519",
        Id::ED448 => "Ed448",
        _ => "other",
    };
    format!("{kind}-{}", key.bits())
}

/// The digest of the certificate's signature.
fn digest(certificate: &X509Ref) -> String {
    let algorithm = certificate.signature_algorithm().object().nid();
    let digest = algorithm.signature_algorithms().map(|algorithms| algorithms.digest).filter(|&nid| nid != Nid::UNDEF);
    let name = digest.unwrap_or(algorithm).short_name();
    name.map_or_else(|_| "other".to_owned(), str::to_owned)
}

fn print(listed: &Listed, width: Width) -> Result<()> {
    let headings = ["vendor", "subject", "expires", "key", "digest", "pin", "file", "problems"];
    let mut rows = Table::new(&headings, &["subject", "file"]);
    for row in &listed.authorities {
        let pin = match row.pin_matches {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "-",
        };
        let problems = if row.problems.is_empty() { "-".to_owned() } else { row.problems.len().to_string() };
        let vendor = row.vendor.as_deref().unwrap_or("-");
        let expires = row.expires.day();
        let file = row.file.rsplit('/').next().unwrap_or_default();
        rows.row([vendor, &row.subject, &expires, &row.key, &row.digest, pin, file, &problems]);
    }
    rows.print(width)?;
    // They are sentences, for which a table has no room.
    let of_rows = listed
        .authorities
        .iter()
        .flat_map(|row| row.problems.iter().map(move |problem| format!("{} ({}): {problem}", row.subject, row.file)));
    for problem in of_rows.chain(listed.problems.iter().cloned()) {
        print_line("")?;
        print_line(&problem)?;
    }
    Ok(())
}
