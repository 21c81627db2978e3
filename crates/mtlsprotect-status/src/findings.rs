//! What somebody has to look at.

use crate::model::{DeviceFile, LearnedFile, Period, Status};
use mtlsprotect_core::time::{DAY, UnixTime};

/// How much it matters; the worse the later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It will matter.
    Warning,
    /// Devices are refused that should not be, or what the operator says does not count.
    Critical,
}

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// What it is and what to do. Has texts of files and certificates in it.
    pub text: String,
}

/// From when on something is one.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Days before a CA expires, or before a CRL's next update is due.
    pub days: i64,
    /// More refused devices than these.
    pub refused: u64,
    /// More requests than these for other devices' files in the last hour.
    pub mismatches: u64,
    /// More requests than these with a wrong password in the last hour.
    pub wrong_passwords: u64,
}

/// Those of the page.
pub const USUAL: Limits = Limits { days: 30, refused: 0, mismatches: 10, wrong_passwords: 50 };

/// The periods of an hour.
pub(crate) const HOUR: usize = 12;

/// All there are, worst first.
pub fn findings(status: &Status, limits: &Limits) -> Vec<Finding> {
    let mut found = Vec::new();
    status.device_files.iter().for_each(|file| device_file(file, &mut found));
    status.learned.iter().for_each(|file| learned(file, &mut found));
    authorities(status, limits, &mut found);
    requests(status, limits, &mut found);
    table(status, &mut found);
    found.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    found
}

fn device_file(file: &DeviceFile, found: &mut Vec<Finding>) {
    if !file.valid || file.error.is_some() {
        let why = file.error.as_deref().unwrap_or("it is not valid");
        found.push(critical(format!("device file {}: {why}; the list loaded at {} counts", file.path, file.loaded_at)));
    }
}

fn learned(file: &LearnedFile, found: &mut Vec<Finding>) {
    if !file.writable {
        found.push(critical(format!(
            "learned file {}: it can't be written to; devices that prove themselves now are forgotten if httpd stops",
            file.path
        )));
    }
    if let Some(error) = &file.error {
        found.push(critical(format!("learned file {}: {error}", file.path)));
    }
    if file.write_errors > 0 {
        let lines = counted(file.write_errors, "line", "lines");
        found.push(warning(format!("learned file {}: {lines} could not be written", file.path)));
    }
    if file.bad_lines > 0 {
        let lines = counted(file.bad_lines, "line", "lines");
        found.push(warning(format!("learned file {}: {lines} can't be read", file.path)));
    }
}

fn authorities(status: &Status, limits: &Limits, found: &mut Vec<Finding>) {
    for ca in &status.cas {
        let which = format!("CA of {}, {}", ca.vendor, ca.subject);
        if ca.not_after < status.now {
            found.push(critical(format!("{which}: expired on {}; its devices are refused", ca.not_after.day())));
        } else if is_near(ca.not_after, status.now, limits.days) {
            found.push(warning(format!("{which}: expires on {}", ca.not_after.day())));
        }
    }
    for crl in &status.crls {
        let Some(next) = crl.next_update else { continue };
        let which = format!("CRL of {}, {}", crl.vendor, crl.issuer);
        if next < status.now {
            found.push(warning(format!("{which}: a newer one was due on {}; its entries still count", next.day())));
        }
    }
}

fn is_near(end: UnixTime, now: UnixTime, days: i64) -> bool {
    end.seconds().saturating_sub(now.seconds()) < days.saturating_mul(DAY)
}

fn requests(status: &Status, limits: &Limits, found: &mut Vec<Finding>) {
    let refused = status.rollout.refused;
    if refused > limits.refused {
        let devices = counted(refused, "device", "devices");
        found.push(warning(format!("the last request of {devices} was refused")));
    }
    let mismatches = in_the_last_hour(status, |_, reason| reason == "mac-mismatch");
    if mismatches > limits.mismatches {
        let requests = counted(mismatches, "request", "requests");
        found.push(warning(format!("{requests} named another device than the sender in the last hour")));
    }
    let wrong = last_hour(status).fold(0, |sum: u64, period| sum.saturating_add(period.wrong_passwords));
    if wrong > limits.wrong_passwords {
        found.push(warning(format!("{wrong} requests in the last hour came with a wrong password")));
    }
    let failed = in_the_last_hour(status, |_, reason| reason == "internal-error");
    if failed > 0 {
        let requests = counted(failed, "request", "requests");
        found.push(critical(format!("the module failed over {requests} in the last hour; see the error log")));
    }
}

fn last_hour(status: &Status) -> impl Iterator<Item = &Period> {
    status.history.iter().skip(status.history.len().saturating_sub(HOUR))
}

/// Requests of a verdict and reason in the last hour.
pub(crate) fn in_the_last_hour(status: &Status, is_wanted: impl Fn(&str, &str) -> bool) -> u64 {
    let counts = last_hour(status).flat_map(|period| &period.counts);
    let wanted = counts.filter(|count| is_wanted(&count.verdict, &count.reason));
    wanted.fold(0, |sum, count| sum.saturating_add(count.number))
}

fn table(status: &Status, found: &mut Vec<Finding>) {
    let table = status.table;
    if table.lost_proofs > 0 || (table.room > 0 && table.kept >= table.room) {
        found.push(warning(format!(
            "the table of devices is full ({} of {}): raise MTLSProtectFleetSize",
            table.kept, table.room
        )));
    }
    if table.gave_way > 0 {
        found.push(warning(format!(
            "the list of devices without a certificate is not whole, {}: raise MTLSProtectFleetSize to sixteen times \
             their number, or list them in the device file",
            counted(table.gave_way, "gave way to another", "gave way to others")
        )));
    }
    let ending = status.exemptions_ending;
    if ending > 0 {
        found.push(warning(format!("{} within 14 days", counted(ending, "exemption ends", "exemptions end"))));
    }
}

/// `1 device`, `2 devices`.
fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn critical(text: String) -> Finding {
    Finding { level: Level::Critical, text }
}

fn warning(text: String) -> Finding {
    Finding { level: Level::Warning, text }
}
