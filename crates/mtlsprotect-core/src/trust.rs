//! Whether the device CAs vouch for a client certificate, and whose it is.

use crate::ca_list::{Authority, CaList};
use crate::certificate::{Sha256, constrains_names, fingerprint, is_for_clients, name_text, says_ca, validity};
use crate::escape::quoted;
use crate::identity::device_of;
use crate::mac::Mac;
use crate::pattern::IdentityPattern;
use openssl::error::ErrorStack;
use openssl::sha::Sha256 as Hasher;
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509Ref, X509StoreContext, X509VerifyResult};
use std::collections::HashMap;

/// OpenSSL's security level for every certificate of a chain: at least 112 bits, so no RSA below
/// 2048 bits and no SHA-1 (SSL_CTX_set_security_level(3)).
const SECURITY_LEVEL: i32 = 2;

/// A CA list with everything else that the trust in a certificate depends on.
pub struct DeviceTrust {
    list: CaList,
    depth: u32,
    identity: Option<IdentityPattern>,
    id: Sha256,
    /// Holds the self-signed roots only.
    roots: X509Store,
    /// Roots, and intermediates found good up to a root, by the DER of their subject.
    anchors: HashMap<Vec<u8>, Vec<Anchor>>,
    warnings: Vec<String>,
}

/// A CA that needs no verification any more, only its validity looked at.
struct Anchor {
    /// Trusts this one certificate.
    store: X509Store,
    /// Unix times between which it and every CA above it are valid.
    validity: (i64, i64),
    /// CA certificates from this one to its root, both counted.
    height: u32,
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
        let mut builder = store_builder(X509VerifyFlags::empty()).map_err(failed)?;
        for root in list.authorities.iter().filter(|authority| authority.self_signed) {
            builder.add_cert(root.certificate.clone()).map_err(failed)?;
        }
        let roots = builder.build();
        let mut trust = DeviceTrust {
            id: trust_id(&list, depth, identity.as_ref()),
            anchors: HashMap::new(),
            warnings: Vec::new(),
            list,
            depth,
            identity,
            roots,
        };
        let untrusted = trust.untrusted(&[]).map_err(failed)?;
        let mut timeless = store_builder(X509VerifyFlags::NO_CHECK_TIME).map_err(failed)?;
        for root in trust.list.authorities.iter().filter(|authority| authority.self_signed) {
            timeless.add_cert(root.certificate.clone()).map_err(failed)?;
        }
        let timeless = timeless.build();
        let mut anchors: HashMap<Vec<u8>, Vec<Anchor>> = HashMap::new();
        for authority in &trust.list.authorities {
            match anchor(authority, &timeless, &untrusted, depth) {
                Ok(Some(anchor)) => {
                    let subject = authority.certificate.subject_name().to_der().map_err(failed)?;
                    anchors.entry(subject).or_default().push(anchor);
                }
                Ok(None) => {}
                Err(why) => warnings.push(authority.says(&why)),
            }
        }
        if anchors.is_empty() {
            let all = if warnings.is_empty() { String::new() } else { format!(": {}", warnings.join("; ")) };
            return Err(format!(
                "no usable CA: a phone's chain must end in a self-signed root of the list, with keys and digests of \
                 OpenSSL's security level {SECURITY_LEVEL}, at most MTLSProtectVerifyDepth {depth} CAs long{all}"
            ));
        }
        trust.anchors = anchors;
        trust.warnings = warnings;
        Ok(trust)
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
            None => self.judge_in_full(leaf, sent)?,
        };
        let subject = leaf.subject_name().to_der()?;
        Ok(Trusted { mac: device_of(&subject, self.identity.as_ref()), until, missing })
    }

    /// Verifies the leaf's own signature by an anchor of its issuer's name. `None` where there is
    /// no such anchor or none of them vouches for it.
    fn judge_by_anchor(&self, leaf: &X509Ref, now: i64) -> Result<Option<i64>, ErrorStack> {
        let Some(anchors) = self.anchors.get(&leaf.issuer_name().to_der()?) else { return Ok(None) };
        let none = Stack::new()?;
        for anchor in anchors.iter().filter(|anchor| (anchor.validity.0..=anchor.validity.1).contains(&now)) {
            if anchor.height > self.depth {
                continue;
            }
            if let Ok(chain) = verify(&anchor.store, leaf, &none)? {
                let until = latest_of(&chain).map(|until| until.min(anchor.validity.1));
                return Ok(until);
            }
        }
        Ok(None)
    }

    /// Builds and verifies the whole chain up to a root, with the list's intermediates and those
    /// that the client sent.
    fn judge_in_full(&self, leaf: &X509Ref, sent: &[X509]) -> Result<(i64, Vec<Vec<u8>>), Distrust> {
        let chain = verify(&self.roots, leaf, &self.untrusted(sent)?)?.map_err(|error| Distrust {
            expired: error.as_raw() == openssl_sys::X509_V_ERR_CERT_HAS_EXPIRED,
            why: error.error_string().to_owned(),
        })?;
        if chain.len() as u64 - 1 > u64::from(self.depth) {
            return Err(Distrust::new(format!(
                "its chain has {} CAs, MTLSProtectVerifyDepth allows {}",
                chain.len() - 1,
                self.depth
            )));
        }
        let mut missing = Vec::new();
        for certificate in &chain[1..] {
            if !self.list.contains(&fingerprint(certificate)?) {
                missing.push(certificate.to_der()?);
            }
        }
        let until = latest_of(&chain).ok_or_else(|| Distrust::new("its validity cannot be read"))?;
        Ok((until, missing))
    }

    /// The list's intermediates, then `sent`.
    fn untrusted(&self, sent: &[X509]) -> Result<Stack<X509>, ErrorStack> {
        let mut stack = Stack::new()?;
        for authority in self.list.authorities.iter().filter(|authority| !authority.self_signed) {
            stack.push(authority.certificate.clone())?;
        }
        for certificate in sent {
            stack.push(certificate.clone())?;
        }
        Ok(stack)
    }
}

