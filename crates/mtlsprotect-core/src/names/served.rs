//! What a request is served from: a file, or a URL that it is sent on to.

use crate::names::decode::percent_decode_once;
use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// The part of `filename` that is searched for names. Only what the operator alone writes is left out: the document
/// root, `proxy:`, the socket and address of a backend. Everything else may be the client's.
///
/// A file begins with a slash, or is empty; a URL begins with its scheme.
#[inline]
pub fn served<'f>(filename: &'f [u8], document_root: &[u8]) -> Cow<'f, [u8]> {
    if let Some(url) = filename.strip_prefix(b"proxy:") {
        return Cow::Owned(sent_on_to(url, document_root));
    }
    match filename.strip_prefix(document_root) {
        Some(below) if below.starts_with(b"/") || below.is_empty() => Cow::Borrowed(below),
        _ => Cow::Borrowed(filename),
    }
}

/// Whether what is served, which ends with the path and begins with this, is a file just where the path says, below the
/// document root: as it usually is. Then it names nothing that the path doesn't.
#[inline]
pub fn is_at_path(before: &[u8], document_root: &[u8], path: &[u8]) -> bool {
    before.starts_with(b"/") && path.starts_with(b"/") && before == document_root
}

/// The path of what is served, without the query that only a URL has.
pub fn path_of_served(served: &[u8]) -> &[u8] {
    let end = if served.starts_with(b"/") { None } else { served.iter().position(|&byte| byte == b'?') };
    &served[..end.unwrap_or(served.len())]
}

/// A backend's URL, less its socket, its address and the document root at the beginning of its path.
#[cold]
fn sent_on_to(url: &[u8], document_root: &[u8]) -> Vec<u8> {
    let (origin, path) = split_origin(without_socket(url));
    [origin, below(path, document_root)].concat()
}

/// httpd cuts `unix:SOCKET|` of a URL that begins with it, and a bar nowhere else (fixup_uds_filename).
fn without_socket(url: &[u8]) -> &[u8] {
    const UNIX: &[u8] = b"unix:";
    match url.split_at_checked(UNIX.len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(UNIX) => {
            rest.iter().position(|&byte| byte == b'|').map_or(url, |bar| &rest[bar + 1..])
        }
        _ => url,
    }
}

/// The scheme and authority of a URL, without an authority that is a mere address, and the rest.
fn split_origin(url: &[u8]) -> (&[u8], &[u8]) {
    let is_of_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    let scheme = url.iter().take_while(|byte| is_of_scheme(byte)).count();
    if scheme == 0 || url.get(scheme) != Some(&b':') {
        return (&[], url);
    }
    let (scheme, rest) = url.split_at(scheme + 1);
    let Some(authority) = rest.strip_prefix(b"//") else { return (scheme, rest) };
    // As for httpd, it ends at the first slash (ap_proxy_canon_netloc).
    let end = authority.iter().position(|&byte| byte == b'/').unwrap_or(authority.len());
    let (authority, path) = authority.split_at(end);
    if is_address(authority) { (scheme, path) } else { url.split_at(url.len() - path.len()) }
}

/// Whether an authority is an IP address, whose digits don't name a device.
fn is_address(authority: &[u8]) -> bool {
    let bracketed = authority.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]"));
    parsed::<SocketAddr>(authority) || parsed::<IpAddr>(authority) || bracketed.is_some_and(parsed::<Ipv6Addr>)
}

fn parsed<T: FromStr>(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| text.parse::<T>().is_ok())
}

/// A Host header without its port where it is an IP address: its digits and the port's together name no device.
pub(in crate::names) fn without_port_of_address(host: &[u8]) -> &[u8] {
    match host.iter().rposition(|&byte| byte == b':') {
        Some(colon) if parsed::<SocketAddr>(host) => &host[..colon],
        _ => host,
    }
}

