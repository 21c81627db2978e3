//! The CAs that are good up to a root: those of a list, found once, when the list is read, and those that a phone
//! sends, where names alone don't tell which of them issued which.

use crate::escape::quoted;
use crate::fingerprint::Fingerprint;
use crate::time::UnixTime;
use crate::trust::ca_list::{Authority, CaList, Warning};
use crate::trust::certificate::{constrains_names, fingerprint, is_ca, is_for_clients, name_text, validity};
use crate::trust::chain::{is_same, store_builder, verify};
use crate::trust::criteria::Criteria;
use crate::trust::revocation::{Revocations, Serials, is_revoked};
use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::store::X509Store;
use openssl::x509::verify::X509VerifyFlags;
use openssl::x509::{X509, X509Ref, X509VerifyResult};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The good CAs of a list.
pub(crate) struct Anchors {
    /// By the DER of their subject.
    by_subject: HashMap<Vec<u8>, Vec<Anchor>>,
    /// Intermediates of the list that need others, which a phone may send, to reach a root.
    loose: Vec<X509>,
}

/// A CA that is already verified; only its validity still needs to be checked.
pub(crate) struct Anchor {
    /// SHA-256 of its DER.
    pub(crate) fingerprint: Fingerprint,
    certificate: X509,
    /// Trusts this one certificate.
    pub(crate) store: X509Store,
    /// Ways up to a root, none of which is as good as another in every respect.
    pub(crate) ways: Vec<Way>,
    /// What it has revoked.
    pub(crate) revoked: Vec<Serials>,
}

/// A way from a CA up to a root.
#[derive(Clone)]
pub(crate) struct Way {
    /// Unix times between which every CA on it is valid.
    pub(crate) validity: (UnixTime, UnixTime),
    /// CAs that may still stand between its first and a leaf; `None` for any number.
    room_below: Option<u32>,
    /// A CA on it limits the names below: chains through it are verified in full.
    pub(crate) constrains_names: bool,
    /// The CAs, this one first, the root last.
    pub(crate) cas: Vec<X509>,
    /// SHA-256 of the root's DER.
    pub(crate) root: Fingerprint,
}

impl Way {
    /// Whether every CA on it is valid at Unix time `now`.
    pub(crate) fn is_valid(&self, now: UnixTime, allow_expired: bool) -> bool {
        self.validity.0 <= now && (allow_expired || now <= self.validity.1)
    }

    /// The number of its CAs.
    pub(crate) fn height(&self) -> u32 {
        u32::try_from(self.cas.len()).unwrap_or(u32::MAX)
    }

    /// Whether this way allows everything that the other one allows.
    fn covers(&self, other: &Way) -> bool {
        let room = |way: &Way| way.room_below.unwrap_or(u32::MAX);
        self.validity.0 <= other.validity.0
            && self.validity.1 >= other.validity.1
            && room(self) >= room(other)
            && self.constrains_names <= other.constrains_names
            && self.cas.len() <= other.cas.len()
    }
}

