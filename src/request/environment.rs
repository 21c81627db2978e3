//! The environment of applications.

use crate::httpd::{PoolStr, Request, TableEntry};
use crate::request::record::Record;
use mtlsprotect_core::decision::Verdict;
use std::ffi::CStr;

const MAC_VARIABLE: &CStr = c"MTLSPROTECT_MAC";
const VENDOR_VARIABLE: &CStr = c"MTLSPROTECT_VENDOR";

/// Says who is proven to ask, and only when it may have the answer.
/// Whatever else stands there under these names goes, at each gate: modules set more in between.
pub fn set(request: &Request<'_>, record: &Record) {
    let Some(mut environment) = request.environment() else { return };
    let is_allowed = record.is_sure && matches!(record.verdict, Verdict::Allow(_));
    let mac = record.sender.filter(|_| is_allowed).map(|(_, text)| text);
    let vendor = record.vendor.filter(|_| is_allowed);
    let ours = [(MAC_VARIABLE, mac), (VENDOR_VARIABLE, vendor)];
    let (mut is_there, mut forged) = ([false; 2], Vec::new());
    for entry in environment.entries() {
        // Most entries have another initial.
        if entry.initial() | 0x20 == b'm' {
            look(&entry, &ours, &mut is_there, &mut forged);
        }
    }
    for key in &forged {
        environment.unset(key);
    }
    for ((key, value), is_there) in ours.into_iter().zip(is_there) {
        match value {
            Some(value) if !forged.is_empty() => environment.set(key, value),
            Some(value) if !is_there => environment.add(key, value),
            _ => {}
        }
    }
}

/// Notes whether an entry is one of ours, or only looks like it.
fn look<'r>(
    entry: &TableEntry<'_, 'r>,
    ours: &[(&CStr, Option<PoolStr>); 2],
    is_there: &mut [bool; 2],
    forged: &mut Vec<&'r CStr>,
) {
    match ours.iter().position(|(key, value)| value.is_some_and(|value| entry.is(key, value))) {
        // A request that takes over the environment of its subrequest has them twice (ap_internal_fast_redirect).
        Some(own) => is_there[own] = true,
        None if reads_as_ours(entry.key()) => forged.push(entry.key()),
        None => {}
    }
}

/// Whether a script would see the key as one of our variables: httpd writes `_` for every byte that is not a letter,
/// digit or `_` (ap_create_environment).
fn reads_as_ours(key: &CStr) -> bool {
    [MAC_VARIABLE, VENDOR_VARIABLE].iter().any(|ours| {
        let (key, ours) = (key.to_bytes(), ours.to_bytes());
        key.len() == ours.len()
            && key
                .iter()
                .zip(ours)
                .all(|(byte, own)| byte.eq_ignore_ascii_case(own) || (*own == b'_' && !byte.is_ascii_alphanumeric()))
    })
}
