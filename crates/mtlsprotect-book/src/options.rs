//! `docs/options.md`: what `mtlsprotect help` says of each subcommand.

use std::path::Path;
use std::process::Command;

/// The file, in the project.
pub const FILE: &str = "docs/options.md";

const BEFORE: &str = "\
# Options of the command

<!-- Made by scripts/generate of the help of the command; do not edit. -->

What `mtlsprotect help` says of each subcommand; the manual pages have the same. [The mtlsprotect
command](command.md) says what they are for.
";

/// The whole document, of the program at `mtlsprotect`.
pub fn document(mtlsprotect: &Path) -> Result<String, String> {
    let mut document = BEFORE.to_owned();
    add(mtlsprotect, &[], &mut document)?;
    Ok(document)
}

/// The words that follow `mtlsprotect` for each subcommand, those that have subcommands of their own included.
pub fn subcommands(document: &str) -> Vec<Vec<&str>> {
    let headings = document.lines().filter_map(|line| line.strip_prefix("## mtlsprotect "));
    headings.map(|words| words.split(' ').collect()).collect()
}

/// Adds the help of a subcommand, then that of its own.
fn add(mtlsprotect: &Path, words: &[&str], document: &mut String) -> Result<(), String> {
    let help = help(mtlsprotect, words)?;
    let name = [&["mtlsprotect"], words].concat().join(" ");
    let lines: String = help.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    *document += &format!("\n## {name}\n\n```text\n{}\n```\n", lines.trim_end());
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands = commands.take_while(|line| !line.is_empty()).filter_map(|line| line.strip_prefix("  "));
    for command in commands.filter_map(|line| line.split(' ').next()).filter(|name| !["", "help"].contains(name)) {
        add(mtlsprotect, &[words, &[command]].concat(), document)?;
    }
    Ok(())
}

/// What a subcommand says of itself, 100 columns wide.
fn help(mtlsprotect: &Path, words: &[&str]) -> Result<String, String> {
    let mut command = Command::new(mtlsprotect);
    command.args(words).arg("--help").env("COLUMNS", "100");
    let output = command.output().map_err(|error| format!("{}: {error}", mtlsprotect.display()))?;
    if !output.status.success() {
        return Err(format!("mtlsprotect {} --help: {}", words.join(" "), String::from_utf8_lossy(&output.stderr)));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("mtlsprotect {}: {error}", words.join(" ")))
}
