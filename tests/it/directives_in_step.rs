//! The directives, their merging, the shipped configuration and the reference: none is forgotten anywhere.

mod in_step;

use in_step::{Sources, fields, out_of_step, section, table};
use mtlsprotect_core::decision::Reason;
use mtlsprotect_core::trust::CaList;
use mtlsprotect_core::vendors::VendorLine;
use mtlsprotect_testkit::Httpd;
use std::collections::BTreeSet;

fn reasons() -> Vec<&'static str> {
    Reason::ALL.into_iter().map(Reason::as_str).collect()
}

/// What is found after one change, which must change something.
fn found_after(change: impl FnOnce(&mut Sources)) -> String {
    let before = Sources::read();
    let mut after = before.clone();
    change(&mut after);
    let texts = |sources: &Sources| {
        let Sources { directives, config, shipped, reference, reasons, readme, documents } = sources.clone();
        ([directives, config, shipped, reference, reasons, readme], documents)
    };
    assert!(texts(&before) != texts(&after), "the change changed nothing");
    out_of_step(&after, &reasons()).join("\n")
}

fn without_lines(text: &str, is_dropped: impl Fn(&str) -> bool) -> String {
    text.lines().filter(|line| !is_dropped(line)).map(|line| format!("{line}\n")).collect()
}

