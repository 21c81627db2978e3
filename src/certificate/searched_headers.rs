//! What the last headers of a connection name, or of a thread: phones send the same ones again with each request, and each
//! gate of a request sees them.

use crate::httpd::Text;
use mtlsprotect_core::Mac;
use mtlsprotect_core::names::{Headers, LONG, Names};
use std::cell::RefCell;
use std::ffi::CString;
use std::sync::{Mutex, PoisonError};

/// What the names in headers depend on besides their text: a sender, the number of the known prefixes, and where the name
/// parameters are.
pub type HeaderContext = (Option<Mac>, u64, usize);

/// The last headers that were searched.
#[derive(Default)]
pub struct SearchedHeaders(Mutex<Option<Searched>>);

/// Headers (host, User-Agent, Cookie) and the devices that they name, if they name any.
struct Searched {
    context: HeaderContext,
    headers: [CString; 3],
    names: Option<Names>,
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
        let mut searched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(searched) = searched.as_ref().filter(|searched| searched.are(headers, context)) {
            return searched.names;
        }
        let names = search();
        *searched = Some(Searched { context, headers: headers.map(Text::to_c_string), names });
        names
    }
}

impl Searched {
    fn are(&self, [host, user_agent, cookie]: [Text<'_>; 3], context: HeaderContext) -> bool {
        let [own_host, own_user_agent, own_cookie] = &self.headers;
        self.context == context && user_agent.is(own_user_agent) && host.is(own_host) && cookie.is(own_cookie)
    }
}

thread_local! {
    /// The last headers that named somebody on a connection without a state, which is one without TLS: another gate and its
    /// error page see them again.
    static NAMING: RefCell<Option<NamingHeaders>> = const { RefCell::new(None) };
}

/// Headers (host, User-Agent, Cookie) that name somebody.
struct NamingHeaders {
    context: HeaderContext,
    headers: [Vec<u8>; 3],
    names: Names,
}

/// The devices that these headers name, if they name any, on a connection without a state. Long ones are kept one by one
/// where they are searched.
pub fn names_without_state(
    headers: Headers<'_>,
    context: HeaderContext,
    search: impl FnOnce() -> Option<Names>,
) -> Option<Names> {
    let headers = [headers.host, headers.user_agent, headers.cookie];
    NAMING.with_borrow_mut(|naming| {
        let are_same = |naming: &&NamingHeaders| naming.context == context && naming.headers == headers;
        if let Some(naming) = naming.as_ref().filter(are_same) {
            return Some(naming.names);
        }
        let names = search()?;
        if headers.iter().all(|header| header.len() < LONG) {
            *naming = Some(NamingHeaders { context, headers: headers.map(<[u8]>::to_vec), names });
        }
        Some(names)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mtlsprotect_core::built_in::KnownPrefixes;
    use mtlsprotect_core::names::Naming;

    #[test]
    fn without_a_state_headers_that_name_somebody_are_searched_once() {
        let known = KnownPrefixes::built_in();
        let naming = Naming::with_defaults(&known);
        let names = |headers: Headers<'_>| Names::of_headers(&headers, &naming, None);
        let searches = |headers: Headers<'_>, sender: Option<Mac>| {
            let mut searched = 0;
            let found = names_without_state(headers, (sender, 0, 0), || {
                searched += 1;
                Some(names(headers)).filter(|names| !names.is_silent())
            });
            assert_eq!(found, Some(names(headers)).filter(|names| !names.is_silent()));
            searched
        };
        let (one, other) = ("0004f2bbbbbb", "0004f2cccccc");
        let agent = |user_agent| Headers { user_agent, ..Headers::default() };
        assert_eq!([searches(agent(one.as_bytes()), None), searches(agent(one.as_bytes()), None)], [1, 0]);
        let cookie = Headers { cookie: one.as_bytes(), ..agent(one.as_bytes()) };
        let host = Headers { host: one.as_bytes(), ..agent(one.as_bytes()) };
        for headers in [agent(other.as_bytes()), cookie, host, agent(b"nobody"), agent(b"nobody")] {
            assert_eq!(searches(headers, None), 1, "{headers:?}");
        }
        assert_eq!([searches(host, Some(Mac::from_bits(1))), searches(host, None)], [1, 1], "another sender's");
        let long = format!("{one}{}", "x".repeat(LONG));
        assert_eq!([searches(agent(long.as_bytes()), None), searches(agent(long.as_bytes()), None)], [1, 1]);
    }
}
