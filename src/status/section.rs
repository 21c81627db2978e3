//! The section in mod_status: numbers, no MACs. It is asked for every few seconds, and so has only what is counted already:
//! the devices by state are on the page.

use crate::devices::all::lists;
use crate::httpd::{Request, with_main_server};
use crate::learned::LearnedStore;
use crate::module::Mtlsprotect;
use crate::status::gather::{handshakes, requests, sum, table};
use crate::status::learned::devices;
use mtlsprotect_core::decision::Reason;
use mtlsprotect_fleet::{Cell, Fleet, Verdict};
use std::io::{self, Write};

/// Writes it: a table, or for programs (`?auto`) lines.
pub fn write(request: &Request<'_>, is_for_programs: bool) {
    with_main_server(|main| {
        let config = main.config::<Mtlsprotect>();
        let Some(held) = config.fleet else { return };
        let numbers = numbers(held.fleet, config.directives.learned);
        // An error is that of a client that has gone.
        let _ = write_numbers(&numbers, is_for_programs, &mut request.body());
    });
}

/// A name for programs, a text for people, and the number.
type Number = (&'static str, &'static str, u64);

fn numbers(fleet: &Fleet<'static>, learned: Option<&LearnedStore>) -> Vec<Number> {
    let [allowed, denied, would_deny] = requests(fleet);
    let (handshakes, table) = (handshakes(fleet), table(fleet));
    let password = |verdict| sum(fleet, Cell::new(verdict, Reason::Password as u8));
    let lines = lists().map(|list| list.state.devices).sum();
    vec![
        ("RequestsAllowed", "requests allowed", allowed),
        ("RequestsDenied", "requests denied", denied),
        ("RequestsWouldDeny", "requests that On would deny", would_deny),
        ("RequestsByBalancer", "requests through a balancer", sum(fleet, Cell::BY_BALANCER)),
        (
            "RequestsByBalancerRefused",
            "requests through a balancer that were refused, or would be",
            sum(fleet, Cell::BY_BALANCER_REFUSED),
        ),
        ("PasswordsAccepted", "requests allowed by a password", password(Verdict::Allow)),
        ("PasswordsAsked", "requests refused to ask for a password, wrong ones among them", password(Verdict::Deny)),
        ("PasswordsWrong", "requests refused for a wrong password", sum(fleet, Cell::WRONG_PASSWORD)),
        ("HandshakesFullTrusted", "full handshakes, trusted", handshakes.full_trusted),
        ("HandshakesFullNotTrusted", "full handshakes, not trusted", handshakes.full_not_trusted),
        ("HandshakesResumedTrusted", "resumed handshakes, trusted", handshakes.resumed_trusted),
        ("HandshakesResumedNotTrusted", "resumed handshakes, not trusted", handshakes.resumed_not_trusted),
        ("DeviceFileLines", "lines of device files", lines),
        ("LearnedDevices", "devices that the learned file proves", learned.map_or(0, devices)),
        ("DeviceRecordsKept", "records of devices kept", table.kept),
        ("DeviceRecordsRoom", "records of devices there is room for", table.room),
    ]
}

fn write_numbers(numbers: &[Number], is_for_programs: bool, out: &mut dyn Write) -> io::Result<()> {
    if is_for_programs {
        return numbers.iter().try_for_each(|(name, _, number)| writeln!(out, "MTLSProtect{name}: {number}"));
    }
    out.write_all(b"<hr />\n<h2>mod_mtlsprotect</h2>\n<table border=\"0\">\n")?;
    for (_, text, number) in numbers {
        writeln!(out, "<tr><td>{text}</td><td>{number}</td></tr>")?;
    }
    out.write_all(b"</table>\n")
}
