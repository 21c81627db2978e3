//! `docs/directives.md`, the reference of the directives, by section.

use mtlsprotect_core::directives::{ALL, Directive, Unset};

/// The file, in the project.
pub const FILE: &str = "docs/directives.md";

/// A directive, and what the reference says of it.
#[derive(Clone, Copy)]
pub struct Section<'d> {
    /// Its record.
    pub directive: &'static Directive,
    /// What follows the part that the record has: Markdown.
    pub body: &'d str,
}

impl Section<'_> {
    /// Its first paragraph that is not a code block, and the list that belongs to it if it is not a whole sentence.
    pub fn paragraph(&self) -> Vec<&str> {
        let mut pieces = self.body.split("\n\n").skip_while(|piece| is_no_prose(piece));
        let first = pieces.next().unwrap_or_default();
        let list = pieces.next().filter(|piece| !first.ends_with('.') && piece.starts_with("* "));
        [first].into_iter().chain(list).collect()
    }
}

/// A code block, or a part of one that has an empty line.
fn is_no_prose(piece: &str) -> bool {
    piece.starts_with("```") || piece.ends_with("```") || piece.trim().is_empty()
}

/// A directive and its words, as they are written into a configuration.
pub fn line(directive: &Directive, words: &str) -> String {
    format!("{} {words}", directive.as_str())
}

/// What counts where nobody sets a directive, as Markdown.
pub fn default(directive: &Directive) -> String {
    match directive.default {
        Unset::None => "none".to_owned(),
        Unset::Words(words) => format!("`{}`", line(directive, words)),
        Unset::Means(text) => text.to_owned(),
    }
}

/// What the section of a directive begins with, of its record alone.
pub fn head(directive: &Directive) -> String {
    format!(
        "## {}\n\nDescription: {}\n\nSyntax: `{}`\n\nDefault: {}\n\nContext: {}\n\nStatus: Extension\n\nModule: \
         mod_mtlsprotect\n",
        directive.as_str(),
        directive.description,
        line(directive, directive.syntax),
        default(directive),
        directive.context.as_str(),
    )
}

/// What precedes the first section, and all sections in the order of their records.
pub fn sections(reference: &str) -> Result<(&str, Vec<Section<'_>>), String> {
    let start = |directive: &Directive| {
        let head = format!("\n{}", head(directive));
        let at = reference.find(&head).ok_or_else(|| format!("no section as the record of {}", directive.as_str()));
        at.map(|at| (at + 1, at + head.len()))
    };
    let starts = ALL.iter().map(start).collect::<Result<Vec<_>, _>>()?;
    if !starts.is_sorted() {
        return Err("the sections are in another order than the records".to_owned());
    }
    let ends = starts.iter().skip(1).map(|(head, _)| *head).chain([reference.len()]);
    let body = |((directive, (_, from)), to)| Section { directive, body: reference[from..to].trim_matches('\n') };
    Ok((&reference[..starts[0].0], ALL.iter().zip(starts.iter().copied()).zip(ends).map(body).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mtlsprotect_core::directives::{OTHER_FILES, PROTECT};

    #[test]
    fn the_paragraph_of_a_section_is_its_first_prose_and_the_list_that_completes_it() {
        let section = |body| Section { directive: &PROTECT, body };
        assert_eq!(section("```text\na\n\nb\n```\n\nOne.\nTwo.\n\n* three").paragraph(), ["One.\nTwo."]);
        assert_eq!(section("One:\n\n* two\n* three\n\nFour.").paragraph(), ["One:", "* two\n* three"]);
    }

    #[test]
    fn a_section_that_is_missing_is_named() {
        let without = ALL.iter().filter(|directive| directive.as_str() != OTHER_FILES.as_str());
        let reference: String = without.map(|directive| format!("\n{}\ntext\n", head(directive))).collect();
        assert!(sections(&reference).is_err_and(|error| error.ends_with("MTLSProtectOtherFiles")));
    }
}
