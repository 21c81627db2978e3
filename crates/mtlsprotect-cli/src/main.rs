//! The `mtlsprotect` command, on the same core as the module.

mod audit;
mod ca;
mod check;
mod device;
mod explain;
mod lists;
mod output;
mod pki;
mod progress;
mod replace;
mod site;

use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use output::Outcome;
use std::io;
use std::process::ExitCode;

const EXIT_CODES: &str = "\
Exit codes:
  0  all is well
  1  found what you should know of: a problem, a refusal, a phone that is not ready
  2  the command line is wrong
  3  could not be done: a file, a server or the network failed";

/// Device certificates and mod_mtlsprotect: whom it trusts, what it decides and has decided
#[derive(Parser)]
#[command(name = "mtlsprotect", version, after_help = EXIT_CODES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fetch and look at the CAs of phones' vendors
    #[command(subcommand)]
    Ca(ca::Command),
    /// Say what the module decides for a certificate and a URL, rule by rule
    Explain(explain::Arguments),
    /// Read logs: which devices fetch what, what would be denied, who is ready
    Audit(audit::Arguments),
    /// Ask a live server what strangers get from it, and a device
    Check(check::Arguments),
    /// Block, allow or exempt devices in the device file
    #[command(subcommand)]
    Device(device::Command),
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

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Ca(command) => ca::run(&command),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Audit(arguments) => audit::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Device(command) => device::run(&command),
        Command::Pki(command) => pki::run(&command),
        Command::Completions(arguments) => {
            clap_complete::generate(arguments.shell, &mut Cli::command(), "mtlsprotect", &mut io::stdout());
            Ok(Outcome::Fine)
        }
        Command::Man(arguments) => {
            clap_mangen::generate_to(Cli::command(), &arguments.dir).map(|()| Outcome::Fine).map_err(|error| {
                anyhow::anyhow!("{}: the manual pages cannot be written: {error}", arguments.dir.display())
            })
        }
    };
    match result {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Finding) => ExitCode::from(1),
        // The reader of our output is gone (| head): nothing is left to say.
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mtlsprotect: {error:#}");
            ExitCode::from(3)
        }
    }
}
