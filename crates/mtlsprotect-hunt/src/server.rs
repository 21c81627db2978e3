//! A server that runs a site, and its clients.

use crate::backend::{Backend, Event};
use crate::phones::{self, OTHER, OWN, Sender};
use crate::request::Request;
use crate::site::Site;
use crate::store::{Change, Store};
use mtlsprotect_testkit::tools::wait_for;
use mtlsprotect_testkit::{Client, Connection, Httpd, Poly, Response};
use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;

/// What came of a request.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The status, 0 where no answer came.
    pub status: u16,
    /// No answer had come when the client gave up waiting.
    pub hung: bool,
    /// Whose secrets the answer held.
    pub secrets: Vec<&'static str>,
    /// What the applications were asked for.
    pub events: Vec<Event>,
    /// What was written.
    pub changes: Vec<Change>,
    /// Whose files were anybody's then.
    pub open: Vec<&'static str>,
    /// Whether those of any device were, until it proves itself.
    pub learns_of_all: bool,
    /// The phone whose password it came with, where that counts.
    pub password: Option<&'static str>,
}

/// A running site.
pub struct Server<'b> {
    httpd: Httpd,
    backend: &'b Backend,
    connections: HashMap<Sender, Connection>,
    clients: HashMap<Sender, Client>,
    store: Option<Store>,
    open: Vec<&'static str>,
    passwords: Vec<&'static str>,
    learns: bool,
    learns_of_all: bool,
}

impl<'b> Server<'b> {
    /// Starts a site, with the module or without.
    pub fn start(site: &Site, backend: &'b Backend, protected: bool) -> Server<'b> {
        let httpd = site.builder(backend, protected).start();
        for (path, content) in site.parts.iter().flat_map(|part| &part.scripts) {
            let path = path.strip_prefix("docroot/").unwrap_or(path);
            httpd.write_script(path, content);
        }
        let cache = httpd.root().join("writable/cache");
        if cache.exists() {
            let _ = fs::set_permissions(cache, fs::Permissions::from_mode(0o777));
        }
        let store = Store::below(httpd.root());
        if let Some(store) = &store {
            store.restore();
        }
        let (connections, clients) = (HashMap::new(), HashMap::new());
        let learns = protected && site.mode != "Off";
        let (open, passwords) = (site.learning.open(), site.phones_with_password().to_vec());
        let learns_of_all = site.learning.is_of_all();
        let mut server = Server { httpd, backend, connections, clients, store, open, passwords, learns, learns_of_all };
        site.learning.proven().iter().for_each(|mac| server.prove(mac));
        if !server.passwords.is_empty() {
            // its password is good for nothing from now on; the other one sends a certificate sooner or later
            server.prove(OWN);
            server.passwords.push(OTHER);
        }
        backend.log.take();
        server
    }

    /// Has a phone prove itself. Its files are nobody else's from then on.
    fn prove(&mut self, mac: &'static str) {
        if self.learns {
            let phone = self.httpd.phone(&Poly::shared().phone(mac));
            phone.get(&format!("/cfg/{mac}.cfg")).unwrap_or_else(|error| panic!("{mac} proves itself: {error}"));
            // The server counts a request once it is answered.
            let learned = self.httpd.root().join("learned");
            let is_there = || fs::read_to_string(&learned).is_ok_and(|text| text.contains(&format!("\n{mac} ")));
            wait_for(|| is_there().then_some(()))
                .unwrap_or_else(|| panic!("{mac} proved itself, and nobody wrote it down"));
        }
        self.open.retain(|open| *open != mac);
    }

    /// Sends a request and says all that it did.
    pub fn send(&mut self, request: &Request) -> Outcome {
        if let Some(mac) = request.proves {
            self.prove(mac);
            self.backend.log.take();
            return Outcome { status: 200, ..Outcome::default() };
        }
        let response = self.ask(request);
        let hung = response.as_ref().is_err_and(gave_up);
        let (status, body) = response.map_or((0, Vec::new()), |response| (response.status, response.body));
        Outcome { hung, ..self.outcome(request, status, &body) }
    }

    /// What an answer gave, and what became of the files and the applications behind it.
    pub fn outcome(&self, request: &Request, status: u16, body: &[u8]) -> Outcome {
        let mut changes = Vec::new();
        if let Some(store) = self.store.as_ref().filter(|_| request.writes()) {
            changes = store.changes();
            // a lock changes no file, and would keep others out
            if !changes.is_empty() || status == 200 && request.method == "LOCK" {
                store.restore();
            }
        }
        let (secrets, events) = (phones::secrets_in(body), self.backend.log.take());
        let (open, learns_of_all) = (self.open.clone(), self.learns_of_all);
        let password = self.password(request);
        Outcome { status, secrets, events, changes, open, learns_of_all, password, ..Outcome::default() }
    }

    /// The phone whose password a request comes with, where that may count: over TLS, without a phone's certificate.
    pub fn password(&self, request: &Request) -> Option<&'static str> {
        let asks = matches!(request.sender, Sender::Stranger | Sender::Forger);
        request.password.filter(|mac| asks && self.passwords.contains(mac))
    }

    /// The ports of a request's placeholders, filled in.
    pub fn fill(&self, text: &str) -> String {
        text.replace("{https}", &self.httpd.https().to_string())
    }

    fn ask(&mut self, request: &Request) -> Result<Response, ErrorKind> {
        let target = self.fill(&request.target);
        let headers: Vec<(String, String)> =
            request.headers.iter().map(|(name, value)| (name.clone(), self.fill(value))).collect();
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        // the server may have closed a connection that was kept
        loop {
            let fresh = !self.connections.contains_key(&request.sender) || request.resumed;
            let mut connection = self.connection(request)?;
            match connection.request(&request.method, &target, &headers, request.body.as_bytes()) {
                Ok(response) => {
                    let closes = response.header("Connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
                    if !closes {
                        self.connections.insert(request.sender, connection);
                    }
                    return Ok(response);
                }
                Err(error) if fresh || gave_up(&error.kind()) => return Err(error.kind()),
                Err(_) => {}
            }
        }
    }

    fn connection(&mut self, request: &Request) -> Result<Connection, ErrorKind> {
        let sender = request.sender;
        let client = match self.connections.remove(&sender) {
            None => self.client(sender),
            Some(connection) if request.resumed && sender != Sender::Plain => {
                self.client(sender).resume(&connection.session())
            }
            Some(connection) => return Ok(connection),
        };
        client.connect().map_err(|error| error.kind())
    }

    fn client(&mut self, sender: Sender) -> Client {
        let httpd = &self.httpd;
        let made = self.clients.entry(sender).or_insert_with(|| match (sender, sender.identity()) {
            (Sender::Plain, _) => httpd.plain_client(),
            (_, Some(identity)) => httpd.phone(&identity),
            (_, None) => httpd.client(),
        });
        made.clone()
    }

    /// Whose files are anybody's now.
    pub fn open(&self) -> &[&'static str] {
        &self.open
    }

    /// The port that speaks TLS.
    pub fn https(&self) -> u16 {
        self.httpd.https()
    }

    /// A line of the log that says that a child has crashed.
    pub fn crash(&self) -> Option<String> {
        self.httpd.error_log().lines().find(|line| line.contains("exit signal")).map(str::to_owned)
    }
}

/// Whether it was the client that no longer waited.
fn gave_up(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
