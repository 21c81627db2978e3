//! The devices: searched, by state, a page of them.

use crate::asked::Wanted;
use crate::census::DevicePage;
use crate::device::{Device, State};
use crate::html::parts::{Ago, End, HostName, Number, Text};
use crate::html::reasons;
use crate::model::Status;
use mtlsprotect_core::time::UnixTime;
use std::io::{self, Write};

/// Writes the section.
pub(crate) fn write(status: &Status, page: &DevicePage, wanted: &Wanted, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"<section id=devices aria-labelledby=devices-title><h2 id=devices-title>Devices</h2>\n")?;
    form(wanted, out)?;
    out.write_all(b"<div id=device-list data-live>\n")?;
    let table = status.table;
    let devices = if page.matching == 1 { "device" } else { "devices" };
    writeln!(
        out,
        "<p>{} {devices}, page {} of {}. <small>{} of {} records are in use.</small></p>",
        Number(page.matching as u64),
        Number(page.number as u64),
        Number(page.of as u64),
        Number(table.kept),
        Number(table.room)
    )?;
    rows(page, status.now, out)?;
    out.write_all(b"</div>\n")?;
    pager(page, wanted, out)?;
    out.write_all(b"</section>\n")
}

fn form(wanted: &Wanted, out: &mut dyn Write) -> io::Result<()> {
    // `wanted.prefix` is hex digits
    write!(
        out,
        "<form method=get action=\"#devices\" role=search aria-label=\"Search devices\"><p><label for=prefix>MAC begins \
         with</label><input id=prefix name=prefix value=\"{}\" maxlength=17 autocomplete=off autocapitalize=off \
         spellcheck=false placeholder=\"0004f2\"",
        Text(&wanted.prefix)
    )?;
    if wanted.is_bad_prefix {
        out.write_all(b" aria-invalid=true aria-describedby=bad-prefix")?;
    }
    out.write_all(
        b"></p><p><label for=state>State</label><select id=state name=state><option value=\"\">all</option>",
    )?;
    for state in State::ALL {
        let (word, selected) = (state.as_str(), if wanted.state == Some(state) { " selected" } else { "" });
        write!(out, "<option value={word}{selected}>{word}</option>")?;
    }
    out.write_all(
        b"</select></p><p><button type=submit>Search</button> <a href=\"?#devices\">Show all</a></p></form>\n",
    )?;
    if wanted.is_bad_prefix {
        out.write_all(
            b"<p id=bad-prefix class=\"notice warning\">A MAC begins with hex digits, at most 12 of them.</p>\n",
        )?;
    }
    Ok(())
}

fn rows(page: &DevicePage, now: UnixTime, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(
        b"<div class=scroll role=region aria-label=\"Table of devices\" tabindex=0><table class=devices><thead><tr>\
          <th scope=col>MAC<th scope=col>State<th scope=col>Last served<th scope=col>Last refusal\
          <th scope=col class=n>Served<th scope=col class=n>Refused<th scope=col>Certificate expires<th scope=col>Proven\
          <th scope=col>First served<th scope=col>Vendor<th scope=col>Host</thead><tbody>\n",
    )?;
    for device in &page.rows {
        row(device, now, out)?;
    }
    if page.rows.is_empty() {
        out.write_all(b"<tr><td colspan=11 class=none>No device.\n")?;
    }
    out.write_all(b"</tbody></table></div>\n")
}

fn row(device: &Device, now: UnixTime, out: &mut dyn Write) -> io::Result<()> {
    let ago = |time| Ago { now, time };
    write!(
        out,
        "<tr><th scope=row><code>{}</code><td><span class=\"state {1}\">{1}</span>",
        device.mac,
        device.state.as_str()
    )?;
    if let Some(end) = device.exempt_until {
        write!(out, " <small>until {}</small>", end.day())?;
    }
    write!(out, "<td>{}<td>", ago(device.last_seen))?;
    match &device.last_refusal {
        Some(refusal) => write!(
            out,
            "<code title=\"{}\">{}</code> {} <small>{}</small>",
            reasons::meaning(&refusal.reason),
            Text(&refusal.reason),
            ago(Some(refusal.time)),
            HostName(&refusal.host)
        )?,
        None => out.write_all("<span class=none>–</span>".as_bytes())?,
    }
    writeln!(
        out,
        "<td class=n>{}<td class=n>{}<td>{}<td>{}<td>{}<td>{}<td>{}",
        Number(device.served),
        Number(device.refused),
        End { now, time: device.certificate_end },
        ago(device.proven_at),
        ago(device.first_seen),
        Text(device.vendor.as_deref().unwrap_or("–")),
        HostName(device.host.as_deref().unwrap_or("–"))
    )
}

fn pager(page: &DevicePage, wanted: &Wanted, out: &mut dyn Write) -> io::Result<()> {
    if page.of == 1 {
        return Ok(());
    }
    out.write_all(b"<nav aria-label=\"Pages of devices\"><ul class=pager>\n")?;
    let (number, of) = (page.number, page.of);
    for (name, target) in [("First", 1), ("Previous", number.saturating_sub(1)), ("Next", number + 1), ("Last", of)] {
        if target == number || target == 0 || target > of {
            writeln!(out, "<li><span>{name}</span>")?;
        } else {
            let state = wanted.state.map_or("", State::as_str);
            writeln!(
                out,
                "<li><a href=\"?prefix={}&amp;state={state}&amp;page={target}#devices\">{name}</a>",
                Text(&wanted.prefix)
            )?;
        }
    }
    out.write_all(b"</ul></nav>\n")
}
