//! The vendors whose phones a virtual host serves: each speaks for its own phones and for no others.

use crate::built_in::known_prefixes::KnownPrefixes;
use crate::built_in::owned_prefixes::OwnedPrefixes;
use crate::built_in::vendors::{Vendor, vendor_of};
use crate::decision::methods::reads;
use crate::decision::policy::Mode;
use crate::decision::reason::Reason;
use crate::decision::sender::Sender;
use crate::fingerprint::Fingerprint;
use crate::mac::{Mac, Oui};
use crate::names::named::{Named, Names};
use crate::names::pattern::IdentityPattern;
use crate::time::UnixTime;
use crate::trust::ca_list::Warning;
use crate::trust::criteria::{Criteria, DEFAULT_DEPTH};
use crate::trust::device_trust::DeviceTrust;
use crate::trust::distrust::Distrust;
use crate::trust::identity::{Attribute, Identity};
use crate::trust::revocation::{Crl, Revocations};
use crate::vendors::sources::Sources;
use crate::vendors::trusts::Trusts;
use crate::vendors::vouched::{Ownership, Vouched};
use openssl::sha::Sha256 as Hasher;
use openssl::x509::{X509, X509Ref};
use std::collections::HashMap;
use std::sync::Arc;

/// The lists of one virtual host, ready to judge.
#[derive(Debug)]
pub struct Vendors {
    members: Vec<Member>,
    roots: Vec<Root>,
    known: KnownPrefixes,
    id: Fingerprint,
    warnings: Vec<Warning>,
}

/// One list: a vendor's, or the plain one.
#[derive(Debug)]
pub struct Member {
    /// The vendor's name; none for the plain list.
    name: Option<String>,
    trust: Arc<DeviceTrust>,
    prefixes: OwnedPrefixes,
    strict: bool,
    mode: Mode,
}

/// A root of one of the lists: the same certificate in two lists is there twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Root {
    /// Which list: an index into [`Vendors::members`].
    pub member: usize,
    /// SHA-256 of its DER.
    pub fingerprint: Fingerprint,
}

/// What a list makes of a certificate that several vouch for; the one that decides comes last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    OtherVendors,
    Nobody,
    AnyOf,
    Device,
}

