//! The intermediates that a phone sent and the lists lack, kept for its resumed sessions, which bring
//! the leaf alone.

use crate::httpd::{Handshake, SharedStore, with_main_server};
use crate::module::Mtlsprotect;
use mtlsprotect_core::Fingerprint;
use mtlsprotect_core::vendors::Missing;
use openssl::x509::{X509, X509Ref};
use std::num::NonZeroU64;

/// The beginning of session data that holds the intermediates; their DER follows.
const WHOLE: &[u8] = b"mtlsprotect 1\n";
/// The beginning of session data that holds the number under which all children know them.
const NUMBER: &[u8] = b"mp2";

/// The maximum length of a TLS 1.3 ticket (the message NewSessionTicket) with our data in it: wolfSSL closes the
/// connection if one is larger than some 2 KB, and phones are built on such libraries.
const LARGEST_TICKET: usize = 1450;
/// The maximum number of bytes of that message besides what is known in the handshake: its header and nonce, the
/// ticket's key name, initialisation vector, padding and MAC, the session's secret, and our number.
const AROUND_SESSION: usize = 200;

/// Puts what the lists lack into the session of a phone that is trusted by it. A TLS 1.3 ticket has room for a number
/// only; if it has not, the phone gets no ticket, and its next handshake is a full one.
pub fn keep(handshake: &Handshake<'_>, leaf: &X509Ref, missing: &Missing) {
    let fits = || {
        let leaf = leaf.to_der().map_or(usize::MAX / 2, |der| der.len());
        handshake.session_length() + leaf + AROUND_SESSION <= LARGEST_TICKET
    };
    match missing {
        Missing::Nothing => {}
        Missing::Known(number) if handshake.session_is_ticket() && fits() => {
            handshake.set_session_data(&[NUMBER, &number.get().to_be_bytes()].concat());
        }
        _ if handshake.session_is_ticket() => handshake.withhold_tickets(),
        Missing::Known(number) => {
            if let Some(whole) = with_store(|store| store.get(number.get())).flatten() {
                handshake.set_session_data(&whole);
            }
        }
        Missing::Bytes(whole) if whole.len() <= SharedStore::LONGEST => {
            handshake.set_session_data(whole);
        }
        Missing::Bytes(_) => {}
    }
}

/// What lists lack of a trusted phone's chain, known to all children where there is room for it. Where no handshake is
/// judged here, nobody asks for it.
pub fn missing(intermediates: &[Vec<u8>]) -> Missing {
    if intermediates.is_empty() {
        return Missing::Nothing;
    }
    let whole = [WHOLE, &intermediates.concat()].concat();
    let number = number_of(&whole);
    match with_store(|store| number.filter(|number| store.keep(number.get(), &whole))) {
        None => Missing::Nothing,
        Some(Some(number)) => Missing::Known(number),
        Some(None) => Missing::Bytes(whole.into()),
    }
}

/// The intermediates that a full handshake put into the session.
pub fn remembered(session_data: &[u8]) -> Vec<X509> {
    let stored = number_in(session_data).and_then(|number| with_store(|store| store.get(number))?);
    let mut rest = stored.as_deref().unwrap_or(session_data).strip_prefix(WHOLE).unwrap_or_default();
    let mut certificates = Vec::new();
    // OpenSSL takes its time to say that there is nothing.
    while !rest.is_empty() {
        let Ok(certificate) = X509::from_der(rest) else { break };
        let Ok(length) = certificate.to_der().map(|der| der.len()) else { break };
        rest = rest.get(length..).unwrap_or_default();
        certificates.push(certificate);
    }
    certificates
}

/// Whether a ticket with this data can be used: not if a restart has discarded what its number stands for. A phone that
/// was let in would be refused; so it makes a full handshake.
pub fn is_usable(session_data: &[u8]) -> bool {
    number_in(session_data).is_none_or(|number| with_store(|store| store.get(number)).flatten().is_some())
}

fn number_of(whole: &[u8]) -> Option<NonZeroU64> {
    let [first, ..] = Fingerprint::of(whole).words();
    NonZeroU64::new(first)
}

fn number_in(session_data: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(session_data.strip_prefix(NUMBER)?.try_into().ok()?))
}

/// Asks what all children of this configuration know.
fn with_store<T>(ask: impl FnOnce(&SharedStore) -> T) -> Option<T> {
    with_main_server(|main| main.config::<Mtlsprotect>().intermediates.map(ask)).flatten()
}
