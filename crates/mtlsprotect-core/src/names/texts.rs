//! The texts of a request in which names are looked for.

use crate::mac::Mac;
use crate::names::budget::{LONG, Left};
use crate::names::decode::{is_decoded_once, percent_decode_once};
use crate::names::finder::{Syntax, Wanted};
use crate::names::named::{Names, Source};
use crate::names::naming::Naming;
use crate::names::path::{path_of_url, split_once};
use crate::names::search::Search;
use crate::names::search::reader::named_value;
use crate::names::served::{path_of_served, without_port_of_address};

/// The texts of a request in which names are looked for. Absent ones are empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Texts<'a> {
    /// The request-target as the client sent it, query included.
    pub sent: &'a [u8],
    /// The decoded path, rewritten or not.
    pub uri: &'a [u8],
    /// The query, rewritten or not.
    pub args: &'a [u8],
    /// The file, without the document root, or the URL that a request is sent on to (see `served`).
    pub filename: &'a [u8],
    /// What follows the file in the path.
    pub path_info: &'a [u8],
}

impl Texts<'_> {
    /// Whether the path is as it was sent, without a query, and the file is where it says: as it usually is.
    #[inline]
    fn are_one_path(&self) -> bool {
        let is_sent = std::ptr::eq(self.sent, self.uri) || self.sent == self.uri;
        is_sent && self.args.is_empty() && self.path_info.is_empty() && self.filename == self.uri
    }

    /// The same with a query that is as it was sent.
    fn are_path_and_query(&self) -> bool {
        let query = self.sent.strip_prefix(self.uri).and_then(|query| query.strip_prefix(b"?"));
        query == Some(self.args) && self.path_info.is_empty() && self.filename == self.uri
    }
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

/// What is known from an earlier look at the request, or from a request that it continues.
#[derive(Clone, Copy, Debug, Default)]
pub struct Earlier {
    /// What the same query alone names.
    pub query: Option<Names>,
    /// What may still be looked at of what is made of the texts that were searched then.
    pub left: Left,
}

impl Names {
    /// The devices named in `texts`.
    ///
    /// `sender` is the proven sender, whose loosely written names count too. `writes` asks for
    /// what only writes are judged by as well: dot-files, and whether the sender is named in a
    /// part of the path that stays.
    #[inline]
    pub fn of(texts: &Texts<'_>, naming: &Naming<'_>, sender: Option<Mac>, writes: bool) -> Self {
        Names::and_of_query(texts, naming, sender, writes, Earlier::default()).0
    }

    /// The same, and beside it what the query alone names, which a request that continues this one often has again.
    #[inline(always)]
    pub fn and_of_query(
        texts: &Texts<'_>,
        naming: &Naming<'_>,
        sender: Option<Mac>,
        writes: bool,
        earlier: Earlier,
    ) -> (Self, Self) {
        if !writes && texts.are_one_path() {
            return (Names::of_path(texts.uri, naming, sender, earlier.left), Names::default());
        }
        if !writes {
            if let Some(found) = Names::of_path_and_query(texts, naming, sender, earlier) {
                return found;
            }
        }
        Names::of_all(*texts, naming, sender, writes, earlier)
    }

    /// The same where the query is as it was sent, and all that there is beside a path; `None` where a look is not enough.
    #[inline(never)]
    fn of_path_and_query(
        texts: &Texts<'_>,
        naming: &Naming<'_>,
        sender: Option<Mac>,
        earlier: Earlier,
    ) -> Option<(Self, Self)> {
        if earlier.left != Left::ALL || !naming.are_addresses() || !texts.are_path_and_query() {
            return None;
        }
        let wanted = Wanted { known: naming.known, sender };
        let glance = || Names::of_query_at_a_glance(texts.args, &wanted, naming.parameters, Source::Query);
        let of_query = earlier.query.or_else(glance)?;
        let mut names = Names::default();
        names.at_a_glance(texts.uri, &wanted, Source::Uri).then(|| (names.and(&of_query), of_query))
    }

