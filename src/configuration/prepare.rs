//! What requests are judged with, made ready once for all hosts with the same settings.

use crate::configuration::config::{HostDirectives, ServerConfig};
use crate::configuration::lists::ListTrust;
use crate::configuration::site::Site;
use crate::httpd::{Checked, SharedTable, addr};
use crate::message::{Message, Number};
use crate::module::Mtlsprotect;
use mtlsprotect_core::Oui;
use mtlsprotect_core::built_in::KnownPrefixes;
use mtlsprotect_core::decision::DeviceFile;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::vendors::{Trusts, Vendors};
use std::cell::LazyCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The directives that say whom a host trusts.
const LISTS: [&str; 4] = ["mtlsprotectcafile", "mtlsprotectcapath", "mtlsprotectvendor", "mtlsprotectcrlfile"];

/// Prepares all lists for judging.
pub fn lists(site: &Site, checked: Checked<'_>, errors: &mut Vec<Message>, warnings: &mut Vec<Message>) {
    // What is the same was read once and has one address.
    let mut prepared: HashMap<(usize, Option<u32>, usize), Option<&ListTrust>> = HashMap::new();
    let mut files: HashSet<usize> = HashSet::new();
    let mut said: HashSet<String> = HashSet::new();
    let mut trusts = Trusts::default();
    let phones = LazyCell::new(|| Arc::new(SharedTable::new()));
    for host in &site.hosts {
        let config = *checked.config::<Mtlsprotect>(host.server);
        let HostDirectives { sources, depth, identity, devices, .. } = config.directives;
        if let Some(file) = devices.filter(|file| files.insert(addr(file))) {
            let place = site.in_force(host, "mtlsprotectdevicefile").map(|setting| setting.place());
            warnings.extend(of_device_file(file, &place.unwrap_or_default()));
        }
        let Some(sources) = sources else { continue };
        let same = (addr(sources), depth, identity.map_or(0, addr));
        let trust = *prepared.entry(same).or_insert_with(|| {
            match Vendors::sharing(sources, depth, identity, UnixTime::now(), &mut trusts) {
                Ok(fleet) => {
                    let texts = fleet.warnings().iter().map(|warning| format!("device CA {}", warning.text));
                    let new = texts.filter(|text| said.insert(text.clone()));
                    warnings.extend(new.map(|text| Number::DeviceCa.says(text)));
                    Some(checked.pool.own(ListTrust::new(fleet, Arc::clone(&phones), checked.pool)))
                }
                Err(error) => {
                    let last = LISTS.iter().filter_map(|name| site.all(host, name).next_back()).next_back();
                    let place = last.map(|setting| setting.place()).unwrap_or_default();
                    errors.push(Number::UnusableList.says(format!("{place}: {error}")));
                    None
                }
            }
        });
        if trust.is_some() {
            checked.set_config::<Mtlsprotect>(host.server, ServerConfig { trust, ..config });
        }
    }
}

/// What should be known of a device file.
fn of_device_file(file: &DeviceFile, place: &str) -> Vec<Message> {
    let said = |warning: &String| Number::DeviceFile.says(format!("{place}: the device file {warning}"));
    let mut warnings: Vec<Message> = file.warnings().iter().map(said).collect();
    if file.is_closed() && !file.lists_anyone() {
        warnings.push(Number::NobodyAllowed.says(format!(
            "{place}: the device file is closed and allows no device: every phone is refused; add lines like \
             \"0004f2aabbcc allow\", or remove closed"
        )));
    }
    warnings
}

/// Gathers the prefixes that are known in each host, and those of learned devices: a request finds them in one place.
pub fn prefixes(site: &Site, checked: Checked<'_>, learned: &[Oui]) {
    let mut prepared: HashMap<(usize, usize), &KnownPrefixes> = HashMap::new();
    for host in &site.hosts {
        let config = *checked.config::<Mtlsprotect>(host.server);
        let (trust, devices) = (config.trust, config.directives.devices);
        if trust.is_none() && devices.is_none() && learned.is_empty() {
            continue;
        }
        let same = (trust.map_or(0, addr), devices.map_or(0, addr));
        let known = *prepared.entry(same).or_insert_with(|| {
            let listed = trust.map_or_else(KnownPrefixes::built_in, |list| list.fleet.known().clone());
            let of_devices = devices.iter().flat_map(|file| file.prefixes());
            checked.pool.own(listed.with(of_devices.chain(learned.iter().copied())))
        });
        checked.set_config::<Mtlsprotect>(host.server, ServerConfig { known: Some(known), ..config });
    }
}
