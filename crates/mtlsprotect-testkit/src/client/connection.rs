//! One connection, kept alive between requests.

use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;

use openssl::ssl::{SslSession, SslStream};

use super::{Response, Sessions};

/// A connection to the server.
pub struct Connection {
    stream: BufReader<Stream>,
    host: String,
    sessions: Sessions,
}

enum Stream {
    Plain(TcpStream),
    Tls(SslStream<TcpStream>),
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.read(buffer),
            Stream::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Stream {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Stream::Plain(stream) => stream.write_all(bytes),
            Stream::Tls(stream) => stream.write_all(bytes),
        }
    }
}

impl Connection {
    pub(super) fn plain(socket: TcpStream, host: String) -> Connection {
        Connection::new(Stream::Plain(socket), host, Sessions::default())
    }

    pub(super) fn tls(stream: SslStream<TcpStream>, host: String, sessions: Sessions) -> Connection {
        Connection::new(Stream::Tls(stream), host, sessions)
    }

    fn new(stream: Stream, host: String, sessions: Sessions) -> Connection {
        Connection { stream: BufReader::new(stream), host, sessions }
    }

    /// GET.
    pub fn get(&mut self, path: &str) -> io::Result<Response> {
        self.request("GET", path, &[], b"")
    }

    /// One request; the path goes out byte for byte. Host is the SNI name, or "localhost", unless given;
    /// Content-Length is added when there is a body or the method usually has one.
    pub fn request(
        &mut self,
        method: &str,
        path: impl AsRef<[u8]>,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Response> {
        let given = |name: &str| headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
        let mut head = Vec::new();
        for part in [method.as_bytes(), b" ", path.as_ref(), b" HTTP/1.1\r\n"] {
            head.extend_from_slice(part);
        }
        if !given("Host") {
            head.extend(format!("Host: {}\r\n", self.host).bytes());
        }
        let has_body = !body.is_empty() || matches!(method, "PUT" | "POST");
        if has_body && !given("Content-Length") && !given("Transfer-Encoding") {
            head.extend(format!("Content-Length: {}\r\n", body.len()).bytes());
        }
        for (name, value) in headers {
            head.extend(format!("{name}: {value}\r\n").bytes());
        }
        head.extend_from_slice(b"\r\n");
        head.extend_from_slice(body);
        self.send(&head)?;
        Response::read(&mut self.stream, method == "HEAD")
    }

    /// Sends bytes of the test's own making and reads a response.
    pub fn raw(&mut self, bytes: &[u8]) -> io::Result<Response> {
        self.send(bytes)?;
        Response::read(&mut self.stream, false)
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().send(bytes)
    }

    /// The session to resume later. Under TLS 1.3 it comes with the first response, so request
    /// something first.
    pub fn session(&self) -> SslSession {
        let latest = self.sessions.lock().expect("nobody panics with it held");
        latest.clone().expect("the server gives a session: under TLS 1.3, with its first response")
    }

    /// Whether this connection resumed a session.
    pub fn resumed(&self) -> bool {
        match self.stream.get_ref() {
            Stream::Plain(_) => false,
            Stream::Tls(stream) => stream.ssl().session_reused(),
        }
    }

    /// The TLS version spoken: "TLSv1.3".
    pub fn tls_version(&self) -> &'static str {
        match self.stream.get_ref() {
            Stream::Plain(_) => "none",
            Stream::Tls(stream) => stream.ssl().version_str(),
        }
    }
}
