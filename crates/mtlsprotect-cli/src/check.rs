//! `mtlsprotect check`: what strangers get from a live server, and a device.

mod ask;
mod balancer;
mod challenge;
mod client;
mod deadline;
mod judge;
mod passwords;
mod url;

use crate::output::{Outcome, counted, print_json, print_line, shown, usage};
use crate::table::{Table, Width};
use anyhow::{Context, Result, bail};
use ask::{ServerAnswer, ask_plain, ask_tls, ask_twice};
use client::{Authorities, Client, ClientKey, Version};
use deadline::Deadline;
use judge::{AnswerRow, Meaning, SessionKind};
use mtlsprotect_core::Mac;
use mtlsprotect_core::built_in::KnownPrefixes;
use mtlsprotect_core::forwarded::ProxyLine;
use mtlsprotect_core::names::{Headers, Named, Naming, Outside, RequestTarget};
use passwords::{OVER_HTTP, Users};
use serde::Serialize;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

const AFTER_HELP: &str = "\
Use the URL of a device's file that exists: what a server does with a file that is not there says little. \
The self-signed certificate is made on the spot and has the MAC that the URL names as its Common Name. \
Nothing is written anywhere, and the requests are GETs.

Exit codes: 0 strangers get nothing, and the device what it should; 1 somebody gets what he should not, or the \
device does not get its file; 2 the command line is wrong; 3 the server cannot be reached, speaks no TLS there, or \
has not answered everything in time.";

/// Check what strangers, and a device, get from a live server
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    // no doc comment: rustdoc would look for a link
    #[arg(value_parser = Url::parse, help = "https://HOST[:PORT]/PATH of a device's file")]
    url: Url,
    /// A device's certificate in PEM, its intermediates after it
    #[arg(long, value_name = "FILE")]
    cert: Option<PathBuf>,
    /// Its private key in PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// Play a balancer, by the words of MTLSProtectProxy: send the certificate of --cert in its header, over plain HTTP to
    /// --http-port. Run it where the balancer is
    #[arg(long, value_name = "ADDRESS... certificate=...", requires = "cert", conflicts_with_all = ["key", "through"])]
    via: Option<ProxyLine>,
    /// The URL is a balancer's, by the words of MTLSProtectProxy: send the certificate of --cert in its header without
    /// having its key, and see whether the header arrives
    #[arg(long, value_name = "ADDRESS... certificate=...", requires = "cert", conflicts_with = "key")]
    through: Option<ProxyLine>,
    /// The device has a password and no certificate: USER:PASSWORD in the first line of this file, another device's in the
    /// second; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cert", "key", "via", "through"])]
    passwords: Option<PathBuf>,
    /// The CA of the server's own certificate, in PEM, instead of the system's: a password is sent to no server that
    /// is not trusted
    #[arg(long, value_name = "FILE", requires = "passwords")]
    server_ca: Option<PathBuf>,
    /// Ask this address instead of the host's, for a server that is not in DNS yet
    #[arg(long, value_name = "ADDRESS")]
    resolve: Option<IpAddr>,
    /// The port on which plain HTTP is tried
    #[arg(long, value_name = "PORT", default_value_t = 80, value_parser = clap::value_parser!(u16).range(1..))]
    http_port: u16,
    /// Seconds until the whole check is aborted
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    width: Width,
}

#[derive(Serialize)]
struct CheckReport {
    url: String,
    address: String,
    /// The device that the URL names.
    names: Option<String>,
    rows: Vec<AnswerRow>,
    notes: Vec<String>,
}

