//! A web server that is right, wrong or broken, and the command that asks it.

use crate::running::Ran;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

/// What the server says to a path: the head's fields, and the body.
#[derive(Clone)]
pub struct Page {
    /// Code and words of the first line.
    pub status: &'static str,
    /// Lines of the head instead of the body's Content-Length.
    pub fields: Option<String>,
    /// What follows the head.
    pub body: Vec<u8>,
    /// The connection stays open and silent after it.
    pub stalls: bool,
}

impl Page {
    /// Success, with this body.
    pub fn ok(body: Vec<u8>) -> Self {
        Page { status: "200 OK", fields: None, body, stalls: false }
    }

    /// A head with these lines in the place of Content-Length, and a body.
    pub fn with_fields(status: &'static str, fields: &str, body: Vec<u8>) -> Self {
        Page { status, fields: Some(format!("{fields}\r\n")), body, stalls: false }
    }
}

/// A web server on loopback; its thread ends with the test's process.
pub struct Web {
    port: u16,
    pages: Arc<Mutex<HashMap<String, Page>>>,
    /// The targets of all requests so far.
    pub asked: Arc<Mutex<Vec<String>>>,
}

impl Web {
    /// Listens on a port of its own.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let web = Web { port: listener.local_addr().unwrap().port(), pages: Arc::default(), asked: Arc::default() };
        let (pages, asked) = (Arc::clone(&web.pages), Arc::clone(&web.asked));
        thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming().flatten() {
                silent.extend(serve(stream, &pages, &asked));
            }
        });
        web
    }

    /// From now on says this to a path.
    pub fn serve(&self, path: &str, answer: Page) {
        self.pages.lock().unwrap().insert(path.to_owned(), answer);
    }

    /// The URL of a path of it.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

/// Answers one request; the connection where it is to stay open.
fn serve(mut stream: TcpStream, pages: &Mutex<HashMap<String, Page>>, asked: &Mutex<Vec<String>>) -> Option<TcpStream> {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let Some(Ok(first)) = lines.next() else { return None };
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let target = first.split(' ').nth(1).unwrap_or_default().to_owned();
    asked.lock().unwrap().push(target.clone());
    let path = target.split("://").last().map_or(target.clone(), |rest| rest[rest.find('/').unwrap_or(0)..].to_owned());
    let not_found = Page { status: "404 Not Found", ..Page::ok(b"<html>no</html>".to_vec()) };
    let answer = pages.lock().unwrap().get(&path).cloned().unwrap_or(not_found);
    let fields = answer.fields.unwrap_or_else(|| format!("Content-Length: {}\r\n", answer.body.len()));
    let head = format!("HTTP/1.1 {}\r\n{fields}Connection: close\r\n\r\n", answer.status);
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&answer.body));
    answer.stalls.then_some(stream)
}

/// Runs the command with this proxy or none, whatever the environment of the tests has.
pub fn run_through<A: AsRef<OsStr>>(proxy: Option<&str>, arguments: impl IntoIterator<Item = A>) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mtlsprotect"));
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    command.envs(proxy.map(|proxy| ("http_proxy", proxy)));
    command.env("COLUMNS", "1000");
    let output = command.args(arguments).stdin(Stdio::null()).output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs the command without a proxy.
pub fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Ran {
    run_through(None, arguments)
}
