//! What mod_ssl is told of a client certificate in the handshake.

use crate::certificate::connection::Answer;
use crate::certificate::judge::judge;
use crate::certificate::session_data;
use crate::configuration::config::ServerConfig;
use crate::httpd::log::Level;
use crate::httpd::{Handshake, with_main_server};
use crate::module::Mtlsprotect;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::trust::ClientCertificate;
use std::sync::Arc;

/// Whether the host's CA list vouches for the certificate of this handshake.
///
/// Under `optional_no_ca` the client gets in either way; the result only decides what mod_ssl is told.
pub fn is_trusted(server: &ServerConfig<'_>, handshake: &Handshake<'_>) -> bool {
    let (Some(list), Some(leaf)) = (server.trust, handshake.leaf()) else { return false };
    let Ok(certificate) = ClientCertificate::new(leaf.to_owned(), handshake.sent()) else { return false };
    let (judged, warnings) = judge(list, &certificate, UnixTime::now());
    let trusted = judged.is_ok();
    if let Ok(answer) = &judged {
        session_data::keep(handshake, certificate.leaf(), &answer.missing);
    }
    let connection = handshake.connection();
    // A balancer with a certificate of its own is not a phone.
    let peer = connection.as_ref().and_then(|connection| connection.peer::<Mtlsprotect>());
    if peer.zip(server.directives.proxies).is_none_or(|(peer, proxies)| proxies.line_of(peer.address).is_none()) {
        count_handshake(connection.map_or(0, |connection| connection.stripe()), false, trusted);
    }
    if let Some(connection) = connection {
        for warning in warnings {
            warning.log_for_connection(&connection, Level::Warning);
        }
        if let Some(state) = connection.state::<Mtlsprotect>() {
            if !trusted && state.is_established() {
                handshake.withhold_tickets();
            }
            let answer = Answer::new(list, judged, &certificate, &connection);
            state.show(Arc::new(certificate), answer);
        }
    }
    trusted
}

/// Counts a handshake with a certificate. All hosts have one block: handshakes are judged with what a host was when mod_ssl
/// got it ready, before the block was there.
#[cold]
pub fn count_handshake(stripe: usize, is_resumed: bool, is_trusted: bool) {
    with_main_server(|main| {
        if let Some(host) = main.config::<Mtlsprotect>().fleet {
            host.fleet.handshakes.add(stripe, is_resumed, is_trusted);
        }
    });
}
