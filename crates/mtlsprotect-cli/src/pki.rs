//! `mtlsprotect pki demo`: a PKI of Poly's shape with keys of its own, for trying things out.

use crate::macs::parse_mac;
use crate::output::{Outcome, counted, print_json, print_line, shown};
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use mtlsprotect_core::Mac;
use mtlsprotect_pki::{Certificate, Crl, Identity, Poly, SERVER_AUTH, Subject};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const SECRET: u32 = 0o600;
const PUBLIC: u32 = 0o644;

const README: &str = "\
FOR TESTS ONLY. Never put any of these files on a server that real phones use:
whoever has this directory can be any phone. The names of the CAs begin with TEST.

poly.pem              the device CAs: root, policy and two issuing CAs, as Poly has them
poly.crl              the first issuing CA has revoked the phone of revoked-MAC.*
server.crt, .key      for a server called localhost
phone-MAC.crt, .key   a phone; phone-MAC-chain.crt has its intermediates too
expired-MAC.*         the first phone's name, expired
revoked-MAC.*         the first phone's name, revoked
stranger-MAC.*        the first phone's name, self-signed: an attacker
site.conf             a virtual host to try them with

Try:

    mtlsprotect ca show poly.pem
    mtlsprotect explain --ca poly.pem --crl poly.crl --cert phone-MAC.crt --url https://localhost/MAC.cfg
    curl --cacert server.crt --cert phone-MAC-chain.crt --key phone-MAC.key https://localhost:8443/MAC.cfg
";

/// Make a PKI for trying things out
#[derive(Subcommand)]
pub enum Command {
    /// Write test CAs like Poly's, phones, an attacker and a server to a new directory
    Demo(Demo),
}

/// Where, and which phones.
#[derive(Args)]
#[command(
    after_help = "Everything in it is for tests, and says so: the CAs are called TEST, their keys are not kept.\n\
    Exit codes: 0 done, 2 the command line is wrong, 3 the directory is not empty or cannot be written."
)]
pub struct Demo {
    /// The directory: a new one, or an empty one
    dir: PathBuf,
    /// A phone's MAC; repeatable
    #[arg(long = "phone", value_name = "MAC", value_parser = parse_mac, default_values = ["0004f2aabbcc", "64167f001122"])]
    phones: Vec<Mac>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was made.
#[derive(Serialize)]
struct Made {
    dir: String,
    /// The MACs of the phones, the first of which has an expired, a revoked and a self-signed twin.
    phones: Vec<String>,
}

/// Runs the subcommand.
pub fn run(command: &Command) -> Result<Outcome> {
    let Command::Demo(demo) = command;
    let dir = Directory::new(&demo.dir)?;
    let poly = Poly::new();
    let phones: BTreeSet<Mac> = demo.phones.iter().copied().collect();
    dir.write("README.txt", README.as_bytes(), PUBLIC)?;
    let marked = [&poly.root, &poly.policy, &poly.issuing1, &poly.issuing2]
        .iter()
        .flat_map(|ca| [b"# FOR TESTS ONLY, made by mtlsprotect pki demo\n".to_vec(), ca.pem()].concat())
        .collect::<Vec<u8>>();
    dir.write("poly.pem", &marked, PUBLIC)?;
    for mac in &phones {
        dir.identity(&format!("phone-{mac}"), &poly.phone(&mac.to_string()))?;
    }
    let Some(first) = demo.phones.first().map(Mac::to_string) else { bail!("--phone: at least one") };
    let revoked = poly.phone(&first);
    dir.write("poly.crl", &Crl::of(&poly.issuing1).revoke(&revoked.cert).pem(), PUBLIC)?;
    dir.identity(&format!("revoked-{first}"), &revoked)?;
    dir.identity(&format!("expired-{first}"), &poly.leaf(Subject::poly(&first)).expired().issue())?;
    dir.identity(&format!("stranger-{first}"), &Certificate::leaf(Subject::poly(&first)).issue())?;
    let server = Certificate::leaf("localhost").dns_names(&["localhost"]).extended_key_usage(&[SERVER_AUTH]).issue();
    dir.identity("server", &server)?;
    for mac in &phones {
        dir.write(&format!("files/{mac}.cfg"), format!("the file of {mac}\n").as_bytes(), PUBLIC)?;
    }
    let path = fs::canonicalize(&demo.dir).context("the new directory is gone")?;
    dir.write("site.conf", site(&path).as_bytes(), PUBLIC)?;
    if demo.json {
        let others = phones.iter().map(Mac::to_string).filter(|mac| *mac != first);
        print_json(&Made { dir: shown(&demo.dir), phones: [first.clone()].into_iter().chain(others).collect() })?;
    } else {
        print_line(&format!(
            "{}: FOR TESTS ONLY: four CAs like Poly's, {}, an expired, a revoked and a self-signed one, a server\n\
             README.txt says what to try first",
            shown(&demo.dir),
            counted(phones.len(), "phone", "phones")
        ))?;
    }
    Ok(Outcome::Fine)
}

/// A virtual host that protects a folder of the directory.
fn site(dir: &Path) -> String {
    let dir = dir.display();
    format!(
        "# FOR TESTS ONLY: Include this file into a test server that has mod_ssl and mod_mtlsprotect.\n\
         MTLSProtectVendor poly \"ca={dir}/poly.pem\" \"crl={dir}/poly.crl\"\n\
         Listen 127.0.0.1:8443\n\
         <VirtualHost 127.0.0.1:8443>\n    \
             ServerName localhost\n    \
             DocumentRoot \"{dir}/files\"\n    \
             SSLEngine on\n    \
             SSLCertificateFile \"{dir}/server.crt\"\n    \
             SSLCertificateKeyFile \"{dir}/server.key\"\n    \
             SSLVerifyClient optional_no_ca\n\
         </VirtualHost>\n\
         <Directory \"{dir}/files\">\n    \
             MTLSProtect On\n    \
             Require all granted\n\
         </Directory>\n"
    )
}

struct Directory<'d>(&'d Path);

impl<'d> Directory<'d> {
    fn new(dir: &'d Path) -> Result<Self> {
        let shown = shown(dir);
        let is_free = match fs::read_dir(dir) {
            Err(error) if error.kind() == ErrorKind::NotFound => true,
            entries => entries.with_context(|| format!("{shown}: cannot be read"))?.next().is_none(),
        };
        if !is_free {
            bail!("{shown}: is not empty; name a new directory, nothing is ever overwritten");
        }
        fs::create_dir_all(dir.join("files")).with_context(|| format!("{shown}: cannot be made"))?;
        Ok(Directory(dir))
    }

    fn write(&self, name: &str, content: &[u8], mode: u32) -> Result<()> {
        let path = self.0.join(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path);
        file.and_then(|mut file| file.write_all(content))
            .with_context(|| format!("{}: cannot be written", shown(&path)))
    }

    fn identity(&self, name: &str, identity: &Identity) -> Result<()> {
        self.write(&format!("{name}.key"), &identity.key_pem(), SECRET)?;
        self.write(&format!("{name}.crt"), &identity.cert_pem(), PUBLIC)?;
        self.write(&format!("{name}-chain.crt"), &identity.chain_pem(), PUBLIC)
    }
}
