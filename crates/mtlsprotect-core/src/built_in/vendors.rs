//! What is built in about the vendors of phones: `vendors.toml` and `prefixes.tsv`.
//!
//! A prefix never decides whether a file is protected: twelve digits standing alone are a name
//! whatever they begin with. Two other things depend on prefixes, and they are not the same ones:
//! - [`crate::built_in::KnownPrefixes`] are all that makers of phones have. They make loosely written digits worth
//!   looking at, so that one too many costs little.
//! - [`OwnedPrefixes`] are a vendor's own, for which no other vendor's certificate may speak. One too many would lock a
//!   legitimate phone out.

use crate::built_in::owned_prefixes::OwnedPrefixes;
use crate::fingerprint::Fingerprint;
use crate::mac::Oui;
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
    /// The prefixes for which its CAs speak, and no others'.
    pub prefixes: OwnedPrefixes,
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
    pub sha256: Option<Fingerprint>,
    /// Where the vendor publishes it.
    pub url: Option<&'static str>,
}

impl Vendor {
    /// The word of MTLSProtectVendor.
    pub fn name(&self) -> &'static str {
        self.name.to_str().unwrap_or_default()
    }

    /// Whether its name stands in the subject of a CA.
    pub(crate) fn is_named_in(&self, subject: &[u8]) -> bool {
        contains(subject, self.name())
    }

    /// The vendor of this name.
    pub fn named(name: &str) -> Option<&'static Vendor> {
        VENDORS.iter().find(|vendor| vendor.name() == name)
    }
}

/// The vendor that owns a prefix, `None` where nobody built in claims it: whose certificates may
/// speak for it.
pub fn vendor_of(oui: Oui) -> Option<&'static CStr> {
    VENDORS.iter().find(|vendor| vendor.prefixes.contains(oui)).map(|vendor| vendor.name)
}

/// Who makes the devices with a prefix, as far as is known: a word for people, on which nothing is decided.
pub fn maker_of(oui: Oui) -> Option<&'static str> {
    KNOWN.binary_search(&oui).ok().map(|index| MAKERS[index])
}

/// Every prefix built in, sorted.
pub(crate) const fn known() -> &'static [Oui] {
    KNOWN
}

/// The vendor that a CA claims to belong to: by its Common Name, else by the vendor's name in its subject.
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
    use crate::built_in::known_prefixes::KnownPrefixes;
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

    fn prefix(digits: &str) -> Oui {
        Oui::parse(digits.as_bytes()).unwrap()
    }

    #[test]
    fn an_operator_reads_who_makes_a_phone_and_nothing_is_decided_by_it() {
        for (digits, maker) in [
            ("08000f", "mitel"),
            ("7c2f80", "gigaset"),
            ("0c383e", "fanvil"),
            ("00040d", "avaya"),
            ("00809f", "alcatel-lucent-enterprise"),
            ("00000c", "cisco"),
        ] {
            assert!(KnownPrefixes::built_in().contains(prefix(digits)), "{maker}");
            assert_eq!(maker_of(prefix(digits)), Some(maker));
            assert_eq!(vendor_of(prefix(digits)), None, "{maker}: known is not owned");
        }
        for vendor in VENDORS {
            for oui in vendor.prefixes.iter() {
                assert_eq!(maker_of(oui), Some(vendor.name()));
            }
        }
        assert_eq!(maker_of(prefix("123456")), None);
    }

    #[test]
    fn a_vendor_owns_the_few_prefixes_that_are_listed_for_it() {
        let counts: Vec<_> = VENDORS.iter().map(|vendor| (vendor.name(), vendor.prefixes.iter().count())).collect();
        let expected = [
            ("poly", 15),
            ("yealink", 11),
            ("grandstream", 4),
            ("snom", 2),
            ("algo", 1),
            ("panasonic", 6),
            ("cisco", 1),
        ];
        assert_eq!(counts, expected);
        assert!(KnownPrefixes::built_in().iter().count() >= 1_468);
        assert!(!KnownPrefixes::built_in().contains(prefix("000000")));
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
