//! Prometheus's text format 0.0.4 and OpenMetrics 1.0: families of samples, and how their texts are escaped.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `text/plain; version=0.0.4`
    Prometheus,
    /// `application/openmetrics-text; version=1.0.0`
    OpenMetrics,
}

/// What kind of numbers a family has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Only ever grows; its samples end in `_total`.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Is always 1, and says something by its labels; its sample ends in `_info`. Prometheus's text calls it a gauge.
    Info,
}

/// A metric with its samples.
pub(crate) struct Family {
    name: &'static str,
    kind: Kind,
    help: &'static str,
    /// By their labels, as they are written: no two samples have the same.
    samples: BTreeMap<String, i64>,
}

impl Family {
    pub(crate) fn new(name: &'static str, kind: Kind, help: &'static str) -> Self {
        Family { name, kind, help, samples: BTreeMap::new() }
    }

    /// One with a single sample without labels.
    pub(crate) fn of(name: &'static str, kind: Kind, help: &'static str, value: i64) -> Self {
        let mut family = Family::new(name, kind, help);
        family.add(&[], value);
        family
    }

    /// Adds a sample, or its value to the one with these labels.
    pub(crate) fn add(&mut self, labels: &[(&str, &str)], value: i64) {
        let sum = self.samples.entry(written(labels)).or_default();
        *sum = sum.saturating_add(value);
    }

    /// Adds a sample; of two with the same labels one is kept.
    pub(crate) fn keep<const N: usize>(&mut self, labels: [(&str, &str); N], value: i64, which: fn(i64, i64) -> i64) {
        self.samples.entry(written(&labels)).and_modify(|there| *there = which(*there, value)).or_insert(value);
    }

    /// Writes it; nothing where it has no sample.
    pub(crate) fn write(&self, form: Form, out: &mut dyn Write) -> io::Result<()> {
        if self.samples.is_empty() {
            return Ok(());
        }
        let (suffix, kind) = match self.kind {
            Kind::Counter => ("_total", "counter"),
            Kind::Gauge => ("", "gauge"),
            Kind::Info => ("_info", "info"),
        };
        // one names the family, the other the samples
        let (family, kind) = match (form, self.kind) {
            (Form::OpenMetrics, _) => (self.name.to_owned(), kind),
            (Form::Prometheus, Kind::Info) => (format!("{}{suffix}", self.name), "gauge"),
            (Form::Prometheus, _) => (format!("{}{suffix}", self.name), kind),
        };
        writeln!(out, "# TYPE {family} {kind}\n# HELP {family} {}", self.help)?;
        for (labels, value) in &self.samples {
            writeln!(out, "{}{suffix}{labels} {value}", self.name)?;
        }
        Ok(())
    }
}

impl Form {
    /// Ends the text.
    pub(crate) fn end(self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Form::Prometheus => Ok(()),
            Form::OpenMetrics => out.write_all(b"# EOF\n"),
        }
    }
}

/// Labels in their braces; nothing without any. In a value a backslash, a quote and a line feed are escaped, and that is
/// all that either format allows.
fn written(labels: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (place, (name, value)) in labels.iter().enumerate() {
        text.push(if place == 0 { '{' } else { ',' });
        // it is a String
        let _ = write!(text, "{name}=\"");
        for character in value.chars() {
            match character {
                '\\' => text.push_str("\\\\"),
                '"' => text.push_str("\\\""),
                '\n' => text.push_str("\\n"),
                other => text.push(other),
            }
        }
        text.push('"');
    }
    if !labels.is_empty() {
        text.push('}');
    }
    text
}
