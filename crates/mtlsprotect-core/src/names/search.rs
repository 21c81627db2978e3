//! One search through the texts of a request.

mod at_a_glance;
mod forms;
mod left;
mod memo;
mod parameter;
pub(crate) mod reader;
pub(in crate::names) mod whole;

use crate::mac::Mac;
use crate::names::budget::{Left, Limit};
use crate::names::bytes::{has, is_plain, pieces};
use crate::names::finder::{Finder, Hidden, LEAST_DIGITS, Syntax, Weight};
use crate::names::named::{Names, Source};
use crate::names::naming::Naming;
use forms::Forms;
use memo::{Entry, Found};
use parameter::{Pair, is_name_parameter, pairs_with_a_value};
use reader::{Counts, ReadAs, Reader};
use whole::Whole;

/// A search through the texts of one request, and what it has found.
pub struct Search<'a> {
    pub(in crate::names) naming: &'a Naming<'a>,
    pub(in crate::names) finder: Finder<'a>,
    pub(in crate::names) sender: Option<Mac>,
    pub(in crate::names) reader: Reader<'a>,
    /// All texts are made of others.
    is_of_others: bool,
    /// The names found.
    pub names: Names,
}

impl<'a> Search<'a> {
    /// A search for names in requests of `sender`, `None` where the sender is not proven.
    pub fn new(naming: &'a Naming<'a>, sender: Option<Mac>) -> Self {
        Search::of_others(naming, sender, Left::ALL)
    }

    /// The same in texts that are made of others, which have so much left of what may be looked at.
    pub fn of_others(naming: &'a Naming<'a>, sender: Option<Mac>, left: Left) -> Self {
        let finder = Finder::new(naming.known, sender);
        let reader = Reader::new(finder, sender, naming.known.id(), left);
        Search { naming, finder, sender, reader, is_of_others: left != Left::ALL, names: Names::default() }
    }

    /// The same for what is hidden in texts that were searched before.
    pub fn thorough(mut self) -> Self {
        (self.finder, self.reader) = (self.finder.thorough(), self.reader.thorough());
        self
    }

    /// What is hidden in the texts, where that was looked for.
    pub fn hidden(self) -> Hidden {
        let mut hidden = self.reader.hidden();
        // Of more than are told apart not all are looked at.
        if self.names.more {
            hidden.add_more();
        }
        hidden
    }

    /// The names found.
    pub fn found(&self) -> Names {
        let mut names = self.names;
        names.left = self.reader.budget.left_of_texts();
        names
    }

    /// Searches a path.
    pub fn path(&mut self, path: &[u8], source: Source) {
        // If more devices are named than are told apart, a path can add nothing.
        if path.is_empty() || self.names.more {
            return;
        }
        self.patterns(path, source);
        let whole = if self.reader.budget.is_shared() { Whole::OtherPath } else { Whole::Path };
        if self.naming.ignore.is_empty() {
            // Most often there is nothing to decode or to fold, and a look is enough.
            if !self.reader.is_thorough() && self.names.at_a_glance(path, &self.finder.wanted, source) {
                return;
            }
            self.once(path, whole, source, |search| search.segments(path, source));
            return;
        }
        self.left(path, left::Of::Path, source);
        self.counting(Counts::Known, |search| {
            search.keeping(path, whole, |search| search.segments(path, source));
        });
    }

    /// Searches a query: each key, each value, and the name parameters.
    pub fn query(&mut self, query: &[u8], source: Source) {
        let whole = if self.is_of_others { Whole::RewrittenQuery } else { Whole::Query };
        self.query_as(query, whole, source);
    }

    /// The same for one that was made of texts that were searched before.
    pub fn rewritten_query(&mut self, query: &[u8], source: Source) {
        self.query_as(query, Whole::RewrittenQuery, source);
    }

    fn query_as(&mut self, query: &[u8], whole: Whole, source: Source) {
        if query.is_empty() {
            return;
        }
        self.patterns(query, source);
        if self.naming.ignore.is_empty() {
            self.once(query, whole, source, |search| search.pairs(query, b'&', source));
            return;
        }
        self.left(query, left::Of::Query, source);
        self.counting(Counts::Known, |search| {
            search.keeping(query, whole, |search| search.pairs(query, b'&', source));
        });
    }

