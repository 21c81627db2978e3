//! A URL as httpd sees the request for it.

use mtlsprotect_core::names::RequestTarget;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedUrl {
    /// `https`, or no scheme at all.
    pub is_tls: bool,
    /// The Host header.
    pub host: String,
    /// Path and query as sent.
    pub sent: String,
}

impl AskedUrl {
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
        Ok(AskedUrl { is_tls, host: host.to_owned(), sent })
    }

    /// What httpd reads in it.
    pub fn target(&self) -> RequestTarget<'_> {
        RequestTarget::of(self.sent.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn uri(url: &str) -> String {
        String::from_utf8(AskedUrl::parse(url).unwrap().target().uri.into_owned()).unwrap()
    }

    #[test]
    fn a_url_is_read_as_httpd_reads_it() {
        let asked = AskedUrl::parse("https://pbx.example:8443/cfg/%30004f2aabbcc.cfg?mac=1#top").unwrap();
        assert_eq!((asked.is_tls, asked.host.as_str()), (true, "pbx.example:8443"));
        assert_eq!(asked.sent, "/cfg/%30004f2aabbcc.cfg?mac=1");
        assert_eq!(*asked.target().uri, *b"/cfg/0004f2aabbcc.cfg");
        assert!(!AskedUrl::parse("http://x/").unwrap().is_tls);
        assert_eq!(AskedUrl::parse("/a?b").unwrap().target().args, b"b");
        for (url, path) in [
            ("https://x", "/"),
            ("https://x?a", "/"),
            ("/a/%2e%2e//b", "/b"),
            ("a/b", "/a/b"),
            ("/%25", "/%"),
            ("/a?u=http://x/0004f2", "/a"),
            ("/a://b/c", "/a:/b/c"),
        ] {
            assert_eq!(uri(url), path, "{url}");
        }
        for wrong in ["ftp://x/", "", "#x", "https:///x", "https://"] {
            assert!(AskedUrl::parse(wrong).is_err(), "{wrong}");
        }
        assert!(AskedUrl::parse("/a%00").unwrap_err().contains("400"));
    }

    proptest! {
        #[test]
        fn no_url_makes_the_reader_fail(url in "\\PC{0,60}") {
            if let Ok(asked) = AskedUrl::parse(&url) {
                prop_assert!(asked.sent.starts_with('/') && asked.target().uri.starts_with(b"/"));
            }
        }
    }
}
