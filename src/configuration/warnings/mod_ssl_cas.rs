//! mod_ssl's own CAs and CRLs.

use crate::configuration::site::{Host, Setting, Site};
use crate::httpd::{Pool, server_path};
use mtlsprotect_core::trust::{Authority, CaList, name_text, read_crls};
use mtlsprotect_core::vendors::Vendors;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// The directives that give mod_ssl its CAs.
pub const CAS: [&str; 2] = ["sslcacertificatefile", "sslcacertificatepath"];

const CRLS: [&str; 2] = ["sslcarevocationfile", "sslcarevocationpath"];

/// mod_ssl's CAs, each file or directory read once.
#[derive(Default)]
pub struct ModSslCas(HashMap<PathBuf, CaList>);

impl ModSslCas {
    /// Those of a file or a directory.
    pub fn read(&mut self, path: &Path) -> &CaList {
        self.0.entry(path.to_owned()).or_insert_with(|| {
            let mut list = CaList::default();
            for file in files_of(path) {
                // What is wrong with it, mod_ssl says.
                let _ = list.add_file(&file);
            }
            list
        })
    }
}

/// The files and directories that give a host mod_ssl's CAs.
pub fn ca_paths(site: &Site, host: &Host, pool: Pool<'_>) -> Vec<PathBuf> {
    paths(site, host, &CAS, pool)
}

/// The names of the CAs of which a host has CRLs.
pub fn crl_issuers(site: &Site, host: &Host, pool: Pool<'_>) -> HashSet<Vec<u8>> {
    let files = paths(site, host, &CRLS, pool).into_iter().flat_map(|path| files_of(&path));
    files.flat_map(|file| read_crls(&file).unwrap_or_default()).map(|crl| crl.issuer_text()).collect()
}

/// The path that a setting names.
pub fn path_of(setting: &Setting, pool: Pool<'_>) -> PathBuf {
    server_path(pool, setting.word())
}

/// Whether a CA is in one of the device CA lists.
pub fn is_ours(ca: &Authority, vendors: &Vendors) -> bool {
    vendors.members().iter().any(|member| member.trust().list().contains(ca.fingerprint()))
}

/// The subject of a CA.
pub fn subject(ca: &Authority) -> Vec<u8> {
    name_text(ca.certificate().subject_name())
}

fn paths(site: &Site, host: &Host, names: &[&str], pool: Pool<'_>) -> Vec<PathBuf> {
    names.iter().filter_map(|name| Some(path_of(site.in_force(host, name)?, pool))).collect()
}

fn files_of(path: &Path) -> Vec<PathBuf> {
    match std::fs::read_dir(path) {
        Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
        Err(_) => vec![path.to_owned()],
    }
}
