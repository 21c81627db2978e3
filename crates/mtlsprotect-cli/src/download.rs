//! Downloads: bounded, over HTTP or HTTPS, with a progress bar.

use crate::output::one_line;
use crate::progress;
use anyhow::{Context, Result, anyhow, bail};
use attohttpc::header::{CONTENT_LENGTH, USER_AGENT};
use attohttpc::{Response, Session};
use std::io::{ErrorKind, Read};
use std::time::Duration;

/// What downloads, by the proxies of the environment.
pub struct Downloader(Session);

impl Downloader {
    /// Gives up after this many seconds.
    pub fn new(timeout: u64) -> Self {
        let mut session = Session::new();
        let timeout = Duration::from_secs(timeout);
        session.timeout(timeout);
        session.connect_timeout(timeout);
        // The library's own, 30 seconds, would end a slow answer before that.
        session.read_timeout(timeout);
        session.max_redirections(5);
        session.header(USER_AGENT, concat!("mtlsprotect/", env!("CARGO_PKG_VERSION")));
        Downloader(session)
    }

    /// The whole body of the response from `url`, of at most so many bytes.
    ///
    /// # Errors
    /// It can't be reached, does not answer with success, or sends too much or less than it announced.
    pub fn get(&self, url: &str, most: u64) -> Result<Vec<u8>> {
        self.try_get(url, most).with_context(|| cannot(url))
    }

    /// The body of the response from `url`, to be read as it comes.
    ///
    /// # Errors
    /// It can't be reached, or does not answer with success.
    pub fn open(&self, url: &str) -> Result<impl Read + use<>> {
        let answer = self.0.get(url).send().and_then(Response::error_for_status);
        Ok(answer.with_context(|| cannot(url))?.split().2)
    }

    fn try_get(&self, url: &str, most: u64) -> Result<Vec<u8>> {
        let (_, headers, reader) = self.0.get(url).send()?.error_for_status()?.split();
        let total = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        let is_too_much = |length: u64| length > most;
        let too_much = || anyhow!("has more than {most} bytes");
        if total.is_some_and(is_too_much) {
            return Err(too_much());
        }
        let bar = progress::bytes(total, &one_line(url.rsplit('/').next().unwrap_or(url)));
        let mut body = Vec::new();
        let read = bar.wrap_read(reader.take(most + 1)).read_to_end(&mut body);
        bar.finish_and_clear();
        let length = body.len() as u64;
        read.map_err(|error| match error.kind() {
            // What a socket's timeout is called (socket(7), SO_RCVTIMEO).
            ErrorKind::WouldBlock => anyhow!("the transfer timed out after {length} bytes"),
            _ => anyhow!("the transfer ended after {length} bytes: {error}"),
        })?;
        if is_too_much(length) {
            return Err(too_much());
        }
        if let Some(total) = total.filter(|&total| total != length) {
            bail!("the transfer ended after {length} of {total} bytes");
        }
        Ok(body)
    }
}

fn cannot(url: &str) -> String {
    format!("{url}: cannot be downloaded")
}
