//! The `mtlsprotect` command, on the same core as the module. A library, so that fuzzing reaches the readers of logs.

pub mod audit;
mod ca;
mod check;
mod device;
mod download;
mod explain;
mod learned;
mod lists;
mod lock;
mod macs;
mod names;
mod output;
mod pki;
mod progress;
mod replace;
mod site;
mod status;
mod table;
mod time;

use anyhow::{Context, Result};
use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use output::{Outcome, ReaderGone, Usage, printed, shown, warn};
use std::io::{self, Write};
use std::process::ExitCode;

const EXIT_CODES: &str = "\
Exit codes:
  0  all is well
  1  something was found that you should know: a problem, a refusal, a phone that is not ready
  2  the command line is wrong; of status also: something is critical
  3  it could not be done: a file, a server or the network failed";

/// Device certificates and mod_mtlsprotect: whom it trusts, what it decides and has decided
#[derive(Parser)]
#[command(name = "mtlsprotect", version, after_help = EXIT_CODES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fetch and show the CAs of phone vendors
    #[command(subcommand)]
    Ca(ca::Command),
    /// Show what the module decides for a certificate and a URL, rule by rule
    Explain(explain::Arguments),
    /// Read logs: which devices fetch what, what would be denied, who is ready
    Audit(audit::Arguments),
    /// Walk a directory and show whose each file is, and what is doubtful
    Names(names::Arguments),
    /// Check what strangers, and a device, get from a live server
    Check(check::Arguments),
    /// Ask live servers who is refused, who is ready, and what needs attention
    Status(status::Arguments),
    /// Block, allow, exempt or forget devices, or let them send passwords
    #[command(subcommand)]
    Device(device::Command),
    /// Share and show which devices have proven themselves
    #[command(subcommand)]
    Learned(learned::Command),
    /// Make a PKI for trying things out
    #[command(subcommand)]
    Pki(pki::Command),
    /// Print the completions for a shell
    Completions(Completions),
    /// Write the manual pages to a directory
    Man(Man),
}

#[derive(Args)]
struct Completions {
    /// The shell
    shell: Shell,
}

#[derive(Args)]
struct Man {
    /// An existing directory
    dir: std::path::PathBuf,
}

/// Does what the command line says.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            warn(error.render().to_string().trim_end());
            return ExitCode::from(2);
        }
        // help or version output
        Err(asked) => return ended(printed(asked.print()).map(|()| Outcome::Fine)),
    };
    ended(match cli.command {
        Command::Ca(command) => ca::run(&command),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Audit(arguments) => audit::run(&arguments),
        Command::Names(arguments) => names::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Status(arguments) => status::run(&arguments),
        Command::Device(command) => device::run(&command),
        Command::Learned(command) => learned::run(&command),
        Command::Pki(command) => pki::run(&command),
        Command::Completions(arguments) => completions(arguments.shell),
        Command::Man(arguments) => man(&arguments),
    })
}

fn ended(result: Result<Outcome>) -> ExitCode {
    match result {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Finding) => ExitCode::from(1),
        Ok(Outcome::Critical) => ExitCode::from(2),
        Ok(Outcome::Unknown) => ExitCode::from(3),
        // (as with | head): there is nothing left to say.
        Err(error) if error.is::<ReaderGone>() => ExitCode::SUCCESS,
        Err(error) => {
            warn(&format!("mtlsprotect: {error:#}"));
            ExitCode::from(if error.is::<Usage>() { 2 } else { 3 })
        }
    }
}

fn completions(shell: Shell) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "mtlsprotect", &mut script);
    printed(io::stdout().lock().write_all(&script))?;
    Ok(Outcome::Fine)
}

fn man(arguments: &Man) -> Result<Outcome> {
    let shown = shown(&arguments.dir);
    clap_mangen::generate_to(Cli::command(), &arguments.dir)
        .with_context(|| format!("{shown}: the manual pages cannot be written"))?;
    Ok(Outcome::Fine)
}
