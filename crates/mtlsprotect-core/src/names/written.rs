//! What writes are judged by: whether the path that is written names the sender.

use crate::mac::Mac;
use crate::names::decode::percent_decode_fully;
use crate::names::finder::{LEAST_DIGITS, Syntax, Weight};
use crate::names::path::{folded, last_segment, normalised, segments};
use crate::names::search::Search;
use crate::names::search::whole::Whole;

impl Search<'_> {
    /// Notes what writes are judged by: whether the path names the sender where it is written, and whether a segment, fully
    /// decoded, begins with a dot, or would for an application that normalises it.
    pub fn written_path(&mut self, path: &[u8], names_count: bool) {
        let decoded = percent_decode_fully(path);
        let left = folded(&decoded);
        let is_dotted = |left: &Option<Vec<&[u8]>>| left.iter().flatten().any(|segment| segment.starts_with(b"."));
        let normal = normalised(&decoded);
        self.names.dot_segment |= is_dotted(&left) || normal.as_ref().is_some_and(|path| is_dotted(&folded(path)));
        if names_count && self.names_sender_anywhere() {
            self.note_sender(path, &decoded, left, normal);
        }
    }

    /// Notes whether a path names the sender in a part that dot segments don't fold away.
    pub fn path_names_sender(&mut self, path: &[u8]) {
        if !self.names.sender_in_path && self.names_sender_anywhere() {
            let decoded = percent_decode_fully(path);
            self.note_sender(path, &decoded, folded(&decoded), normalised(&decoded));
        }
    }

    /// Whether the last segment of a path tells at once that the path names the sender where it is written.
    pub fn is_senders_file(&self, path: &[u8]) -> bool {
        let by_segments = self.naming.are_addresses();
        by_segments && self.sender.is_some_and(|sender| self.finder.wanted.begins_with(last_segment(path), sender))
    }

    /// Whether the sender is named at all, and no more devices than are told apart: any other write is refused anyway.
    fn names_sender_anywhere(&self) -> bool {
        !self.names.more && self.names.macs().any(|mac| Some(mac) == self.sender)
    }

    /// Notes whether a path names the sender decoded further, normalised too, and as it stands, since that is the name of
    /// what is written. `decoded_folded` are the segments of the decoded one, where dot segments are.
    fn note_sender(
        &mut self,
        path: &[u8],
        decoded: &[u8],
        decoded_folded: Option<Vec<&[u8]>>,
        normal: Option<Vec<u8>>,
    ) {
        self.keeping(path, Whole::OtherPath, |search| {
            let names_decoded = |search: &mut Self, segment: &[u8], sender| {
                let found = search.reader.found(segment, Syntax::Path.into());
                found.first.into_iter().flatten().any(|(mac, _)| mac == sender)
            };
            let mut named = search.any_names_sender(decoded, decoded_folded, names_decoded);
            if let Some(normal) = normal.filter(|_| named) {
                named = search.any_names_sender(&normal, folded(&normal), names_decoded);
            }
            if named && !(decoded == path && path.is_ascii()) {
                named = search.any_names_sender(path, folded(path), |search, segment, sender| {
                    search.reader.names_as_it_stands(segment, sender)
                });
            }
            search.names.sender_in_path |= named;
        });
    }

    /// Whether segments of a path that stay name the sender, by themselves or by the operator's patterns.
    fn any_names_sender(
        &mut self,
        path: &[u8],
        folded: Option<Vec<&[u8]>>,
        names: impl Fn(&mut Self, &[u8], Mac) -> bool,
    ) -> bool {
        let Some(sender) = self.sender else { return false };
        let finder = self.finder;
        let mut is_named = |segment: &[u8]| {
            segment.len() >= LEAST_DIGITS
                && (finder.wanted.begins_with(segment, sender)
                    || (!self.reader.budget.is_used_up()
                        && Weight::of(segment).may_name()
                        && names(self, segment, sender)))
        };
        // Most often it is the name of the file.
        let mut named = match &folded {
            Some(folded) => folded.iter().rev().any(|segment| is_named(segment)),
            None => is_named(last_segment(path)) || segments(path).rev().skip(1).any(is_named),
        };
        if !named && !self.naming.patterns.is_empty() {
            let path = folded.unwrap_or_else(|| segments(path).collect()).join(&b'/');
            for pattern in self.naming.patterns {
                let _ = pattern.find(&path, &mut |mac| named |= mac == sender);
            }
        }
        named
    }
}
