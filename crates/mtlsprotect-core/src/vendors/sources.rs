//! The device CAs that a virtual host is told of.

use crate::trust::ca_list::CaList;
use crate::trust::revocation::Crl;
use crate::vendors::line::VendorLine;

/// `MTLSProtectCAFile`, `CAPath`, `CRLFile` and `Vendor` of one virtual host, as they were read.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The CAs without a vendor.
    pub list: CaList,
    /// CRLs of any list.
    pub crls: Vec<Crl>,
    /// The vendors, in the order of the configuration.
    pub vendors: Vec<VendorLine>,
}

impl Sources {
    /// Whether they could never yield a CA.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty() && self.vendors.is_empty()
    }

    /// All CRLs, each with its vendor's name where it is one's.
    pub fn all_crls(&self) -> impl Iterator<Item = (Option<&str>, &Crl)> {
        let of_vendors =
            self.vendors.iter().flat_map(|vendor| vendor.crls.iter().map(|crl| (Some(vendor.name()), crl)));
        of_vendors.chain(self.crls.iter().map(|crl| (None, crl)))
    }

    /// A CRL of `outer` that one of the CAs here has signed, where no CRL here is of that CA.
    pub fn lacks_crl_of<'o>(&self, outer: &'o Sources) -> Option<&'o Crl> {
        let is_here = |crl: &Crl| self.all_crls().any(|(_, own)| own.issuer_text() == crl.issuer_text());
        let is_signed_here = |crl: &Crl| self.lists().any(|list| crl.issuer(list.authorities()).is_some());
        outer.all_crls().map(|(_, crl)| crl).find(|crl| !is_here(crl) && is_signed_here(crl))
    }

    /// All lists, the plain one last.
    pub(in crate::vendors) fn lists(&self) -> impl Iterator<Item = &CaList> + Clone {
        self.vendors.iter().map(|vendor| &*vendor.list).chain([&self.list])
    }

    /// Adds a vendor.
    ///
    /// # Errors
    /// A sentence for the operator: its name or one of its prefixes is another's.
    pub fn add_vendor(&mut self, vendor: VendorLine) -> Result<(), String> {
        for other in &self.vendors {
            if other.name == vendor.name {
                return Err(format!("{} is there already; write one line per vendor, with all its keys", vendor.name));
            }
            if let Some(prefix) = vendor.prefixes.iter().find(|&prefix| other.prefixes.contains(prefix)) {
                return Err(format!(
                    "prefix {prefix} is claimed by both {} and {}: give it to one of them with oui=",
                    other.name, vendor.name
                ));
            }
        }
        self.vendors.push(vendor);
        Ok(())
    }

    /// Whether each CRL is of a CA in its list: one that counts nowhere is a mistake.
    pub(in crate::vendors) fn check_crls(&self) -> Result<(), String> {
        for vendor in &self.vendors {
            if let Some(crl) = vendor.crls.iter().find(|crl| crl.issuer(vendor.list.authorities()).is_none()) {
                return Err(format!("vendor {}: {}", vendor.name, crl.without_issuer()));
            }
        }
        match self.crls.iter().find(|crl| self.lists().all(|list| crl.issuer(list.authorities()).is_none())) {
            Some(crl) => Err(crl.without_issuer()),
            None => Ok(()),
        }
    }
}
