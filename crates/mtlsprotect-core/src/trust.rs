//! Whether the device CAs vouch for a client certificate, and whose it is.

use crate::anchors::{Anchors, SECURITY_LEVEL, find_anchors, store_builder, verify};
use crate::ca_list::CaList;
use crate::certificate::{Sha256, fingerprint, is_for_clients, name_text, says_ca, validity};
use crate::escape::quoted;
use crate::identity::device_of;
use crate::mac::Mac;
use crate::pattern::IdentityPattern;
use openssl::error::ErrorStack;
use openssl::sha::Sha256 as Hasher;
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::X509VerifyFlags;
use openssl::x509::{X509, X509Ref};
use std::collections::HashSet;

/// A CA list with everything else that the trust in a certificate depends on.
pub struct DeviceTrust {
    list: CaList,
    depth: u32,
    identity: Option<IdentityPattern>,
    id: Sha256,
    /// The self-signed roots, each name once in a store: without key identifiers OpenSSL tries only
    /// one certificate of an issuer's name, and a renewed root may have the old one's.
    roots: Vec<X509Store>,
    /// Roots, and intermediates found good up to a root, by the DER of their subject.
    anchors: Anchors,
    warnings: Vec<String>,
}

/// A certificate that the device CAs vouch for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    /// Whose it is, `None` where the subject is no device's name.
    pub mac: Option<Mac>,
    /// Unix time of the last second that every certificate of the chain is valid.
    pub until: i64,
    /// DER of the intermediates that the client sent and the list lacks, leaf's issuer first.
    pub missing: Vec<Vec<u8>>,
}

/// Why the device CAs don't vouch for a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distrust {
    /// They would, were nothing in the chain expired.
    pub expired: bool,
    /// For the operator.
    pub why: String,
}

impl Distrust {
    fn new(why: impl Into<String>) -> Self {
        Distrust { expired: false, why: why.into() }
    }
}

impl Distrust {
    /// Where a certificate came to a virtual host that has no device CAs.
    pub fn no_list() -> Self {
        Distrust::new("this virtual host has no MTLSProtectCAFile or MTLSProtectCAPath")
    }
}

impl From<ErrorStack> for Distrust {
    fn from(error: ErrorStack) -> Self {
        Distrust::new(format!("OpenSSL failed: {error}"))
    }
}

impl DeviceTrust {
    /// Prepares a list for judging: every intermediate is verified here, once.
    ///
    /// `depth` is the largest number of CA certificates between a leaf and the end of its chain,
    /// the root counted, as SSLVerifyDepth counts them; `now` is Unix time, for warnings only.
    ///
    /// # Errors
    /// A sentence for the operator, where nothing could ever be trusted with this list.
    pub fn new(list: CaList, depth: u32, identity: Option<IdentityPattern>, now: i64) -> Result<Self, String> {
        let failed = |error: ErrorStack| format!("the CA list cannot be used, OpenSSL failed: {error}");
        let mut warnings = list.warnings(now);
        let anchors = find_anchors(&list, depth, &mut warnings).map_err(failed)?;
        if anchors.is_empty() {
            let all = if warnings.is_empty() { String::new() } else { format!(": {}", warnings.join("; ")) };
            return Err(format!(
                "no usable CA: a phone's chain must end in a self-signed root of the list, with keys and digests of \
                 OpenSSL's security level {SECURITY_LEVEL}{all}"
            ));
        }
        Ok(DeviceTrust {
            id: trust_id(&list, depth, identity.as_ref()),
            roots: root_stores(&list).map_err(failed)?,
            anchors,
            warnings,
            list,
            depth,
            identity,
        })
    }

    /// What the operator should know about the list.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The CAs.
    pub fn list(&self) -> &CaList {
        &self.list
    }

    /// A digest of everything that an answer depends on besides the certificate and the time.
    pub fn id(&self) -> &Sha256 {
        &self.id
    }

    /// Judges `leaf` at Unix time `now`. `sent` are the other certificates that the client sent
    /// with it, in any order.
    ///
    /// # Errors
    /// Why it is not trusted.
    pub fn judge(&self, leaf: &X509Ref, sent: &[X509], now: i64) -> Result<Trusted, Distrust> {
        if says_ca(leaf) {
            return Err(Distrust::new("it is a CA's own certificate, not a device's"));
        }
        if !is_for_clients(leaf) {
            return Err(Distrust::new("its extended key usage does not allow TLS client authentication"));
        }
        let (until, missing) = match self.judge_by_anchor(leaf, now)? {
            Some(until) => (until, Vec::new()),
            None => self.judge_in_full(leaf, sent, now)?,
        };
        let subject = leaf.subject_name().to_der()?;
        Ok(Trusted { mac: device_of(&subject, self.identity.as_ref()), until, missing })
    }

