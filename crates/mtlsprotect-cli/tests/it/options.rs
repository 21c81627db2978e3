//! The options that stand for directives, held against the records of these.

use crate::running::run;
use mtlsprotect_core::directives::{ALL, Unset};

/// What `explain --help` says of an option, in one line.
fn help_of(help: &str, option: &str) -> Option<String> {
    let is_option = |line: &&str| line.starts_with("  ") && line.trim_start().starts_with('-');
    let mut lines = help.lines().skip_while(|line| !line.trim_start().starts_with(&format!("{option} ")));
    let first = lines.next()?;
    let more = lines.take_while(|line| !line.is_empty() && !is_option(line));
    Some([first].into_iter().chain(more).flat_map(str::split_whitespace).collect::<Vec<_>>().join(" "))
}

#[test]
fn each_option_of_explain_names_its_directive_and_has_its_default() {
    let help = run(["explain", "--help"]).out;
    for directive in ALL {
        let Some(option) = directive.option else { continue };
        let said = help_of(&help, option).unwrap_or_else(|| panic!("no {option} in {help}"));
        // two in a row share the beginning: "MTLSProtectCAFile and CAPath"
        let short = directive.as_str().strip_prefix("MTLSProtect").unwrap();
        assert!(said.contains("MTLSProtect") && said.contains(short), "{}: {said}", directive.as_str());
        let default = said.split_once("[default: ").map(|(_, rest)| rest.split(']').next().unwrap().replace(',', " "));
        let expected = match directive.default {
            Unset::Words(words) => Some(words.to_owned()),
            Unset::None | Unset::Means(_) => None,
        };
        assert_eq!(default, expected, "{option}, of {}", directive.as_str());
    }
}

#[test]
fn no_help_names_a_directive_that_there_is_not() {
    let help = run(["explain", "--help"]).out;
    let mut named = 0;
    for word in help.split(|char: char| !char.is_ascii_alphanumeric()).filter(|word| word.starts_with("MTLSProtect")) {
        assert!(ALL.iter().any(|directive| directive.as_str() == word), "{word}");
        named += 1;
    }
    assert!(named > 0, "{help}");
}
