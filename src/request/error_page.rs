//! Pages that answer for a request that failed, or are a part of such a page.

use crate::httpd::Request;
use crate::module::Mtlsprotect;
use crate::request::named_by::expressions;
use crate::request::state::RequestState;
use mtlsprotect_core::decision::Mode;

/// Whether the request is the error page of another, or a part of one.
#[inline(always)]
pub fn is_one(request: &Request<'_>) -> bool {
    let continues_another = request.previous().is_some() || request.main().is_some();
    continues_another && follows_error(request)
}

fn follows_error(request: &Request<'_>) -> bool {
    let mut previous = request.previous();
    while let Some(earlier) = previous {
        if earlier.status() >= 400 {
            return true;
        }
        previous = earlier.previous();
    }
    request.main().is_some_and(|main| is_one(&main))
}

/// The nearest request before this one that was judged, of those it was redirected from or is a
/// part of.
pub fn earlier_judged<'r>(request: &Request<'r>) -> Option<&'r RequestState> {
    let mut earlier = request.previous().or_else(|| request.main());
    while let Some(before) = earlier {
        if let Some(state) = before.state::<Mtlsprotect>().filter(|state| state.is_judged()) {
            return Some(state);
        }
        earlier = before.previous().or_else(|| before.main());
    }
    None
}

/// Whether a handler serves a file as it is, or one of its variants, or with its includes, which
/// are judged by themselves. Without a handler of its own a file's is its media type.
pub fn is_plain(handler: &[u8]) -> bool {
    const PLAIN: [&[u8]; 9] = [
        b"default-handler",
        b"type-map",
        b"text/html",
        b"text/plain",
        b"text/css",
        b"text/xml",
        b"application/xml",
        b"application/json",
        b"application/xhtml+xml",
    ];
    const SERVER_SIDE_INCLUDES: [&[u8]; 2] = [b"text/x-server-parsed-html", b"server-parsed"];
    PLAIN.contains(&handler) || SERVER_SIDE_INCLUDES.contains(&handler) || handler.starts_with(b"image/")
}

/// Whether the request is the error page of one that failed so early (because of a missing password, for example) that
/// its variables may not have been set: whom that one names is not known, and a script must not learn about it.
#[cold]
pub fn answers_for_unnamed(request: &Request<'_>) -> bool {
    let is_asked_here = expressions(request).is_some();
    let failed_early = |earlier: &Request<'_>| {
        let is_asked = is_asked_here || expressions(earlier).is_some();
        is_asked
            && earlier.status() >= 400
            && earlier.dir_config::<Mtlsprotect>().mode() != Mode::Off
            && !earlier.state::<Mtlsprotect>().is_some_and(RequestState::is_past_fixups)
    };
    let mut part = Some(*request);
    while let Some(one) = part {
        let mut earlier = one.previous();
        while let Some(before) = earlier {
            if failed_early(&before) {
                return true;
            }
            earlier = before.previous();
        }
        part = one.main();
    }
    false
}
