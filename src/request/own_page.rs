//! The module's own status page, which is no device's file: it is not judged.

use crate::certificate::sender::may_be_passed_on;
use crate::configuration::startup;
use crate::httpd::Request;
use crate::module::Mtlsprotect;

/// The handler's name.
pub const HANDLER: &[u8] = b"mtlsprotect-status";

/// Whether a request is for the page as its URL and sections say: a client's own, below a `<Location>` of the server's
/// configuration that sets the handler. A `.htaccess` file, which a phone may have uploaded, makes no page of anything.
///
/// Another handler can still come to answer: so it is judged at the handler's gate where it has not become this one.
#[inline]
pub fn is_one(request: &Request<'_>) -> bool {
    startup::has_pages() && is_asked_for(request)
}

#[inline(never)]
fn is_asked_for(request: &Request<'_>) -> bool {
    request.main().is_none()
        && request.previous().is_none()
        && is_below_page(request)
        && request.set_handler().eq_ignore_ascii_case(HANDLER)
}

/// Whether its path is in one of the page's `<Location>`s, as httpd sees it.
fn is_below_page(request: &Request<'_>) -> bool {
    let uri = request.uri();
    request.server().config::<Mtlsprotect>().pages.iter().any(|path| {
        let path = path.as_bytes();
        let rest = uri.strip_prefix(path);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/") || path.ends_with(b"/"))
    })
}

/// What says that a proxy on this machine has passed the request on, where nobody has resolved the client's address. A
/// balancer may pass clients on who have no certificate, and say nothing of where they are.
pub fn proxied_by(request: &Request<'_>) -> Option<&'static str> {
    if !request.is_local() || request.is_address_resolved() {
        return None;
    }
    let headers = [(c"Forwarded", "has Forwarded"), (c"X-Forwarded-For", "has X-Forwarded-For")];
    let says = headers.into_iter().find(|(header, _)| !request.header(header).is_empty()).map(|(_, says)| says);
    says.or_else(|| may_be_passed_on(request).then_some("comes from an address of MTLSProtectProxy"))
}
