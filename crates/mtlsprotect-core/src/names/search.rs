//! One search through the texts of a request.

use crate::decode::percent_decode_fully;
use crate::finder::{Finder, NamedValue, Syntax, in_order, may_name, weight_of};
use crate::fold::fold;
use crate::mac::Mac;
use crate::names::levels::{each_level, places_before};
use crate::names::memo::{self, Found};
use crate::names::parameter::{Pair, is_name_parameter};
use crate::names::path::fold_dot_segments;
use crate::names::{Names, Source};
use crate::policy::Policy;
use std::ops::Range;

/// A search through the texts of one request, and what it has found.
pub struct Search<'a> {
    policy: &'a Policy<'a>,
    finder: Finder<'a>,
    sender: Option<Mac>,
    counts: Counts,
    /// The names found.
    pub names: Names,
}

/// Which names count.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Counts {
    /// All of them.
    All,
    /// Those of known prefixes: whatever the operator's patterns cut out, a phone is never ignored.
    Known,
    /// Those of known prefixes but the sender's own: headers are filled by phones as they like.
    KnownOthers,
}

/// How a piece of a text is read.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Reading {
    syntax: Syntax,
    /// It is the value of a name parameter.
    is_named: bool,
    /// Only that counts, not what else stands in it.
    only_named: bool,
}

/// What is found depends on this besides the text.
#[derive(Clone, Copy, Hash)]
struct Context {
    reading: Reading,
    counts: Counts,
    sender: Option<Mac>,
    known: u64,
}

/// What a text is that is searched in pieces.
#[derive(Clone, Copy, Hash)]
enum Whole {
    Path,
    Query,
    Cookies,
}

impl From<Syntax> for Reading {
    fn from(syntax: Syntax) -> Self {
        Reading { syntax, is_named: false, only_named: false }
    }
}

impl<'a> Search<'a> {
    /// A search for names in requests of `sender`, `None` where the sender is not proven.
    pub fn new(policy: &'a Policy<'a>, sender: Option<Mac>) -> Self {
        let finder = Finder::new(policy.known, sender);
        Search { policy, finder, sender, counts: Counts::All, names: Names::default() }
    }

    /// Searches a path.
    pub fn path(&mut self, path: &[u8], source: Source) {
        if path.is_empty() {
            return;
        }
        self.patterns(path, source);
        if self.policy.ignore.is_empty() {
            self.once(path, Whole::Path, source, |search| search.segments(path, source));
            return;
        }
        self.cut(path, source, |search, cut, source| search.finder_alone(cut, Syntax::Path, source));
        self.counting(Counts::Known, |search| search.segments(path, source));
    }

    /// Searches a query: each key, each value, and the name parameters.
    pub fn query(&mut self, query: &[u8], source: Source) {
        if query.is_empty() {
            return;
        }
        self.patterns(query, source);
        if self.policy.ignore.is_empty() {
            self.once(query, Whole::Query, source, |search| search.pairs(query, b'&', source));
            return;
        }
        self.cut(query, source, |search, cut, source| {
            for text in cut.split(|&byte| byte == b'&') {
                let pair = Pair::of(text);
                search.finder_alone(pair.key, Syntax::Value, source);
                search.finder_alone(pair.value, Syntax::Value, source);
            }
        });
        self.counting(Counts::Known, |search| search.pairs(query, b'&', source));
    }

    /// Searches a header, which phones fill as they like: only known prefixes count.
    pub fn header(&mut self, text: &[u8], syntax: Syntax, source: Source) {
        self.counting(Counts::KnownOthers, |search| search.whole(text, syntax.into(), source));
    }

    /// Searches cookies as a query; none of them is malformed.
    pub fn cookies(&mut self, text: &[u8], source: Source) {
        self.counting(Counts::KnownOthers, |search| {
            search.once(text, Whole::Cookies, source, |search| search.pairs(text, b';', source));
        });
    }

    /// Notes what writes are judged by: whether the path, fully decoded and its dot segments folded, names the sender,
    /// and whether a segment begins with a dot.
    pub fn written_path(&mut self, path: &[u8], names_count: bool) {
        let decoded = percent_decode_fully(path);
        let folded = fold_dot_segments(&decoded);
        // A write that names its sender nowhere is refused wherever it doesn't.
        let names_count = names_count && self.names.macs().any(|mac| Some(mac) == self.sender);
        self.names.dot_segment |= folded.iter().any(|segment| segment.starts_with(b"."));
        self.names.sender_in_path |= names_count && self.folded_names_sender(&folded);
    }

