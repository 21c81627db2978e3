//! Judges a client certificate, in the handshake and after it.

use crate::Mtlsprotect;
use crate::checks::unix_time;
use crate::config::{ListTrust, ServerConfig};
use crate::connection::Judged;
use crate::httpd::Handshake;
use crate::httpd::log::{self, Level};
use mtlsprotect_core::client::ClientCertificate;
use mtlsprotect_core::escape::quoted;
use mtlsprotect_core::fleet::{Standing, Vouched};
use mtlsprotect_core::memory::Memory;
use openssl::sha::sha256;
use openssl::x509::X509;
use std::sync::{Arc, LazyLock};

/// The trusted certificates of this process.
static MEMORY: LazyLock<Memory> = LazyLock::new(Memory::default);

/// What this module's session data begins with; the DER of the intermediates follows.
const SESSION_MAGIC: &[u8] = b"mtlsprotect 1\n";
/// A session with more data than this would not fit mod_ssl's cache or a ticket.
const MOST_SESSION_DATA: usize = 8 * 1024;

/// Whether the host's CA list vouches for the certificate of this handshake.
///
/// Under `optional_no_ca` the client gets in either way; the answer is only what mod_ssl is told.
pub fn is_trusted(server: &ServerConfig, handshake: &Handshake<'_>) -> bool {
    let (Some(list), Some(leaf)) = (server.trust(), handshake.leaf()) else { return false };
    let Ok(certificate) = ClientCertificate::new(leaf.to_owned(), handshake.sent()) else { return false };
    let (judged, warnings) = judge(&list, &certificate, unix_time());
    let trusted = judged.is_ok();
    if let Some(missing) = judged.as_ref().ok().and_then(|answer| answer.missing.as_ref()) {
        // A resumed session brings the leaf alone.
        let data = [&[SESSION_MAGIC], &missing.iter().map(Vec::as_slice).collect::<Vec<_>>()[..]].concat().concat();
        if data.len() <= MOST_SESSION_DATA {
            handshake.set_session_data(&data);
        }
    }
    if let Some(connection) = handshake.connection() {
        for warning in warnings {
            log::connection(&connection, Level::Warning, &warning);
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

/// The intermediates that a full handshake put into the session.
pub fn remembered(session_data: &[u8]) -> Vec<X509> {
    let mut rest = session_data.strip_prefix(SESSION_MAGIC).unwrap_or_default();
    let mut certificates = Vec::new();
    while let Ok(certificate) = X509::from_der(rest) {
        let Ok(length) = certificate.to_der().map(|der| der.len()) else { break };
        rest = rest.get(length..).unwrap_or_default();
        certificates.push(certificate);
    }
    certificates
}

/// What the lists say of the certificate at Unix time `now`, and what the log should be told of
/// intermediates that they lack and of prefixes that nobody lists.
pub fn judge(list: &ListTrust, certificate: &ClientCertificate, now: i64) -> (Judged, Vec<String>) {
    let id = list.fleet.id();
    if let Some(answer) = MEMORY.recall(id, certificate.fingerprint(), now) {
        return (Ok(answer), Vec::new());
    }
    match list.fleet.judge(certificate.leaf(), certificate.sent(), now) {
        Err(distrust) => (Err(Arc::new(distrust)), Vec::new()),
        Ok(vouched) => {
            let mut warnings: Vec<String> =
                vouched.trusted.missing.iter().filter_map(|der| missing_intermediate(list, der)).collect();
            warnings.extend(new_prefix(list, &vouched));
            (Ok(MEMORY.keep(id, certificate.fingerprint(), &vouched)), warnings)
        }
    }
}

/// A warning for the first phone, of all children, that brings an intermediate which the list lacks.
fn missing_intermediate(list: &ListTrust, der: &[u8]) -> Option<String> {
    let digest = sha256(der);
    let (first, _) = digest.split_first_chunk::<8>()?;
    if !list.named.insert(u64::from_be_bytes(*first)) {
        return None;
    }
    let certificate = X509::from_der(der).ok()?;
    let name = quoted(&mtlsprotect_core::certificate::name_text(certificate.subject_name()), 256);
    Some(format!(
        "mtlsprotect: the CA list lacks the intermediate \"{name}\", which a phone sent; add it to MTLSProtectCAFile \
         for phones that don't send it"
    ))
}

/// A warning for the first phone, of all children, with a prefix that no vendor lists.
fn new_prefix(list: &ListTrust, vouched: &Vouched) -> Option<String> {
    let mac = vouched.trusted.mac.filter(|_| vouched.standing == Standing::New)?;
    let vendor = list.fleet.members().get(vouched.member)?.name()?;
    let number = (vouched.member as u64) << 32 | u64::from(mac.oui().bits());
    list.new_prefixes.insert(number).then(|| {
        format!(
            "mtlsprotect: prefix {} is new: no vendor lists it, a certificate of {vendor} has it ({mac}); give it to {vendor} \
             with oui=+{}, or close {vendor} to its own with strict=yes",
            mac.oui(),
            mac.oui()
        )
    })
}
