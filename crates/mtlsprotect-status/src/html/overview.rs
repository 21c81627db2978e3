//! What to look at, and how far the roll-out is.

use crate::device::{Rollout, State};
use crate::findings::{Level, USUAL, findings};
use crate::html::parts::{Number, Text};
use crate::model::Status;
use std::io::{self, Write};

/// The states in the order of the bar: from those that On serves to those of which nobody knows.
const ORDER: [State; State::ALL.len()] = [
    State::Proven,
    State::Ready,
    State::Password,
    State::Exempt,
    State::NotYet,
    State::Refused,
    State::NeverSeen,
    State::Blocked,
];

/// The width of the bar in its own units.
const WIDTH: f64 = 1000.0;

/// Writes both.
pub(crate) fn write(status: &Status, out: &mut dyn Write) -> io::Result<()> {
    notices(status, out)?;
    rollout(&status.rollout, out)
}

fn notices(status: &Status, out: &mut dyn Write) -> io::Result<()> {
    let found = findings(status, &USUAL);
    out.write_all(
        b"<section id=notices aria-labelledby=notices-title data-live><h2 id=notices-title>To look at</h2>\n",
    )?;
    if found.is_empty() {
        out.write_all(b"<p class=\"notice fine\"><b>All is well.</b> Nothing needs you.</p>\n")?;
    } else {
        out.write_all(b"<ul>\n")?;
        for finding in found {
            let (class, word) = match finding.level {
                Level::Critical => ("critical", "Critical"),
                Level::Warning => ("warning", "Warning"),
            };
            writeln!(out, "<li class=\"notice {class}\"><b>{word}</b> {}", Text(&finding.text))?;
        }
        out.write_all(b"</ul>\n")?;
    }
    out.write_all(b"</section>\n")
}

fn rollout(rollout: &Rollout, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"<section id=rollout aria-labelledby=rollout-title data-live><h2 id=rollout-title>Roll-out</h2>\n")?;
    let (all, left) = (rollout.all(), rollout.left());
    match (all, left) {
        (0, _) => out.write_all(b"<p class=headline>No device has been seen yet.</p>\n")?,
        (_, 0) => writeln!(
            out,
            "<p class=headline><b>Nobody is left.</b> <code>MTLSProtect On</code> refuses none of the {} devices that it \
             doesn't refuse today.</p>",
            Number(all)
        )?,
        _ => writeln!(
            out,
            "<p class=headline><b>{}</b> of {} devices {} left before <code>MTLSProtect On</code>: without a good \
             certificate so far, refused, or never seen.</p>",
            Number(left),
            Number(all),
            if left == 1 { "is" } else { "are" }
        )?,
    }
    bar(rollout, out)?;
    out.write_all(b"<ul class=states>\n")?;
    for state in ORDER {
        let (word, number) = (state.as_str(), rollout.number(state));
        writeln!(
            out,
            "<li><a class=\"state {word}\" href=\"?state={word}#devices\"><span class=swatch aria-hidden=true></span>\
             <b>{}</b> <span>{word}</span> <small>{}</small></a>",
            Number(number),
            meaning(state)
        )?;
    }
    out.write_all(b"</ul></section>\n")
}

/// A bar with a part for each state; each has at least a line's width, so that a few of many are seen.
fn bar(rollout: &Rollout, out: &mut dyn Write) -> io::Result<()> {
    let all = rollout.all();
    if all == 0 {
        return Ok(());
    }
    let present = ORDER.into_iter().filter(|&state| rollout.number(state) > 0);
    let shares: Vec<(State, f64)> =
        present.map(|state| (state, (rollout.number(state) as f64 / all as f64).max(0.008))).collect();
    let sum: f64 = shares.iter().map(|(_, share)| share).sum();
    out.write_all(
        b"<svg class=bar viewBox=\"0 0 1000 28\" preserveAspectRatio=none role=img aria-label=\"Devices by state: ",
    )?;
    for (place, &(state, _)) in shares.iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        write!(out, "{comma}{} {}", Number(rollout.number(state)), state.as_str())?;
    }
    out.write_all(b"\">")?;
    let mut left = 0.0;
    for (state, share) in shares {
        let width = share / sum * WIDTH;
        write!(out, "<rect class={} x={left:.1} y=0 width={:.1} height=28 />", state.as_str(), (width - 2.0).max(1.0))?;
        left += width;
    }
    out.write_all(b"</svg>\n")
}

/// What a state means, in a few words.
pub(crate) fn meaning(state: State) -> &'static str {
    match state {
        State::Blocked => "by the device file",
        State::Exempt => "needs no certificate, by the device file",
        State::Refused => "its own last request",
        State::Proven => "protected by Learn",
        State::Ready => "has shown a good certificate",
        State::Password => "sends a password instead of a certificate",
        State::NotYet => "served without a good certificate",
        State::NeverSeen => "in the device file, not seen",
    }
}