impl Anchors {
    /// Makes anchors of the roots, then of the intermediates below an anchor, whatever the day.
    pub(crate) fn of_list(
        list: &CaList,
        criteria: &Criteria,
        revocations: &Revocations,
        warnings: &mut Vec<Warning>,
    ) -> Result<Anchors, ErrorStack> {
        let search = Search { criteria, revocations };
        let mut found = Vec::new();
        let mut candidates = Vec::new();
        for authority in &list.authorities {
            if !authority.self_signed {
                candidates.push(Candidate::of(&authority.certificate)?);
                continue;
            }
            match search.root(authority)? {
                Ok(root) => found.push(root),
                Err(error) => warnings.push(authority.says(&search.unusable(error))),
            }
        }
        let nothing = Anchors { by_subject: HashMap::new(), loose: Vec::new() };
        search.grow(&nothing, &mut found, &mut candidates)?;
        let mut loose = Vec::new();
        for candidate in candidates.iter().filter(|candidate| !candidate.is_good) {
            if let Some(authority) = list.authorities.iter().find(|other| other.fingerprint == candidate.fingerprint) {
                warnings.push(authority.says(&candidate.why(list)?));
            }
            loose.push(candidate.certificate.clone());
        }
        let mut by_subject: HashMap<Vec<u8>, Vec<Anchor>> = HashMap::new();
        for anchor in found {
            by_subject.entry(anchor.certificate.subject_name().to_der()?).or_default().push(anchor);
        }
        Ok(Anchors { by_subject, loose })
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_subject.is_empty()
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Anchor> {
        self.by_subject.values().flatten()
    }

    /// Those whose subject is encoded like this.
    pub(crate) fn named(&self, subject: &[u8]) -> &[Anchor] {
        self.by_subject.get(subject).map_or(&[], Vec::as_slice)
    }

    /// Every way on which the leaf's signature and those of the CAs above it hold, through CAs of the
    /// list and such as were sent, whichever of several with one name they are.
    ///
    /// It begins at the roots: a certificate that no CA has signed costs one check for each CA of the list that it
    /// claims as its issuer, so that a client can't make the work grow faster than what it sends.
    pub(crate) fn ways_to(
        &self,
        leaf: &X509Ref,
        sent: &[X509],
        criteria: &Criteria,
        revocations: &Revocations,
    ) -> Result<Vec<Way>, ErrorStack> {
        let mut candidates: Vec<Candidate> = Vec::new();
        for certificate in sent.iter().filter(|certificate| is_ca(certificate)).chain(&self.loose) {
            let candidate = Candidate::of(certificate)?;
            let is_known = self.all().any(|anchor| anchor.fingerprint == candidate.fingerprint)
                || candidates.iter().any(|other| other.fingerprint == candidate.fingerprint);
            if !is_known {
                candidates.push(candidate);
            }
        }
        let mut grown = Vec::new();
        Search { criteria, revocations }.grow(self, &mut grown, &mut candidates)?;
        let mut ways = Vec::new();
        for anchor in self.all().chain(&grown) {
            if is_same(anchor.certificate.subject_name(), leaf.issuer_name())?
                && verify(&anchor.store, leaf, &Stack::new()?)?.is_ok()
            {
                ways.extend(anchor.ways.iter().cloned());
            }
        }
        Ok(ways)
    }
}

/// What anchors are looked for with.
struct Search<'a> {
    criteria: &'a Criteria,
    revocations: &'a Revocations,
}

/// An intermediate that may turn out to be good.
struct Candidate {
    certificate: X509,
    fingerprint: Fingerprint,
    is_good: bool,
    /// Why the last CA that was asked does not vouch for it.
    refused: Option<String>,
}

impl Candidate {
    fn of(certificate: &X509Ref) -> Result<Self, ErrorStack> {
        let fingerprint = fingerprint(certificate)?;
        Ok(Candidate { certificate: certificate.to_owned(), fingerprint, is_good: false, refused: None })
    }

    /// Why it vouches for nobody.
    fn why(&self, list: &CaList) -> Result<String, ErrorStack> {
        if let Some(why) = &self.refused {
            return Ok(why.clone());
        }
        let issuer = self.certificate.issuer_name();
        let mut is_listed = false;
        for other in &list.authorities {
            is_listed |= is_same(other.certificate.subject_name(), issuer)?;
        }
        let missing = if is_listed {
            "which can't vouch for it; phones below it are refused"
        } else {
            "which is not in the list; phones below it are refused unless they send it"
        };
        Ok(format!("was issued by \"{}\", {missing}", quoted(&name_text(issuer), 256)))
    }
}

