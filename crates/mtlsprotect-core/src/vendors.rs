//! What is known of the vendors of phones without being told, from `vendors.toml`.
//!
//! A prefix never decides whether a file is protected: twelve digits standing alone are a name
//! whatever they begin with. It makes loosely written digits worth looking at, and says whose CAs
//! can speak for it.

use crate::certificate::Sha256;
use crate::mac::Oui;
use std::borrow::Cow;
use std::ffi::CStr;

include!(concat!(env!("OUT_DIR"), "/vendors.rs"));

/// A vendor of phones.
#[derive(Debug)]
pub struct Vendor {
    name: &'static CStr,
    /// For people.
    pub title: &'static str,
    /// The subject attribute of its phones' certificates that holds their MAC.
    pub identity: &'static str,
    /// The OUIs that operators have seen on its phones.
    pub prefixes: KnownPrefixes,
    /// Its CAs, roots first.
    pub cas: &'static [KnownCa],
}

/// A CA of a vendor.
#[derive(Debug, PartialEq, Eq)]
pub struct KnownCa {
    /// Its Common Name.
    pub name: &'static str,
    /// What else stands in its subject, where the name alone is anybody's.
    pub organization: Option<&'static str>,
    /// The digest of its DER: the pin.
    pub sha256: Option<Sha256>,
    /// Where the vendor publishes it.
    pub url: Option<&'static str>,
}

/// A set of known prefixes, sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPrefixes(Cow<'static, [Oui]>);

impl Vendor {
    /// The word of MTLSProtectVendor.
    pub fn name(&self) -> &'static str {
        self.name.to_str().unwrap_or_default()
    }

    /// The vendor of this name.
    pub fn named(name: &str) -> Option<&'static Vendor> {
        VENDORS.iter().find(|vendor| vendor.name() == name)
    }
}

impl KnownPrefixes {
    const fn sorted(prefixes: &'static [Oui]) -> Self {
        KnownPrefixes(Cow::Borrowed(prefixes))
    }

    /// The prefixes of every vendor built in.
    pub const fn built_in() -> Self {
        KnownPrefixes::sorted(ALL)
    }

    /// These and others.
    pub fn with(&self, others: impl IntoIterator<Item = Oui>) -> Self {
        let mut all: Vec<Oui> = self.iter().chain(others).collect();
        all.sort_unstable();
        all.dedup();
        KnownPrefixes(Cow::Owned(all))
    }

    /// Tells sets of different prefixes apart.
    pub fn id(&self) -> u64 {
        self.iter().fold(0, |id, oui| (id ^ u64::from(oui.bits())).wrapping_mul(0x100_0000_01b3))
    }

    /// None.
    pub const fn none() -> Self {
        KnownPrefixes::sorted(&[])
    }

    /// Whether `oui` is one of them.
    pub fn contains(&self, oui: Oui) -> bool {
        self.0.binary_search(&oui).is_ok()
    }

    /// Each of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Oui> {
        self.0.iter().copied()
    }
}

/// The vendor that a prefix belongs to, `None` where nobody built in claims it.
pub fn vendor_of(oui: Oui) -> Option<&'static CStr> {
    VENDORS.iter().find(|vendor| vendor.prefixes.contains(oui)).map(|vendor| vendor.name)
}

/// The vendor that a CA says it is of: by its Common Name, else by the vendor's name in its subject.
pub fn vendor_named_in(subject: &[u8], common_name: &[u8]) -> Option<&'static Vendor> {
    let known = VENDORS.iter().find(|vendor| vendor.cas.iter().any(|ca| ca.is_named(subject, common_name)));
    known.or_else(|| VENDORS.iter().find(|vendor| contains(subject, vendor.name())))
}

impl KnownCa {
    /// Whether a CA with this subject claims to be this one.
    pub fn is_named(&self, subject: &[u8], common_name: &[u8]) -> bool {
        self.name.as_bytes() == common_name
            && self.organization.is_none_or(|organization| contains(subject, organization))
    }
}

/// Whether `word` stands in `text`, in letters of either case.
fn contains(text: &[u8], word: &str) -> bool {
    text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_vendors_prefixes_are_known_and_its_own() {
        let known = KnownPrefixes::built_in();
        for vendor in VENDORS {
            assert!(vendor.prefixes.iter().next().is_some(), "{}", vendor.name());
            for prefix in vendor.prefixes.iter() {
                assert!(known.contains(prefix));
                assert_eq!(vendor_of(prefix), Some(vendor.name));
            }
        }
        assert!(!known.contains(Oui::from_bits(0x123456)));
        assert_eq!(vendor_of(Oui::from_bits(0x123456)), None);
        assert!(known.with([Oui::from_bits(0x123456)]).contains(Oui::from_bits(0x123456)));
    }

    #[test]
    fn a_ca_belongs_to_the_vendor_that_its_name_says() {
        let vendor = |subject: &str, name: &str| vendor_named_in(subject.as_bytes(), name.as_bytes()).map(Vendor::name);
        assert_eq!(vendor("CN=Polycom Root CA", "Polycom Root CA"), Some("poly"));
        assert_eq!(vendor("O=Grandstream Networks, CN=VPN", "VPN"), Some("grandstream"));
        assert_eq!(vendor("O=Example, CN=VPN", "VPN"), None);
        assert_eq!(vendor("CN=SIP Phone, O=Panasonic", "SIP Phone"), Some("panasonic"));
        assert_eq!(vendor("CN=Example", "Example"), None);
    }

    #[test]
    fn no_name_and_no_pin_stands_twice() {
        let names: HashSet<_> = VENDORS.iter().map(Vendor::name).collect();
        assert_eq!(names.len(), VENDORS.len());
        let pins: Vec<_> = VENDORS.iter().flat_map(|vendor| vendor.cas).filter_map(|ca| ca.sha256).collect();
        assert_eq!(pins.iter().collect::<HashSet<_>>().len(), pins.len());
    }
}
