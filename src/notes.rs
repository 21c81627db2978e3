//! Request notes, which log formats, expressions and scripts read.

use crate::Mtlsprotect;
use crate::connection::Proof;
use crate::httpd::{Node, Pool, PoolStr, Request, is_loaded};
use crate::report::{AGENT_SHOWN, PATH_SHOWN, Record, origin};
use mtlsprotect_core::client::{ClientCertificate, Description, NAME_SHOWN};
use mtlsprotect_core::escape::{quoted, quoted_uri};
use mtlsprotect_core::policy::Mode;
use mtlsprotect_core::verdict::Verdict;
use std::ffi::CStr;
use std::sync::atomic::{AtomicU32, Ordering};

/// What they are called; httpd compares their names without case.
const NAMES: [&CStr; 13] = [
    c"mtlsprotect-verdict",
    c"mtlsprotect-reason",
    c"mtlsprotect-mac",
    c"mtlsprotect-named",
    c"mtlsprotect-vendor",
    c"mtlsprotect-found-in",
    c"mtlsprotect-subject",
    c"mtlsprotect-issuer",
    c"mtlsprotect-serial",
    c"mtlsprotect-sha256",
    c"mtlsprotect-why",
    c"mtlsprotect-path",
    c"mtlsprotect-ua",
];

/// The first of those that hold what the log line says besides.
const FIRST_DETAIL: usize = 5;

/// Those that something may read, a bit each in the order of `NAMES`: to make them takes as long as to decide.
static READ: AtomicU32 = AtomicU32::new(ALL);
const ALL: u32 = (1 << NAMES.len()) - 1;

/// Modules whose scripts read notes without a word of it in the configuration.
const SCRIPTS: [&CStr; 7] =
    [c"mod_lua.c", c"mod_perl.c", c"mod_php.c", c"mod_php7.c", c"mod_php5.c", c"sapi_apache2.c", c"mod_python.c"];

/// Looks through the configuration for what reads notes.
pub fn look_for_readers(checked: Pool<'_>) {
    let read = if SCRIPTS.into_iter().any(is_loaded) { ALL } else { read_by_directives(checked) };
    READ.store(read, Ordering::Relaxed);
}

/// The notes that directives name. What a log format names that has a nickname is read where another directive uses it.
fn read_by_directives(checked: Pool<'_>) -> u32 {
    let mut read = 0;
    let mut formats: Vec<(String, u32)> = Vec::new();
    Node::each(checked, &mut |node| {
        let named = named_by(node);
        match &node.words()[..] {
            _ if named == 0 => {}
            [_, nickname] if node.is("LogFormat") => formats.push((nickname.clone(), named)),
            _ => read |= named,
        }
    });
    Node::each(checked, &mut |node| {
        let words = if formats.is_empty() { Vec::new() } else { node.words() };
        let is_definition = node.is("LogFormat") && words.len() == 2;
        for (_, named) in formats.iter().filter(|(nickname, _)| !is_definition && words.contains(nickname)) {
            read |= named;
        }
    });
    read
}

fn named_by(node: Node<'_>) -> u32 {
    let bits = NAMES.iter().enumerate().map(|(bit, name)| u32::from(node.mentions(name.to_bytes())) << bit);
    bits.fold(0, |named, bit| named | bit)
}

/// Sets the notes that something may read.
pub fn set(request: &Request<'_>, record: &Record, proof: &Proof) {
    let read = READ.load(Ordering::Relaxed);
    if read != 0 {
        write(request, record, proof, read);
    }
}

fn write(request: &Request<'_>, record: &Record, proof: &Proof, read: u32) {
    let (Some(mut notes), Some(reason)) = (request.notes(), record.reason()) else { return };
    let verdict = match (record.verdict, record.mode) {
        (Verdict::Deny(_), Mode::Report) => c"would-deny",
        (Verdict::Deny(_), _) => c"deny",
        _ => c"allow",
    };
    let sender = record.sender.map(|(_, text)| text);
    let named = match record.named {
        [Some((mac, _)), None] if record.sender.is_some_and(|(sender, _)| sender == mac) => sender,
        _ => record.named_text().map(|named| request.pool().string(named.as_bytes())),
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

/// What the log line says besides, as it is escaped there: fit for a string of JSON.
#[cold]
fn details(request: &Request<'_>, record: &Record, proof: &Proof) -> [Option<PoolStr>; NAMES.len() - FIRST_DETAIL] {
    let kept = |text: &str| Some(request.pool().string(text.as_bytes()));
    let certificate = proof.certificate.as_deref().map(ClientCertificate::description);
    let of_certificate = |field: fn(&Description) -> &String| certificate.and_then(|described| kept(field(described)));
    let client_request = origin(request);
    let agent = client_request.header(c"User-Agent");
    [
        record.found_in().and_then(|found| kept(&found)),
        of_certificate(|described| &described.subject),
        of_certificate(|described| &described.issuer),
        of_certificate(|described| &described.serial),
        of_certificate(|described| &described.sha256),
        proof.distrust.as_ref().and_then(|distrust| kept(&quoted(distrust.why.as_bytes(), NAME_SHOWN))),
        kept(&quoted_uri(client_request.unparsed_uri(), PATH_SHOWN)),
        (!agent.is_empty()).then(|| kept(&quoted(agent, AGENT_SHOWN))).flatten(),
    ]
}
