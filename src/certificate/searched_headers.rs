//! What the last headers of a connection name, or of a thread: phones send the same ones again with each request, and each
//! gate of a request sees them.

use crate::httpd::Text;
use mtlsprotect_core::Mac;
use mtlsprotect_core::names::{LONG, Names};
use std::ffi::CString;
use std::sync::{Mutex, PoisonError};

/// What the names in headers depend on besides their text: a sender, the number of the known prefixes, and where the name
/// parameters are.
type HeaderContext = (Option<Mac>, u64, usize);

/// The last headers that were searched.
#[derive(Default)]
pub struct SearchedHeaders(Mutex<Option<Searched>>);

/// Headers (host, User-Agent, Cookie) and the devices that they name, if they name any.
struct Searched {
    context: HeaderContext,
    headers: [CString; 3],
    names: Option<Names>,
}

thread_local! {
    /// Those that named somebody on a connection without a state, which is one without TLS: another gate and its error page
    /// see them again.
    static NAMING: SearchedHeaders = SearchedHeaders::default();
}

impl SearchedHeaders {
    /// The devices that these headers name, if they name any: what was found the last time, where nothing has changed since.
    #[inline]
    pub fn names(
        &self,
        headers: [Text<'_>; 3],
        context: HeaderContext,
        search: impl FnOnce() -> Option<Names>,
    ) -> Option<Names> {
        self.kept_if(|_| true, headers, context, search)
    }

    /// The same of headers that come on a connection without a state. Long ones are kept one by one where they are searched.
    pub fn names_without_state(
        headers: [Text<'_>; 3],
        context: HeaderContext,
        search: impl FnOnce() -> Option<Names>,
    ) -> Option<Names> {
        let are_short = || headers.iter().all(|header| header.bytes().len() < LONG);
        NAMING.with(|naming| naming.kept_if(|names| names.is_some() && are_short(), headers, context, search))
    }

    #[inline]
    fn kept_if(
        &self,
        keeps: impl FnOnce(&Option<Names>) -> bool,
        headers: [Text<'_>; 3],
        context: HeaderContext,
        search: impl FnOnce() -> Option<Names>,
    ) -> Option<Names> {
        let mut searched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(searched) = searched.as_ref().filter(|searched| searched.are(headers, context)) {
            return searched.names;
        }
        let names = search();
        if keeps(&names) {
            *searched = Some(Searched { context, headers: headers.map(Text::to_c_string), names });
        }
        names
    }
}

impl Searched {
    fn are(&self, [host, user_agent, cookie]: [Text<'_>; 3], context: HeaderContext) -> bool {
        let [own_host, own_user_agent, own_cookie] = &self.headers;
        self.context == context && user_agent.is(own_user_agent) && host.is(own_host) && cookie.is(own_cookie)
    }
}
