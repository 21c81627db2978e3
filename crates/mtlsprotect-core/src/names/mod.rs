//! The devices that a request names, gathered from all its texts.

pub(crate) mod bytes;
pub(crate) mod decode;
pub(crate) mod finder;
pub(crate) mod fold;
mod forms;
mod left;
mod memo;
mod parameter;
mod path;
pub(crate) mod pattern;
mod reader;
mod search;
pub(crate) mod served;
pub mod work;

pub use decode::{percent_decode_fully, percent_decode_once};
pub use finder::{Finder, Syntax};
pub use pattern::{FilePattern, IdentityPattern, Ignore};
pub use served::{path_of_served, served};

use crate::decision::policy::Policy;
use crate::mac::Mac;
use crate::names::bytes::{place_of, split_at_byte};
use crate::names::decode::decode_once;
use search::Search;

crate::words! {
    /// Where in a request a name was found, in the words of the log.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Source {
        /// The path, as sent or as httpd decoded and rewrote it.
        Uri = "uri",
        /// The query.
        Query = "query",
        /// A query parameter that the operator listed as a device's name.
        NameParameter = "name-parameter",
        /// The file that httpd would serve, or the path it would ask of a backend.
        Filename = "filename",
        /// What follows the file in the path.
        PathInfo = "path-info",
        /// The Host header.
        Host = "host",
        /// The User-Agent header.
        UserAgent = "user-agent",
        /// The Cookie header.
        Cookie = "cookie",
        /// The Destination header of COPY and MOVE (RFC 4918, section 10.3).
        Destination = "destination",
        /// What an expression of the operator's makes of the request.
        NamedBy = "named-by",
    }
}

/// The texts of a request in which names are looked for. Absent ones are empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Texts<'a> {
    /// The request-target as the client sent it, query included.
    pub sent: &'a [u8],
    /// The decoded path, rewritten or not.
    pub uri: &'a [u8],
    /// The query, rewritten or not.
    pub args: &'a [u8],
    /// The file, less the document root, or the URL that a request is sent on to (see `served`).
    pub filename: &'a [u8],
    /// What follows the file in the path.
    pub path_info: &'a [u8],
}

/// The headers in which applications look for a device. Absent ones are empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Headers<'a> {
    /// Host, or the host of the request-target; VirtualDocumentRoot reads it too.
    pub host: &'a [u8],
    /// User-Agent.
    pub user_agent: &'a [u8],
    /// Cookie.
    pub cookie: &'a [u8],
}

/// The devices that a request names. Two are enough to know that there is more than one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Names {
    first: Option<(Mac, Source)>,
    second: Option<(Mac, Source)>,
    more: bool,
    malformed: bool,
    sender_in_path: bool,
    dot_segment: bool,
}

/// How many devices are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// None.
    Nobody,
    /// Exactly one.
    One(Mac),
    /// Two or more.
    Several,
}

impl Names {
    /// The devices named in `texts`.
    ///
    /// `sender` is the proven sender, whose loosely written names count too. `writes` asks for
    /// what only writes are judged by as well: dot-files, and whether the sender is named in a
    /// part of the path that stays.
    pub fn of(texts: &Texts<'_>, policy: &Policy<'_>, sender: Option<Mac>, writes: bool) -> Self {
        let mut search = Search::new(policy, sender);
        // Most often the path is as it was sent, without a query.
        let unchanged = texts.args.is_empty() && texts.sent == texts.uri;
        let (sent_path, sent_query) = if unchanged { (texts.sent, &b""[..]) } else { split_once(texts.sent, b'?') };
        search.path(sent_path, Source::Uri);
        // What httpd makes of it most often is the first thing that was looked at in it.
        if !unchanged && texts.uri != sent_path && decode_once(sent_path).as_deref() != Some(texts.uri) {
            search.path(texts.uri, Source::Uri);
        }
        // So are the segments of the file and of what follows it, most often, and only a pattern sees more than segments.
        let behind_file = texts.uri.strip_prefix(texts.filename);
        let ends_uri = texts.path_info.starts_with(b"/") && texts.uri.ends_with(texts.path_info);
        if behind_file != Some(b"") || !texts.path_info.is_empty() {
            let by_segments = policy.file_patterns.is_empty() && policy.ignore.is_empty();
            let is_seen = behind_file.is_some_and(|rest| rest.is_empty() || (by_segments && rest.starts_with(b"/")));
            if !is_seen && !texts.filename.is_empty() {
                let path = path_of_served(texts.filename);
                search.path(path, Source::Filename);
                search.query(texts.filename[path.len()..].strip_prefix(b"?").unwrap_or_default(), Source::Filename);
            }
            if !(by_segments && ends_uri) {
                search.path(texts.path_info, Source::PathInfo);
            }
        }
        search.query(sent_query, Source::Query);
        if texts.args != sent_query {
            search.query(texts.args, Source::Query);
        }
        if writes {
            search.written_path(texts.uri, true);
            if !ends_uri {
                search.written_path(texts.path_info, false);
            }
            // The directories of a file may be the operator's own (Alias to /srv/.data), its name is the client's.
            // Path info can fold them away.
            let filename = path_of_served(texts.filename);
            if behind_file != Some(texts.path_info) {
                search.path_names_sender(&[filename, texts.path_info].concat());
            }
            let file = filename.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
            search.names.dot_segment |= file.starts_with(b".");
        }
        search.names
    }

