//! What a request names: in its own texts and headers, in what it continues, in what it writes.

use crate::certificate::searched_headers::{HeaderContext, names_without_state};
use crate::httpd::{Expression, Request, Snapshot};
use crate::module::Mtlsprotect;
use crate::request::named_by;
use crate::request::told::Told;
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::{Policy, reads};
use mtlsprotect_core::names::{
    Earlier, Headers, Hidden, Left, Named, Names, Searched, Texts, is_at_path, path_of_served, served,
};
use std::borrow::Cow;
use std::cell::Cell;

/// A request as it was at one moment, read for a sender under a policy.
#[derive(Clone, Copy)]
pub struct Reading<'a, 'r> {
    /// The request.
    pub request: &'a Request<'r>,
    /// As it was.
    pub snapshot: &'a Snapshot,
    /// What counts for it.
    pub policy: &'a Policy<'a>,
    /// The expressions of its section that name devices.
    pub expressions: Option<&'r [Expression<'r>]>,
    /// Who is proven to send it, whose loosely written names count too.
    pub sender: Option<Mac>,
    /// What the query names, where one that this continues has the same, and what is found.
    pub query: Option<&'a OfQuery>,
    /// What may still be looked at of what is made of texts that were searched earlier.
    pub left: Left,
}

/// What a request's query names in a sender's name, once it is known.
pub struct OfQuery {
    /// In whose name it is searched.
    pub sender: Option<Mac>,
    /// The names.
    pub names: Cell<Option<Names>>,
}

impl<'r> Searched for Reading<'_, 'r> {
    type Earlier = Request<'r>;

    #[inline]
    fn reads(&self) -> bool {
        reads(self.snapshot.method())
    }

    #[inline]
    fn in_texts(&self) -> Names {
        match self.only_path() {
            Some(path) if self.reads() => Names::of_path(path, &self.policy.naming, self.sender, self.left),
            _ => self.in_own_texts(!self.reads()),
        }
    }

    #[inline]
    fn and_by_expressions(&self, mut names: Names) -> Names {
        if let Some(expressions) = self.expressions {
            names = named_by::and_named(names, self.request, expressions, &self.policy.naming, self.sender);
        }
        names
    }

    /// Phones send the same headers again, and each gate sees them.
    #[inline]
    fn and_in_headers(&self, names: Names) -> Names {
        let found = match self.request.connection().state::<Mtlsprotect>() {
            None => self.in_headers_without_state(),
            Some(connection) => {
                let [user_agent, cookie] = self.request.headers([c"User-Agent", c"Cookie"]);
                let headers = [self.request.host(), user_agent, cookie];
                connection.headers.names(headers, self.header_context(), || self.in_headers())
            }
        };
        found.map_or(names, |found| names.and(&found))
    }

    #[inline]
    fn previous(&self) -> Option<Request<'r>> {
        self.request.previous()
    }

    #[inline]
    fn main(&self) -> Option<Request<'r>> {
        self.request.main()
    }

    #[inline(never)]
    fn names_of(&self, other: &Request<'r>) -> Names {
        let &Reading { policy, sender, .. } = self;
        let (expressions, query, left) = (named_by::expressions(other), None, left_of(other));
        let found = other.state::<Mtlsprotect>().and_then(|state| state.found_before(other, policy, sender));
        found.unwrap_or_else(|| {
            Reading { request: other, snapshot: &other.snapshot(), policy, expressions, sender, query, left }.names()
        })
    }
}

