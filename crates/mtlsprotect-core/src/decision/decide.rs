//! The decision: may this request have what it asks for?

use crate::decision::devices::list::{DeviceList, Listing};
use crate::decision::methods::reads;
use crate::decision::policy::{Mode, OtherFiles, Policy};
use crate::decision::rule::Rule;
use crate::decision::sender::Sender;
use crate::decision::verdict::Verdict;
use crate::names::named::{Named, Names};
use crate::time::UnixTime;
use std::net::IpAddr;

/// A request as the decision sees it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The method's token.
    pub method: &'a [u8],
    /// The devices that it names.
    pub names: &'a Names,
    /// Who sends it, as far as proven.
    pub sender: Sender<'a>,
    /// The address that it comes from.
    pub from: IpAddr,
    /// When it came, in Unix time.
    pub now: UnixTime,
}

/// May the sender have what it asks for?
pub fn decide(policy: &Policy<'_>, asked: &Asked<'_>) -> Verdict {
    first_match(policy, asked).verdict()
}

/// The rules in order, the first match wins.
pub fn first_match(policy: &Policy<'_>, asked: &Asked<'_>) -> Rule {
    let &Asked { method, names, sender, .. } = asked;
    let reads = reads(method);
    let named = names.named();

    if policy.mode == Mode::Off {
        return Rule::Off;
    }
    let listing = policy.devices.and_then(|file| Some(file.listing(sender.mac()?)));
    let others = || names.macs().filter(|&mac| sender.mac() != Some(mac));
    if listing == Some(Listing::Blocked) || policy.devices.is_some_and(|file| others().any(|mac| file.blocks(mac))) {
        return Rule::Blocked;
    }
    if !policy.methods.allow(method) {
        return Rule::Method;
    }
    if names.is_malformed() {
        return Rule::MalformedName;
    }
    match (named, policy.other_files) {
        (Named::Nobody, OtherFiles::Allow) if reads => return Rule::OtherFileForAnybody,
        (Named::Nobody, OtherFiles::Deny) => return Rule::OtherFileForNobody,
        (Named::Several, _) => return Rule::AmbiguousName,
        _ => {}
    }
    if sender == Sender::PlainHttp {
        return Rule::PlainHttp;
    }
    let is_exempt = is_exempt(policy, asked);
    match sender {
        _ if is_exempt => {}
        Sender::PlainHttp | Sender::NoCertificate => return Rule::NoCertificate,
        Sender::Untrusted => return Rule::Untrusted,
        Sender::Expired => return Rule::Expired,
        Sender::Revoked => return Rule::Revoked,
        Sender::Nobody => return Rule::NoIdentity,
        Sender::OtherVendors(_) => return Rule::VendorMismatch,
        Sender::AnyOf(_) | Sender::Device(_) => {}
    }
    // A sender that proves no MAC of its own counts as the device that it names.
    let as_named = |file: DeviceList<'_>| listing.or_else(|| Some(file.listing(names.only()?)));
    if policy.devices.is_some_and(|file| as_named(file) == Some(Listing::ShutOut)) {
        return Rule::UnknownDevice;
    }
    match named {
        Named::Nobody if reads && !is_exempt => Rule::OtherFileForDevices,
        Named::Nobody if !reads => Rule::WriteOfNobodys,
        _ if !reads && names.dot_segment() => Rule::WriteOfDotFile,
        Named::One(other) if !is_exempt && !sender.may_be(other) => Rule::MacMismatch,
        _ if !reads && !names.sender_in_path() => Rule::WriteBesidePath,
        _ if is_exempt => Rule::Exempt,
        _ => Rule::OwnFile,
    }
}

/// Whether the device file stands in for the certificate.
pub fn is_exempt(policy: &Policy<'_>, asked: &Asked<'_>) -> bool {
    policy.devices.is_some_and(|file| {
        let named = asked.names.named();
        !asked.sender.is_trusted()
            && (named != Named::Nobody || reads(asked.method))
            && file.exempts(named, asked.from, asked.now)
    })
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "table_tests.rs"]
mod table_tests;
