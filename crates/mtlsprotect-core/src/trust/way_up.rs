//! Which CAs of a list stand above which, by their names.

use crate::trust::ca_list::{Authority, CaList};
use crate::trust::chain::is_same;
use std::collections::{HashSet, VecDeque};

impl CaList {
    /// A CA of the list and those above it, a root last: the shortest way by their names, whatever their signatures say.
    /// `None` where none leads to a root of the list.
    pub fn way_up<'l>(&'l self, from: &'l Authority) -> Option<Vec<&'l Authority>> {
        let mut ways = VecDeque::from([vec![from]]);
        let mut seen = HashSet::from([*from.fingerprint()]);
        while let Some(way) = ways.pop_front() {
            let last = *way.last()?;
            if last.is_root() {
                return Some(way);
            }
            for above in self.authorities() {
                let issuer = last.certificate().issuer_name();
                if is_same(above.certificate().subject_name(), issuer).unwrap_or(false)
                    && seen.insert(*above.fingerprint())
                {
                    ways.push_back(way.iter().copied().chain([above]).collect());
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mtlsprotect_testkit::Poly;

    fn list(pem: Vec<u8>) -> CaList {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), pem).unwrap();
        let mut list = CaList::default();
        list.add_file(file.path()).unwrap();
        list
    }

    #[test]
    fn each_ca_has_its_way_up_to_a_root_of_the_list() {
        let poly = Poly::shared();
        let all = list(poly.bundle_pem());
        let heights = |list: &CaList| -> Vec<Option<usize>> {
            list.authorities().iter().map(|ca| list.way_up(ca).map(|way| way.len())).collect()
        };
        assert_eq!(heights(&all), [Some(1), Some(2), Some(3), Some(3)]);
        assert_eq!(heights(&list([poly.policy.pem(), poly.issuing1.pem()].concat())), [None, None]);
        assert_eq!(heights(&list([poly.root.pem(), poly.issuing1.pem()].concat())), [Some(1), None]);
    }
}
