//! The devices that a request names, gathered from all its texts.

use crate::decode::{percent_decode_fully, percent_decode_once};
use crate::finder::{Finder, Syntax};
use crate::mac::{Mac, Stripped, strip_to_mac};
use crate::policy::Policy;

/// Where in a request a name was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The path, as sent or as httpd decoded and rewrote it.
    Uri,
    /// The query.
    Query,
    /// A query parameter that the operator listed as a device's name.
    NameParameter,
    /// The file that httpd would serve, or the path it would ask of a backend.
    Filename,
    /// What follows the file in the path.
    PathInfo,
    /// The Host header.
    Host,
    /// The User-Agent header.
    UserAgent,
    /// The Destination header of COPY and MOVE (RFC 4918, section 10.3).
    Destination,
    /// What an expression of the operator's makes of the request.
    NamedBy,
}

impl Source {
    /// As the log writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Source::Uri => "uri",
            Source::Query => "query",
            Source::NameParameter => "name-parameter",
            Source::Filename => "filename",
            Source::PathInfo => "path-info",
            Source::Host => "host",
            Source::UserAgent => "user-agent",
            Source::Destination => "destination",
            Source::NamedBy => "named-by",
        }
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
    /// The file, less the document root; of a proxied request the path and query.
    pub filename: &'a [u8],
    /// What follows the file in the path.
    pub path_info: &'a [u8],
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
        let mut search = Search { policy, finder: Finder::new(policy.known, sender), names: Names::default() };
        // Most often the path is as it was sent, without a query.
        let unchanged = texts.args.is_empty() && texts.sent == texts.uri;
        let (sent_path, sent_query) = if unchanged { (texts.sent, &b""[..]) } else { split_once(texts.sent, b'?') };
        search.text(sent_path, Syntax::Path, Source::Uri);
        if !unchanged && texts.uri != sent_path {
            search.text(texts.uri, Syntax::Path, Source::Uri);
        }
        if texts.filename != texts.uri {
            let (path, query) = split_once(texts.filename, b'?');
            search.text(path, Syntax::Path, Source::Filename);
            search.query(query, Source::Filename);
        }
        search.text(texts.path_info, Syntax::Path, Source::PathInfo);
        search.query(sent_query, Source::Query);
        if texts.args != sent_query {
            search.query(texts.args, Source::Query);
        }
        if writes {
            search.written_path(texts.uri, sender);
            search.written_path(texts.path_info, None);
            // The directories of a file may be the operator's own (Alias to /srv/.data), its name is the client's.
            // Path info can fold them away.
            search.names.sender_in_path |= search.path_names(&[texts.filename, texts.path_info].concat(), sender);
            let file = texts.filename.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
            search.names.dot_segment |= file.starts_with(b".");
        }
        search.names
    }

    /// The devices named by the Host and User-Agent headers, which applications read but phones
    /// fill as they like: only phones' prefixes count, and the sender's own name is no name here.
    pub fn of_headers(host: &[u8], user_agent: &[u8], policy: &Policy<'_>, sender: Option<Mac>) -> Self {
        let mut search = Search { policy, finder: Finder::new(policy.known, sender), names: Names::default() };
        search.header(host, Source::Host, sender);
        search.header(user_agent, Source::UserAgent, sender);
        search.names
    }

    /// The devices named by the Destination header of a COPY or MOVE, an absolute URI or a path.
    pub fn of_destination(destination: &[u8], policy: &Policy<'_>, sender: Option<Mac>) -> Self {
        let mut search = Search { policy, finder: Finder::new(policy.known, sender), names: Names::default() };
        let (path, query) = split_once(path_of_url(destination), b'?');
        search.text(path, Syntax::Path, Source::Destination);
        search.query(query, Source::Destination);
        // A fragment is no part of what is written.
        search.written_path(split_once(path, b'#').0, sender);
        search.names
    }

    /// The device that `value` spells, which the operator says is a device's name: read as the value
    /// of a name parameter is.
    pub fn of_value(value: &[u8], source: Source) -> Self {
        let mut names = Names::default();
        names.named_value(value, source);
        names
    }

    /// Names that could not be found out: nothing passes.
    pub fn malformed() -> Self {
        Names { malformed: true, ..Names::default() }
    }

    /// How many devices are named.
    pub fn named(&self) -> Named {
        match (self.first, self.second) {
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

    /// Adds the device that a value spells which must name one or be empty.
    fn named_value(&mut self, value: &[u8], source: Source) {
        for value in decodings(value) {
            match strip_to_mac(&value) {
                Stripped::Empty => {}
                Stripped::Malformed => self.malformed = true,
                Stripped::Mac(mac) if mac.is_device() => self.add(mac, source),
                Stripped::Mac(_) => {}
            }
        }
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

/// One search through the texts of a request.
struct Search<'a> {
    policy: &'a Policy<'a>,
    finder: Finder<'a>,
    names: Names,
}

impl Search<'_> {
    /// Searches `text` as it stands, decoded once, and decoded until nothing changes.
    fn text(&mut self, text: &[u8], syntax: Syntax, source: Source) {
        if !text.is_empty() && self.once(text, syntax, source) {
            for text in decodings(text) {
                self.once(&text, syntax, source);
            }
        }
    }

    /// Searches `text` as it stands; whether there is something to decode.
    fn once(&mut self, text: &[u8], syntax: Syntax, source: Source) -> bool {
        let (policy, finder, names) = (self.policy, self.finder, &mut self.names);
        let mut found = |mac| names.add(mac, source);
        for pattern in policy.file_patterns {
            pattern.find(text, &mut found);
        }
        if policy.ignore.is_empty() {
            return finder.find(text, syntax, &mut found);
        }
        let cut = policy.ignore.iter().fold(text.to_vec(), |text, ignore| ignore.cut(&text));
        finder.find(&cut, syntax, &mut found);
        // A phone's prefix is never ignored, whatever the pattern cuts out.
        finder.find(text, syntax, &mut |mac| {
            if finder.is_known(mac) {
                found(mac);
            }
        })
    }

    /// Searches a query: its text, each value by itself, and the name parameters.
    fn query(&mut self, query: &[u8], source: Source) {
        if query.is_empty() {
            return;
        }
        self.text(query, Syntax::Query, source);
        for pair in query.split(|&byte| byte == b'&') {
            self.parameter(pair, source);
            // Some applications end a parameter at a semicolon too.
            if pair.contains(&b';') {
                pair.split(|&byte| byte == b';').for_each(|pair| self.parameter(pair, source));
            }
        }
    }

    /// Searches the value of one parameter, which applications may strip to its digits.
    fn parameter(&mut self, pair: &[u8], source: Source) {
        let (key, value) = split_once(pair, b'=');
        let (finder, names) = (self.finder, &mut self.names);
        each_decoding(if value.is_empty() { key } else { value }, |value| {
            finder.find_in_value(value, &mut |mac| names.add(mac, source));
        });
        self.name_parameter(key, value);
    }

    fn name_parameter(&mut self, key: &[u8], value: &[u8]) {
        let parameters = self.policy.name_parameters;
        if parameters.is_empty() || !parameters.contains(&parameter_name(key).into()) {
            return;
        }
        self.names.named_value(value, Source::NameParameter);
    }

    fn header(&mut self, text: &[u8], source: Source, sender: Option<Mac>) {
        let (finder, names) = (self.finder, &mut self.names);
        each_decoding(text, |text| {
            finder.find(text, Syntax::Path, &mut |mac| {
                if finder.is_known(mac) && sender != Some(mac) {
                    names.add(mac, source);
                }
            });
        });
    }

    /// Notes what writes are judged by: whether the path, fully decoded and its dot segments
    /// folded, names the sender, and whether a segment begins with a dot.
    fn written_path(&mut self, path: &[u8], sender: Option<Mac>) {
        let decoded = percent_decode_fully(path);
        let folded = fold_dot_segments(&decoded);
        self.names.dot_segment |= folded.iter().any(|segment| segment.starts_with(b"."));
        self.names.sender_in_path |= self.path_names(path, sender);
    }

    fn path_names(&self, path: &[u8], sender: Option<Mac>) -> bool {
        let Some(sender) = sender else { return false };
        let decoded = percent_decode_fully(path);
        let folded = fold_dot_segments(&decoded).join(&b'/');
        let mut named = false;
        let mut found = |mac| named |= mac == sender;
        self.finder.find(&folded, Syntax::Path, &mut found);
        for pattern in self.policy.file_patterns {
            pattern.find(&folded, &mut found);
        }
        named
    }
}

/// Calls `search` with `text` as it stands and, where there is something to decode, decoded.
fn each_decoding(text: &[u8], mut search: impl FnMut(&[u8])) {
    if text.is_empty() {
        return;
    }
    search(text);
    if text.contains(&b'%') {
        decodings(text).iter().for_each(|text| search(text));
    }
}

/// `text` decoded once, twice and so on, as often as applications may, then until nothing changes.
fn decodings(text: &[u8]) -> Vec<Vec<u8>> {
    const LEVELS: usize = 4;
    let mut all = vec![percent_decode_once(text)];
    while all.len() < LEVELS {
        let next = percent_decode_once(&all[all.len() - 1]);
        if next == all[all.len() - 1] {
            return all;
        }
        all.push(next);
    }
    all.push(percent_decode_fully(text));
    all
}

/// A parameter's name as loosely as applications read it: decoded, in lower case, up to a NUL or
/// the bracket of an array (`mac[]`), without white space around it.
fn parameter_name(key: &[u8]) -> String {
    let spaced: Vec<u8> = key.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    let decoded = percent_decode_fully(&spaced);
    let end = decoded.iter().position(|&byte| byte == 0 || byte == b'[').unwrap_or(decoded.len());
    String::from_utf8_lossy(&decoded[..end]).trim().to_ascii_lowercase()
}

/// The segments of a path once `.` and `..` are resolved, `;` parameters of dot segments ignored.
fn fold_dot_segments(path: &[u8]) -> Vec<&[u8]> {
    let mut folded: Vec<&[u8]> = Vec::new();
    for segment in path.split(|&byte| byte == b'/' || byte == b'\\') {
        match split_once(segment, b';').0 {
            b"." => {}
            b".." => {
                folded.pop();
            }
            _ => folded.push(segment),
        }
    }
    folded
}

/// The path and query of an absolute URI, or `url` itself when it is a path already.
pub fn path_of_url(url: &[u8]) -> &[u8] {
    let Some(scheme) = url.windows(3).position(|three| three == b"://") else { return url };
    if url[..scheme].contains(&b'/') {
        return url;
    }
    let authority = &url[scheme + 3..];
    &authority[authority.iter().position(|&byte| byte == b'/').unwrap_or(authority.len())..]
}

/// What stands before and after the first `byte`; all and nothing where there is none.
fn split_once(text: &[u8], byte: u8) -> (&[u8], &[u8]) {
    // The library looks for a byte faster than it looks for its place, and most often there is none.
    if !text.contains(&byte) {
        return (text, &[]);
    }
    match text.iter().position(|&found| found == byte) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[]),
    }
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
