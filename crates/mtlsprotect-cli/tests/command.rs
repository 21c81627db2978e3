//! What every subcommand has: help, completions, manual pages.

mod running;

use running::run;
use std::collections::BTreeSet;
use std::fs;

const SUBCOMMANDS: [&[&str]; 14] = [
    &["ca"],
    &["ca", "fetch"],
    &["ca", "show"],
    &["explain"],
    &["audit"],
    &["check"],
    &["device"],
    &["device", "block"],
    &["device", "allow"],
    &["device", "exempt"],
    &["device", "remove"],
    &["pki"],
    &["pki", "demo"],
    &["completions"],
];

#[test]
fn help_says_what_it_does_and_how_it_ends() {
    run(["--help"]).said(0, &["Usage: mtlsprotect", "Exit codes:", "explain", "audit"]);
    for subcommand in SUBCOMMANDS {
        let ran = run(subcommand.iter().chain(&["--help"]));
        ran.said(0, &["Usage: mtlsprotect", subcommand.last().unwrap()]);
    }
    for reports in [&["explain"][..], &["audit"], &["check"], &["ca", "show"]] {
        run(reports.iter().chain(&["--help"])).said(0, &["--json", "Exit codes:"]);
    }
    run(["--version"]).said(0, &[concat!("mtlsprotect ", env!("CARGO_PKG_VERSION"))]);
    run(["no-such-thing"]).said(2, &["unrecognized subcommand"]);
    run::<&str>([]).said(2, &["Usage: mtlsprotect"]);
}

#[test]
fn shells_are_told_how_to_complete_it() {
    for (shell, word) in [("bash", "complete -F"), ("zsh", "#compdef mtlsprotect"), ("fish", "complete -c mtlsprotect")]
    {
        run(["completions", shell]).said(0, &[word, "explain"]);
    }
}

#[test]
fn every_subcommand_has_a_manual_page() {
    let dir = tempfile::tempdir().unwrap();
    run(["man", dir.path().to_str().unwrap()]).said(0, &[]);
    let pages: BTreeSet<String> =
        fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(pages.contains("mtlsprotect.1"), "{pages:?}");
    for subcommand in SUBCOMMANDS {
        let page = format!("mtlsprotect-{}.1", subcommand.join("-"));
        let text =
            fs::read_to_string(dir.path().join(&page)).unwrap_or_else(|error| panic!("{page}: {error}: {pages:?}"));
        assert!(text.contains(".TH") && text.contains("SYNOPSIS"), "{page}: {text}");
    }
    run(["man", "/nowhere"]).said(3, &["/nowhere", "cannot be written"]);
}
