//! The device files that a configuration names.

use crate::configuration::extent::Index;
use crate::configuration::folders::Folder;
use crate::configuration::site::{Host, Setting, Site};
use crate::configuration::startup::Messages;
use crate::devices::Devices;
use crate::devices::all::InForce;
use crate::devices::watch::NOBODY;
use crate::httpd::{Checked, Pool, server_path};
use crate::message::Number;
use crate::module::Mtlsprotect;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

const DIRECTIVE: &str = "mtlsprotectdevicefile";

/// Has their lists looked after, and says what should be known of each.
pub fn prepare(site: &Site, checked: Checked<'_>, temporary: Pool<'_>, messages: &mut Messages) {
    let mut reading = checked.reading::<Mtlsprotect>();
    checked.pool.own(InForce::new(reading.lists().map(Arc::clone).collect()));
    let mut told = HashSet::new();
    for setting in all(site) {
        let (path, is_closed) = file_of(setting, temporary);
        let place = setting.place();
        let remarks = reading.remarks_on(&path);
        let error = |error| Number::DeviceFileKept.says(format!("{place}: {error}"));
        messages.errors.extend(remarks.error.map(error));
        let warning = |warning| Number::DeviceFile.says(format!("{place}: the device file {warning}"));
        messages.warnings.extend(remarks.warnings.into_iter().map(warning));
        let list = reading.known_devices(path.clone(), is_closed).map(|devices| &devices.list);
        if list.is_some_and(|list| is_closed && list.refuses_all()) && told.insert(path) {
            messages.warnings.push(Number::NobodyAllowed.says(format!("{place}: {NOBODY}")));
        }
    }
}

/// Those that can count for a request to a host.
pub fn reaching<'c>(
    site: &Site,
    host: &Host,
    folders: &[Folder<'_>],
    checked: Checked<'c>,
    temporary: Pool<'_>,
) -> Vec<&'c Devices> {
    let reading = checked.reading::<Mtlsprotect>();
    let files = naming(site, host, folders).map(|setting| file_of(setting, temporary));
    files.filter_map(|(path, is_closed)| reading.known_devices(path, is_closed)).collect()
}

/// The directives that name these, the one outside sections first.
pub fn naming<'s>(
    site: &'s Site<'s>,
    host: &'s Host<'s>,
    folders: &[Folder<'_>],
) -> impl Iterator<Item = &'s Setting<'s>> {
    let in_sections = Index::of(site, DIRECTIVE).reaching(host, folders);
    site.in_force(host, DIRECTIVE).into_iter().chain(in_sections)
}

fn all<'s>(site: &'s Site<'s>) -> impl Iterator<Item = &'s Setting<'s>> {
    site.server.all(DIRECTIVE).iter().chain(site.hosts.iter().flat_map(|host| host.own.all(DIRECTIVE)))
}

/// The file that a directive names, and whether it is closed there.
pub fn file_of(setting: &Setting, pool: Pool<'_>) -> (PathBuf, bool) {
    (server_path(pool, setting.word()), setting.words().len() > 1)
}