impl<'a> Reading<'a, '_> {
    /// The names in its headers, if they name any.
    #[inline(never)]
    fn in_headers(&self) -> Option<Names> {
        let names = Names::of_headers(&self.headers(), &self.policy.naming, self.sender);
        Some(names).filter(|names| !names.is_silent())
    }

    /// The same where the connection has no state, which would know its last headers.
    #[cold]
    #[inline(never)]
    fn in_headers_without_state(&self) -> Option<Names> {
        names_without_state(self.headers(), self.header_context(), || self.in_headers())
    }

    /// What the names in its headers depend on besides these.
    #[inline(always)]
    fn header_context(&self) -> HeaderContext {
        let naming = &self.policy.naming;
        (self.sender, naming.known.id(), naming.parameters.as_ptr().addr())
    }

    #[cold]
    fn headers(&self) -> Headers<'a> {
        let (user_agent, cookie) = (self.request.header(c"User-Agent"), self.request.header(c"Cookie"));
        Headers { host: self.request.host().bytes(), user_agent, cookie }
    }

    /// The path, where it is as it was sent and there is nothing beside it: no query, and the file is where it says.
    #[inline(always)]
    fn only_path(&self) -> Option<&'a [u8]> {
        let path = self.request.sent_as(self.snapshot)?;
        let is_all = self.snapshot.args().is_empty()
            && self.snapshot.path_info().is_empty()
            && is_at_path(self.snapshot.before_path()?, self.document_root(), path);
        is_all.then_some(path)
    }

    /// The names in the request's own texts.
    #[inline(always)]
    fn in_own_texts(&self, writes: bool) -> Names {
        let texts = Texts {
            // Most often the path as it is.
            sent: self.request.sent_as(self.snapshot).unwrap_or_else(|| self.request.unparsed_uri()),
            uri: self.snapshot.uri(),
            args: self.snapshot.args(),
            filename: &self.served_from(),
            path_info: self.snapshot.path_info(),
        };
        let query = self.query.filter(|query| query.sender == self.sender);
        let earlier = Earlier { query: query.and_then(|query| query.names.get()), left: self.left };
        let (names, of_query) = Names::and_of_query(&texts, &self.policy.naming, self.sender, writes, earlier);
        if let Some(query) = query {
            query.names.set(Some(of_query));
        }
        names
    }

    /// What is hidden, besides its names, in all that the request is judged by, at whichever gate: in its texts and headers,
    /// in what it continues and writes, and where it is sent on to.
    #[cold]
    #[inline(never)]
    pub fn hidden(&self, names: &Names) -> Hidden {
        let &Reading { request, policy, sender, left, .. } = self;
        let naming = &policy.naming;
        let in_texts = |texts: &Texts<'_>| Hidden::in_texts(texts, naming, sender, left);
        let texts = Texts {
            sent: request.unparsed_uri(),
            uri: self.snapshot.uri(),
            args: self.snapshot.args(),
            filename: &self.served_from(),
            path_info: self.snapshot.path_info(),
        };
        let mut hidden = in_texts(&texts).and(Hidden::in_headers(&self.headers(), naming, sender));
        if let Told::SentOnTo(handler) = Told::by_handler(request) {
            let filename = served(handler, self.document_root());
            hidden = hidden.and(in_texts(&Texts { filename: &filename, ..Texts::default() }));
        }
        if self.copies() {
            hidden = hidden.and(Hidden::in_destination(request.header(c"Destination"), naming, sender));
        }
        if let Some(expressions) = self.expressions {
            hidden = hidden.and(named_by::hidden(request, expressions, naming, sender));
        }
        let main = request.main().filter(|_| names.named() == Named::Nobody);
        request.previous().into_iter().chain(main).fold(hidden, |hidden, earlier| {
            let (snapshot, expressions, left) =
                (earlier.snapshot(), named_by::expressions(&earlier), left_of(&earlier));
            let reading =
                Reading { request: &earlier, snapshot: &snapshot, policy, expressions, sender, query: None, left };
            hidden.and(reading.hidden(names))
        })
    }

    /// The file, without the document root, or the URL that the request is sent on to.
    #[inline(always)]
    fn served_from(&self) -> Cow<'a, [u8]> {
        served(self.snapshot.filename(), self.document_root())
    }

    #[inline(always)]
    fn document_root(&self) -> &'a [u8] {
        let server = self.request.server();
        server.config::<Mtlsprotect>().document_root.unwrap_or_else(|| server.document_root())
    }

    /// Whether the file, or the URL without its query, or the path info names a device in nobody's name; `names` are the
    /// request's.
    #[inline(never)]
    pub fn is_in_what_is_served(&self, names: &Names) -> bool {
        names.are_in(&self.texts_of(&self.served_from()), &self.policy.naming)
    }

    fn texts_of<'t>(&'t self, served: &'t [u8]) -> Texts<'t> {
        Texts { filename: path_of_served(served), path_info: self.snapshot.path_info(), ..Texts::default() }
    }

    fn copies(&self) -> bool {
        matches!(self.snapshot.method(), b"COPY" | b"MOVE")
    }

    /// The names of what COPY and MOVE write, if they are asked for.
    #[inline(always)]
    pub fn destination_if(&self, is_asked_for: impl FnOnce() -> bool) -> Option<Names> {
        (self.copies() && is_asked_for())
            .then(|| Names::of_destination(self.request.header(c"Destination"), &self.policy.naming, self.sender))
    }

    /// `names` and what else the handler that will answer says that the request names or writes.
    #[inline(never)]
    pub fn as_told(&self, names: Names, told: Told<'_>) -> Names {
        match told {
            Told::Nothing => names,
            Told::SentOnTo(handler) => {
                let filename = served(handler, self.document_root());
                let texts = Texts { filename: &filename, ..Texts::default() };
                names.and(&names.of_others(&texts, &self.policy.naming, self.sender))
            }
            Told::WritesFile => {
                let served = self.served_from();
                names.in_a_write_to(&self.texts_of(&served), &self.policy.naming, self.sender)
            }
        }
    }

    /// Whether a page's own URI and file name nobody; the client's headers are still those of the request for which it
    /// is the page.
    #[inline(never)]
    pub fn is_nobodys_page(&self) -> bool {
        let names = Reading { sender: None, ..*self }
            .in_own_texts(false)
            .and(&named_by::named_by_itself(self.request, &self.policy.naming));
        names.named() == Named::Nobody && !names.is_malformed()
    }
}

/// What may still be looked at of what is made of a request's texts, after an earlier gate, or of those of one that it was
/// redirected from or is a subrequest of.
#[inline]
pub fn left_of(request: &Request<'_>) -> Left {
    let left = |request: &Request<'_>| Some(request.state::<Mtlsprotect>()?.left);
    left(request).or_else(|| left(&request.previous()?)).or_else(|| left(&request.main()?)).unwrap_or_default()
}
