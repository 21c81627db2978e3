//! A server on loopback that shows a status, as the module's handler does.

use crate::status::fleet::Fleet;
use mtlsprotect_status::asked::Asked;
use mtlsprotect_status::html::content_security_policy;
use mtlsprotect_status::model::Status;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// The server; its threads end with the test's process.
pub struct Server {
    port: u16,
    shown: Arc<Mutex<(Status, Fleet)>>,
    accepted: Arc<Mutex<Vec<String>>>,
    is_stopped: Arc<AtomicBool>,
}

impl Server {
    /// Shows this.
    pub fn start(status: Status, fleet: Fleet) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let server = Server {
            port,
            shown: Arc::new(Mutex::new((status, fleet))),
            accepted: Arc::default(),
            is_stopped: Arc::default(),
        };
        let (shown, accepted) = (Arc::clone(&server.shown), Arc::clone(&server.accepted));
        let is_stopped = Arc::clone(&server.is_stopped);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if is_stopped.load(Ordering::Relaxed) {
                    return;
                }
                let (shown, accepted) = (Arc::clone(&shown), Arc::clone(&accepted));
                // a client that goes away is not the server's failure
                thread::spawn(move || answer(&stream, &shown, &accepted));
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

    /// Answers nobody any more.
    pub fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
        // the thread waits for somebody
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }

    /// What the requests so far accept, in their order.
    pub fn accepted(&self) -> Vec<String> {
        self.accepted.lock().expect("no thread panicked").clone()
    }

    /// The URL with a query string.
    pub fn url(&self, query: &str) -> String {
        format!("http://127.0.0.1:{}/status?{query}", self.port)
    }
}

fn answer(mut stream: &TcpStream, shown: &Mutex<(Status, Fleet)>, accepted: &Mutex<Vec<String>>) -> Option<()> {
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
    accepted.lock().ok()?.push(accept.trim().to_owned());
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
