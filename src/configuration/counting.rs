//! Gives out the numbers under which hosts, vendors and roots are counted: in the parent, before it forks.

use crate::configuration::config::ServerConfig;
use crate::configuration::lists::ListTrust;
use crate::fleet::block;
use crate::fleet::numbers::{HostFleet, ListNumbers};
use crate::httpd::Checked;
use crate::httpd::log::Level;
use crate::message::Number;
use crate::module::Mtlsprotect;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_fleet::{Fleet, Row, seconds};

/// How many devices the server keeps track of where nobody says so.
const DEFAULT_SIZE: usize = 65_536;

/// Has the requests of all hosts counted. Without memory for that, everything else goes on.
pub fn prepare(checked: Checked<'_>) {
    let size = checked.servers().next().and_then(|main| checked.config::<Mtlsprotect>(main).directives.fleet_size);
    let size = size.unwrap_or(DEFAULT_SIZE);
    let Some(fleet) = block::keep(size) else {
        let text = format!(
            "there is no shared memory for MTLSProtectFleetSize {size}: nothing is counted, and the status page is empty; \
             set a smaller one, or give httpd more address space (ulimit -v, vm.overcommit_memory)"
        );
        return Number::NoFleetMemory.says(text).log_for_server(None, Level::Warning);
    };
    let since = seconds(UnixTime::now().seconds());
    fleet.begin(since);
    let fleet = checked.pool.place(fleet.next_generation());
    let shown = |config: &ServerConfig<'_>| config.shown.map_or(0, |host| fleet.hosts.claim(host.name.as_bytes()));
    // Hosts come before their vendors, where there is not room for all.
    for server in checked.servers() {
        let config = *checked.config::<Mtlsprotect>(server);
        let host = shown(&config);
        let rows = checked.pool.slice(&[row(fleet, host, None)]);
        let fleet = Some(checked.pool.place(HostFleet { fleet, host, rows, since }));
        let document_root = Some(server.document_root());
        checked.set_config::<Mtlsprotect>(server, ServerConfig { fleet, document_root, ..config });
    }
    for server in checked.servers() {
        let config = *checked.config::<Mtlsprotect>(server);
        let (Some(held), Some(list)) = (config.fleet, config.trust) else { continue };
        let numbers = list.numbers.get_or_init(|| numbers_of(list, fleet));
        let vendors = numbers.vendors.iter().map(|&vendor| row(fleet, held.host, Some(vendor)));
        let rows: Vec<Row> = held.rows.iter().copied().chain(vendors).collect();
        let rows = checked.pool.slice(&rows);
        let fleet = Some(checked.pool.place(HostFleet { rows, ..*held }));
        checked.set_config::<Mtlsprotect>(server, ServerConfig { fleet, ..config });
    }
}

fn row(fleet: &Fleet<'_>, host: u16, vendor: Option<u16>) -> Row {
    match host {
        0 => Row::OF_OTHERS,
        _ => fleet.counts.claim(host, vendor.filter(|&vendor| vendor != 0)),
    }
}

fn numbers_of(list: &ListTrust, fleet: &Fleet<'_>) -> ListNumbers {
    let vendor = |name: Option<&str>| name.map_or(0, |name| fleet.vendors.claim(name.as_bytes()));
    ListNumbers {
        vendors: list.vendors.members().iter().map(|member| vendor(member.name())).collect(),
        roots: list.vendors.roots().iter().map(|root| fleet.roots.claim(root.fingerprint.as_bytes())).collect(),
    }
}
