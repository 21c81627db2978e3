//! How a client's request has come: from the client itself, or from a balancer that speaks for it.
//!
//! Decided once, when the request has just been read. What other modules, internal redirects or the operator's
//! `RequestHeader` make of its headers afterwards changes nothing.

use crate::certificate::forwarded::{Arrival, Forwarded, Said};
use crate::configuration::proxies::Proxies;
use crate::httpd::log::Level;
use crate::httpd::{PoolRef, Request};
use crate::message::Number;
use crate::module::Mtlsprotect;
use crate::request::state::RequestState;
use mtlsprotect_core::escape::quoted;
use mtlsprotect_core::forwarded::{self, BalancersHeaders, ProxyLine, is_spelled_as};
use std::ffi::CStr;
use std::net::IpAddr;
use std::sync::atomic::Ordering;

/// Bytes shown of a header's name.
const NAME_SHOWN: usize = 64;

/// Takes what a balancer says, and takes away what others say as if they were one.
pub fn note(request: &Request<'_>) {
    // To each host: a client may ask for a tunnel at one and speak to another behind it.
    let has_switched = has_switched(request);
    let Some(proxies) = request.server().config::<Mtlsprotect>().directives.proxies else { return };
    // What a request was redirected to has its headers; a request that failed while it was read has not been here.
    let client_request = request.origin();
    if client_request.state::<Mtlsprotect>().is_some_and(|state| state.arrival.is_some()) {
        return;
    }
    let connection = client_request.connection();
    let peer = connection.peer::<Mtlsprotect>();
    let line = peer.and_then(|peer| Some((peer.address, proxies.line_of(peer.address)?)));
    let believed = line.map(|(_, line)| line).filter(|_| !has_switched);
    let (sent, unwelcome) = look(&client_request, proxies, believed);
    for name in &unwelcome {
        client_request.remove_header(name);
    }
    // Without an arrival the request is refused.
    let Some(peer) = peer else { return };
    if let Some(name) = unwelcome.first().filter(|_| !peer.is_told.swap(true, Ordering::Relaxed)) {
        tell(&client_request, name, line.is_some(), has_switched);
    }
    let arrival = match line {
        None => Arrival::Direct,
        Some((via, line)) => Arrival::Via(forwarded(&client_request, &sent, via, line)),
    };
    RequestState { arrival: Some(arrival), ..RequestState::unjudged() }.replace(&client_request);
}

/// Whether the connection has become a client's own, through a balancer that let it ask for that; and sees to it that no
/// other request comes that way.
///
/// What follows an answer to CONNECT or Upgrade no balancer reads, so that a header there is whoever's: such a request is
/// the connection's last, but that HTTP/2 and TLS begin on it, which shows.
fn has_switched(request: &Request<'_>) -> bool {
    let connection = request.connection();
    if !connection.is_stream() && (request.method() == b"CONNECT" || !request.header(c"Upgrade").is_empty()) {
        request.is_the_last();
    }
    connection.peer::<Mtlsprotect>().is_some_and(|peer| peer.has_switched(&connection))
}

/// What the balancer says, and the names of headers that nobody but a balancer may send or that read as one of its.
fn look<'r>(
    request: &Request<'r>,
    proxies: &Proxies,
    line: Option<&ProxyLine>,
) -> (BalancersHeaders<'r>, Vec<&'r CStr>) {
    let mut sent = BalancersHeaders::default();
    let mut unwelcome = Vec::new();
    request.each_header(|key, value| {
        let name = key.to_bytes();
        let is_balancers = line.is_some_and(|line| sent.take(line, name, value));
        if !is_balancers && proxies.headers().any(|header| is_spelled_as(name, header.as_bytes())) {
            unwelcome.push(key);
        }
    });
    (sent, unwelcome)
}

fn forwarded(request: &Request<'_>, sent: &BalancersHeaders<'_>, via: IpAddr, line: &ProxyLine) -> PoolRef<Forwarded> {
    let said = match sent.said() {
        forwarded::Said::PlainHttp => Said::PlainHttp,
        forwarded::Said::NoCertificate => Said::NoCertificate,
        forwarded::Said::Twice => Said::Twice,
        forwarded::Said::Certificate { leaf, chain } => {
            let [leaf, chain] = request.pool().copies([leaf, chain]);
            Said::Certificate { format: line.format(), leaf, chain }
        }
    };
    request.pool().own_for_state(Forwarded::new(via, said, sent.is_of_tls()))
}

/// Says once per connection what was removed.
#[cold]
fn tell(request: &Request<'_>, name: &CStr, is_balancer: bool, has_switched: bool) {
    let name = quoted(name.to_bytes(), NAME_SHOWN);
    let why = match (is_balancer, has_switched) {
        (true, false) => "which came through a balancer that writes another; have the balancer delete it",
        (true, true) => {
            "which came behind an upgrade that a balancer has passed on, and so from whoever asked for that; have the \
             balancer delete the header Upgrade"
        }
        (false, _) => "whose sender's address is not in MTLSProtectProxy; add it there if it is a balancer of yours",
    };
    Number::HeaderRemoved.says(format!("removed the header {name}, {why}")).log_for_request(request, Level::Warning);
}