    /// The devices named by headers that applications read but phones fill as they like: only
    /// phones' prefixes count, and the sender's own name is no name here.
    pub fn of_headers(headers: &Headers<'_>, policy: &Policy<'_>, sender: Option<Mac>) -> Self {
        let mut search = Search::new(policy, sender);
        search.header(headers.host, Syntax::Host, Source::Host);
        search.header(headers.user_agent, Syntax::UserAgent, Source::UserAgent);
        search.cookies(headers.cookie, Source::Cookie);
        search.names
    }

    /// The device that `value` spells, which the operator says is a device's name: read as the value
    /// of a name parameter is.
    pub fn of_value(value: &[u8], source: Source) -> Self {
        let found = reader::named_value(value);
        let mut names = Names { malformed: found.malformed, more: found.more, ..Names::default() };
        found.first.into_iter().flatten().for_each(|(mac, _)| names.add(mac, source));
        names
    }

    /// The devices named by the Destination header of a COPY or MOVE, an absolute URI or a path.
    pub fn of_destination(destination: &[u8], policy: &Policy<'_>, sender: Option<Mac>) -> Self {
        let mut search = Search::new(policy, sender);
        let (path, query) = split_once(path_of_url(destination), b'?');
        search.path(path, Source::Destination);
        search.query(query, Source::Destination);
        // A fragment is no part of what is written.
        search.written_path(split_once(path, b'#').0, true);
        search.names
    }

    /// The same names in a write of what `written` names, whatever else stands in its URL: the
    /// sender must be named there.
    pub fn in_a_write_of(self, written: &Names) -> Self {
        Names { sender_in_path: written.sender_in_path, ..self }
    }

    /// Names that could not be found out: nothing passes.
    pub fn malformed() -> Self {
        Names { malformed: true, ..Names::default() }
    }

    /// How many devices are named.
    pub fn named(&self) -> Named {
        match (self.first, self.second) {
            // More than can be looked at.
            _ if self.more => Named::Several,
            (None, _) => Named::Nobody,
            (Some((mac, _)), None) => Named::One(mac),
            (Some(_), Some(_)) => Named::Several,
        }
    }

    /// The first two devices found, with the place of each.
    pub fn found(&self) -> impl Iterator<Item = (Mac, Source)> {
        self.first_two().into_iter().flatten()
    }

    /// The same as they are kept.
    pub fn first_two(&self) -> [Option<(Mac, Source)>; 2] {
        [self.first, self.second]
    }

    /// The device named, where it is only one.
    pub fn only(&self) -> Option<Mac> {
        match self.named() {
            Named::One(mac) => Some(mac),
            _ => None,
        }
    }

    /// The first two devices found.
    pub fn macs(&self) -> impl Iterator<Item = Mac> {
        self.found().map(|(mac, _)| mac)
    }

    /// Whether more than two devices are named.
    pub fn are_more(&self) -> bool {
        self.more
    }

    /// Whether a name parameter, or an expression that names a device, holds something that is not a MAC.
    pub fn is_malformed(&self) -> bool {
        self.malformed
    }

    /// Whether the sender is named in a part of the path that dot segments don't fold away.
    pub fn sender_in_path(&self) -> bool {
        self.sender_in_path
    }

    /// Whether a segment of the path begins with a dot.
    pub fn dot_segment(&self) -> bool {
        self.dot_segment
    }

    /// These names and those of a request that this one continues.
    pub fn and(mut self, earlier: &Names) -> Self {
        for (mac, source) in earlier.found() {
            self.add(mac, source);
        }
        self.more |= earlier.more;
        self.malformed |= earlier.malformed;
        self.sender_in_path |= earlier.sender_in_path;
        self.dot_segment |= earlier.dot_segment;
        self
    }

    fn add(&mut self, mac: Mac, source: Source) {
        match (self.first, self.second) {
            (None, _) => self.first = Some((mac, source)),
            (Some((first, _)), _) if first == mac => {}
            (_, None) => self.second = Some((mac, source)),
            (_, Some((second, _))) => self.more |= second != mac,
        }
    }
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
fn split_once(text: &[u8], byte: u8) -> (&[u8], &[u8]) {
    split_at_byte(text, byte).unwrap_or((text, &[]))
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
