//! What `MTLSProtectVendor NAME key=value ...` says.

use crate::built_in::owned_prefixes::OwnedPrefixes;
use crate::built_in::vendors::{Vendor, vendor_named_in};
use crate::decision::policy::Mode;
use crate::mac::Oui;
use crate::names::pattern::IdentityPattern;
use crate::trust::ca_list::{Authority, CaList};
use crate::trust::certificate::{common_name, name_text};
use crate::trust::identity::{Attribute, Identity};
use crate::trust::revocation::{Crl, read_crls};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The keys, for messages.
const KEYS: &str = "ca, oui, identity, pattern, crl, seclevel, expired, strict and mode";

/// What a vendor's mode can be.
const MODES: [Mode; 3] = [Mode::On, Mode::Learn, Mode::Report];

/// A vendor of the operator's, with a CA list of its own.
#[derive(Clone, Debug)]
pub struct VendorLine {
    pub(crate) name: String,
    pub(crate) list: Arc<CaList>,
    pub(crate) crls: Vec<Crl>,
    pub(crate) prefixes: OwnedPrefixes,
    pub(crate) identity: Identity,
    pub(crate) security_level: Option<u8>,
    pub(crate) allow_expired: bool,
    pub(crate) strict: bool,
    /// Never `Off`.
    pub(crate) mode: Mode,
}

/// What is wrong with a line, in a sentence for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineError {
    /// Its words.
    Words(String),
    /// A file that it names.
    File(String),
}

/// The values of one line, before they are put together.
#[derive(Default)]
struct Keys<'a> {
    ca: Option<&'a str>,
    oui: Option<&'a str>,
    identity: Option<&'a str>,
    pattern: Option<&'a str>,
    crl: Option<&'a str>,
    seclevel: Option<&'a str>,
    expired: Option<&'a str>,
    strict: Option<&'a str>,
    mode: Option<&'a str>,
}

impl VendorLine {
    /// Reads the line's words and the files that they name. `path` makes a path of a word, as the
    /// server does with relative ones; `list` is [`CaList::vendors_own`], or remembers what that has read.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn read(
        words: &[&str],
        path: impl Fn(&str) -> PathBuf,
        list: impl FnOnce(&str, &Path) -> Result<Arc<CaList>, String>,
    ) -> Result<Self, LineError> {
        let (name, words) = words.split_first().ok_or("expected a vendor's name")?;
        let name = name.to_ascii_lowercase();
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if name.is_empty() || !name.bytes().all(is_word) {
            return Err(format!("\"{name}\" is not a vendor's name: use letters, digits, - and _").into());
        }
        let keys = Keys::of(words)?;
        let known = Vendor::named(&name);
        let ca = keys.ca.ok_or("ca= is missing: the file or directory with the vendor's CA certificates")?;
        let list = list(&name, &path(ca)).map_err(LineError::File)?;
        let crls = keys.crl.map_or(Ok(Vec::new()), |crl| read_crls(&path(crl))).map_err(LineError::File)?;
        let prefixes = keys.oui.map_or(Ok(built_in(known)), |oui| prefixes(oui, known))?;
        let identity = identity(keys.identity, keys.pattern, known)?;
        if matches!(identity, Identity::Nothing) && prefixes.is_empty() {
            return Err(format!(
                "identity=none lets any device of {name} read the files of its prefixes: specify them with oui="
            )
            .into());
        }
        let strict = choice("strict", keys.strict, ["no", "yes"])?;
        if strict && prefixes.is_empty() {
            return Err(format!(
                "strict=yes limits {name} to its own prefixes, but it has none: specify them with oui=, or no phone \
                 gets in"
            )
            .into());
        }
        Ok(VendorLine {
            list,
            crls,
            prefixes,
            identity,
            security_level: keys.seclevel.map(security_level).transpose()?,
            allow_expired: choice("expired", keys.expired, ["deny", "allow"])?,
            strict,
            mode: mode(keys.mode)?,
            name,
        })
    }

    /// The vendor's name, in lower case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A CA of another vendor than the line's, both known, whose prefixes the line doesn't have: phones with them are
    /// refused.
    pub fn foreign_ca(&self) -> Option<(&Authority, &'static Vendor)> {
        let own = Vendor::named(&self.name)?;
        self.list.authorities().iter().find_map(|ca| {
            let subject = name_text(ca.certificate().subject_name());
            let other = vendor_named_in(&subject, &common_name(ca.certificate()))?;
            let is_foreign = other.name() != own.name()
                && !own.is_named_in(&subject)
                && !other.prefixes.iter().any(|prefix| self.prefixes.contains(prefix));
            is_foreign.then_some((ca, other))
        })
    }

    /// The first key that lets in what mod_ssl would drop: `expired=allow`, or a `seclevel=` below the default.
    pub fn laxer_than_mod_ssl(&self) -> Option<String> {
        let lower = self.security_level.filter(|&level| level < crate::trust::criteria::DEFAULT_SECURITY_LEVEL);
        let level = lower.map(|level| format!("seclevel={level}"));
        level.or_else(|| self.allow_expired.then(|| "expired=allow".to_owned()))
    }
}

