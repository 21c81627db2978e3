//! The links of a document: found, and written anew for another place.

use std::fmt::Write;

/// The targets of all links and pictures of a Markdown text, code left out.
pub fn targets(markdown: &str) -> Vec<String> {
    let mut found = Vec::new();
    rewritten(markdown, |target| {
        found.push(target.to_owned());
        target.to_owned()
    });
    found
}

/// The text with the target of each link as `to` says; code stays as it is.
pub fn rewritten(markdown: &str, mut to: impl FnMut(&str) -> String) -> String {
    let mut written = String::new();
    for (index, part) in markdown.split("```").enumerate() {
        if index > 0 {
            written += "```";
        }
        if index % 2 == 1 {
            written += part;
            continue;
        }
        let mut rest = part;
        while let Some((before, link)) = rest.split_once("](") {
            let (target, after) = link.split_once(')').unwrap_or((link, ""));
            let _ = write!(written, "{before}]({})", to(target));
            rest = after;
        }
        written += rest;
    }
    written
}

/// Whether a target is on another site.
pub fn is_elsewhere(target: &str) -> bool {
    ["http:", "https:", "mailto:"].iter().any(|scheme| target.starts_with(scheme))
}

/// A target on another site that no browser would find: without a host, or with a blank.
pub fn is_malformed(target: &str) -> bool {
    let host = target.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
    target.contains(char::is_whitespace)
        || !target.starts_with("mailto:") && !host.is_some_and(|host| host.contains('.') && !host.ends_with('.'))
}

/// The name of a heading, as sites and mdbook make it.
pub fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|char| char.is_alphanumeric() || [' ', '-', '_'].contains(char));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// The headings of a document, with the number of their signs.
pub fn headings(markdown: &str) -> impl Iterator<Item = (usize, &str)> {
    let prose = markdown.split("```").step_by(2).flat_map(str::lines);
    prose.filter_map(|line| {
        let text = line.trim_start_matches('#');
        Some((line.len() - text.len(), text.strip_prefix(' ')?)).filter(|(signs, _)| *signs > 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_and_those_in_code_are_not() {
        let text = "[a](b.md#c) ![d](e.png)\n```sh\n[f](g)\n```\n[h](https://x.example/)";
        assert_eq!(targets(text), ["b.md#c", "e.png", "https://x.example/"]);
        let written = rewritten(text, |target| format!("../{target}"));
        assert_eq!(written, text.replace("](", "](../").replace("(../g)", "(g)"));
    }

    #[test]
    fn a_link_to_another_site_has_a_host_and_no_blanks() {
        for (target, malformed) in [
            ("https://httpd.apache.org/docs/2.4/", false),
            ("https:///docs", true),
            ("https://httpd/docs", true),
            ("https://httpd.apache.org/a b", true),
            ("http:httpd.apache.org", true),
        ] {
            assert_eq!(is_malformed(target), malformed, "{target}");
        }
    }

    #[test]
    fn a_heading_has_the_name_that_sites_give_it() {
        assert_eq!(anchor("2. Poly's CAs"), "2-polys-cas");
        assert_eq!(headings("# A\n```sh\n# b\n```\n### C d\n").collect::<Vec<_>>(), [(1, "A"), (3, "C d")]);
    }
}
