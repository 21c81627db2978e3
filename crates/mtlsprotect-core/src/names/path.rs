//! Paths: where one stands in a URL, and what is left of it when its dot segments are resolved.

use crate::names::bytes::{has, last_place_of, place_of, split_at_byte};

/// Whether a segment of a path begins with a dot; if none does, there is nothing to resolve.
pub fn has_dot_segment(path: &[u8]) -> bool {
    let mut start = 0;
    while let Some(place) = place_of(&path[start..], b'.') {
        if matches!(path[..start + place].last(), None | Some(b'/' | b'\\')) {
            return true;
        }
        start += place + 1;
    }
    false
}

/// The segments of a path once dot segments are resolved; `None` where there are none, and its segments stay as they stand.
pub fn folded(path: &[u8]) -> Option<Vec<&[u8]>> {
    has_dot_segment(path).then(|| fold_dot_segments(path))
}

/// The segments of a path as they stand.
pub fn segments(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/' || byte == b'\\')
}

/// The last of them.
pub fn last_segment(path: &[u8]) -> &[u8] {
    last_place_of(path, [b'/', b'\\']).map_or(path, |place| &path[place + 1..])
}

/// The segments of a path once `.` and `..` are resolved, `;` parameters of dot segments ignored.
pub fn fold_dot_segments(path: &[u8]) -> Vec<&[u8]> {
    let mut folded: Vec<&[u8]> = Vec::new();
    for segment in segments(path) {
        let is_dotted = segment.starts_with(b".");
        match if is_dotted { split_once(segment, b';').0 } else { segment } {
            b"." => {}
            b".." => {
                // httpd merges slashes: `x//..` is what `x/..` is.
                while folded.pop().is_some_and(<[u8]>::is_empty) {}
            }
            _ => folded.push(segment),
        }
    }
    folded
}

/// What a character at the beginning of a text is for an application that normalises paths (NFKC), if that is dots or a
/// slash. All of these have three bytes.
fn dots_or_slash(text: &[u8]) -> Option<&'static [u8]> {
    Some(match text.first_chunk()? {
        // U+FF0E, U+2024, U+FE52
        b"\xef\xbc\x8e" | b"\xe2\x80\xa4" | b"\xef\xb9\x92" => b".",
        // U+2025, U+FE30
        b"\xe2\x80\xa5" | b"\xef\xb8\xb0" => b"..",
        // U+2026, U+FE19
        b"\xe2\x80\xa6" | b"\xef\xb8\x99" => b"...",
        // U+FF0F
        b"\xef\xbc\x8f" => b"/",
        // U+FF3C, U+FE68
        b"\xef\xbc\xbc" | b"\xef\xb9\xa8" => b"\\",
        _ => return None,
    })
}

/// A path as such an application resolves it, where that is another way than httpd's.
pub fn normalised(path: &[u8]) -> Option<Vec<u8>> {
    let next = |from: usize| {
        let begins = |&at: &usize| matches!(path[at], 0xe2 | 0xef);
        (from..path.len()).filter(begins).find_map(|at| Some((at, dots_or_slash(&path[at..])?)))
    };
    if !(has(path, 0xe2) || has(path, 0xef)) {
        return None;
    }
    let mut found = next(0)?;
    let mut out = Vec::with_capacity(path.len());
    let mut kept = 0;
    loop {
        let (at, plain) = found;
        out.extend_from_slice(&path[kept..at]);
        out.extend_from_slice(plain);
        kept = at + 3;
        match next(kept) {
            Some(following) => found = following,
            None => break,
        }
    }
    out.extend_from_slice(&path[kept..]);
    has_dot_segment(&out).then_some(out)
}

/// The path and query of an absolute URI, or `url` itself when it is a path already.
pub fn path_of_url(url: &[u8]) -> &[u8] {
    // Where a scheme ends, there is the first slash.
    let Some(slash) = place_of(url, b'/') else { return url };
    if !url[..slash].ends_with(b":") || !url[slash..].starts_with(b"//") {
        return url;
    }
    let authority = &url[slash + 2..];
    &authority[place_of(authority, b'/').unwrap_or(authority.len())..]
}

/// What stands before and after the first `byte`; all and nothing where there is none.
pub(crate) fn split_once(text: &[u8], byte: u8) -> (&[u8], &[u8]) {
    split_at_byte(text, byte).unwrap_or((text, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    #[test]
    fn every_character_that_is_nothing_but_dots_and_slashes_is_known() {
        let is_dots = |form: &str| form.bytes().all(|byte| matches!(byte, b'.' | b'/' | b'\\'));
        for character in (0x80..=0x10ffff).filter_map(char::from_u32) {
            let text = character.to_string();
            let form: String = text.nfkc().collect();
            let known = dots_or_slash(text.as_bytes());
            assert_eq!(known, is_dots(&form).then_some(form.as_bytes()), "U+{:04X}", u32::from(character));
        }
    }

    #[test]
    fn a_normalised_path_has_the_dots_and_slashes_that_were_meant() {
        for (path, normal) in [
            ("/a/\u{2025}/b", "/a/../b"),
            ("/a/\u{ff0e}\u{ff0e}\u{ff0f}b\u{ff3c}\u{2603}", "/a/../b\\\u{2603}"),
            ("/a\u{ff0f}\u{2026}b", "/a/...b"),
            ("/a/\u{ff0e}htaccess", "/a/.htaccess"),
        ] {
            assert_eq!(normalised(path.as_bytes()), Some(normal.as_bytes().to_vec()), "{path}");
        }
        for path in ["/a/../b", "/\u{2603}/\u{6708}", "/a\u{ff0e}b\u{ff0f}c", ""] {
            assert_eq!(normalised(path.as_bytes()), None, "{path}");
        }
    }

    #[test]
    fn of_a_url_the_path_is_what_follows_its_host() {
        assert_eq!(path_of_url(b"https://localhost:443/a/b?c"), b"/a/b?c");
        assert_eq!(path_of_url(b"http://host"), b"");
        assert_eq!(path_of_url(b"/a?u=http://x/y"), b"/a?u=http://x/y");
        assert_eq!(path_of_url(b"http://h/a"), b"/a");
        for path in ["relative", "//0004f2aaaaaa/x", "x:/0004f2aaaaaa/y"] {
            assert_eq!(path_of_url(path.as_bytes()), path.as_bytes(), "it has no scheme and host");
        }
    }

    proptest! {
        #[test]
        fn a_path_without_a_dot_segment_is_as_it_stands(path in "[/\\\\.a;]{0,12}|[/.a]{0,30}") {
            let path = path.as_bytes();
            prop_assert_eq!(has_dot_segment(path), segments(path).any(|segment| segment.starts_with(b".")));
            prop_assert_eq!(segments(path).next_back(), Some(last_segment(path)));
            prop_assert!(has_dot_segment(path) || segments(path).eq(fold_dot_segments(path)));
        }

        #[test]
        fn folding_is_what_a_file_system_would_do(path in "(/(a|b|\\.|\\.\\.|\\.a|))?(/(a|b|\\.|\\.\\.|)){0,5}") {
            let folded: Vec<&[u8]> =
                fold_dot_segments(path.as_bytes()).into_iter().filter(|segment| !segment.is_empty()).collect();
            let mut slow: Vec<&str> = Vec::new();
            for segment in path.split('/') {
                match segment {
                    "" | "." => {}
                    ".." => { slow.pop(); }
                    other => slow.push(other),
                }
            }
            let slow: Vec<&[u8]> = slow.into_iter().map(str::as_bytes).collect();
            prop_assert_eq!(folded, slow);
        }
    }
}
