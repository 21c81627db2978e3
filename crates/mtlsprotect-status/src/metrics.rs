//! The metrics. Their names and labels stay; docs/operations.md has the meaning of each. No label ever has a MAC.

use crate::device::State;
use crate::exposition::{Family, Kind};
use crate::model::Status;
use std::io::{self, Write};

pub use crate::exposition::Form;

/// Writes all of them.
///
/// # Errors
/// Those of `out`.
pub fn write(status: &Status, form: Form, out: &mut dyn Write) -> io::Result<()> {
    let families = [server(status), requests(status), fleet(status), trust(status), files(status)];
    for family in families.into_iter().flatten() {
        family.write(form, out)?;
    }
    form.end(out)
}

fn server(status: &Status) -> Vec<Family> {
    let mut build = Family::new("mtlsprotect_build", Kind::Info, "The module.");
    build.add(&[("version", &status.version)], 1);
    let started = Family::of(
        "mtlsprotect_start_timestamp_seconds",
        Kind::Gauge,
        "When counting began; graceful restarts don't change it.",
        status.counting_since.seconds(),
    );
    let restarted = Family::of(
        "mtlsprotect_restart_timestamp_seconds",
        Kind::Gauge,
        "The last start or graceful restart.",
        status.restarted_at.seconds(),
    );
    let mut modes = Family::new("mtlsprotect_host_mode", Kind::Gauge, "1 for the mode of each protected host.");
    for host in &status.hosts {
        modes.add(&[("host", &host.name), ("mode", &host.mode)], 1);
    }
    vec![build, started, restarted, modes]
}

fn requests(status: &Status) -> Vec<Family> {
    let mut requests = Family::new("mtlsprotect_requests", Kind::Counter, "Requests that were judged.");
    for count in &status.counts {
        requests.add(&request_labels(&count.host, &count.verdict, &count.reason, &count.vendor), number(count.number));
    }
    // What alerts look at is there from the start: the first one would be none, for who sees no zero before it.
    for host in &status.hosts {
        let vendors = host.vendors.iter().map(|vendor| vendor.name.as_str());
        for vendor in vendors.chain([""]) {
            for verdict in ["deny", "would-deny"] {
                requests.add(&request_labels(&host.name, verdict, "mac-mismatch", vendor), 0);
            }
        }
        requests.add(&request_labels(&host.name, "deny", "internal-error", ""), 0);
    }
    let mut handshakes =
        Family::new("mtlsprotect_handshakes", Kind::Counter, "Handshakes in which a client's certificate was judged.");
    let all = status.handshakes;
    for (kind, trusted, sum) in [
        ("full", "true", all.full_trusted),
        ("full", "false", all.full_not_trusted),
        ("resumed", "true", all.resumed_trusted),
        ("resumed", "false", all.resumed_not_trusted),
    ] {
        handshakes.add(&[("kind", kind), ("trusted", trusted)], number(sum));
    }
    let own = Family::of(
        "mtlsprotect_proven_refused",
        Kind::Counter,
        "Requests of proven devices, with their own certificates, that were refused.",
        number(status.proven_refused),
    );
    let named = Family::of(
        "mtlsprotect_proven_named_refused",
        Kind::Counter,
        "Requests that name a proven device and were refused for who sent them.",
        number(status.proven_named_refused),
    );
    let mut by_balancer =
        Family::new("mtlsprotect_balancer_requests", Kind::Counter, "Requests that came through a balancer.");
    let served = status.by_balancer.saturating_sub(status.by_balancer_refused);
    by_balancer.add(&[("refused", "false")], number(served));
    by_balancer.add(&[("refused", "true")], number(status.by_balancer_refused));
    let wrong_passwords = Family::of(
        "mtlsprotect_wrong_passwords",
        Kind::Counter,
        "Requests that were refused for a wrong password.",
        number(status.wrong_passwords),
    );
    vec![requests, handshakes, own, named, by_balancer, wrong_passwords]
}