/// What follows the document root in the path of a URL, as mod_proxy_fcgi's have it. It is left out once, and only at
/// the beginning of the path, between slashes, so that nothing that was apart comes together.
fn below<'p>(path: &'p [u8], document_root: &[u8]) -> &'p [u8] {
    let unslashed = |path: &'p [u8]| &path[path.iter().take_while(|&&byte| byte == b'/').count()..];
    let root = &document_root[document_root.iter().take_while(|&&byte| byte == b'/').count()..];
    let mut rest = unslashed(path);
    if root.is_empty() || rest.len() == path.len() {
        return path;
    }
    for &expected in root {
        // Handlers of mod_proxy encode what may not stand in a URL.
        let length = if rest.first() == Some(&b'%') { 3 } else { 1 };
        match rest.split_at_checked(length) {
            Some((byte, after)) if percent_decode_once(byte) == [expected] => rest = after,
            _ => return path,
        }
    }
    if rest.is_empty() || matches!(rest[0], b'/' | b'?') { rest } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "/srv/001122334455";

    fn text(filename: &str) -> String {
        String::from_utf8(served(filename.as_bytes(), ROOT.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn of_a_file_the_document_root_is_left_out_once() {
        for (filename, left) in [
            ("/srv/001122334455/a", "/a"),
            ("/srv/001122334455", ""),
            ("/srv/001122334455/srv/001122334455/a", "/srv/001122334455/a"),
            ("/srv/0011223344556/a", "/srv/0011223344556/a"),
            ("/x/srv/001122334455/a", "/x/srv/001122334455/a"),
        ] {
            assert_eq!(text(filename), left);
        }
    }

    #[test]
    fn a_file_is_at_its_path_only_if_nothing_else_is_left_of_it() {
        for (before, path, is) in [
            ("/srv/001122334455", "/a", true),
            ("/srv/001122334455", "/a/b", true),
            ("/srv/001122334455/", "a", false),
            ("/srv/001122334455/b", "/a", false),
            ("/srv/001122334455", "", false),
            ("proxy:/srv/001122334455", "/a", false),
            ("", "/a", false),
        ] {
            assert_eq!(is_at_path(before.as_bytes(), ROOT.as_bytes(), path.as_bytes()), is, "{before} {path}");
            assert!(!is || text(&format!("{before}{path}")) == path);
        }
        for root in ["", "proxy:", "x"] {
            assert!(!is_at_path(root.as_bytes(), root.as_bytes(), b"/a"), "{root}");
        }
    }

    #[test]
    fn a_client_cuts_nothing_off_a_url() {
        for url in [
            "http://b/cfg/0004f2bbbbbb.cfg?|",
            "http://b/cfg/0004f2bbbbbb.cfg|x",
            "http://b/0004f2bbbbbb?u=unix:/x|y",
            "http://b/0004f2bbbbbb?u=http://x/y",
            "http://0004f2bbbbbb.internal/x",
            "http://0004f2bbbbbb@10.0.0.1/x",
            "http://10.0.0.1?0004f2bbbbbb",
            "balancer://0004f2bbbbbb/x",
            "unix:/run/0004f2bbbbbb",
            "xunix:/0004f2bbbbbb|http://b/x",
            "/0004f2bbbbbb://b/x",
            // no schemes
            "0004f2bbbbbb///10.0.0.1/x",
            "://10.0.0.1/x",
        ] {
            assert_eq!(text(&format!("proxy:{url}")), url);
        }
    }

    #[test]
    fn a_socket_is_left_out_as_httpd_does() {
        for (url, left) in [
            ("unix:/run/a|http://b/x|y", "http://b/x|y"),
            ("UNIX:/run/a|fcgi://b/x", "fcgi://b/x"),
            ("unix:/run/a|unix:/run/b|http://c/", "unix:/run/b|http://c/"),
            ("unix:/run/a|fcgi:/srv/001122334455/x", "fcgi:/x"),
        ] {
            assert_eq!(text(&format!("proxy:{url}")), left);
        }
    }

    #[test]
    fn the_address_of_a_backend_names_nobody() {
        for url in ["http://200.15.65.10:8080/x?y", "http://127.0.0.1/x?y", "http://[::1]:80/x?y", "http://[::1]/x?y"] {
            assert_eq!(text(&format!("proxy:{url}")), "http:/x?y");
        }
    }

    #[test]
    fn of_a_url_the_document_root_is_left_out_where_the_path_begins() {
        for (url, left) in [
            ("fcgi://127.0.0.1:9000/srv/001122334455/x?y", "fcgi:/x?y"),
            ("fcgi://127.0.0.1:9000//srv/001122334455/x", "fcgi:/x"),
            ("fcgi://127.0.0.1:9000/srv/001122334455?x", "fcgi:?x"),
            ("fcgi://127.0.0.1:9000/srv%2f001122334455/x", "fcgi:/x"),
            ("fcgi://app/srv/001122334455/x", "fcgi://app/x"),
            ("fcgi://127.0.0.1/srv/001122334455/srv/001122334455/x", "fcgi:/srv/001122334455/x"),
            ("fcgi://127.0.0.1/srv/001122334455-x", "fcgi:/srv/001122334455-x"),
            ("fcgi://127.0.0.1/srv/001122334455", "fcgi:"),
            ("fcgi://127.0.0.1/x/0004f2/srv/001122334455/bbbbbb", "fcgi:/x/0004f2/srv/001122334455/bbbbbb"),
            ("fcgi://127.0.0.1/x?f=/srv/001122334455/y", "fcgi:/x?f=/srv/001122334455/y"),
            ("fcgi:srv/001122334455/x", "fcgi:srv/001122334455/x"),
        ] {
            assert_eq!(text(&format!("proxy:{url}")), left);
        }
    }

    #[test]
    fn a_short_document_root_hides_nothing() {
        for root in ["", "/", "//"] {
            assert_eq!(served(b"proxy:http://b/0004f2bbbbbb/x", root.as_bytes()).as_ref(), b"http://b/0004f2bbbbbb/x");
        }
    }

    #[test]
    fn the_port_behind_an_address_in_a_host_header_is_no_part_of_a_name() {
        for (host, left) in [
            ("200.15.65.10:8080", "200.15.65.10"),
            ("[2001:db8::1]:8080", "[2001:db8::1]"),
            ("200.15.65.10", "200.15.65.10"),
            ("[2001:db8::1]", "[2001:db8::1]"),
            ("pbx.example:8080", "pbx.example:8080"),
            ("00:04:f2:bb:bb:bb", "00:04:f2:bb:bb:bb"),
            ("0004f2:bbbbbb", "0004f2:bbbbbb"),
            ("200.15.65.10:0004f2bbbbbb", "200.15.65.10:0004f2bbbbbb"),
            ("", ""),
        ] {
            assert_eq!(without_port_of_address(host.as_bytes()), left.as_bytes());
        }
    }

    #[test]
    fn only_a_url_has_a_query() {
        assert_eq!(path_of_served(b"/a?b"), b"/a?b");
        assert_eq!(path_of_served(b"http://a/b?c"), b"http://a/b");
        assert_eq!(path_of_served(b""), b"");
    }
}
