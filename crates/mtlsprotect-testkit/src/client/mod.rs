//! An HTTP/1.1 client over TLS that does as it is told: any certificate, any path, any session.

mod connection;
mod response;

use std::io::{self, Error};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use openssl::ssl::{Ssl, SslContext, SslMethod, SslMode, SslSession, SslSessionCacheMode, SslVerifyMode, SslVersion};

use crate::pki::Identity;
use crate::waiting::DEADLINE;

pub use connection::Connection;
pub use response::Response;

/// The latest session that the server gave; TLS 1.3 gives them whenever it likes.
pub(crate) type Sessions = Arc<Mutex<Option<SslSession>>>;

/// What to connect with. Cheap to clone and to reuse.
#[derive(Clone)]
pub struct Client {
    port: u16,
    tls: bool,
    identity: Option<Identity>,
    send_chain: bool,
    version: Option<SslVersion>,
    server_name: Option<String>,
    session: Option<SslSession>,
    tickets: bool,
}

/// One GET on a new TLS connection; panics if no answer comes.
pub fn get(port: u16, identity: &Identity, path: &str) -> Response {
    Client::new(port).identity(identity).get(path).unwrap_or_else(|error| panic!("GET {path}: {error}"))
}

impl Client {
    /// A TLS client of a port on loopback: the newest TLS both know, SNI "localhost", no certificate.
    pub fn new(port: u16) -> Client {
        Client {
            port,
            tls: true,
            identity: None,
            send_chain: true,
            version: None,
            server_name: Some("localhost".to_owned()),
            session: None,
            tickets: true,
        }
    }

    /// A client that speaks plain HTTP.
    pub fn plain(port: u16) -> Client {
        Client { tls: false, server_name: None, ..Client::new(port) }
    }

    /// The certificate to answer with.
    pub fn identity(mut self, identity: &Identity) -> Client {
        self.identity = Some(identity.clone());
        self
    }

    /// Whether to send the identity's intermediates along (it does, unless told).
    pub fn send_chain(mut self, send: bool) -> Client {
        self.send_chain = send;
        self
    }

    /// TLS 1.0 only, as old phones.
    pub fn tls10(mut self) -> Client {
        self.version = Some(SslVersion::TLS1);
        self
    }

    /// TLS 1.2 only.
    pub fn tls12(mut self) -> Client {
        self.version = Some(SslVersion::TLS1_2);
        self
    }

    /// TLS 1.3 only.
    pub fn tls13(mut self) -> Client {
        self.version = Some(SslVersion::TLS1_3);
        self
    }

    /// The name to send, also as Host.
    pub fn sni(mut self, name: &str) -> Client {
        self.server_name = Some(name.to_owned());
        self
    }

    /// Sends no name.
    pub fn no_sni(mut self) -> Client {
        self.server_name = None;
        self
    }

    /// Offers no session tickets on TLS 1.2, so that the server uses its session cache.
    pub fn no_tickets(mut self) -> Client {
        self.tickets = false;
        self
    }

    /// The session to resume, from [`Connection::session`], on each connection.
    pub fn resume(mut self, session: &SslSession) -> Client {
        self.session = Some(session.clone());
        self
    }

    /// Connects. Under TLS 1.3 a server refuses a certificate only after the client's side of the
    /// handshake is done: then the first request is what fails.
    pub fn connect(&self) -> io::Result<Connection> {
        let socket = TcpStream::connect(("127.0.0.1", self.port))?;
        socket.set_read_timeout(Some(DEADLINE))?;
        socket.set_nodelay(true)?;
        let host = self.server_name.clone().unwrap_or_else(|| "localhost".to_owned());
        if !self.tls {
            return Ok(Connection::plain(socket, host));
        }
        let sessions = Sessions::default();
        let ssl = self.ssl(&sessions)?;
        let stream = ssl.connect(socket).map_err(|error| Error::other(format!("the handshake failed: {error}")))?;
        Ok(Connection::tls(stream, host, sessions))
    }

    /// One GET on a new connection.
    pub fn get(&self, path: &str) -> io::Result<Response> {
        self.request("GET", path, &[], b"")
    }

    /// One request on a new connection.
    pub fn request(
        &self,
        method: &str,
        path: impl AsRef<[u8]>,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Response> {
        self.connect()?.request(method, path, headers, body)
    }

    fn ssl(&self, sessions: &Sessions) -> io::Result<Ssl> {
        let mut context = SslContext::builder(SslMethod::tls_client())?;
        context.set_verify(SslVerifyMode::NONE);
        // phones are old: a client that refuses RSA-1024 or SHA-1 could not play them
        context.set_security_level(0);
        context.set_cipher_list("ALL:@SECLEVEL=0")?;
        // only what the identity says is sent, never what OpenSSL finds in a system store
        context.set_mode(SslMode::NO_AUTO_CHAIN | SslMode::AUTO_RETRY);
        context.set_min_proto_version(self.version)?;
        context.set_max_proto_version(self.version)?;
        if !self.tickets {
            context.set_options(openssl::ssl::SslOptions::NO_TICKET);
        }
        if let Some(identity) = &self.identity {
            context.set_certificate(&identity.cert)?;
            context.set_private_key(&identity.key)?;
            for cert in identity.chain.iter().filter(|_| self.send_chain) {
                context.add_extra_chain_cert(cert.clone())?;
            }
        }
        context.set_session_cache_mode(SslSessionCacheMode::CLIENT | SslSessionCacheMode::NO_INTERNAL_STORE);
        let latest = Arc::clone(sessions);
        context.set_new_session_callback(move |_, session| {
            *latest.lock().expect("nobody panics with it held") = Some(session);
        });
        // SAFETY: the context is alive, and not yet shared. A phone offers this extension if its
        // TLS library does; per-directory SSLVerifyClient over TLS 1.3 needs it.
        unsafe { openssl_sys::SSL_CTX_set_post_handshake_auth(context.as_ptr(), 1) };
        let mut ssl = Ssl::new(&context.build())?;
        if let Some(name) = &self.server_name {
            ssl.set_hostname(name)?;
        }
        if let Some(session) = &self.session {
            // A copy: OpenSSL forbids to resume a session whose connection was dropped without a goodbye.
            let session = SslSession::from_der(&session.to_der()?)?;
            // SAFETY: the session must belong to a context of the same kind. All of ours are made
            // here, alike but for version and certificate, and OpenSSL checks the version itself;
            // this is what `openssl s_client -sess_in` does.
            unsafe { ssl.set_session(&session)? };
        }
        Ok(ssl)
    }
}
