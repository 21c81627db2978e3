//! `mtlsprotect explain`: the module's own verdict, rule by rule.

mod asked_url;
mod trace;
mod user;
mod via;

use crate::learned;
use crate::lists::ListOptions;
use crate::output::{Outcome, counted, failed, print_json, print_line, shown, usage};
use crate::site::{SiteOptions, SiteSettings};
use crate::table::{Table, Width};
use crate::time;
use anyhow::{Context, Result, bail};
use asked_url::AskedUrl;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use mtlsprotect_core::Fingerprint;
use mtlsprotect_core::built_in::vendor_of;
use mtlsprotect_core::decision::{
    Asked, DeviceFile, DeviceList, Mode, OtherFiles, Policy, Proven, Sender, Verdict, reads, searched_as,
};
use mtlsprotect_core::escape::quoted;
use mtlsprotect_core::forwarded::ProxyLine;
use mtlsprotect_core::learned::{LearnedList, ProvenByList};
use mtlsprotect_core::names::{Headers, Hidden, IdentityPattern, Names, Naming, Outside, Searched, Texts};
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::trust::{Distrust, fingerprint, name_text, validity};
use mtlsprotect_core::vendors::{Vendors, Vouched};
use openssl::x509::{X509, X509Ref};
use serde::Serialize;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use trace::{Facts, Step};
use via::Client;

/// Bytes shown of a subject or issuer.
const NAME_SHOWN: usize = 256;

const AFTER_HELP: &str = "\
Example:
  mtlsprotect explain --ca poly.pem --cert phone.pem --url https://pbx.example/0004f2aabbcc.cfg

Judges what is in the URL. The module also judges what mod_rewrite, an Alias, DirectoryIndex or a script makes of it, \
which only the server knows; specify with --named-by what an expression of MTLSProtectNamedBy would make of it.

Exit codes: 0 the request is allowed, 1 it is refused, 2 the command line is wrong, 3 a file cannot be read.";

/// Show what the module decides for a certificate and a URL, rule by rule
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// The device's certificate, PEM or DER; further ones in a PEM file are sent along. Without this option the client
    /// has none
    #[arg(long, value_name = "FILE")]
    cert: Option<PathBuf>,
    /// A balancer, as MTLSProtectProxy: "192.0.2.10 certificate=nginx:X-Client-Cert"; it speaks for the client by --header
    #[arg(long, value_name = "ADDRESS... certificate=...", conflicts_with = "cert")]
    via: Option<ProxyLine>,
    /// A header that the balancer sends; repeatable
    #[arg(long, value_name = "NAME: VALUE", requires = "via", value_parser = via::parse_header)]
    header: Vec<(String, String)>,
    /// The URL that it requests; without this option, a file that names nobody
    #[arg(long, value_name = "URL", default_value = "/", hide_default_value = true, value_parser = AskedUrl::parse)]
    url: AskedUrl,
    /// The method of the request
    #[arg(long, default_value = "GET", value_parser = parse_token)]
    method: String,
    /// Its User-Agent
    #[arg(long, value_name = "TEXT", default_value = "")]
    user_agent: String,
    /// Its cookies
    #[arg(long, value_name = "TEXT", default_value = "")]
    cookie: String,
    /// The value that an expression of MTLSProtectNamedBy has for the request; repeatable
    #[arg(long, value_name = "VALUE")]
    named_by: Vec<String>,
    /// The client's address, for exemptions
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::UNSPECIFIED))]
    from: IpAddr,
    #[command(flatten)]
    lists: Box<ListOptions>,
    #[command(flatten)]
    site: Box<SiteOptions>,
    /// Who may read what names no device, as MTLSProtectOtherFiles
    #[arg(long, value_name = "WHO", value_parser = other_files(), default_value = "device")]
    other_files: OtherFiles,
    /// The device file, as MTLSProtectDeviceFile
    #[arg(long, value_name = "FILE")]
    device_file: Option<PathBuf>,
    /// The device file is closed
    #[arg(long, requires = "device_file")]
    closed: bool,
    /// The learned file, as MTLSProtectLearnedFile: judges as MTLSProtect Learn does
    #[arg(long, value_name = "FILE")]
    learned: Option<PathBuf>,
    /// Whether a password may take the place of a certificate, as MTLSProtectPassword: On or until=DATE needs --learned,
    /// and judges as MTLSProtect On does
    #[arg(long, value_name = "WHEN", value_parser = user::parse_passwords, default_value = "Off")]
    password: user::Setting,
    /// The user whose password came with the request, which is checked by httpd: a device's MAC
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Where the MAC stands in that name, as pattern= of MTLSProtectPassword
    #[arg(long, value_name = "REGEX", requires = "user", value_parser = IdentityPattern::new)]
    user_pattern: Option<IdentityPattern>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    width: Width,
}

