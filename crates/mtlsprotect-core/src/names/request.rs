//! Which texts of a request count, in which order, and which of the requests that it continues.

use crate::mac::Mac;
use crate::names::budget::Left;
use crate::names::finder::Hidden;
use crate::names::named::{Named, Names, Source};
use crate::names::naming::Naming;
use crate::names::target::RequestTarget;
use crate::names::texts::{Headers, Texts};

/// A request that is searched for names, in one sender's name. The module's is httpd's, with what httpd and the site's
/// configuration make of it; the command's is an [`Outside`].
pub trait Searched {
    /// A request that this one continues.
    type Earlier;

    /// Whether its method only reads.
    fn reads(&self) -> bool;

    /// The names in its own texts.
    fn in_texts(&self) -> Names;

    /// `names` and those that the operator's expressions find.
    fn and_by_expressions(&self, names: Names) -> Names;

    /// `names` and those in its headers.
    fn and_in_headers(&self, names: Names) -> Names;

    /// What it was redirected from.
    fn previous(&self) -> Option<Self::Earlier>;

    /// What it is a part of.
    fn main(&self) -> Option<Self::Earlier>;

    /// All that counts for a request that this one continues, in the same sender's name.
    fn names_of(&self, earlier: &Self::Earlier) -> Names;

    /// All that counts: its own texts, what expressions find, its headers, and what it was redirected from. A part that
    /// reads and names nobody is its whole's.
    #[inline]
    fn names(&self) -> Names {
        let mut names = self.and_in_headers(self.and_by_expressions(self.in_texts()));
        if let Some(previous) = self.previous() {
            names = names.and(&self.names_of(&previous));
        }
        match self.main() {
            Some(main) if self.reads() && names.named() == Named::Nobody => names.and(&self.names_of(&main)),
            _ => names,
        }
    }
}

/// A request as it looks from outside, where nothing is known of what the server makes of it.
#[derive(Clone, Copy, Debug)]
pub struct Outside<'a> {
    /// What is asked for.
    pub target: &'a RequestTarget<'a>,
    /// Whether the method only reads.
    pub reads: bool,
    /// The headers that count.
    pub headers: Headers<'a>,
    /// What the operator's expressions make of it.
    pub values: &'a [String],
    /// What the operator says of names.
    pub naming: &'a Naming<'a>,
    /// In whose name it is searched.
    pub sender: Option<Mac>,
}

impl Outside<'_> {
    /// The names where nobody is proven to send it: what its headers name besides the device that its texts name, as whose
    /// it is searched there.
    pub fn names_of_anybody(&self) -> Names {
        let names = Outside { sender: None, ..*self }.in_texts();
        if self.headers == Headers::default() {
            return names;
        }
        Outside { sender: names.only(), ..*self }.and_in_headers(names)
    }

    /// What is hidden in it besides its names, in the same sender's name.
    pub fn hidden(&self) -> Hidden {
        let texts = Hidden::in_texts(&self.texts(), self.naming, self.sender, Left::ALL);
        let hidden = texts.and(Hidden::in_headers(&self.headers, self.naming, self.sender));
        let of = |value: &String| Hidden::in_value(value.as_bytes(), self.naming, self.sender);
        self.values.iter().map(of).fold(hidden, Hidden::and)
    }

    fn texts(&self) -> Texts<'_> {
        let RequestTarget { sent, uri, args } = self.target;
        // The file is the path.
        Texts { sent, uri, args, filename: uri, path_info: b"" }
    }
}

