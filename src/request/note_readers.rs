//! Which of the request notes something may read.

use crate::httpd::{Node, Pool, is_loaded};
use std::ffi::CStr;
use std::sync::atomic::{AtomicU32, Ordering};

/// Their names, which httpd compares without regard to case.
pub const NAMES: [&CStr; 14] = [
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
    c"mtlsprotect-via",
];

/// Those that something may read, one bit each in the order of `NAMES`: setting them takes as long as the decision.
static READ: AtomicU32 = AtomicU32::new(ALL);
const ALL: u32 = (1 << NAMES.len()) - 1;

/// Modules whose scripts read notes without this being visible in the configuration.
const SCRIPTS: [&CStr; 7] =
    [c"mod_lua.c", c"mod_perl.c", c"mod_php.c", c"mod_php7.c", c"mod_php5.c", c"sapi_apache2.c", c"mod_python.c"];

/// Those that something may read, a bit each.
pub fn read() -> u32 {
    READ.load(Ordering::Relaxed)
}

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
