//! Judges a client certificate by the CA lists of a host.

use crate::certificate::session_data;
use crate::configuration::lists::ListTrust;
use crate::message::{Message, Number};
use mtlsprotect_core::Fingerprint;
use mtlsprotect_core::escape::quoted;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::trust::{ClientCertificate, Distrust};
use mtlsprotect_core::vendors::{Ownership, Remembered, Vouched};
use openssl::x509::X509;
use std::sync::Arc;

/// What a CA list says of a certificate.
pub type Judged = Result<Remembered, Arc<Distrust>>;

/// What the lists say about the certificate at Unix time `now`, and what to log about intermediates that they lack and
/// prefixes that no vendor lists.
pub fn judge(list: &ListTrust, certificate: &ClientCertificate, now: UnixTime) -> (Judged, Vec<Message>) {
    if let Some(answer) = recall(list, certificate, now) {
        return (Ok(answer), Vec::new());
    }
    match list.fleet.judge(certificate.leaf(), certificate.sent(), now) {
        Err(distrust) => (Err(Arc::new(distrust)), Vec::new()),
        Ok(vouched) => {
            let mut warnings: Vec<Message> =
                vouched.trusted.missing.iter().filter_map(|der| missing_intermediate(list, der)).collect();
            warnings.extend(new_prefix(list, &vouched));
            // A root that has no number proves nothing.
            let root = list.fleet.root_number(&vouched).unwrap_or(usize::MAX);
            let answer = Remembered::of(&vouched, root, session_data::missing(&vouched.trusted.missing));
            keep(list, certificate, &answer, now);
            (Ok(answer), warnings)
        }
    }
}

/// What some child has found for the certificate, if it still holds. Only trusted answers are kept, so that a flood of
/// made-up certificates pushes no phone out.
fn recall(list: &ListTrust, certificate: &ClientCertificate, now: UnixTime) -> Option<Remembered> {
    let found = list.phones.recall(digests(list, certificate), u64::try_from(now.seconds()).ok()?)?;
    Remembered::from_words(found.value, UnixTime::from_seconds(found.until.try_into().ok()?))
}

/// Remembers a trusted certificate for all children.
fn keep(list: &ListTrust, certificate: &ClientCertificate, answer: &Remembered, now: UnixTime) {
    let times = u64::try_from(answer.until.seconds()).ok().zip(u64::try_from(now.seconds()).ok());
    if let (Some(words), Some((until, now))) = (answer.to_words(), times) {
        list.phones.keep(digests(list, certificate), words, until, now);
    }
}

/// The answer depends on the trust and on the leaf: the digest of each.
fn digests(list: &ListTrust, certificate: &ClientCertificate) -> [[u64; 4]; 2] {
    [list.fleet.id().words(), certificate.fingerprint().words()]
}

/// A warning for the first phone, of all children, that brings an intermediate which the list lacks.
fn missing_intermediate(list: &ListTrust, der: &[u8]) -> Option<Message> {
    let [first, ..] = Fingerprint::of(der).words();
    if !list.named.insert(first) {
        return None;
    }
    let certificate = X509::from_der(der).ok()?;
    let name = quoted(&mtlsprotect_core::trust::name_text(certificate.subject_name()), 256);
    Some(Number::MissingIntermediate.says(format!(
        "the CA list lacks the intermediate \"{name}\", which a phone sent; add it to MTLSProtectCAFile \
         for phones that don't send it"
    )))
}

/// A warning for the first phone, of all children, with a prefix that no vendor lists.
fn new_prefix(list: &ListTrust, vouched: &Vouched) -> Option<Message> {
    let mac = vouched.trusted.mac.filter(|_| vouched.ownership == Ownership::New)?;
    let vendor = list.fleet.members().get(vouched.member)?.name()?;
    let number = (vouched.member as u64) << 32 | u64::from(mac.oui().bits());
    list.new_prefixes.insert(number).then(|| {
        Number::NewPrefix.says(format!(
            "prefix {} is new: no vendor lists it, a certificate of {vendor} has it ({mac}); give it to {vendor} \
             with oui=+{}, or limit {vendor} to its own with strict=yes",
            mac.oui(),
            mac.oui()
        ))
    })
}
