//! CAs, CRLs, device files and the learned file.

use crate::html::parts::{Ago, End, Number, Text};
use crate::model::Status;
use std::io::{self, Write};

/// Writes the section.
pub(crate) fn write(status: &Status, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(
        b"<section id=trust aria-labelledby=trust-title data-live><h2 id=trust-title>CAs and files</h2>\n<div class=pair>\n",
    )?;
    out.write_all(b"<div>")?;
    cas(status, out)?;
    crls(status, out)?;
    out.write_all(b"</div>\n<div>")?;
    device_files(status, out)?;
    learned(status, out)?;
    out.write_all(b"</div></div></section>\n")
}

fn table(id: &str, title: &str, headings: &[&str], out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        "<h3 id={id}>{title}</h3>\n<div class=scroll role=region aria-labelledby={id} tabindex=0><table><thead><tr>"
    )?;
    for heading in headings {
        write!(out, "<th scope=col>{heading}")?;
    }
    out.write_all(b"</thead><tbody>\n")
}

const END: &[u8] = b"</tbody></table></div>\n";

fn cas(status: &Status, out: &mut dyn Write) -> io::Result<()> {
    table("cas", "Device CAs", &["Subject", "Vendor", "Expires"], out)?;
    for ca in &status.cas {
        let kind = if ca.is_root { " <small>trust anchor</small>" } else { "" };
        let end = End { now: status.now, time: Some(ca.not_after) };
        writeln!(out, "<tr><th scope=row>{}{kind}<td>{}<td>{end}", Text(&ca.subject), Text(&ca.vendor))?;
    }
    if status.cas.is_empty() {
        out.write_all(b"<tr><td colspan=3 class=none>None.\n")?;
    }
    out.write_all(END)
}

fn crls(status: &Status, out: &mut dyn Write) -> io::Result<()> {
    if status.crls.is_empty() {
        return out.write_all(b"<h3>CRLs</h3><p class=none>None: nothing is revoked.</p>\n");
    }
    table("crls", "CRLs", &["Issuer", "Vendor", "Next update"], out)?;
    for crl in &status.crls {
        let end = End { now: status.now, time: crl.next_update };
        writeln!(out, "<tr><th scope=row>{}<td>{}<td>{end}", Text(&crl.issuer), Text(&crl.vendor))?;
    }
    out.write_all(END)
}

fn device_files(status: &Status, out: &mut dyn Write) -> io::Result<()> {
    if status.device_files.is_empty() {
        return out.write_all(b"<h3>Device files</h3><p class=none>None.</p>\n");
    }
    table("device-files", "Device files", &["File", "State", "Lines", "Loaded"], out)?;
    for file in &status.device_files {
        let loaded = Ago { now: status.now, time: Some(file.loaded_at) };
        write!(out, "<tr><th scope=row><code>{}</code><td>", Text(&file.path))?;
        state(file.valid, file.error.as_deref(), "valid", "the last good list counts", out)?;
        writeln!(out, "<td class=n>{}<td>{loaded}", Number(file.lines))?;
    }
    out.write_all(END)
}

fn learned(status: &Status, out: &mut dyn Write) -> io::Result<()> {
    let Some(file) = &status.learned else {
        return out.write_all(b"<h3>Learned file</h3><p class=none>None: MTLSProtect Learn needs one.</p>\n");
    };
    table("learned", "Learned file", &["File", "State", "Devices", "Bad lines", "Lines not written"], out)?;
    write!(out, "<tr><th scope=row><code>{}</code><td>", Text(&file.path))?;
    state(file.writable, file.error.as_deref(), "writable", "can't be written", out)?;
    let numbers = [file.devices, file.bad_lines, file.write_errors].map(Number);
    writeln!(out, "<td class=n>{}<td class=n>{}<td class=n>{}", numbers[0], numbers[1], numbers[2])?;
    out.write_all(END)
}

fn state(is_good: bool, error: Option<&str>, good: &str, bad: &str, out: &mut dyn Write) -> io::Result<()> {
    match (is_good, error) {
        (true, None) => write!(out, "<span class=fine>{good}</span>"),
        (true, Some(error)) => write!(out, "<span class=critical>{}</span>", Text(error)),
        (false, error) => write!(out, "<span class=critical>{bad}</span> {}", Text(error.unwrap_or_default())),
    }
}