    /// Searches a header, which phones fill as they like: only known prefixes count.
    pub fn header(&mut self, text: &[u8], syntax: Syntax, source: Source) {
        if !Weight::of(text).may_name() {
            return;
        }
        self.counting(Counts::KnownOthers, |search| {
            search.once(text, Whole::Header(syntax), source, |search| search.read(text, syntax.into(), source));
        });
    }

    /// Searches a value that the operator says is a device's name.
    pub fn value(&mut self, text: &[u8], source: Source) {
        if Weight::of(text).may_name() {
            let whole = Whole::Header(Syntax::Value);
            self.once(text, whole, source, |search| search.read(text, Syntax::Value.into(), source));
        }
    }

    /// Searches cookies as a query; none of them is malformed.
    pub fn cookies(&mut self, text: &[u8], source: Source) {
        self.counting(Counts::KnownOthers, |search| {
            search.once(text, Whole::Cookies, source, |search| search.pairs(text, b';', source));
        });
    }

    /// Lets the operator's patterns find names in a text at each level of decoding.
    #[inline]
    fn patterns(&mut self, text: &[u8], source: Source) {
        if !self.naming.patterns.is_empty() {
            self.find_patterns(text, source);
        }
    }

    #[inline(never)]
    fn find_patterns(&mut self, text: &[u8], source: Source) {
        let (naming, names) = (self.naming, &mut self.names);
        let mut find = |text: &[u8]| {
            for pattern in naming.patterns {
                names.more |= pattern.find(text, &mut |mac| names.add(mac, source)).is_err();
            }
        };
        Forms::default().each(text, |form| {
            find(form.text);
            form.folded.into_iter().flatten().for_each(|folded| find(folded));
        });
    }

    /// Searches what the operator's patterns leave of a text.
    fn left(&mut self, text: &[u8], of: left::Of, source: Source) {
        if !self.reader.may_read(text.len()) {
            return;
        }
        let names = &mut self.names;
        let (mut hidden, more) =
            left::find(&self.finder, self.naming.ignore, of, text, &mut |mac| names.add(mac, source));
        names.more |= more;
        self.reader.hide(&mut hidden);
    }

    fn counting(&mut self, counts: Counts, search: impl FnOnce(&mut Self)) {
        self.reader.counts = counts;
        search(self);
        self.reader.counts = Counts::All;
    }

    /// Has what is found in the pieces of a long text kept. Whether all is found that is ever found in it.
    pub(in crate::names) fn keeping(&mut self, text: &[u8], whole: Whole, search: impl FnOnce(&mut Self)) -> bool {
        self.reader.keeps = text.len() >= memo::LEAST_WHOLE;
        let limit = match whole {
            Whole::Path => Limit::OfPath,
            Whole::OtherPath | Whole::RewrittenQuery => Limit::WhatIsLeft,
            _ => Limit::OfText,
        };
        self.reader.budget.begin(text.len(), limit);
        search(self);
        let is_whole = !(self.reader.budget.depends_on_others() && self.reader.budget.is_used_up());
        self.reader.budget.end();
        self.reader.keeps = false;
        is_whole
    }

    /// Searches a text, a long one once: its pieces are many, or may be short, or not all of them are looked at.
    fn once(&mut self, text: &[u8], whole: Whole, source: Source, search: impl FnOnce(&mut Self)) {
        if text.len() < memo::LEAST_WHOLE {
            // Whatever it is made of, to look at it takes less than to know that it was.
            self.reader.budget.begin(text.len(), Limit::OfText);
            search(self);
            return self.reader.budget.end();
        }
        let has_parameters = matches!(whole, Whole::Query | Whole::RewrittenQuery | Whole::Cookies);
        let parameters = if has_parameters { memo::parameters(self.naming.parameters) } else { 0 };
        let reading = whole.number() + self.reader.counts as u16;
        let entry = Entry::of(self.reader.context(reading, parameters), text);
        let known = entry.recall().filter(|found| !(found.hides && self.reader.is_thorough()));
        let found = known.unwrap_or_else(|| {
            let before = std::mem::take(&mut self.names);
            let hid = std::mem::take(&mut self.reader.hides);
            let is_whole = self.keeping(text, whole, search);
            let own = std::mem::replace(&mut self.names, before);
            let hides = std::mem::replace(&mut self.reader.hides, hid);
            let mut found = Found { more: own.more, malformed: own.malformed, hides, ..Found::default() };
            own.found().for_each(|(mac, source)| found.add(mac, source == Source::NameParameter));
            if is_whole {
                entry.keep(found);
            }
            found
        });
        self.add(found, source);
    }

