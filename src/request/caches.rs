//! What is judged stays out of shared caches.

use crate::certificate::sender;
use crate::configuration::startup::{is_cache_loaded, may_be_cached};
use crate::httpd::Request;
use crate::module::Mtlsprotect;
use crate::request::state::RequestState;

/// Shared caches would hand one phone's file to another. mod_cache asks for this variable when an
/// answer begins; unlike `no_cache` of the request it changes nothing of the answer.
#[inline]
pub fn keep_out(request: &Request<'_>) {
    if may_be_cached() {
        keep_out_of_all(request);
    }
}

#[inline(never)]
fn keep_out_of_all(request: &Request<'_>) {
    if is_cache_loaded() {
        say_so(request);
    }
    if sender::may_be_passed_on(request) {
        keep_out_of_balancers(request);
    }
}

/// A balancer that ends TLS may be a cache too, to which nothing else says that an answer is one phone's. Beside what an
/// application says of its own: both fields count (RFC 9111, section 5.2).
#[inline(never)]
fn keep_out_of_balancers(request: &Request<'_>) {
    let mut whole = *request;
    while let Some(main) = whole.main() {
        whole = main;
    }
    whole.set_header_of_any_answer(c"Cache-Control", c"private".into());
}

#[inline(never)]
fn say_so(request: &Request<'_>) {
    let say = |request: &Request<'_>| {
        if let Some(mut environment) = request.environment() {
            environment.set(c"no-cache", c"1".into());
        }
    };
    say(request);
    // A subrequest's answer is part of its main request's, which may have begun.
    let mut whole = request.main();
    while let Some(main) = whole {
        say(&main);
        if !main.state::<Mtlsprotect>().is_some_and(RequestState::is_judged) {
            main.set_no_cache();
        }
        whole = main.main();
    }
}
