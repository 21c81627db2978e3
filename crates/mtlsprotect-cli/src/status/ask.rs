//! One server is asked.

use crate::download::Downloader;
use anyhow::{Context, Result};
use mtlsprotect_core::{Mac, hex_value};
use mtlsprotect_status::json::Report;

/// More than a table of a million devices takes.
const MOST_BYTES: u64 = 1 << 30;

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

/// Asks for the devices with a prefix (`Some(Some)`), for none, or for all of them (`None`).
///
/// # Errors
/// The server can't be reached, refuses, or says something else.
pub fn ask(url: &Url, devices: Option<Option<&str>>, timeout: u64) -> Result<Report> {
    let parameters = match devices {
        None => "format=json".to_owned(),
        Some(None) => "format=json&devices=no".to_owned(),
        Some(Some(prefix)) => format!("format=json&prefix={prefix}"),
    };
    let json = Downloader::new(timeout, MOST_BYTES).get(&url.with(&parameters))?;
    Report::read(&json).with_context(|| format!("{}: is not the JSON of a status", url.text))
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
