//! The CAs of a list that are good up to a root, found once, when the list is read.

use crate::ca_list::{Authority, CaList, Warning};
use crate::certificate::{Sha256, constrains_names, name_text};
use crate::escape::quoted;
use crate::revocation::{Revocations, Serials, is_revoked};
use crate::trust::Settings;
use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509Ref, X509StoreContext, X509VerifyResult};
use std::collections::HashMap;

pub(crate) type Anchors = HashMap<Vec<u8>, Vec<Anchor>>;

/// A CA that needs no verification any more, only its validity looked at.
pub(crate) struct Anchor {
    /// SHA-256 of its DER.
    pub(crate) fingerprint: Sha256,
    /// Trusts this one certificate.
    pub(crate) store: X509Store,
    /// Unix times between which it and every CA above it are valid.
    pub(crate) validity: (i64, i64),
    /// CA certificates from this one to its root, both counted.
    pub(crate) height: u32,
    /// CAs that may still stand between this one and a leaf; `None` for any number.
    pub(crate) room_below: Option<u32>,
    /// It or a CA above it limits the names below: chains through it are verified in full.
    pub(crate) constrains_names: bool,
    /// What it has revoked.
    pub(crate) revoked: Vec<Serials>,
}

impl Anchor {
    /// Whether it and every CA above it are valid at Unix time `now`.
    pub(crate) fn is_valid(&self, now: i64, allow_expired: bool) -> bool {
        self.validity.0 <= now && (allow_expired || now <= self.validity.1)
    }
}

/// Makes anchors of the roots, then of the intermediates below an anchor, whatever the day.
pub(crate) fn find_anchors(
    list: &CaList,
    settings: &Settings,
    revocations: &Revocations,
    warnings: &mut Vec<Warning>,
) -> Result<Anchors, ErrorStack> {
    let search = Search { list, settings, revocations };
    let mut anchors = Anchors::new();
    let mut open: Vec<&Authority> = Vec::new();
    for authority in &list.authorities {
        if !authority.self_signed {
            open.push(authority);
            continue;
        }
        match verify(&search.single_store(authority)?, &authority.certificate, &Stack::new()?)? {
            Ok(_) => search.add_anchor(&mut anchors, authority, None)?,
            Err(error) => warnings.push(authority.says(&search.unusable(error))),
        }
    }
    let mut errors: HashMap<Sha256, String> = HashMap::new();
    loop {
        let before = open.len();
        let mut still_open = Vec::new();
        for authority in open {
            match search.issuing_anchor(&anchors, authority)? {
                Ok(above) => search.add_anchor(&mut anchors, authority, Some(above))?,
                Err(why) => {
                    errors.insert(authority.fingerprint, why);
                    still_open.push(authority);
                }
            }
        }
        open = still_open;
        if open.len() == before {
            break;
        }
    }
    warnings.extend(open.iter().map(|authority| authority.says(&errors[&authority.fingerprint])));
    Ok(anchors)
}

/// What anchors are looked for with.
struct Search<'a> {
    list: &'a CaList,
    settings: &'a Settings,
    revocations: &'a Revocations,
}

/// What an anchor takes from the one above it.
struct Above {
    validity: (i64, i64),
    height: u32,
    room_below: Option<u32>,
    constrains_names: bool,
}

impl Search<'_> {
    /// The anchor that issued `authority`, or why there is none.
    fn issuing_anchor(&self, anchors: &Anchors, authority: &Authority) -> Result<Result<Above, String>, ErrorStack> {
        let issuer = authority.certificate.issuer_name();
        let name = issuer.to_der()?;
        let is_listed = self.list.authorities.iter().any(|other| other.subject() == name);
        let missing = if is_listed {
            "which can't vouch for it; phones below it are refused"
        } else {
            "which is not in the list; phones below it are refused unless they send it"
        };
        let mut why = format!("was issued by \"{}\", {missing}", quoted(&name_text(issuer), 256));
        let depth = self.settings.depth;
        for anchor in anchors.get(&name).into_iter().flatten() {
            why = match verify(&anchor.store, &authority.certificate, &Stack::new()?)? {
                Err(error) => self.unusable(error),
                Ok(_) if is_revoked(&anchor.revoked, &authority.certificate)? => {
                    "has been revoked by its issuer; phones below it are refused".to_owned()
                }
                Ok(_) if anchor.room_below == Some(0) => {
                    "stands deeper than a CA above it allows (pathlen); phones below it are refused".to_owned()
                }
                Ok(_) if anchor.height >= depth => {
                    format!("is {} CAs deep, MTLSProtectVerifyDepth allows {depth}", anchor.height + 1)
                }
                Ok(_) => {
                    return Ok(Ok(Above {
                        validity: anchor.validity,
                        height: anchor.height,
                        room_below: anchor.room_below,
                        constrains_names: anchor.constrains_names,
                    }));
                }
            };
        }
        Ok(Err(why))
    }

    fn add_anchor(&self, anchors: &mut Anchors, authority: &Authority, above: Option<Above>) -> Result<(), ErrorStack> {
        let above = above.unwrap_or(Above {
            validity: (i64::MIN, i64::MAX),
            height: 0,
            room_below: None,
            constrains_names: false,
        });
        let (from, until) = authority.validity;
        let own_room = authority.certificate.pathlen();
        let anchor = Anchor {
            fingerprint: authority.fingerprint,
            store: self.single_store(authority)?,
            validity: (from.max(above.validity.0), until.min(above.validity.1)),
            height: above.height + 1,
            room_below: above.room_below.map(|room| room - 1).into_iter().chain(own_room).min(),
            constrains_names: above.constrains_names || constrains_names(&authority.certificate),
            revoked: self.revocations.of(&authority.certificate)?,
        };
        anchors.entry(authority.subject().to_vec()).or_default().push(anchor);
        Ok(())
    }

    /// Why a CA that is in the list can't vouch for anybody.
    fn unusable(&self, error: X509VerifyResult) -> String {
        let why = error.error_string();
        match error.as_raw() {
            openssl_sys::X509_V_ERR_EE_KEY_TOO_SMALL
            | openssl_sys::X509_V_ERR_CA_KEY_TOO_SMALL
            | openssl_sys::X509_V_ERR_CA_MD_TOO_WEAK => {
                format!("is below security level {} ({why}); it vouches for nobody", self.settings.security_level)
            }
            _ => format!("does not verify ({why}); phones below it are refused"),
        }
    }

    /// A store that trusts one CA and looks no further up.
    fn single_store(&self, authority: &Authority) -> Result<X509Store, ErrorStack> {
        let mut builder = store_builder(X509VerifyFlags::PARTIAL_CHAIN, self.settings.security_level)?;
        builder.add_cert(authority.certificate.clone())?;
        Ok(builder.build())
    }
}

/// A store whose verifier sets the security level explicitly and leaves validity times to us: we
/// judge at a given moment, and an expired chain is another matter than a forged one.
pub(crate) fn store_builder(flags: X509VerifyFlags, security_level: u8) -> Result<X509StoreBuilder, ErrorStack> {
    let mut parameters = X509VerifyParam::new()?;
    parameters.set_auth_level(i32::from(security_level));
    parameters.set_flags(flags | X509VerifyFlags::NO_CHECK_TIME)?;
    let mut builder = X509StoreBuilder::new()?;
    builder.set_param(&parameters)?;
    Ok(builder)
}

/// The verified chain, leaf first.
pub(crate) fn verify(
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