impl From<String> for LineError {
    fn from(words: String) -> Self {
        LineError::Words(words)
    }
}

impl From<&str> for LineError {
    fn from(words: &str) -> Self {
        LineError::Words(words.to_owned())
    }
}

impl From<LineError> for String {
    fn from(error: LineError) -> Self {
        match error {
            LineError::Words(text) | LineError::File(text) => text,
        }
    }
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LineError::Words(text) | LineError::File(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for LineError {}

impl<'a> Keys<'a> {
    fn of(words: &[&'a str]) -> Result<Self, String> {
        let mut keys = Keys::default();
        for word in words {
            let (key, value) = word
                .split_once('=')
                .ok_or_else(|| format!("expected key=value, found \"{word}\"; the keys are {KEYS}"))?;
            let place = match key.to_ascii_lowercase().as_str() {
                "ca" => &mut keys.ca,
                "oui" => &mut keys.oui,
                "identity" => &mut keys.identity,
                "pattern" => &mut keys.pattern,
                "crl" => &mut keys.crl,
                "seclevel" => &mut keys.seclevel,
                "expired" => &mut keys.expired,
                "strict" => &mut keys.strict,
                "mode" => &mut keys.mode,
                _ => return Err(format!("\"{key}\" is not a key; the keys are {KEYS}")),
            };
            if value.is_empty() {
                return Err(format!("{key}= has no value"));
            }
            if place.replace(value).is_some() {
                return Err(format!("{key}= is specified twice"));
            }
        }
        Ok(keys)
    }
}

fn built_in(known: Option<&Vendor>) -> OwnedPrefixes {
    known.map_or_else(OwnedPrefixes::none, |vendor| vendor.prefixes.clone())
}

/// The prefixes of `oui=`; with a leading `+` also the built-in ones.
fn prefixes(oui: &str, known: Option<&Vendor>) -> Result<OwnedPrefixes, String> {
    let (base, list) = match oui.strip_prefix('+') {
        Some(more) => (built_in(known), more),
        None => (OwnedPrefixes::none(), oui),
    };
    let mut prefixes = Vec::new();
    for word in list.split(',') {
        let prefix = word.trim().parse().ok().filter(|prefix: &Oui| prefix.bits() != 0);
        prefixes.push(prefix.ok_or_else(|| {
            format!("oui=: \"{word}\" is not a prefix; write 6 hex digits each, separated by commas: oui=0004f2,64167f")
        })?);
    }
    Ok(base.with(prefixes))
}

fn identity(name: Option<&str>, pattern: Option<&str>, known: Option<&Vendor>) -> Result<Identity, String> {
    if name.is_some_and(|name| name.eq_ignore_ascii_case("none")) {
        return match pattern {
            Some(_) => Err("pattern= has nothing to match with identity=none".to_owned()),
            None => Ok(Identity::Nothing),
        };
    }
    let name = name.unwrap_or_else(|| known.map_or("CN", |vendor| vendor.identity));
    let attribute = Attribute::new(name).map_err(|error| format!("identity=: {error}; or none"))?;
    let pattern = pattern.map(IdentityPattern::new).transpose().map_err(|error| format!("pattern=: {error}"))?;
    Ok(Identity::Subject { attribute, pattern })
}

fn security_level(level: &str) -> Result<u8, String> {
    let level = level.parse().ok().filter(|level| (0..=5).contains(level));
    level.ok_or_else(|| "seclevel= takes a number from 0 to 5, as OpenSSL's security levels".to_owned())
}

/// How the vendor's refusals are carried out.
fn mode(value: Option<&str>) -> Result<Mode, String> {
    let Some(value) = value else { return Ok(Mode::On) };
    let found = MODES.into_iter().find(|mode| value.eq_ignore_ascii_case(mode.as_str()));
    found.ok_or_else(|| format!("mode= takes on, learn or report, found \"{value}\""))
}

/// Whether the second of two words was given; the first is the default.
fn choice(key: &str, value: Option<&str>, [default, other]: [&str; 2]) -> Result<bool, String> {
    match value {
        None => Ok(false),
        Some(value) if value.eq_ignore_ascii_case(default) => Ok(false),
        Some(value) if value.eq_ignore_ascii_case(other) => Ok(true),
        Some(value) => Err(format!("{key}= takes {default} or {other}, found \"{value}\"")),
    }
}
