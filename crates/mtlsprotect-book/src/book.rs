//! The source from which mdbook makes the book: the documents, with a page for each directive.
//!
//! `docs/SUMMARY.md` has the order of the pages. Other files of the project that documents link to are copied beside
//! them, so that no link leaves the book.

use crate::links::{anchor, headings, is_elsewhere, rewritten};
use crate::reference::{self, Section, default, line, sections};
use mtlsprotect_core::directives::Directive;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The order of the pages, in `docs/`.
const SUMMARY: &str = "SUMMARY.md";
/// The page with the table of the directives.
const DIRECTIVES: &str = "directives.md";

/// Writes the source into `into`, of the project in `project`.
pub fn write(project: &Path, into: &Path) -> Result<(), String> {
    let book = Book { project, into, pages: pages_of_anchors(&read(&project.join(reference::FILE))?)? };
    fs::create_dir_all(into).map_err(|error| format!("{}: {error}", into.display()))?;
    for entry in fs::read_dir(project.join("docs")).map_err(|error| format!("docs: {error}"))? {
        let name = entry.map_err(|error| format!("docs: {error}"))?.file_name().into_string().unwrap_or_default();
        match name.as_str() {
            SUMMARY => book.summary()?,
            DIRECTIVES => book.directives()?,
            _ if name.ends_with(".md") => book.page(&format!("docs/{name}"), &name)?,
            _ => book.copy(&format!("docs/{name}"), &name)?,
        }
    }
    Ok(())
}

struct Book<'p> {
    project: &'p Path,
    into: &'p Path,
    /// For each heading of the reference the page that has it.
    pages: BTreeMap<String, String>,
}

impl Book<'_> {
    /// Writes a document as a page of this name.
    fn page(&self, document: &str, name: &str) -> Result<(), String> {
        let text = self.linked(document, &read(&self.project.join(document))?)?;
        self.put(name, &text)
    }

    /// Writes the order of the pages, with those of the directives.
    fn summary(&self) -> Result<(), String> {
        let mut summary = String::new();
        for line in read(&self.project.join("docs").join(SUMMARY))?.lines() {
            summary += &self.linked(&format!("docs/{SUMMARY}"), line)?;
            summary.push('\n');
            if line.ends_with(&format!("({DIRECTIVES})")) {
                let indent = line.len() - line.trim_start().len() + 2;
                for directive in mtlsprotect_core::directives::ALL {
                    summary += &format!("{}- [{}]({})\n", " ".repeat(indent), directive.as_str(), file(directive));
                }
            }
        }
        self.put(SUMMARY, &summary)
    }

    /// Writes the page with the table of the directives, and one for each.
    fn directives(&self) -> Result<(), String> {
        let text = read(&self.project.join(reference::FILE))?;
        let (intro, sections) = sections(&text)?;
        let mut table = format!("{}\n| | |\n|---|---|\n", self.linked(reference::FILE, intro)?.trim_end());
        table = table.replace("\n| | |", "\n\n| | |");
        for section in &sections {
            let directive = section.directive;
            table += &format!("| [{}]({}) | {} |\n", directive.as_str(), file(directive), directive.description);
            self.put(&file(directive), &self.linked(reference::FILE, &directive_page(section))?)?;
        }
        self.put(DIRECTIVES, &table)
    }

    /// The text of a document with its links as they must be in the book.
    fn linked(&self, document: &str, text: &str) -> Result<String, String> {
        let mut failed = Ok(());
        let linked = rewritten(text, |target| {
            self.target(document, target).unwrap_or_else(|error| {
                failed = Err(error);
                String::new()
            })
        });
        failed.map(|()| linked)
    }

    fn target(&self, document: &str, target: &str) -> Result<String, String> {
        if is_elsewhere(target) {
            return Ok(target.to_owned());
        }
        if let Some(of_docs) = target.strip_prefix("docs/") {
            return self.target(reference::FILE, of_docs);
        }
        let (path, name) = target.split_once('#').map_or((target, ""), |(path, name)| (path, name));
        let is_reference = path == DIRECTIVES || path.is_empty() && document == reference::FILE;
        if is_reference && !name.is_empty() {
            let page = self.pages.get(name).ok_or_else(|| format!("{document}: {target}: no such heading"))?;
            return Ok(format!("{page}#{name}"));
        }
        let Some(outside) = path.strip_prefix("../") else { return Ok(target.to_owned()) };
        if outside.ends_with(".md") {
            self.page(outside, outside)?
        } else {
            self.copy(outside, outside)?
        }
        Ok(target.trim_start_matches("../").to_owned())
    }

    fn copy(&self, from: &str, name: &str) -> Result<(), String> {
        let bytes = fs::read(self.project.join(from)).map_err(|error| format!("{from}: {error}"))?;
        self.put_bytes(name, &bytes)
    }

    fn put(&self, name: &str, text: &str) -> Result<(), String> {
        self.put_bytes(name, text.as_bytes())
    }

    fn put_bytes(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let path = self.into.join(name);
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, bytes));
        written.map_err(|error| format!("{}: {error}", path.display()))
    }
}

