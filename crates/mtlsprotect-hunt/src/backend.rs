//! The applications behind Apache: HTTP over TCP and over a Unix socket, and FastCGI. They serve any
//! phone's file to whoever asks, and tell the hunt which they were asked for.

use crate::decoding::decode;
use crate::fastcgi;
use crate::phones::secret;
use crate::reader::{Asked, Reader};
use crate::readers::numbered;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{fs, thread};
use tempfile::TempDir;

/// What an application was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The phone whose file it gave or changed.
    pub mac: &'static str,
    /// It was changed.
    pub wrote: bool,
}

/// What all connections of a backend share.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<Event>>>);

impl Log {
    fn add(&self, event: Event) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    /// What was asked for since the last call.
    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The applications, which run as long as the program does.
pub struct Backend {
    /// HTTP.
    pub http: u16,
    /// FastCGI.
    pub fastcgi: u16,
    /// HTTP over a Unix socket.
    pub socket: PathBuf,
    /// What they were asked for.
    pub log: Log,
    _dir: TempDir,
}

/// No read of a connection waits longer.
const PATIENCE: Duration = Duration::from_secs(20);

impl Backend {
    /// Starts them on loopback.
    pub fn start() -> Backend {
        let log = Log::default();
        let http = TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
        let fastcgi = TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
        let dir = tempfile::Builder::new().prefix("hunt-").tempdir().expect("a temporary directory");
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("a directory of ours");
        let socket = dir.path().join("app.sock");
        let unix = UnixListener::bind(&socket).expect("a socket in a new directory");
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o777)).expect("a socket of ours");
        let port = |listener: &TcpListener| listener.local_addr().expect("a bound socket has an address").port();
        let backend = Backend { http: port(&http), fastcgi: port(&fastcgi), socket, log: log.clone(), _dir: dir };
        let (first, second, third) = (log.clone(), log.clone(), log);
        thread::spawn(move || serve(http.incoming(), |stream: TcpStream| answer_tcp(stream, &first)));
        thread::spawn(move || serve(unix.incoming(), |stream: UnixStream| answer_unix(stream, &second)));
        thread::spawn(move || serve(fastcgi.incoming(), |stream: TcpStream| answer_fastcgi(stream, &third)));
        backend
    }

    /// Fills in the placeholders `{backend}`, `{fastcgi}` and `{socket}`.
    pub fn fill(&self, text: &str) -> String {
        text.replace("{backend}", &self.http.to_string())
            .replace("{fastcgi}", &self.fastcgi.to_string())
            .replace("{socket}", &self.socket.display().to_string())
    }
}

/// One connection after another: the hunt sends one request at a time.
fn serve<S>(incoming: impl Iterator<Item = std::io::Result<S>>, answer: impl Fn(S)) {
    incoming.flatten().for_each(answer);
}

fn answer_tcp(stream: TcpStream, log: &Log) {
    let _ = stream.set_read_timeout(Some(PATIENCE));
    answer_http(stream, log);
}

fn answer_unix(stream: UnixStream, log: &Log) {
    let _ = stream.set_read_timeout(Some(PATIENCE));
    answer_http(stream, log);
}

fn answer_fastcgi(mut stream: TcpStream, log: &Log) {
    let _ = stream.set_read_timeout(Some(PATIENCE));
    let Some(parameters) = fastcgi::read(&mut stream) else { return };
    let value =
        |name: &str| parameters.iter().find(|(key, _)| key == name.as_bytes()).map_or(&b""[..], |(_, value)| value);
    let path = [value("SCRIPT_FILENAME"), value("PATH_INFO")].concat();
    let asked = Asked {
        path: path.strip_prefix(b"proxy:fcgi://").unwrap_or(&path).to_vec(),
        query: value("QUERY_STRING").to_vec(),
        cookie: value("HTTP_COOKIE").to_vec(),
        agent: value("HTTP_USER_AGENT").to_vec(),
        host: value("HTTP_HOST").to_vec(),
        headers: parameters
            .iter()
            .filter_map(|(name, value)| Some((variable(name.strip_prefix(b"HTTP_")?), value.clone())))
            .collect(),
    };
    let body = answer(&asked, value("REQUEST_METHOD"), log);
    fastcgi::write(&mut stream, format!("Content-Type: text/plain\r\n\r\n{body}").as_bytes());
}

