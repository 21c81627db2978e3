//! The code blocks of a document.
//!
//! Each is fenced and says its language. A test runs those that are a configuration, of httpd (`apache`) or of another
//! program, or a command (`sh`), unless a comment in the line before says why not: `<!-- not run: the reason -->`.

/// The languages that a block may have. What is neither run nor known to be something else is a mistake.
pub const LANGUAGES: [&str; 9] = ["apache", "sh", "text", "yaml", "ini", "json", "haproxy", "nginx", "apparmor"];

/// A code block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The line of its fence, from 1.
    pub line: usize,
    /// What follows the fence.
    pub language: String,
    /// Its lines, without the indentation of the fence.
    pub text: String,
    /// Why it is not run.
    pub not_run: Option<String>,
}

/// All blocks of a document, or what is wrong with one, with its line.
pub fn blocks(document: &str) -> Result<Vec<Block>, String> {
    let mut found = Vec::new();
    let mut before = "";
    let mut lines = (1..).zip(document.lines());
    while let Some((line, text)) = lines.next() {
        let fence = text.trim_start();
        let indent = text.len() - fence.len();
        if let Some(language) = fence.strip_prefix("```") {
            let body = body(&mut lines, indent).ok_or(format!("line {line}: the block does not end"))?;
            if !LANGUAGES.contains(&language) {
                return Err(format!("line {line}: a block is one of {}, not {language:?}", LANGUAGES.join(", ")));
            }
            let not_run = before.trim().strip_prefix("<!-- not run: ").and_then(|rest| rest.strip_suffix(" -->"));
            let not_run = not_run.map(str::to_owned);
            found.push(Block { line, language: language.to_owned(), text: body, not_run });
        } else if before.is_empty() && text.starts_with("    ") && !fence.starts_with(['*', '-', '|']) {
            return Err(format!("line {line}: a block is fenced, so that it has a language"));
        }
        before = text;
    }
    Ok(found)
}

/// The lines up to the closing fence.
fn body<'d>(lines: &mut impl Iterator<Item = (usize, &'d str)>, indent: usize) -> Option<String> {
    let mut body = String::new();
    for (_, text) in lines {
        if text.trim() == "```" {
            return Some(body);
        }
        body += text.get(indent..).unwrap_or_default();
        body.push('\n');
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_has_its_language_its_lines_and_the_reason_for_which_it_is_not_run() {
        let found =
            blocks("a\n\n```sh\nmake\n  -j\n```\n\n<!-- not run: why -->\n  ```text\n  x\n\n  y\n  ```\n").unwrap();
        let block = |line, language: &str, text: &str, not_run: Option<&str>| Block {
            line,
            language: language.to_owned(),
            text: text.to_owned(),
            not_run: not_run.map(str::to_owned),
        };
        assert_eq!(found, [block(3, "sh", "make\n  -j\n", None), block(9, "text", "x\n\ny\n", Some("why"))]);
    }

    #[test]
    fn a_block_that_would_escape_the_tests_is_an_error() {
        for (document, said) in [
            ("```sh\nmake\n", "line 1: the block does not end"),
            ("a\n\n```bash\nmake\n```\n", "line 3: a block is one of"),
            ("```\nmake\n```\n", "line 1: a block is one of"),
            ("a\n\n    make\n", "line 3: a block is fenced"),
        ] {
            let error = blocks(document).unwrap_err();
            assert!(error.starts_with(said), "{document:?}: {error}");
        }
    }
}
