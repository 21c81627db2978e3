//! What directives have read, so that files that many hosts name are read, parsed and held once.

use crate::devices::Devices;
use crate::devices::list::{Remarks, SharedList};
use crate::httpd::{Pool, addr};
use mtlsprotect_core::names::IdentityPattern;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::trust::CaList;
use mtlsprotect_core::vendors::Sources;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What one reading of the configuration has read.
#[derive(Default)]
pub struct ReadOnce<'c> {
    /// By the address of the host's sources so far, and the directive that adds to them.
    sources: HashMap<(usize, Vec<String>), &'c Sources>,
    vendor_lists: HashMap<(String, PathBuf), Arc<CaList>>,
    lists: BTreeMap<PathBuf, (Arc<SharedList>, Remarks)>,
    devices: HashMap<(PathBuf, bool), &'c Devices>,
    identities: HashMap<String, &'c IdentityPattern>,
}

impl<'c> ReadOnce<'c> {
    /// `before` with what a directive adds, which is its name and words with the paths that they mean.
    ///
    /// # Errors
    /// Those of `add`.
    pub fn sources(
        &mut self,
        pool: Pool<'c>,
        before: Option<&'c Sources>,
        directive: Vec<String>,
        add: impl FnOnce(&mut Sources, &mut ReadOnce<'c>) -> Result<(), String>,
    ) -> Result<&'c Sources, String> {
        let key = (before.map_or(0, addr), directive);
        if let Some(sources) = self.sources.get(&key) {
            return Ok(*sources);
        }
        let mut sources = before.cloned().unwrap_or_default();
        add(&mut sources, self)?;
        let sources = pool.own(sources);
        self.sources.insert(key, sources);
        Ok(sources)
    }

    /// The CAs of a vendor in a file or directory.
    ///
    /// # Errors
    /// As [`CaList::vendors_own`].
    pub fn vendor_list(&mut self, vendor: &str, path: &Path) -> Result<Arc<CaList>, String> {
        let key = (vendor.to_owned(), path.to_owned());
        if let Some(list) = self.vendor_lists.get(&key) {
            return Ok(Arc::clone(list));
        }
        let list = CaList::vendors_own(vendor, path)?;
        self.vendor_lists.insert(key, Arc::clone(&list));
        Ok(list)
    }

    /// A device file, which is closed or not where it is named.
    ///
    /// # Errors
    /// As [`SharedList::of`].
    pub fn devices(
        &mut self,
        pool: Pool<'c>,
        path: PathBuf,
        closed: bool,
        now: UnixTime,
    ) -> Result<&'c Devices, String> {
        if let Some(devices) = self.devices.get(&(path.clone(), closed)) {
            return Ok(*devices);
        }
        let list = match self.lists.get(&path) {
            Some((list, _)) => Arc::clone(list),
            None => {
                let (list, remarks) = SharedList::of(&path, now)?;
                let list = Arc::new(list);
                self.lists.insert(path.clone(), (Arc::clone(&list), remarks));
                list
            }
        };
        if closed {
            list.close();
        }
        let devices = pool.own(Devices { list, is_closed: closed });
        self.devices.insert((path, closed), devices);
        Ok(devices)
    }

    /// What a device file is in a place of the configuration, where one was named there.
    pub fn known_devices(&self, path: PathBuf, closed: bool) -> Option<&'c Devices> {
        self.devices.get(&(path, closed)).copied()
    }

    /// What is to be said of a device file, the first time that it is asked for.
    pub fn remarks_on(&mut self, path: &Path) -> Remarks {
        self.lists.get_mut(path).map(|(_, remarks)| std::mem::take(remarks)).unwrap_or_default()
    }

    /// The lists of all device files, by their paths.
    pub fn lists(&self) -> impl Iterator<Item = &Arc<SharedList>> {
        self.lists.values().map(|(list, _)| list)
    }

    /// An identity pattern.
    ///
    /// # Errors
    /// As [`IdentityPattern::new`].
    pub fn identity(&mut self, pool: Pool<'c>, pattern: &str) -> Result<&'c IdentityPattern, String> {
        if let Some(identity) = self.identities.get(pattern) {
            return Ok(*identity);
        }
        let identity = pool.own(IdentityPattern::new(pattern)?);
        self.identities.insert(pattern.to_owned(), identity);
        Ok(identity)
    }
}
