//! Who is proven by a list, where a request is judged.

use super::words::LearnedList;
use crate::decision::proven::Proven;
use crate::mac::Mac;
use crate::vendors::configured::Vendors;

/// What a list says of devices, for a request to a host with these vendors' lists. A proof counts by a root that they
/// trust for the device's prefix; in a host without any, where nobody can prove anything, by any root.
#[derive(Clone, Copy, Debug)]
pub struct ProvenByList<'a> {
    /// The list.
    pub list: LearnedList<'a>,
    /// Whom the host trusts.
    pub vendors: Option<&'a Vendors>,
    /// The first 64 bits of the SHA-256 of the certificate that came with the request.
    pub leaf: Option<u64>,
}

impl ProvenByList<'_> {
    /// The numbers of the roots by which a device is proven, and that count here.
    fn roots(&self, mac: Mac) -> impl Iterator<Item = u32> {
        let bits = self.list.proven_by(mac);
        let counts = move |root| self.vendors.is_none_or(|vendors| vendors.may_vouch(&root, mac));
        (0..u32::BITS).filter(move |&number| bits >> number & 1 == 1 && self.list.root(number).is_some_and(counts))
    }
}

impl Proven for ProvenByList<'_> {
    fn is_proven(&self, mac: Mac) -> bool {
        self.roots(mac).next().is_some()
    }

    fn was_proven_with_this(&self, mac: Mac) -> bool {
        self.leaf.is_some_and(|leaf| self.roots(mac).any(|root| self.list.was_proven_with(mac, root, leaf)))
    }
}
