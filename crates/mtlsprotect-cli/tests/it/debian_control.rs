//! Debian builds its package from crates of its own, and tests it there: what the manifests ask for is among the build
//! dependencies, and what the tests run.

use mtlsprotect_book::project;
use std::fs;
use toml::{Table, Value};

/// A package that has a crate with one of its features, and the oldest version that will do.
struct Wanted {
    package: String,
    oldest: String,
}

/// The part of a version that newer ones share if they will do, as in names of packages: 1 of 1.0.66, 0.2 of 0.2.16.
fn series(version: &str) -> &str {
    let dots = if version.starts_with("0.") { 1 } else { 0 };
    version.match_indices('.').nth(dots).map_or(version, |(end, _)| &version[..end])
}

/// The numbers of a version, without zeros at the end.
fn numbers(version: &str) -> Vec<u32> {
    let mut numbers: Vec<u32> = version.split('.').map(|number| number.parse().unwrap()).collect();
    while numbers.last() == Some(&0) {
        numbers.pop();
    }
    numbers
}

/// The packages that a dependency takes; none for a crate of the project.
fn packages(name: &str, asked: &Value, shared: &Table) -> Vec<Wanted> {
    let both = [Some(asked), shared.get(name).filter(|_| asked.get("workspace").is_some())];
    let both: Vec<&Value> = both.into_iter().flatten().collect();
    let Some(version) = both.iter().find_map(|value| value.as_str().or_else(|| value.get("version")?.as_str())) else {
        return Vec::new();
    };
    let listed = both.iter().filter_map(|value| value.get("features")?.as_array()).flatten();
    let mut features: Vec<&str> = listed.map(|feature| feature.as_str().unwrap()).collect();
    let is_bare = |value: &&Value| value.get("default-features").and_then(Value::as_bool) == Some(false);
    if !both.iter().any(is_bare) {
        features.push("default");
    }
    let name = name.replace('_', "-");
    // a range of several series
    if let Some(range) = version.strip_prefix(">=") {
        let oldest = range.split(',').next().unwrap().to_owned();
        return vec![Wanted { package: format!("librust-{name}-dev"), oldest }];
    }
    let package = |feature: &str| format!("librust-{name}-{}{feature}-dev", series(version));
    let wanted = |package| Wanted { package, oldest: version.to_owned() };
    if features.is_empty() {
        return vec![wanted(package(""))];
    }
    features.iter().map(|feature| wanted(package(&format!("+{}", feature.replace('_', "-"))))).collect()
}

/// What the project's manifests ask for.
fn wanted() -> Vec<Wanted> {
    let read = |path| fs::read_to_string(path).unwrap().parse::<Table>().unwrap();
    let root = read(project().join("Cargo.toml"));
    let shared = root["workspace"]["dependencies"].as_table().unwrap().clone();
    let members = fs::read_dir(project().join("crates")).unwrap();
    let manifests = members.map(|member| read(member.unwrap().path().join("Cargo.toml"))).chain([root]);
    let mut found = Vec::new();
    for manifest in manifests {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let asked = manifest.get(kind).and_then(Value::as_table).into_iter().flatten();
            // debian/rules takes loom out
            let asked = asked.filter(|(name, _)| *name != "loom");
            found.extend(asked.flat_map(|(name, value)| packages(name, value, &shared)));
        }
    }
    found
}

/// What a control file's build dependencies lack.
fn lacking(control: &str) -> Vec<String> {
    let has = |wanted: &Wanted| {
        let after = |line: &str| Some(line.trim().strip_prefix(&wanted.package)?.trim_start().to_owned());
        let after = control.lines().find_map(|line| after(line).filter(|rest| rest.starts_with(['(', '<', ','])));
        let of_name = series(&wanted.oldest);
        after.is_some_and(|rest| {
            let bound = rest.strip_prefix("(>= ").and_then(|rest| rest.split(')').next());
            numbers(bound.unwrap_or(of_name)) >= numbers(&wanted.oldest)
        })
    };
    let lacking = wanted().into_iter().filter(|wanted| !has(wanted));
    lacking.map(|wanted| format!("{} (>= {})", wanted.package, wanted.oldest)).collect()
}

fn control() -> String {
    fs::read_to_string(project().join("packaging/debian/control")).unwrap()
}

#[test]
fn every_crate_of_the_manifests_is_a_build_dependency() {
    assert_eq!(lacking(&control()), [""; 0], "packaging/debian/control lacks them");
}

#[test]
fn a_crate_or_a_version_that_control_lacks_is_found() {
    let control = control();
    for (line, instead, package) in [
        ("librust-base64-0.22+default-dev", "librust-base65-0.22+default-dev", "librust-base64-0.22+default-dev"),
        ("librust-rustix-1+net-dev", "librust-rustix-1-dev", "librust-rustix-1+net-dev"),
        ("(>= 0.2.177)", "(>= 0.2.171)", "librust-libc-0.2+default-dev"),
        ("librust-indicatif-dev (>= 0.17.9)", "librust-indicatif-dev", "librust-indicatif-dev"),
    ] {
        assert!(control.contains(line), "{line}");
        let found = lacking(&control.replace(line, instead));
        assert!(!found.is_empty() && found.iter().all(|found| found.starts_with(package)), "{line}: {found:?}");
    }
}

/// What is installed for `make test`, besides what whole modules of tests need, which are skipped without it.
fn run_by_tests() -> Vec<String> {
    let script = fs::read_to_string(project().join("scripts/install-dependencies")).unwrap();
    let lines = script.lines().skip_while(|line| *line != "test)").skip(2).take_while(|line| line.trim() != ";;");
    let names = lines.map(|line| line.split_whitespace().next().unwrap().to_owned());
    names.filter(|name| !["valgrind", "haproxy", "nginx"].contains(&name.as_str())).collect()
}

#[test]
fn what_the_tests_run_is_a_build_dependency() {
    let wanted = run_by_tests();
    assert!(wanted.iter().any(|name| name == "curl"), "{wanted:?}");
    let control = control();
    let has =
        |name: &String| control.lines().any(|line| line.trim().trim_end_matches(',') == format!("{name} <!nocheck>"));
    let lacking: Vec<_> = wanted.iter().filter(|name| !has(name)).collect();
    assert!(lacking.is_empty(), "packaging/debian/control lacks {lacking:?}");
}