    /// Verifies the leaf's own signature by an anchor of its issuer's name. `None` where there is
    /// no such anchor or none of them vouches for it.
    fn judge_by_anchor(&self, leaf: &X509Ref, now: i64) -> Result<Option<i64>, Distrust> {
        let Some(anchors) = self.anchors.get(&leaf.issuer_name().to_der()?) else { return Ok(None) };
        let none = Stack::new()?;
        for anchor in anchors {
            let is_valid = (anchor.validity.0..=anchor.validity.1).contains(&now);
            if !is_valid || anchor.constrains_names || anchor.height > self.depth {
                continue;
            }
            if let Ok(chain) = verify(&anchor.store, leaf, &none)? {
                return Ok(Some(valid_until(&chain, now)?.min(anchor.validity.1)));
            }
        }
        Ok(None)
    }

    /// Builds and verifies the whole chain up to a root, with the list's intermediates and those
    /// that the client sent.
    fn judge_in_full(&self, leaf: &X509Ref, sent: &[X509], now: i64) -> Result<(i64, Vec<Vec<u8>>), Distrust> {
        let untrusted = self.untrusted(sent, now)?;
        let mut distrust: Option<Distrust> = None;
        for store in &self.roots {
            let judged = match verify(store, leaf, &untrusted)? {
                Ok(chain) => self.judge_chain(&chain, now),
                Err(error) => Err(Distrust::new(error.error_string())),
            };
            match judged {
                Ok(trusted) => return Ok(trusted),
                Err(other) if distrust.is_none() || other.expired => distrust = Some(other),
                Err(_) => {}
            }
        }
        Err(distrust.unwrap_or_else(|| Distrust::new("there is no root to end its chain")))
    }

    /// Judges length and validity of a chain whose signatures hold: until when, and what the list
    /// lacks of it.
    fn judge_chain(&self, chain: &[X509], now: i64) -> Result<(i64, Vec<Vec<u8>>), Distrust> {
        let cas = chain.len() - 1;
        if cas as u64 > u64::from(self.depth) {
            return Err(Distrust::new(format!(
                "its chain has {cas} CAs, MTLSProtectVerifyDepth allows {}",
                self.depth
            )));
        }
        let mut missing = Vec::new();
        for certificate in &chain[1..] {
            if !self.list.contains(&fingerprint(certificate)?) {
                missing.push(certificate.to_der()?);
            }
        }
        Ok((valid_until(chain, now)?, missing))
    }

    /// The list's intermediates, then `sent`; what is valid at `now` before what isn't, since
    /// OpenSSL takes the first that fits.
    fn untrusted(&self, sent: &[X509], now: i64) -> Result<Stack<X509>, ErrorStack> {
        let intermediates = self.list.authorities.iter().filter(|authority| !authority.self_signed);
        let all: Vec<&X509> = intermediates.map(|authority| &authority.certificate).chain(sent).collect();
        let is_valid =
            |certificate: &X509| validity(certificate).is_some_and(|(from, until)| (from..=until).contains(&now));
        let (valid, invalid): (Vec<&X509>, Vec<&X509>) = all.into_iter().partition(|certificate| is_valid(certificate));
        let mut stack = Stack::new()?;
        for certificate in valid.into_iter().chain(invalid) {
            stack.push(certificate.clone())?;
        }
        Ok(stack)
    }
}

/// The last second at which the whole chain is valid, for a chain that is at Unix time `now`.
fn valid_until(chain: &[X509], now: i64) -> Result<i64, Distrust> {
    let mut last = i64::MAX;
    for certificate in chain {
        let Some((from, until)) = validity(certificate) else {
            return Err(Distrust::new("its validity cannot be read"));
        };
        if now < from || until < now {
            let expired = until < now;
            let name = quoted(&name_text(certificate.subject_name()), 128);
            let what = if expired { "has expired" } else { "is not yet valid" };
            return Err(Distrust { expired, why: format!("the certificate of {name} {what}") });
        }
        last = last.min(until);
    }
    Ok(last)
}

fn root_stores(list: &CaList) -> Result<Vec<X509Store>, ErrorStack> {
    let mut layers: Vec<(HashSet<Vec<u8>>, X509StoreBuilder)> = Vec::new();
    for root in list.authorities.iter().filter(|authority| authority.self_signed) {
        let name = root.certificate.subject_name().to_der()?;
        let free = match layers.iter().position(|(names, _)| !names.contains(&name)) {
            Some(free) => free,
            None => {
                layers.push((HashSet::new(), store_builder(X509VerifyFlags::empty())?));
                layers.len() - 1
            }
        };
        layers[free].1.add_cert(root.certificate.clone())?;
        layers[free].0.insert(name);
    }
    Ok(layers.into_iter().map(|(_, builder)| builder.build()).collect())
}

fn trust_id(list: &CaList, depth: u32, identity: Option<&IdentityPattern>) -> Sha256 {
    let mut hasher = Hasher::new();
    for authority in &list.authorities {
        hasher.update(&authority.fingerprint);
    }
    hasher.update(&depth.to_be_bytes());
    hasher.update(&SECURITY_LEVEL.to_be_bytes());
    hasher.update(identity.map_or(&b""[..], |pattern| pattern.as_str().as_bytes()));
    hasher.finish()
}

impl std::fmt::Debug for DeviceTrust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DeviceTrust({:?}, depth {})", self.list, self.depth)
    }
}

#[cfg(test)]
#[path = "trust_tests.rs"]
mod tests;
