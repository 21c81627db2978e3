//! `mtlsprotect ca`: the CAs of phones' vendors.

mod fetch;
mod show;

use crate::output::Outcome;
use anyhow::Result;

/// Fetch and show the CAs of phone vendors
#[derive(clap::Subcommand)]
pub enum Command {
    /// Fetch a vendor's CA certificates, check them and write them as one PEM bundle
    Fetch(fetch::Arguments),
    /// Show the CAs of a file or directory, and what is wrong with them
    Show(show::Arguments),
}

/// Runs the subcommand.
pub fn run(command: &Command) -> Result<Outcome> {
    match command {
        Command::Fetch(arguments) => fetch::run(arguments),
        Command::Show(arguments) => show::run(arguments),
    }
}
