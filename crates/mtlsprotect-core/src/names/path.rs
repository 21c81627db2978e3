//! Paths: where one stands in a URL, and what is left of it when its dot segments are resolved.

use crate::names::bytes::{place_of, split_at_byte};

/// The segments of a path once `.` and `..` are resolved, `;` parameters of dot segments ignored.
pub fn fold_dot_segments(path: &[u8]) -> Vec<&[u8]> {
    let mut folded: Vec<&[u8]> = Vec::new();
    for segment in path.split(|&byte| byte == b'/' || byte == b'\\') {
        match split_once(segment, b';').0 {
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
