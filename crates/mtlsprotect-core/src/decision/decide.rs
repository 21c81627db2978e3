//! The decision: may this request have what it asks for?

use crate::decision::asked::Asked;
use crate::decision::devices::list::{DeviceList, Listing};
use crate::decision::methods::reads;
use crate::decision::password::Standing;
use crate::decision::policy::{Mode, OtherFiles, Policy};
use crate::decision::reason::Reason;
use crate::decision::rule::Rule;
use crate::decision::sender::Sender;
use crate::decision::verdict::Verdict;
use crate::names::finder::Hidden;
use crate::names::named::{Named, Names};

/// What stands in for a certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum InPlace {
    Nothing,
    /// The device file's exemption.
    Exemption,
    /// The device's password.
    Password,
    /// `MTLSProtect Learn`, for a device that has not proven itself.
    Learn,
}

/// May the sender have what it asks for?
pub fn decide(policy: &Policy<'_>, asked: &Asked<'_>) -> Verdict {
    first_match(policy, asked).verdict()
}

/// The same for what phones ask for most often, which takes less to know; `None` where it has to be asked in order.
#[inline(always)]
pub fn decide_at_once(policy: &Policy<'_>, method: &[u8], names: &Names, sender: Sender<'_>) -> Option<Verdict> {
    at_once(policy, method, names, sender).map(Rule::verdict)
}

/// The same for all else.
pub fn decide_in_order(policy: &Policy<'_>, asked: &Asked<'_>) -> Verdict {
    in_order(policy, asked).verdict()
}

/// The first rule that matches.
pub fn first_match(policy: &Policy<'_>, asked: &Asked<'_>) -> Rule {
    at_once(policy, asked.method, asked.names, asked.sender).unwrap_or_else(|| in_order(policy, asked))
}

/// The same for what phones ask for most often: a device reads what is its own, or nobody's, and no rule before the one for
/// that matches.
#[inline(always)]
fn at_once(policy: &Policy<'_>, method: &[u8], names: &Names, sender: Sender<'_>) -> Option<Rule> {
    let Sender::Device(own) = sender else { return None };
    if method != b"GET" || !policy.methods.allow(b"GET") || policy.mode == Mode::Off || names.is_malformed() {
        return None;
    }
    let rule = match names.named() {
        Named::One(mac) if mac == own => Rule::OwnFile,
        Named::Nobody if policy.other_files == OtherFiles::Device => Rule::OtherFileForDevices,
        _ => return None,
    };
    let may_have_it = |file: &DeviceList<'_>| matches!(file.listing(own), Listing::Listed | Listing::Absent);
    policy.devices.as_ref().is_none_or(may_have_it).then_some(rule)
}

/// The same by trying one rule after the other.
#[inline(never)]
fn in_order(policy: &Policy<'_>, asked: &Asked<'_>) -> Rule {
    let in_place = if is_exempt(policy, asked) { InPlace::Exemption } else { InPlace::Nothing };
    let first = first_match_with(policy, asked, in_place);
    if first.is_mended_by_password() && policy.passwords.is_some() { by_password(policy, asked, first) } else { first }
}

/// The first rule that matches where a request is refused for its certificate and a password may stand in for that.
#[cold]
fn by_password(policy: &Policy<'_>, asked: &Asked<'_>, refusal: Rule) -> Rule {
    match Standing::of(policy, asked) {
        Standing::None => refusal,
        Standing::Missing => Rule::PasswordMissing,
        Standing::Others => Rule::PasswordOfAnother,
        Standing::Own => first_match_with(policy, asked, InPlace::Password),
    }
}

