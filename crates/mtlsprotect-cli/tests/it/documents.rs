//! What the documents say of the command: its options, its manual pages, and every command that they show.

use crate::documents_sandbox::Sandbox;
use crate::running::run;
use mtlsprotect_book::blocks::{Block, blocks};
use mtlsprotect_book::options::{self, subcommands};
use mtlsprotect_book::project;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn read(name: &str) -> String {
    fs::read_to_string(project().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The documents of the project that operators read, with their texts.
fn documents() -> BTreeMap<String, String> {
    let names = fs::read_dir(project().join("docs")).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| format!("docs/{}", name.to_str().unwrap())).filter(|name| name.ends_with(".md"));
    names.chain(["README.md".to_owned()]).map(|name| (name.clone(), read(&name))).collect()
}

/// The options that the help in `docs/options.md` lists for a subcommand.
fn options_of(document: &str, words: &[&str]) -> Vec<String> {
    let heading = format!("\n## mtlsprotect {}\n", words.join(" "));
    let (_, section) = document.split_once(&heading).unwrap_or_else(|| panic!("no section {heading}"));
    let section = section.split("\n## ").next().unwrap();
    let listed = section.lines().filter(|line| line.trim_start().starts_with('-')).flat_map(str::split_whitespace);
    let listed = listed.map(|word| word.trim_end_matches(','));
    listed.filter(|word| word.starts_with('-')).map(|word| word.trim_end_matches("...").to_owned()).collect()
}

#[test]
fn the_page_of_options_is_what_help_says() {
    let expected = options::document(Path::new(env!("CARGO_BIN_EXE_mtlsprotect"))).unwrap();
    assert!(read(options::FILE) == expected, "{} is behind: run scripts/generate", options::FILE);
}

#[test]
fn the_manual_pages_have_the_options_that_the_book_has() {
    let dir = tempfile::tempdir().unwrap();
    run(["man", dir.path().to_str().unwrap()]).said(0, &[]);
    let document = read(options::FILE);
    for words in subcommands(&document) {
        let page = format!("mtlsprotect-{}.1", words.join("-"));
        let text = fs::read_to_string(dir.path().join(&page)).unwrap_or_else(|error| panic!("{page}: {error}"));
        let text = text.replace('\\', "");
        for option in options_of(&document, &words) {
            assert!(text.contains(&option), "{option} is not in {page}");
        }
    }
}

#[test]
fn the_page_of_the_command_tells_of_every_subcommand() {
    let document = read(options::FILE);
    let page = read("docs/command.md");
    let all = subcommands(&document);
    let is_group = |words: &[&str]| all.iter().any(|other| other.len() > words.len() && other.starts_with(words));
    for words in all.iter().filter(|words| !is_group(words)) {
        // a row may name several: `device block|allow|exempt|remove MAC...`
        let (group, last) = (words[..words.len() - 1].join(" "), words[words.len() - 1]);
        let told = page.lines().any(|line| {
            let code: Vec<&str> = line.split('`').skip(1).step_by(2).collect();
            code.iter().any(|code| {
                let code = code.strip_prefix("mtlsprotect ").unwrap_or(code);
                let rest = code.strip_prefix(&group).map(str::trim_start);
                rest.is_some_and(|rest| rest.split([' ', '|', '\\']).any(|word| word == last))
            })
        });
        assert!(told, "mtlsprotect {} is not in docs/command.md", words.join(" "));
    }
}

/// The commands in the blocks of a document: lines for a shell, and what a play or a unit runs.
fn in_blocks(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for block in blocks(text).unwrap() {
        match block.language.as_str() {
            "sh" => found.extend(block.text.replace("\\\n", " ").lines().map(str::to_owned)),
            "yaml" | "ini" => {
                found.extend(block.text.lines().filter_map(run_by).map(str::to_owned));
            }
            _ => {}
        }
    }
    found
}

/// The command in a line of a play or a unit.
fn run_by(line: &str) -> Option<&str> {
    ["validate: ", "ExecStart=/usr/bin/"].iter().find_map(|before| Some(line.split_once(before)?.1))
}

/// What follows `mtlsprotect` in code, up to its end, with the lines that a backslash joins.
fn command_lines(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    let in_prose = joined.split("```").step_by(2).flat_map(|prose| prose.split('`').skip(1).step_by(2));
    let all = in_blocks(text).into_iter().chain(in_prose.map(|code| code.replace('\n', " ")));
    let after = |line: String| {
        let line = line.trim().trim_start_matches("sudo ").strip_prefix("mtlsprotect ")?.to_owned();
        Some(line.split([';', '#', '|']).next()?.split("&&").next()?.trim().to_owned())
    };
    all.filter_map(after).collect()
}

#[test]
fn every_option_that_a_document_names_is_one_of_its_subcommand() {
    let document = read(options::FILE);
    let all = subcommands(&document);
    let mut seen = 0;
    for (name, text) in documents() {
        for line in command_lines(&text) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let known = |count: usize| all.iter().find(|words_of| words.get(..count) == Some(&words_of[..]));
            // any of them
            if ["help", "--version", "..."].contains(&words[0]) {
                continue;
            }
            let subcommand = known(2).or(known(1)).unwrap_or_else(|| panic!("{name}: mtlsprotect {line}"));
            let taken = options_of(&document, subcommand);
            // a PEM file's first line is none
            for option in words.iter().filter(|word| word.starts_with("--") && !word.starts_with("---")) {
                let option = option.split('=').next().unwrap();
                assert!(taken.iter().any(|taken| taken == option), "{name}: mtlsprotect {line}: {option}");
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "only {seen} options were found");
}

#[test]
fn every_command_that_a_document_shows_runs() {
    let mut run = 0;
    for (name, text) in documents() {
        let sandbox = Sandbox::new();
        let shown = |block: &&Block| block.language == "sh" && block.not_run.is_none();
        for block in blocks(&text).unwrap().iter().filter(shown) {
            sandbox.run(&block.text).unwrap_or_else(|said| panic!("{name}, line {}: {}{said}", block.line, block.text));
            run += 1;
        }
    }
    assert!(run > 10, "only {run} commands were found");
}

#[test]
fn a_mistake_in_a_command_that_a_document_shows_is_found() {
    let sandbox = Sandbox::new();
    for (command, said) in [
        ("mtlsprotect device blok 0004f2aabbcc\n", "blok"),
        ("sudo mtlsprotect device block 0004f2aabbcc --coment lost\nmtlsprotect device list\n", "coment"),
        ("mtlsprotect ca show /etc/mtlsprotect/polly.pem\n", "polly.pem"),
        ("no-such-program\n", "no-such-program"),
        ("mtlsprotect learned show\n", "only root can"),
        ("mtlsprotect device allow 0004f2aabbcc --file /etc/mtlsprotect/devices\n", "only root can"),
        ("sudo tar -cf /var/backups/mtlsprotect/files.tar /etc/mtlsprotect\n", "tar"),
    ] {
        let error = sandbox.run(command).expect_err(command);
        assert!(error.contains(said), "{command}: {error}");
    }
}