/// Where to send which request, and until when.
#[derive(Clone)]
struct Endpoint {
    host: String,
    address: SocketAddr,
    http: SocketAddr,
    path: String,
    /// Header lines of the request besides its own, each with its end.
    headers: String,
    /// The device that the URL names, none where it names nobody or several.
    names: Option<Mac>,
    names_nobody: bool,
    deadline: Deadline,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<Outcome> {
    let target = Endpoint::of(arguments)?;
    let users = arguments.passwords.as_deref().map(Users::read).transpose()?;
    let rows = rows(arguments, &target, users.as_ref())?;
    let is_given_away = rows.iter().any(|row| row.is_finding && row.meaning == Meaning::Served);
    // Plain HTTP alone says nothing of the URL that was asked for, unless it gives the file away.
    if arguments.via.is_none() && !is_given_away && !rows.iter().any(|row| row.is_tls) {
        bail!(
            "{}: TLS could not be established: {}",
            target.address,
            rows.first().map_or("", |row| row.answer.as_str())
        );
    }
    let mut notes = notes(&target, &rows, arguments.via.is_some());
    if let Some(users) = &users {
        notes.extend(passwords::notes(&target, users, &rows));
    }
    let report = CheckReport {
        url: arguments.url.text.clone(),
        address: target.address.to_string(),
        names: target.names.map(|mac| mac.to_string()),
        notes,
        rows,
    };
    if arguments.json {
        print_json(&report)?;
    } else {
        print(&report, arguments.width)?;
    }
    let is_finding = report.rows.iter().any(|row| row.is_finding);
    let open = report.rows.iter().filter(|row| row.meaning == Meaning::Unanswered).count();
    if open > 0 && !is_finding {
        let questions = counted(open, "question has", "questions have");
        bail!("{}: out of time: {questions} no answer; allow more with --timeout", target.address);
    }
    Ok(Outcome::finding_if(is_finding))
}

/// Everybody's answers.
fn rows(arguments: &Arguments, target: &Endpoint, users: Option<&Users>) -> Result<Vec<AnswerRow>> {
    if let (Some(line), Some(cert)) = (&arguments.via, &arguments.cert) {
        return balancer::via(target, line, &balancer::read_certificates(cert)?);
    }
    if let (Some(line), Some(cert)) = (&arguments.through, &arguments.cert) {
        return balancer::through(target, line, &balancer::read_certificates(cert)?);
    }
    let device = device(arguments)?;
    let server = Authorities(arguments.server_ca.clone());
    let by_password = users.map(|users| passwords::rows(target, users, &server)).transpose()?;
    let mut rows = strangers(target, users.is_some())?;
    rows.extend(by_password.into_iter().flatten());
    if let Some(device) = device {
        rows.extend(device_rows(target, &device));
    }
    Ok(rows)
}

impl Endpoint {
    fn of(arguments: &Arguments) -> Result<Self> {
        let Url { host, port, path, .. } = arguments.url.clone();
        let deadline = Deadline::after(Duration::from_secs(arguments.timeout));
        let of = |port: u16| match arguments.resolve {
            Some(address) => Ok(SocketAddr::new(address, port)),
            None => deadline.resolve(&host, port).with_context(|| format!("{host}: has no address")),
        };
        let named = named(&host, &path);
        Ok(Endpoint {
            address: of(port)?,
            http: of(arguments.http_port)?,
            names: match named {
                Named::One(mac) => Some(mac),
                Named::Nobody | Named::Several => None,
            },
            names_nobody: named == Named::Nobody,
            deadline,
            host,
            path,
            headers: String::new(),
        })
    }

