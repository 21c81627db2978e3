//! The record of each directive, and what httpd, the documents and the shipped configuration say of it: none is
//! forgotten anywhere.

use mtlsprotect_core::decision::Reason;
use mtlsprotect_core::directives::{ALL, Context, Directive, Unset};
use mtlsprotect_core::trust::CaList;
use mtlsprotect_core::vendors::VendorLine;
use mtlsprotect_testkit::Httpd;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const REFERENCE: &str = "docs/directives.md";
const MANUAL_PAGE: &str = "packaging/man/mod_mtlsprotect.8";
const SHIPPED: &str = "mod_mtlsprotect.conf";

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A directive and its words, as they are written into a configuration.
fn line(directive: &Directive, words: &str) -> String {
    format!("{} {words}", directive.as_str())
}

/// What the section of the reference on a directive begins with.
fn head(directive: &Directive) -> String {
    let default = match directive.default {
        Unset::None => "none".to_owned(),
        Unset::Words(words) => format!("`{}`", line(directive, words)),
        Unset::Means(text) => text.to_owned(),
    };
    format!(
        "## {}\n\nDescription: {}\n\nSyntax: `{}`\n\nDefault: {default}\n\nContext: {}\n\nStatus: Extension\n\nModule: \
         mod_mtlsprotect\n",
        directive.as_str(),
        directive.description,
        line(directive, directive.syntax),
        directive.context.as_str(),
    )
}

fn headings(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("## ")).collect()
}

/// The directives that the reference doesn't describe as their records do.
fn missing_in_reference(reference: &str) -> Vec<&'static str> {
    missing(|directive| reference.contains(&format!("\n{}", head(directive))))
}

/// The directives whose syntax is not in the manual page.
fn missing_in_manual_page(page: &str) -> Vec<&'static str> {
    missing(|directive| page.lines().any(|written| written == line(directive, directive.syntax)))
}

/// The directives that the shipped configuration doesn't show, maybe as a comment: with its default where it has one.
fn missing_in_shipped(shipped: &str) -> Vec<&'static str> {
    // Prose has a space behind the `#`.
    let lines: Vec<&str> = shipped.lines().map(|line| line.trim_start().trim_start_matches('#')).collect();
    missing(|directive| match directive.default {
        Unset::Words(words) => lines.contains(&line(directive, words).as_str()),
        _ => lines.iter().any(|written| written.starts_with(&line(directive, ""))),
    })
}

fn missing_in_readme(readme: &str) -> Vec<&'static str> {
    missing(|directive| readme.contains(&format!("`{}`", directive.as_str())))
}

fn missing(is_there: impl Fn(&Directive) -> bool) -> Vec<&'static str> {
    ALL.iter().filter(|directive| !is_there(directive)).map(Directive::as_str).collect()
}

/// Words that read as a directive of ours and are none.
fn unknown(text: &str) -> Vec<&str> {
    let words = text.split(|char: char| !char.is_ascii_alphanumeric() && char != '_');
    words
        .filter(|word| word.starts_with("MTLSProtect"))
        .filter(|word| ALL.iter().all(|directive| directive.as_str() != *word))
        .collect()
}

/// All that an operator reads.
fn documents() -> Vec<String> {
    let mut names: Vec<String> = ["README.md", MANUAL_PAGE, SHIPPED].map(str::to_owned).into();
    for entry in fs::read_dir(path("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".md") {
            names.push(format!("docs/{name}"));
        }
    }
    names
}

#[test]
fn each_directive_is_in_the_documents_and_the_shipped_configuration_as_its_record_says() {
    assert_eq!(missing_in_reference(&read(REFERENCE)), [""; 0], "{REFERENCE}");
    assert_eq!(missing_in_manual_page(&read(MANUAL_PAGE)), [""; 0], "{MANUAL_PAGE}");
    assert_eq!(missing_in_shipped(&read(SHIPPED)), [""; 0], "{SHIPPED}");
    assert_eq!(missing_in_readme(&read("README.md")), [""; 0], "README.md");
}

#[test]
fn no_document_names_a_directive_that_there_is_not() {
    for name in documents() {
        assert_eq!(unknown(&read(&name)), [""; 0], "{name}");
    }
    assert_eq!(unknown("write MTLSProtectVanished on, or MTLSProtect On"), ["MTLSProtectVanished"]);
}

#[test]
fn the_reference_has_the_directives_in_the_order_of_their_records() {
    assert_eq!(headings(&read(REFERENCE)), ALL.iter().map(Directive::as_str).collect::<Vec<_>>());
}

