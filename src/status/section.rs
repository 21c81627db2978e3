//! The section in mod_status: numbers, no MACs.

use crate::httpd::{Request, with_main_server};
use crate::module::Mtlsprotect;
use crate::status::devices::Known;
use crate::status::gather::{handshakes, requests, table};
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_fleet::{Fleet, Verdict};
use mtlsprotect_status::device::{Rollout, State};
use std::io::{self, Write};

/// Writes it: a table, or for programs (`?auto`) lines.
pub fn write(request: &Request<'_>, is_for_programs: bool) {
    let now = UnixTime::from_seconds(request.time());
    with_main_server(|main| {
        let Some(held) = main.config::<Mtlsprotect>().fleet else { return };
        // An error is that of a client that has gone.
        let _ = write_numbers(&numbers(held.fleet, now), is_for_programs, &mut request.body());
    });
}

/// Names for programs and for people, and numbers.
fn numbers(fleet: &Fleet<'static>, now: UnixTime) -> Vec<(String, String, u64)> {
    let mut numbers = Vec::new();
    let mut add = |name: &str, text: &str, number| numbers.push((name.to_owned(), text.to_owned(), number));
    add("RequestsAllowed", "requests allowed", requests(fleet, Verdict::Allow));
    add("RequestsDenied", "requests denied", requests(fleet, Verdict::Deny));
    add("RequestsWouldDeny", "requests that On would deny", requests(fleet, Verdict::WouldDeny));
    let handshakes = handshakes(fleet);
    add("HandshakesFullTrusted", "full handshakes, trusted", handshakes.full_trusted);
    add("HandshakesFullNotTrusted", "full handshakes, not trusted", handshakes.full_not_trusted);
    add("HandshakesResumedTrusted", "resumed handshakes, trusted", handshakes.resumed_trusted);
    add("HandshakesResumedNotTrusted", "resumed handshakes, not trusted", handshakes.resumed_not_trusted);
    let rollout = Rollout::of_devices(&Known::now(fleet, now));
    for state in State::ALL {
        let words = state.as_str().split('-').map(|word| word[..1].to_uppercase() + &word[1..]);
        let name = format!("Devices{}", words.collect::<String>());
        add(&name, &format!("devices: {}", state.as_str().replace('-', " ")), rollout.number(state));
    }
    add("DeviceRecordsKept", "records of devices kept", table(fleet).kept);
    add("DeviceRecordsRoom", "records of devices there is room for", table(fleet).room);
    numbers
}

fn write_numbers(numbers: &[(String, String, u64)], is_for_programs: bool, out: &mut dyn Write) -> io::Result<()> {
    if is_for_programs {
        return numbers.iter().try_for_each(|(name, _, number)| writeln!(out, "MTLSProtect{name}: {number}"));
    }
    out.write_all(b"<hr />\n<h2>mod_mtlsprotect</h2>\n<table border=\"0\">\n")?;
    for (_, text, number) in numbers {
        writeln!(out, "<tr><td>{text}</td><td>{number}</td></tr>")?;
    }
    out.write_all(b"</table>\n")
}