/// What is printed.
#[derive(Serialize)]
struct Explanation {
    certificate: Option<Certificate>,
    request: Request,
    rules: Vec<Step>,
    /// `allow`, `deny`, or `would-deny` where only watched vendors are concerned, or `MTLSProtect Learn` lets it pass.
    verdict: &'static str,
    reason: &'static str,
}

#[derive(Serialize)]
struct Certificate {
    subject: String,
    issuer: String,
    serial: String,
    sha256: String,
    #[serde(serialize_with = "time::as_text")]
    not_before: UnixTime,
    #[serde(serialize_with = "time::as_text")]
    not_after: UnixTime,
    /// Sent along with it.
    intermediates: usize,
    trusted: bool,
    vendor: Option<String>,
    mac: Option<String>,
    /// Until when it is trusted, or why it isn't.
    why: String,
}

#[derive(Serialize)]
struct Request {
    /// Where the balancer connects from that speaks for the client.
    via: Option<String>,
    method: String,
    target: String,
    names: Vec<Name>,
}

#[derive(Serialize)]
struct Name {
    mac: String,
    source: &'static str,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<Outcome> {
    if arguments.password.0.is_some() && arguments.learned.is_none() {
        return Err(usage(
            "--password needs --learned FILE: once a device has proven itself by a certificate, its password does not count",
        ));
    }
    let vendors = arguments.lists.vendors()?;
    let (sent, client) = match &arguments.via {
        None => (arguments.cert.as_deref().map(read_certificates).transpose()?, None),
        Some(line) => match via::client(line, &arguments.header) {
            Client::Certificates(sent) => (Some(sent).filter(|sent| !sent.is_empty()), None),
            other => (None, Some(other)),
        },
    };
    let site = SiteSettings::new(&arguments.site)?;
    let devices = arguments.device_file.as_deref().map(|file| DeviceFile::read(file, UnixTime::now()));
    let devices = devices.transpose().map_err(failed)?;
    let devices = devices.as_ref().map(|file| file.list(arguments.closed));
    let listed = devices.iter().flat_map(DeviceList::prefixes);
    let known = vendors.known().with(site.naming().known.iter()).with(listed);
    let learns = arguments.learned.is_some() && arguments.password.0.is_none();
    let policy = Policy {
        other_files: arguments.other_files,
        mode: if learns { Mode::Learn } else { Mode::On },
        learns,
        passwords: arguments.password.0.as_ref(),
        naming: Naming { known: &known, ..site.naming() },
        devices,
        ..site.policy()
    };
    let learned = arguments.learned.as_deref().map(learned::read).transpose()?;
    let roots: Vec<Fingerprint> = vendors.roots().iter().map(|root| root.fingerprint).collect();
    let words = learned.map(|mut file| file.learned.to_words(&roots));
    let words: Option<Vec<AtomicU64>> = words.map(|words| words.into_iter().map(AtomicU64::new).collect());
    let list = words.as_deref().map(LearnedList);
    let explanation = explain(arguments, &vendors, &policy, sent.as_deref(), client.as_ref(), list)?;
    if arguments.json {
        print_json(&explanation)?;
    } else {
        print(&explanation, arguments.width)?;
    }
    Ok(Outcome::finding_if(explanation.verdict != "allow"))
}

