//! The page for people: one file without anything from elsewhere, which works without its script.

mod chart;
mod devices;
mod hosts;
mod overview;
mod parts;
mod reasons;
mod refusals;
mod trust;

use crate::asked::Wanted;
use crate::census::DevicePage;
use crate::model::Status;
use parts::{Ago, Text};
use std::io::{self, Write};
use std::sync::LazyLock;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The field Content-Security-Policy of the page: its own style and script, nothing from elsewhere.
pub fn content_security_policy() -> &'static str {
    static POLICY: LazyLock<String> = LazyLock::new(|| {
        let digest = |text: &str| openssl::base64::encode_block(&openssl::sha::sha256(text.as_bytes()));
        format!(
            "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; img-src data:; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            digest(STYLE),
            digest(SCRIPT)
        )
    });
    &POLICY
}

/// Writes it.
///
/// # Errors
/// Those of `out`.
pub fn write(status: &Status, page: &DevicePage, wanted: &Wanted, out: &mut dyn Write) -> io::Result<()> {
    head(status, out)?;
    overview::write(status, out)?;
    chart::write(status, out)?;
    devices::write(status, page, wanted, out)?;
    refusals::write(status, out)?;
    hosts::write(status, out)?;
    trust::write(status, out)?;
    out.write_all(
        b"</main>\n<footer><p>The same as <a href=\"?format=json\">JSON</a>, \
          <a href=\"?format=prometheus\">Prometheus text</a>, <a href=\"?format=openmetrics\">OpenMetrics</a>. \
          Times are in UTC.</p></footer>\n<script>",
    )?;
    out.write_all(SCRIPT.as_bytes())?;
    out.write_all(b"</script>\n</body></html>\n")
}

fn head(status: &Status, out: &mut dyn Write) -> io::Result<()> {
    let now = status.now;
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8>\n<title>mtlsprotect: the fleet</title>\n\
         <meta name=viewport content=\"width=device-width, initial-scale=1\">\n\
         <meta name=color-scheme content=\"light dark\">\n<meta name=referrer content=no-referrer>\n\
         <link rel=icon href=\"data:,\">\n<style>{STYLE}</style></head>\n<body>\n\
         <a class=skip href=\"#devices\">To the devices</a>\n<header><div><h1>mtlsprotect</h1>\n\
         <p id=times data-live>Version {}. As of <time datetime=\"{now}\">{now}</time>, counting since {}, last \
         restart {}.</p></div>\n\
         <p class=refresh><span id=refreshed role=status></span> <button id=refresh type=button hidden>Pause updates</button></p>\n\
         <nav aria-label=Sections><ul><li><a href=\"#rollout\">Roll-out</a><li><a href=\"#requests\">Requests</a>\
         <li><a href=\"#devices\">Devices</a><li><a href=\"#refusals\">Refusals</a><li><a href=\"#hosts\">Hosts</a>\
         <li><a href=\"#trust\">CAs and files</a></ul></nav></header>\n<main>\n",
        Text(&status.version),
        Ago { now, time: Some(status.counting_since) },
        Ago { now, time: Some(status.restarted_at) },
    )
}
