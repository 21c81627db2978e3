//! The target of a request as httpd reads it, before the site's configuration makes anything of it.

use crate::names::bytes::{has, split_at_byte};
use crate::names::decode::percent_decode_once;
use crate::names::path::path_of_url;
use std::borrow::Cow;

/// A request-target and what httpd reads in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestTarget<'t> {
    /// As it was sent.
    pub sent: &'t [u8],
    /// The path, decoded once, without dot segments and doubled slashes: r->uri.
    pub uri: Cow<'t, [u8]>,
    /// The query: r->args.
    pub args: &'t [u8],
}

impl<'t> RequestTarget<'t> {
    /// Reads a path with its query, or an absolute URI.
    pub fn of(sent: &'t [u8]) -> Self {
        let local = path_of_url(sent);
        let (path, args) = split_at_byte(local, b'?').unwrap_or((local, &[]));
        let decoded = if has(path, b'%') { Cow::Owned(percent_decode_once(path)) } else { Cow::Borrowed(path) };
        // What does not begin with a slash is no path, and httpd leaves it as it is: `*`.
        let is_left = !decoded.starts_with(b"/") || is_normal(&decoded);
        let uri = if is_left { decoded } else { Cow::Owned(normalized(&decoded)) };
        RequestTarget { sent, uri, args }
    }
}

/// Whether a path has no dot segments and no doubled slashes.
fn is_normal(path: &[u8]) -> bool {
    !path.windows(2).any(|pair| matches!(pair, b"//" | b"/."))
}

/// A path as ap_normalize_path leaves it.
fn normalized(path: &[u8]) -> Vec<u8> {
    let mut segments: Vec<&[u8]> = Vec::new();
    let all: Vec<&[u8]> = path.split(|&byte| byte == b'/').skip(1).collect();
    for (index, &segment) in all.iter().enumerate() {
        let is_last = index + 1 == all.len();
        match segment {
            b"." if is_last => segments.push(b""),
            b"." => {}
            b".." => {
                segments.pop();
                if is_last {
                    segments.push(b"");
                }
            }
            b"" if !is_last => {}
            _ => segments.push(segment),
        }
    }
    let mut normal = Vec::with_capacity(path.len());
    for segment in segments {
        normal.push(b'/');
        normal.extend(segment);
    }
    if normal.is_empty() { b"/".to_vec() } else { normal }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn uri(sent: &str) -> String {
        String::from_utf8(RequestTarget::of(sent.as_bytes()).uri.into_owned()).unwrap()
    }

    #[test]
    fn a_target_is_read_as_httpd_reads_it() {
        let target = RequestTarget::of(b"https://pbx.example:8443/cfg/%30004f2aabbcc.cfg?mac=1?");
        assert_eq!(target.sent, b"https://pbx.example:8443/cfg/%30004f2aabbcc.cfg?mac=1?");
        assert_eq!((&*target.uri, target.args), (&b"/cfg/0004f2aabbcc.cfg"[..], &b"mac=1?"[..]));
        for (sent, path) in [
            ("/a//b/./c/../d", "/a/b/d"),
            ("/a/%2e%2e/b", "/b"),
            ("/../../a/", "/a/"),
            ("/a/..", "/"),
            ("/a/.", "/a/"),
            ("//", "/"),
            ("/.htaccess", "/.htaccess"),
            ("/%25", "/%"),
            ("/a?u=http://x/0004f2", "/a"),
            ("/a://b/c", "/a:/b/c"),
            ("*", "*"),
            ("x/../y", "x/../y"),
            ("", ""),
        ] {
            assert_eq!(uri(sent), path, "{sent}");
        }
    }

    #[test]
    fn what_phones_ask_for_is_read_where_it_stands() {
        for (sent, is_kept) in [("/cfg/0004f2aabbcc.cfg?a=b", true), ("/", true), ("/a//b", false), ("/%61", false)] {
            assert_eq!(matches!(RequestTarget::of(sent.as_bytes()).uri, Cow::Borrowed(_)), is_kept, "{sent}");
        }
    }

    proptest! {
        #[test]
        fn no_dot_segment_is_left(path in "(/|\\.|\\.\\.|\\.a|a|%2e|b){0,20}") {
            let sent = format!("/{path}");
            let target = RequestTarget::of(sent.as_bytes());
            prop_assert!(target.uri.starts_with(b"/"));
            prop_assert!(target.uri.split(|&b| b == b'/').all(|segment| segment != b"." && segment != b".."));
            prop_assert!(!target.uri.windows(2).any(|pair| pair == b"//"), "{:?}", target);
        }
    }
}
