//! Prometheus reads what is shown, and everything that the shipped alerts and the dashboard ask for is there.

use crate::forms::shown;
use mtlsprotect_status::metrics::Form;
use mtlsprotect_testkit::status::exposition::{Sample, read};
use mtlsprotect_testkit::status::fleet::{Fleet, status};
use mtlsprotect_testkit::status::prometheus::{Prometheus, annotation, packaged, promtool, queries};
use mtlsprotect_testkit::status::server::Server;
use mtlsprotect_testkit::tools::wait_for;
use std::collections::BTreeSet;
use std::fs;

pub fn samples() -> Vec<Sample> {
    let fleet = Fleet::of(300);
    read(&shown(&status(&fleet), &fleet, "format=prometheus"), Form::Prometheus).unwrap()
}

/// The expressions of the alerts.
fn alerts() -> Vec<String> {
    let rules = fs::read_to_string(packaged("prometheus/mtlsprotect.rules.yml")).unwrap();
    rules.lines().filter_map(|line| line.trim().strip_prefix("expr: ").map(str::to_owned)).collect()
}

/// The metrics of an expression with the labels that each is asked for by.
pub fn metrics(expression: &str) -> Vec<(String, Vec<String>)> {
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let mut found = Vec::new();
    for (place, _) in expression.match_indices("mtlsprotect_") {
        let name: String = expression[place..].chars().take_while(|&character| is_name(character)).collect();
        let rest = &expression[place + name.len()..];
        let matchers = rest.strip_prefix('{').and_then(|rest| rest.split('}').next()).unwrap_or_default();
        let label = |matcher: &str| matcher.chars().take_while(|&character| is_name(character)).collect::<String>();
        found.push((name, matchers.split(',').filter(|part| part.contains('=')).map(label).collect()));
    }
    found
}

#[test]
fn every_series_that_alerts_and_the_dashboard_ask_for_is_shown() {
    let samples = samples();
    let mut names = BTreeSet::new();
    for expression in queries().into_iter().chain(alerts()) {
        for (name, labels) in metrics(&expression) {
            let of_name: Vec<_> = samples.iter().filter(|sample| sample.name == name).collect();
            assert!(!of_name.is_empty(), "{name} is not shown: {expression}");
            for label in labels.iter().filter(|label| !["job", "instance"].contains(&label.as_str())) {
                assert!(
                    of_name.iter().all(|sample| sample.labels.contains_key(label)),
                    "{name}{{{label}}}: {expression}"
                );
            }
            names.insert(name);
        }
    }
    let unused: Vec<_> = samples.iter().map(|sample| &sample.name).filter(|name| !names.contains(*name)).collect();
    // the dashboard's variables and annotations
    let elsewhere = [
        "mtlsprotect_build_info",
        "mtlsprotect_restart_timestamp_seconds",
        "mtlsprotect_start_timestamp_seconds",
        "mtlsprotect_device_file_loaded_timestamp_seconds",
    ];
    assert!(unused.iter().all(|name| elsewhere.contains(&name.as_str())), "nothing asks for {unused:?}");
}

#[test]
fn operations_md_has_every_metric_and_every_alert() {
    let document = fs::read_to_string(packaged("../docs/operations.md")).unwrap();
    for sample in samples() {
        assert!(document.contains(&format!("| `{}", sample.name)), "{}", sample.name);
    }
    let rules = fs::read_to_string(packaged("prometheus/mtlsprotect.rules.yml")).unwrap();
    let tests = fs::read_to_string(packaged("prometheus/mtlsprotect.rules.test.yml")).unwrap();
    let names: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(names.len() > 10);
    for name in names {
        assert!(document.contains(&format!("\n| `{name}`")), "{name} is not in docs/operations.md");
        assert!(tests.contains(&format!("        alertname: {name}\n")), "{name} has no test in which it fires");
    }
}

#[test]
fn alerts_see_a_zero_before_the_first_mismatch() {
    let is_zero = |sample: &&Sample| sample.name == "mtlsprotect_requests_total" && sample.value == 0.0;
    let zeros: Vec<_> = samples().into_iter().filter(|sample| is_zero(&sample)).collect();
    let with = |reason: &str, vendor: &str| {
        zeros.iter().any(|sample| sample.labels["reason"] == reason && sample.labels["vendor"] == vendor)
    };
    assert!(with("mac-mismatch", "yealink") && with("internal-error", ""), "{zeros:?}");
}

mod needs_prometheus {
    #[test]
    #[ignore = "needs prometheus: make test runs it where that is installed"]
    fn promtool_finds_nothing_wrong() {
        super::ask_promtool();
    }

    #[test]
    #[ignore = "needs prometheus: make test runs it where that is installed"]
    fn a_real_one_scrapes_both_forms_and_answers_every_query_of_the_dashboard() {
        super::scrape("application/openmetrics-text");
    }
}

fn ask_promtool() {
    let fleet = Fleet::of(100);
    assert_eq!(promtool(&["check", "metrics"], shown(&status(&fleet), &fleet, "format=prometheus").as_bytes()), "");
    promtool(&["check", "rules", "mtlsprotect.rules.yml"], b"");
    promtool(&["test", "rules", "mtlsprotect.rules.test.yml"], b"");
}

fn scrape(form: &str) {
    let fleet = Fleet::of(300);
    let server = Server::start(status(&fleet), fleet);
    let prometheus = Prometheus::scraping(&server.url(""));
    queries().iter().for_each(|expression| prometheus.wait_for_series(expression));
    prometheus.answers(&annotation());
    // of the shown fleet's troubles the device file's has an alert, which waits its two minutes
    let pending = wait_for(|| {
        let alerts = prometheus.ask("/api/v1/alerts", &[])?.to_string();
        alerts.contains("MtlsprotectDeviceFileInvalid").then_some(alerts)
    });
    assert!(pending.is_some_and(|alerts| !alerts.contains("MtlsprotectDown")));
    assert!(server.accepted().iter().any(|accept| accept.contains(form)), "it prefers OpenMetrics");
    assert_eq!(prometheus.ask("/api/v1/targets", &[]).unwrap()["data"]["activeTargets"][0]["lastError"], "");
}