    /// Whether a path names the sender in a part that dot segments don't fold away.
    pub fn path_names_sender(&self, path: &[u8]) -> bool {
        self.names.macs().any(|mac| Some(mac) == self.sender)
            && self.folded_names_sender(&fold_dot_segments(&percent_decode_fully(path)))
    }

    fn folded_names_sender(&self, folded: &[&[u8]]) -> bool {
        let Some(sender) = self.sender else { return false };
        let in_segment = |segment: &&[u8]| {
            may_name(weight_of(segment)) && {
                let found = self.found(segment, Syntax::Path.into());
                found.first.into_iter().flatten().any(|(mac, _)| mac == sender)
            }
        };
        let mut named = folded.iter().any(in_segment);
        if !named && !self.policy.file_patterns.is_empty() {
            let path = folded.join(&b'/');
            for pattern in self.policy.file_patterns {
                let _ = pattern.find(&path, &mut |mac| named |= mac == sender);
            }
        }
        named
    }

    /// Lets the operator's patterns find names in a text at each level of decoding.
    fn patterns(&mut self, text: &[u8], source: Source) {
        if self.policy.file_patterns.is_empty() {
            return;
        }
        let (policy, names) = (self.policy, &mut self.names);
        let mut find = |text: &[u8]| {
            for pattern in policy.file_patterns {
                names.more |= pattern.find(text, &mut |mac| names.add(mac, source)).is_err();
            }
        };
        each_level(text, |form, level| {
            find(form);
            if let Some(folded) = if level.is_text && !form.is_ascii() { fold(form) } else { None } {
                find(&folded);
            }
        });
    }

    /// Searches what the operator's patterns leave of a text at each level of decoding.
    fn cut(&mut self, text: &[u8], source: Source, mut search: impl FnMut(&mut Self, &[u8], Source)) {
        let ignore = self.policy.ignore;
        each_level(text, |form, level| {
            let cut = ignore.iter().fold(form.to_vec(), |text, ignore| ignore.cut(&text));
            search(self, &cut, source);
            if let Some(folded) = if level.is_text && !cut.is_ascii() { fold(&cut) } else { None } {
                search(self, &folded, source);
            }
        });
    }

    /// Searches a text as it stands, without another look at it.
    fn finder_alone(&mut self, text: &[u8], syntax: Syntax, source: Source) {
        let names = &mut self.names;
        self.finder.find(text, syntax, &mut |mac| names.add(mac, source));
    }

    fn counting(&mut self, counts: Counts, search: impl FnOnce(&mut Self)) {
        self.counts = counts;
        search(self);
        self.counts = Counts::All;
    }

    /// Searches a text in its pieces, a long one once: its pieces are many, or may be short.
    fn once(&mut self, text: &[u8], whole: Whole, source: Source, search: impl FnOnce(&mut Self)) {
        if text.len() < memo::LEAST {
            return search(self);
        }
        let context = (whole, self.policy.name_parameters, self.counts, self.sender, self.policy.known.id());
        let key = memo::key(&context, text);
        let found = memo::recall(key).unwrap_or_else(|| {
            let before = std::mem::take(&mut self.names);
            search(self);
            let own = std::mem::replace(&mut self.names, before);
            let mut found = Found { more: own.more, malformed: own.malformed, ..Found::default() };
            own.found().for_each(|(mac, source)| found.add(mac, source == Source::NameParameter));
            memo::keep(key, found);
            found
        });
        self.add(found, source);
    }

    fn segments(&mut self, path: &[u8], source: Source) {
        // Most often there is nothing to decode or to fold: the finder takes segment by segment itself.
        // A fold without an early end, which the compiler makes of whole registers.
        if !path.iter().fold(false, |any, &byte| any | (byte == b'%') | !byte.is_ascii()) {
            let mut found = Found::default();
            self.look(path, Syntax::Path.into(), true, Vec::new(), false, &mut found);
            return self.add(found, source);
        }
        for segment in path.split(|&byte| byte == b'/') {
            self.whole(segment, Syntax::Path.into(), source);
        }
    }

    fn pairs(&mut self, text: &[u8], separator: u8, source: Source) {
        for text in text.split(|&byte| byte == separator) {
            let pair = Pair::of(text);
            let is_named = is_name_parameter(pair.key, self.policy.name_parameters);
            self.whole(pair.key, Syntax::Value.into(), source);
            let value = Reading { syntax: Syntax::Value, is_named, only_named: false };
            if is_named && pair.has_digits() {
                self.read(pair.value, value, source);
            } else {
                self.whole(pair.value, value, source);
            }
            // Some applications end a parameter at a semicolon too.
            if separator == b'&' && text.contains(&b';') {
                text.split(|&byte| byte == b';').for_each(|text| self.named_value(Pair::of(text), source));
            }
        }
    }

