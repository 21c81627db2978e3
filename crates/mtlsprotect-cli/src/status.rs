//! `mtlsprotect status`: what live servers know of the fleet.

mod ask;
mod print;
mod together;

use crate::output::{Outcome, one_line, print_json};
use crate::table::Width;
use anyhow::Result;
use ask::Url;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_status::findings::{Level, Limits, USUAL, findings};
use mtlsprotect_status::report::Report;
use mtlsprotect_status::serial::maybe_time;
use mtlsprotect_status::sum::Sum;
use serde::Serialize;

const AFTER_HELP: &str = "\
Each URL is that of a handler mtlsprotect-status. Several servers are added up, and a device that more than one of them \
knows counts once. Proxies: http_proxy, https_proxy, no_proxy.

For cron and Nagios the first line says the worst, and the exit code is that of their plugins.

Exit codes: 0 all is well; 1 something needs attention; 2 something is critical, or the command line is wrong; 3 a \
server can't be asked, and nothing is critical.";

/// Ask live servers who is refused, who is ready, and what needs attention
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    // no doc comment: rustdoc would look for a link
    #[arg(required = true, value_name = "URL", value_parser = Url::parse, help = "http[s]://HOST[:PORT]/PATH of the status")]
    urls: Vec<Url>,
    /// Show the devices whose MAC begins with this: 0004f2, or a whole MAC
    #[arg(long, value_name = "PREFIX", value_parser = ask::prefix)]
    prefix: Option<String>,
    /// Warn this many days before a CA expires
    #[arg(long, value_name = "DAYS", default_value_t = USUAL.days, value_parser = clap::value_parser!(i64).range(0..=36500))]
    days: i64,
    /// Warn of more refused devices than these
    #[arg(long, value_name = "NUMBER", default_value_t = USUAL.refused)]
    refused: u64,
    /// Warn of more requests than these in an hour that name another device than their sender
    #[arg(long, value_name = "NUMBER", default_value_t = USUAL.mismatches)]
    mismatches: u64,
    /// Warn of more requests than these in an hour with a wrong password
    #[arg(long, value_name = "NUMBER", default_value_t = USUAL.wrong_passwords)]
    wrong_passwords: u64,
    /// Seconds until a server's answer is given up
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    width: Width,
}

/// All that is printed.
#[derive(Serialize)]
struct Answer {
    servers: Vec<Server>,
    findings: Vec<Found>,
    #[serde(flatten)]
    sum: Sum,
    /// The devices were asked for.
    #[serde(skip)]
    has_devices: bool,
}

/// One of the servers.
#[derive(Serialize)]
struct Server {
    url: String,
    version: Option<String>,
    #[serde(with = "maybe_time")]
    now: Option<UnixTime>,
    #[serde(with = "maybe_time")]
    counting_since: Option<UnixTime>,
    /// Why it could not be asked.
    error: Option<String>,
}

/// Something that needs attention.
#[derive(Serialize)]
struct Found {
    level: &'static str,
    server: String,
    text: String,
    #[serde(skip)]
    is_critical: bool,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<Outcome> {
    let answer = Answer::of(arguments);
    if arguments.json {
        print_json(&answer)?;
    } else {
        print::print(&answer, arguments.width)?;
    }
    Ok(answer.outcome())
}

impl Answer {
    /// Asks all servers.
    fn of(arguments: &Arguments) -> Self {
        let &Arguments { days, refused, mismatches, wrong_passwords, .. } = arguments;
        let limits = Limits { days, refused, mismatches, wrong_passwords };
        let prefix = arguments.prefix.as_deref();
        let ask = |url| (url, ask::ask(url, prefix, arguments.timeout));
        let mut asked: Vec<_> = arguments.urls.iter().map(ask).collect();
        let rollout = together::rollout(&mut asked, arguments.timeout);
        let (mut servers, mut found, mut reports) = (Vec::new(), Vec::new(), Vec::new());
        for (url, report) in asked {
            servers.push(Server::of(url, &report));
            let Ok(report) = report else { continue };
            found.extend(findings(&report.status, &limits).into_iter().map(|finding| Found {
                level: if finding.level == Level::Critical { "critical" } else { "warning" },
                is_critical: finding.level == Level::Critical,
                server: url.text.clone(),
                text: finding.text,
            }));
            reports.push(report);
        }
        found.sort_by_key(|found| !found.is_critical);
        Answer { servers, findings: found, sum: Sum::of(reports, rollout), has_devices: prefix.is_some() }
    }

    fn outcome(&self) -> Outcome {
        if self.findings.iter().any(|found| found.is_critical) {
            Outcome::Critical
        } else if self.servers.iter().any(|server| server.error.is_some()) {
            Outcome::Unknown
        } else {
            Outcome::finding_if(!self.findings.is_empty())
        }
    }
}

impl Server {
    fn of(url: &Url, report: &Result<Report>) -> Self {
        let status = report.as_ref().ok().map(|report| &report.status);
        Server {
            url: url.text.clone(),
            version: status.map(|status| status.version.clone()),
            now: status.map(|status| status.now),
            counting_since: status.map(|status| status.counting_since),
            error: report.as_ref().err().map(|error| one_line(&format!("{error:#}"))),
        }
    }
}
