//! Requests: the last hour and day as charts, and why, in numbers.

use crate::findings::HOUR;
use crate::html::parts::{Number, Text};
use crate::html::reasons;
use crate::model::{Period, Status};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

/// A verdict, with what it is called on the page.
const VERDICTS: [(&str, &str); 3] = [("allow", "served"), ("would-deny", "would be refused"), ("deny", "refused")];
/// The charts' size in their own units.
const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 120.0;

/// The numbers of one period by verdict, in the order of [`VERDICTS`].
type Sums = [u64; 3];

/// Writes the section.
pub(crate) fn write(status: &Status, out: &mut dyn Write) -> io::Result<()> {
    let day: Vec<Sums> = status.history.iter().map(sums).collect();
    let hour = &day[day.len().saturating_sub(HOUR)..];
    out.write_all(
        b"<section id=requests aria-labelledby=requests-title data-live><h2 id=requests-title>Requests</h2>\n",
    )?;
    tiles(status, hour, out)?;
    out.write_all(b"<p class=key aria-hidden=true>")?;
    for (verdict, name) in VERDICTS {
        write!(out, "<span class={verdict}>{name}</span>")?;
    }
    out.write_all(b"</p>\n<div class=charts>\n")?;
    for (title, verdicts) in [("Refused", [1, 2].as_slice()), ("Served", &[0])] {
        chart(title, "last hour", hour, verdicts, out)?;
        chart(title, "last day", &day, verdicts, out)?;
    }
    out.write_all(b"</div>\n")?;
    by_reason(status, out)?;
    out.write_all(b"</section>\n")
}

fn sums(period: &Period) -> Sums {
    VERDICTS.map(|(verdict, _)| {
        period.counts.iter().filter(|count| count.verdict == verdict).map(|count| count.number).sum()
    })
}

fn tiles(status: &Status, hour: &[Sums], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"<dl class=tiles>\n")?;
    for (place, (verdict, name)) in VERDICTS.into_iter().enumerate() {
        let number = hour.iter().map(|sums| sums[place]).sum();
        writeln!(out, "<div class={verdict}><dt>{name}, last hour<dd>{}</div>", Number(number))?;
    }
    let handshakes = status.handshakes;
    let full = handshakes.full_trusted + handshakes.full_not_trusted;
    let resumed = handshakes.resumed_trusted + handshakes.resumed_not_trusted;
    let numbers = [
        ("full handshakes", full, handshakes.full_not_trusted),
        ("resumed sessions", resumed, handshakes.resumed_not_trusted),
    ];
    for (name, number, bad) in numbers {
        writeln!(out, "<div><dt>{name}<dd>{} <small>{} not trusted</small></div>", Number(number), Number(bad))?;
    }
    let wrong_passwords = Some(("wrong passwords", status.wrong_passwords)).filter(|&(_, number)| number > 0);
    let refusals = [
        ("refusals of proven devices", status.proven_refused),
        ("refusals of others in their name", status.proven_named_refused),
    ];
    for (name, number) in refusals.into_iter().chain(wrong_passwords) {
        writeln!(out, "<div><dt>{name}<dd>{}</div>", Number(number))?;
    }
    out.write_all(b"</dl>\n")
}

/// Bars of some verdicts on top of each other, a path for each verdict.
fn chart(what: &str, span: &str, periods: &[Sums], verdicts: &[usize], out: &mut dyn Write) -> io::Result<()> {
    let title = format!("{what}, {span}");
    let height_of = |sums: &Sums| verdicts.iter().map(|&verdict| sums[verdict]).sum::<u64>();
    let highest = periods.iter().map(height_of).max().unwrap_or(0);
    let all: u64 = periods.iter().map(height_of).sum();
    writeln!(
        out,
        "<figure><figcaption>{title} <small>{} in all, at most {} in 5 minutes</small></figcaption>\
         <svg viewBox=\"0 0 600 120\" preserveAspectRatio=none role=img aria-label=\"{title}: {} in all, at most {} in 5 \
         minutes\"><path class=axis d=\"M0 119.5H600M0 60H600M0 0.5H600\" />",
        Number(all),
        Number(highest),
        Number(all),
        Number(highest)
    )?;
    let width = WIDTH / periods.len().max(1) as f64;
    let gap = if width > 10.0 { 4.0 } else { 0.5 };
    let mut bottoms = vec![HEIGHT; periods.len()];
    for &verdict in verdicts {
        let mut path = String::new();
        for (place, (sums, bottom)) in
            periods.iter().zip(&mut bottoms).enumerate().filter(|(_, (sums, _))| sums[verdict] > 0)
        {
            let height = sums[verdict] as f64 / highest.max(1) as f64 * (HEIGHT - 2.0);
            let height = height.max(1.5);
            // it is a String
            let _ =
                write!(path, "M{:.1} {bottom:.1}v-{height:.1}h{:.1}v{height:.1}z", place as f64 * width, width - gap);
            *bottom -= height;
        }
        write!(out, "<path class={} d=\"{path}\" />", VERDICTS[verdict].0)?;
    }
    writeln!(
        out,
        "</svg><p class=scale><small>{}</small><small>now</small></p></figure>",
        span.replace("last", "1") + " ago"
    )
}

/// Requests by verdict and reason: in the last hour, in the last day, and since counting began.
fn by_reason(status: &Status, out: &mut dyn Write) -> io::Result<()> {
    let mut rows: BTreeMap<(usize, &str), [u64; 3]> = BTreeMap::new();
    let order = |verdict: &str| VERDICTS.iter().rev().position(|(word, _)| *word == verdict).unwrap_or(VERDICTS.len());
    let since = status.history.len().saturating_sub(HOUR);
    for (place, period) in status.history.iter().enumerate() {
        for count in &period.counts {
            let row = rows.entry((order(&count.verdict), &count.reason)).or_default();
            row[1] += count.number;
            row[0] += if place >= since { count.number } else { 0 };
        }
    }
    for count in &status.counts {
        rows.entry((order(&count.verdict), &count.reason)).or_default()[2] += count.number;
    }
    out.write_all(
        b"<h3 id=why>Why</h3>\n<div class=scroll role=region aria-labelledby=why tabindex=0><table id=why-table>\
          <thead><tr><th scope=col>Reason<th scope=col>Verdict<th scope=col class=n>Last hour<th scope=col class=n>Last day\
          <th scope=col class=n>Since the start</thead><tbody>\n",
    )?;
    for ((order, reason), numbers) in &rows {
        let (verdict, name) = VERDICTS.iter().rev().nth(*order).copied().unwrap_or(("", "unknown"));
        let [hour, day, all] = numbers.map(Number);
        writeln!(
            out,
            "<tr><th scope=row><code>{}</code> <small>{}</small><td><span class=\"verdict {verdict}\">{name}</span>\
             <td class=n>{hour}<td class=n>{day}<td class=n>{all}",
            Text(reason),
            reasons::meaning(reason)
        )?;
    }
    if rows.is_empty() {
        out.write_all(b"<tr><td colspan=5 class=none>No request has been judged yet.\n")?;
    }
    out.write_all(b"</tbody></table></div>\n")
}
