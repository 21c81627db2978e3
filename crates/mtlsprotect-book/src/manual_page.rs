//! mod_mtlsprotect(8): each directive by its record and the first paragraph of its section in the reference.

use crate::reference::{Section, line, sections};
use mtlsprotect_core::directives::Unset;

/// The file, in the project.
pub const FILE: &str = "packaging/man/mod_mtlsprotect.8";

/// The whole page, of the reference.
pub fn page(reference: &str) -> Result<String, String> {
    let (_, sections) = sections(reference)?;
    let directives: String = sections.iter().map(entry).collect();
    let before = include_str!("manual_page/before.8").replace("VERSION", env!("CARGO_PKG_VERSION"));
    Ok(format!("{before}{directives}{}", include_str!("manual_page/after.8")))
}

fn entry(section: &Section<'_>) -> String {
    let directive = section.directive;
    let default = match directive.default {
        Unset::None => "none".to_owned(),
        Unset::Words(words) => words.to_owned(),
        Unset::Means(text) => text.to_owned(),
    };
    let mut entry = format!(
        ".TP\n.B {}\n{}.\n.br\nDefault: {}.\n.br\nContext: {}.\n",
        plain(&line(directive, directive.syntax)),
        plain(directive.description),
        plain(&default),
        directive.context.as_str(),
    );
    for piece in section.paragraph() {
        match piece.strip_prefix("* ") {
            Some(items) => {
                entry += ".RS\n";
                items.split("\n* ").for_each(|item| entry += &format!(".IP \\(bu 2\n{}", text(item)));
                entry += ".RE\n";
            }
            None => entry += &format!(".IP\n{}", text(piece)),
        }
    }
    entry
}

/// Markdown as roff, a line each: code and strong emphasis are bold, emphasis italic, and of a link its words are left.
fn text(markdown: &str) -> String {
    let mut roff = String::new();
    for (index, piece) in markdown.split('`').enumerate() {
        roff += &if index % 2 == 1 { format!("\\fB{}\\fR", plain(piece)) } else { prose(piece) };
    }
    roff.lines().map(|line| format!("{}\n", guarded(line.trim_start()))).collect()
}

/// What is no code.
fn prose(piece: &str) -> String {
    let mut words = String::new();
    let mut rest = piece.replace('[', "");
    while let Some((before, link)) = rest.split_once("](") {
        words += before;
        rest = link.split_once(')').map_or(String::new(), |(_, after)| after.to_owned());
    }
    words += &rest;
    let emphasized = |(index, part): (usize, &str)| match index % 2 {
        1 => format!("\\fI{}\\fR", plain(part)),
        _ => plain(part),
    };
    let strong = |(index, part): (usize, &str)| match index % 2 {
        1 => format!("\\fB{}\\fR", plain(part)),
        _ => part.split('*').enumerate().map(emphasized).collect(),
    };
    words.split("**").enumerate().map(strong).collect()
}

/// Text in which roff sees nothing of its own.
fn plain(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}

/// A line that roff doesn't take for a request.
fn guarded(line: &str) -> String {
    if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_roff_that_says_the_same() {
        assert_eq!(
            text("`On` is *not* [as\nthe `rest`](a.md#b), **not\nat all**, `*.c\\d-e`\n.x"),
            "\\fBOn\\fR is \\fInot\\fR as\nthe \\fBrest\\fR, \\fBnot\nat all\\fR, \\fB*.c\\ed\\-e\\fR\n\\&.x\n"
        );
    }
}