fn request_labels<'a>(host: &'a str, verdict: &'a str, reason: &'a str, vendor: &'a str) -> [(&'a str, &'a str); 4] {
    [("host", host), ("verdict", verdict), ("reason", reason), ("vendor", vendor)]
}

fn fleet(status: &Status) -> Vec<Family> {
    let mut devices = Family::new("mtlsprotect_devices", Kind::Gauge, "Devices by state.");
    for state in State::ALL {
        devices.add(&[("state", state.as_str())], number(status.rollout.number(state)));
    }
    let gauges = [
        ("mtlsprotect_table_kept", Kind::Gauge, "Records of devices in use.", status.table.kept),
        ("mtlsprotect_table_room", Kind::Gauge, "Records of devices there is room for.", status.table.room),
        (
            "mtlsprotect_table_lost_proofs",
            Kind::Counter,
            "Proofs without a record to keep them.",
            status.table.lost_proofs,
        ),
        (
            "mtlsprotect_table_gave_way",
            Kind::Counter,
            "Devices without a proof, served within a week before, that gave way to others.",
            status.table.gave_way,
        ),
        ("mtlsprotect_exemptions_ending", Kind::Gauge, "Exemptions that end within 14 days.", status.exemptions_ending),
    ];
    let gauges = gauges.map(|(name, kind, help, value)| Family::of(name, kind, help, number(value)));
    [devices].into_iter().chain(gauges).collect()
}

fn trust(status: &Status) -> Vec<Family> {
    let mut cas = Family::new(
        "mtlsprotect_ca_not_after_timestamp_seconds",
        Kind::Gauge,
        "When a device CA expires; of two with one name, the first.",
    );
    for ca in &status.cas {
        cas.keep([("vendor", ca.vendor.as_str()), ("subject", &ca.subject)], ca.not_after.seconds(), i64::min);
    }
    let mut crls = Family::new(
        "mtlsprotect_crl_next_update_timestamp_seconds",
        Kind::Gauge,
        "When the next CRL of an issuer is due; of two from one issuer, the last.",
    );
    for crl in &status.crls {
        let Some(next) = crl.next_update else { continue };
        crls.keep([("vendor", crl.vendor.as_str()), ("issuer", &crl.issuer)], next.seconds(), i64::max);
    }
    vec![cas, crls]
}

fn files(status: &Status) -> Vec<Family> {
    let mut valid =
        Family::new("mtlsprotect_device_file_valid", Kind::Gauge, "1 while what stands in a device file counts.");
    let mut lines = Family::new("mtlsprotect_device_file_lines", Kind::Gauge, "Lines of the list that counts.");
    let mut loaded =
        Family::new("mtlsprotect_device_file_loaded_timestamp_seconds", Kind::Gauge, "Since when that list counts.");
    for file in &status.device_files {
        let path = [("path", file.path.as_str())];
        valid.keep(path, i64::from(file.valid && file.error.is_none()), i64::min);
        lines.keep(path, number(file.lines), i64::max);
        loaded.keep(path, file.loaded_at.seconds(), i64::max);
    }
    let mut families = vec![valid, lines, loaded];
    if let Some(file) = &status.learned {
        let numbers = [
            ("mtlsprotect_learned_devices", Kind::Gauge, "Devices that the learned file proves.", file.devices),
            (
                "mtlsprotect_learned_bad_lines",
                Kind::Gauge,
                "Lines of the learned file that were skipped.",
                file.bad_lines,
            ),
            (
                "mtlsprotect_learned_write_errors",
                Kind::Counter,
                "Lines that could not be written to it.",
                file.write_errors,
            ),
            (
                "mtlsprotect_learned_writable",
                Kind::Gauge,
                "1 while the learned file can be written, and nothing else is wrong with it.",
                u64::from(file.writable && file.error.is_none()),
            ),
        ];
        families.extend(numbers.map(|(name, kind, help, value)| Family::of(name, kind, help, number(value))));
    }
    families
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