    fn segments(&mut self, path: &[u8], source: Source) {
        // Most often there is nothing to decode or to fold: the finder takes segment by segment itself.
        if !self.reader.budget.is_long() && is_plain(path) {
            let mut found = Found::default();
            if self.reader.may_read(path.len()) {
                self.reader.plain(path, Syntax::Path.into(), &mut found);
            }
            self.reader.hides |= found.hides;
            return self.add(found, source);
        }
        for segment in pieces(path, b'/') {
            if self.reader.budget.is_used_up() {
                self.names.more = true;
                return;
            }
            self.whole(segment, Syntax::Path.into(), source);
        }
    }

    fn pairs(&mut self, text: &[u8], separator: u8, source: Source) {
        for text in pieces(text, separator) {
            if self.reader.budget.is_used_up() {
                self.names.more = true;
                return;
            }
            // Some applications end a parameter at a semicolon too.
            let is_read_twice = separator == b'&' && has(text, b';');
            if is_read_twice {
                self.reader.budget.count_plain();
                self.reader.budget.count(text.len());
            }
            let pair = Pair::of(text);
            self.whole(pair.key, Syntax::Value.into(), source);
            let told = self.finder.wanted.at_once(pair.value).filter(|_| self.reader.counts == Counts::All);
            if let Some(mac) = told {
                self.names.add(mac, source);
            } else {
                self.value_of(pair, source);
            }
            if is_read_twice {
                pairs_with_a_value(text, b';').for_each(|pair| self.named_value(pair, source));
            }
        }
    }

    fn value_of(&mut self, pair: Pair<'_>, source: Source) {
        let weight = Weight::of(pair.value);
        let is_named = weight.digits() > 0 && self.is_name_parameter(pair.key);
        if is_named || weight.may_name() {
            self.read(pair.value, ReadAs { syntax: Syntax::Value, is_named, only_named: false }, source);
        }
    }

    fn named_value(&mut self, pair: Pair<'_>, source: Source) {
        if pair.has_digits() && self.is_name_parameter(pair.key) {
            self.read(pair.value, ReadAs { syntax: Syntax::Value, is_named: true, only_named: true }, source);
        }
    }

    /// Whether a key is one of the name parameters. To decode one takes about as long as to look at it.
    fn is_name_parameter(&mut self, key: &[u8]) -> bool {
        if has(key, b'%') {
            self.reader.budget.count(key.len());
        }
        is_name_parameter(key, self.naming.parameters)
    }

    /// Searches a piece of a text that is read by itself, where it may name anybody.
    fn whole(&mut self, text: &[u8], reading: ReadAs, source: Source) {
        if text.len() >= LEAST_DIGITS && Weight::of(text).may_name() {
            self.read(text, reading, source);
        }
    }

    fn read(&mut self, text: &[u8], reading: ReadAs, source: Source) {
        // If more devices are named than are told apart, only a name parameter can add something.
        if self.reader.budget.is_used_up() || (self.names.more && !reading.is_named) {
            return;
        }
        let found = self.reader.found(text, reading);
        self.add(found, source);
    }

    fn add(&mut self, found: Found, source: Source) {
        let is_header = self.reader.counts == Counts::KnownOthers;
        for (mac, by_parameter) in found.first.into_iter().flatten() {
            self.names.add(mac, if by_parameter && !is_header { Source::NameParameter } else { source });
        }
        self.names.more |= found.more;
        // A cookie of such a name need not hold a MAC.
        self.names.malformed |= found.malformed && !is_header;
    }
}
