//! A strict reader of Prometheus's text and of OpenMetrics: what is not as the formats say is an error.

use mtlsprotect_status::metrics::Form;
use std::collections::{BTreeMap, BTreeSet};

/// A sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

/// Reads all of it.
///
/// # Errors
/// The line that is wrong, and why.
pub fn read(text: &str, form: Form) -> Result<Vec<Sample>, String> {
    let lines = body(text, form)?;
    let (mut samples, mut seen, mut families) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    let mut family: Option<(String, String)> = None;
    for line in lines.lines() {
        let failed = |why: &str| format!("{why}: {line}");
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').ok_or_else(|| failed("no type"))?;
            let kinds: &[&str] =
                if form == Form::OpenMetrics { &["counter", "gauge", "info"] } else { &["counter", "gauge"] };
            if !is_name(name) || !kinds.contains(&kind) || !families.insert(name.to_owned()) {
                return Err(failed("not a new family of a known type"));
            }
            family = Some((name.to_owned(), kind.to_owned()));
            continue;
        }
        let (of, kind) = family.as_ref().ok_or_else(|| failed("no family yet"))?;
        if let Some(rest) = line.strip_prefix("# HELP ") {
            if rest.split_once(' ').is_none_or(|(name, help)| name != of || help.is_empty() || help.contains('\\')) {
                return Err(failed("help of another family"));
            }
            continue;
        }
        let sample = sample(line).map_err(|why| failed(&why))?;
        let expected = match (form, kind.as_str()) {
            (Form::OpenMetrics, "counter") => format!("{of}_total"),
            (Form::OpenMetrics, "info") => format!("{of}_info"),
            _ => of.clone(),
        };
        let is_counter = kind == "counter";
        if sample.name != expected || (is_counter && !(sample.name.ends_with("_total") && sample.value >= 0.0)) {
            return Err(failed("not a sample of its family"));
        }
        if !seen.insert((sample.name.clone(), sample.labels.clone())) {
            return Err(failed("a second sample of the same labels"));
        }
        samples.push(sample);
    }
    Ok(samples)
}

/// The lines, without the end that OpenMetrics has.
fn body(text: &str, form: Form) -> Result<&str, String> {
    if text.contains('\r') || text.contains("\n\n") || !text.ends_with('\n') {
        return Err("carriage returns, empty lines, or no line feed at the end".to_owned());
    }
    match (form, text.strip_suffix("# EOF\n")) {
        (Form::OpenMetrics, Some(rest)) if !rest.contains("# EOF") => Ok(rest),
        (Form::OpenMetrics, _) => Err("does not end with # EOF".to_owned()),
        (Form::Prometheus, None) => Ok(text),
        (Form::Prometheus, Some(_)) => Err("ends with # EOF".to_owned()),
    }
}

fn is_name(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

fn sample(line: &str) -> Result<Sample, String> {
    let place = line.find(['{', ' ']).ok_or("no value")?;
    let (name, mut rest) = line.split_at(place);
    let mut labels = BTreeMap::new();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        loop {
            let (label, after) = rest.split_once("=\"").ok_or("no label")?;
            let (value, after) = value(after)?;
            if !is_name(label) || labels.insert(label.to_owned(), value).is_some() {
                return Err("not a new label".to_owned());
            }
            match after.chars().next() {
                Some(',') => rest = &after[1..],
                Some('}') => {
                    rest = &after[1..];
                    break;
                }
                _ => return Err("labels do not end".to_owned()),
            }
        }
    }
    let number = rest.strip_prefix(' ').ok_or("no space before the value")?;
    let value = number.parse().map_err(|_| "not a number")?;
    if !is_name(name) {
        return Err("not a name".to_owned());
    }
    Ok(Sample { name: name.to_owned(), labels, value })
}

/// A label's value up to its quote, and what follows.
fn value(text: &str) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((place, character)) = characters.next() {
        match character {
            '"' => return Ok((value, &text[place + 1..])),
            '\\' => value.push(match characters.next() {
                Some((_, 'n')) => '\n',
                Some((_, same @ ('\\' | '"'))) => same,
                _ => return Err("an unknown escape".to_owned()),
            }),
            other => value.push(other),
        }
    }
    Err("a value without an end".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_as_the_format_says_is_an_error() {
        let good = "# TYPE a_total counter\n# HELP a_total Some.\na_total{b=\"\\\\c\\n\\\"\"} 1\n";
        let samples = read(good, Form::Prometheus).unwrap();
        assert_eq!((samples[0].labels["b"].as_str(), samples[0].value), ("\\c\n\"", 1.0));
        for (from, to) in [
            ("counter", "info"),
            ("} 1", "}1"),
            ("} 1", "} x"),
            ("} 1", "} -1"),
            ("\\n", "\\t"),
            ("\"} 1", "} 1"),
            ("{b", "{1b"),
            ("\"}", "\",b=\"\"}"),
            ("\na_total{", "\nb_total{"),
            (" 1\n", " 1"),
            (" 1\n", " 1\n\n"),
            (" 1\n", " 1\n# EOF\n"),
            ("# TYPE", "a 1\n# TYPE"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert!(bad != good && read(&bad, Form::Prometheus).is_err(), "{bad}");
        }
        assert!(read(&format!("{good}a_total{{b=\"\\\\c\\n\\\"\"}} 1\n"), Form::Prometheus).is_err(), "twice");
        assert!(read(good, Form::OpenMetrics).is_err());
        assert!(read("# TYPE a counter\na_total 1\n# EOF\n", Form::OpenMetrics).is_ok());
        assert!(read("# TYPE a counter\na 1\n# EOF\n", Form::OpenMetrics).is_err());
    }
}
