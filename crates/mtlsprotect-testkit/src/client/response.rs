//! An HTTP response, read as strictly as a test needs.

use std::fmt;
use std::io::{self, BufRead, Error, ErrorKind, Read};

/// What the server answered.
#[derive(Clone)]
pub struct Response {
    /// "HTTP/1.1" or "HTTP/2".
    pub version: String,
    /// The status code.
    pub status: u16,
    /// The header fields in order.
    pub headers: Vec<(String, String)>,
    /// The body, decoded.
    pub body: Vec<u8>,
}

impl Response {
    /// The first field of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Reads one final response; interim ones (100, 103) are skipped.
    pub(super) fn read(input: &mut impl BufRead, without_body: bool) -> io::Result<Response> {
        let mut response = Response::read_head(input)?;
        while (100..200).contains(&response.status) {
            response = Response::read_head(input)?;
        }
        if !without_body && !matches!(response.status, 204 | 304) {
            response.body = response.read_body(input)?;
        }
        Ok(response)
    }

    /// What `curl --include` prints: the heads of all responses, then the last one's body as decoded by curl.
    pub(crate) fn from_curl(output: &[u8]) -> Response {
        let mut rest = output;
        loop {
            let mut response = Response::read_head(&mut rest)
                .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(output)));
            let is_interim = (100..200).contains(&response.status);
            if !is_interim {
                response.body = rest.to_vec();
                return response;
            }
        }
    }

    fn read_head(input: &mut impl BufRead) -> io::Result<Response> {
        let status_line = line(input)?;
        let mut words = status_line.splitn(3, ' ');
        let version = words.next().unwrap_or_default().to_owned();
        let status = words.next().and_then(|word| word.parse().ok());
        let Some(status) = status.filter(|_| version.starts_with("HTTP/")) else {
            return Err(invalid(format!("not a status line: {status_line:?}")));
        };
        let mut headers = Vec::new();
        loop {
            let field = line(input)?;
            if field.is_empty() {
                return Ok(Response { version, status, headers, body: Vec::new() });
            }
            let Some((name, value)) = field.split_once(':') else {
                return Err(invalid(format!("not a header field: {field:?}")));
            };
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
    }

    fn read_body(&self, input: &mut impl BufRead) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        if self.header("Transfer-Encoding").is_some_and(|value| value.contains("chunked")) {
            loop {
                let head = line(input)?;
                let digits = head.split(';').next().unwrap_or_default().trim();
                let length = usize::from_str_radix(digits, 16)
                    .map_err(|_| invalid(format!("not the length of a chunk: {head:?}")))?;
                if length == 0 {
                    while !line(input)?.is_empty() {}
                    return Ok(body);
                }
                take(input, length, &mut body)?;
                line(input)?;
            }
        }
        match self.header("Content-Length") {
            Some(value) => {
                let length = value.parse().map_err(|_| invalid(format!("not a length: {value:?}")))?;
                take(input, length, &mut body)?;
            }
            None => {
                input.read_to_end(&mut body)?;
            }
        }
        Ok(body)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {} {:?} {:?}", self.version, self.status, self.headers, self.text())
    }
}

/// A line without its end. Not necessarily UTF-8: an error page may repeat what was asked for.
fn line(input: &mut impl BufRead) -> io::Result<String> {
    let mut bytes = Vec::new();
    if input.read_until(b'\n', &mut bytes)? == 0 {
        return Err(Error::new(ErrorKind::UnexpectedEof, "the server closed the connection"));
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn take(input: &mut impl BufRead, length: usize, body: &mut Vec<u8>) -> io::Result<()> {
    let read = input.by_ref().take(length as u64).read_to_end(body)?;
    if read < length {
        return Err(Error::new(ErrorKind::UnexpectedEof, "the body is cut short"));
    }
    Ok(())
}

fn invalid(text: String) -> Error {
    Error::new(ErrorKind::InvalidData, text)
}