impl Vendors {
    /// Prepares the lists. `depth` is MTLSProtectVerifyDepth, `identity` MTLSProtectIdentityPattern,
    /// which is the plain list's; `now` is Unix time, for warnings only.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn new(
        sources: &Sources,
        depth: Option<u32>,
        identity: Option<&IdentityPattern>,
        now: UnixTime,
    ) -> Result<Self, String> {
        Vendors::sharing(sources, depth, identity, now, &mut Trusts::default())
    }

    /// The same, with lists that other hosts have got ready, and for them.
    ///
    /// # Errors
    /// As [`Vendors::new`].
    pub fn sharing(
        sources: &Sources,
        depth: Option<u32>,
        identity: Option<&IdentityPattern>,
        now: UnixTime,
        trusts: &mut Trusts,
    ) -> Result<Self, String> {
        let depth = depth.unwrap_or(DEFAULT_DEPTH);
        sources.check_crls()?;
        let crls: Vec<Crl> =
            sources.vendors.iter().flat_map(|vendor| &vendor.crls).chain(&sources.crls).cloned().collect();
        let revocations = Arc::new(Revocations::of_lists(&crls, sources.lists())?);
        let mut members = Vec::new();
        for vendor in &sources.vendors {
            let criteria = Criteria {
                depth,
                identity: vendor.identity.clone(),
                security_level: vendor.security_level.unwrap_or(Criteria::default().security_level),
                allow_expired: vendor.allow_expired,
            };
            let trust = trusts
                .ready(&vendor.list, &revocations, criteria, now)
                .map_err(|error| format!("vendor {}: {error}", vendor.name))?;
            members.push(Member {
                name: Some(vendor.name.clone()),
                trust,
                prefixes: vendor.prefixes.clone(),
                strict: vendor.strict,
                mode: vendor.mode,
            });
        }
        if !sources.list.is_empty() || members.is_empty() {
            let identity = Identity::Subject { attribute: Attribute::common_name(), pattern: identity.cloned() };
            let criteria = Criteria { depth, identity, ..Criteria::default() };
            let trust = Arc::new(DeviceTrust::beside(Arc::new(sources.list.clone()), revocations, criteria, now)?);
            let prefixes = OwnedPrefixes::none();
            members.push(Member { name: None, trust, prefixes, strict: false, mode: Mode::On });
        }
        let mut warnings: Vec<Warning> = crls.iter().filter_map(|crl| crl.warning(now)).map(Warning::of_list).collect();
        warnings.extend(members.iter().flat_map(|member| member.trust.warnings()).cloned());
        warnings.extend(shared_cas(&members));
        let prefixes = members.iter().flat_map(|member| member.prefixes.iter());
        Ok(Vendors {
            known: KnownPrefixes::built_in().with(prefixes),
            id: id_of(&members),
            roots: roots_of(&members),
            warnings,
            members,
        })
    }

    /// What the operator should know about the lists.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// A digest of everything that an answer depends on besides the certificate and the time.
    pub fn id(&self) -> &Fingerprint {
        &self.id
    }

    /// The prefixes that are known as phones': those built in, and those of the configured vendors.
    pub fn known(&self) -> &KnownPrefixes {
        &self.known
    }

    /// The lists, in the order in which they are asked.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The roots of all lists, list by list.
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// When the first of the CAs expires, in Unix time.
    pub fn earliest_expiry(&self) -> Option<UnixTime> {
        self.members.iter().filter_map(|member| member.trust.list().earliest_expiry()).min()
    }

    /// Judges `leaf` at Unix time `now`. `sent` are the other certificates that the client sent
    /// with it, in any order.
    ///
    /// # Errors
    /// Why none of the lists vouches for it.
    pub fn judge(&self, leaf: &X509Ref, sent: &[X509], now: UnixTime) -> Result<Vouched, Distrust> {
        // The same CA may stand in the list that its phone belongs to.
        let mut best: Option<(Rank, Vouched)> = None;
        let mut distrust: Option<Distrust> = None;
        for (member, list) in self.members.iter().enumerate() {
            match list.trust.judge(leaf, sent, now) {
                Ok(trusted) => {
                    let ownership = self.ownership(list, trusted.mac);
                    let root = Root { member, fingerprint: trusted.root };
                    let Some(root) = self.roots.iter().position(|other| *other == root) else {
                        distrust = Some(Distrust::no_list());
                        continue;
                    };
                    let vouched = Vouched { trusted, member, root, ownership };
                    let rank = self.rank(&vouched);
                    if rank == Rank::Device {
                        return Ok(vouched);
                    }
                    if best.as_ref().is_none_or(|(other, _)| rank > *other) {
                        best = Some((rank, vouched));
                    }
                }
                Err(other) => distrust = Some(distrust.map_or(other.clone(), |distrust| distrust.or(other))),
            }
        }
        match (best, distrust) {
            (Some((_, vouched)), _) => Ok(vouched),
            (None, Some(distrust)) => Err(distrust),
            (None, None) => Err(Distrust::no_list()),
        }
    }

    fn rank(&self, vouched: &Vouched) -> Rank {
        match self.sender(vouched.member, vouched.trusted.mac, vouched.ownership) {
            Sender::Device(_) => Rank::Device,
            Sender::AnyOf(_) => Rank::AnyOf,
            Sender::OtherVendors(_) => Rank::OtherVendors,
            _ => Rank::Nobody,
        }
    }

    /// Whose the prefix of a certificate's MAC is, for the list that vouches for the certificate.
    fn ownership(&self, list: &Member, mac: Option<Mac>) -> Ownership {
        let Some(oui) = mac.map(Mac::oui) else { return Ownership::Own };
        if list.prefixes.contains(oui) {
            return Ownership::Own;
        }
        if list.strict || self.owner(oui).is_some() {
            return Ownership::Foreign;
        }
        let Some(name) = &list.name else { return Ownership::Own };
        // What is known of vendors counts between them, whichever of them this host has.
        match vendor_of(oui).and_then(|owner| owner.to_str().ok()) {
            Some(owner) if owner != name && Vendor::named(name).is_some() => Ownership::Foreign,
            _ => Ownership::New,
        }
    }

    /// The vendor of this host that owns a prefix.
    fn owner(&self, oui: Oui) -> Option<&Member> {
        self.members.iter().find(|member| member.prefixes.contains(oui))
    }

    /// Who sends, as the decision sees it, for a certificate that the list with this index vouches for.
    pub fn sender(&self, member: usize, mac: Option<Mac>, ownership: Ownership) -> Sender<'_> {
        let list = self.members.get(member);
        match (mac, ownership) {
            (Some(mac), Ownership::Foreign) => Sender::OtherVendors(mac),
            (Some(mac), _) => Sender::Device(mac),
            (None, _) => match list.filter(|list| matches!(list.trust.criteria().identity, Identity::Nothing)) {
                Some(list) => Sender::AnyOf(&list.prefixes),
                None => Sender::Nobody,
            },
        }
    }

    /// Whether a certificate below one of the [`roots`](Self::roots) can prove a device with this MAC.
    pub fn may_prove(&self, root: &Root, mac: Mac) -> bool {
        self.members.get(root.member).is_some_and(|list| {
            !matches!(list.trust.criteria().identity, Identity::Nothing)
                && self.ownership(list, Some(mac)) != Ownership::Foreign
        })
    }

    /// Whether a refusal is only reported where others are carried out (`mode=report`): the devices
    /// named are all of watched vendors or, where nobody is named, the sender is.
    ///
    /// Only reads, and only what depends on who sends: a write, an odd method or a malformed name
    /// could reach other vendors' files, and a block was meant. `in_path` says whether what is
    /// served names a device itself: a watched name in a query opens nobody's file to strangers.
    pub fn only_watches(
        &self,
        reason: Reason,
        method: &[u8],
        names: &Names,
        in_path: impl FnOnce() -> bool,
        sender: Option<usize>,
    ) -> bool {
        if !self.members.iter().any(Member::is_watched) || !reason.depends_on_sender() || !reads(method) {
            return false;
        }
        // Those that were not looked at may be anybody's.
        if names.are_more() {
            return false;
        }
        let is_own = sender.and_then(|member| self.members.get(member)).is_some_and(Member::is_watched);
        let mut found = names.found().peekable();
        if found.peek().is_none() {
            return is_own;
        }
        found.all(|(mac, _)| self.owner(mac.oui()).is_some_and(Member::is_watched)) && (is_own || in_path())
    }

    /// Whether a vendor has `mode=learn`.
    pub fn learn(&self) -> bool {
        self.members.iter().any(Member::learns)
    }

    /// Whether a request concerns vendors with `mode=learn` alone: the one device named is such a vendor's or, where
    /// nobody is named, the sender is.
    pub fn only_learns(&self, names: &Names, sender: Option<usize>) -> bool {
        let member = match names.named() {
            Named::Nobody => sender.and_then(|member| self.members.get(member)),
            Named::One(mac) => self.owner(mac.oui()),
            Named::Several => None,
        };
        member.is_some_and(Member::learns)
    }

    /// Whether each of these devices is of a vendor of which this holds.
    pub fn all_are(&self, macs: &[Mac], holds: impl Fn(&Member) -> bool) -> bool {
        macs.iter().all(|mac| self.owner(mac.oui()).is_some_and(&holds))
    }

    /// Whether a root is trusted here, and what is below it may speak for a device.
    pub fn may_vouch(&self, root: &Fingerprint, mac: Mac) -> bool {
        self.roots.iter().any(|other| other.fingerprint == *root && self.may_prove(other, mac))
    }
}

