//! Request notes, which log formats, expressions and scripts read.

use crate::certificate::sender::Proof;
use crate::httpd::{PoolStr, Request};
use crate::module::Mtlsprotect;
use crate::request::log_line::{AGENT_SHOWN, PATH_SHOWN, why};
use crate::request::note_readers::{self, NAMES};
use crate::request::record::Record;
use mtlsprotect_core::escape::{quoted, quoted_uri};
use mtlsprotect_core::trust::{Description, NAME_SHOWN};

/// The first of those that hold what the log line says besides.
const FIRST_DETAIL: usize = 5;

/// Sets the notes that something may read.
#[inline]
pub fn set(request: &Request<'_>, record: &Record, proof: &Proof<'_>) {
    let read = note_readers::read();
    if read != 0 {
        write(request, record, proof, read);
    }
}

#[inline(never)]
fn write(request: &Request<'_>, record: &Record, proof: &Proof<'_>, read: u32) {
    let (Some(mut notes), Some(reason)) = (request.notes(), record.reason()) else { return };
    let verdict = match record.is_refusal() {
        true if record.is_refused() => c"deny",
        true => c"would-deny",
        false => c"allow",
    };
    let sender = record.sender.map(|(_, text)| text);
    let named = match record.named {
        [Some(only), None] if record.sender.is_some_and(|(sender, _)| sender == only.mac()) => sender,
        _ => joined(request, |text| record.append_named(text)),
    };
    let mut values = [None; NAMES.len()];
    values[..FIRST_DETAIL].copy_from_slice(&[
        Some(PoolStr::from(verdict)),
        Some(reason.as_c_str().into()),
        sender,
        named,
        record.vendor,
    ]);
    if read >> FIRST_DETAIL != 0 {
        values[FIRST_DETAIL..].copy_from_slice(&details(request, record, proof));
    }
    let are_there = request.state::<Mtlsprotect>().is_some();
    for (bit, (key, value)) in NAMES.into_iter().zip(values).enumerate() {
        match value {
            _ if read & 1 << bit == 0 => {}
            Some(value) if are_there => notes.set(key, value),
            Some(value) => notes.add(key, value),
            None if are_there => notes.unset(key),
            None => {}
        }
    }
}

/// What `append` writes; nothing where it writes nothing.
fn joined(request: &Request<'_>, append: impl FnOnce(&mut Vec<u8>)) -> Option<PoolStr> {
    let mut text = Vec::new();
    append(&mut text);
    (!text.is_empty()).then(|| request.pool().string(&text))
}

/// What the log line says besides, as it is escaped there: fit for a string of JSON.
#[cold]
fn details(request: &Request<'_>, record: &Record, proof: &Proof<'_>) -> [Option<PoolStr>; NAMES.len() - FIRST_DETAIL] {
    let kept = |text: &str| Some(request.pool().string(text.as_bytes()));
    let certificate = proof.description(request);
    let of_certificate = |field: fn(&Description) -> &String| certificate.and_then(|described| kept(field(described)));
    let client_request = request.origin();
    let agent = client_request.header(c"User-Agent");
    [
        joined(request, |text| record.append_found_in(text)),
        of_certificate(|described| &described.subject),
        of_certificate(|described| &described.issuer),
        of_certificate(|described| &described.serial),
        of_certificate(|described| &described.sha256),
        why(request, record, proof).and_then(|why| kept(&quoted(why.as_bytes(), NAME_SHOWN))),
        kept(&quoted_uri(client_request.unparsed_uri(), PATH_SHOWN)),
        (!agent.is_empty()).then(|| kept(&quoted(agent, AGENT_SHOWN))).flatten(),
        proof.via().and_then(|via| kept(&via.to_string())),
    ]
}
