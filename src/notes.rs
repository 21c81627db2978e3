//! Request notes, which log formats, expressions and scripts read.

use crate::Mtlsprotect;
use crate::httpd::{Node, PoolStr, Request, is_loaded};
use crate::report::Record;
use mtlsprotect_core::policy::Mode;
use mtlsprotect_core::verdict::Verdict;
use std::ffi::CStr;
use std::sync::atomic::{AtomicU32, Ordering};

/// What they are called; httpd compares their names without case.
const NAMES: [&CStr; 5] =
    [c"mtlsprotect-verdict", c"mtlsprotect-reason", c"mtlsprotect-mac", c"mtlsprotect-named", c"mtlsprotect-vendor"];

/// Those that something may read, a bit each in the order of `NAMES`: to make them takes as long as to decide.
static READ: AtomicU32 = AtomicU32::new(ALL);
const ALL: u32 = (1 << NAMES.len()) - 1;

/// Modules whose scripts read notes without a word of it in the configuration.
const SCRIPTS: [&CStr; 7] =
    [c"mod_lua.c", c"mod_perl.c", c"mod_php.c", c"mod_php7.c", c"mod_php5.c", c"sapi_apache2.c", c"mod_python.c"];

/// Looks through the configuration for what reads notes.
pub fn look_for_readers() {
    let read = if SCRIPTS.into_iter().any(is_loaded) { ALL } else { read_by_directives() };
    READ.store(read, Ordering::Relaxed);
}

/// The notes that directives name. What a log format names that has a nickname is read where another directive uses it.
fn read_by_directives() -> u32 {
    let mut read = 0;
    let mut formats: Vec<(String, u32)> = Vec::new();
    Node::each(&mut |node| {
        let named = named_by(node);
        match &node.words()[..] {
            _ if named == 0 => {}
            [_, nickname] if node.is("LogFormat") => formats.push((nickname.clone(), named)),
            _ => read |= named,
        }
    });
    Node::each(&mut |node| {
        let words = if formats.is_empty() { Vec::new() } else { node.words() };
        let is_definition = node.is("LogFormat") && words.len() == 2;
        for (_, named) in formats.iter().filter(|(nickname, _)| !is_definition && words.contains(nickname)) {
            read |= named;
        }
    });
    read
}

fn named_by(node: Node) -> u32 {
    let bits = NAMES.iter().enumerate().map(|(bit, name)| u32::from(node.mentions(name.to_bytes())) << bit);
    bits.fold(0, |named, bit| named | bit)
}

/// Sets the notes that something may read.
pub fn set(request: &Request<'_>, record: &Record) {
    let read = READ.load(Ordering::Relaxed);
    if read != 0 {
        write(request, record, read);
    }
}

fn write(request: &Request<'_>, record: &Record, read: u32) {
    let (Some(notes), Some(reason)) = (request.notes(), record.reason()) else { return };
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
    let values: [Option<PoolStr>; NAMES.len()] =
        [Some(verdict.into()), Some(reason.as_c_str().into()), sender, named, record.vendor];
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
