//! Paths: what is left of one when its dot segments are resolved.

use crate::names::split_once;

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