    /// The same with more headers, `NAME: VALUE`.
    fn with_headers(&self, headers: &[String]) -> Self {
        Endpoint { headers: headers.iter().map(|header| format!("{header}\r\n")).collect(), ..self.clone() }
    }
}

/// The devices that a request for a path of this host names, as the module sees it.
fn named(host: &str, path: &str) -> Named {
    let known = KnownPrefixes::built_in();
    let request = Outside {
        target: &RequestTarget::of(path.as_bytes()),
        reads: true,
        headers: Headers { host: host.as_bytes(), ..Headers::default() },
        values: &[],
        naming: &Naming::with_defaults(&known),
        sender: None,
    };
    request.names_of_anybody().named()
}

fn device(arguments: &Arguments) -> Result<Option<ClientKey>> {
    let Some(cert) = &arguments.cert else { return Ok(None) };
    let key = arguments.key.as_ref().ok_or_else(|| usage("--cert needs --key, the device's private key"))?;
    let read = |file: &PathBuf| fs::read(file).with_context(|| format!("{}: cannot be read", shown(file)));
    let proof = ClientKey::read(&read(cert)?, &read(key)?);
    Ok(Some(
        proof
            .with_context(|| format!("{} and {}: are not a certificate and its key in PEM", shown(cert), shown(key)))?,
    ))
}

/// Everybody who should get nothing.
fn strangers(target: &Endpoint, has_password: bool) -> Result<Vec<AnswerRow>> {
    let name = target.names.map_or_else(|| "stranger".to_owned(), |mac| mac.to_string());
    let own = ClientKey::self_signed(&name)?;
    let none = || Client::new(target);
    let signed = || none().proving(&own);
    let mut rows = Vec::new();
    let mut add =
        |who: &str, answer: ServerAnswer| rows.push(AnswerRow::of_stranger(who, answer, !target.names_nobody));
    for version in Version::ALL {
        add("without a certificate", ask_tls(&none().speaking(version)));
        let [first, resumed] = ask_twice(&signed().speaking(version));
        add("self-signed", first);
        add("self-signed, session resumed", resumed);
    }
    add("without SNI, without a certificate", ask_tls(&none().without_sni()));
    add("without SNI, self-signed", ask_tls(&signed().without_sni()));
    rows.push(match (has_password, ask_plain(target)) {
        (true, answer) => AnswerRow::of_plain_http(OVER_HTTP, answer),
        (false, answer) => AnswerRow::of_stranger(OVER_HTTP, answer, !target.names_nobody),
    });
    Ok(rows)
}

/// The device itself, in each version, at first and resumed.
fn device_rows(target: &Endpoint, device: &ClientKey) -> Vec<AnswerRow> {
    let mut rows = Vec::new();
    for version in Version::ALL {
        let [first, resumed] = ask_twice(&Client::new(target).proving(device).speaking(version));
        rows.push(AnswerRow::of_device("the device", first));
        rows.push(AnswerRow::of_device("the device, session resumed", resumed));
    }
    rows.push(AnswerRow::of_device(
        "the device, without SNI",
        ask_tls(&Client::new(target).proving(device).without_sni()),
    ));
    rows
}

fn notes(target: &Endpoint, rows: &[AnswerRow], is_http: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if rows.iter().any(|row| row.is_finding && row.who.starts_with("the device, by ")) {
        notes.push(
            "the device is not served by the balancer's word: is this machine's address in MTLSProtectProxy? The server's \
             error log says more"
                .to_owned(),
        );
    }
    if rows.iter().any(|row| row.is_finding && row.who.starts_with("the device's certificate in ")) {
        notes.push(
            "a header that a client sent counts: have the balancer delete it on every listener before it sets its own"
                .to_owned(),
        );
    }
    if target.names_nobody {
        notes.push(
            "the URL names no device: MTLSProtectOtherFiles says who may read such a file; check the URL of a \
             device's own file too"
                .to_owned(),
        );
    }
    let status = |status: u16| rows.iter().any(|row| row.status == Some(status));
    if status(404) {
        notes.push("404: the file is not there, so this says little; use one that is".to_owned());
    }
    if status(421) {
        notes.push(
            "421 without SNI: phones that send no server name are refused; let the first virtual host of the address \
             ask for certificates as this one does"
                .to_owned(),
        );
    }
    if !is_http && !rows.iter().any(|row| row.is_tls) {
        notes.push("no handshake was completed at all: does the server speak TLS there?".to_owned());
    }
    if rows.iter().any(|row| row.judged == SessionKind::NotResumed) {
        notes.push(
            "not resumed: the server issued no session, or did not accept it again; that is not a hole".to_owned(),
        );
    }
    notes
}

fn print(report: &CheckReport, width: Width) -> Result<()> {
    let names = report.names.as_deref().unwrap_or("no single device");
    print_line(&format!("{} at {}, names {names}", report.url, report.address))?;
    print_line("")?;
    let mut rows = Table::new(&["who", "protocol", "answer", "means"], &["answer"]);
    for row in &report.rows {
        rows.row([&row.who, &row.protocol, &row.answer, row.means()]);
    }
    rows.print(width)?;
    for note in &report.notes {
        print_line("")?;
        print_line(note)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_device_of_a_url_is_the_modules() {
        let device = Named::One(Mac::parse(b"0004f2aabbcc").unwrap());
        assert_eq!(named("pbx.example", "/cfg/0004F2AABBCC.cfg"), device);
        assert_eq!(named("pbx.example", "/cfg?mac=00-04-f2-aa-bb-cc"), device);
        assert_eq!(named("pbx.example", "/0004f2aabbcc/0004f2aabbdd"), Named::Several);
        assert_eq!(named("pbx.example", "/sip.ld"), Named::Nobody);
        assert_eq!(named("0004f2aabbcc.pbx.example", "/sip.ld"), device);
    }
}
