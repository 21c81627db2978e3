//! Reads the sources, the shipped configuration and the documents, and tells where they disagree.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What each field of a configuration that no directive sets is there for.
const FIELDS_WITHOUT_DIRECTIVE: [(&str, &str); 3] = [
    ("is_opened", "an Off replaced a mode that protects"),
    ("is_broken", "making the configuration failed"),
    ("trust", "made of the other fields when the whole configuration has been read"),
];

/// Fields that a merged configuration does not take from its two parts.
const FIELDS_NOT_MERGED: [&str; 1] = ["trust"];

/// The texts that must agree.
#[derive(Clone)]
pub struct Sources {
    /// src/directives.rs
    pub directives: String,
    /// src/config.rs
    pub config: String,
    /// mod_mtlsprotect.conf
    pub shipped: String,
    /// docs/directives.md
    pub reference: String,
    /// docs/reasons.md
    pub reasons: String,
    /// README.md
    pub readme: String,
    /// The other documents, by name.
    pub documents: Vec<(String, String)>,
}

impl Sources {
    /// As they are in this tree.
    pub fn read() -> Sources {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let read = |path: &Path| fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let text = |name: &str| read(&root.join(name));
        let mut documents = Vec::new();
        for entry in fs::read_dir(root.join("docs")).expect("docs can be read").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".md") && !["directives.md", "reasons.md"].contains(&&*name) {
                documents.push((format!("docs/{name}"), read(&entry.path())));
            }
        }
        Sources {
            directives: text("src/configuration/directives.rs"),
            config: text("src/configuration/config.rs"),
            shipped: text("mod_mtlsprotect.conf"),
            reference: text("docs/directives.md"),
            reasons: text("docs/reasons.md"),
            readme: text("README.md"),
            documents,
        }
    }
}

/// Everything that has been forgotten somewhere; `reasons` are those that the code gives.
pub fn out_of_step(sources: &Sources, reasons: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let table = table(&sources.directives);
    check_fields(sources, &table, &mut found);
    check_reference(sources, &table, &mut found);
    check_shipped(sources, &table, &mut found);
    for (directive, _) in &table {
        if !sources.readme.contains(&format!("`{directive}`")) {
            found.push(format!("README.md does not mention {directive}"));
        }
    }
    let known: BTreeSet<&str> = table.iter().map(|(name, _)| *name).collect();
    for (name, text) in everything_written(sources) {
        for word in words(text).filter(|word| !known.contains(word)) {
            found.push(format!("{name} mentions {word}, which is no directive"));
        }
    }
    check_reasons(sources, reasons, &mut found);
    found
}

/// The directives in the order of the table, each with the type that sets it.
pub fn table(directives: &str) -> Vec<(&str, &str)> {
    let table = between(directives, "pub const TABLE", "];");
    let entries = table.split("directive::<Mtlsprotect, ").skip(1);
    let names = entries.filter_map(|entry| {
        let (setter, rest) = entry.split_once('>')?;
        Some((rest.split_once("c\"")?.1.split_once('"')?.0, setter))
    });
    names.collect()
}

/// The fields of a configuration, each with its comment.
pub fn fields<'a>(config: &'a str, name: &str) -> Vec<(&'a str, &'a str)> {
    let mut comment = "";
    let mut fields = Vec::new();
    for line in between(config, &format!("pub struct {name} {{"), "\n}").lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            comment = text.trim();
        } else if let Some((field, _)) = line.strip_prefix("pub ").and_then(|rest| rest.split_once(':')) {
            fields.push((field, comment));
        }
    }
    fields
}

/// Each directive has its field, which it sets, and which is created unset and merged.
fn check_fields(sources: &Sources, table: &[(&str, &str)], found: &mut Vec<String>) {
    let mut with_field = BTreeSet::new();
    for (name, command, outer, inner) in
        [("DirConfig", "command.dir", "outer", "inner"), ("ServerConfig", "command.server", "base", "own")]
    {
        let fields = fields(&sources.config, name);
        if fields.is_empty() {
            found.push(format!("src/config.rs: no field of {name} was found"));
        }
        let head = sources.config.split(&format!("pub struct {name} {{")).next().unwrap_or_default();
        let derived = head.rsplit("#[derive(").next().unwrap_or_default();
        if !derived.contains("Default") {
            found.push(format!("src/config.rs: {name} is not created with every field unset (Default)"));
        }
        let merge = between(between(&sources.config, &format!("impl {name} {{"), "\n}"), "fn merge(", "\n    }");
        for (field, comment) in fields {
            let merged = merge.lines().any(|line| {
                line.trim_start().starts_with(&format!("{field}:"))
                    && mentions(line, &format!("{inner}.{field}"))
                    && mentions(line, &format!("{outer}.{field}"))
            });
            if !merged && !FIELDS_NOT_MERGED.contains(&field) {
                found.push(format!("src/config.rs: {name}::merge does not merge {field}"));
            }
            if FIELDS_WITHOUT_DIRECTIVE.iter().any(|(without, _)| *without == field) {
                continue;
            }
            let set_by: Vec<&str> = words(comment).collect();
            if set_by.is_empty() {
                found.push(format!("src/config.rs: the comment of {name}'s {field} names no directive that sets it"));
            }
            for directive in set_by {
                if !table.iter().any(|(known, _)| *known == directive) {
                    found.push(format!("src/config.rs: {directive}, of {field}, is not in src/directives.rs' TABLE"));
                }
                with_field.insert(directive);
            }
            if !sources.directives.contains(&format!("{command}.{field} = Some(")) {
                found.push(format!("src/directives.rs: no directive sets {field}"));
            }
        }
    }
    for (directive, _) in table.iter().filter(|(directive, _)| !with_field.contains(directive)) {
        found.push(format!("src/config.rs: no field's comment names {directive}"));
    }
}

