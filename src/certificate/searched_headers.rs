//! What the last headers of a connection name: phones send the same ones again with each request.

use mtlsprotect_core::Mac;
use mtlsprotect_core::names::{Headers, Names};
use std::sync::{Mutex, PoisonError};

/// What the names in headers depend on besides their text: a sender, the number of the known prefixes, and where the name
/// parameters are.
type HeaderContext = (Option<Mac>, u64, usize);

/// The last headers that were searched.
#[derive(Default)]
pub struct SearchedHeaders(Mutex<Option<Searched>>);

/// Headers and the devices that they name.
struct Searched {
    context: HeaderContext,
    host: Vec<u8>,
    user_agent: Vec<u8>,
    cookie: Vec<u8>,
    names: Names,
}

impl SearchedHeaders {
    /// The devices that these headers name: what was found the last time, where nothing has changed since.
    pub fn names(&self, headers: &Headers<'_>, context: HeaderContext, search: impl FnOnce() -> Names) -> Names {
        let mut searched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(searched) = searched.as_ref().filter(|searched| searched.are(headers, context)) {
            return searched.names;
        }
        let names = search();
        *searched = Some(Searched {
            context,
            host: headers.host.to_vec(),
            user_agent: headers.user_agent.to_vec(),
            cookie: headers.cookie.to_vec(),
            names,
        });
        names
    }
}

impl Searched {
    fn are(&self, headers: &Headers<'_>, context: HeaderContext) -> bool {
        self.context == context
            && self.user_agent == headers.user_agent
            && self.host == headers.host
            && (self.cookie.is_empty() && headers.cookie.is_empty() || self.cookie == headers.cookie)
    }
}