fn explain(
    arguments: &Arguments,
    vendors: &Vendors,
    policy: &Policy<'_>,
    sent: Option<&[X509]>,
    client: Option<&Client>,
    list: Option<LearnedList<'_>>,
) -> Result<Explanation> {
    let url = &arguments.url;
    // A balancer says itself that the client came without TLS.
    let is_tls = if arguments.via.is_some() { !matches!(client, Some(Client::Plain)) } else { url.is_tls };
    let judged = match (client, sent) {
        (Some(Client::Unreadable(distrust)), _) => Some(Err(distrust.clone())),
        (_, Some([leaf, chain @ ..])) if is_tls => Some(vendors.judge(leaf, chain, UnixTime::now())),
        _ => None,
    };
    let (sender, member, distrust) = match &judged {
        None => (if is_tls { Sender::NoCertificate } else { Sender::PlainHttp }, None, None),
        Some(judged) => sender_of(vendors, judged),
    };
    let (names, hidden) = names(arguments, policy, url, sender);
    let method = arguments.method.as_bytes();
    let leaf = sent.and_then(|sent| Some(fingerprint(sent.first()?).ok()?.first_bits()));
    let proven = list.map(|list| ProvenByList { list, vendors: Some(vendors), leaf });
    let proven = proven.as_ref().map(|proven| proven as &dyn Proven);
    let asked = Asked {
        method,
        names: &names,
        sender,
        from: arguments.from,
        now: UnixTime::now(),
        proven,
        user: user::of(arguments.user.as_deref(), arguments.user_pattern.as_ref()),
    };
    let path = Texts { filename: &url.target().uri, ..Texts::default() };
    let in_path = names.are_in(&path, &policy.naming);
    let facts = Facts { policy: *policy, asked, vendors, hidden, in_path, member, distrust };
    let (rules, verdict) = facts.steps();
    let (verdict, reason) = match verdict {
        Verdict::Allow(reason) => ("allow", reason),
        Verdict::Deny(reason) if facts.passes(reason) => ("would-deny", reason),
        Verdict::Deny(reason) => ("deny", reason),
        Verdict::NotJudged => bail!("the mode is Off, though it was set On"),
    };
    let certificate = match (sent, judged.as_ref()) {
        (Some([leaf, chain @ ..]), judged) => Some(certificate(leaf, chain.len(), judged, &facts)?),
        _ => None,
    };
    let request = Request {
        via: arguments.via.as_ref().map(|line| line.addresses().collect::<Vec<_>>().join(",")),
        method: quoted(method, 32),
        target: quoted(url.sent.as_bytes(), 2048),
        names: names.found().map(|(mac, source)| Name { mac: mac.to_string(), source: source.as_str() }).collect(),
    };
    Ok(Explanation { certificate, request, rules, verdict, reason: reason.as_str() })
}

/// Who sends, by what the lists say of the certificate; which list vouches for it, or why none does.
fn sender_of<'a>(
    vendors: &'a Vendors,
    judged: &'a Result<Vouched, Distrust>,
) -> (Sender<'a>, Option<usize>, Option<&'a Distrust>) {
    match judged {
        Ok(Vouched { trusted, member, ownership, .. }) => {
            (vendors.sender(*member, trusted.mac, *ownership), Some(*member), None)
        }
        Err(distrust) => (distrust.fault.into(), None, Some(distrust)),
    }
}

/// The names that the module would find, and what is hidden besides.
fn names(arguments: &Arguments, policy: &Policy<'_>, url: &AskedUrl, sender: Sender<'_>) -> (Names, Hidden) {
    let method = arguments.method.as_bytes();
    let as_nobody = Outside {
        target: &url.target(),
        reads: reads(method),
        headers: Headers {
            host: url.host.as_bytes(),
            user_agent: arguments.user_agent.as_bytes(),
            cookie: arguments.cookie.as_bytes(),
        },
        values: &arguments.named_by,
        naming: &policy.naming,
        sender: None,
    };
    let sender = searched_as(policy, sender, method, || as_nobody.names());
    let request = Outside { sender, ..as_nobody };
    (request.names(), request.hidden())
}

