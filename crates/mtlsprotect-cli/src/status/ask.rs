//! One server is asked.

use crate::download::Downloader;
use anyhow::{Error, Result, anyhow};
use mtlsprotect_core::{Mac, hex_value};
use mtlsprotect_status::device::Device;
use mtlsprotect_status::report::{self, Report};
use std::io::ErrorKind;

/// A URL of a status.
#[derive(Clone, Debug)]
pub struct Url {
    /// As it was given.
    pub text: String,
}

impl Url {
    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rest = match text.split_once("://") {
            Some((scheme, rest)) if ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) => rest,
            _ => return Err("expected http:// or https://".to_owned()),
        };
        if rest.is_empty() || rest.starts_with(['/', '?', ':', '#']) {
            return Err("has no host".to_owned());
        }
        if text.contains(|character: char| character.is_whitespace() || character.is_control()) {
            return Err("has white space in it".to_owned());
        }
        Ok(Url { text: text.to_owned() })
    }

    /// The same with further parameters.
    fn with(&self, parameters: &str) -> String {
        let text = self.text.split('#').next().unwrap_or_default();
        let joint = if text.contains('?') { '&' } else { '?' };
        format!("{text}{joint}{parameters}")
    }
}

/// The beginning of a MAC, as the server has it.
///
/// # Errors
/// It is not one.
pub fn prefix(text: &str) -> Result<String, String> {
    let digits: String = text.chars().filter(|character| !":-.".contains(*character)).collect();
    let are_digits = digits.bytes().all(|digit| hex_value(digit).is_some());
    if digits.is_empty() || digits.len() > Mac::DIGITS || !are_digits {
        return Err("is not the beginning of a MAC: at most 12 hex digits".to_owned());
    }
    Ok(digits.to_ascii_lowercase())
}

/// Asks for everything, and of the devices for those with a prefix.
///
/// # Errors
/// The server can't be reached, refuses, or says something else.
pub fn ask(url: &Url, prefix: Option<&str>, timeout: u64) -> Result<Report> {
    let parameters = match prefix {
        None => "format=json&devices=no".to_owned(),
        Some(prefix) => format!("format=json&prefix={prefix}"),
    };
    let json = Downloader::new(timeout).open(&url.with(&parameters))?;
    Report::read(json).map_err(|error| not_read(url, timeout, &error))
}

/// Asks for all devices in brief, and hands each on as it comes, by MAC.
///
/// # Errors
/// As [`ask`]; what was handed on before is not all.
pub fn devices(url: &Url, timeout: u64, tell: &mut dyn FnMut(Device) -> Result<(), String>) -> Result<()> {
    let json = Downloader::new(timeout).open(&url.with("format=json&devices=brief"))?;
    report::read(json, tell).map(drop).map_err(|error| not_read(url, timeout, &error))
}

fn not_read(url: &Url, timeout: u64, error: &serde_json::Error) -> Error {
    let url = &url.text;
    match error.io_error_kind() {
        // What a socket's timeout is called (socket(7), SO_RCVTIMEO), and the whole transfer's.
        Some(ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            anyhow!("{url}: the answer was not whole after {timeout} seconds; give it more by --timeout")
        }
        Some(_) => anyhow!("{url}: the answer ended early: {error}"),
        None => anyhow!("{url}: is not the JSON of a status: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_keeps_its_own_parameters() {
        let with = |text: &str| Url::parse(text).unwrap().with("format=json");
        assert_eq!(with("https://x/status"), "https://x/status?format=json");
        assert_eq!(with("HTTP://x:8080/status?a=b#c"), "HTTP://x:8080/status?a=b&format=json");
        for wrong in
            ["", "x/status", "ftp://x/", "http://", "https:///x", "https://:80/", "https://x/a b", "https://x/\n"]
        {
            assert!(Url::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_prefix_is_written_as_people_write_it() {
        assert_eq!(prefix("00:04:F2").unwrap(), "0004f2");
        assert_eq!(prefix("0004.f2aa.bbcc").unwrap(), "0004f2aabbcc");
        for wrong in ["", ":", "phone", "0004f2aabbcc0", "é"] {
            assert!(prefix(wrong).is_err(), "{wrong}");
        }
    }
}
