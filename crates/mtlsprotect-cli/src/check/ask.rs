//! One request, and what came of it.

use super::Endpoint;
use super::challenge::Challenge;
use super::client::Client;
use super::deadline::Bounded;
use httparse::{EMPTY_HEADER, Response, Status};
use openssl::ssl::{Ssl, SslSession, SslStream, SslVerifyMode};
use openssl::x509::X509VerifyResult;
use std::io::{self, Read, Write};
use std::net::Ipv6Addr;

/// More than any answer's head.
const MOST_HEAD: usize = 64 * 1024;
/// Header fields that are looked at.
const MOST_FIELDS: usize = 128;

/// What a client got in return.
pub struct ServerAnswer {
    /// What was spoken: `TLS 1.3`, `HTTP`.
    pub protocol: String,
    /// The server spoke TLS, whatever came of it.
    pub is_tls: bool,
    /// The handshake resumed a session.
    pub resumed: bool,
    /// It was to be resumed.
    pub should_resume: bool,
    /// Why the server's certificate is not trusted, where that is looked at; there is no answer then.
    pub distrust: Option<String>,
    /// The head of the answer, or why there is none.
    pub head: Result<Head, Failure>,
}

/// The head of an answer.
pub struct Head {
    /// The status code.
    pub status: u16,
    /// Where a redirect leads.
    pub location: Option<String>,
    /// The ways in which a password is asked for.
    pub asks: Vec<Challenge>,
}

/// Why there is no answer.
pub enum Failure {
    /// Nobody listens.
    Unreachable(String),
    /// The connection ended before an answer.
    Dropped(String),
    /// The time for the whole check was over before.
    OutOfTime,
}

impl ServerAnswer {
    /// The ways in which it asks for a password.
    pub fn asks(&self) -> Vec<Challenge> {
        self.head.as_ref().map(|head| head.asks.clone()).unwrap_or_default()
    }
}

/// Asks on a new TLS connection.
pub fn ask_tls(client: &Client<'_>) -> ServerAnswer {
    let [first, _] = ask(client, false);
    first
}

/// Asks on a full handshake, then on a resumed one.
pub fn ask_twice(client: &Client<'_>) -> [ServerAnswer; 2] {
    ask(client, true)
}

fn ask(client: &Client<'_>, twice: bool) -> [ServerAnswer; 2] {
    let failed = |error: String, should_resume| ServerAnswer {
        protocol: "TLS".to_owned(),
        is_tls: false,
        resumed: false,
        should_resume,
        distrust: None,
        head: Err(Failure::Dropped(error)),
    };
    let (context, sessions) = match client.context() {
        Ok(made) => made,
        Err(error) => return [failed(format!("{error:#}"), false), failed(format!("{error:#}"), true)],
    };
    let on = |session: Option<&SslSession>, should_resume| match client.ssl(&context, session) {
        Ok(ssl) => over_tls(client.target, ssl, should_resume),
        Err(error) => failed(format!("{error:#}"), should_resume),
    };
    let first = on(None, false);
    let session = sessions.lock().ok().and_then(|mut last| last.take());
    let second = match session {
        _ if !twice => failed("not asked".to_owned(), true),
        // Without a session there is no other way in: it is asked again, and reported as not resumed.
        session => on(session.as_ref(), true),
    };
    [first, second]
}

/// Asks in plain HTTP.
pub fn ask_plain(target: &Endpoint) -> ServerAnswer {
    let mut answer = ServerAnswer {
        protocol: "HTTP".to_owned(),
        is_tls: false,
        resumed: false,
        should_resume: false,
        distrust: None,
        head: Err(Failure::Dropped(String::new())),
    };
    answer.head = match target.deadline.connect(target.http) {
        Err(error) => Err(unreachable(target, &error)),
        Ok(mut stream) => get(&mut stream, target, target.http.port(), 80).map_err(|error| dropped(target, &error)),
    };
    answer
}

fn over_tls(target: &Endpoint, ssl: Ssl, should_resume: bool) -> ServerAnswer {
    let mut answer = ServerAnswer {
        protocol: "TLS".to_owned(),
        is_tls: false,
        resumed: false,
        should_resume,
        distrust: None,
        head: Err(Failure::Unreachable(String::new())),
    };
    match target.deadline.connect(target.address) {
        Ok(stream) => speak(&mut answer, target, ssl, stream),
        Err(error) => answer.head = Err(unreachable(target, &error)),
    }
    answer
}