/// The rules in order, the first match wins.
fn first_match_with(policy: &Policy<'_>, asked: &Asked<'_>, in_place: InPlace) -> Rule {
    let &Asked { method, names, sender, .. } = asked;
    let is_exempt = in_place != InPlace::Nothing;
    let reads = reads(method);
    let named = names.named();

    if policy.mode == Mode::Off {
        return Rule::Off;
    }
    // Most hosts have no device file.
    let devices = policy.devices.as_ref();
    let listing = devices.and_then(|file| listing_of(file, asked));
    if listing == Some(Listing::Blocked) {
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
    if sender == Sender::PlainHttp && in_place != InPlace::Learn {
        return Rule::PlainHttp;
    }
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
    if devices.is_some_and(|file| shuts_out(file, listing, names, in_place)) {
        return Rule::UnknownDevice;
    }
    match named {
        Named::Nobody if reads && !is_exempt => Rule::OtherFileForDevices,
        Named::Nobody if !reads => Rule::WriteOfNobodys,
        _ if !reads && names.dot_segment() => Rule::WriteOfDotFile,
        Named::One(other) if !is_exempt && !sender.may_be(other) => Rule::MacMismatch,
        _ if !reads && !names.sender_in_path() => Rule::WriteBesidePath,
        _ if in_place == InPlace::Password => Rule::OwnPassword,
        _ if is_exempt => Rule::Exempt,
        _ => Rule::OwnFile,
    }
}

/// What the device file says of the device that the sender's certificate names; blocked too where it blocks another one
/// that the request names.
#[inline]
fn listing_of(file: &DeviceList<'_>, asked: &Asked<'_>) -> Option<Listing> {
    let own = asked.sender.mac();
    if asked.names.macs().any(|mac| own != Some(mac) && file.blocks(mac)) {
        return Some(Listing::Blocked);
    }
    Some(file.listing(own?))
}

/// Whether it is closed and does not list the sender, of whom it says this. A sender that proves no MAC of its own counts as
/// the device that it names; so does one whose MAC isn't its vendor's.
#[inline]
fn shuts_out(file: &DeviceList<'_>, listing: Option<Listing>, names: &Names, in_place: InPlace) -> bool {
    match listing {
        Some(Listing::ShutOut) => true,
        Some(_) if in_place != InPlace::Learn => false,
        _ => shuts_out_named(file, names),
    }
}

#[inline(never)]
fn shuts_out_named(file: &DeviceList<'_>, names: &Names) -> bool {
    names.only().is_some_and(|mac| file.listing(mac) == Listing::ShutOut)
}

/// Whether the device file stands in for the certificate.
pub fn is_exempt(policy: &Policy<'_>, asked: &Asked<'_>) -> bool {
    policy.devices.is_some_and(|file| {
        let named = asked.names.named();
        !asked.sender.is_trusted()
            && (named != Named::Nobody || reads(asked.method))
            && file.exempts(named, asked.from, asked.now)
            && !asked.has_proof_against(named, file)
    })
}

/// Whether `MTLSProtect Learn` lets a refusal pass: one for who sends the request, which names nobody, or one device alone
/// that has not proven itself. It doesn't matter where that is named: what is served to somebody who names nobody needs no
/// protection from somebody who names one. Where it writes, it must be what the device itself may write. What is hidden
/// beside its name, and could be read as another's, is looked for last.
pub fn learn_lets_pass(policy: &Policy<'_>, asked: &Asked<'_>, refusal: Reason, hidden: &dyn Fn() -> Hidden) -> bool {
    let is_for_the_sender = matches!(
        refusal,
        Reason::PlainHttp
            | Reason::NoCertificate
            | Reason::UntrustedCertificate
            | Reason::ExpiredCertificate
            | Reason::NoDeviceIdentity
            | Reason::VendorMismatch
            | Reason::Password
    );
    // Where nothing is known, everybody may have proven itself.
    let Some(proven) = asked.proven.filter(|_| is_for_the_sender) else { return false };
    let renews = |mac| asked.sender == Sender::Expired && proven.was_proven_with_this(mac);
    let may_do_without = match asked.names.named() {
        Named::Nobody => true,
        Named::One(mac) => !proven.is_proven(mac) || renews(mac),
        Named::Several => false,
    };
    let only = asked.names.only();
    let hides_nobody_proven = || {
        let hidden = hidden();
        hidden.macs().is_some_and(|macs| macs.iter().all(|&mac| Some(mac) == only || !proven.is_proven(mac)))
    };
    may_do_without && first_match_with(policy, asked, InPlace::Learn) == Rule::Exempt && hides_nobody_proven()
}

impl Asked<'_> {
    /// Whether the one device named has proven itself, which ends its exemption unless its line says `even-proven`.
    fn has_proof_against(&self, named: Named, file: DeviceList<'_>) -> bool {
        match (named, self.proven) {
            (Named::One(mac), Some(proven)) => proven.is_proven(mac) && !file.is_exempt_even_proven(mac),
            _ => false,
        }
    }
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "table_tests.rs"]
mod table_tests;
