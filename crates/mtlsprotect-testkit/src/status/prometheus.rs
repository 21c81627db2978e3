//! A real Prometheus, and what the packages have for it.

use crate::HeldPort;
use crate::tools::{curl, run, wait_for};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A file of `packaging/`.
pub fn packaged(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging").join(file)
}

/// The dashboard.
pub fn dashboard() -> Value {
    let dashboard = fs::read(packaged("grafana/mtlsprotect.json")).expect("the dashboard can be read");
    serde_json::from_slice(&dashboard).expect("it is JSON")
}

/// The query of its annotations.
pub fn annotation() -> String {
    dashboard()["annotations"]["list"][0]["expr"].as_str().expect("an annotation has a query").to_owned()
}

/// The queries of its panels.
pub fn queries() -> Vec<String> {
    let dashboard = dashboard();
    let panels = dashboard["panels"].as_array().into_iter().flatten();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    targets.map(|target| target["expr"].as_str().expect("a target has a query").to_owned()).collect()
}

/// What promtool says of what it is given, in the packages' folder; nothing wrong.
pub fn promtool(arguments: &[&str], input: &[u8]) -> String {
    let mut command = Command::new("promtool");
    let said = run(command.args(arguments).current_dir(packaged("prometheus")), input);
    assert!(said.ok, "promtool {arguments:?}: {}", said.text);
    said.text
}

/// A Prometheus of its own, ended with the test.
pub struct Prometheus {
    child: Child,
    port: HeldPort,
    _folder: tempfile::TempDir,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Prometheus {
    /// One that scrapes the status at a URL five times a second, as the packages' job does, with their rules.
    pub fn scraping(url: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let (target, path) = url.trim_start_matches("http://").split_once('/').expect("a URL with a path");
        let path = format!("/{}", path.trim_end_matches('?'));
        let job = fs::read_to_string(packaged("prometheus/scrape.yml")).expect("the job can be read");
        let job = job.replace("/mtlsprotect-status", &path).replace("localhost:80", target);
        let rules = packaged("prometheus/mtlsprotect.rules.yml").canonicalize().expect("the rules are there");
        let config = format!(
            "global: {{scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms}}\nrule_files: [{}]\n\
             scrape_configs:\n{job}",
            rules.display()
        );
        fs::write(folder.path().join("prometheus.yml"), config).expect("the configuration is written");
        let port = HeldPort::take();
        let log = fs::File::create(folder.path().join("log")).expect("a log can be written");
        let child = Command::new("prometheus")
            .current_dir(folder.path())
            .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"])
            .arg(format!("--web.listen-address=127.0.0.1:{}", port.number()))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("prometheus is installed");
        Prometheus { child, port, _folder: folder }
    }

    /// What its API says; none while it does not answer.
    pub fn ask(&self, path: &str, query: &[(&str, &str)]) -> Option<Value> {
        let mut arguments = vec!["--get".to_owned(), format!("http://127.0.0.1:{}{path}", self.port.number())];
        for (name, value) in query {
            arguments.extend(["--data-urlencode".to_owned(), format!("{name}={value}")]);
        }
        let said = curl(&arguments);
        said.ok.then(|| serde_json::from_slice(&said.stdout).ok()).flatten()
    }

    /// Waits until a query of the dashboard has series.
    pub fn wait_for_series(&self, query: &str) {
        let answered = wait_for(|| (!self.series(query)?.is_empty()).then_some(()));
        assert!(answered.is_some(), "no series: {query}");
    }

    /// Waits until a query of the dashboard is answered, by whatever.
    pub fn answers(&self, query: &str) {
        assert!(wait_for(|| self.series(query)).is_some(), "no answer: {query}");
    }

    fn series(&self, query: &str) -> Option<Vec<Value>> {
        let query = query.replace("$job", ".*").replace("$instance", ".*").replace("$__rate_interval", "1m");
        let answer = self.ask("/api/v1/query", &[("query", &query)])?;
        assert_eq!(answer["status"], "success", "{query}: {answer}");
        answer["data"]["result"].as_array().cloned()
    }
}