fn speak(answer: &mut ServerAnswer, target: &Endpoint, ssl: Ssl, stream: Bounded) {
    let mut stream = match SslStream::new(ssl, stream) {
        Ok(stream) => stream,
        Err(error) => {
            answer.head = Err(Failure::Dropped(error.to_string()));
            return;
        }
    };
    if let Err(error) = stream.connect() {
        // A server that insists on a certificate shows its own before it hangs up.
        answer.is_tls = stream.ssl().peer_certificate().is_some();
        let verified = stream.ssl().verify_result();
        let is_distrusted = stream.ssl().verify_mode() != SslVerifyMode::NONE && verified != X509VerifyResult::OK;
        answer.distrust = is_distrusted.then(|| verified.error_string().to_owned());
        answer.head = Err(dropped(target, &io::Error::other(format!("in the handshake: {error}"))));
        return;
    }
    answer.is_tls = true;
    answer.protocol = stream.ssl().version_str().replace("TLSv", "TLS ");
    answer.resumed = stream.ssl().session_reused();
    answer.head = get(&mut stream, target, target.address.port(), 443).map_err(|error| dropped(target, &error));
    // Without a goodbye OpenSSL would not resume the session.
    let _ = stream.shutdown();
}

fn unreachable(target: &Endpoint, error: &io::Error) -> Failure {
    if target.deadline.is_over() { Failure::OutOfTime } else { Failure::Unreachable(error.to_string()) }
}

fn dropped(target: &Endpoint, error: &io::Error) -> Failure {
    if target.deadline.is_over() { Failure::OutOfTime } else { Failure::Dropped(error.to_string()) }
}

/// One GET; the head of its answer.
fn get(stream: &mut (impl Read + Write), target: &Endpoint, port: u16, default_port: u16) -> io::Result<Head> {
    let host = match target.host.parse::<Ipv6Addr>() {
        Ok(address) => format!("[{address}]"),
        Err(_) => target.host.clone(),
    };
    let port = if port == default_port { String::new() } else { format!(":{port}") };
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {host}{port}\r\nUser-Agent: mtlsprotect/{}\r\nAccept: */*\r\nConnection: close\r\n{}\r\n",
        target.path,
        env!("CARGO_PKG_VERSION"),
        target.headers,
    );
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut received = Vec::new();
    let mut part = [0; 4096];
    loop {
        let count = stream.read(&mut part)?;
        if count == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "closed without an answer"));
        }
        received.extend_from_slice(&part[..count]);
        if let Some(head) = parse(&received)? {
            return Ok(head);
        }
        if received.len() > MOST_HEAD {
            return Err(io::Error::other("the head of the response has no end"));
        }
    }
}

/// The head of an answer, once it is whole.
fn parse(received: &[u8]) -> io::Result<Option<Head>> {
    let mut fields = [EMPTY_HEADER; MOST_FIELDS];
    let mut response = Response::new(&mut fields);
    match response.parse(received) {
        Ok(Status::Complete(_)) => {}
        Ok(Status::Partial) => return Ok(None),
        Err(error) => return Err(io::Error::other(format!("not an HTTP response: {error}"))),
    }
    let of = |name: &'static str| response.headers.iter().filter(move |field| field.name.eq_ignore_ascii_case(name));
    let location = of("location").next().map(|field| mtlsprotect_core::escape::quoted_uri(field.value, 256));
    let asks = of("www-authenticate").flat_map(|field| Challenge::all(field.value)).collect();
    Ok(response.code.map(|status| Head { status, location, asks }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_head_is_read_when_it_is_whole() {
        let whole = b"HTTP/1.1 302 Found\r\nLocation: https://x/\x1b\r\n\r\nbody";
        assert!(parse(&whole[..20]).unwrap().is_none());
        assert!(
            parse(b"HTTP/1.1 302 Found\r\nLocation: https://x/\r\n\r\n").unwrap().unwrap().location.unwrap()
                == "https://x/"
        );
        assert!(parse(b"SSH-2.0-OpenSSH\r\n").is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_fail(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = parse(&bytes);
        }
    }
}
