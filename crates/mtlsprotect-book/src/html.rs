//! Whether each link of a built book leads to a file of it, and to a place in that file.

use crate::links::{is_elsewhere, is_malformed};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// mdbook's pages that repeat others; in the second all pages are one, and their headings' names clash.
const REPEATED: [&str; 2] = ["404.html", "print.html"];

/// What is wrong with the links of all pages below a directory, a line each. An error if there are none.
pub fn broken_links(book: &Path) -> Result<Vec<String>, String> {
    let mut pages = BTreeMap::new();
    collect(book, book, &mut pages)?;
    let mut links = 0;
    let mut broken = Vec::new();
    for (page, text) in pages.iter().filter(|(page, _)| REPEATED.iter().all(|name| *page != Path::new(name))) {
        for target in attributes(text, &["href", "src"]) {
            links += 1;
            if let Some(wrong) = wrong(book, &pages, page, &target) {
                broken.push(format!("{}: {target}: {wrong}", page.display()));
            }
        }
    }
    if links == 0 { Err(format!("{}: no links were found", book.display())) } else { Ok(broken) }
}

fn wrong(book: &Path, pages: &BTreeMap<PathBuf, String>, from: &Path, target: &str) -> Option<&'static str> {
    if is_elsewhere(target) {
        return is_malformed(target).then_some("is not an address");
    }
    if target.starts_with("data:") {
        return None;
    }
    let (path, place) = target.split_once('#').map_or((target, None), |(path, place)| (path, Some(place)));
    let path = if path.is_empty() { from.to_path_buf() } else { joined(from.parent()?, path) };
    if !book.join(&path).exists() {
        return Some("leads nowhere");
    }
    let place = place.filter(|place| !place.is_empty())?;
    let ids: BTreeSet<String> = attributes(pages.get(&path)?, &["id", "name"]).into_iter().collect();
    (!ids.contains(place)).then_some("has no such place")
}

/// A path with `..` resolved.
fn joined(folder: &Path, path: &str) -> PathBuf {
    let mut joined = PathBuf::new();
    for part in folder.join(path).components() {
        match part {
            Component::ParentDir => _ = joined.pop(),
            Component::CurDir => {}
            part => joined.push(part),
        }
    }
    joined
}

/// The values of these attributes of a page's elements.
fn attributes(page: &str, names: &[&str]) -> Vec<String> {
    let mut values = Vec::new();
    for element in page.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(element, _)| element) {
        for name in names {
            let Some((_, value)) = element.split_once(&format!(" {name}=\"")) else { continue };
            values.extend(value.split_once('"').map(|(value, _)| value.replace("&amp;", "&")));
        }
    }
    values
}

fn collect(book: &Path, folder: &Path, pages: &mut BTreeMap<PathBuf, String>) -> Result<(), String> {
    let failed = |error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            collect(book, &path, pages)?;
        } else if path.extension().is_some_and(|extension| extension == "html") {
            let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            pages.insert(path.strip_prefix(book).unwrap_or(&path).to_path_buf(), text);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_leads_nowhere_is_reported_with_its_page() {
        let book = tempfile::tempdir().unwrap();
        fs::create_dir(book.path().join("sub")).unwrap();
        let page = |name: &str, text: &str| fs::write(book.path().join(name), text).unwrap();
        page(
            "a.html",
            "<a href=\"sub/b.html#here\">1</a> <a href=\"gone.html\">2</a> <a class=\"x\" href=\"#not\">3</a>",
        );
        page("sub/b.html", "<h2 id=\"here\">x</h2> <img src=\"../a.html\"> <a href=\"https://x\">4</a>");
        assert_eq!(
            broken_links(book.path()).unwrap(),
            [
                "a.html: gone.html: leads nowhere",
                "a.html: #not: has no such place",
                "sub/b.html: https://x: is not an address"
            ]
        );
    }
}
