//! What every subcommand has: help, completions, manual pages.

use crate::running::{of, run};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

/// The subcommands below one as its help lists them, and what is below those.
fn below(name: &[&str]) -> Vec<String> {
    let help = run(name.iter().chain(&["--help"]));
    let (_, listed) = help.out.split_once("\nCommands:\n").unwrap_or_default();
    // what is longer than a line goes on further in
    let lines = listed.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.strip_prefix("  "));
    let children = lines.filter_map(|line| line.split(' ').next()).filter(|child| !["", "help"].contains(child));
    let with_its_own = |child| {
        let words = [name, &[child]].concat();
        [words.join(" ")].into_iter().chain(below(&words))
    };
    children.flat_map(with_its_own).collect()
}

#[test]
fn help_says_what_it_does_and_how_it_ends() {
    run(["--help"]).said(0, &["Usage: mtlsprotect", "Exit codes:", "explain", "audit"]);
    let all = below(&[]);
    for name in &all {
        let words = || name.split(' ').chain(["--help"]);
        run(words()).said(0, &["Usage: mtlsprotect", name]);
        let is_group = all.iter().any(|other| other.starts_with(&format!("{name} ")));
        if !is_group && !["completions", "man"].contains(&name.as_str()) {
            run(words()).said(0, &["--json", "Exit codes:"]);
        }
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
    let all = below(&[]);
    assert!(all.len() > 20, "{all:?}");
    for subcommand in all {
        let page = format!("mtlsprotect-{}.1", subcommand.replace(' ', "-"));
        let text =
            fs::read_to_string(dir.path().join(&page)).unwrap_or_else(|error| panic!("{page}: {error}: {pages:?}"));
        assert!(text.contains(".TH") && text.contains("SYNOPSIS"), "{page}: {text}");
    }
    run(["man", "/nowhere"]).said(3, &["/nowhere", "cannot be written"]);
}

/// Where nobody reads any more.
fn reader_gone() -> Stdio {
    let (ours, _) = UnixStream::pair().unwrap();
    OwnedFd::from(ours).into()
}

fn mtlsprotect(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mtlsprotect"));
    command.args(arguments).stdin(Stdio::null());
    command
}

#[test]
fn nothing_fails_otherwise_for_a_standard_error_that_nobody_reads() {
    for (arguments, code) in [(&["ca", "show", "/nowhere"][..], 3), (&["audit", "--by", "week"], 2), (&[], 2)] {
        let ran = of(mtlsprotect(arguments).stderr(reader_gone()).output().unwrap());
        assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{arguments:?}");
    }
}

#[test]
fn an_output_that_nobody_reads_is_no_failure_and_a_full_disk_is() {
    for arguments in [&["completions", "bash"][..], &["--help"], &["ca", "fetch", "--help"]] {
        let ran = of(mtlsprotect(arguments).stdout(reader_gone()).output().unwrap());
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{arguments:?}");
        let full = File::options().write(true).open("/dev/full").unwrap();
        of(mtlsprotect(arguments).stdout(full).output().unwrap()).said(3, &["cannot be written"]);
    }
}

#[test]
fn a_hostile_word_of_the_command_line_reaches_no_terminal() {
    let hostile = "\u{1b}]0;owned\u{7}\u{9b}2J";
    for arguments in [
        &["ca", "show", hostile][..],
        &["ca", "show", "x", hostile],
        &["audit", hostile],
        &["names", hostile],
        &["check", hostile],
        &["explain", "--ca", hostile],
        &["device", "block", hostile],
        &["device", "list", "--file", hostile],
        &["man", hostile],
        &["pki", "demo", "x", "--phone", hostile],
        &[hostile],
    ] {
        let ran = run(arguments);
        let printed = ran.out + &ran.err;
        assert!(printed.contains("%C2%9B2J"), "{arguments:?}: {printed}");
        assert!(printed.chars().all(|character| character == '\n' || !character.is_control()), "{printed:?}");
    }
}
