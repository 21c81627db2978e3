//! What is judged stays out of shared caches.

use crate::configuration::startup::is_cache_loaded;
use crate::httpd::Request;
use crate::module::Mtlsprotect;
use crate::request::state::RequestState;

/// Shared caches would hand one phone's file to another. mod_cache asks for this variable when an
/// answer begins; unlike `no_cache` of the request it changes nothing of the answer.
#[inline]
pub fn keep_out(request: &Request<'_>) {
    if is_cache_loaded() {
        say_so(request);
    }
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