    /// The same, whatever the texts are.
    #[inline(never)]
    fn of_all(
        texts: Texts<'_>,
        naming: &Naming<'_>,
        sender: Option<Mac>,
        writes: bool,
        earlier: Earlier,
    ) -> (Self, Self) {
        let mut search = Search::of_others(naming, sender, earlier.left);
        let of_query = search.texts(texts, writes, earlier.query);
        (search.found(), of_query)
    }

    /// The devices named in a path that is all there is. Most often a look is enough, before there is a search.
    #[inline]
    pub fn of_path(path: &[u8], naming: &Naming<'_>, sender: Option<Mac>, left: Left) -> Self {
        let mut names = Names::default();
        let wanted = Wanted { known: naming.known, sender };
        if !(naming.are_addresses() && names.at_a_glance(path, &wanted, Source::Uri)) {
            names = Names::of_searched_path(path, naming, sender, left);
        }
        names
    }

    #[inline(never)]
    fn of_searched_path(path: &[u8], naming: &Naming<'_>, sender: Option<Mac>, left: Left) -> Self {
        let mut search = Search::of_others(naming, sender, left);
        search.path(path, Source::Uri);
        search.found()
    }

    /// The devices named in texts that are made of those that name these.
    pub fn of_others(&self, texts: &Texts<'_>, naming: &Naming<'_>, sender: Option<Mac>) -> Self {
        let earlier = Earlier { left: self.left, ..Earlier::default() };
        Names::and_of_query(texts, naming, sender, false, earlier).0
    }

    /// Whether what a request of these names is served from names a device in nobody's name, as far as it is read to its end.
    pub fn are_in(&self, served: &Texts<'_>, naming: &Naming<'_>) -> bool {
        let names = self.of_others(served, naming, None);
        !names.more && names.macs().next().is_some()
    }

    /// These names of a request in a write of the file that it is served from, and of what follows that in the path, whatever
    /// else stands in its URL. They are those of the file and of what follows it, too.
    pub fn in_a_write_to(mut self, served: &Texts<'_>, naming: &Naming<'_>, sender: Option<Mac>) -> Self {
        let mut search = Search::of_others(naming, sender, self.left);
        let is_senders = served.path_info.is_empty()
            && served.filename.starts_with(b"/")
            && !self.more
            && search.is_senders_file(served.filename);
        if is_senders {
            self.sender_in_path = true;
            return self;
        }
        self.sender_in_path = false;
        search.names = self;
        search.path_names_sender(&[path_of_served(served.filename), served.path_info].concat());
        search.found()
    }

    /// The devices named by headers that applications read but phones fill as they like: only
    /// phones' prefixes count, and the sender's own name does not count.
    #[inline(never)]
    pub fn of_headers(headers: &Headers<'_>, naming: &Naming<'_>, sender: Option<Mac>) -> Self {
        let mut search = Search::new(naming, sender);
        search.headers(headers);
        search.names
    }

    /// The device that `value` spells, which the operator says is a device's name, and what else is named in it: read as
    /// the value of a name parameter is.
    pub fn of_value(value: &[u8], naming: &Naming<'_>, sender: Option<Mac>, source: Source) -> Self {
        let found = named_value(value);
        let mut search = Search::new(naming, sender);
        search.value(value, source);
        let names = &mut search.names;
        (names.malformed, names.more) = (found.malformed, names.more | found.more);
        found.first.into_iter().flatten().for_each(|(mac, _)| names.add(mac, source));
        search.names
    }

    /// The devices named by the Destination header of a COPY or MOVE, an absolute URI or a path. A long one counts as one
    /// that names several: it would be read at two gates, and again as what mod_dav writes.
    pub fn of_destination(destination: &[u8], naming: &Naming<'_>, sender: Option<Mac>) -> Self {
        let mut search = Search::new(naming, sender);
        let path = search.destination(destination);
        // If more devices are named than are told apart, it is refused wherever it writes.
        if !search.names.more {
            // A fragment is not part of what is written.
            search.written_path(&percent_decode_once(split_once(path, b'#').0), true);
        }
        search.found()
    }
}

