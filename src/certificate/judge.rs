//! Judges a client certificate by the CA lists of a host.

use crate::certificate::session_data;
use crate::configuration::lists::ListTrust;
use crate::message::{Message, Number};
use mtlsprotect_core::Fingerprint;
use mtlsprotect_core::escape::quoted;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::trust::{ClientCertificate, Distrust};
use mtlsprotect_core::vendors::{Missing, Ownership, Remembered, Vouched};
use mtlsprotect_memory::Found;
use openssl::x509::{X509, X509Ref};
use std::sync::Arc;

/// What a CA list says of a certificate.
pub type Judged = Result<Remembered, Arc<Distrust>>;

/// What the lists say about the certificate at Unix time `now`, and what to log about intermediates that they lack and
/// prefixes that no vendor lists.
///
/// What lacks no intermediates is found by a keyed digest of the certificate, with the first bits of its SHA-256. All else,
/// which needs both words of an entry, is found by the SHA-256 itself, which takes ten times as long.
pub fn judge(list: &ListTrust, certificate: &ClientCertificate, now: UnixTime) -> (Judged, Vec<Message>) {
    let by_text = by_text(list, certificate);
    if let Some((answer, first_bits)) = recall_numbered(list, by_text, now) {
        certificate.know_first_bits(first_bits);
        return (Ok(answer), Vec::new());
    }
    let by_fingerprint = by_fingerprint(list, certificate);
    if let Some(answer) = recall(list, by_fingerprint, now) {
        return (Ok(answer), Vec::new());
    }
    let (judged, warnings) = anew(list, certificate.leaf(), certificate.sent(), now, session_data::missing);
    match &judged {
        Ok(answer) if answer.missing == Missing::Nothing => {
            keep_numbered(list, by_text, answer, certificate.first_bits(), now);
        }
        Ok(answer) => keep(list, by_fingerprint, answer, now),
        Err(_) => {}
    }
    (judged, warnings)
}

/// The same whatever was found before. `missing` is what is kept of intermediates that the lists lack.
pub(super) fn anew(
    list: &ListTrust,
    leaf: &X509Ref,
    sent: &[X509],
    now: UnixTime,
    missing: impl FnOnce(&[Vec<u8>]) -> Missing,
) -> (Judged, Vec<Message>) {
    match list.vendors.judge(leaf, sent, now) {
        Err(distrust) => (Err(Arc::new(distrust)), Vec::new()),
        Ok(vouched) => {
            let mut warnings: Vec<Message> =
                vouched.trusted.missing.iter().filter_map(|der| missing_intermediate(list, der)).collect();
            warnings.extend(new_prefix(list, &vouched));
            (Ok(Remembered::of(&vouched, missing(&vouched.trusted.missing))), warnings)
        }
    }
}

/// What some child has found for the certificate, if it still holds. Only trusted answers are kept, so that a flood of
/// made-up certificates pushes no phone out.
fn recall(list: &ListTrust, digests: [[u64; 4]; 2], now: UnixTime) -> Option<Remembered> {
    remembered(list, found(list, digests, now)?)
}

/// The same without intermediates, and the number that was kept in their place.
pub(super) fn recall_numbered(list: &ListTrust, digests: [[u64; 4]; 2], now: UnixTime) -> Option<(Remembered, u64)> {
    let Found { value: [answer, number], until } = found(list, digests, now)?;
    Some((remembered(list, Found { value: [answer, 0], until })?, number))
}

fn found(list: &ListTrust, digests: [[u64; 4]; 2], now: UnixTime) -> Option<Found> {
    list.phones.recall(digests, u64::try_from(now.seconds()).ok()?)
}

fn remembered(list: &ListTrust, Found { value, until }: Found) -> Option<Remembered> {
    Remembered::from_words(value, UnixTime::from_seconds(until.try_into().ok()?))
        .filter(|answer| answer.root < list.vendors.roots().len())
}

/// Remembers a trusted certificate for all children.
fn keep(list: &ListTrust, digests: [[u64; 4]; 2], answer: &Remembered, now: UnixTime) {
    keep_words(list, digests, answer.to_words(), answer.until, now);
}

/// The same, and a number in the place of intermediates, for an answer that has none.
pub(super) fn keep_numbered(list: &ListTrust, digests: [[u64; 4]; 2], answer: &Remembered, number: u64, now: UnixTime) {
    let words = answer.to_words().filter(|[_, missing]| *missing == 0).map(|[answer, _]| [answer, number]);
    keep_words(list, digests, words, answer.until, now);
}

fn keep_words(list: &ListTrust, digests: [[u64; 4]; 2], words: Option<[u64; 2]>, until: UnixTime, now: UnixTime) {
    let times = u64::try_from(until.seconds()).ok().zip(u64::try_from(now.seconds()).ok());
    if let (Some(words), Some((until, now))) = (words, times) {
        list.phones.keep(digests, words, until, now);
    }
}

/// The answer depends on the trust and on the leaf: the digest of each.
fn by_fingerprint(list: &ListTrust, certificate: &ClientCertificate) -> [[u64; 4]; 2] {
    [list.vendors.id().words(), certificate.fingerprint().words()]
}

/// The same with another digest of the leaf, which nobody can find a second text for who doesn't know the secret: of two
/// certificates of 3 KB it is the same with a probability of 2^-102.
fn by_text(list: &ListTrust, certificate: &ClientCertificate) -> [[u64; 4]; 2] {
    let der = certificate.der();
    let [first, second] = list.digest.of(&[der]);
    [list.vendors.id().words(), [first, second, OF_HANDSHAKE, der.len() as u64]]
}

/// In the place of a balancer's format.
const OF_HANDSHAKE: u64 = u64::MAX;

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
    let vendor = list.vendors.members().get(vouched.member)?.name()?;
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