    fn named_value(&mut self, pair: Pair<'_>, source: Source) {
        if is_name_parameter(pair.key, self.policy.name_parameters) && pair.has_digits() {
            self.read(pair.value, Reading { syntax: Syntax::Value, is_named: true, only_named: true }, source);
        }
    }

    /// Searches a piece of a text that is read by itself, where it may name anybody.
    fn whole(&mut self, text: &[u8], reading: Reading, source: Source) {
        if may_name(weight_of(text)) {
            self.read(text, reading, source);
        }
    }

    fn read(&mut self, text: &[u8], reading: Reading, source: Source) {
        let found = self.found(text, reading);
        self.add(found, source);
    }

    fn add(&mut self, found: Found, source: Source) {
        let is_header = self.counts == Counts::KnownOthers;
        for (mac, by_parameter) in found.first.into_iter().flatten() {
            self.names.add(mac, if by_parameter && !is_header { Source::NameParameter } else { source });
        }
        self.names.more |= found.more;
        // A cookie of such a name is the client's own affair.
        self.names.malformed |= found.malformed && !is_header;
    }

    /// What stands in a text, decoded and folded too. A long one is remembered, at each level.
    fn found(&self, text: &[u8], reading: Reading) -> Found {
        let is_long = text.len() >= memo::LEAST;
        let context = Context { reading, counts: self.counts, sender: self.sender, known: self.policy.known.id() };
        let whole = is_long.then(|| memo::key(&context, text));
        if let Some(found) = whole.and_then(memo::recall) {
            return found;
        }
        // An entry is for what a form and those decoded from it name: a server shows each as a text of its own.
        let mut found = Found::default();
        let mut taken: Vec<Range<usize>> = Vec::new();
        each_level(text, |form, level| {
            if !taken.is_empty() {
                taken = places_before(form, &taken);
            }
            let is_value = !level.is_sent || level.is_text;
            let places = self.look(form, reading, is_value, std::mem::take(&mut taken), !level.is_sent, &mut found);
            if level.is_text && !form.is_ascii() {
                if let Some(folded) = fold(form) {
                    self.look(&folded, reading, true, Vec::new(), false, &mut found);
                }
            }
            taken = if level.is_sent { Vec::new() } else { in_order(places) };
            if let Some(whole) = whole {
                memo::keep(if level.is_sent { whole } else { memo::key(&context, form) }, found);
            }
        });
        found
    }

    /// Looks at one form of a text. `taken` are the places of names that it spells when it is decoded; the answer is
    /// those of its own names too, where it `collects` them.
    fn look(
        &self,
        text: &[u8],
        reading: Reading,
        is_value: bool,
        taken: Vec<Range<usize>>,
        collects: bool,
        found: &mut Found,
    ) -> Vec<Range<usize>> {
        let counts = |mac: Mac| match self.counts {
            Counts::All => true,
            Counts::Known => self.finder.is_known(mac),
            Counts::KnownOthers => self.finder.is_known(mac) && self.sender != Some(mac),
        };
        // Of what stands as it was sent nobody asks them.
        let mut places = if collects { taken.clone() } else { Vec::new() };
        if !reading.only_named {
            let finder = if self.counts == Counts::All { self.finder } else { self.finder.only_known() };
            finder.find_beside(text, reading.syntax, taken, &mut |mac, place| {
                if collects {
                    places.extend(place);
                }
                if counts(mac) {
                    found.add(mac, false);
                }
            });
        }
        if reading.is_named && is_value {
            match Finder::named_value(text) {
                // Of a query any counts.
                NamedValue::Device(mac) if self.counts != Counts::KnownOthers || counts(mac) => found.add(mac, true),
                NamedValue::Malformed => found.malformed = true,
                NamedValue::Nobody | NamedValue::Device(_) => {}
            }
        }
        places
    }
}

/// The device that a text spells which is nothing but a name, decoded and folded too.
pub fn named_value(value: &[u8]) -> Found {
    let mut found = Found::default();
    let mut read = |value: &[u8]| match Finder::named_value(value) {
        NamedValue::Device(mac) => found.add(mac, true),
        NamedValue::Malformed => found.malformed = true,
        NamedValue::Nobody => {}
    };
    each_level(value, |form, level| {
        if level.is_sent && !level.is_text {
            return;
        }
        match if form.is_ascii() { None } else { fold(form) } {
            Some(folded) => read(&folded),
            None => read(form),
        }
    });
    found
}
