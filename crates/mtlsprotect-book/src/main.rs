//! What scripts make of the documents:
//!
//!     mtlsprotect-book manual           prints mod_mtlsprotect(8)
//!     mtlsprotect-book options PROGRAM  prints docs/options.md, of this mtlsprotect
//!     mtlsprotect-book source DIR       writes what mdbook makes the book of
//!     mtlsprotect-book check DIR        whether the links of a built book lead somewhere

use mtlsprotect_book::{book, html, manual_page, options, project, reference};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["manual"] => manual(),
        ["options", program] => options::document(Path::new(program)).map(|document| print!("{document}")),
        ["source", into] => book::write(&project(), Path::new(into)),
        ["check", built] => check(Path::new(built)),
        _ => Err("usage: mtlsprotect-book manual | options PROGRAM | source DIR | check DIR".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn manual() -> Result<(), String> {
    let text = fs::read_to_string(project().join(reference::FILE)).map_err(|error| error.to_string())?;
    print!("{}", manual_page::page(&text)?);
    Ok(())
}

fn check(built: &Path) -> Result<(), String> {
    let broken = html::broken_links(built)?;
    if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) }
}
