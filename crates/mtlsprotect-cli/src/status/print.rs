//! For a terminal: the worst first, and everything that a server said without what a terminal would obey.

use super::Answer;
use crate::output::{Outcome, counted, one_line, print_line};
use crate::table::{Table, Width};
use anyhow::Result;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_status::device::{Device, State};

/// Prints all of it.
pub fn print(answer: &Answer, width: Width) -> Result<()> {
    print_line(&headline(answer))?;
    findings(answer, width)?;
    rollout(answer, width)?;
    requests(answer, width)?;
    if answer.has_devices {
        devices(&answer.sum.devices, width)?;
    }
    Ok(())
}

/// The line that a monitor shows.
fn headline(answer: &Answer) -> String {
    let word = match answer.outcome() {
        Outcome::Fine => "OK",
        Outcome::Finding => "WARNING",
        Outcome::Critical => "CRITICAL",
        Outcome::Unknown => "UNKNOWN",
    };
    let failed = answer.servers.iter().find_map(|server| server.error.as_ref());
    let worst = answer.findings.first().map(|found| &found.text);
    let said = if answer.outcome() == Outcome::Unknown { failed.or(worst) } else { worst.or(failed) };
    let rollout = answer.sum.rollout;
    let left = format!("{} of {} left", rollout.left(), counted(rollout.all(), "device", "devices"));
    match said {
        Some(said) => one_line(&format!("{word} - {said}; {left}")),
        None => format!("{word} - {left}"),
    }
}

fn findings(answer: &Answer, width: Width) -> Result<()> {
    let failed = answer.servers.iter().filter_map(|server| Some(["unknown", &server.url, server.error.as_deref()?]));
    let found = answer.findings.iter().map(|found| [found.level, &found.server, &found.text]);
    let rows: Vec<_> = failed.chain(found).collect();
    if rows.is_empty() {
        return Ok(());
    }
    print_line("")?;
    let mut table = Table::new(&["level", "server", "what"], &["server"]);
    rows.into_iter().for_each(|row| table.row(row));
    table.print(width)
}

fn rollout(answer: &Answer, width: Width) -> Result<()> {
    print_line("")?;
    let mut table = Table::new(&["state", "devices"], &[]);
    for state in State::ALL {
        table.row([state.as_str(), &answer.sum.rollout.number(state).to_string()]);
    }
    table.print(width)
}

fn requests(answer: &Answer, width: Width) -> Result<()> {
    if answer.sum.requests.is_empty() {
        return Ok(());
    }
    print_line("")?;
    let mut table = Table::new(&["verdict", "reason", "last hour", "last day", "since start"], &[]);
    for row in &answer.sum.requests {
        let [hour, day, all] = [row.last_hour, row.last_day, row.since_start].map(|number| number.to_string());
        table.row([&*row.verdict, &*row.reason, &hour, &day, &all]);
    }
    table.print(width)?;
    let (all, refused) = (answer.sum.by_balancer, answer.sum.by_balancer_refused);
    if all > 0 {
        let requests = counted(all, "request", "requests");
        print_line(&format!("{requests} came through a balancer; {refused} of them refused, or would be"))?;
    }
    let wrong = answer.sum.wrong_passwords;
    if wrong > 0 {
        let requests = counted(wrong, "request", "requests");
        print_line(&format!("{requests} came with a wrong password"))?;
    }
    Ok(())
}

fn devices(devices: &[Device], width: Width) -> Result<()> {
    print_line("")?;
    if devices.is_empty() {
        return print_line("no such device");
    }
    let headings =
        ["mac", "state", "last served", "last refusal", "served", "refused", "certificate expires", "vendor", "host"];
    let mut table = Table::new(&headings, &["host"]);
    let when = |time: Option<UnixTime>| time.map_or_else(|| "-".to_owned(), |time| time.to_string());
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    for device in devices {
        let refusal = device.last_refusal.as_ref();
        let refusal = refusal.map_or_else(|| "-".to_owned(), |refusal| format!("{} {}", refusal.reason, refusal.time));
        table.row([
            device.mac.to_string(),
            device.state.as_str().to_owned(),
            when(device.last_seen),
            refusal,
            device.served.to_string(),
            device.refused.to_string(),
            device.certificate_end.map_or_else(|| "-".to_owned(), UnixTime::day),
            text(&device.vendor),
            text(&device.host),
        ]);
    }
    table.print(width)
}
