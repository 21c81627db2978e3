//! Lists of devices: from the command line, a file or the standard input.

use crate::output::usage;
use anyhow::{Context, Result, bail};
use mtlsprotect_core::Mac;
use mtlsprotect_core::escape::quoted;
use std::collections::HashSet;
use std::io::{self, Read};

/// A word of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MacArgument {
    /// A device.
    Mac(Mac),
    /// Those of the standard input.
    Input,
}

/// Reads a device's MAC.
///
/// # Errors
/// It is not one.
pub fn parse_mac(text: &str) -> Result<Mac, String> {
    Mac::of_device(text.as_bytes()).ok_or_else(|| "not a device's MAC address, which has 12 hex digits".to_owned())
}

/// Reads a device's MAC, or `-`.
///
/// # Errors
/// It is neither.
pub fn parse_argument(text: &str) -> Result<MacArgument, String> {
    if text == "-" { Ok(MacArgument::Input) } else { parse_mac(text).map(MacArgument::Mac) }
}

/// The devices of the command line in their order, each once.
///
/// # Errors
/// Standard input has a line that is not a device, or has none at all.
pub fn collect(words: &[MacArgument]) -> Result<Vec<Mac>> {
    if words.iter().filter(|&&word| word == MacArgument::Input).count() > 1 {
        return Err(usage("- stands for the standard input, which can be read once"));
    }
    let mut all = Vec::new();
    for word in words {
        match word {
            MacArgument::Mac(mac) => all.push(*mac),
            MacArgument::Input => all.extend(of_input()?),
        }
    }
    let mut seen = HashSet::new();
    all.retain(|&mac| seen.insert(mac));
    Ok(all)
}

/// The devices of the standard input.
///
/// # Errors
/// A line is not a device, or there is none at all.
pub fn of_input() -> Result<Vec<Mac>> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).context("the standard input cannot be read")?;
    of_lines(&bytes, "the standard input")
}

/// The devices of a list, one per line, in its order and each once.
///
/// # Errors
/// The line that is not a device, or that there is none at all.
pub fn of_lines(bytes: &[u8], shown: &str) -> Result<Vec<Mac>> {
    let mut macs = Vec::new();
    let mut seen = HashSet::new();
    for (number, line) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
        let text = line.split(|&byte| byte == b'#').next().unwrap_or_default().trim_ascii();
        if text.is_empty() {
            continue;
        }
        let Some(mac) = Mac::of_device(text) else {
            bail!(
                "{shown}:{number}: \"{}\" is not a device's MAC address; write one per line, like 0004f2aabbcc",
                quoted(text, 64)
            );
        };
        if seen.insert(mac) {
            macs.push(mac);
        }
    }
    if macs.is_empty() {
        bail!("{shown}: has no MAC address; write one per line, like 0004f2aabbcc");
    }
    Ok(macs)
}
