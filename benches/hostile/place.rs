//! Where in a request a hostile text stands, and who sends it.

mtlsprotect_testkit::listed! {
    /// Who sends the hostile requests.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Sender {
        Plain,
        Nobody,
        Phone,
    }
}

mtlsprotect_testkit::listed! {
    /// A place of a request.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Place {
        Query,
        /// Names a folder: httpd looks for its index.
        QueryOfFolder,
        /// Names a file that isn't there: FallbackResource redirects.
        QueryOfFallback,
        QueryInReport,
        /// Redirected internally, again and again, with its query.
        QueryOfRedirects,
        /// Rewritten to another by the host, before it is judged.
        RewrittenQuery,
        /// Of which a folder's rules make another, after it is judged.
        RedirectedQuery,
        /// A path that the host rewrites to a query.
        PathAsQuery,
        Path,
        /// Below a file.
        PathInfo,
        PathInReport,
        Put,
        /// What mod_dav writes.
        DavPut,
        /// Below a page with SSI, for which httpd asks where the path below it leads.
        PathInfoOfScript,
        /// Below a file named like a device of a vendor that is only watched.
        Watched,
        Host,
        UserAgent,
        UserAgentInReport,
        Cookie,
        /// In query, User-Agent and Cookie, each with digits of its own.
        Everywhere,
        /// In path, query, User-Agent and Cookie, each of fewer bytes than a long text has, and all together of no more than
        /// the text.
        InQuarters,
        /// The same, and as what MOVE writes.
        InFifths,
        /// In query, path, User-Agent and Cookie, of which the last three are short.
        BesideAQuery,
        /// What MOVE writes.
        Destination,
        /// What COPY writes, where nothing is refused: mod_dav makes a subrequest for it.
        DavCopy,
    }
}

/// How many bytes a text has that is not long, with what stands before it in a path.
const SHORT: usize = 480;
/// How many bytes each text beside a query has.
const BESIDE: usize = 96;

impl Place {
    /// A request with so many bytes of text there, each made to length by `make`, and how many bytes of text that are.
    pub fn request(self, bytes: usize, mut make: impl FnMut(usize) -> Vec<u8>) -> (Vec<u8>, usize) {
        let text = match self {
            Place::InQuarters => make((bytes / 4).min(SHORT)),
            Place::InFifths => make((bytes / 5).min(SHORT)),
            Place::BesideAQuery => make(bytes.saturating_sub(3 * BESIDE)),
            _ => make(bytes),
        };
        let mut bytes = text.len();
        let mut headers: Vec<(&str, Vec<u8>)> = Vec::new();
        let (method, target): (&str, Vec<u8>) = match self {
            Place::Query => ("GET", [b"/on/page.txt?", &text[..]].concat()),
            Place::QueryOfFolder => ("GET", [b"/on/?", &text[..]].concat()),
            Place::QueryOfFallback => ("GET", [b"/on/fallback/none?", &text[..]].concat()),
            Place::QueryInReport => ("GET", [b"/report/page.txt?", &text[..]].concat()),
            Place::QueryOfRedirects => ("GET", [b"/on/again/aaaaaaaa?", &text[..]].concat()),
            Place::RewrittenQuery => ("GET", [b"/on/rewritten?", &text[..]].concat()),
            Place::RedirectedQuery => ("GET", [b"/on/other/page?", &text[..]].concat()),
            Place::PathAsQuery => ("GET", [b"/on/asked/", &text[..]].concat()),
            Place::Path => ("GET", [b"/on/none/", &text[..]].concat()),
            Place::PathInfo => ("GET", [b"/on/page.txt/", &text[..]].concat()),
            Place::PathInReport => ("GET", [b"/report/page.txt/", &text[..]].concat()),
            Place::PathInfoOfScript => ("GET", [b"/report/page.shtml/", &text[..]].concat()),
            Place::Put => ("PUT", [b"/on/page.txt/", &text[..]].concat()),
            Place::DavPut => ("PUT", [b"/dav/0004f2aabbcc/", &text[..]].concat()),
            Place::Watched => ("GET", [b"/on/page.txt/001565aabbcc/", &text[..]].concat()),
            Place::Host => {
                headers.push(("Host", text));
                ("GET", b"/on/page.txt".to_vec())
            }
            Place::UserAgent | Place::UserAgentInReport => {
                headers.push(("User-Agent", text));
                ("GET", if self == Place::UserAgent { b"/on/page.txt".to_vec() } else { b"/report/page.txt".to_vec() })
            }
            Place::Cookie => {
                headers.push(("Cookie", text));
                ("GET", b"/on/page.txt".to_vec())
            }
            Place::Everywhere | Place::InQuarters | Place::InFifths | Place::BesideAQuery => {
                let length = if self == Place::BesideAQuery { BESIDE } else { bytes };
                let path = if self == Place::Everywhere { Vec::new() } else { [b"/", &make(length)[..]].concat() };
                let (user_agent, cookie) = (make(length), make(length));
                bytes += path.len() + user_agent.len() + cookie.len();
                headers.extend([("User-Agent", user_agent), ("Cookie", cookie)]);
                let mut method = "GET";
                if self == Place::InFifths {
                    let destination = make(length);
                    bytes += destination.len();
                    headers.push(("Destination", [b"/on/", &destination[..]].concat()));
                    method = "MOVE";
                }
                (method, [b"/on/page.txt", &path[..], b"?", &text].concat())
            }
            Place::Destination => {
                headers.push(("Destination", [b"/on/", &text[..]].concat()));
                ("MOVE", b"/on/page.txt".to_vec())
            }
            Place::DavCopy => {
                headers.push(("Destination", [b"http://localhost/dav/report/none/", &text[..]].concat()));
                // The file has no such state: mod_dav looks at both but writes nothing.
                headers.push(("If", b"([\"x\"])".to_vec()));
                // mod_dav takes the scheme of the request line for that of the connection.
                ("COPY", b"http://localhost/dav/report/page".to_vec())
            }
        };
        if !headers.iter().any(|(name, _)| *name == "Host") {
            headers.push(("Host", b"localhost".to_vec()));
        }
        headers.push(("Content-Length", b"0".to_vec()));
        let mut request = [method.as_bytes(), b" ", &target, b" HTTP/1.1\r\n"].concat();
        for (name, value) in headers {
            request.extend([name.as_bytes(), b": ", &value, b"\r\n"].concat());
        }
        request.extend(b"\r\n");
        (request, bytes)
    }
}
