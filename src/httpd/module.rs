//! A module, in safe types: what httpd calls it for.

use crate::httpd::checked::Checked;
use crate::httpd::connection::Connection;
use crate::httpd::handshake::Handshake;
use crate::httpd::pool::Pool;
use crate::httpd::request::Request;
use crate::httpd::server::Server;
use crate::httpd::slots::Slots;
use std::borrow::Cow;

/// What a hook returns to httpd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Go on with the others.
    Declined,
    /// The answer has been written.
    Done,
    /// Answer with this HTTP status.
    Status(u16),
}

/// Which part of a host's TLS the module judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judges {
    /// Nothing.
    Nothing,
    /// Tickets, by [`Module::resumes`].
    Tickets,
    /// Those, and certificates by [`Module::handshake`].
    Handshakes {
        /// A client gets one ticket of TLS 1.3 instead of OpenSSL's two.
        one_ticket: bool,
    },
}

/// The module proper.
pub trait Module: Slots {
    /// A section's configuration inside an outer one; the inner one where that says nothing.
    fn merge_dir<'c: 'd, 'd>(outer: &'d Self::Dir<'c>, inner: &'d Self::Dir<'c>) -> Cow<'d, Self::Dir<'c>>;
    /// A per-directory configuration under which everything is refused.
    fn failed_dir<'c>() -> Self::Dir<'c>;
    /// A virtual host's configuration on top of the main server's.
    fn merge_server<'c>(base: &Self::Server<'c>, own: &Self::Server<'c>) -> Self::Server<'c>;
    /// Checks and prepares the configuration, with a pool that goes before it; an error has been logged.
    fn check_config<'c: 't, 't>(checked: Checked<'c>, temporary: Pool<'t>) -> Result<(), ()>;
    /// Says what `httpd -t` should say.
    fn test_config();
    /// What the parent looks after while it waits for its children: about every ten seconds, and whenever one ends.
    fn monitor();
    /// The last preparations, with logs open; an error has been logged.
    fn post_config(checked: Checked<'_>) -> Result<(), ()>;
    /// What is judged here for a host with SSLEngine on.
    fn init_server(server: Server<'_>) -> Result<Judges, ()>;
    /// The state of a new TLS connection.
    fn new_connection() -> Self::Connection;
    /// A connection whose handshake is over.
    fn connection_ready(connection: &Connection<'_>);
    /// A connection for which a callback failed: nothing of it is trusted.
    fn connection_failed(connection: &Connection<'_>);
    /// Whether a certificate is trusted.
    fn handshake(server: &Self::Server<'_>, handshake: &Handshake<'_>) -> bool;
    /// Whether a ticket with this session data may be used; otherwise the handshake is a full one.
    fn resumes(session_data: &[u8]) -> bool;
    /// A request that has just been read, before any other module sees it, where a directive has asked for it; also one
    /// that another was redirected to.
    fn arrived(request: &Request<'_>);
    /// The access checker.
    fn access(request: &Request<'_>) -> Answer;
    /// Before all other fixups.
    fn fixups(request: &Request<'_>) -> Answer;
    /// After all other fixups, where a directive has asked for it.
    fn last_fixups(request: &Request<'_>) -> Answer;
    /// Before all other handlers.
    fn handler(request: &Request<'_>) -> Answer;
    /// What mod_status shows of the module, below a heading of its own: a table, or lines for programs.
    fn mod_status(request: &Request<'_>, is_for_programs: bool);
    /// A request of a client's that is over.
    fn logged(request: &Request<'_>);
    /// A request for which one of these failed, with what went wrong.
    fn request_failed(request: &Request<'_>, message: &str) -> Answer;
}