/// Makes an anchor of a CA whose chain holds up to a root, whatever the day. `None` for one that
/// has to be verified with each leaf, since a CA above it limits the names below.
fn anchor(
    authority: &Authority,
    timeless: &X509Store,
    untrusted: &Stack<X509>,
    depth: u32,
) -> Result<Option<Anchor>, String> {
    let failed = |error: ErrorStack| format!("cannot be used, OpenSSL failed: {error}");
    let chain = verify(timeless, &authority.certificate, untrusted).map_err(failed)?.map_err(|error| {
        match error.as_raw() {
            openssl_sys::X509_V_ERR_EE_KEY_TOO_SMALL
            | openssl_sys::X509_V_ERR_CA_KEY_TOO_SMALL
            | openssl_sys::X509_V_ERR_CA_MD_TOO_WEAK => {
                format!("is below security level {SECURITY_LEVEL} ({}); it vouches for nobody", error.error_string())
            }
            openssl_sys::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT
            | openssl_sys::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
            | openssl_sys::X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE => {
                let issuer = quoted(&name_text(authority.certificate.issuer_name()), 256);
                format!("was issued by \"{issuer}\", which is not in the list; phones below it are refused unless they send it")
            }
            _ => format!("does not verify ({}); phones below it are refused", error.error_string()),
        }
    })?;
    if chain.len() as u64 > u64::from(depth) {
        return Err(format!("is {} CAs deep, MTLSProtectVerifyDepth allows {depth}", chain.len()));
    }
    for (below, upper) in chain.iter().enumerate().skip(1) {
        // As seen from a leaf, this many CAs stand between it and this one.
        if upper.pathlen().is_some_and(|most| below as u64 > u64::from(most)) {
            return Err("stands deeper than a CA above it allows (pathlen); phones below it are refused".to_owned());
        }
        if constrains_names(upper) {
            return Ok(None);
        }
    }
    let mut builder = store_builder(X509VerifyFlags::PARTIAL_CHAIN).map_err(failed)?;
    builder.add_cert(authority.certificate.clone()).map_err(failed)?;
    let windows = chain.iter().map(|certificate| validity(certificate)).collect::<Option<Vec<_>>>();
    let windows = windows.ok_or("has a validity that cannot be read; phones below it are refused")?;
    Ok(Some(Anchor {
        store: builder.build(),
        validity: (
            windows.iter().map(|window| window.0).max().unwrap_or(i64::MAX),
            windows.iter().map(|window| window.1).min().unwrap_or(i64::MIN),
        ),
        height: chain.len() as u32,
    }))
}

fn store_builder(flags: X509VerifyFlags) -> Result<X509StoreBuilder, ErrorStack> {
    let mut parameters = X509VerifyParam::new()?;
    parameters.set_auth_level(SECURITY_LEVEL);
    parameters.set_flags(flags)?;
    let mut builder = X509StoreBuilder::new()?;
    builder.set_param(&parameters)?;
    Ok(builder)
}

/// The verified chain, leaf first.
fn verify(
    store: &X509Store,
    leaf: &X509Ref,
    untrusted: &Stack<X509>,
) -> Result<Result<Vec<X509>, X509VerifyResult>, ErrorStack> {
    X509StoreContext::new()?.init(store, leaf, untrusted, |context| {
        if !context.verify_cert()? {
            // What a failed verification leaves in the thread's error queue would be taken for an
            // error of the TLS connection that comes next.
            drop(ErrorStack::get());
            return Ok(Err(context.error()));
        }
        Ok(Ok(context.chain().map(|chain| chain.iter().map(X509Ref::to_owned).collect()).unwrap_or_default()))
    })
}

/// The last second at which the whole chain is valid; `None` for an empty chain.
fn latest_of(chain: &[X509]) -> Option<i64> {
    chain.iter().map(|certificate| validity(certificate).map(|(_, until)| until)).min()?
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
