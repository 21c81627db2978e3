//! Grafana takes the dashboard as it is: what its import, its grid and its variables ask for.

use crate::prometheus::{metrics, samples};
use mtlsprotect_testkit::status::prometheus::{annotation, dashboard, queries};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The columns of Grafana's grid.
const COLUMNS: u64 = 24;

fn panels() -> Vec<Value> {
    dashboard()["panels"].as_array().unwrap().clone()
}

fn targets(panel: &Value) -> &[Value] {
    panel["targets"].as_array().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a text"))
}

fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// The names behind a mark, as of `$job` or `{{state}}`.
fn names_behind(mark: &str, text: &str) -> BTreeSet<String> {
    let names = text.split(mark).skip(1).map(|rest| rest.trim_start().chars().take_while(|&c| is_name(c)).collect());
    names.filter(|name: &String| !name.is_empty()).collect()
}

#[test]
fn it_is_imported_under_its_own_name_and_asks_for_no_data_source_by_name() {
    let dashboard = dashboard();
    let uid = text(&dashboard["uid"]);
    assert!(!uid.is_empty() && uid.len() <= 40 && uid.chars().all(|c| is_name(c) || c == '-'), "{uid}");
    assert!(!text(&dashboard["title"]).is_empty() && dashboard["schemaVersion"].is_u64());
    assert!(dashboard["id"].is_null(), "an id is that of one Grafana's database");
    let expected = json!({"type": "prometheus", "uid": "${datasource}"});
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    let annotations = dashboard["annotations"]["list"].as_array().unwrap();
    let panels = panels();
    let sources = panels.iter().flat_map(|panel| targets(panel).iter().chain([panel])).chain(annotations);
    let of_queries = variables.iter().filter(|variable| variable["type"] == "query");
    for of in sources.chain(of_queries) {
        assert_eq!(of["datasource"], expected, "{of:#}");
    }
    assert_eq!((&variables[0]["name"], &variables[0]["type"]), (&json!("datasource"), &json!("datasource")));
    assert_eq!(annotations.len(), 1, "the tests ask one");
}

#[test]
fn its_panels_lie_beside_each_other() {
    let (mut ids, mut taken) = (BTreeSet::new(), BTreeSet::new());
    for panel in panels() {
        let title = text(&panel["title"]);
        assert!(!title.is_empty() && !text(&panel["description"]).is_empty(), "{panel:#}");
        assert!(["stat", "timeseries", "table"].contains(&text(&panel["type"])), "{title}");
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}: its id is another's");
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap());
        assert!(w > 0 && h > 0 && x + w <= COLUMNS, "{title}");
        for place in (y..y + h).flat_map(|row| (x..x + w).map(move |column| (row, column))) {
            assert!(taken.insert(place), "{title} lies on another at {place:?}");
        }
        let references: BTreeSet<&str> = targets(&panel).iter().map(|target| text(&target["refId"])).collect();
        assert!(!references.is_empty() && references.len() == targets(&panel).len(), "{title}");
    }
}

#[test]
fn its_variables_are_defined_and_its_metrics_shown() {
    let dashboard = dashboard();
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    let defined: BTreeSet<String> = variables.iter().map(|variable| text(&variable["name"]).to_owned()).collect();
    let of_variables = variables.iter().filter_map(|variable| variable["query"]["query"].as_str().map(str::to_owned));
    let samples = samples();
    for query in queries().into_iter().chain([annotation()]).chain(of_variables) {
        for name in names_behind("$", &query) {
            assert!(name == "__rate_interval" || defined.contains(&name), "{name}: {query}");
        }
        let metrics = metrics(&query);
        assert!(!metrics.is_empty(), "{query}");
        for (metric, _) in metrics {
            assert!(samples.iter().any(|sample| sample.name == metric), "{metric}: {query}");
        }
    }
}

#[test]
fn its_legends_name_labels_that_the_series_have() {
    let samples = samples();
    for panel in panels() {
        for target in targets(&panel) {
            let query = text(&target["expr"]);
            let mut labels: BTreeSet<String> = match query.split_once(" by (") {
                Some((_, by)) => {
                    by.split(')').next().unwrap().split(',').map(|label| label.trim().to_owned()).collect()
                }
                None if query.starts_with("sum(") || query.starts_with("min(") => BTreeSet::new(),
                None => ["job", "instance"].map(str::to_owned).into(),
            };
            if labels.contains("instance") {
                let (metric, _) = &metrics(query)[0];
                let sample = samples.iter().find(|sample| sample.name == *metric).unwrap();
                labels.extend(sample.labels.keys().cloned());
            }
            for name in names_behind("{{", text(&target["legendFormat"])) {
                assert!(labels.contains(&name), "{name}: {query}");
            }
        }
    }
}