/// The page of a directive.
fn file(directive: &Directive) -> String {
    format!("{}.md", directive.as_str())
}

fn directive_page(section: &Section<'_>) -> String {
    let directive = section.directive;
    format!(
        "# {}\n\n{}.\n\n| | |\n|---|---|\n| Syntax | `{}` |\n| Default | {} |\n| Context | {} |\n| Status | Extension \
         |\n| Module | mod_mtlsprotect |\n\n{}\n",
        directive.as_str(),
        directive.description,
        // a bar ends a cell, in code too
        line(directive, directive.syntax).replace('|', "\\|"),
        default(directive).replace('|', "\\|"),
        directive.context.as_str(),
        section.body.replace("\n### ", "\n## "),
    )
}

/// For each heading of the reference the page that has it.
fn pages_of_anchors(reference: &str) -> Result<BTreeMap<String, String>, String> {
    let (intro, sections) = sections(reference)?;
    let mut pages = BTreeMap::new();
    headings(intro).for_each(|(_, heading)| _ = pages.insert(anchor(heading), DIRECTIVES.to_owned()));
    for section in &sections {
        pages.insert(anchor(section.directive.as_str()), file(section.directive));
        headings(section.body).for_each(|(_, heading)| _ = pages.insert(anchor(heading), file(section.directive)));
    }
    Ok(pages)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::links::{is_malformed, targets};
    use crate::project;
    use std::collections::BTreeSet;

    /// The project's book: its pages, by name.
    fn pages(folder: &Path) -> BTreeMap<String, String> {
        write(&project(), folder).unwrap();
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let pages = names.filter(|name| name.ends_with(".md"));
        pages.map(|name| (name.clone(), read(&folder.join(&name)).unwrap())).collect()
    }

    #[test]
    fn no_link_of_the_book_leads_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let pages = pages(folder.path());
        let mut seen = 0;
        for (name, text) in &pages {
            for target in targets(text) {
                seen += 1;
                if is_elsewhere(&target) {
                    assert!(!is_malformed(&target), "{name}: {target}");
                    continue;
                }
                let (path, place) = target.split_once('#').unwrap_or((&target, ""));
                let path = if path.is_empty() { name } else { path };
                assert!(folder.path().join(path).exists(), "{name}: {target} leads nowhere");
                if !place.is_empty() {
                    let has = headings(&pages[path]).any(|(_, heading)| anchor(heading) == place);
                    assert!(has, "{name}: {target}: no such heading");
                }
            }
        }
        assert!(seen > 200, "only {seen} links");
    }

    #[test]
    fn the_order_of_pages_has_every_page_once() {
        let folder = tempfile::tempdir().unwrap();
        let pages = pages(folder.path());
        let listed = targets(&pages[SUMMARY]);
        let once: BTreeSet<&str> = listed.iter().map(String::as_str).collect();
        assert_eq!(once.len(), listed.len(), "{listed:?}");
        assert_eq!(once, pages.keys().map(String::as_str).filter(|name| *name != SUMMARY).collect());
    }

    #[test]
    fn a_directive_has_a_page_with_what_its_record_and_the_reference_say() {
        let folder = tempfile::tempdir().unwrap();
        let pages = pages(folder.path());
        for directive in mtlsprotect_core::directives::ALL {
            let page = &pages[&file(directive)];
            for part in [directive.description, directive.context.as_str(), "Module | mod_mtlsprotect"] {
                assert!(page.contains(part), "{}: {part}", directive.as_str());
            }
        }
        assert!(pages["MTLSProtectFleetSize.md"].contains("\n## The status page\n"));
        assert!(pages["learn.md"].contains("(MTLSProtectVendor.md#mtlsprotectvendor)"));
    }
}