fn answer_http<S: Read + Write>(stream: S, log: &Log) {
    let mut stream = BufReader::new(stream);
    let Some((method, target, headers)) = head(&mut stream) else { return };
    let header = |name: &str| {
        let found = headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes()));
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let length = String::from_utf8_lossy(&header("Content-Length")).parse().unwrap_or(0_u64);
    let mut body = Vec::new();
    let _ = stream.by_ref().take(length).read_to_end(&mut body);
    // of an absolute URI, as a proxy is asked, the authority is the host
    let (host, target) = match target.strip_prefix(b"http://") {
        Some(rest) => {
            let slash = rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len());
            (rest[..slash].to_vec(), rest[slash..].to_vec())
        }
        None => (header("Host"), target),
    };
    let query = target.iter().position(|&byte| byte == b'?');
    let asked = Asked {
        path: decode(&target[..query.unwrap_or(target.len())], false, false),
        query: query.map(|at| target[at + 1..].to_vec()).unwrap_or_default(),
        cookie: header("Cookie"),
        agent: header("User-Agent"),
        host,
        headers: headers.iter().map(|(name, value)| (variable(name), value.clone())).collect(),
    };
    let body = answer(&asked, &method, log);
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nLast-Modified: Mon, 23 Nov 2026 10:00:00 GMT\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let body = if method == b"HEAD" { "" } else { &body };
    let _ = stream.get_mut().write_all((head + body).as_bytes());
}

/// What application servers make of a header's name: capitals, and underscores for dashes.
fn variable(name: &[u8]) -> String {
    String::from_utf8_lossy(name).to_ascii_uppercase().replace('-', "_")
}

type Head = (Vec<u8>, Vec<u8>, Vec<(Vec<u8>, Vec<u8>)>);

fn head(input: &mut impl BufRead) -> Option<Head> {
    let mut line = || {
        let mut line = Vec::new();
        input.read_until(b'\n', &mut line).ok().filter(|&length| length > 0)?;
        Some(line.trim_ascii_end().to_vec())
    };
    let first = line()?;
    let mut words = first.splitn(3, |&byte| byte == b' ').map(<[u8]>::to_vec);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let field = line()?;
        if field.is_empty() {
            return Some((method, target, headers));
        }
        let colon = field.iter().position(|&byte| byte == b':')?;
        headers.push((field[..colon].to_vec(), field[colon + 1..].trim_ascii().to_vec()));
    }
}

/// Serves the phone that the application at this path makes of the request.
fn answer(asked: &Asked, method: &[u8], log: &Log) -> String {
    let wrote = !matches!(method, b"GET" | b"HEAD" | b"OPTIONS");
    let Some((reader, path)) = application(&asked.path) else { return "no application here\n".to_owned() };
    let asked = Asked { path, ..asked.clone() };
    match reader.read(&asked) {
        Some(mac) => {
            log.add(Event { mac, wrote });
            if wrote { "written\n".to_owned() } else { secret(mac, "application") }
        }
        None => "whose?\n".to_owned(),
    }
}

/// Which of the readers a path says, and what comes after: `/r3/` or `/r3.php/`.
fn application(path: &[u8]) -> Option<(Reader, Vec<u8>)> {
    let text = String::from_utf8_lossy(path).into_owned();
    let at = text.find("/r")?;
    let rest = &text[at + 2..];
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let reader = numbered(digits.parse().ok()?)?;
    let rest = &rest[digits.len()..];
    let after = rest.strip_prefix(".php").unwrap_or(rest);
    // bytes that are not UTF-8 stay as they are
    let start = path.len() - after.len().min(path.len());
    Some((reader, path[start..].to_vec()))
}
