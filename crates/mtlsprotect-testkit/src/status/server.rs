//! A server on loopback that shows a status, as the module's handler does.

use crate::status::fleet::Fleet;
use mtlsprotect_status::asked::Asked;
use mtlsprotect_status::html::content_security_policy;
use mtlsprotect_status::model::Status;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// The server; its threads end with the test's process.
pub struct Server {
    port: u16,
    shown: Arc<Mutex<(Status, Fleet)>>,
}

impl Server {
    /// Shows this.
    pub fn start(status: Status, fleet: Fleet) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let server = Server { port, shown: Arc::new(Mutex::new((status, fleet))) };
        let shown = Arc::clone(&server.shown);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shown = Arc::clone(&shown);
                // a client that goes away is not the server's failure
                thread::spawn(move || answer(&stream, &shown));
            }
        });
        server
    }

    /// From now on shows something else.
    pub fn change(&self, change: impl FnOnce(&mut Status, &mut Fleet)) {
        let mut shown = self.shown.lock().expect("no thread panicked");
        let (status, fleet) = &mut *shown;
        change(status, fleet);
    }

    /// The URL with a query string.
    pub fn url(&self, query: &str) -> String {
        format!("http://127.0.0.1:{}/status?{query}", self.port)
    }
}

fn answer(mut stream: &TcpStream, shown: &Mutex<(Status, Fleet)>) -> Option<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let fields: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let target = first.split(' ').nth(1)?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if path != "/status" {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").ok();
    }
    let is_accept = |line: &&String| line.to_ascii_lowercase().starts_with("accept:");
    let accept = fields.iter().find(is_accept).map_or("", |line| &line["accept:".len()..]);
    let asked = match Asked::of(query.as_bytes(), accept.as_bytes()) {
        Ok(asked) => asked,
        Err(bad) => {
            return write!(stream, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n{}\n", bad.0).ok();
        }
    };
    let (status, fleet) = shown.lock().ok()?.clone();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Security-Policy: {}\r\nCache-Control: no-store\r\nConnection: \
         close\r\n\r\n",
        asked.format.content_type(),
        content_security_policy()
    )
    .ok()?;
    mtlsprotect_status::show(status, &fleet, &asked, &mut stream).ok()
}
