//! The last refusals.

use crate::html::parts::{Ago, HostName, Text};
use crate::html::reasons;
use crate::model::{Refusal, Status};
use mtlsprotect_core::time::UnixTime;
use std::io::{self, Write};

/// Writes the section.
pub(crate) fn write(status: &Status, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(
        b"<section id=refusals aria-labelledby=refusals-title data-live><h2 id=refusals-title>Last refusals</h2>\n\
          <div class=\"scroll high\" role=region aria-label=\"Table of refusals\" tabindex=0><table><thead><tr><th scope=col>When\
          <th scope=col>Reason<th scope=col>From<th scope=col>Names<th scope=col>Sender<th scope=col>What<th scope=col>Host\
          <th scope=col>User-Agent</thead><tbody>\n",
    )?;
    for refusal in &status.refusals {
        row(refusal, status.now, out)?;
    }
    if status.refusals.is_empty() {
        out.write_all(b"<tr><td colspan=8 class=none>Nothing was refused.\n")?;
    }
    out.write_all(b"</tbody></table></div></section>\n")
}

fn row(refusal: &Refusal, now: UnixTime, out: &mut dyn Write) -> io::Result<()> {
    let mac = |mac: Option<mtlsprotect_core::Mac>| mac.map_or_else(|| "–".to_owned(), |mac| mac.to_string());
    let would = if refusal.verdict == "deny" { "" } else { " <small>would be refused</small>" };
    let sender = match (refusal.by_itself, &refusal.vendor) {
        (true, _) => " <small>the device itself</small>".to_owned(),
        (false, Some(vendor)) => format!(" <small>{}</small>", Text(vendor)),
        (false, None) => String::new(),
    };
    let from = match refusal.via {
        None => format!("<code>{}</code>", refusal.address),
        Some(via) if via == refusal.address => format!("unknown <small>through <code>{via}</code></small>"),
        Some(via) => format!("<code>{}</code> <small>through <code>{via}</code></small>", refusal.address),
    };
    writeln!(
        out,
        "<tr><td>{}<th scope=row><code title=\"{}\">{}</code>{would}<td>{from}<td><code>{}</code>\
         <td><code>{}</code>{sender}<td class=client><code>{}</code><td>{}<td class=client>{}",
        Ago { now, time: Some(refusal.time) },
        reasons::meaning(&refusal.reason),
        Text(&refusal.reason),
        mac(refusal.named),
        mac(refusal.sender),
        Text(&refusal.uri),
        HostName(&refusal.host),
        Text(&refusal.agent)
    )
}