/// The reference has each directive, with its syntax, default and the contexts that the code allows.
fn check_reference(sources: &Sources, table: &[(&str, &str)], found: &mut Vec<String>) {
    for (directive, setter) in table {
        let Some(section) = section(&sources.reference, directive) else {
            found.push(format!("docs/directives.md has no section on {directive}"));
            continue;
        };
        for start in [
            "Description: ",
            &format!("Syntax: `{directive} "),
            "Default: ",
            "Context: ",
            "Status: Extension",
            "Module: mod_mtlsprotect",
        ] {
            if !section.lines().any(|line| line.starts_with(start)) {
                found.push(format!("docs/directives.md: {directive} has no line \"{start}\""));
            }
        }
        let code = between(&sources.directives, &format!("Directive<Mtlsprotect> for {setter} {{"), "\n}");
        let contexts = if code.contains("Scope::Directory") {
            "server config, virtual host, directory"
        } else {
            "server config, virtual host"
        };
        if value(section, "Context: ").is_some_and(|written| written != contexts) {
            found.push(format!("docs/directives.md: the context of {directive} is {contexts}"));
        }
    }
    for heading in headings(&sources.reference) {
        if !table.iter().any(|(directive, _)| *directive == heading) {
            found.push(format!("docs/directives.md has a section on {heading}, which is no directive"));
        }
    }
}

/// The shipped configuration has each directive, maybe as a comment, and defaults where there are any.
fn check_shipped(sources: &Sources, table: &[(&str, &str)], found: &mut Vec<String>) {
    let lines: Vec<&str> = sources.shipped.lines().filter_map(directive_line).collect();
    for (directive, _) in table {
        let own: Vec<&&str> = lines.iter().filter(|line| line.split(' ').next() == Some(directive)).collect();
        if own.is_empty() {
            found.push(format!("mod_mtlsprotect.conf does not have {directive}"));
            continue;
        }
        let default = section(&sources.reference, directive).and_then(|section| value(section, "Default: `"));
        if let Some(default) = default.map(|default| default.trim_end_matches('`')) {
            if !own.iter().any(|line| **line == default) {
                found.push(format!("mod_mtlsprotect.conf does not show the default {default}"));
            }
        }
    }
}

/// Each reason has its heading, and each heading is a reason.
fn check_reasons(sources: &Sources, reasons: &[&str], found: &mut Vec<String>) {
    let headings: Vec<&str> = headings(&sources.reasons).collect();
    for reason in reasons.iter().filter(|reason| !headings.contains(reason)) {
        found.push(format!("docs/reasons.md has no section on {reason}"));
    }
    for heading in headings.iter().filter(|heading| !reasons.contains(heading)) {
        found.push(format!("docs/reasons.md has a section on {heading}, which is no reason"));
    }
}

/// All that an operator reads, by name.
fn everything_written(sources: &Sources) -> Vec<(&str, &str)> {
    let mut texts: Vec<(&str, &str)> =
        sources.documents.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    texts.extend([
        ("README.md", sources.readme.as_str()),
        ("docs/directives.md", &sources.reference),
        ("docs/reasons.md", &sources.reasons),
        ("mod_mtlsprotect.conf", &sources.shipped),
    ]);
    texts
}

/// A directive of ours, also one that is commented out: `#` right before it, or before its indentation.
/// Prose has one space there.
fn directive_line(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let text = match line.strip_prefix('#') {
        None => line,
        Some(text) if text.starts_with("  ") => text.trim_start(),
        Some(text) => text,
    };
    text.starts_with("MTLSProtect").then_some(text)
}

/// Every word of a text that reads as a directive of ours.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| !char.is_ascii_alphanumeric() && char != '_').filter(|word| word.starts_with("MTLSProtect"))
}

/// Whether a line has this name, and not only a longer one that begins with it.
fn mentions(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let next = line[at + name.len()..].chars().next();
        !next.is_some_and(|char| char.is_ascii_alphanumeric() || char == '_')
    })
}

fn headings(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.strip_prefix("## "))
}

/// What stands below a heading.
pub fn section<'a>(text: &'a str, heading: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("\n## {heading}\n"))?;
    Some(rest.split("\n## ").next().unwrap_or(rest))
}

fn value<'a>(section: &'a str, start: &str) -> Option<&'a str> {
    section.lines().find_map(|line| line.strip_prefix(start))
}

/// From after `start` to before `end`; nothing if they are not there.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let rest = text.split_once(start).map_or("", |(_, rest)| rest);
    rest.split_once(end).map_or("", |(part, _)| part)
}