impl Searched for Outside<'_> {
    type Earlier = std::convert::Infallible;

    fn reads(&self) -> bool {
        self.reads
    }

    fn in_texts(&self) -> Names {
        Names::of(&self.texts(), self.naming, self.sender, !self.reads)
    }

    fn and_by_expressions(&self, names: Names) -> Names {
        let of = |value: &String| Names::of_value(value.as_bytes(), self.naming, self.sender, Source::NamedBy);
        let values = self.values.iter().map(of);
        values.fold(names, |names, named| names.and(&named))
    }

    fn and_in_headers(&self, names: Names) -> Names {
        names.and(&Names::of_headers(&self.headers, self.naming, self.sender))
    }

    fn previous(&self) -> Option<Self::Earlier> {
        None
    }

    fn main(&self) -> Option<Self::Earlier> {
        None
    }

    fn names_of(&self, &earlier: &Self::Earlier) -> Names {
        match earlier {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::built_in::known_prefixes::KnownPrefixes;

    const OWN: Mac = Mac::from_bits(0x0004_f2aa_aaaa);
    const OTHER: Mac = Mac::from_bits(0x0004_f2bb_bbbb);

    /// A request of which each part names whom it is told to.
    struct Told {
        reads: bool,
        texts: Option<Mac>,
        expressions: Option<Mac>,
        headers: Option<Mac>,
        previous: Option<Mac>,
        main: Option<Mac>,
    }

    const SILENT: Told =
        Told { reads: true, texts: None, expressions: None, headers: None, previous: None, main: None };

    fn named(mac: Option<Mac>) -> Names {
        let value = mac.map(|mac| mac.to_string()).unwrap_or_default();
        let known = KnownPrefixes::built_in();
        Names::of_value(value.as_bytes(), &Naming::with_defaults(&known), None, Source::Uri)
    }

    impl Searched for Told {
        type Earlier = Mac;

        fn reads(&self) -> bool {
            self.reads
        }

        fn in_texts(&self) -> Names {
            named(self.texts)
        }

        fn and_by_expressions(&self, names: Names) -> Names {
            names.and(&named(self.expressions))
        }

        fn and_in_headers(&self, names: Names) -> Names {
            names.and(&named(self.headers))
        }

        fn previous(&self) -> Option<Mac> {
            self.previous
        }

        fn main(&self) -> Option<Mac> {
            self.main
        }

        fn names_of(&self, earlier: &Mac) -> Names {
            named(Some(*earlier))
        }
    }

    #[test]
    fn every_part_of_a_request_counts_and_so_does_what_it_was_redirected_from() {
        let (own, other) = (Some(OWN), Some(OTHER));
        for told in [
            Told { texts: own, expressions: other, ..SILENT },
            Told { texts: own, headers: other, ..SILENT },
            Told { expressions: own, headers: other, ..SILENT },
            Told { texts: own, previous: other, ..SILENT },
            Told { headers: own, previous: other, main: own, ..SILENT },
        ] {
            assert!(told.names().macs().eq([OWN, OTHER]));
        }
        assert_eq!(SILENT.names().named(), Named::Nobody);
    }

    #[test]
    fn a_part_that_reads_what_is_nobodys_is_its_wholes() {
        let (own, other) = (Some(OWN), Some(OTHER));
        assert_eq!(Told { main: own, ..SILENT }.names().only(), own);
        assert_eq!(Told { main: own, reads: false, ..SILENT }.names().only(), None);
        assert_eq!(Told { texts: other, main: own, ..SILENT }.names().only(), other);
        assert_eq!(Told { previous: other, main: own, ..SILENT }.names().only(), other);
    }

    #[test]
    fn from_outside_a_request_names_whom_its_url_its_headers_and_expressions_name() {
        let known = KnownPrefixes::built_in();
        let naming = Naming::with_defaults(&known);
        let of = |url: &str, user_agent: &str, values: &[String], sender: Option<Mac>| {
            let target = RequestTarget::of(url.as_bytes());
            let headers = Headers { user_agent: user_agent.as_bytes(), ..Headers::default() };
            let request = Outside { target: &target, reads: true, headers, values, naming: &naming, sender };
            (request.names(), request.names_of_anybody())
        };
        let macs = |(names, _): (Names, Names)| names.macs().collect::<Vec<_>>();
        assert_eq!(macs(of("/0004f2aaaaaa.cfg", "", &[], None)), [OWN]);
        assert_eq!(macs(of("/a?b=0004f2aaaaaa", "phone 0004f2bbbbbb", &[], None)), [OWN, OTHER]);
        assert_eq!(macs(of("/a", "0004f2aaaaaa", &[OTHER.to_string()], None)), [OTHER, OWN]);
        assert_eq!(macs(of("/a", "0004f2aaaaaa", &[], Some(OWN))), []);
        assert!(of("/a", "", &["0004f2".to_owned()], None).0.is_malformed());
        for (url, agent) in [("/0004f2aaaaaa", ""), ("/0004f2aaaaaa", "0004f2aaaaaa"), ("/a", "0004f2aaaaaa")] {
            assert_eq!(of(url, agent, &[], None).1.only(), Some(OWN), "{url} {agent}");
        }
        assert_eq!(of("/0004f2aaaaaa", "0004f2bbbbbb", &[], None).1.named(), Named::Several);
        // Nobody's loose name of a prefix that is not known, whoever was said to send it.
        let unknown = Some(Mac::from_bits(0x1234_56ab_cdef));
        let (own, anybodys) = of("/12345-6abcdef", "", &[], unknown);
        assert_eq!((own.only(), anybodys.named()), (unknown, Named::Nobody));
        // The headers are searched in the name of the device that the URL names: an escape in its name makes no other.
        assert_eq!(of("/0004f2bbbbbb", "0004f2%2bbbbbbb", &[], None).1.only(), Some(OTHER));
    }

    #[test]
    fn from_outside_only_a_write_is_judged_by_where_it_writes() {
        let known = KnownPrefixes::built_in();
        let naming = Naming::with_defaults(&known);
        let target = RequestTarget::of(b"/0004f2aaaaaa/.x");
        for reads in [true, false] {
            let (headers, sender) = (Headers::default(), Some(OWN));
            let request = Outside { target: &target, reads, headers, values: &[], naming: &naming, sender };
            let names = request.names();
            assert_eq!((request.reads(), names.only()), (reads, Some(OWN)));
            assert_eq!((names.sender_in_path(), names.dot_segment()), (!reads, !reads));
        }
    }

    #[test]
    fn from_outside_something_may_be_hidden_in_a_url_in_headers_and_in_what_expressions_make_of_them() {
        let known = KnownPrefixes::built_in();
        let naming = Naming::with_defaults(&known);
        let of = |url: &str, user_agent: &str, value: &str| {
            let target = RequestTarget::of(url.as_bytes());
            let headers = Headers { user_agent: user_agent.as_bytes(), ..Headers::default() };
            let values = [value.to_owned()];
            let request =
                Outside { target: &target, reads: true, headers, values: &values, naming: &naming, sender: None };
            request.hidden().macs().map(<[Mac]>::to_vec)
        };
        // An application may take the last 12 digits.
        let both = "0004f2aa0004-f2bbbbbb";
        for (url, user_agent, value) in [(&*format!("/{both}"), "", ""), ("/a", both, ""), ("/a", "", both)] {
            assert_eq!(of(url, user_agent, value), Some(vec![OTHER]), "{url} {user_agent} {value}");
        }
        assert_eq!(of("/0004f2aaaaaa", "0004f2aaaaaa", "0004f2aaaaaa"), Some(Vec::new()));
    }
}