fn certificate(
    leaf: &X509Ref,
    intermediates: usize,
    judged: Option<&Result<Vouched, Distrust>>,
    facts: &Facts<'_>,
) -> Result<Certificate> {
    let name = |name| quoted(&name_text(name), NAME_SHOWN);
    let (from, until) = validity(leaf).context("the certificate's validity cannot be read")?;
    let mac = facts.asked.sender.mac();
    let (trusted, why) = match judged {
        None => (false, "not looked at over plain HTTP".to_owned()),
        Some(Err(distrust)) => (false, distrust.why.clone()),
        Some(Ok(vouched)) if vouched.trusted.until == UnixTime::MAX => (true, "on any day".to_owned()),
        // a CRL's nextUpdate ends it too
        Some(Ok(vouched)) => (true, format!("at least until {}", vouched.trusted.until.day())),
    };
    let named = facts.member.and_then(|member| facts.vendors.members().get(member)?.name());
    // as the module's log says it
    let by_prefix = || mac.and_then(|mac| vendor_of(mac.oui())?.to_str().ok());
    Ok(Certificate {
        subject: name(leaf.subject_name()),
        issuer: name(leaf.issuer_name()),
        serial: leaf.serial_number().to_bn()?.to_hex_str()?.to_ascii_lowercase(),
        sha256: fingerprint(leaf)?.to_string(),
        not_before: from,
        not_after: until,
        intermediates,
        trusted,
        vendor: if trusted { named.or_else(by_prefix).map(str::to_owned) } else { None },
        mac: mac.map(|mac| mac.to_string()),
        why,
    })
}

/// A PEM file's certificates, or one in DER, the leaf first.
fn read_certificates(file: &Path) -> Result<Vec<X509>> {
    let shown = shown(file);
    let bytes = fs::read(file).with_context(|| format!("{shown}: cannot be read"))?;
    let certificates = match X509::from_der(&bytes) {
        Ok(certificate) => vec![certificate],
        Err(_) => X509::stack_from_pem(&bytes).unwrap_or_default(),
    };
    if certificates.is_empty() {
        bail!("{shown}: no certificate in PEM or DER; expected -----BEGIN CERTIFICATE-----");
    }
    Ok(certificates)
}

/// Reads a word of MTLSProtectOtherFiles.
fn other_files() -> impl TypedValueParser<Value = OtherFiles> {
    PossibleValuesParser::new(OtherFiles::ALL.map(OtherFiles::as_str)).try_map(|word| word.parse::<OtherFiles>())
}

/// A method is a token (RFC 9110, section 9.1).
fn parse_token(text: &str) -> Result<String, String> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let is_method = !text.is_empty() && text.bytes().all(is_token);
    if is_method { Ok(text.to_owned()) } else { Err("is not an HTTP method".to_owned()) }
}

fn print(explanation: &Explanation, width: Width) -> Result<()> {
    let mut facts: Vec<(&str, String)> = Vec::new();
    match &explanation.certificate {
        None => facts.push(("certificate", "none".to_owned())),
        Some(certificate) => {
            let trusted = if certificate.trusted { "yes, " } else { "no: " };
            facts.extend([
                ("certificate", certificate.subject.clone()),
                ("  issuer", certificate.issuer.clone()),
                ("  serial", certificate.serial.clone()),
                ("  sha256", certificate.sha256.clone()),
                ("  valid", format!("{} to {}", certificate.not_before.day(), certificate.not_after.day())),
                ("  sent along", counted(certificate.intermediates, "certificate", "certificates")),
                ("  trusted", format!("{trusted}{}", certificate.why)),
                ("  vendor", certificate.vendor.clone().unwrap_or_else(|| "-".to_owned())),
                ("  device", certificate.mac.clone().unwrap_or_else(|| "-".to_owned())),
            ]);
        }
    }
    let request = &explanation.request;
    facts.push(("request", format!("{} {}", request.method, request.target)));
    facts.extend(request.via.iter().map(|via| ("  via", via.clone())));
    for name in &request.names {
        facts.push(("  names", format!("{} in {}", name.mac, name.source)));
    }
    for (what, text) in facts {
        print_line(&format!("{what:<13} {text}"))?;
    }
    print_line("")?;
    let mut rules = Table::new(&["", "rule", "match", "why"], &[]);
    for step in &explanation.rules {
        let matches = match step.matches {
            Some(true) => "YES",
            Some(false) => "no",
            None => "-",
        };
        rules.row([&step.number.to_string(), step.rule, matches, &step.why]);
    }
    rules.print(width)?;
    print_line("")?;
    print_line(&format!("{} {}", explanation.verdict, explanation.reason))
}