impl Search<'_> {
    /// Searches all texts of a request, and returns what the query names, if that is not known.
    pub(in crate::names) fn texts(&mut self, texts: Texts<'_>, writes: bool, known: Option<Names>) -> Names {
        let unchanged = texts.args.is_empty() && texts.sent == texts.uri;
        let (sent_path, sent_query) = if unchanged { (texts.sent, &b""[..]) } else { split_once(texts.sent, b'?') };
        self.path(sent_path, Source::Uri);
        // What httpd makes of it is usually what was looked at first.
        if !unchanged && texts.uri != sent_path && !is_decoded_once(sent_path, texts.uri) {
            self.path(texts.uri, Source::Uri);
        }
        let is_rewritten = texts.args != sent_query;
        if is_rewritten {
            self.query(sent_query, Source::Query);
        }
        // So are the segments of the file and of what follows it, most often, and only a pattern sees more than segments.
        let behind_file = texts.uri.strip_prefix(texts.filename);
        let ends_uri = texts.path_info.starts_with(b"/") && texts.uri.ends_with(texts.path_info);
        if behind_file != Some(b"") || !texts.path_info.is_empty() {
            let by_segments = self.naming.are_addresses();
            let is_seen = behind_file.is_some_and(|rest| rest.is_empty() || (by_segments && rest.starts_with(b"/")));
            if !is_seen && !texts.filename.is_empty() {
                let path = path_of_served(texts.filename);
                self.path(path, Source::Filename);
                let query = texts.filename[path.len()..].strip_prefix(b"?").unwrap_or_default();
                if query == sent_query {
                    self.query(query, Source::Filename);
                } else {
                    self.rewritten_query(query, Source::Filename);
                }
            }
            if !(by_segments && ends_uri) {
                self.path(texts.path_info, Source::PathInfo);
            }
        }
        let mut of_query = Names::default();
        if !texts.args.is_empty() {
            let before = std::mem::take(&mut self.names);
            of_query = known.unwrap_or_else(|| {
                if is_rewritten {
                    self.rewritten_query(texts.args, Source::Query);
                } else {
                    self.query(texts.args, Source::Query);
                }
                self.names
            });
            self.names = before.and(&of_query);
        }
        if writes {
            self.written_path(texts.uri, true);
            if !ends_uri {
                self.written_path(texts.path_info, false);
            }
            // The directories of a file may be the operator's own (Alias to /srv/.data), its name is the client's.
            // Path info can fold them away.
            let filename = path_of_served(texts.filename);
            if texts.path_info.is_empty() {
                if behind_file != Some(b"") {
                    self.path_names_sender(filename);
                }
            } else if behind_file != Some(texts.path_info) {
                self.path_names_sender(&[filename, texts.path_info].concat());
            }
            let file = filename.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
            self.names.dot_segment |= file.starts_with(b".");
        }
        of_query
    }

    /// Searches headers.
    pub(in crate::names) fn headers(&mut self, headers: &Headers<'_>) {
        self.reader.budget.begin_headers();
        self.header(without_port_of_address(headers.host), Syntax::Host, Source::Host);
        self.header(headers.user_agent, Syntax::UserAgent, Source::UserAgent);
        self.cookies(headers.cookie, Source::Cookie);
    }

    /// Searches a Destination header, if it is not long, and returns its path.
    pub(in crate::names) fn destination<'d>(&mut self, destination: &'d [u8]) -> &'d [u8] {
        if destination.len() >= LONG {
            self.names.more = true;
            return b"";
        }
        let (path, query) = split_once(path_of_url(destination), b'?');
        self.path(path, Source::Destination);
        self.query(query, Source::Destination);
        path
    }
}

#[cfg(test)]
#[path = "texts_tests.rs"]
mod tests;
