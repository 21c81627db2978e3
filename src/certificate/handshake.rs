//! Judges a client certificate, in the handshake and after it.

use crate::Mtlsprotect;
use crate::certificate::connection::Judged;
use crate::certificate::session_data;
use crate::configuration::config::{ListTrust, ServerConfig};
use crate::configuration::unix_time;
use crate::httpd::Handshake;
use crate::httpd::log::Level;
use crate::message::{Message, Number};
use mtlsprotect_core::client::ClientCertificate;
use mtlsprotect_core::escape::quoted;
use mtlsprotect_core::fleet::{Standing, Vouched};
use mtlsprotect_core::memory::Memory;
use openssl::sha::sha256;
use openssl::x509::X509;
use std::sync::{Arc, LazyLock};

/// The trusted certificates of this process.
static MEMORY: LazyLock<Memory> = LazyLock::new(Memory::default);

/// Whether the host's CA list vouches for the certificate of this handshake.
///
/// Under `optional_no_ca` the client gets in either way; the answer is only what mod_ssl is told.
pub fn is_trusted(server: &ServerConfig, handshake: &Handshake<'_>) -> bool {
    let (Some(list), Some(leaf)) = (server.trust(), handshake.leaf()) else { return false };
    let Ok(certificate) = ClientCertificate::new(leaf.to_owned(), handshake.sent()) else { return false };
    let (judged, warnings) = judge(&list, &certificate, unix_time());
    let trusted = judged.is_ok();
    if let Some(missing) = judged.as_ref().ok().and_then(|answer| answer.missing.as_ref()) {
        session_data::keep(handshake, certificate.leaf().to_der().map_or(usize::MAX / 2, |der| der.len()), missing);
    }
    if let Some(connection) = handshake.connection() {
        for warning in warnings {
            warning.log_for_connection(&connection, Level::Warning);
        }
        if let Some(state) = connection.state::<Mtlsprotect>() {
            if !trusted && state.is_established() {
                handshake.withhold_tickets();
            }
            state.show(Arc::new(certificate), list, judged);
        }
    }
    trusted
}

/// What the lists say of the certificate at Unix time `now`, and what the log should be told of
/// intermediates that they lack and of prefixes that nobody lists.
pub fn judge(list: &ListTrust, certificate: &ClientCertificate, now: i64) -> (Judged, Vec<Message>) {
    let id = list.fleet.id();
    if let Some(answer) = MEMORY.recall(id, certificate.fingerprint(), now) {
        return (Ok(answer), Vec::new());
    }
    match list.fleet.judge(certificate.leaf(), certificate.sent(), now) {
        Err(distrust) => (Err(Arc::new(distrust)), Vec::new()),
        Ok(vouched) => {
            let mut warnings: Vec<Message> =
                vouched.trusted.missing.iter().filter_map(|der| missing_intermediate(list, der)).collect();
            warnings.extend(new_prefix(list, &vouched));
            (Ok(MEMORY.keep(id, certificate.fingerprint(), &vouched)), warnings)
        }
    }
}

/// A warning for the first phone, of all children, that brings an intermediate which the list lacks.
fn missing_intermediate(list: &ListTrust, der: &[u8]) -> Option<Message> {
    let digest = sha256(der);
    let (first, _) = digest.split_first_chunk::<8>()?;
    if !list.named.insert(u64::from_be_bytes(*first)) {
        return None;
    }
    let certificate = X509::from_der(der).ok()?;
    let name = quoted(&mtlsprotect_core::certificate::name_text(certificate.subject_name()), 256);
    Some(Number::MissingIntermediate.says(format!(
        "the CA list lacks the intermediate \"{name}\", which a phone sent; add it to MTLSProtectCAFile \
         for phones that don't send it"
    )))
}

/// A warning for the first phone, of all children, with a prefix that no vendor lists.
fn new_prefix(list: &ListTrust, vouched: &Vouched) -> Option<Message> {
    let mac = vouched.trusted.mac.filter(|_| vouched.standing == Standing::New)?;
    let vendor = list.fleet.members().get(vouched.member)?.name()?;
    let number = (vouched.member as u64) << 32 | u64::from(mac.oui().bits());
    list.new_prefixes.insert(number).then(|| {
        Number::NewPrefix.says(format!(
            "prefix {} is new: no vendor lists it, a certificate of {vendor} has it ({mac}); give it to {vendor} \
             with oui=+{}, or close {vendor} to its own with strict=yes",
            mac.oui(),
            mac.oui()
        ))
    })
}
