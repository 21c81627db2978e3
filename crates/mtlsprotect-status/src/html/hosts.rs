//! The protected hosts, and what differs in them.

use crate::html::parts::{End, Number, Text};
use crate::model::{Host, Place, Status};
use std::fmt::{self, Display};
use std::io::{self, Write};

/// Where something is defined; nothing where that is not known.
struct At<'a>(Option<&'a Place>);

impl Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(place) => write!(f, "<small class=at>{}:{}</small>", Text(&place.file), place.line),
            None => Ok(()),
        }
    }
}

/// Writes the section.
pub(crate) fn write(status: &Status, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(
        b"<section id=hosts aria-labelledby=hosts-title data-live><h2 id=hosts-title>Hosts</h2>\n<div class=hosts>\n",
    )?;
    for host in &status.hosts {
        card(status, host, out)?;
    }
    if status.hosts.is_empty() {
        out.write_all(b"<p class=none>No host judges anything: MTLSProtect is Off everywhere.</p>\n")?;
    }
    out.write_all(b"</div></section>\n")
}

fn card(status: &Status, host: &Host, out: &mut dyn Write) -> io::Result<()> {
    let counts = status.counts.iter().filter(|count| count.host == host.name);
    let of = |verdict: &str| counts.clone().filter(|count| count.verdict == verdict).map(|count| count.number).sum();
    writeln!(
        out,
        "<article><h3>{} <span class=\"mode {}\">{}</span></h3><p>{}</p><dl><div><dt>served<dd>{}</div><div><dt>would be \
         refused<dd>{}</div><div><dt>refused<dd>{}</div><div><dt>first CA expires<dd>{}</div></dl>",
        Text(&host.name),
        mode_class(&host.mode),
        Text(&host.mode),
        At(host.defined_at.as_ref()),
        Number(of("allow")),
        Number(of("would-deny")),
        Number(of("deny")),
        End { now: status.now, time: host.earliest_expiry }
    )?;
    out.write_all(b"<ul class=vendors>")?;
    for vendor in &host.vendors {
        write!(out, "<li><b>{}</b>", Text(&vendor.name))?;
        if let Some(mode) = &vendor.mode {
            write!(out, " <span class=\"mode {}\">{}</span>", mode_class(mode), Text(mode))?;
        }
        let of =
            |number: u64, one: &str, many: &str| format!("{} {}", Number(number), if number == 1 { one } else { many });
        let (cas, prefixes) = (of(vendor.cas, "CA", "CAs"), of(vendor.prefixes, "prefix", "prefixes"));
        writeln!(out, " <small>{cas}, {prefixes}</small>")?;
    }
    out.write_all(b"</ul>\n")?;
    if !host.sections.is_empty() {
        out.write_all(b"<h4>Sections that differ</h4><ul class=sections>\n")?;
    }
    for section in &host.sections {
        writeln!(
            out,
            "<li><code>{}</code> <span class=\"mode {}\">{}</span> {} {}",
            Text(&section.what),
            mode_class(&section.mode),
            Text(&section.mode),
            Text(&section.says),
            At(section.defined_at.as_ref())
        )?;
    }
    out.write_all(if host.sections.is_empty() { b"</article>\n".as_slice() } else { b"</ul></article>\n" })
}

/// The class of a mode; its word may be anything.
fn mode_class(mode: &str) -> &'static str {
    ["off", "report", "learn", "on"].into_iter().find(|word| mode.eq_ignore_ascii_case(word)).unwrap_or("off")
}
