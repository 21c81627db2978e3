//! The MAC prefixes of the phone vendors we know.
//!
//! A prefix never decides whether a file is protected: twelve digits standing alone are a name
//! whatever they begin with. It only makes loosely written digits worth looking at.

use crate::mac::Oui;
use std::borrow::Cow;
use std::ffi::CStr;

/// Vendors and the prefixes that operators have seen on their phones.
const VENDORS: &[(&CStr, &[u32])] = &[
    (c"poly", &[0x0004f2, 0x64167f, 0x482567, 0x9cadef]),
    (
        c"yealink",
        &[0x001565, 0x249ad8, 0x805e0c, 0x805ec0, 0x44dbd2, 0xc4fc22, 0x3497d7, 0x644f56, 0xb061a9, 0xec1da9, 0xf01653],
    ),
    (c"grandstream", &[0x000b82, 0x144cff, 0xc074ad, 0xec74d7]),
    (c"snom", &[0x000413]),
    (c"algo", &[0x0022ee]),
    (c"panasonic", &[0x0080f0, 0x080023, 0x4c364e, 0xbcc342]),
    // Cisco's blocks are many; this is the one seen on its SPA and MPP phones.
    (c"cisco", &[0x000e08]),
];

/// A set of known prefixes, sorted.
#[derive(Clone, Debug)]
pub struct KnownPrefixes(Cow<'static, [Oui]>);

const BUILT_IN: usize = {
    let (mut count, mut vendor) = (0, 0);
    while vendor < VENDORS.len() {
        count += VENDORS[vendor].1.len();
        vendor += 1;
    }
    count
};

/// All prefixes built in, sorted by insertion while the compiler runs.
static ALL: [Oui; BUILT_IN] = {
    let mut all = [0; BUILT_IN];
    let (mut count, mut vendor) = (0, 0);
    while vendor < VENDORS.len() {
        let prefixes = VENDORS[vendor].1;
        let mut next = 0;
        while next < prefixes.len() {
            let mut place = count;
            while place > 0 && all[place - 1] > prefixes[next] {
                all[place] = all[place - 1];
                place -= 1;
            }
            all[place] = prefixes[next];
            count += 1;
            next += 1;
        }
        vendor += 1;
    }
    let mut sorted = [Oui::from_bits(0); BUILT_IN];
    let mut index = 0;
    while index < BUILT_IN {
        sorted[index] = Oui::from_bits(all[index]);
        index += 1;
    }
    sorted
};

impl KnownPrefixes {
    /// The prefixes of every vendor built in.
    pub const fn built_in() -> Self {
        KnownPrefixes(Cow::Borrowed(&ALL))
    }

    /// Whether `oui` is one of them.
    pub fn contains(&self, oui: Oui) -> bool {
        self.0.binary_search(&oui).is_ok()
    }
}

/// The vendor that a prefix belongs to, `None` where nobody built in claims it.
pub fn vendor_of(oui: Oui) -> Option<&'static CStr> {
    VENDORS.iter().find(|(_, prefixes)| prefixes.iter().any(|&bits| Oui::from_bits(bits) == oui)).map(|&(name, _)| name)
}

/// The vendor whose name stands in a CA's subject.
pub fn vendor_named_in(subject: &[u8]) -> Option<&'static str> {
    let subject = subject.to_ascii_lowercase();
    let has = |name: &str| subject.windows(name.len()).any(|word| word == name.as_bytes());
    VENDORS.iter().filter_map(|(name, _)| name.to_str().ok()).find(|name| has(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_prefix_is_claimed_twice_and_every_one_is_known() {
        let known = KnownPrefixes::built_in();
        assert!(known.0.windows(2).all(|pair| pair[0] < pair[1]), "duplicate prefix in {known:?}");
        for (name, prefixes) in VENDORS {
            for &bits in *prefixes {
                assert!(known.contains(Oui::from_bits(bits)));
                assert_eq!(vendor_of(Oui::from_bits(bits)), Some(*name));
            }
        }
        assert!(!known.contains(Oui::from_bits(0x123456)));
        assert_eq!(vendor_of(Oui::from_bits(0x123456)), None);
        assert_eq!(vendor_named_in(b"CN=Polycom Root CA"), Some("poly"));
        assert_eq!(vendor_named_in(b"CN=Example"), None);
    }
}
