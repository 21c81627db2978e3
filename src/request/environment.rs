//! The environment of applications.

use crate::httpd::{PoolStr, Request, Table, TableEntry};
use crate::request::password;
use crate::request::record::Record;
use mtlsprotect_core::decision::{Reason, Verdict};
use std::ffi::CStr;

const MAC_VARIABLE: &CStr = c"MTLSPROTECT_MAC";
const VENDOR_VARIABLE: &CStr = c"MTLSPROTECT_VENDOR";
/// The device that its password proves, which is less than a certificate does.
const USER_VARIABLE: &CStr = c"MTLSPROTECT_USER_MAC";

/// Says who is proven to ask, and only when it may have the answer.
/// Whatever else stands there under these names goes, at each gate: modules set more in between.
pub fn set(request: &Request<'_>, record: &Record) {
    let Some(environment) = request.environment() else { return };
    if record.verdict == Verdict::Allow(Reason::Password) {
        return replace(request, record);
    }
    // Most entries have another initial: to look closer at others takes a call.
    match left(&environment, values(record), |_| false) {
        Some(left) => add(environment, left),
        None => set_among_others(request, record),
    }
}

/// The same where another variable begins as ours do.
#[cold]
fn set_among_others(request: &Request<'_>, record: &Record) {
    let Some(environment) = request.environment() else { return };
    match left(&environment, values(record), |entry| !reads_as_ours(entry.key())) {
        Some(left) => add(environment, left),
        None => replace(request, record),
    }
}

/// What is still to be added of these values; none where an entry with the same initial is neither ours nor another's that
/// may stay.
#[inline(always)]
fn left(
    environment: &Table<'_>,
    [mac, vendor]: [Option<PoolStr>; 2],
    may_stay: impl Fn(&TableEntry<'_, '_>) -> bool,
) -> Option<[Option<PoolStr>; 2]> {
    let [mut mac_left, mut vendor_left] = [mac, vendor];
    for entry in environment.entries().filter(|entry| entry.initial() | 0x20 == b'm') {
        // A request that takes over the environment of its subrequest has them twice (ap_internal_fast_redirect).
        if mac.is_some_and(|mac| entry.is(MAC_VARIABLE, mac)) {
            mac_left = None;
        } else if vendor.is_some_and(|vendor| entry.is(VENDOR_VARIABLE, vendor)) {
            vendor_left = None;
        } else if !may_stay(&entry) {
            return None;
        }
    }
    Some([mac_left, vendor_left])
}

#[inline(always)]
fn add(mut environment: Table<'_>, [mac, vendor]: [Option<PoolStr>; 2]) {
    if let Some(mac) = mac {
        environment.add(MAC_VARIABLE, mac);
    }
    if let Some(vendor) = vendor {
        environment.add(VENDOR_VARIABLE, vendor);
    }
}

/// The MAC and the vendor of the sender, where it may have the answer.
#[inline]
fn values(record: &Record) -> [Option<PoolStr>; 2] {
    let is_allowed = record.is_sure && matches!(record.verdict, Verdict::Allow(_));
    if is_allowed { [record.sender.map(|(_, text)| text), record.vendor] } else { [None, None] }
}

/// Puts ours in the place of all that looks like it.
#[cold]
fn replace(request: &Request<'_>, record: &Record) {
    let Some(mut environment) = request.environment() else { return };
    let keys = environment.entries().map(|entry| entry.key());
    let forged: Vec<&CStr> = keys.filter(|key| reads_as_ours(key)).collect();
    for key in forged {
        environment.unset(key);
    }
    let [mac, vendor] = values(record);
    let ours = [(MAC_VARIABLE, mac), (VENDOR_VARIABLE, vendor), (USER_VARIABLE, password::allowed(request, record))];
    for (key, value) in ours {
        if let Some(value) = value {
            environment.set(key, value);
        }
    }
}

/// Whether a script would see the key as one of our variables: httpd writes `_` for every byte that is not a letter,
/// digit or `_` (ap_create_environment).
#[inline(never)]
fn reads_as_ours(key: &CStr) -> bool {
    [MAC_VARIABLE, VENDOR_VARIABLE, USER_VARIABLE].iter().any(|ours| {
        let (key, ours) = (key.to_bytes(), ours.to_bytes());
        key.len() == ours.len()
            && key
                .iter()
                .zip(ours)
                .all(|(byte, own)| byte.eq_ignore_ascii_case(own) || (*own == b'_' && !byte.is_ascii_alphanumeric()))
    })
}
