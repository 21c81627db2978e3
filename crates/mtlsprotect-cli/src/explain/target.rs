//! A URL as httpd sees the request for it.

use mtlsprotect_core::names::{Texts, percent_decode_once};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `https`, or no scheme at all.
    pub is_tls: bool,
    /// The Host header.
    pub host: String,
    /// Path and query as sent.
    pub sent: String,
    /// The path, decoded once, without dot segments and doubled slashes: r->uri.
    uri: Vec<u8>,
}

impl Target {
    /// Reads `https://host/path?query`, `http://...` or a path alone.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(url: &str) -> Result<Self, String> {
        let url = url.split('#').next().unwrap_or_default();
        // In a path alone `://` may stand anywhere.
        let (scheme, rest) =
            url.split_once("://").filter(|(scheme, _)| !scheme.contains(['/', '?'])).unwrap_or(("", url));
        let is_tls = match scheme.to_ascii_lowercase().as_str() {
            "https" | "" => true,
            "http" => false,
            _ => return Err(format!("expected https:// or http://, found \"{scheme}://\"")),
        };
        let path = if scheme.is_empty() { Some(0) } else { rest.find(['/', '?']) };
        let (host, sent) = rest.split_at(path.unwrap_or(rest.len()));
        if host.is_empty() && (url.is_empty() || !scheme.is_empty()) {
            return Err("has no host; write https://HOST/PATH, or a path alone".to_owned());
        }
        let sent = if sent.starts_with('/') { sent.to_owned() } else { format!("/{sent}") };
        let path = sent.split('?').next().unwrap_or_default();
        if path.to_ascii_lowercase().contains("%00") {
            return Err("httpd answers 400 to a path with %00 before anything is judged".to_owned());
        }
        Ok(Target { is_tls, host: host.to_owned(), uri: normalized(&percent_decode_once(path.as_bytes())), sent })
    }

    /// The texts in which the module looks for names. What mod_rewrite, an Alias or a script makes
    /// of the path is the server's own; here the file is the path.
    pub fn texts(&self) -> Texts<'_> {
        let args = self.sent.split_once('?').map_or("", |(_, args)| args);
        Texts { sent: self.sent.as_bytes(), uri: &self.uri, args: args.as_bytes(), filename: &self.uri, path_info: b"" }
    }
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

    fn uri(url: &str) -> String {
        String::from_utf8(Target::parse(url).unwrap().uri).unwrap()
    }

    #[test]
    fn a_url_is_read_as_httpd_reads_it() {
        let target = Target::parse("https://pbx.example:8443/cfg/%30004f2aabbcc.cfg?mac=1#top").unwrap();
        assert_eq!((target.is_tls, target.host.as_str()), (true, "pbx.example:8443"));
        assert_eq!(target.sent, "/cfg/%30004f2aabbcc.cfg?mac=1");
        assert_eq!(target.uri, b"/cfg/0004f2aabbcc.cfg");
        assert!(!Target::parse("http://x/").unwrap().is_tls);
        assert_eq!(Target::parse("/a?b").unwrap().texts().args, b"b");
        for (url, path) in [
            ("https://x", "/"),
            ("https://x?a", "/"),
            ("/a//b/./c/../d", "/a/b/d"),
            ("/a/%2e%2e/b", "/b"),
            ("/../../a/", "/a/"),
            ("/a/..", "/"),
            ("/a/.", "/a/"),
            ("a/b", "/a/b"),
            ("/%25", "/%"),
            ("/a?u=http://x/0004f2", "/a"),
            ("/a://b/c", "/a:/b/c"),
        ] {
            assert_eq!(uri(url), path, "{url}");
        }
        for wrong in ["ftp://x/", "", "#x", "https:///x", "https://"] {
            assert!(Target::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Target::parse("/a%00").unwrap_err().contains("400"));
    }

    proptest! {
        #[test]
        fn no_url_makes_the_reader_fail(url in "\\PC{0,60}") {
            if let Ok(target) = Target::parse(&url) {
                prop_assert!(target.sent.starts_with('/') && target.uri.starts_with(b"/"));
            }
        }

        #[test]
        fn no_dot_segment_is_left(path in "(/|\\.|\\.\\.|a|%2e|b){0,20}") {
            let target = Target::parse(&format!("/{path}")).unwrap();
            prop_assert!(target.uri.split(|&b| b == b'/').all(|segment| segment != b"." && segment != b".."));
        }
    }
}