impl Search<'_> {
    fn root(&self, authority: &Authority) -> Result<Result<Anchor, X509VerifyResult>, ErrorStack> {
        let certificate = &authority.certificate;
        let store = self.single_store(certificate)?;
        if let Err(error) = verify(&store, certificate, &Stack::new()?)? {
            return Ok(Err(error));
        }
        let way = Way {
            validity: authority.validity,
            room_below: certificate.pathlen(),
            constrains_names: constrains_names(certificate),
            cas: vec![certificate.clone()],
            root: authority.fingerprint,
        };
        self.anchor(certificate, authority.fingerprint, store, way).map(Ok)
    }

    fn anchor(
        &self,
        certificate: &X509Ref,
        fingerprint: Fingerprint,
        store: X509Store,
        way: Way,
    ) -> Result<Anchor, ErrorStack> {
        let revoked = self.revocations.of(certificate)?;
        Ok(Anchor { fingerprint, certificate: certificate.to_owned(), store, ways: vec![way], revoked })
    }

    /// Adds to `found` the candidates for which an anchor vouches, of `above` or found before, until
    /// no more ways come of it. No signature is verified twice.
    fn grow(&self, above: &Anchors, found: &mut Vec<Anchor>, candidates: &mut [Candidate]) -> Result<(), ErrorStack> {
        let mut known = HashMap::new();
        let mut grows = true;
        while grows {
            grows = false;
            for candidate in candidates.iter_mut() {
                for way in self.ways_below(above.all().chain(found.iter()), candidate, &mut known)? {
                    grows |= self.add(found, candidate, way)?;
                }
            }
        }
        Ok(())
    }

    /// The ways to a candidate through those of some anchors that vouch for it; it keeps why the others don't. `known` is
    /// what each has said before.
    fn ways_below<'a>(
        &self,
        anchors: impl Iterator<Item = &'a Anchor>,
        candidate: &mut Candidate,
        known: &mut HashMap<(Fingerprint, Fingerprint), Result<(), String>>,
    ) -> Result<Vec<Way>, ErrorStack> {
        let mut ways = Vec::new();
        for anchor in anchors {
            if !is_same(anchor.certificate.subject_name(), candidate.certificate.issuer_name())? {
                continue;
            }
            let vouches = match known.entry((anchor.fingerprint, candidate.fingerprint)) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => unknown.insert(self.vouches(anchor, &candidate.certificate)?),
            };
            if let Err(why) = vouches {
                candidate.refused = Some(why.clone());
                continue;
            }
            for way in &anchor.ways {
                match self.below(way, &candidate.certificate) {
                    Ok(way) => ways.push(way),
                    Err(why) => candidate.refused = Some(why),
                }
            }
        }
        Ok(ways)
    }

    /// Takes one more way to a candidate, unless one that it has is as good.
    fn add(&self, found: &mut Vec<Anchor>, candidate: &mut Candidate, way: Way) -> Result<bool, ErrorStack> {
        candidate.is_good = true;
        match found.iter_mut().find(|anchor| anchor.fingerprint == candidate.fingerprint) {
            Some(anchor) if anchor.ways.iter().any(|known| known.covers(&way)) => return Ok(false),
            Some(anchor) => {
                anchor.ways.retain(|known| !way.covers(known));
                anchor.ways.push(way);
            }
            None => {
                let store = self.single_store(&candidate.certificate)?;
                found.push(self.anchor(&candidate.certificate, candidate.fingerprint, store, way)?);
            }
        }
        Ok(true)
    }

    /// Whether the anchor issued the CA, for clients too, and has not revoked it; or why not.
    fn vouches(&self, anchor: &Anchor, ca: &X509Ref) -> Result<Result<(), String>, ErrorStack> {
        Ok(match verify(&anchor.store, ca, &Stack::new()?)? {
            Err(error) => Err(self.unusable(error)),
            Ok(_) if is_revoked(&anchor.revoked, ca)? => {
                Err("has been revoked by its issuer; phones below it are refused".to_owned())
            }
            Ok(_) if !is_for_clients(ca) => Err("has an extended key usage that does not allow TLS client \
                 authentication; phones below it are refused"
                .to_owned()),
            Ok(_) => Ok(()),
        })
    }

    /// The way one step further down, to `ca`, or why it ends here.
    fn below(&self, way: &Way, ca: &X509Ref) -> Result<Way, String> {
        if way.room_below == Some(0) {
            return Err("is deeper than a CA above it allows (pathlen); phones below it are refused".to_owned());
        }
        let (height, depth) = (way.height(), self.criteria.depth);
        if height >= depth {
            return Err(format!("is {} CAs deep, MTLSProtectVerifyDepth allows {depth}", height + 1));
        }
        let Some((from, until)) = validity(ca) else { return Err("has a validity that cannot be read".to_owned()) };
        Ok(Way {
            validity: (from.max(way.validity.0), until.min(way.validity.1)),
            room_below: way.room_below.map(|room| room - 1).into_iter().chain(ca.pathlen()).min(),
            constrains_names: way.constrains_names || constrains_names(ca),
            cas: [&[ca.to_owned()], &way.cas[..]].concat(),
            root: way.root,
        })
    }

    /// Why a CA that is in the list can't vouch for anybody.
    fn unusable(&self, error: X509VerifyResult) -> String {
        let why = error.error_string();
        match error.as_raw() {
            openssl_sys::X509_V_ERR_EE_KEY_TOO_SMALL
            | openssl_sys::X509_V_ERR_CA_KEY_TOO_SMALL
            | openssl_sys::X509_V_ERR_CA_MD_TOO_WEAK => {
                format!("is below security level {} ({why}); it vouches for nobody", self.criteria.security_level)
            }
            _ => format!("does not verify ({why}); phones below it are refused"),
        }
    }

    /// A store that trusts one CA and does not look further up.
    fn single_store(&self, certificate: &X509Ref) -> Result<X509Store, ErrorStack> {
        let mut builder = store_builder(X509VerifyFlags::PARTIAL_CHAIN, self.criteria.security_level)?;
        builder.add_cert(certificate.to_owned())?;
        Ok(builder.build())
    }
}