#[test]
fn a_directive_forgotten_in_one_document_is_reported() {
    for directive in ALL {
        let name = directive.as_str();
        for (document, find) in [
            (REFERENCE, missing_in_reference as fn(&str) -> Vec<&'static str>),
            (MANUAL_PAGE, missing_in_manual_page),
            (SHIPPED, missing_in_shipped),
            ("README.md", missing_in_readme),
        ] {
            let text = read(document);
            let lines = text.lines().filter(|line| !line.split([' ', '#', '`', ',']).any(|word| word == name));
            let without = lines.map(|line| format!("{line}\n")).collect::<String>();
            assert!(find(&without).contains(&name), "{name} may be forgotten in {document}");
        }
    }
}

#[test]
fn another_description_syntax_default_or_context_in_the_reference_is_reported() {
    let reference = read(REFERENCE);
    for directive in ALL {
        for part in ["Description: ", "Syntax: ", "Default: ", "Context: ", "Status: ", "Module: "] {
            let head = head(directive);
            let other = head.replace(&format!("\n{part}"), &format!("\n{part}another "));
            assert_ne!(head, other);
            assert_eq!(missing_in_reference(&reference.replace(&head, &other)), [directive.as_str()], "{part}");
        }
    }
}

#[test]
fn a_default_shipped_with_another_value_is_reported() {
    let shipped = read(SHIPPED);
    for directive in ALL {
        if let Unset::Words(words) = directive.default {
            let other = shipped.replace(&line(directive, words), &line(directive, "other"));
            assert_eq!(missing_in_shipped(&other), [directive.as_str()]);
        }
    }
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
    let listed: Vec<&str> = listed
        .split(|char: char| !char.is_ascii_alphanumeric())
        .filter(|word| word.starts_with("MTLSProtect"))
        .collect();
    assert_eq!(listed, ALL.iter().map(Directive::as_str).collect::<Vec<_>>());
    for directive in ALL {
        let help = directive.help.to_str().unwrap();
        assert!(page.contains(help), "{help} is not in {page}");
    }
}

#[test]
fn a_directive_takes_as_many_words_and_stands_where_its_record_says() {
    let said = |text: &str| {
        let output = Httpd::builder().with_module().without_vhosts().config(text).configtest();
        assert!(!output.ok, "{text} is accepted");
        output.text
    };
    for directive in ALL {
        let name = directive.as_str();
        let expected = format!("{name}: expected: {}", directive.expected);
        let (least, most) = directive.words.clone().into_inner();
        let too_few = line(directive, &"word ".repeat(least - 1));
        let outside = said(&too_few);
        assert!(outside.contains(&expected), "{too_few}: {outside}");
        if most < usize::MAX {
            let too_many = line(directive, &"word ".repeat(most + 1));
            let outside = said(&too_many);
            assert!(outside.contains(&expected), "{too_many}: {outside}");
        }
        let inside = said(&format!("<Directory />\n{too_few}\n</Directory>"));
        let expected = match directive.context {
            Context::Directory => expected,
            Context::Main | Context::VirtualHost | Context::Server => format!("{name} not allowed in <Directory"),
        };
        assert!(inside.contains(&expected), "{name}: {inside}");
        if directive.context == Context::Main {
            let inside = said(&format!("<VirtualHost *:1>\n{}\n</VirtualHost>", line(directive, "word")));
            assert!(inside.contains(&format!("{name} cannot occur within <VirtualHost>")), "{name}: {inside}");
        }
    }
}

#[test]
fn every_reason_is_explained_and_no_other() {
    let reasons = read("docs/reasons.md");
    let explained: BTreeSet<&str> = headings(&reasons).into_iter().collect();
    assert_eq!(explained, Reason::ALL.into_iter().map(Reason::as_str).collect());
}

#[test]
fn every_key_of_a_vendors_line_is_in_the_reference_and_its_message_and_no_other() {
    let code = read("crates/mtlsprotect-core/src/vendors/line.rs");
    let taken = code.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => &mut keys."));
    let taken: BTreeSet<&str> = taken.map(|(key, _)| key).collect();
    let reference = read(REFERENCE);
    let rows = reference.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("=`"));
    assert_eq!(rows.map(|(key, _)| key).collect::<BTreeSet<&str>>(), taken);
    let message =
        VendorLine::read(&["poly", "color=red"], |word| word.into(), CaList::vendors_own).unwrap_err().to_string();
    let (_, told) = message.split_once("the keys are ").unwrap();
    assert_eq!(told.split(", ").flat_map(|words| words.split(" and ")).collect::<BTreeSet<&str>>(), taken);
}
