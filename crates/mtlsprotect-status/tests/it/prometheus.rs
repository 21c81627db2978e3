//! Prometheus reads what is shown, and everything that the shipped alerts and the dashboard ask for is there.

use crate::forms::shown;
use mtlsprotect_status::metrics::Form;
use mtlsprotect_testkit::status::exposition::{Sample, read};
use mtlsprotect_testkit::status::fleet::{Fleet, status};
use mtlsprotect_testkit::status::server::Server;
use mtlsprotect_testkit::tools::{curl, run, wait_for};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

fn packaged(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging").join(file)
}

fn samples() -> Vec<Sample> {
    let fleet = Fleet::of(300);
    read(&shown(&status(&fleet), &fleet, "format=prometheus"), Form::Prometheus).unwrap()
}

/// The queries of the dashboard's panels.
fn queries() -> Vec<String> {
    let dashboard: Value = serde_json::from_slice(&fs::read(packaged("grafana/mtlsprotect.json")).unwrap()).unwrap();
    let targets = dashboard["panels"].as_array().unwrap().iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

/// The expressions of the alerts.
fn alerts() -> Vec<String> {
    let rules = fs::read_to_string(packaged("prometheus/mtlsprotect.rules.yml")).unwrap();
    rules.lines().filter_map(|line| line.trim().strip_prefix("expr: ").map(str::to_owned)).collect()
}

/// The metrics of an expression with the labels that each is asked for by.
fn metrics(expression: &str) -> Vec<(String, Vec<String>)> {
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
    let promtool = |arguments: &[&str], input: &[u8]| {
        let mut command = Command::new("promtool");
        let said = run(command.args(arguments).current_dir(packaged("prometheus")), input);
        assert!(said.ok, "promtool {arguments:?}: {}", said.text);
        said.text
    };
    let text = shown(&status(&fleet), &fleet, "format=prometheus");
    assert_eq!(promtool(&["check", "metrics"], text.as_bytes()), "");
    promtool(&["check", "rules", "mtlsprotect.rules.yml"], b"");
    promtool(&["test", "rules", "mtlsprotect.rules.test.yml"], b"");
}

/// A Prometheus of its own, ended with the test.
struct Prometheus {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Prometheus {
    fn scraping(server: &Server) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = server.url("");
        let target = url.trim_start_matches("http://").split('/').next().unwrap();
        let job = fs::read_to_string(packaged("prometheus/scrape.yml")).unwrap();
        let job = job.replace("/mtlsprotect-status", "/status").replace("localhost:80", target);
        let rules = packaged("prometheus/mtlsprotect.rules.yml").canonicalize().unwrap();
        let config = format!(
            "global: {{scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms}}\nrule_files: [{}]\n\
             scrape_configs:\n{job}",
            rules.display()
        );
        fs::write(folder.path().join("prometheus.yml"), config).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let child = Command::new("prometheus")
            .current_dir(folder.path())
            .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"])
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Prometheus { child, port, _folder: folder }
    }

    /// What its API says; none while it does not answer.
    fn ask(&self, path: &str, query: &[(&str, &str)]) -> Option<Value> {
        let mut arguments = vec!["--get".to_owned(), format!("http://127.0.0.1:{}{path}", self.port)];
        for (name, value) in query {
            arguments.extend(["--data-urlencode".to_owned(), format!("{name}={value}")]);
        }
        let said = curl(&arguments);
        said.ok.then(|| serde_json::from_slice(&said.stdout).ok()).flatten()
    }
}

fn scrape(form: &str) {
    let fleet = Fleet::of(300);
    let server = Server::start(status(&fleet), fleet);
    let prometheus = Prometheus::scraping(&server);
    for expression in queries() {
        let expression = expression.replace("$job", ".*").replace("$instance", ".*").replace("$__rate_interval", "1m");
        let answered = wait_for(|| {
            let answer = prometheus.ask("/api/v1/query", &[("query", &expression)])?;
            assert_eq!(answer["status"], "success", "{expression}: {answer}");
            (!answer["data"]["result"].as_array()?.is_empty()).then_some(())
        });
        assert!(answered.is_some(), "no series: {expression}");
    }
    // of the shown fleet's troubles the device file's has an alert, which waits its two minutes
    let pending = wait_for(|| {
        let alerts = prometheus.ask("/api/v1/alerts", &[])?.to_string();
        alerts.contains("MtlsprotectDeviceFileInvalid").then_some(alerts)
    });
    assert!(pending.is_some_and(|alerts| !alerts.contains("MtlsprotectDown")));
    assert!(server.accepted().iter().any(|accept| accept.contains(form)), "it prefers OpenMetrics");
    assert_eq!(prometheus.ask("/api/v1/targets", &[]).unwrap()["data"]["activeTargets"][0]["lastError"], "");
}
