//! The version is one: of the crates, of the packages, of the changelog.

use mtlsprotect_book::project;
use std::fs;

/// What stands behind the first line that begins so, up to one of these characters.
fn behind<'a>(text: &'a str, beginning: &str, ends: &[char]) -> &'a str {
    let line = text.lines().find_map(|line| line.strip_prefix(beginning)).unwrap_or_else(|| panic!("no {beginning}"));
    line.trim_start().split(ends).next().unwrap()
}

#[test]
fn packages_and_changelogs_have_the_version_of_the_crates() {
    let read = |name: &str| fs::read_to_string(project().join(name)).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(behind(&read("packaging/debian/changelog"), "mod-mtlsprotect (", &['-', ')']), version);
    let spec = read("packaging/rpm/mod_mtlsprotect.spec");
    assert_eq!(behind(&spec, "Version:", &[' ']), version);
    let (_, log) = spec.split_once("\n%changelog\n").unwrap();
    let newest = log.lines().next().unwrap().rsplit(' ').next().unwrap();
    assert_eq!(newest.split('-').next().unwrap(), version);
    let changes = read("CHANGELOG.md").replace("\n## Unreleased\n", "");
    assert_eq!(behind(&changes, "## ", &[' ']), version);
}
