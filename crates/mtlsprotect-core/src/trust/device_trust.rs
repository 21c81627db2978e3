//! Whether the device CAs vouch for a client certificate, and whose it is.

use crate::escape::quoted;
use crate::fingerprint::Fingerprint;
use crate::mac::Mac;
use crate::time::UnixTime;
use crate::trust::anchors::Anchors;
use crate::trust::ca_list::{Authority, CaList, Warning};
use crate::trust::certificate::{fingerprint, is_for_clients, name_text, says_ca, validity};
use crate::trust::chain::{store_builder, verify};
use crate::trust::criteria::Criteria;
use crate::trust::distrust::{Distrust, Fault};
use crate::trust::identity::{Identity, device_of};
use crate::trust::revocation::{Crl, Revocations, is_revoked};
use openssl::error::ErrorStack;
use openssl::sha::Sha256 as Hasher;
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::X509VerifyFlags;
use openssl::x509::{X509, X509Ref};
use std::collections::HashSet;
use std::sync::Arc;

/// A CA list with everything else that the trust in a certificate depends on.
pub struct DeviceTrust {
    list: Arc<CaList>,
    criteria: Criteria,
    revocations: Arc<Revocations>,
    id: Fingerprint,
    /// The self-signed roots, each name once in a store: without key identifiers OpenSSL tries only
    /// one certificate of an issuer's name, and a renewed root may have the old one's.
    roots: Vec<X509Store>,
    /// Roots, and intermediates found good up to a root.
    anchors: Anchors,
    warnings: Vec<Warning>,
}

/// A certificate that the device CAs vouch for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    /// Whose it is, `None` where the subject is not a device's name.
    pub mac: Option<Mac>,
    /// Unix time of the last second that every certificate of the chain is valid.
    pub until: UnixTime,
    /// DER of the intermediates that the client sent and the list lacks, leaf's issuer first.
    pub missing: Vec<Vec<u8>>,
    /// SHA-256 of the root that ends the chain.
    pub root: Fingerprint,
}

/// What a chain is found to be: until when it is valid, what the list lacks of it, and SHA-256 of its root.
type Chain = (UnixTime, Vec<Vec<u8>>, Fingerprint);

impl DeviceTrust {
    /// Prepares a list for judging: every intermediate is verified here, once.
    ///
    /// Of `crls` those count that a CA of the list has signed; `now` is Unix time, for warnings only.
    ///
    /// # Errors
    /// A sentence for the operator, where nothing could ever be trusted with this list.
    pub fn new(list: CaList, crls: &[Crl], criteria: Criteria, now: UnixTime) -> Result<Self, String> {
        let revocations = Revocations::of_lists(crls, std::iter::once(&list))?;
        DeviceTrust::beside(Arc::new(list), Arc::new(revocations), criteria, now)
    }

    /// Prepares one of several lists of a host; `revocations` are those of all of them.
    ///
    /// # Errors
    /// As [`DeviceTrust::new`].
    pub(crate) fn beside(
        list: Arc<CaList>,
        revocations: Arc<Revocations>,
        criteria: Criteria,
        now: UnixTime,
    ) -> Result<Self, String> {
        let failed = |error: ErrorStack| format!("the CA list cannot be used, OpenSSL failed: {error}");
        let mut warnings = list.warnings(now, criteria.allow_expired);
        let anchors = Anchors::of_list(&list, &criteria, &revocations, &mut warnings).map_err(failed)?;
        if anchors.is_empty() {
            let texts: Vec<&str> = warnings.iter().map(|warning| warning.text.as_str()).collect();
            let all = if texts.is_empty() { String::new() } else { format!(": {}", texts.join("; ")) };
            return Err(format!(
                "no usable CA: a phone's chain must end in a self-signed root of the list, with keys and digests of \
                 OpenSSL's security level {}{all}",
                criteria.security_level
            ));
        }
        Ok(DeviceTrust {
            id: trust_id(&list, &criteria, &revocations),
            roots: root_stores(&list, &criteria).map_err(failed)?,
            anchors,
            warnings,
            list,
            criteria,
            revocations,
        })
    }

    /// What the operator should know about the list.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The CAs.
    pub fn list(&self) -> &CaList {
        &self.list
    }

    /// Whether a CA of the list can vouch for phones below it, whatever the date.
    pub fn vouches(&self, authority: &Authority) -> bool {
        self.anchors.all().any(|anchor| anchor.fingerprint == *authority.fingerprint())
    }

    /// How it judges.
    pub fn criteria(&self) -> &Criteria {
        &self.criteria
    }

    /// A digest of everything that an answer depends on besides the certificate and the time.
    pub fn id(&self) -> &Fingerprint {
        &self.id
    }

