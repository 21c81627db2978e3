//! What requests are judged with, made ready once for all hosts with the same settings.

use crate::configuration::config::{HostDirectives, ServerConfig};
use crate::configuration::lists::ListTrust;
use crate::configuration::site::Site;
use crate::httpd::{Checked, SharedTable, addr};
use crate::message::{Message, Number};
use crate::module::Mtlsprotect;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::vendors::{Trusts, Vendors};
use std::cell::LazyCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The directives that say whom a host trusts.
const LISTS: [&str; 4] = ["mtlsprotectcafile", "mtlsprotectcapath", "mtlsprotectvendor", "mtlsprotectcrlfile"];

/// Notes the hosts on which an `<If>` has some requests judged: a cache that kept the answer to another would give it to
/// those too, before they are judged.
pub fn hosts_that_judge_some(site: &Site, checked: Checked<'_>) {
    for host in &site.hosts {
        if site.all(host, "mtlsprotect").any(|setting| setting.protects() && setting.is_for_some()) {
            let config = *checked.config::<Mtlsprotect>(host.server);
            checked.set_config::<Mtlsprotect>(host.server, ServerConfig { is_judged_for_some: true, ..config });
        }
    }
}

/// Prepares all lists for judging.
pub fn lists(site: &Site, checked: Checked<'_>, errors: &mut Vec<Message>, warnings: &mut Vec<Message>) {
    // What is the same was read once and has one address.
    let mut prepared: HashMap<(usize, Option<u32>, usize), Option<&ListTrust>> = HashMap::new();
    let mut said: HashSet<String> = HashSet::new();
    let mut trusts = Trusts::default();
    let phones = LazyCell::new(|| Arc::new(SharedTable::new()));
    for host in &site.hosts {
        let config = *checked.config::<Mtlsprotect>(host.server);
        let HostDirectives { sources, depth, identity, .. } = config.directives;
        let Some(sources) = sources else { continue };
        let same = (addr(sources), depth, identity.map_or(0, addr));
        let trust = *prepared.entry(same).or_insert_with(|| {
            match Vendors::sharing(sources, depth, identity, UnixTime::now(), &mut trusts) {
                Ok(vendors) => {
                    let texts = vendors.warnings().iter().map(|warning| format!("device CA {}", warning.text));
                    let new = texts.filter(|text| said.insert(text.clone()));
                    warnings.extend(new.map(|text| Number::DeviceCa.says(text)));
                    Some(checked.pool.own(ListTrust::new(vendors, Arc::clone(&phones), checked.pool)))
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
