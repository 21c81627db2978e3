//! What a request names or writes that only its handler knows.

use crate::httpd::Request;
use crate::request::state::Gate;
use mtlsprotect_core::decision::reads;

/// What the handler that will answer says of a request beyond its texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told<'r> {
    /// Nothing.
    Nothing,
    /// mod_dav writes the file itself. It says so in its fixups, after ours.
    WritesFile,
    /// `SetHandler proxy:URL`: the file's path is appended to this one.
    SentOnTo(&'r [u8]),
}

impl<'r> Told<'r> {
    /// By the handler.
    #[inline]
    pub fn by_handler(request: &Request<'r>) -> Self {
        match request.handler_initial() {
            b'd' | b'p' => Told::by_name(request),
            _ => Told::Nothing,
        }
    }

    fn by_name(request: &Request<'r>) -> Self {
        match request.handler() {
            b"dav-handler" if !reads(request.method()) => Told::WritesFile,
            handler if handler.starts_with(b"proxy:") => Told::SentOnTo(handler),
            _ => Told::Nothing,
        }
    }

    /// At one of the gates: before the handler's nobody can know.
    #[inline]
    pub fn at(gate: Gate, request: &Request<'r>) -> Self {
        if gate == Gate::Handler { Told::by_handler(request) } else { Told::Nothing }
    }

    /// With what is told at any gate. What a subrequest of mod_dav's writes (COPY's and MOVE's Destination, what MERGE
    /// and BIND name) reaches no handler.
    #[inline]
    pub fn or_as_subrequest(self, request: &Request<'r>) -> Self {
        if request.main().is_some() && !reads(request.method()) { Told::WritesFile } else { self }
    }
}