    /// Judges `leaf` at Unix time `now`. `sent` are the other certificates that the client sent
    /// with it, in any order.
    ///
    /// # Errors
    /// Why it is not trusted.
    pub fn judge(&self, leaf: &X509Ref, sent: &[X509], now: UnixTime) -> Result<Trusted, Distrust> {
        if says_ca(leaf) {
            return Err(Distrust::untrusted("it is a CA's own certificate, not a device's"));
        }
        if !is_for_clients(leaf) {
            return Err(Distrust::untrusted("its extended key usage does not allow TLS client authentication"));
        }
        let (until, missing, root) = match self.judge_by_anchor(leaf, now)? {
            Some((until, root)) => (until, Vec::new(), root),
            None => match self.judge_in_full(leaf, sent, now) {
                Ok(judged) => judged,
                // OpenSSL takes the first CA of a name for the issuer.
                Err(distrust) => self.judge_by_ways(leaf, sent, now).map_err(|other| distrust.or(other))?,
            },
        };
        let subject = leaf.subject_name().to_der()?;
        let until = until.min(self.revocations.until(now));
        Ok(Trusted { mac: device_of(&subject, &self.criteria.identity), until, missing, root })
    }

    /// Verifies the leaf's own signature by an anchor of its issuer's name. `None` where there is
    /// no such anchor or none of them vouches for it.
    fn judge_by_anchor(&self, leaf: &X509Ref, now: UnixTime) -> Result<Option<(UnixTime, Fingerprint)>, Distrust> {
        let allow_expired = self.criteria.allow_expired;
        let none = Stack::new()?;
        for anchor in self.anchors.named(&leaf.issuer_name().to_der()?) {
            let Some(way) = anchor.ways.iter().find(|way| {
                way.is_valid(now, allow_expired) && !way.constrains_names && way.height() <= self.criteria.depth
            }) else {
                continue;
            };
            if is_revoked(&anchor.revoked, leaf)? {
                continue;
            }
            if let Ok(chain) = verify(&anchor.store, leaf, &none)? {
                let until = valid_until(&chain, now, allow_expired)?;
                return Ok(Some((if allow_expired { until } else { until.min(way.validity.1) }, way.root)));
            }
        }
        Ok(None)
    }

    /// Builds and verifies the whole chain up to a root, with the list's intermediates and those
    /// that the client sent.
    fn judge_in_full(&self, leaf: &X509Ref, sent: &[X509], now: UnixTime) -> Result<Chain, Distrust> {
        let untrusted = self.untrusted(sent, now)?;
        let mut distrust: Option<Distrust> = None;
        for store in &self.roots {
            match self.judge_chain_of(store, leaf, &untrusted, now) {
                Ok(trusted) => return Ok(trusted),
                Err(other) => distrust = Some(distrust.map_or(other.clone(), |distrust| distrust.or(other))),
            }
        }
        Err(distrust.unwrap_or_else(|| Distrust::untrusted("there is no root to end its chain")))
    }

    /// Tries every chain whose signatures hold, where several CAs have one name and the certificates
    /// below them don't tell which of them it is (no authority key identifier).
    fn judge_by_ways(&self, leaf: &X509Ref, sent: &[X509], now: UnixTime) -> Result<Chain, Distrust> {
        let mut distrust = Distrust::new(Fault::UnknownIssuer, "there is no root to end its chain");
        for way in self.anchors.ways_to(leaf, sent, &self.criteria, &self.revocations)? {
            let Some((root, between)) = way.cas.split_last() else { continue };
            let mut store = store_builder(X509VerifyFlags::empty(), self.criteria.security_level)?;
            store.add_cert(root.clone())?;
            match self.judge_chain_of(&store.build(), leaf, &stack(between)?, now) {
                Ok(judged) => return Ok(judged),
                Err(other) => distrust = distrust.or(other),
            }
        }
        Err(distrust)
    }

    /// Builds and verifies the chain up to a root of `store`, and judges it.
    fn judge_chain_of(
        &self,
        store: &X509Store,
        leaf: &X509Ref,
        untrusted: &Stack<X509>,
        now: UnixTime,
    ) -> Result<Chain, Distrust> {
        match verify(store, leaf, untrusted)? {
            Ok(chain) => self.judge_chain(&chain, now),
            Err(error) => Err(error.into()),
        }
    }

