//! Many paths, of which one that overlaps another is wanted.

use crate::configuration::folders::lies_in;
use std::collections::BTreeSet;

/// Paths, among which those that overlap another are found without a look at each.
#[derive(Default)]
pub struct Paths(pub BTreeSet<String>);

impl Paths {
    /// One that `path` lies in, or that lies in it.
    pub fn overlapping(&self, path: &str) -> Option<&str> {
        self.around(path).or_else(|| {
            let below = self.0.range(format!("{path}/")..).next();
            below.filter(|below| lies_in(below, path)).map(String::as_str)
        })
    }

    /// One that `path` lies in.
    pub fn around(&self, path: &str) -> Option<&str> {
        let mut above = Some(path);
        while let Some(folder) = above {
            if let Some(found) = self.0.get(folder) {
                return Some(found);
            }
            above = folder.rsplit_once('/').map(|(parent, _)| parent);
        }
        None
    }
}
