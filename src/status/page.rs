//! `SetHandler mtlsprotect-status`: a page for people, JSON, and metrics.

use crate::configuration::startup;
use crate::httpd::log::Level;
use crate::httpd::{Answer, Request, with_main_server};
use crate::message::Number;
use crate::module::Mtlsprotect;
use crate::request::own_page;
use crate::status::devices::Known;
use crate::status::gather;
use mtlsprotect_core::escape::quoted;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_status::asked::{Asked, BadQuery, Format};
use mtlsprotect_status::{html, show};

/// Answers a request for the page.
#[inline(never)]
pub fn answer(request: &Request<'_>) -> Answer {
    if !matches!(request.method(), b"GET" | b"HEAD") {
        request.allow_reading_only();
        return Answer::Status(405);
    }
    if let Some(says) = own_page::proxied_by(request) {
        let text = format!(
            "the status page is refused: the client's address {} is this machine's own, but the request {says}: a proxy \
             here would show the page to everybody. Have mod_remoteip resolve the address (RemoteIPHeader, \
             RemoteIPInternalProxy), ask for the page at a virtual host to which no proxy passes anything on, or keep the \
             proxy from passing {} on",
            request.client_address(),
            quoted(request.uri(), 64),
        );
        Number::StatusBehindProxy.says(text).log_for_request(request, Level::Warning);
        return Answer::Status(403);
    }
    let asked = match Asked::of(request.args(), request.header(c"Accept")) {
        Ok(asked) => asked,
        Err(BadQuery(why)) => {
            // what httpd's own page for a 400 shows
            if let Some(mut notes) = request.notes() {
                notes.set(c"error-notes", request.pool().string(why.as_bytes()));
            }
            return Answer::Status(400);
        }
    };
    request.set_content_type(asked.format.content_type());
    request.set_answer_header(c"Cache-Control", c"no-store".into());
    request.set_answer_header(c"X-Content-Type-Options", c"nosniff".into());
    request.set_answer_header(c"Vary", c"Accept".into());
    if asked.format == Format::Html {
        let policy = request.pool().string(html::content_security_policy().as_bytes());
        request.set_answer_header(c"Content-Security-Policy", policy);
    }
    if !request.is_head() {
        write(request, &asked);
    }
    Answer::Done
}

/// Writes it as far as the client reads. Without shared memory there is nothing to show.
fn write(request: &Request<'_>, asked: &Asked) {
    let now = UnixTime::from_seconds(request.time());
    with_main_server(|main| {
        let config = main.config::<Mtlsprotect>();
        let Some(held) = config.fleet else { return };
        let known = Known::now(held.fleet, config.directives.learned, now);
        let status = gather::status(main, held, known.files(), now);
        // An error is that of a client that has gone.
        let _ = show(status, &known, asked, &mut request.body());
    });
}

/// Whether the request, whose handler is known by now, is for the page.
pub fn is_asked_for(request: &Request<'_>) -> bool {
    startup::has_pages() && is_pages(request)
}

#[inline(never)]
fn is_pages(request: &Request<'_>) -> bool {
    request.handler() == own_page::HANDLER && own_page::is_one(request)
}