impl Member {
    /// The vendor's name; none for the plain list.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What judges its certificates.
    pub fn trust(&self) -> &DeviceTrust {
        &self.trust
    }

    /// The prefixes that are its own.
    pub fn prefixes(&self) -> &OwnedPrefixes {
        &self.prefixes
    }

    /// Whether its refusals are only reported.
    pub fn is_watched(&self) -> bool {
        self.mode == Mode::Report
    }

    /// Whether its devices need a certificate only when they have proven themselves.
    pub fn learns(&self) -> bool {
        self.mode == Mode::Learn
    }
}

/// CAs that stand in two vendors' lists can speak for both.
fn shared_cas(members: &[Member]) -> Vec<Warning> {
    let mut first: HashMap<&Fingerprint, &str> = HashMap::new();
    let mut warnings = Vec::new();
    for member in members {
        let name = member.name().unwrap_or("the plain list");
        for authority in member.trust.list().authorities() {
            if let Some(other) = first.insert(authority.fingerprint(), name) {
                warnings.push(
                    authority.says(&format!("is also in the list of {other}: it can speak for the phones of both")),
                );
            }
        }
    }
    warnings
}

fn roots_of(members: &[Member]) -> Vec<Root> {
    let of_member = |(member, list): (usize, &Member)| {
        let roots = list.trust.list().authorities().iter().filter(|authority| authority.is_root());
        roots.map(|root| Root { member, fingerprint: *root.fingerprint() }).collect::<Vec<_>>()
    };
    members.iter().enumerate().flat_map(of_member).collect()
}

fn id_of(members: &[Member]) -> Fingerprint {
    let mut hasher = Hasher::new();
    for member in members {
        hasher.update(member.trust.id().as_bytes());
        // A name ends before a byte that names can't have.
        hasher.update(member.name().unwrap_or_default().as_bytes());
        hasher.update(&[0, u8::from(member.strict)]);
        for prefix in member.prefixes.iter() {
            hasher.update(&prefix.bits().to_be_bytes());
        }
        hasher.update(&u32::MAX.to_be_bytes());
    }
    Fingerprint::new(hasher.finish())
}

#[cfg(test)]
#[path = "configured_tests.rs"]
mod tests;