#[test]
fn directives_their_merging_the_shipped_configuration_and_the_reference_agree() {
    let found = out_of_step(&Sources::read(), &reasons());
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn httpd_knows_exactly_these_directives() {
    let httpd = Httpd::builder()
        .with_module()
        .module("info")
        .plain_vhost("<Location /modules>\nSetHandler server-info\n</Location>")
        .start();
    let page = httpd.plain_client().get("/modules?mod_mtlsprotect.c").unwrap().text();
    let (_, listed) = page.split_once("Module Directives:").unwrap_or_else(|| panic!("no list of directives: {page}"));
    let listed: BTreeSet<&str> = listed
        .split(|char: char| !char.is_ascii_alphanumeric())
        .filter(|word| word.starts_with("MTLSProtect"))
        .collect();
    let sources = Sources::read();
    let table: BTreeSet<&str> = table(&sources.directives).into_iter().map(|(name, _)| name).collect();
    assert!(table.contains("MTLSProtect") && table.len() >= 10, "{table:?}");
    assert_eq!(listed, table);
}

#[test]
fn a_directive_forgotten_anywhere_is_reported() {
    let sources = Sources::read();
    for (directive, _) in table(&sources.directives) {
        let entry = format!("c\"{directive}\"");
        let cases = [
            // as if the code did not have it
            (
                found_after(|all| all.directives = all.directives.replace(&entry, "c\"MTLSProtectOther\"")),
                format!("docs/directives.md has a section on {directive}, which is no directive"),
            ),
            (
                found_after(|all| {
                    all.reference = all.reference.replace(&format!("\n## {directive}\n"), "\n### Other\n");
                }),
                format!("docs/directives.md has no section on {directive}"),
            ),
            (
                found_after(|all| {
                    let is_line = |line: &str| line.split([' ', '#']).any(|word| word == directive);
                    all.shipped = without_lines(&all.shipped, is_line);
                }),
                format!("mod_mtlsprotect.conf does not have {directive}"),
            ),
            (
                found_after(|all| all.readme = all.readme.replace(&format!("`{directive}`"), "")),
                format!("README.md does not mention {directive}"),
            ),
            (
                found_after(|all| {
                    let is_comment = |line: &str| {
                        line.trim().starts_with("///") && line.split([' ', ',']).any(|word| word == directive)
                    };
                    all.config = without_lines(&all.config, is_comment);
                }),
                format!("src/config.rs: no field's comment names {directive}"),
            ),
        ];
        for (found, expected) in cases {
            assert!(found.contains(&expected), "{expected:?} is not among what was found:\n{found}");
        }
    }
}

#[test]
fn a_line_of_the_reference_forgotten_is_reported() {
    let sources = Sources::read();
    for (directive, _) in table(&sources.directives) {
        for line in ["Description: ", "Syntax: ", "Default: ", "Context: ", "Status: ", "Module: "] {
            let found = found_after(|all| {
                let text = section(&all.reference, directive).expect("each directive has its section");
                let shorter = without_lines(text, |found| found.starts_with(line));
                all.reference = all.reference.replace(text, &shorter);
            });
            assert!(found.contains(&format!("{directive} has no line \"{line}")), "{directive} {line}: {found}");
        }
    }
    let found = found_after(|all| all.reference = all.reference.replace("virtual host, directory", "virtual host"));
    assert!(found.contains("the context of MTLSProtect is server config, virtual host, directory"), "{found}");
}

#[test]
fn a_field_whose_merging_is_forgotten_is_reported() {
    let sources = Sources::read();
    let mut checked = 0;
    for (name, outer, inner) in [("DirConfig", "outer", "inner"), ("ServerConfig", "base", "own")] {
        for (field, _) in fields(&sources.config, name).into_iter().filter(|(field, _)| *field != "trust") {
            let expected = format!("{name}::merge does not merge {field}");
            // left out, as `..` would allow; or only one of the two looked at
            let merged = format!("{field}: {inner}.{field}");
            let found = [
                found_after(|all| all.config = without_lines(&all.config, |line| line.contains(&merged))),
                found_after(|all| all.config = all.config.replace(&format!("{outer}.{field}"), "None")),
                found_after(|all| all.config = all.config.replace(&format!("{inner}.{field}"), "None")),
            ];
            for found in found {
                assert!(found.contains(&expected), "{expected:?} is not among what was found:\n{found}");
            }
            checked += 1;
        }
    }
    assert!(checked >= 9, "only {checked} fields were found");
}

#[test]
fn a_field_that_no_directive_sets_is_reported() {
    let found = found_after(|all| {
        all.directives = all.directives.replace("command.dir.ignore = Some(", "let _ = Some(");
    });
    assert!(found.contains("src/directives.rs: no directive sets ignore"), "{found}");
    let found = found_after(|all| {
        let field = "    pub is_broken: bool,\n";
        all.config = all.config.replace(field, &format!("{field}    /// Something new.\n    pub new: Option<u8>,\n"));
    });
    for expected in ["DirConfig::merge does not merge new", "the comment of DirConfig's new names no directive"] {
        assert!(found.contains(expected), "{found}");
    }
    let found = found_after(|all| all.config = all.config.replace("Default)]", "PartialEq)]"));
    assert!(found.contains("DirConfig is not created with every field unset"), "{found}");
}

#[test]
fn an_unknown_directive_anywhere_is_reported() {
    let unknown = "\n```apache\n#MTLSProtectVanished on\n```\n";
    for (name, found) in [
        ("README.md", found_after(|all| all.readme += unknown)),
        ("mod_mtlsprotect.conf", found_after(|all| all.shipped += unknown)),
        ("docs/directives.md", found_after(|all| all.reference += unknown)),
        ("docs/reasons.md", found_after(|all| all.reasons += unknown)),
        ("docs/names.md", found_after(|all| all.documents.iter_mut().for_each(|(_, text)| *text += unknown))),
    ] {
        let expected = format!("{name} mentions MTLSProtectVanished, which is no directive");
        assert!(found.contains(&expected), "{expected:?} is not among what was found:\n{found}");
    }
}

#[test]
fn a_default_shipped_with_another_value_is_reported() {
    let found = found_after(|all| {
        all.shipped = all.shipped.replace("MTLSProtectOtherFiles device", "MTLSProtectOtherFiles allow");
    });
    assert!(found.contains("does not show the default MTLSProtectOtherFiles device"), "{found}");
}

#[test]
fn a_reason_forgotten_or_made_up_is_reported() {
    for reason in reasons() {
        let found = found_after(|all| all.reasons = all.reasons.replace(&format!("\n## {reason}\n"), "\n## other\n"));
        for expected in [format!("no section on {reason}"), "a section on other, which is no reason".to_owned()] {
            assert!(found.contains(&expected), "{expected:?} is not among what was found:\n{found}");
        }
    }
}

#[test]
fn the_manual_page_has_every_directive_and_no_other() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/man/mod_mtlsprotect.8");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, list) = page.split_once(".SH DIRECTIVES").expect("the page lists the directives");
    let (list, _) = list.split_once(".SH").expect("something follows the list");
    let listed: BTreeSet<&str> =
        list.lines().filter_map(|line| line.split(' ').next().filter(|word| word.starts_with("MTLSProtect"))).collect();
    let sources = Sources::read();
    let known: BTreeSet<&str> = table(&sources.directives).into_iter().map(|(name, _)| name).collect();
    assert_eq!(listed, known);
}

#[test]
fn every_key_of_a_vendors_line_is_in_the_reference_and_its_message_and_no_other() {
    let code = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/mtlsprotect-core/src/vendors/line.rs");
    let code = std::fs::read_to_string(code).unwrap();
    let taken = code.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => &mut keys."));
    let taken: BTreeSet<&str> = taken.map(|(key, _)| key).collect();
    let sources = Sources::read();
    let rows = sources.reference.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("=`"));
    assert_eq!(rows.map(|(key, _)| key).collect::<BTreeSet<&str>>(), taken);
    let message =
        VendorLine::read(&["poly", "color=red"], |word| word.into(), CaList::vendors_own).unwrap_err().to_string();
    let (_, told) = message.split_once("the keys are ").unwrap();
    assert_eq!(told.split(", ").flat_map(|words| words.split(" and ")).collect::<BTreeSet<&str>>(), taken);
}
