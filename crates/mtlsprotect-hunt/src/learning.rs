//! `MTLSProtect Learn`: whose files are anybody's, known from who has proven itself to the hunt.

use crate::phones::{ALL, OTHER, OWN};
use crate::random::Random;

/// What a site learns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Learning {
    /// Nothing: everybody is protected.
    Nothing,
    /// `MTLSProtect Learn`, of the devices of all vendors, after these have proven themselves.
    Everybody(Vec<&'static str>),
    /// `MTLSProtect On`, and `mode=learn` for the one vendor, after these of its devices have.
    OneVendor(Vec<&'static str>),
}

/// The devices of the vendor that can have a mode of its own: those that send requests, too.
const OF_THE_VENDOR: [&str; 2] = [OWN, OTHER];

impl Learning {
    /// Now and then one that learns; who is proven is left to chance.
    pub fn compose(random: &mut Random) -> Learning {
        let mut some = |of: &[&'static str]| of.iter().copied().filter(|_| random.chance(60)).collect();
        let (of_all, of_the_vendor) = (some(&ALL), some(&OF_THE_VENDOR));
        match random.below(6) {
            0..3 => Learning::Nothing,
            3 | 4 => Learning::Everybody(of_all),
            _ => Learning::OneVendor(of_the_vendor),
        }
    }

    /// `MTLSProtect`.
    pub fn mode(&self) -> &'static str {
        if self.is_of_all() { "Learn" } else { "On" }
    }

    /// Its lines outside of all sections. What is proven is kept also where nothing is learned of it.
    pub fn server_lines(&self) -> String {
        let list = match self {
            Learning::OneVendor(_) => "MTLSProtectVendor poly ca={device_ca} mode=learn",
            _ => "MTLSProtectCAFile {device_ca}",
        };
        format!("{list}\nMTLSProtectLearnedFile learned\n")
    }

    /// Who proves itself before all requests.
    pub fn proven(&self) -> &[&'static str] {
        match self {
            Learning::Nothing => &[],
            Learning::Everybody(proven) | Learning::OneVendor(proven) => proven,
        }
    }

    /// Whether it learns anything.
    pub fn learns(&self) -> bool {
        *self != Learning::Nothing
    }

    /// Whether it learns of all devices, also of those that are none of the hunt's.
    pub fn is_of_all(&self) -> bool {
        matches!(self, Learning::Everybody(_))
    }

    /// The devices of which it learns.
    fn devices(&self) -> &'static [&'static str] {
        match self {
            Learning::Nothing => &[],
            Learning::Everybody(_) => &ALL,
            Learning::OneVendor(_) => &OF_THE_VENDOR,
        }
    }

    /// Whose files anybody may have and change, until they prove themselves.
    pub fn open(&self) -> Vec<&'static str> {
        self.devices().iter().copied().filter(|mac| !self.proven().contains(mac)).collect()
    }

    /// One that never proves itself, by no request of any kind.
    pub fn never_proven(&self) -> Option<&'static str> {
        self.open().into_iter().rfind(|mac| !OF_THE_VENDOR.contains(mac))
    }

    /// The others of which it learns: each may prove itself.
    pub fn may_prove(&self) -> Vec<&'static str> {
        self.devices().iter().copied().filter(|mac| Some(*mac) != self.never_proven()).collect()
    }
}