    /// Judges length, purpose, revocation and validity of a chain whose signatures hold: until when,
    /// and what the list lacks of it.
    fn judge_chain(&self, chain: &[X509], now: UnixTime) -> Result<Chain, Distrust> {
        let cas = chain.len() - 1;
        let depth = self.criteria.depth;
        if cas as u64 > u64::from(depth) {
            return Err(Distrust::untrusted(format!("its chain has {cas} CAs, MTLSProtectVerifyDepth allows {depth}")));
        }
        let name = |certificate: &X509Ref| quoted(&name_text(certificate.subject_name()), 128);
        // The root is what the operator trusts, whatever it says of itself.
        for ca in chain.iter().take(cas).skip(1) {
            if !is_for_clients(ca) {
                return Err(Distrust::untrusted(format!(
                    "the extended key usage of the CA {} does not allow TLS client authentication",
                    name(ca)
                )));
            }
        }
        for pair in chain.windows(2) {
            let (certificate, issuer) = (&pair[0], &pair[1]);
            if is_revoked(&self.revocations.of(issuer)?, certificate)? {
                let why = format!("the certificate of {} has been revoked by {}", name(certificate), name(issuer));
                return Err(Distrust::new(Fault::Revoked, why));
            }
        }
        let (mut missing, mut last) = (Vec::new(), None);
        for certificate in &chain[1..] {
            let digest = *last.insert(fingerprint(certificate)?);
            if !self.list.contains(&digest) {
                missing.push(certificate.to_der()?);
            }
        }
        let root = last.ok_or_else(|| Distrust::untrusted("there is no root to end its chain"))?;
        Ok((valid_until(chain, now, self.criteria.allow_expired)?, missing, root))
    }

    /// The list's intermediates, then `sent`; what is valid at `now` before what isn't, since
    /// OpenSSL takes the first that fits.
    fn untrusted(&self, sent: &[X509], now: UnixTime) -> Result<Stack<X509>, ErrorStack> {
        let intermediates = self.list.authorities.iter().filter(|authority| !authority.self_signed);
        let all: Vec<&X509> = intermediates.map(|authority| &authority.certificate).chain(sent).collect();
        let is_valid =
            |certificate: &X509| validity(certificate).is_some_and(|(from, until)| (from..=until).contains(&now));
        let (valid, invalid): (Vec<&X509>, Vec<&X509>) = all.into_iter().partition(|certificate| is_valid(certificate));
        stack(valid.into_iter().chain(invalid))
    }
}

fn stack<'c>(certificates: impl IntoIterator<Item = &'c X509>) -> Result<Stack<X509>, ErrorStack> {
    let mut stack = Stack::new()?;
    for certificate in certificates {
        stack.push(certificate.clone())?;
    }
    Ok(stack)
}

/// The last second at which the whole chain counts as valid, for a chain that is at Unix time `now`.
fn valid_until(chain: &[X509], now: UnixTime, allow_expired: bool) -> Result<UnixTime, Distrust> {
    let mut last = UnixTime::MAX;
    for certificate in chain {
        let Some((from, until)) = validity(certificate) else {
            return Err(Distrust::untrusted("its validity cannot be read"));
        };
        let name = || quoted(&name_text(certificate.subject_name()), 128);
        if now < from {
            return Err(Distrust::untrusted(format!("the certificate of {} is not yet valid", name())));
        }
        if allow_expired {
            continue;
        }
        if until < now {
            return Err(Distrust::new(Fault::Expired, format!("the certificate of {} has expired", name())));
        }
        last = last.min(until);
    }
    Ok(last)
}

fn root_stores(list: &CaList, criteria: &Criteria) -> Result<Vec<X509Store>, ErrorStack> {
    let mut layers: Vec<(HashSet<&[u8]>, X509StoreBuilder)> = Vec::new();
    for root in list.authorities.iter().filter(|authority| authority.self_signed) {
        let free = match layers.iter().position(|(names, _)| !names.contains(root.subject())) {
            Some(free) => free,
            None => {
                layers.push((HashSet::new(), store_builder(X509VerifyFlags::empty(), criteria.security_level)?));
                layers.len() - 1
            }
        };
        layers[free].1.add_cert(root.certificate.clone())?;
        layers[free].0.insert(root.subject());
    }
    Ok(layers.into_iter().map(|(_, builder)| builder.build()).collect())
}

pub(crate) fn trust_id(list: &CaList, criteria: &Criteria, revocations: &Revocations) -> Fingerprint {
    let mut hasher = Hasher::new();
    let mut add = |part: &[u8]| {
        hasher.update(&part.len().to_be_bytes());
        hasher.update(part);
    };
    for authority in &list.authorities {
        add(authority.fingerprint.as_bytes());
    }
    for digest in revocations.digests() {
        add(digest.as_bytes());
    }
    add(&criteria.depth.to_be_bytes());
    add(&[criteria.security_level, u8::from(criteria.allow_expired)]);
    match &criteria.identity {
        Identity::Nothing => add(b"none"),
        Identity::Subject { attribute, pattern } => {
            add(attribute.oid());
            add(pattern.as_ref().map_or(&b""[..], |pattern| pattern.as_str().as_bytes()));
        }
    }
    Fingerprint::new(hasher.finish())
}

impl std::fmt::Debug for DeviceTrust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DeviceTrust({:?}, {:?})", self.list, self.criteria)
    }
}

#[cfg(test)]
#[path = "device_trust_tests.rs"]
mod tests;
